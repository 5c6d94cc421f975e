"""Where documents, chunks and vectors are kept and searched: in a folder, in memory, or in Milvus, behind one contract.

    with open_writer("index/", embedder="bundled", fingerprint="…", dim=384) as writer:
        writer.add(document, chunks, vectors)
    with open_index("index/") as index:
        hits = index.search_bm25(tokenize("港澳居民"), 5)

An index names what built it (`manifest`); a build is seen whole or not at all; damage is found when it is opened.
"""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from gba_qa.errors import UsageError
from gba_qa.index import folder
from gba_qa.index.catalog import chunk_key
from gba_qa.index.faiss import FolderIndex
from gba_qa.index.manifest import DocumentInfo, Manifest
from gba_qa.index.memory import MemoryIndex, MemoryWriter
from gba_qa.index.reader import Index
from gba_qa.index.writer import Cached, IndexWriter

__all__ = [
    "Cached",
    "DocumentInfo",
    "Index",
    "IndexWriter",
    "Manifest",
    "MemoryIndex",
    "chunk_key",
    "held_sources",
    "open_index",
    "open_writer",
]

Place = str | PathLike[str]


def open_index(url: Place, *, verify: bool = True) -> Index:
    """Open an index to search: a folder, ":memory:" (a new, empty MemoryIndex), or "milvus://host:port/collection".

    `verify` compares the files with their checksums.  Raises IndexNotFound, IndexCorrupt, IndexMismatch, each with the command that
    helps; MissingDependency for Milvus without its extra.
    """
    text = str(url)
    if text == ":memory:":
        return MemoryIndex()
    if text.startswith("milvus://"):
        from gba_qa.index.milvus import open_milvus

        return open_milvus(text)
    return FolderIndex(_folder(text), verify=verify)


def open_writer(
    url: Place | MemoryIndex,
    *,
    embedder: str,
    fingerprint: str,
    dim: int,
    token_dim: int = 0,
    chunker: str = "",
    rebuild: bool = False,
    wait: float = 0.0,
) -> IndexWriter:
    """Open an index to change it, making it where there is none; use it in a `with` block, whose end commits.

    `dim` and `token_dim` are 0 where no vectors, no token vectors are to be stored.  `rebuild` starts from nothing beside what is
    there.  One writer at a time: another one waits up to `wait` seconds, then raises IndexLocked.  IndexMismatch where the index
    was built by another embedder, chunker or tokenizer.
    """
    wanted = Manifest(embedder=embedder, fingerprint=fingerprint, dim=dim, token_dim=token_dim, chunker=chunker)
    if isinstance(url, MemoryIndex):
        return MemoryWriter(url, wanted, rebuild=rebuild, wait=wait)
    text = str(url)
    if text == ":memory:":
        raise UsageError(
            'to write to an index in memory hand over the index itself: open_writer(open_index(":memory:"), …)'
        )
    if text.startswith("milvus://"):
        from gba_qa.index.milvus import write_milvus

        return write_milvus(text, wanted, rebuild=rebuild, wait=wait)
    from gba_qa.index.building import FolderWriter

    return FolderWriter(_folder(text), wanted, rebuild=rebuild, wait=wait)


def held_sources(url: Place) -> dict[str, str]:
    """The sources that an index names, in order, with the paths it keeps of them; {} where there is none.

    Of an index that can't be opened any more, too.  The path is "" where it keeps none (see `DocumentInfo`).

    Raises IndexCorrupt where not even its manifest can be read.
    """
    text = str(url)
    if text.startswith("milvus://"):
        from gba_qa.index.milvus import milvus_sources

        return milvus_sources(text)
    return folder.held_sources(_folder(text))


def _folder(text: str) -> Path:
    if "://" in text:
        raise UsageError(f"{text!r} is no index: give a folder, or milvus://host:port/collection")
    return Path(text)

"""From paths to an index: walk, read, chunk, embed and store, doing only what changed.

A file is known by its place in the file system, whatever it is called in this run; its source is what it was called first.  It is
unchanged when its size and time are those of the last run, or its content is.  A file that moved keeps its vectors.
A file that fails is reported and never stops the rest; one that was indexed before and now fails keeps what it had.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TypedDict

import numpy as np

from gba_qa.chunking import CHUNKER_VERSION, split
from gba_qa.errors import GbaQAError, ReadError, UsageError
from gba_qa.index import DocumentInfo, IndexWriter, open_writer
from gba_qa.places import absolute, file_of, is_file, is_folder, is_gone, is_shipped, is_there
from gba_qa.readers import SUFFIXES, read
from gba_qa.readers.ocr import OCR_CAN_READ, check_ocr
from gba_qa.types import Chunk, Embedder, Floats

__all__ = [
    "FileReport",
    "Identity",
    "IndexReport",
    "build_index",
    "chunk_input",
    "embed_chunks",
    "embedder_name",
    "identity",
]

Progress = Callable[[int, int, str], None]
"""Called with (files done, files in all, name of the file in hand)."""


class Identity(TypedDict):
    """What built an index: the arguments of `open_writer` that its manifest keeps."""

    embedder: str
    fingerprint: str
    dim: int
    token_dim: int
    chunker: str


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of one file.  `status`: read, unchanged, renamed, removed or failed; `detail` says why or what was skipped."""

    source: str
    status: str
    detail: str = ""
    pages: int = 0
    chunks: int = 0
    language: str = ""
    skipped: tuple[tuple[int, str], ...] = ()
    ocr: tuple[int, ...] = ()
    """The pages that were read by OCR."""


@dataclass(frozen=True, slots=True)
class IndexReport:
    """What a run did, file by file, in the order of the walk; `left_out` are the files of its folders that no reader is for."""

    files: tuple[FileReport, ...] = field(default_factory=tuple)
    left_out: tuple[str, ...] = ()

    def count(self, status: str) -> int:
        return sum(f.status == status for f in self.files)

    @property
    def failed(self) -> tuple[FileReport, ...]:
        return tuple(f for f in self.files if f.status == "failed")

    def summary(self) -> str:
        """One line: `5 read, 2 unchanged, 1 failed`."""
        names = ("read", "unchanged", "renamed", "removed", "failed")
        return ", ".join(f"{self.count(n)} {n}" for n in names if self.count(n)) or "nothing to do"


def build_index(
    paths: Sequence[str | Path],
    url: str | Path,
    embedder: Embedder | None,
    *,
    rebuild: bool = False,
    wait: float = 0.0,
    progress: Progress | None = None,
    sources: dict[Path, str] | None = None,
    prefix: str = "",
    ocr: bool = False,
) -> IndexReport:
    """Bring the index at `url` up to date with these files and folders.

    `ocr`: read scanned and garbled pages from their picture; unchanged files that have such pages are read again.  Raises UsageError for
    a path that does not exist, IndexMismatch when the index was built with another embedder and `rebuild` is not set, IndexLocked when
    another process is writing, MissingDependency for OCR without its extra.  A rebuild starts empty and holds these paths alone.
    `sources` names files otherwise than by their paths; all that is held under `prefix/` and is not among them goes.
    """
    if ocr:
        check_ocr()
    left_out: list[Path] = []
    closed: list[FileReport] = []
    files = list(_walk(paths, left_out, closed))
    with open_writer(url, **identity(embedder), rebuild=rebuild, wait=wait) as writer:
        report = _update(writer, files, paths, embedder, progress, sources or {}, prefix, ocr)
    return replace(report, files=(*report.files, *closed), left_out=tuple(map(str, left_out)))


def identity(embedder: Embedder | None) -> Identity:
    """What an index is built with, as `open_writer` wants it."""
    return {
        "embedder": embedder_name(embedder),
        "fingerprint": str(getattr(embedder, "fingerprint", "")) if embedder is not None else "",
        "dim": _dim(embedder),
        "token_dim": int(getattr(embedder, "token_dim", 0)) if hasattr(embedder, "encode_with_tokens") else 0,
        "chunker": CHUNKER_VERSION,
    }


def embedder_name(embedder: Embedder | None) -> str:
    """The name that the manifest keeps: `none` where there is only keyword search."""
    if embedder is None:
        return "none"
    name = getattr(embedder, "name", None)
    if isinstance(name, str) and name:
        return name
    card = getattr(embedder, "model_card_data", None)  # a SentenceTransformer
    return str(getattr(card, "base_model", None) or type(embedder).__name__)


def _dim(embedder: Embedder | None) -> int:
    if embedder is None:
        return 0
    dim = getattr(embedder, "dim", None)
    if isinstance(dim, int):
        return dim
    return int(np.asarray(embedder.encode_query(["dimension"])).shape[1])


def _walk(paths: Sequence[str | Path], left_out: list[Path], closed: list[FileReport]) -> Iterator[Path]:
    """Files in a fixed order; hidden ones and __MACOSX left out, links not followed out of the tree they stand in.

    Files of folders that no reader is for go to `left_out`; one that is named itself is yielded, so that it fails with the reason.
    Folders that can't be listed go to `closed`.
    """
    seen: set[str] = set()
    for given in paths:
        path = Path(given)
        if not is_there(path):
            raise UsageError(f"{path}: there is no such file or folder")
        for file in [path] if is_file(path) else _files_below(path, left_out, closed):
            key = os.path.realpath(file)
            if key not in seen:
                seen.add(key)
                yield file


def _files_below(folder: Path, left_out: list[Path], closed: list[FileReport]) -> Iterator[Path]:
    def refused(error: OSError) -> None:
        name = str(error.filename)
        closed.append(
            FileReport(name, "failed", f"{name}: {error.strerror or error}; nothing in this folder was looked at")
        )

    root = Path(os.path.realpath(folder))
    for directory, names, files in os.walk(folder, onerror=refused):
        names[:] = sorted(n for n in names if not n.startswith((".", "__MACOSX")))
        for name in sorted(files):
            file = Path(directory) / name
            if name.startswith((".", "~$")) or name in {"Thumbs.db", "desktop.ini"}:
                continue
            if not Path(os.path.realpath(file)).is_relative_to(root):
                continue
            if is_file(file) and file.suffix.lower() in SUFFIXES:
                yield file
            elif is_file(file):
                left_out.append(file)


def _update(
    writer: IndexWriter,
    files: Sequence[Path],
    paths: Sequence[str | Path],
    embedder: Embedder | None,
    progress: Progress | None,
    sources: dict[Path, str],
    prefix: str,
    ocr: bool,
) -> IndexReport:
    reports: list[FileReport] = []
    held = _Held(writer)
    current: dict[str, str] = {}
    for done, file in enumerate(files):
        if progress:
            progress(done, len(files), file.name)
        source = sources.get(file, str(file))
        path = "" if file in sources and is_shipped(source) else absolute(file)
        source = held.source_of(source, path)
        current[source] = path
        try:
            reports.append(_update_file(writer, file, source, path, held, embedder, ocr))
        except GbaQAError as error:
            if not isinstance(error, ReadError):
                raise
            reports.append(FileReport(source, "failed", str(error)))
        except OSError as error:
            if not _is_about(error, file):
                raise
            reports.append(FileReport(source, "failed", f"{file}: {error.strerror or error}"))
    folders = [Path(os.path.realpath(p)) for p in paths if is_folder(p)]
    named = {path: source for source, path in current.items() if path}
    for source, info in sorted(writer.manifest.documents.items()):
        if source in current:
            continue
        double = named.get(file_of(source, info.path) or "")  # earlier versions took one file under two names for two
        old_brief = bool(prefix) and is_shipped(source, info.path) and source.startswith(f"{prefix}/")
        if double or old_brief or _is_gone_from(info, folders):
            writer.delete_source(source)
            reports.append(
                FileReport(source, "removed", f"the same file as {double}" if double else "the file is gone")
            )
    if progress:
        progress(len(files), len(files), "")
    return IndexReport(tuple(reports))


class _Held:
    """What the index held when the run began, by the place and by the content of the files."""

    def __init__(self, writer: IndexWriter) -> None:
        self._writer = writer
        self._by_path: dict[str, str] = {}
        self._by_content: dict[str, str] = {}
        for source, info in sorted(writer.manifest.documents.items()):
            self._by_content.setdefault(info.sha, source)
            where = file_of(source, info.path)
            if where is not None:
                self._by_path.setdefault(where, source)

    def source_of(self, source: str, path: str) -> str:
        """The source that the file at `path` has in the index, or is to have: the one given, unless another file that is there has it."""
        info = self._writer.known(source)
        if not path or (info is not None and file_of(source, info.path) == path):
            return source
        known = self._by_path.get(path) or self._by_real_path.get(os.path.realpath(path))
        if known is not None and self._writer.known(known) is not None:
            return known
        return source if info is None or not info.path or is_gone(info) else path

    @cached_property
    def _by_real_path(self) -> dict[str, str]:
        return {os.path.realpath(path): source for path, source in self._by_path.items()}

    def moved(self, sha: str) -> DocumentInfo | None:
        """The entry of this content whose file is not there any more."""
        info = self._writer.known(self._by_content.get(sha, ""))
        return info if info is not None and is_gone(info) else None


def _update_file(
    writer: IndexWriter,
    file: Path,
    source: str,
    path: str,
    held: _Held,
    embedder: Embedder | None,
    ocr: bool,
) -> FileReport:
    stat = file.stat()
    info = writer.known(source)
    if info is not None and ocr and any(reason.startswith(OCR_CAN_READ) for _, reason in _faults(info.skipped)):
        return _read_file(writer, file, source, path, _sha(file), stat, embedder, ocr)
    same = info is not None and (info.size, info.mtime_ns) == (stat.st_size, stat.st_mtime_ns)
    sha = info.sha if info is not None and same and path in (info.path, file_of(source, info.path)) else _sha(file)
    if info is not None and info.sha == sha:
        writer.touch(source, size=stat.st_size, mtime_ns=stat.st_mtime_ns, path=path)
        return _kept(info, source, "unchanged")
    before = held.moved(sha) if info is None else None
    if before is not None:
        writer.rename_source(before.source, source, size=stat.st_size, mtime_ns=stat.st_mtime_ns, path=path)
        return _kept(before, source, "renamed", f"was {before.source}")
    return _read_file(writer, file, source, path, sha, stat, embedder, ocr)


def _kept(info: DocumentInfo, source: str, status: str, detail: str = "") -> FileReport:
    """A file that is not read again is told as when it was."""
    seen = tuple(p for p in info.ocr if isinstance(p, int))
    return FileReport(source, status, detail, info.pages, info.chunks, info.language, _faults(info.skipped), seen)


def _faults(skipped: object) -> tuple[tuple[int, str], ...]:
    """Pages and reasons out of what a reader or a manifest says; what has another form is left out."""
    entries = [tuple(e) for e in skipped if isinstance(e, list | tuple)] if isinstance(skipped, list | tuple) else []
    return tuple((e[0], e[1]) for e in entries if len(e) == 2 and isinstance(e[0], int) and isinstance(e[1], str))


def _read_file(
    writer: IndexWriter,
    file: Path,
    source: str,
    path: str,
    sha: str,
    stat: os.stat_result,
    embedder: Embedder | None,
    ocr: bool,
) -> FileReport:
    document = read(file, source=source, ocr=ocr)
    chunks = split(document)
    if not chunks:
        raise ReadError(f"{file}: no text in it")
    known = writer.has(document.id)  # the same content at another place
    vectors, tokens = (None, None) if known else embed_chunks(writer, chunks, embedder)
    writer.add(document, chunks, vectors, tokens, sha=sha, size=stat.st_size, mtime_ns=stat.st_mtime_ns, path=path)
    info = writer.known(source)
    assert info is not None
    return _kept(info, source, "read")


def embed_chunks(
    writer: IndexWriter | None, chunks: Sequence[Chunk], embedder: Embedder | None
) -> tuple[Floats | None, list[Floats] | None]:
    """Vectors (n, dim) and, where the embedder has them, token vectors; what the index holds already is not embedded again."""
    if embedder is None:
        return None, None
    held = list(writer.cached(chunks)) if writer is not None else [None] * len(chunks)
    missing = [i for i, cached in enumerate(held) if cached is None]
    fresh, fresh_tokens = _encode([chunk_input(chunks[i]) for i in missing], embedder)
    vectors = np.zeros((len(chunks), fresh.shape[1] if missing else _dim(embedder)), dtype=np.float32)
    tokens: list[Floats] | None = [] if fresh_tokens is not None else None
    at = {i: n for n, i in enumerate(missing)}
    for i, cached in enumerate(held):
        vectors[i] = fresh[at[i]] if cached is None else cached.vector
        if tokens is not None and fresh_tokens is not None:
            kept = None if cached is None else cached.token_vectors
            tokens.append(fresh_tokens[at[i]] if kept is None else kept)
    return vectors, tokens


def _encode(texts: Sequence[str], embedder: Embedder) -> tuple[Floats, list[Floats] | None]:
    both = getattr(embedder, "encode_with_tokens", None)
    if both is not None:
        vectors, tokens = both(texts)
        return np.asarray(vectors, dtype=np.float32), list(tokens)
    return np.asarray(embedder.encode_document(texts), dtype=np.float32), None


def chunk_input(chunk: Chunk) -> str:
    """What is embedded for a chunk: its text under what a reader would see above it."""
    above = [part for part in (chunk.heading or chunk.title, chunk.context) if part]
    return "\n".join([*above, chunk.text])


def _sha(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _is_gone_from(info: DocumentInfo, folders: Sequence[Path]) -> bool:
    """Whether a file that stood below one of these folders, by its place or by its name from here, is there by neither."""
    if not folders or not is_gone(info) or is_there(info.source):
        return False
    places = {os.path.realpath(info.path or info.source), os.path.realpath(info.source)}
    return any(Path(p).is_relative_to(folder) for p in places for folder in folders)


def _is_about(error: OSError, file: Path) -> bool:
    return error.filename is not None and Path(str(error.filename)) == file

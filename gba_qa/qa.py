"""Everything joined: documents in, cited answers out.  The only module that knows all the parts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from gba_qa.answer import ExtractiveAnswerer
from gba_qa.answer.conversation import is_fragment, resolve
from gba_qa.answer.smalltalk import reply, small_talk
from gba_qa.answer.tokens import TokenVectors
from gba_qa.chunking import split
from gba_qa.config import Config
from gba_qa.embed import load_embedder
from gba_qa.errors import IndexCorrupt, IndexMismatch, IndexNotFound, UsageError
from gba_qa.index import DocumentInfo, Index, MemoryIndex, held_sources, open_index, open_writer
from gba_qa.indexing import (
    FileReport,
    IndexReport,
    Progress,
    build_index,
    chunk_input,
    embed_chunks,
    embedder_name,
    identity,
)
from gba_qa.places import KNOWLEDGE, file_of, is_file, is_shipped, is_there
from gba_qa.private import PrivateIndex
from gba_qa.readers import read
from gba_qa.rereading import RereadingRetriever, SearchesDocuments
from gba_qa.retrieve import HybridRetriever, Mode
from gba_qa.text import join_surrogates
from gba_qa.types import Answer, Answerer, Chunk, Citation, Document, Embedder, Floats, Hit

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["QA"]

HITS = 10  # passages handed to the answerer and shown under an answer
DEFAULT_INDEX = "index"


class QA:
    """Question answering over one index.

    Make one with `QA.build` or `QA.load`; then `ask`, `search`, or take `retriever` into other code.  Safe to share between
    threads.
    """

    def __init__(
        self,
        index: Index,
        embedder: Embedder | None,
        *,
        answerer: Answerer | None = None,
        config: Config | None = None,
    ) -> None:
        self.index = index
        self.embedder = embedder
        self.config = config or Config()
        self.report: IndexReport | None = None
        """What the build did, when this QA was built rather than loaded."""
        self._document = lru_cache(maxsize=64)(self._find_document)
        self._private: PrivateIndex | None = None
        reader = self._extractive()
        self.retriever: SearchesDocuments = RereadingRetriever(HybridRetriever(index, embedder), reader)
        self.answerer: Answerer = answerer or self._default_answerer(reader)

    @classmethod
    def build(
        cls,
        paths: Sequence[str | Path] = (),
        index: str | Path | None = None,
        *,
        embedder: Embedder | str | None = None,
        answerer: Answerer | None = None,
        config: Config | None = None,
        rebuild: bool = False,
        progress: Progress | None = None,
        ocr: bool | None = None,
    ) -> Self:
        """Read, chunk, embed and store these files and folders; a second run does only what changed.

        Without paths, the shipped knowledge; with `rebuild`, the files that the index at hand names, from where they were (UsageError
        where none of them is there, or one can only be looked for from the folder it was named in; IndexCorrupt where the index can't
        even say which they were).  `embedder` is a name or an object (see `load_embedder`); "none" for keyword
        search alone.  `ocr` reads scanned and garbled PDF pages from their picture (default: the settings; MissingDependency without the
        extra `ocr`).  What could not be read is in `.report.failed`.
        """
        config = config or Config.load()
        place = str(index if index is not None else config.index)
        model = _embedder(embedder if embedder is not None else config.embedder)
        if isinstance(paths, str | Path):
            paths = [paths]
        if not paths and rebuild:
            paths, sources, gone = _held_files(place)
        else:
            sources, gone = {}, []
        if paths:
            report = build_index(
                paths,
                place,
                model,
                rebuild=rebuild,
                progress=progress,
                sources=sources,
                ocr=config.ocr if ocr is None else ocr,
            )
            removed = (FileReport(s, "removed", "the file is gone") for s in gone)
            report = replace(report, files=(*report.files, *removed))
        else:
            names = _shipped_files()
            folder = next(iter(names)).parent
            report = build_index(
                [folder], place, model, rebuild=rebuild, progress=progress, sources=names, prefix=KNOWLEDGE
            )
        qa = cls(open_index(place), model, answerer=answerer, config=config)
        qa.report = report
        return qa

    @classmethod
    def load(
        cls,
        index: str | Path | None = None,
        *,
        embedder: Embedder | str | None = None,
        answerer: Answerer | None = None,
        config: Config | None = None,
    ) -> Self:
        """Open an index.

        With none named, the default one (`index/`, or what the settings name) is opened, or built from the shipped knowledge
        where there is none.  Raises IndexNotFound for a named one that is not there, IndexMismatch when it was built with another
        embedder than the one given, IndexCorrupt when a file is damaged.
        """
        config = config or Config.load()
        place = str(index if index is not None else config.index)
        try:
            opened = open_index(place)
        except IndexNotFound:
            if index is not None:
                raise
            return cls.build((), place, embedder=embedder, answerer=answerer, config=config)
        built_with = opened.manifest.embedder
        wanted = embedder if embedder is not None else config.embedder
        if wanted == "bundled" and embedder is None and built_with not in {"bundled", _bundled_name()}:
            wanted = built_with  # nobody asked for one by name: take what the index was built with
        try:
            model = _embedder(wanted)
            opened.manifest.check(
                place,
                embedder=embedder_name(model),
                fingerprint=str(getattr(model, "fingerprint", "")) if model is not None else None,
            )
        except IndexMismatch:
            shipped = _only_shipped(opened.manifest.documents)
            opened.close()
            if index is None and shipped:
                return cls.build((), place, embedder=embedder, answerer=answerer, config=config, rebuild=True)
            raise
        return cls(opened, model, answerer=answerer, config=config)

    @classmethod
    def from_documents(
        cls,
        documents: Sequence[Document],
        *,
        embedder: Embedder | str | None = None,
        answerer: Answerer | None = None,
        config: Config | None = None,
    ) -> Self:
        """An index in memory over documents that are at hand already; nothing is written."""
        config = config or Config.load()
        model = _embedder(embedder if embedder is not None else config.embedder)
        index = MemoryIndex()
        with open_writer(index, **identity(model)) as writer:
            for document in documents:
                chunks = split(document)
                if chunks and not writer.has(document.id):
                    writer.add(document, chunks, *embed_chunks(writer, chunks, model))
        return cls(index, model, answerer=answerer, config=config)

    @classmethod
    def shipped(
        cls,
        *,
        embedder: Embedder | str | None = None,
        answerer: Answerer | None = None,
        config: Config | None = None,
    ) -> Self:
        """The shipped knowledge, in memory."""
        documents = [read(path, source=source) for path, source in _shipped_files().items()]
        return cls.from_documents(documents, embedder=embedder, answerer=answerer, config=config)

    def ask(self, question: str, *, history: Sequence[Answer] = (), doc_ids: Collection[str] | None = None) -> Answer:
        """The answer to a question, with its citations; `history` are the earlier answers of the conversation, oldest first.

        `doc_ids` limits the search to these documents.  What was understood, when it differs from what was asked, is in
        `.rewritten`.
        """
        *_, answer = self.stream(question, history=history, doc_ids=doc_ids)
        return answer

    def stream(
        self, question: str, *, history: Sequence[Answer] = (), doc_ids: Collection[str] | None = None
    ) -> Iterator[Answer]:
        """The answer as it grows: each item is a whole Answer, the last one is final."""
        question = join_surrogates(question)
        said = small_talk(question)
        if said is None and is_fragment(question) and all(a.answerer == "smalltalk" for a in history):
            said = reply("fragment", question)
        if said is not None:
            yield said
            return
        understood: str = getattr(self.answerer, "rewrite", resolve)(question, history)
        hits = self.retriever.retrieve(understood, HITS, doc_ids=doc_ids)
        streaming = getattr(self.answerer, "stream", None)
        answers = streaming(understood, hits) if streaming else iter([self.answerer.answer(understood, hits)])
        for answer in answers:
            yield answer if understood == question else replace(answer, question=question, rewritten=understood)

    def search(
        self, query: str, k: int = 5, *, mode: Mode = "hybrid", doc_ids: Collection[str] | None = None
    ) -> list[Hit]:
        """The k best passages, best first.  Raises UsageError for a mode that is none of the three."""
        return self.retriever.retrieve(query, k, mode=mode, doc_ids=doc_ids)

    def documents(self) -> list[DocumentInfo]:
        """What is indexed, one entry a source, in order of the source; private documents last."""
        return self.index.documents() + (self._private.documents() if self._private else [])

    def document(self, doc_id: str) -> Document:
        """The whole document as it was read.  KeyError if there is none of that id."""
        return self._document(doc_id)

    def page_image(self, citation: Citation, *, scale: float = 2.0) -> Image | None:
        """The page of a PDF with the quote marked, or None where the source is no PDF or is not there any more."""
        source = self._file_of(citation)
        if self._private is not None:
            source = self._private.files.get(citation.doc_id, source)
        if citation.page is None or source.suffix.lower() != ".pdf" or not is_file(source):
            return None
        from gba_qa.readers.pages import page_image

        return page_image(source, citation.page, citation.quote, scale=scale)

    def info(self) -> dict[str, Any]:
        """What the index holds and what built it, as JSON-able values."""
        documents = self.index.documents()
        manifest = self.index.manifest
        languages: dict[str, int] = {}
        for document in documents:
            languages[document.language] = languages.get(document.language, 0) + 1
        return {
            "documents": len(documents),
            "chunks": len(self.index),
            "languages": dict(sorted(languages.items())),
            "embedder": manifest.embedder,
            "dim": manifest.dim,
            "token_dim": manifest.token_dim,
            "chunker": manifest.chunker,
            "tokenizer": manifest.tokenizer,
            "created": manifest.created,
            "bytes": self.index.size,
            "sources": [
                {"source": d.source, "title": d.title, "language": d.language, "pages": d.pages, "chunks": d.chunks}
                for d in documents
            ],
        }

    def private(self) -> QA:
        """A QA over the same index that can take documents of its own, in memory, seen by nobody else: see `add`."""
        private = PrivateIndex(self.index, self.embedder)
        qa = QA(self.index, self.embedder, config=self.config)
        qa._private = private
        reader = qa._extractive()
        qa.retriever = RereadingRetriever(private, reader)
        qa.answerer = qa._default_answerer(reader) if type(self.answerer) is type(qa.answerer) else self.answerer
        return qa

    def add(self, path: str | Path, *, source: str | None = None) -> Document:
        """Read a file into the private index (only on a QA made by `private`).  Raises ReadError when it can't be read."""
        if self._private is None:
            raise UsageError("this QA is shared: call `private()` first, or index the file with `gba-qa index`")
        self._document.cache_clear()
        return self._private.add(Path(path), source=source)

    def remove(self, doc_id: str) -> None:
        """Take a private document out again."""
        if self._private is None:
            raise UsageError("this QA is shared: take documents out with `gba-qa remove`")
        self._private.remove(doc_id)
        self._document.cache_clear()

    def refresh(self) -> bool:
        """Turn to a newly built generation of the index, if there is one."""
        changed = self.index.refresh()
        if changed:
            self._document.cache_clear()
        return changed

    def close(self) -> None:
        self.index.close()

    def _file_of(self, citation: Citation) -> Path:
        """Where the index knows the file to lie; as it is named, if it is not there (a folder that moved with its index)."""
        info = self.index.manifest.documents.get(citation.source)
        return Path(info.path) if info is not None and info.path and is_file(info.path) else Path(citation.source)

    def _find_document(self, doc_id: str) -> Document:
        if self._private is not None and self._private.has(doc_id):
            return self._private.document(doc_id)
        return self.index.document(doc_id)

    def _token_vectors(self) -> TokenVectors | None:
        """What the embedder and the index can tell of tokens; None where the embedder gives a text one vector alone."""
        encode = getattr(self.embedder, "encode_tokens", None)
        spans = getattr(self.embedder, "token_spans", None)
        if encode is None:
            return None
        return TokenVectors(encode, self._stored_tokens, None if spans is None else partial(_spans_in, spans))

    def _stored_tokens(self, chunk: Chunk) -> Floats:
        private = self._private is not None and self._private.has(chunk.doc_id)
        found = (self._private if private else self.index).token_vectors([chunk.id])  # type: ignore[union-attr]
        return found[0] if found else np.zeros((0, 0), dtype=np.float32)

    def _extractive(self) -> ExtractiveAnswerer:
        index = self.index
        return ExtractiveAnswerer(
            idf=lambda token: float(index.bm25_idf([token])[0]),
            tokens=self._token_vectors(),
            reader=getattr(self.embedder, "span_reader", None) if self.config.second_look else None,
            document=self.document,
            answerable_share=self.config.answerable_share,
        )

    def _default_answerer(self, extractive: ExtractiveAnswerer) -> Answerer:
        if not self.config.llm_url:
            return extractive
        from gba_qa.answer.llm import LLMAnswerer

        return LLMAnswerer(
            self.config.llm_url,
            self.config.llm_model,
            key=self.config.llm_key,
            timeout=self.config.llm_timeout,
            fallback=extractive,
        )


def _spans_in(spans: Callable[[str], list[tuple[int, int]]], chunk: Chunk) -> list[tuple[int, int]]:
    """Where the tokens stand in `chunk.text` that `chunk_input` put under its heading."""
    text = chunk_input(chunk)
    above = len(text) - len(chunk.text)
    return [(start - above, end - above) for start, end in spans(text)]


def _embedder(embedder: Embedder | str) -> Embedder | None:
    if not isinstance(embedder, str):
        return embedder
    if embedder == "none":
        return None
    return load_embedder(None if embedder == "bundled" else embedder)


def _shipped_files() -> dict[Path, str]:
    """The briefs that ship, and how they are named as sources."""
    folder = Path(str(files("gba_qa").joinpath("knowledge")))
    return {path: f"{KNOWLEDGE}/{path.name}" for path in sorted(folder.glob("*.md"))}


def _bundled_name() -> str:
    from gba_qa.embed import BUNDLED

    return BUNDLED


def _held_files(place: str) -> tuple[list[str | Path], dict[Path, str], list[str]]:
    """(the files of an index that are there, how they are named, the sources that are gone).

    Nothing of the user's is dropped on a guess: UsageError where a file may only be out of sight.
    """
    held = held_sources(place)
    own = {source: path for source, path in held.items() if not is_shipped(source, path)}
    if not own:
        return [], {}, []
    briefs = {source: path for path, source in _shipped_files().items()}
    found = {source: briefs[source] for source in held if source not in own and source in briefs}
    for source, path in own.items():
        where = next((p for p in (path, source) if p and is_file(p)), None)
        if where is not None:
            found[source] = Path(where)
    missing = [source for source in own if source not in found]
    unsure = [s for s in missing if not own[s] and not Path(s).is_absolute()]  # how earlier versions kept it
    if len(missing) == len(own):
        unsure += [s for s in missing if not is_there(Path(file_of(s, own[s]) or s).parent)]
    if unsure:
        many = f"of the {len(own)} files of {place}"
        told = f"none {many} is where it was" if len(missing) == len(own) else f"{len(missing)} {many} can't be found"
        raise UsageError(
            f"{told} ({unsure[0]}); run this from the folder it was built in, "
            f"or name them: `gba-qa index --rebuild PATH… --index {place}`"
        )
    files: list[str | Path] = [found[source] for source in held if source in found]
    return files, {path: source for source, path in found.items()}, [s for s in held if s not in found]


def _only_shipped(documents: Mapping[str, DocumentInfo]) -> bool:
    return all(source.startswith(f"{KNOWLEDGE}/") for source in documents)


def remove_documents(names: Sequence[str], index: str | Path | None = None) -> list[str]:
    """Take documents out of an index, named by source, file name or id; returns their sources.

    Raises UsageError, and removes nothing, when a name fits no document.
    """
    place = str(index if index is not None else Config.load().index)
    with open_index(place) as opened:
        manifest = opened.manifest
    chosen: dict[str, None] = {}
    with open_writer(
        place,
        embedder=manifest.embedder,
        fingerprint=manifest.fingerprint,
        dim=manifest.dim,
        token_dim=manifest.token_dim,
        chunker=manifest.chunker,
    ) as writer:
        held = writer.manifest.documents  # read under the lock: another process may just have taken one out
        for name in names:
            fitting = [s for s, d in held.items() if name in {s, d.id, Path(s).name}]
            if not fitting:
                raise UsageError(f"no document {name!r} in {place}; `gba-qa info --index {place}` lists them")
            chosen.update(dict.fromkeys(fitting))
        for source in chosen:
            writer.delete_source(source)
    return list(chosen)


def describe_index(index: str | Path | None = None) -> dict[str, Any]:
    """What `gba-qa info` tells: needs no embedder.  `health` is "ok", or what is wrong with a file."""
    place = str(index if index is not None else Config.load().index)
    with open_index(place) as opened:
        described = QA(opened, None).info()
        try:
            opened.check()
            health = "ok"
        except IndexCorrupt as error:
            health = str(error)
    return {"index": place, **described, "health": health}

"""What every engine's writer does: the book-keeping of sources and documents.  Storing and publishing is the engine's."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from gba_qa.errors import ReadError, UsageError
from gba_qa.index.dense import unit_rows
from gba_qa.index.manifest import DocumentInfo, Manifest
from gba_qa.types import Chunk, Document, Floats

__all__ = ["Cached", "IndexWriter"]


@dataclass(frozen=True, slots=True)
class Cached:
    """The vectors that the index holds already for a chunk of the same title, heading, context and text."""

    vector: Floats | None
    token_vectors: Floats | None


class IndexWriter(ABC):
    """Changes an index.  Nothing is seen by readers until `commit`, which leaving the `with` block does; an exception drops all of it.

    One document may have several sources (files of the same content); it goes with the last of them.
    """

    def __init__(self, manifest: Manifest, *, must_commit: bool) -> None:
        self._identity = replace(manifest, documents={}, checksums={}, chunks=0)
        self._sources: dict[str, DocumentInfo] = {}
        self._by_document: dict[str, set[str]] = {}
        self._reset(manifest)
        self._changed = must_commit

    # ------------------------------------------------------------------ what there is

    @property
    def manifest(self) -> Manifest:
        """As it would be committed now."""
        chunks = sum(self._entry(doc_id).chunks for doc_id in self._by_document)
        return replace(self._identity, documents=dict(self._sources), chunks=chunks)

    @property
    def changed(self) -> bool:
        """Whether there is anything to commit."""
        return self._changed

    def known(self, source: str) -> DocumentInfo | None:
        """What the index holds of this source."""
        return self._sources.get(source)

    def sources(self, doc_id: str) -> list[str]:
        """The sources of a document, in order."""
        return sorted(self._by_document.get(doc_id, ()))

    def has(self, doc_id: str) -> bool:
        """Whether a document of this id, that is of this content, is in the index."""
        return doc_id in self._by_document

    @abstractmethod
    def cached(self, chunks: Sequence[Chunk]) -> list[Cached | None]:
        """For each chunk the vectors stored before this writer began, if title, heading, context and text are the same."""

    # ------------------------------------------------------------------ changes

    def add(
        self,
        document: Document,
        chunks: Sequence[Chunk],
        vectors: Floats | None,
        token_vectors: Sequence[Floats] | None = None,
        *,
        sha: str = "",
        size: int = 0,
        mtime_ns: int = 0,
        path: str = "",
    ) -> DocumentInfo:
        """Put a document in, with its chunks and float32 (chunks, dim); what its source held before goes.

        Content that is in the index already (see `has`) is not stored again: the source is listed beside the others, and chunks and
        vectors may be left empty.
        Raises UsageError where chunks and vectors don't fit, ReadError where the text can't be stored; nothing is added then.
        """
        if not self.has(document.id):
            self._check(document, chunks)
            dim, token_dim = self._identity.dim, self._identity.token_dim
            rows = unit_rows(vectors, dim) if dim and len(chunks) else None
            if rows is not None and len(rows) != len(chunks):
                raise UsageError(f"{document.source}: {len(rows)} vectors for {len(chunks)} chunks")
            if token_dim and len(token_vectors or ()) != len(chunks):
                raise UsageError(
                    f"{document.source}: token vectors of {len(token_vectors or ())} of {len(chunks)} chunks"
                )
            self._insert(document, chunks, rows, list(token_vectors or ()) if token_dim else [])
            stored = len(chunks)
        else:
            stored = self._entry(document.id).chunks
        skipped = document.meta.get("skipped_pages", ())
        seen = document.meta.get("ocr_pages", ())
        info = DocumentInfo(
            id=document.id,
            source=document.source,
            sha=sha,
            size=size,
            mtime_ns=mtime_ns,
            title=document.title,
            language=document.language,
            pages=len(document.pages),
            chunks=stored,
            characters=len(document.text),
            date=str(document.meta.get("date") or ""),
            slug=str(document.meta.get("slug") or ""),
            read=datetime.now(UTC).isoformat(timespec="seconds"),
            skipped=tuple(skipped) if isinstance(skipped, list | tuple) else (skipped,),
            ocr=tuple(seen) if isinstance(seen, list | tuple) else (seen,),
            path=path,
        )
        self._bind(info)
        return info

    def rename_source(
        self, old: str, new: str, *, size: int | None = None, mtime_ns: int | None = None, path: str = ""
    ) -> DocumentInfo:
        """The same content at a new place: nothing is embedded again.  What `new` held before goes.  KeyError if unknown."""
        info = self._known(old)
        info = replace(
            info,
            source=new,
            size=info.size if size is None else size,
            mtime_ns=info.mtime_ns if mtime_ns is None else mtime_ns,
            path=path,
        )
        if old != new:
            self._bind(info)
            self._release(old)
        return info

    def touch(self, source: str, *, size: int, mtime_ns: int, path: str | None = None) -> None:
        """Note a new time or place of a file whose content is the same, so that the next run needn't hash it.  KeyError if unknown."""
        info = self._known(source)
        path = info.path if path is None else path
        if (info.size, info.mtime_ns, info.path) != (size, mtime_ns, path):
            self._sources[source] = replace(info, size=size, mtime_ns=mtime_ns, path=path)
            self._changed = True

    def delete_source(self, source: str) -> None:
        """Take a source out, and its document with it if no other source has the same content.  KeyError if unknown."""
        self._known(source)
        self._release(source)

    def delete(self, doc_id: str) -> list[str]:
        """Take a document out with all its sources, which come back.  KeyError if unknown."""
        sources = self.sources(doc_id)
        if not sources:
            raise KeyError(f"no document {doc_id!r} in the index")
        for source in sources:
            self._release(source)
        return sources

    # ------------------------------------------------------------------ the end

    @abstractmethod
    def commit(self) -> bool:
        """Let readers see the changes, all at once; True if there were any.  The writer can go on afterwards.

        Raises GbaQAError where the disk refuses (full, read-only); the index is then as before.
        """

    @abstractmethod
    def rollback(self) -> None:
        """Forget the changes since the last commit."""

    @abstractmethod
    def close(self) -> None:
        """Give the lock back; changes not committed are dropped."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.commit()
        finally:
            self.close()

    # ------------------------------------------------------------------ for engines

    @abstractmethod
    def _insert(
        self, document: Document, chunks: Sequence[Chunk], vectors: Floats | None, tokens: list[Floats]
    ) -> None:
        """Store; all or nothing.  `vectors` are unit rows or None where dim is 0."""

    @abstractmethod
    def _remove(self, doc_id: str) -> None: ...

    def _reset(self, manifest: Manifest) -> None:
        """Start from these sources."""
        self._sources = dict(manifest.documents)
        self._by_document = {}
        for source, info in self._sources.items():
            self._by_document.setdefault(info.id, set()).add(source)

    def _bind(self, info: DocumentInfo) -> None:
        before = self._sources.get(info.source)
        if before is not None and before.id != info.id:
            self._release(info.source)
        self._sources[info.source] = info
        self._by_document.setdefault(info.id, set()).add(info.source)
        self._changed = True

    def _release(self, source: str) -> None:
        """Take a source out; its document goes with its last source."""
        doc_id = self._sources.pop(source).id
        self._by_document[doc_id].remove(source)
        if not self._by_document[doc_id]:
            del self._by_document[doc_id]
            self._remove(doc_id)
        self._changed = True

    def _known(self, source: str) -> DocumentInfo:
        if source not in self._sources:
            raise KeyError(f"no source {source!r} in the index")
        return self._sources[source]

    def _entry(self, doc_id: str) -> DocumentInfo:
        """The entry of a document's first source."""
        if doc_id not in self._by_document:
            raise KeyError(f"no document {doc_id!r} in the index")
        return self._sources[min(self._by_document[doc_id])]

    @staticmethod
    def _check(document: Document, chunks: Sequence[Chunk]) -> None:
        try:
            json.dumps(dict(document.meta))
            for text in (
                document.id,
                document.title,
                document.text,
                *(t for c in chunks for t in (c.id, c.heading, c.context)),
            ):
                text.encode("utf-8")
        except UnicodeEncodeError as error:
            code = ord(error.object[error.start])
            raise ReadError(f"{document.source!r}: its text holds U+{code:04X}, which is no character") from None
        except (TypeError, ValueError) as error:
            raise ReadError(f"{document.source!r}: its metadata can't be stored ({error})") from None
        for chunk in chunks:
            if chunk.doc_id != document.id:
                raise UsageError(f"chunk {chunk.id} is of document {chunk.doc_id}, not {document.id}")
            if document.text[chunk.start : chunk.end] != chunk.text:
                raise UsageError(f"chunk {chunk.id} is not the text of {document.source} at {chunk.start}-{chunk.end}")
        if len({chunk.id for chunk in chunks}) != len(chunks):
            raise UsageError(f"{document.source}: two of its chunks have the same id")

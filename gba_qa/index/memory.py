"""An index without files: for a visitor's own uploads, for a corpus given as text, and for tests.  The searches are those of the folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from gba_qa.errors import UsageError
from gba_qa.index.catalog import MemoryCatalog, chunk_key
from gba_qa.index.counting import TokenCounts
from gba_qa.index.dense import Vectors
from gba_qa.index.lexical import empty
from gba_qa.index.lock import ThreadLock
from gba_qa.index.manifest import Manifest
from gba_qa.index.reader import Generation, LocalIndex
from gba_qa.index.sources import sources_by_document
from gba_qa.index.tokens import TokenRows, empty_tokens, quantize, token_sum
from gba_qa.index.writer import Cached, IndexWriter
from gba_qa.types import Chunk, Document, Floats

__all__ = ["MemoryIndex", "MemoryWriter"]


class MemoryIndex(LocalIndex):
    """Empty at first.  Change it through `open_writer(index, …)` or, for a few chunks, with `add` and `delete`."""

    def __init__(self, manifest: Manifest | None = None) -> None:
        super().__init__(_generation(manifest or Manifest(), {}, {}))
        self._lock = ThreadLock("the index in memory")
        self._state: tuple[dict[str, Document], dict[str, list[_Row]]] = ({}, {})

    def add(
        self,
        chunks: Sequence[Chunk],
        vectors: Floats | None,
        token_vectors: Sequence[Floats] | None = None,
        *,
        document: Document | None = None,
    ) -> None:
        """Put the chunks of one document in, with float32 (chunks, dim); the first ones set `dim` and `token_dim`.

        Without `document` one is made of the chunks, each at its place and spaces between them.
        """
        if not chunks:
            return
        wanted = self.manifest
        if wanted.chunks == 0:
            wanted = replace(wanted, dim=_width(vectors), token_dim=_width(token_vectors[0]) if token_vectors else 0)
        with MemoryWriter(self, wanted, rebuild=False, wait=10.0) as writer:
            writer.add(document or _document(chunks), chunks, vectors, token_vectors)

    def delete(self, doc_id: str) -> None:
        """KeyError if there is no such document."""
        with MemoryWriter(self, self.manifest, rebuild=False, wait=10.0) as writer:
            writer.delete(doc_id)


_Row = tuple[Chunk, Floats | None, Floats | None]  # a chunk, its vector and its token vectors


class MemoryWriter(IndexWriter):
    """Builds the next state beside the one that is read; small collections only, since every commit counts all tokens again."""

    def __init__(self, index: MemoryIndex, wanted: Manifest, *, rebuild: bool, wait: float) -> None:
        here = index.manifest
        fresh = rebuild or here.chunks == 0
        if not fresh:
            here.check(
                "the index in memory", embedder=wanted.embedder, fingerprint=wanted.fingerprint, dim=wanted.dim,
                token_dim=wanted.token_dim, chunker=wanted.chunker,
            )  # fmt: skip
        index._lock.acquire(wait)
        super().__init__(replace(wanted, documents={}) if fresh else here, must_commit=fresh)
        self._index = index
        self._documents, self._rows = ({}, {}) if fresh else (dict(index._state[0]), dict(index._state[1]))

    def cached(self, chunks: Sequence[Chunk]) -> list[Cached | None]:
        known = {chunk_key(row[0]): Cached(row[1], row[2]) for rows in self._index._state[1].values() for row in rows}
        return [known.get(chunk_key(chunk)) for chunk in chunks]

    def commit(self) -> bool:
        if not self._changed:
            return False
        manifest = replace(self.manifest, created=datetime.now(UTC).isoformat(timespec="seconds"))
        generation = _generation(manifest, self._documents, self._rows)
        self._index._state = (dict(self._documents), dict(self._rows))
        self._index._generation = generation
        self._changed = False
        return True

    def rollback(self) -> None:
        self._documents, self._rows = dict(self._index._state[0]), dict(self._index._state[1])
        self._reset(self._index.manifest)
        self._changed = False

    def close(self) -> None:
        self._index._lock.release()

    def _insert(
        self, document: Document, chunks: Sequence[Chunk], vectors: Floats | None, tokens: list[Floats]
    ) -> None:
        ids = {row[0].id for rows in self._rows.values() for row in rows}
        if any(chunk.id in ids for chunk in chunks):
            raise UsageError(f"{document.source}: a chunk of another document has an id of its chunks")
        for rows in tokens:
            quantize(rows, self._identity.token_dim)  # refuses what can't be stored
        self._documents[document.id] = document
        self._rows[document.id] = [
            (c, vectors[i] if vectors is not None else None, tokens[i] if tokens else None)
            for i, c in enumerate(chunks)
        ]

    def _remove(self, doc_id: str) -> None:
        del self._documents[doc_id]
        del self._rows[doc_id]


def _generation(manifest: Manifest, documents: dict[str, Document], rows: dict[str, list[_Row]]) -> Generation:
    entries = [row for of_document in rows.values() for row in of_document]
    numbers = np.arange(1, len(entries) + 1, dtype=np.int64)
    counts = TokenCounts()
    for chunk, _, _ in entries:
        counts.add(chunk)
    postings = counts.merge(empty(), np.zeros(0, bool), np.ones(len(entries), bool))
    vectors = [row[1] for row in entries if row[1] is not None]
    matrix = np.array(vectors, np.float32).reshape(len(vectors), manifest.dim)
    tokens = _token_rows([row[2] for row in entries], manifest.token_dim) if manifest.token_dim else None
    chunks = {int(n): row[0] for n, row in zip(numbers, entries, strict=True)}
    size = matrix.nbytes + postings.rows.nbytes + postings.counts.nbytes + (tokens.values.nbytes if tokens else 0)
    return Generation(
        manifest, MemoryCatalog(documents, chunks, sources_by_document(manifest)), numbers, postings,
        Vectors(matrix) if manifest.dim else None, tokens, size,
    )  # fmt: skip


def _token_rows(rows: list[Floats | None], dim: int) -> TokenRows:
    if not rows:
        return empty_tokens(dim)
    pairs = [quantize(r if r is not None else np.zeros((0, dim)), dim) for r in rows]
    offsets = np.concatenate([[0], np.cumsum([len(v) for v, _ in pairs])]).astype(np.int64)
    sums = np.array([token_sum(v, s) for v, s in pairs], np.uint64)
    return TokenRows(np.concatenate([v for v, _ in pairs]), np.concatenate([s for _, s in pairs]), offsets, sums)


def _width(vectors: Floats | None) -> int:
    return 0 if vectors is None else int(np.asarray(vectors).shape[-1])


def _document(chunks: Sequence[Chunk]) -> Document:
    text = [" "] * max(chunk.end for chunk in chunks)
    for chunk in chunks:
        text[chunk.start : chunk.end] = chunk.text
    first = chunks[0]
    return Document(first.doc_id, "".join(text), first.title, first.source, first.language)

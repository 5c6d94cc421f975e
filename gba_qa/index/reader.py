"""What every engine answers: documents, chunks and searches over one whole generation at a time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from gba_qa.errors import UsageError
from gba_qa.index.catalog import Catalog
from gba_qa.index.dense import Vectors
from gba_qa.index.lexical import Postings
from gba_qa.index.manifest import DocumentInfo, Manifest
from gba_qa.index.tokens import TokenRows
from gba_qa.types import Chunk, Document, Floats, Hit

__all__ = ["Generation", "Index", "LocalIndex"]

_FILTERS = 16  # sets of documents whose rows are remembered
Rows = NDArray[np.int64]


class Index(ABC):
    """An index to search.  Safe to share between threads.  Hits come best first, ties by chunk id."""

    @property
    @abstractmethod
    def manifest(self) -> Manifest:
        """What built the index, and its documents."""

    @property
    @abstractmethod
    def size(self) -> int:
        """Bytes on the disk (in memory: of the arrays)."""

    def __len__(self) -> int:
        """Chunks."""
        return self.manifest.chunks

    def documents(self) -> list[DocumentInfo]:
        """The sources, in order; two with the same content have the same `id`."""
        entries = self.manifest.documents
        return [entries[source] for source in sorted(entries)]

    @abstractmethod
    def document(self, doc_id: str) -> Document:
        """The whole document as it was read.  KeyError if there is none of that id."""

    @abstractmethod
    def chunks(self, doc_id: str) -> list[Chunk]:
        """The chunks of a document in the order they were added; [] for an unknown id."""

    @abstractmethod
    def chunk(self, chunk_id: str) -> Chunk:
        """KeyError if there is none of that id."""

    @abstractmethod
    def search_dense(self, vector: Floats, k: int, *, doc_ids: Collection[str] | None = None) -> list[Hit]:
        """The k nearest chunks by cosine (-1 to 1), of these documents only where given.  [] where no vectors are stored."""

    @abstractmethod
    def search_bm25(self, tokens: Sequence[str], k: int, *, doc_ids: Collection[str] | None = None) -> list[Hit]:
        """The k best chunks by BM25 for tokens as `text.tokenize` makes them; chunks with none of them are left out."""

    @abstractmethod
    def dense_scores(self, vector: Floats, chunk_ids: Sequence[str]) -> Floats:
        """Cosines of these chunks, in their order, float32; 0 for an unknown id or where no vectors are stored."""

    @abstractmethod
    def bm25_scores(self, tokens: Sequence[str], chunk_ids: Sequence[str]) -> Floats:
        """BM25 scores of these chunks, in their order, float32; 0 for an unknown id."""

    @abstractmethod
    def bm25_idf(self, tokens: Sequence[str]) -> Floats:
        """The weight of each token, float32; unknown tokens have the highest."""

    def bm25_best(self, tokens: Sequence[str]) -> float:
        """A bound that no chunk's score reaches: the sum of the weights of all tokens, unknown ones too.  0.0 for no tokens."""
        return float(self.bm25_idf(tokens).sum(dtype=np.float64))

    @abstractmethod
    def token_vectors(self, chunk_ids: Sequence[str]) -> list[Floats]:
        """For each chunk float32 (tokens, token_dim), (0, token_dim) for an unknown id; [] where none are stored."""

    def refresh(self) -> bool:
        """Turn to the newest generation, if there is a newer one; True if there was.  Costs some microseconds if not."""
        return False

    @abstractmethod
    def snapshot(self) -> Index:
        """This generation, held fast: a reader that `refresh` doesn't move, for calls that belong together."""

    def check(self) -> None:
        """Compare every file with its checksum; IndexCorrupt names the first that differs."""
        return None  # an engine without files has nothing to compare

    @abstractmethod
    def close(self) -> None:
        """Let go of files and memory; the index answers nothing after that."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class Generation:
    """One whole state of an index: all arrays are in the order of `numbers` (ascending), chunk by chunk."""

    manifest: Manifest
    catalog: Catalog
    numbers: NDArray[np.int64]
    postings: Postings
    vectors: Vectors | None
    tokens: TokenRows | None
    size: int = 0
    filters: dict[frozenset[str], Rows] = field(default_factory=dict, repr=False)

    def rows_of(self, chunk_ids: Sequence[str]) -> tuple[NDArray[np.bool_], Rows]:
        """Which of the ids are known, and the rows of those."""
        numbers = self.catalog.numbers_of(chunk_ids)
        known = np.array([i in numbers for i in chunk_ids], dtype=bool)
        rows = np.searchsorted(self.numbers, np.array([numbers[i] for i in chunk_ids if i in numbers], dtype=np.int64))
        return known, rows.astype(np.int64)

    def rows_in(self, doc_ids: Collection[str]) -> Rows:
        """The rows of all chunks of these documents, ascending."""
        key = frozenset(doc_ids)
        rows = self.filters.get(key)
        if rows is None:
            rows = np.searchsorted(self.numbers, np.array(self.catalog.numbers_in(key), dtype=np.int64)).astype(
                np.int64
            )
            if len(self.filters) >= _FILTERS:
                self.filters.clear()
            self.filters[key] = rows
        return rows

    def hits(self, rows: Rows, scores: Floats, k: int, retriever: str) -> list[Hit]:
        chunks = self.catalog.numbered([int(n) for n in self.numbers[rows]])
        hits = [Hit(c, float(s), retriever) for c, s in zip(chunks, scores, strict=True)]
        return sorted(hits, key=lambda h: (-h.score, h.chunk.id))[:k]


class LocalIndex(Index):
    """Answers from a Generation.  An engine says which: `_generation` is one attribute, read once a call, so that every call sees one whole state."""

    def __init__(self, generation: Generation) -> None:
        self._generation: Generation | None = generation

    def _now(self) -> Generation:
        generation = self._generation
        if generation is None:
            raise UsageError("the index is closed")
        return generation

    @property
    def manifest(self) -> Manifest:
        return self._now().manifest

    @property
    def size(self) -> int:
        return self._now().size

    def document(self, doc_id: str) -> Document:
        return self._now().catalog.document(doc_id)

    def chunks(self, doc_id: str) -> list[Chunk]:
        return self._now().catalog.chunks(doc_id)

    def chunk(self, chunk_id: str) -> Chunk:
        generation = self._now()
        numbers = generation.catalog.numbers_of([chunk_id])
        if chunk_id not in numbers:
            raise KeyError(f"no chunk {chunk_id!r} in the index")
        return generation.catalog.numbered([numbers[chunk_id]])[0]

    def search_dense(self, vector: Floats, k: int, *, doc_ids: Collection[str] | None = None) -> list[Hit]:
        now = self._now()
        if now.vectors is None:
            return []
        rows, scores = now.vectors.search(vector, k, None if doc_ids is None else now.rows_in(doc_ids))
        return now.hits(rows, scores, k, "dense")

    def search_bm25(self, tokens: Sequence[str], k: int, *, doc_ids: Collection[str] | None = None) -> list[Hit]:
        now = self._now()
        scores = now.postings.scores(tokens)
        if doc_ids is None:
            rows = np.flatnonzero(scores)
        else:
            rows = now.rows_in(doc_ids)
            rows = rows[scores[rows] > 0]
        scores = scores[rows]
        if 0 < k < len(rows):
            best = scores >= np.partition(scores, len(scores) - k)[len(scores) - k]
            rows, scores = rows[best], scores[best]
        return now.hits(rows, scores, k, "bm25") if k > 0 else []

    def dense_scores(self, vector: Floats, chunk_ids: Sequence[str]) -> Floats:
        now = self._now()
        result = np.zeros(len(chunk_ids), dtype=np.float32)
        if now.vectors is not None:
            known, rows = now.rows_of(chunk_ids)
            result[known] = now.vectors.scores_of(vector, rows)
        return result

    def bm25_scores(self, tokens: Sequence[str], chunk_ids: Sequence[str]) -> Floats:
        now = self._now()
        result = np.zeros(len(chunk_ids), dtype=np.float32)
        known, rows = now.rows_of(chunk_ids)
        result[known] = now.postings.scores_of(tokens, rows)
        return result

    def bm25_idf(self, tokens: Sequence[str]) -> Floats:
        return self._now().postings.idf(tokens)

    def token_vectors(self, chunk_ids: Sequence[str]) -> list[Floats]:
        now = self._now()
        if now.tokens is None:
            return []
        known, rows = now.rows_of(chunk_ids)
        found = iter(rows)
        nothing = np.zeros((0, now.manifest.token_dim), dtype=np.float32)
        return [now.tokens.rows(int(next(found))) if is_known else nothing for is_known in known]

    def snapshot(self) -> Index:
        return LocalIndex(self._now())

    def close(self) -> None:
        self._generation = None

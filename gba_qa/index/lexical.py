"""BM25 over postings that lie in memory-mapped arrays.

score(chunk) = Σ over query tokens  idf(token) · tf / (tf + K1 · (1 - B + B · length / mean length)),
idf = ln(1 + (N - df + ½) / (df + ½)): Lucene's variant, as bm25s has it (the tests compare with that library).  Each term of the sum
stays below the idf, so that Σ idf is the best score a query can get.

Why not bm25s itself: it stores finished scores, which change with every document that comes or goes, so that each change
tokenizes and counts the whole collection again (half a minute at 1e5 chunks).  Counts stay true: a change copies the old postings (a
second), the files are smaller, K1 and B can be tuned without a rebuild, and the vocabulary needs no loading.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from gba_qa.types import Floats

__all__ = ["K1", "B", "Postings", "empty"]

K1 = 1.5
B = 0.75

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Postings:
    """For term t, chunks `rows[offsets[t]:offsets[t+1]]` (ascending) hold it `counts[...]` times.

    `lengths` (tokens a chunk) int32 (n,); `rows` int32 and `counts` uint16 (postings,); `offsets` int64 (terms + 1,).
    The terms, sorted as UTF-8, lie one behind the other in `letters` uint8, term t at `bounds[t]:bounds[t+1]`.
    """

    lengths: NDArray[np.int32]
    rows: NDArray[np.int32]
    counts: NDArray[np.uint16]
    offsets: NDArray[np.int64]
    letters: NDArray[np.uint8]
    bounds: NDArray[np.int64]
    _norms: list[Floats] = field(default_factory=list, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def terms(self) -> int:
        return len(self.offsets) - 1

    def idf(self, tokens: Sequence[str]) -> Floats:
        """The weight of each token, float32 (len(tokens),); a token that no chunk holds has the highest."""
        n = len(self)
        found = [self._range(token) for token in tokens]
        df = np.array([end - start for start, end in found], dtype=np.float64)
        result: Floats = np.log1p((n - df + 0.5) / (df + 0.5)).astype(np.float32)
        return result

    def scores(self, tokens: Sequence[str]) -> Floats:
        """The score of every chunk, float32 (n,)."""
        result = np.zeros(len(self), dtype=np.float32)
        norms = self.norms
        for start, end, weight in self._query(tokens):
            rows = self.rows[start:end]
            tf = self.counts[start:end].astype(np.float32)
            result[rows] += np.float32(weight) * (tf / (tf + norms[rows]))  # a row stands once in a term's postings
        return result

    def scores_of(self, tokens: Sequence[str], rows: Rows) -> Floats:
        """The scores of these chunks only, float32 (len(rows),): cheap for a few rows of many."""
        result = np.zeros(len(rows), dtype=np.float32)
        norms = self.norms[rows]
        for start, end, weight in self._query(tokens):
            postings = self.rows[start:end]
            at = np.minimum(np.searchsorted(postings, rows), end - start - 1)
            tf = np.where(postings[at] == rows, self.counts[start:end][at], 0).astype(np.float32)
            result += np.float32(weight) * (tf / (tf + norms))
        return result

    @property
    def norms(self) -> Floats:
        """What length adds to the count in the denominator, float32 (n,); worked out once."""
        if not self._norms:
            lengths = self.lengths.astype(np.float32)
            mean = max(float(lengths.mean(dtype=np.float64)) if len(lengths) else 1.0, 1e-9)
            norms: Floats = (K1 * (1 - B + B * lengths / mean)).astype(np.float32)
            self._norms.append(norms)
        return self._norms[0]

    def _query(self, tokens: Sequence[str]) -> list[tuple[int, int, float]]:
        """Where the postings of each known token lie, and its idf times how often the query has it."""
        counted = Counter(tokens)
        result = []
        for token, idf in zip(counted, self.idf(list(counted)), strict=True):
            start, end = self._range(token)
            if end > start:
                result.append((start, end, float(idf) * counted[token]))
        return result

    def _range(self, token: str) -> tuple[int, int]:
        term = self.find(token)
        return (0, 0) if term is None else (int(self.offsets[term]), int(self.offsets[term + 1]))

    def find(self, token: str) -> int | None:
        """The number of a term, by bisection over the sorted terms."""
        wanted = token.encode("utf-8", "replace")
        low, high = 0, self.terms
        while low < high:
            middle = (low + high) // 2
            if self.term(middle) < wanted:
                low = middle + 1
            else:
                high = middle
        return low if low < self.terms and self.term(low) == wanted else None

    def term(self, number: int) -> bytes:
        return self.letters[self.bounds[number] : self.bounds[number + 1]].tobytes()


@lru_cache(maxsize=1)
def empty() -> Postings:
    """Postings of no chunks."""
    return Postings(
        np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.uint16),
        np.zeros(1, np.int64), np.zeros(0, np.uint8), np.zeros(1, np.int64),
    )  # fmt: skip

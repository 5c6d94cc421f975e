"""Nearest vectors by cosine, with FAISS.

FAISS reads no file of ours: its reader isn't made for files from strangers.  Its index is built from the stored matrix at the first
search (0.1 s for 1e5 vectors) and lives in memory.
"""

from __future__ import annotations

import threading
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gba_qa.errors import UsageError
from gba_qa.types import Floats

__all__ = ["FLAT_BELOW", "Vectors", "unit_rows"]

FLAT_BELOW = 100_000  # rows; see benchmarks/README.md
_CANDIDATES = 500  # rows scored exactly where the scan is not: all of the true twenty nearest of 1e5 are among them
_RESCORE = 4  # and at least so many for each result wanted


def unit_rows(vectors: object, dim: int) -> Floats:
    """Vectors as float32 (n, dim) of unit length (rows of zeros stay).  UsageError for another shape, NaN or infinity."""
    rows = np.asarray(vectors, dtype=np.float32)
    if rows.ndim != 2 or rows.shape[1] != dim:
        raise UsageError(f"vectors have the shape {rows.shape}, not (n, {dim})")
    if not np.isfinite(rows).all():
        raise UsageError("vectors hold NaN or infinity")
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.ascontiguousarray(rows / np.where(norms == 0, 1, norms), dtype=np.float32)


class Vectors:
    """A matrix of unit rows, float32 (n, dim), and the search over it; safe to share between threads."""

    def __init__(self, matrix: Floats) -> None:
        self.matrix = matrix
        self._faiss: Any = None
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self.matrix)

    @property
    def dim(self) -> int:
        return int(self.matrix.shape[1])

    def query(self, vector: object) -> Floats:
        """A query as unit rows (1, dim)."""
        return unit_rows(np.asarray(vector, dtype=np.float32).reshape(1, -1), self.dim)

    def scores_of(self, vector: object, rows: NDArray[np.int64]) -> Floats:
        """Cosine of the query with these rows, exact, float32 (len(rows),)."""
        result: Floats = self.rows(rows) @ self.query(vector)[0]
        return result

    def rows(self, rows: NDArray[np.int64]) -> Floats:
        """These rows of the matrix, float32 (len(rows), dim)."""
        return self.matrix[rows]

    def few(self, among: NDArray[np.int64]) -> bool:
        """Whether looking at each of these rows is cheaper than a filtered scan."""
        return len(among) * 8 < len(self)

    def search(
        self, vector: object, k: int, among: NDArray[np.int64] | None = None
    ) -> tuple[NDArray[np.int64], Floats]:
        """Rows and cosines of the k best and of all that tie with the last of them, in no order; `among` names the rows to look at."""
        total = len(self) if among is None else len(among)
        k = min(k, total)
        if k <= 0:
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        if among is not None and self.few(among):
            return _best(among, self.scores_of(vector, among), k)
        query = self.query(vector)
        wide = k + 8  # room for ties, so that equal vectors are ordered by id and not by chance
        while True:
            rows = self._scan(query, min(wide, total), among)
            scores: Floats = self.rows(rows) @ query[0]
            if wide >= total or (np.partition(scores, len(scores) - k)[len(scores) - k] > scores.min()):
                return _best(rows, scores, k)
            wide *= 4

    def _scan(self, query: Floats, count: int, among: NDArray[np.int64] | None) -> NDArray[np.int64]:
        """At least `count` rows (of `among`) that hold the nearest ones."""
        faiss: Any = import_module("faiss")
        index = self._index()
        if not isinstance(index, faiss.IndexFlat):
            return self._scan_codes(index, query, max(_CANDIDATES, _RESCORE * count), among)
        params = None
        if among is not None:
            bits = np.packbits(self._mask(among), bitorder="little")
            params = faiss.SearchParameters(sel=faiss.IDSelectorBitmap(bits))
        _, rows = index.search(query, count, params=params)
        found: NDArray[np.int64] = rows[0][rows[0] >= 0]
        return found

    def _scan_codes(self, index: Any, query: Floats, count: int, among: NDArray[np.int64] | None) -> NDArray[np.int64]:
        """The codes take no filter: look wider by the share that is left out, and at every row should that not do."""
        share = 1.0 if among is None else len(among) / len(self)
        wide = int(count / share)
        if wide >= len(self):
            return np.arange(len(self)) if among is None else among
        _, rows = index.search(query, wide)
        found: NDArray[np.int64] = rows[0][rows[0] >= 0]
        if among is None:
            return found
        found = found[self._mask(among)[found]]
        return found if len(found) >= count // 2 else among

    def _mask(self, among: NDArray[np.int64]) -> NDArray[np.bool_]:
        mask = np.zeros(len(self), bool)
        mask[among] = True
        return mask

    def _index(self) -> Any:
        """The FAISS index, built once."""
        if self._faiss is None:
            with self._lock:
                if self._faiss is None:
                    self._faiss = _build(self.matrix)
        return self._faiss


def _best(rows: NDArray[np.int64], scores: Floats, k: int) -> tuple[NDArray[np.int64], Floats]:
    if k < len(rows):
        chosen = scores >= np.partition(scores, len(rows) - k)[len(rows) - k]
        rows, scores = rows[chosen], scores[chosen]
    return rows, scores


def _build(matrix: Floats) -> Any:
    """Flat below FLAT_BELOW rows; above, one bit a value (RaBitQ, Gao & Long, SIGMOD 2024), candidates scored again exactly."""
    faiss: Any = import_module("faiss")  # untyped on purpose: its stubs don't know the Python wrappers
    n, dim = matrix.shape
    if n < FLAT_BELOW:
        index = faiss.IndexFlatIP(dim)
    else:
        index = faiss.IndexRaBitQFastScan(dim, faiss.METRIC_INNER_PRODUCT)
        index.train(np.ascontiguousarray(matrix[:: max(1, n // FLAT_BELOW)]))
    step = max(1, (64 << 20) // (4 * dim))
    for start in range(0, n, step):
        index.add(np.ascontiguousarray(matrix[start : start + step]))
    return index

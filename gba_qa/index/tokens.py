"""Token vectors of chunks (what late interaction compares), one byte a value, memory-mapped.

A row is stored as int8 with a scale of its own: row = int8 · scale, off by less than half a percent of its largest value.  There may be gigabytes
of them, so that they are not read through at opening: each chunk carries a checksum that is compared when its rows are used.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gba_qa.errors import UsageError
from gba_qa.index.arrays import corrupt
from gba_qa.types import Floats

__all__ = ["TokenRows", "empty_tokens", "quantize", "token_sum"]


@dataclass(frozen=True, slots=True)
class TokenRows:
    """Chunk i has the rows `offsets[i]:offsets[i+1]` of `values` int8 (rows, dim) and `scales` float16 (rows,); `sums` uint64 (n,)."""

    values: NDArray[np.int8]
    scales: NDArray[np.float16]
    offsets: NDArray[np.int64]
    sums: NDArray[np.uint64]
    path: Path | None = None

    def __len__(self) -> int:
        return len(self.sums)

    def rows(self, number: int) -> Floats:
        """The token vectors of one chunk, float32 (tokens, dim).  IndexCorrupt where they have changed on the disk."""
        start, end = int(self.offsets[number]), int(self.offsets[number + 1])
        values, scales = self.values[start:end], self.scales[start:end]
        if self.path is not None and token_sum(values, scales) != int(self.sums[number]):
            raise corrupt(self.path, f"has changed since it was written (the rows of chunk {number})")
        result: Floats = values.astype(np.float32) * scales.astype(np.float32)[:, None]
        return result


def quantize(vectors: object, dim: int) -> tuple[NDArray[np.int8], NDArray[np.float16]]:
    """Rows float32 (tokens, dim) → int8 values and float16 scales.  UsageError for another shape, NaN or infinity."""
    rows = np.asarray(vectors, dtype=np.float32)
    rows = rows.reshape(-1, dim) if rows.size == 0 else rows
    if rows.ndim != 2 or rows.shape[1] != dim:
        raise UsageError(f"token vectors have the shape {rows.shape}, not (tokens, {dim})")
    if not np.isfinite(rows).all():
        raise UsageError("token vectors hold NaN or infinity")
    largest = np.abs(rows).max(axis=1, initial=0.0)
    scales = (largest / 127).astype(np.float16)
    exact = np.where(scales == 0, np.float32(1), scales.astype(np.float32))
    values = np.clip(np.rint(rows / exact[:, None]), -127, 127).astype(np.int8)
    return values, scales


def token_sum(values: NDArray[np.int8], scales: NDArray[np.float16]) -> int:
    """XXH3-64 of the rows of one chunk."""
    import xxhash

    digest = xxhash.xxh3_64(np.ascontiguousarray(values).tobytes())
    digest.update(np.ascontiguousarray(scales).tobytes())
    return int(digest.intdigest())


def empty_tokens(dim: int) -> TokenRows:
    """No chunks."""
    return TokenRows(
        np.zeros((0, dim), np.int8), np.zeros(0, np.float16), np.zeros(1, np.int64), np.zeros(0, np.uint64)
    )

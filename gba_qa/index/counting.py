"""Build postings: count the tokens of new chunks, then merge them with those of the generation before."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from gba_qa.index.lexical import Postings
from gba_qa.text import tokenize
from gba_qa.types import Chunk

__all__ = ["TokenCounts", "chunk_tokens"]

_BLOCK = 1 << 24  # postings sorted at a time


def chunk_tokens(chunk: Chunk) -> list[str]:
    """The tokens a chunk is found by: its heading and context once each, and its text; pairs do not cross from one to the next."""
    return tokenize("\n".join((chunk.heading, chunk.context, chunk.text)))


class TokenCounts:
    """Counts of chunks as they come; about 8 bytes for each different token of a chunk are kept in memory."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._terms = array("i")
        self._counts = array("H")
        self._sizes = array("i")  # different tokens of each chunk
        self._lengths = array("i")  # tokens of each chunk

    def __len__(self) -> int:
        return len(self._sizes)

    def add(self, chunk: Chunk) -> None:
        numbers = self._numbers
        tokens = chunk_tokens(chunk)
        counted = Counter(tokens)
        self._terms.extend([numbers.setdefault(t, len(numbers)) for t in counted])
        self._counts.extend([min(c, 0xFFFF) for c in counted.values()])
        self._sizes.append(len(counted))
        self._lengths.append(len(tokens))

    def merge(self, old: Postings, keep: NDArray[np.bool_], new_keep: NDArray[np.bool_]) -> Postings:
        """The postings of the old chunks to keep, in their order, followed by the new ones to keep."""
        old_rows = np.cumsum(keep, dtype=np.int64) - 1
        kept = int(keep.sum())
        lengths = np.concatenate([old.lengths[keep], np.frombuffer(self._lengths, np.int32)[new_keep]]).astype(np.int32)

        old_df = np.zeros(old.terms, np.int64)
        for old_terms, found, _ in _old_blocks(old, keep):
            old_df += np.bincount(old_terms[found], minlength=old.terms)
        new_df = np.zeros(len(self._numbers), np.int64)
        for new_terms, _, _ in self._blocks(new_keep, kept):
            new_df += np.bincount(new_terms, minlength=len(self._numbers))

        names, from_old, from_new = self._vocabulary(old, old_df, new_df)
        df = np.zeros(len(names), np.int64)
        df[from_old[old_df > 0]] += old_df[old_df > 0]
        df[from_new[new_df > 0]] += new_df[new_df > 0]
        offsets = np.concatenate([[0], np.cumsum(df)]).astype(np.int64)
        rows = np.empty(int(offsets[-1]), np.int32)
        counts = np.empty(int(offsets[-1]), np.uint16)

        cursor = offsets[:-1].copy()
        for terms, found, block in _old_blocks(old, keep):
            position = _places(
                from_old[terms[found]], cursor
            )  # old terms are sorted, and stay so under their new numbers
            rows[position] = old_rows[old.rows[block][found]]
            counts[position] = old.counts[block][found]
        for new_terms, chunk_rows, term_counts in self._blocks(new_keep, kept):
            numbers = from_new[new_terms]
            order = np.argsort(numbers, kind="stable")
            position = _places(numbers[order], cursor)
            rows[position] = chunk_rows[order]
            counts[position] = term_counts[order]
        letters = np.frombuffer(b"".join(names), np.uint8)
        bounds = np.concatenate([[0], np.cumsum([len(n) for n in names], dtype=np.int64)]).astype(np.int64)
        return Postings(lengths, rows, counts, offsets, letters, bounds)

    def _vocabulary(
        self, old: Postings, old_df: NDArray[np.int64], new_df: NDArray[np.int64]
    ) -> tuple[list[bytes], NDArray[np.int64], NDArray[np.int64]]:
        """The sorted terms still in use, and the number in it of each old and each new term."""
        old_names = {old.term(int(t)): int(t) for t in np.nonzero(old_df)[0]}
        new_names = {n.encode("utf-8", "replace"): i for n, i in self._numbers.items() if new_df[i]}
        names = sorted(old_names.keys() | new_names.keys())
        from_old = np.zeros(max(old.terms, 1), np.int64)
        from_new = np.zeros(max(len(self._numbers), 1), np.int64)
        for number, name in enumerate(names):
            if name in old_names:
                from_old[old_names[name]] = number
            if name in new_names:
                from_new[new_names[name]] = number
        return names, from_old[: old.terms], from_new[: len(self._numbers)]

    def _blocks(
        self, new_keep: NDArray[np.bool_], first_row: int
    ) -> Iterator[tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.uint16]]]:
        """(term numbers, rows, counts) of the new chunks to keep, some million postings at a time."""
        sizes = np.frombuffer(self._sizes, np.int32).astype(np.int64)
        ends = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        rows = first_row + np.cumsum(new_keep, dtype=np.int64) - 1
        terms = np.frombuffer(self._terms, np.int32)
        counts = np.frombuffer(self._counts, np.uint16)
        start = 0
        while start < len(sizes):
            stop = max(start + 1, int(np.searchsorted(ends, ends[start] + _BLOCK, side="right")) - 1)
            keep = np.repeat(new_keep[start:stop], sizes[start:stop])
            block = slice(int(ends[start]), int(ends[stop]))
            yield terms[block][keep], np.repeat(rows[start:stop], sizes[start:stop])[keep], counts[block][keep]
            start = stop


def _old_blocks(old: Postings, keep: NDArray[np.bool_]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.bool_], slice]]:
    """(term numbers, which of the postings are kept, where they stand) of the old postings, some million at a time."""
    for start in range(0, len(old.rows), _BLOCK):
        stop = min(start + _BLOCK, len(old.rows))
        first = int(np.searchsorted(old.offsets, start, side="right")) - 1
        last = int(np.searchsorted(old.offsets, stop, side="left"))
        ends = np.clip(old.offsets[first : last + 1], start, stop)
        sizes = ends[1:] - ends[:-1]
        block = slice(start, stop)
        yield np.repeat(np.arange(first, last, dtype=np.int64), sizes), keep[old.rows[block]], block


def _places(terms: NDArray[np.int64], cursor: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where postings, sorted by term, go; `cursor`, the next free place of each term, moves on."""
    sizes = np.bincount(terms, minlength=len(cursor))
    first = np.cumsum(sizes) - sizes
    result: NDArray[np.int64] = np.arange(len(terms), dtype=np.int64) + np.repeat(cursor - first, sizes)
    cursor += sizes
    return result

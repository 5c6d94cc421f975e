"""Which FAISS index for many vectors: `python -m benchmarks.dense [--size 100000]` prints one table.

Every kind gives candidates that are scored again exactly, as `gba_qa/index/dense.py` does, and is asked for the twenty nearest.  Each is
built from the memory-mapped matrix at the first search, so that building counts as much as searching.  One thread.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from typing import Any

import faiss
import numpy as np

from benchmarks.corpus import DIM, collection, questions
from gba_qa.types import Floats

WANTED, CANDIDATES, ASKED = 20, 500, 200


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dense", description=__doc__)
    parser.add_argument("--size", type=int, default=100_000)
    size = parser.parse_args().size
    faiss.omp_set_num_threads(1)
    matrix = np.empty((size, DIM), np.float32)
    at = 0
    for part in collection(size):
        matrix[at : at + len(part.vectors)] = part.vectors
        at += len(part.vectors)
    asked = np.array([q.vector for q in questions(size, ASKED)])
    exact = [set(np.argpartition(matrix @ q, -WANTED)[-WANTED:].tolist()) for q in asked]
    print(f"{size:,} vectors of {DIM} values, {WANTED} nearest, {ASKED} questions\n")
    print("| index | build s | memory MB | p50 ms | p95 ms | of the true twenty nearest |\n|---|---|---|---|---|---|")
    for name, make, set_up in kinds(size):
        began = time.perf_counter()
        index = make(matrix)
        built, memory = time.perf_counter() - began, faiss.serialize_index(index).nbytes / 1e6
        for label, wide in set_up(index):
            times, found = [], []
            for query, true in zip(asked, exact, strict=True):
                began = time.perf_counter()
                rows = index.search(query[None], wide)[1][0]
                rows = rows[rows >= 0]
                best = rows[np.argsort(-(matrix[rows] @ query), kind="stable")[:WANTED]]
                times.append((time.perf_counter() - began) * 1000)
                found.append(len(true & set(best.tolist())) / WANTED)
            p50, p95 = np.percentile(times, [50, 95])
            cells = f"{built:.1f} | {memory:.0f} | {p50:.2f} | {p95:.2f} | {np.mean(found):.1%}"
            print(f"| {name}{label} | {cells} |", flush=True)
        del index


Kind = tuple[str, Callable[[Floats], Any], Callable[[Any], Iterator[tuple[str, int]]]]


def kinds(size: int) -> list[Kind]:
    """Each kind with the settings to try: (its name, how to make it, its settings with how many candidates to ask for)."""
    product = faiss.METRIC_INNER_PRODUCT
    lists = int(4 * size**0.5)

    def filled(index: Any, matrix: Floats) -> Any:
        if not index.is_trained:
            index.train(matrix[:: max(1, size // 100_000)])
        index.add(matrix)
        return index

    def as_it_is(wide: int) -> Callable[[Any], Iterator[tuple[str, int]]]:
        return lambda index: iter([("", wide)])

    def probing(index: Any) -> Iterator[tuple[str, int]]:
        for index.nprobe in (8, 32, 128):
            yield f", {index.nprobe} lists looked at", WANTED

    def exploring(index: Any) -> Iterator[tuple[str, int]]:
        for index.hnsw.efSearch in (64, 256):
            yield f", efSearch {index.hnsw.efSearch}", WANTED

    return [
        ("flat", lambda m: filled(faiss.IndexFlatIP(DIM), m), as_it_is(WANTED)),
        (
            "SQ8",
            lambda m: filled(faiss.IndexScalarQuantizer(DIM, faiss.ScalarQuantizer.QT_8bit, product), m),
            as_it_is(4 * WANTED),
        ),
        (f"IVF {lists}", lambda m: filled(faiss.index_factory(DIM, f"IVF{lists},Flat", product), m), probing),
        ("HNSW 32", lambda m: filled(faiss.IndexHNSWFlat(DIM, 32, product), m), exploring),
        ("RaBitQ", lambda m: filled(faiss.IndexRaBitQFastScan(DIM, product), m), as_it_is(CANDIDATES)),
    ]


if __name__ == "__main__":
    main()

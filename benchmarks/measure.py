"""One measurement in one process: `python -m benchmarks.measure build|search ENGINE SIZE FOLDER` prints one JSON object.

Building and searching are separate processes, so that memory and opening are those of a program that just starts.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.corpus import Part, Question, collection, questions_of, wanted_documents
from benchmarks.engines import ENGINES, GbaQa

QUESTIONS = 200
SECONDS = 60.0  # an engine that needs longer for all questions answers fewer


def main() -> None:
    what, name, size, folder = sys.argv[1:5]
    result = build(name, int(size), Path(folder)) if what == "build" else search(name, Path(folder))
    print(json.dumps(result))


def build(name: str, size: int, folder: Path) -> dict[str, Any]:
    engine, making = ENGINES[name], _Making(collection(size), wanted_documents(size, QUESTIONS))
    parts = making if engine.streams else list(making)
    made, made_cpu, before, began_cpu = making.seconds, making.cpu, _memory(), time.process_time()
    seconds = _timed(lambda: engine.build(folder, parts)) - (making.seconds - made)
    cpu = time.process_time() - began_cpu - (making.cpu - made_cpu)
    peak = _peak() - before
    disk = sum(f.stat().st_size for f in folder.rglob("*") if f.is_file())
    _save_questions(folder, questions_of(making.kept, size, QUESTIONS))
    return {"build_s": seconds, "build_cpu_s": cpu, "disk_mb": disk / 1e6, "build_rss_mb": peak}


class _Making:
    """The documents one by one, and how many seconds making them took: those are not the engine's.

    Keeps what the questions are made of, since to make a million chunks once more takes minutes.
    """

    def __init__(self, parts: Iterator[Part], wanted: Collection[int]) -> None:
        self._parts = enumerate(parts)
        self._wanted = wanted
        self.kept: dict[int, Part] = {}
        self.seconds = self.cpu = 0.0

    def __iter__(self) -> Iterator[Part]:
        return self

    def __next__(self) -> Part:
        began, began_cpu = time.perf_counter(), time.process_time()
        try:
            number, part = next(self._parts)
            if number in self._wanted:
                self.kept[number] = part
            return part
        finally:
            self.seconds += time.perf_counter() - began
            self.cpu += time.process_time() - began_cpu


def _save_questions(folder: Path, asked: Sequence[Question]) -> None:
    rows = [{**asdict(q), "vector": q.vector.tolist()} for q in asked]
    (folder / "questions.json").write_text(json.dumps(rows), encoding="utf-8")


def _load_questions(folder: Path) -> list[Question]:
    rows = json.loads((folder / "questions.json").read_text(encoding="utf-8"))
    return [Question(**{**row, "vector": np.array(row["vector"], np.float32)}) for row in rows]


def search(name: str, folder: Path) -> dict[str, Any]:
    asked = _load_questions(folder)
    extra = next(collection(12, seed=99))
    engine, opened = ENGINES[name], []
    before = _memory()
    open_s = _timed(lambda: opened.append(engine.open(folder)))
    run = opened[0]
    first_ms = _timed(lambda: run(asked[0])) * 1000
    times, found, began = [], [], time.perf_counter()
    for question in asked:
        start = time.perf_counter()
        ids = run(question)
        times.append((time.perf_counter() - start) * 1000)
        found.append(question.chunk_id in ids)
        if time.perf_counter() - began > SECONDS:
            break
    result = {
        "open_s": open_s,
        "first_ms": first_ms,
        "p50_ms": float(np.percentile(times, 50)),
        "p95_ms": float(np.percentile(times, 95)),
        "rss_mb": _memory() - before,
        "found": sum(found) / len(found),
        "questions": len(found),
    }
    if isinstance(engine, GbaQa):
        for group in ("en", "zh"):
            of_group = [t for t, q in zip(times, asked, strict=False) if q.language.startswith(group)]
            result[f"{group}_p50_ms"] = float(np.percentile(of_group, 50))
        result |= _more(engine, folder, run.index, asked, extra)
    return result


def _more(engine: GbaQa, folder: Path, index: Any, asked: list[Any], extra: Part) -> dict[str, Any]:
    """Each side by itself, the share of the true ten nearest that is found, and one more document."""
    from gba_qa.text import tokenize

    dense = [_timed(lambda q=q: index.search_dense(q.vector, 10)) * 1000 for q in asked]
    lexical = [_timed(lambda q=q: index.search_bm25(tokenize(q.text), 10)) * 1000 for q in asked]
    matrix = np.load(next((folder / "index").glob("g*/vectors.npy")), mmap_mode="r")
    near = []
    for question in asked[:50]:
        exact = np.sort(matrix @ question.vector)[-10:]
        got = [h.score for h in index.search_dense(question.vector, 10)]
        near.append(np.mean([score >= exact[0] - 1e-5 for score in got]))
    document = replace(extra.document, id="extra", source="extra.md")
    chunks = [replace(c, id=f"extra-{c.id}", doc_id="extra") for c in extra.chunks]

    def add() -> None:
        with engine.writer(folder) as writer:
            writer.add(document, chunks, extra.vectors)

    def delete() -> None:
        with engine.writer(folder) as writer:
            writer.delete("extra")

    return {
        "dense_p50_ms": float(np.percentile(dense, 50)),
        "bm25_p50_ms": float(np.percentile(lexical, 50)),
        "dense_recall": float(np.mean(near)),
        "add_one_s": _timed(add),
        "delete_one_s": _timed(delete),
    }


def _timed(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def _memory() -> float:
    """Resident memory now, MB."""
    import psutil

    return float(psutil.Process(os.getpid()).memory_info().rss) / 1e6


def _peak() -> float:
    """The highest that resident memory has been, MB."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6


if __name__ == "__main__":
    main()

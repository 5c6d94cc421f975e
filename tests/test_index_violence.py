"""Nothing that happens to an indexing process hurts the index: killed, cut off, or refused by the disk, it is as before or as after.

Every chunk of step n says so, and every step replaces all documents, so that a mixture of two generations would show.
"""

from __future__ import annotations

import errno
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import index_worker
import pytest

from gba_qa.errors import GbaQAError
from gba_qa.index import open_index

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")

KILLS = 60
CHUNKS = index_worker.DOCUMENTS * index_worker.SENTENCES


class Worker:
    """The process of index_worker.py."""

    def __init__(self) -> None:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p), "OMP_NUM_THREADS": "1"}
        command = [sys.executable, index_worker.__file__]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )

    def run(self, root: Path, step: int, **how: Any) -> tuple[int, str]:
        """The exit code (negative: the signal) and the error."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps({"root": str(root), "step": step, **how}) + "\n")
        self.process.stdin.flush()
        status, error = json.loads(self.process.stdout.readline())
        return os.waitstatus_to_exitcode(status), error


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    made = Worker()
    yield made
    made.process.stdin.close()  # type: ignore[union-attr]
    made.process.wait(10)
    made.process.stdout.close()  # type: ignore[union-attr]


def step_of(root: Path) -> int:
    """Which step the index answers with, after a look at all of it."""
    with open_index(root) as index:
        index.check()
        steps = {int(info.id.split("-")[0]) for info in index.documents()}
        assert len(steps) == 1
        (step,) = steps
        assert len(index) == CHUNKS
        assert len(index.documents()) == index_worker.DOCUMENTS
        hits = index.search_bm25(["common"], CHUNKS + 1)
        assert len(hits) == CHUNKS
        assert all(f"step{step} " in hit.chunk.text for hit in hits)
        assert index.search_bm25([f"step{step - 1}"], 1) == index.search_bm25([f"step{step + 1}"], 1) == []
        assert len(index.search_dense([1.0] * index_worker.DIM, CHUNKS + 1)) == CHUNKS  # type: ignore[arg-type]
        name = f"{step}-3"
        assert len(index.token_vectors([f"{name}-0"])[0]) == 6
        assert index.document(name).text.count(f"step{step} ") == index_worker.SENTENCES
        return step


def test_killed_at_random_moments(worker: Worker, tmp_path: Path) -> None:
    root = tmp_path / "index"
    assert worker.run(root, 1) == (0, "")
    began = time.monotonic()
    for step in (2, 3, 4):
        assert worker.run(root, step) == (0, "")
    lasts = (time.monotonic() - began) / 3
    chance = random.Random(os.urandom(8))
    step, killed = 4, 0
    while killed < KILLS:
        code, error = worker.run(root, step + 1, kill_after=chance.uniform(0, lasts * 1.05))
        assert (code, error) in {(-signal.SIGKILL, ""), (0, "")}
        killed += code != 0
        found = step_of(root)
        assert found in (step, step + 1)
        if code and killed % 10 == 0:
            assert worker.run(root, step + 1) == (0, "")  # the next run completes, and cleans up
            assert step_of(root) == step + 1
            assert sorted(p.name for p in root.iterdir() if p.is_dir()) == [(root / "CURRENT").read_text().strip()]
            step += 1
        else:
            step = found


def test_cut_off_at_every_single_step(worker: Worker, tmp_path: Path) -> None:
    """As by a power cut before each call that changes the folder, until one run comes through."""
    root = tmp_path / "index"
    assert worker.run(root, 1) == (0, "")
    for calls in range(1, 200):
        code, error = worker.run(root, 2, die_at=calls)
        assert code in (0, 9), error
        if code == 0:
            break
        found = step_of(root)
        if found == 2:  # the pointer was replaced: go back, to cut the cleaning as well
            assert worker.run(root, 1) == (0, "")
    assert code == 0
    assert calls > 40  # fsync and open of every file, link, rename …: fewer would mean that nothing was cut
    assert step_of(root) == 2


def test_a_full_disk_is_told_and_leaves_the_index_as_it_was(worker: Worker, tmp_path: Path) -> None:
    root = tmp_path / "index"
    assert worker.run(root, 1) == (0, "")
    refused = 0
    for limit in (0, 100, 1_000, 5_000, 20_000, 50_000, 10_000_000):
        code, error = worker.run(root, 2, limit=limit)
        if code == 0:
            break
        assert code == 3, error  # a GbaQAError and nothing else
        assert "could not be written" in error and str(root) in error
        assert step_of(root) == 1
        refused += 1
    assert refused >= 4
    assert limit == 10_000_000
    assert step_of(root) == 2


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.ENOSPC, "Free space, or name another folder"),
        (errno.EROFS, "Name a folder that you may write to"),
        (errno.EIO, "Name another folder"),
    ],
)
def test_every_call_that_the_system_may_refuse(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, remedy: str
) -> None:
    root, writes = tmp_path / "index", 0
    index_worker.update(str(root), 1)

    def refuse() -> None:
        raise OSError(number, os.strerror(number))

    for calls in range(1, 200):
        with monkeypatch.context() as patched:
            for name in index_worker.CALLS:
                patched.setattr(os, name, getattr(os, name))  # so that they are put back
            patched.setattr("io.open", open)
            index_worker.count_down(calls, refuse)
            try:
                index_worker.update(str(root), 2)
            except GbaQAError as error:
                refused = str(error)
            else:
                refused = ""
        found = step_of(root)
        assert found == (1 if refused else 2)  # what was refused did not happen, what was not did
        if refused:
            assert str(root) in refused
            if "could not be written" in refused:
                writes += 1
                assert refused.endswith(f"; it is as it was before. {remedy} with --index")
            continue
        index_worker.update(str(root), 1)
        if calls > 100:
            break
    assert calls > 100 and writes > 50


def test_a_file_in_the_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "some.txt").write_text("mine", encoding="utf-8")
    for place, reason in ((tmp_path / "some.txt", "File exists"), (tmp_path / "some.txt" / "index", "Not a directory")):
        with pytest.raises(GbaQAError) as refused:
            index_worker.update(str(place), 1)
        assert str(refused.value) == (
            f"the index at {place} could not be written: {reason}. "
            "There is a file where a folder is needed: name a folder with --index"
        )
    assert (tmp_path / "some.txt").read_text(encoding="utf-8") == "mine"


def test_a_read_only_folder_can_be_searched_and_is_not_written(worker: Worker, tmp_path: Path) -> None:
    """As the superuser too, who is held to the permissions here as anybody else is."""
    root = tmp_path / "index"
    assert worker.run(root, 1) == (0, "")
    held = {"powerless": os.geteuid() == 0}
    paths = (root, *root.rglob("*"))
    before = {path: path.stat().st_mtime_ns for path in paths}
    for path in paths:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        assert worker.run(root, 1, look=True, **held) == (0, f"({CHUNKS}, {CHUNKS}) ['1']")
        code, error = worker.run(root, 2, **held)
        assert (code, error.count("\n")) == (3, 0)
        assert f"the index at {root} could not be written: Permission denied; it is as it was before" in error
        code, error = worker.run(tmp_path / "index" / "new", 1, **held)
        assert (code, error.count("\n")) == (
            3,
            0,
        ) and "could not be written: Permission denied. Name a folder that you may write to" in error
        assert {path: path.stat().st_mtime_ns for path in (root, *root.rglob("*"))} == before
    finally:
        for path in paths:
            path.chmod(0o755 if path.is_dir() else 0o644)
    assert step_of(root) == 1
    assert worker.run(root, 2, **held) == (0, "")
    assert step_of(root) == 2

"""Run by test_index_violence.py: indexes step by step in forked children, so that one can be killed without a start-up each time.

Reads one JSON object a line: {"root", "step"} and optionally "die_at" (end at the n-th system call that changes the folder, as a power
cut would), "kill_after" (seconds), "limit" (bytes a file may have: writes beyond it fail, as on a full disk), "powerless" (even the
superuser is held to the permissions of files) or "look" (search instead of writing).  Answers with the child's exit status and its error.
"""

from __future__ import annotations

import ctypes
import io
import json
import os
import signal
import sys
import tempfile
import time
from typing import Any

import numpy as np

from gba_qa.errors import GbaQAError
from gba_qa.index import open_index, open_writer
from gba_qa.types import Chunk, Document

DOCUMENTS, SENTENCES, DIM, TOKEN_DIM = 6, 20, 32, 8
CALLS = ("fsync", "replace", "mkdir", "link", "unlink", "rmdir")


def update(root: str, step: int) -> None:
    """Replace all documents of step - 1 by those of `step`, whose every chunk says the step."""
    with open_writer(root, embedder="synthetic", fingerprint="1", dim=DIM, token_dim=TOKEN_DIM, chunker="1") as writer:
        for n in range(DOCUMENTS):
            writer.add(*document(step, n))


def document(step: int, n: int) -> tuple[Document, list[Chunk], np.ndarray, list[np.ndarray]]:  # type: ignore[type-arg]
    """The n-th document of a step, its chunks, their vectors and token vectors."""
    random = np.random.default_rng([step, n])
    sentences = [f"第{step}步 step{step} 大灣區文件 document {n} sentence {i} common" for i in range(SENTENCES)]
    text = "\n".join(sentences)
    name = f"{step}-{n}"
    chunks, at = [], 0
    for i, sentence in enumerate(sentences):
        chunks.append(
            Chunk(f"{name}-{i}", name, sentence, at, at + len(sentence), name, "", None, "zh-Hant", f"{n}.md")
        )
        at += len(sentence) + 1
    tokens = [random.standard_normal((6, TOKEN_DIM)).astype(np.float32) for _ in chunks]
    vectors = random.standard_normal((len(chunks), DIM)).astype(np.float32)
    return Document(name, text, name, f"{n}.md", "zh-Hant"), chunks, vectors, tokens


def count_down(calls: int, then: Any) -> None:
    """Let `then` happen at the n-th call that changes something on the disk."""
    left = [calls]

    def wrapped(function: Any) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            left[0] -= 1
            if left[0] == 0:
                then()
            return function(*args, **kwargs)

        return call

    for name in CALLS:
        setattr(os, name, wrapped(getattr(os, name)))
    io.open = wrapped(io.open)  # type: ignore[assignment]


def give_up_powers() -> None:
    """Drop all capabilities (Linux), so that a superuser too may write only where the permissions say so."""

    class Header(ctypes.Structure):
        _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))

    version = 0x20080522  # _LINUX_CAPABILITY_VERSION_3: two sets of (effective, permitted, inheritable)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.capset(ctypes.byref(Header(version, 0)), (ctypes.c_uint32 * 6)()) != 0:
        raise OSError(ctypes.get_errno(), "capset")


def look(root: str) -> str:
    """What the index answers with, by keywords and by vectors."""
    with open_index(root) as index:
        index.check()
        found = len(index.search_bm25(["common"], 1000)), len(index.search_dense(np.ones(DIM, np.float32), 1000))
        return f"{found} {sorted({info.id.split('-')[0] for info in index.documents()})}"


def child(task: dict[str, Any], errors: int) -> None:
    if task.get("die_at"):
        count_down(task["die_at"], lambda: os._exit(9))
    if task.get("limit") is not None:
        import resource

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (task["limit"], resource.RLIM_INFINITY))
    try:
        if task.get("powerless"):
            give_up_powers()
        if task.get("look"):
            os.write(errors, look(task["root"]).encode())
        else:
            update(task["root"], task["step"])
    except GbaQAError as error:
        os.write(errors, str(error).encode())
        os._exit(3)
    except BaseException as error:
        os.write(errors, f"{type(error).__name__}: {error}".encode())
        os._exit(4)
    os._exit(0)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        update(folder, 0)  # loads what the children would each load again
    for line in sys.stdin:
        reading, writing = os.pipe()
        pid = os.fork()
        task = json.loads(line)
        if pid == 0:
            child(task, writing)
        os.close(writing)
        if "kill_after" in task:
            time.sleep(task["kill_after"])
            os.kill(pid, signal.SIGKILL)  # ours still, since it is waited for below
        _, status = os.waitpid(pid, 0)
        with os.fdopen(reading, "rb") as pipe:
            print(json.dumps([status, pipe.read().decode()]), flush=True)


if __name__ == "__main__":
    main()

"""One writer at a time, and readers that keep their generation from being removed: locks that die with their process."""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from gba_qa.errors import IndexLocked

__all__ = ["ThreadLock", "WriterLock", "hold_shared", "is_free"]

_PAUSE = 0.05  # seconds between tries of a waiting writer
_BYTE = 1 << 30  # Windows locks ranges and forbids reading them: lock a byte far behind the text


class WriterLock:
    """An exclusive lock on a file, held by the operating system for this process: SIGKILL frees it.

    The file says who holds it.  `acquire` raises IndexLocked with process id, host and time after `wait` seconds.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[str] | None = None

    def acquire(self, wait: float = 0.0) -> None:
        deadline = time.monotonic() + wait
        file = self._path.open("a+", encoding="utf-8")
        try:
            while not _try_exclusive(file):
                if time.monotonic() >= deadline:
                    raise IndexLocked(self._who())
                time.sleep(_PAUSE)
            file.seek(0)
            file.truncate()
            since = datetime.now(UTC).isoformat(timespec="seconds")
            json.dump({"pid": os.getpid(), "host": socket.gethostname(), "since": since}, file)
            file.flush()
        except BaseException:
            file.close()
            raise
        self._file = file

    def release(self) -> None:
        if self._file is not None:
            self._file.close()  # the lock goes with the file handle
            self._file = None

    def _who(self) -> str:
        try:
            holder = json.loads(self._path.read_text(encoding="utf-8"))
            who = f"process {holder['pid']} on {holder['host']} since {holder['since']}"
        except (OSError, ValueError, KeyError, TypeError):
            who = "another process"
        return (
            f"the index {self._path.parent} is being written by {who}; wait for it to end, then run the command again"
        )


class ThreadLock:
    """The same for an index in memory, among the threads of this process."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()

    def acquire(self, wait: float = 0.0) -> None:
        if not (self._lock.acquire(timeout=wait) if wait > 0 else self._lock.acquire(blocking=False)):
            raise IndexLocked(f"{self._name} is being written by another thread of process {os.getpid()}")

    def release(self) -> None:
        if self._lock.locked():
            self._lock.release()


def hold_shared(file: IO[bytes]) -> bool:
    """Mark a generation as in use for as long as this handle is open.  False if a writer is removing it just now.

    Where the file system has no locks the mark is left out: the files stay readable while open, on POSIX at least.
    """
    if sys.platform == "win32":
        return True  # Windows doesn't remove open files
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return os.fstat(file.fileno()).st_nlink > 0


def is_free(file: IO[bytes]) -> bool:
    """Whether no reader holds the generation whose manifest this is; if so it is held for its removal."""
    if sys.platform == "win32":
        return True
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def _try_exclusive(file: IO[str]) -> bool:
    if sys.platform == "win32":
        import msvcrt

        file.seek(_BYTE)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

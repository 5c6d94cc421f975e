"""`python ui.py` in a process of its own, for the tests that need a running server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
START = 60.0  # seconds a server may take on a busy machine; what it should take is measured by test_speed


def environment(**settings: str) -> dict[str, str]:
    """This process's environment without settings of ours, with keyword search alone: the page is tested, not the embedder."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("GBA_QA_", "GRADIO_"))}
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    return (
        kept
        | {"PYTHONUNBUFFERED": "1", "GBA_QA_EMBEDDER": "none", "OMP_NUM_THREADS": "2", "PYTHONPATH": path}
        | settings
    )


class Server:
    """A running chat.  `url` is the address it printed, `lines` all that it said before."""

    def __init__(self, *arguments: str, cwd: Path = ROOT, **settings: str) -> None:
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", str(ROOT / "ui.py"), *arguments],
            cwd=cwd,
            env=environment(**settings),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[str] = []
        self.url = self._wait()
        self.seconds = time.monotonic() - self.started

    def _wait(self) -> str:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())
            if "ready: http://" in line:
                return line[line.index("http://") :].strip()
            if time.monotonic() - self.started > START:
                break
        self.stop()
        raise AssertionError("the server did not start:\n" + "\n".join(self.lines))

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def slack() -> float:
    """A machine that is busy with other things is slower by so much: the load, with a server and a browser of ours, on the cores
    that this process may use."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1.0, (os.getloadavg()[0] + 2) / cores)


def build_knowledge(place: Path) -> Path:
    """An index of the shipped knowledge without vectors."""
    from gba_qa.config import Config
    from gba_qa.qa import QA

    QA.build((), place, embedder="none", config=Config(embedder="none")).close()
    return place

"""Thumbs and notes, appended to a JSON-lines file on this machine, in the form of the gold set (eval/README.md).

A line is a candidate: `answers` and `evidence` are what was shown under a thumb up, and empty under a thumb down; the note
says what a person thought.  Somebody has to look at it before it becomes gold.
"""

from __future__ import annotations

import json
import secrets
import threading
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import Any

from gba_qa.chat.turns import Turn

__all__ = ["Feedback"]

MAX_BYTES = 20 << 20  # of the file; beyond it nothing more is taken


class Feedback:
    """Appends to one file, made when the first thumb comes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()

    def add(self, turn: Turn, thumb: str, note: str) -> None:
        """One line; silently none once the file is full."""
        line = json.dumps(candidate(turn, thumb, note), ensure_ascii=False)
        with self._lock:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if self.path.exists() and self.path.stat().st_size > MAX_BYTES:
                return
            with self.path.open("a", encoding="utf-8") as file:
                file.write(line + "\n")


def candidate(turn: Turn, thumb: str, note: str) -> dict[str, Any]:
    """The turn as a line of a gold set, with what the person said beside it."""
    answer = turn.answer
    good = thumb == "up"
    marks = [s.text[m.start : m.end] for s in answer.statements for m in s.marks]
    quotes = [{"document": PurePath(c.source).name, "quote": c.quote} for c in answer.citations]
    return {
        "id": f"chat-{turn.id}-{secrets.token_hex(3)}",  # a person may change their mind: a line each time
        "question": answer.question,
        "language": answer.language,
        "answerable": not answer.abstained if good else None,
        "answers": (marks or [s.text for s in answer.statements]) if good and not answer.abstained else [],
        "evidence": quotes if good else [],
        "thumb": thumb,
        "note": note,
        "shown": answer.text,
        "answerer": answer.answerer,
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
    }

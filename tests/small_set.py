"""Two documents and three questions on them, to be written as the files of an evaluation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

CORPUS = [
    {
        "id": "ferry",
        "title": "渡輪",
        "text": "渡輪公司在2031年營運14條航線。成人票價為每程9.5港元。",
        "language": "zh-Hant",
    },
    {
        "id": "library",
        "title": "Library",
        "text": "The library of Tai Po counted 1.25 million visitors in 2031. It employs 86 people.",
        "language": "en",
    },
]
GOLD = [
    {
        "id": "a",
        "question": "2031年渡輪公司營運多少條航線？",
        "language": "zh-Hant",
        "answerable": True,
        "answers": ["14條"],
        "evidence": [{"document": "ferry"}],
    },
    {
        "id": "b",
        "question": "How many visitors did the library of Tai Po count in 2031?",
        "language": "en",
        "answerable": True,
        "answers": ["1.25 million"],
        "evidence": [{"document": "library", "quote": "1.25 million visitors"}],
    },
    {
        "id": "c",
        "question": "Who painted the ceiling in Rome?",
        "language": "en",
        "answerable": False,
        "answers": [],
        "evidence": [],
    },
]


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), encoding="utf-8")
    return path

"""Questions on real files, asked of all of them at once, where they are at hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gba_qa import QA
from tests.conftest import SHARED

REAL = SHARED / "documents-real"
pytestmark = [
    pytest.mark.bundled,
    pytest.mark.slow,
    pytest.mark.skipif(not (REAL / "questions.jsonl").is_file(), reason="the real files are not at hand"),
]


@pytest.fixture(scope="module")
def qa(tmp_path_factory: pytest.TempPathFactory) -> QA:
    return QA.build([REAL], tmp_path_factory.mktemp("real") / "index", embedder="bundled")


def questions() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (REAL / "questions.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_right_page_is_among_the_first_five(qa: QA, language: str) -> None:
    missed = []
    for question in questions():
        hits = qa.search(question[f"q_{language}"], 5)
        right = [h for h in hits if Path(h.chunk.source).name == question["file"]]
        if not any(question["page"] in (None, h.chunk.page) for h in right):
            missed.append(question[f"q_{language}"])
    assert len(missed) <= 0.1 * len(questions()), missed


def test_the_report_tells_what_was_not_read_and_why(qa: QA) -> None:
    assert qa.report is not None
    assert {Path(f.source).name[:12]: f.detail.rsplit(": ", 1)[-1] for f in qa.report.failed} == {
        "foshan_custo": "one character stands for many",
        "hkjc_memoran": "no text layer (all 33 pages)",
        "password_pro": "needs a password",
    }
    assert all(f.chunks and f.language for f in qa.report.files if f.status == "read")

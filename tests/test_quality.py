"""The gate: quality on the test half of the shipped gold set must not fall below eval/floors.json (`python -m eval.floors`)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from eval.floors import CEILINGS, EXACT, floors_of
from gba_qa.evaluate import run
from gba_qa.metrics import Report
from tests.rows import row

GATE = json.loads((Path(__file__).resolve().parents[1] / "eval" / "floors.json").read_text(encoding="utf-8"))
GROUPS = ("all", "language: en", "language: zh-Hant", "language: zh-Hans")


@pytest.fixture(scope="module")
def report() -> Report:
    return run(split="test", embedder="bundled")


@pytest.mark.bundled
@pytest.mark.parametrize("group", GROUPS)
def test_quality_holds(group: str, report: Report) -> None:
    found = report.measures(report.groups()[group])
    fallen = []
    for name, floor in GATE["floors"][group].items():
        low = found[name] > floor if name in CEILINGS else found[name] < floor
        if low:
            fallen.append(
                f"{name} of {group} is {found[name]:.3f}, {'above its ceiling' if name in CEILINGS else 'below its floor'} {floor} ({GATE['reasons'][name]})"
            )
    assert not fallen, "\n".join(fallen)


def test_every_floor_has_a_reason_and_lies_just_under_what_was_measured() -> None:
    assert set(GATE["floors"]) == set(GROUPS)
    for group in GROUPS:
        for name, floor in GATE["floors"][group].items():
            assert len(GATE["reasons"][name]) > 20
            measured = GATE["measured"][group][name]
            if name in EXACT:
                assert floor == 1.0
            elif name in CEILINGS:
                assert measured <= floor <= measured + 0.04
            else:  # two questions of 18 unanswerable ones a language are the coarsest step
                assert measured - 0.12 <= floor <= measured


def test_floors_are_two_questions_a_language_under() -> None:
    rows = [row(str(i), rank=int(i < 48), contained=i < 40, right_sentence=i < 40, refused=i >= 48, statements=1, figures_held=1, citations=1, exact=1, confidence=0.9)
            for i in range(50)]  # fmt: skip
    rows += [row(f"u{i}", answerable=False, refused=i < 16, confidence=0.1) for i in range(20)]
    about = {"embedder": "hash", "fingerprint": "", "answerable share": 0.95}
    floors = floors_of(Report(about, tuple(rows)))["floors"]["language: en"]
    # 48, 40 of 50 found and answered, 2 of 50 refused wrongly, 16 of 20 rightly; each less (or plus) two questions
    assert floors["recall@5"] == pytest.approx(46 / 50, abs=0.002) and floors["contained"] == pytest.approx(
        38 / 50, abs=0.001
    )
    assert floors["wrongly_refused"] == pytest.approx(4 / 50, abs=0.002) and floors["refused"] == pytest.approx(
        14 / 20, abs=0.001
    )
    assert floors["quote_exactness"] == floors["figures_held"] == 1.0

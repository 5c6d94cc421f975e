"""The gate: quality on the test half of the shipped gold set must not fall below eval/floors.json."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gba_qa.evaluate import run
from gba_qa.metrics import Report

FLOORS = json.loads((Path(__file__).resolve().parents[1] / "eval" / "floors.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def report() -> Report:
    return run(split="test")


@pytest.mark.bundled
@pytest.mark.parametrize("group", sorted(FLOORS["floors"]))
def test_quality_holds(group: str, report: Report) -> None:
    found = report.measures(report.groups()[group])
    for name, floor in FLOORS["floors"][group].items():
        reason = FLOORS["reasons"][name]
        if name == "wrongly_refused":
            assert found[name] <= floor, f"{name} of {group}: {found[name]:.3f} is above its ceiling {floor} ({reason})"
        else:
            assert found[name] >= floor, f"{name} of {group}: {found[name]:.3f} is below its floor {floor} ({reason})"


def test_there_are_floors_for_every_language() -> None:
    assert set(FLOORS["floors"]) == {"all", "language: en", "language: zh-Hant", "language: zh-Hans"}

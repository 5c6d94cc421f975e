"""Set the floors of the quality gate just under what is measured now: `python -m eval.floors`.

    python -m eval.floors                                  # ask the test half with the default embedder, then set them
    python -m eval.floors --from eval/results/NAME.json    # take what that saved run measured

The gate (tests/test_quality.py) fails when a change drops below them.  Raise them when quality has risen; lower one only with a
reason that you would defend.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gba_qa.evaluate import run
from gba_qa.metrics import Report

FLOORS = Path(__file__).parent / "floors.json"
QUESTIONS = {"language": 2, "all": 4}
"""How many questions may change for the worse: chunks, weights and the rounding of another processor's int8 move one or two."""
REASONS = {
    "recall@5": "the passage that answers is among the five shown first; a wrong one can't be mended by what comes after",
    "contained": "the answer given holds an accepted one: what a reader came for",
    "right_sentence": "it is quoted from the sentence that says so, not from one that happens to hold the words",
    "refused": "a question that the briefs don't answer is refused; near misses are most of them",
    "wrongly_refused": "a ceiling: a refusal where the briefs do answer sends a reader away for nothing",
    "auroc": "confidence tells answerable from unanswerable whatever the threshold",
    "quote_exactness": "a quote stands word for word at its place or it is no quote",
    "figures_held": "every figure, year, place and body of a sentence stands in its quotes",
}
EXACT = ("quote_exactness", "figures_held")
CEILINGS = ("wrongly_refused",)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m eval.floors", description=str(__doc__).split("\n", 1)[0])
    parser.add_argument("--from", dest="saved", type=Path, help="a saved result instead of a run")
    options = parser.parse_args(arguments)
    report = _saved(options.saved) if options.saved else run(split="test")
    text = json.dumps(floors_of(report), ensure_ascii=False, indent=1)
    FLOORS.write_text(text + "\n", encoding="utf-8")
    print(text)


def floors_of(report: Report) -> dict[str, Any]:
    """Reasons, what was measured, and the floors: by language and over all."""
    measured: dict[str, dict[str, float]] = {}
    floors: dict[str, dict[str, float]] = {}
    for group, rows in report.groups().items():
        if group != "all" and not group.startswith("language"):
            continue
        found = report.measures(rows)
        slack = QUESTIONS[group.partition(":")[0]]
        answerable = sum(row["answerable"] for row in rows)
        asked = dict.fromkeys(REASONS, answerable) | {"refused": len(rows) - answerable}
        measured[group] = {name: round(found[name], 4) for name in REASONS}
        floors[group] = {
            name: 1.0 if name in EXACT else _below(found[name], -slack if name in CEILINGS else slack, asked[name])
            for name in REASONS
        }
    about = {name: report.about[name] for name in ("embedder", "fingerprint", "answerable share")}
    return {"reasons": REASONS, "about": about, "measured": measured, "floors": floors}


def _below(value: float, questions: int, asked: int) -> float:
    """The value less so many questions, between 0 and 1, rounded down (a ceiling: up) to a thousandth."""
    floor = value - questions / asked
    return round(min(1.0, max(0.0, floor - 0.0005 if questions > 0 else floor + 0.0005)), 3)


def _saved(path: Path) -> Report:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        sys.exit(f"{path}: {error}")
    rows = [{**row, "seconds": 0.0} for row in data["rows"] if row["split"] == "test"]
    return Report(data["about"], tuple(rows))


if __name__ == "__main__":
    main()

"""Set the floors of the quality gate just under what is measured now: `python -m eval.floors`.

The gate (tests/test_quality.py) fails when a change drops below them.  Raise them when quality has risen; lower one only with a
reason that you would defend.
"""

from __future__ import annotations

import json
from pathlib import Path

from gba_qa.evaluate import run

FLOORS = Path(__file__).parent / "floors.json"
SLACK = {  # how far below the measured value the floor lies
    "recall@5": 0.02,
    "contained": 0.03,
    "right_sentence": 0.03,
    "refused": 0.05,
}
REASONS = {
    "recall@5": "one question in sixty may move when chunks or weights change for a good reason elsewhere",
    "contained": "two questions in sixty",
    "right_sentence": "two questions in sixty",
    "refused": "one unanswerable question in eighteen a language",
    "quote_exactness": "a quote stands word for word or it is no quote",
    "wrongly_refused": "a ceiling: the operating point promises to answer 95 % of what can be answered",
}


def main() -> None:
    report = run(split="test")
    floors: dict[str, dict[str, object]] = {}
    for group, rows in report.groups().items():
        if group == "all" or group.startswith("language"):
            found = report.measures(rows)
            floors[group] = {n: round(max(0.0, found[n] - slack), 3) for n, slack in SLACK.items()}
            floors[group] |= {"quote_exactness": 1.0, "wrongly_refused": round(found["wrongly_refused"] + 0.03, 3)}
    FLOORS.write_text(json.dumps({"reasons": REASONS, "floors": floors}, indent=1) + "\n", encoding="utf-8")
    print(FLOORS.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()

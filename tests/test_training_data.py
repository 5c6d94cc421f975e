"""What the bundled embedder learns from, as far as it is ours: well-formed, parallel, and nothing in it that anything is measured with."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from gba_qa.text import fold, is_han
from training import data

EVAL = Path(__file__).parent.parent / "eval"
OUTSIDE = Path(__file__).parent.parent.parent / "shared" / "evaluation"


def rows(path: Path) -> list[dict]:  # type: ignore[type-arg]
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def ours() -> list[data.Pair]:
    read = [pair for kind in ("terms", "names", "sentences") for pair in data.read_ours(kind)]
    return read + data.passage_pairs(data.read_passages())


def plain(text: str) -> str:
    return re.sub(r"\W+", "", fold(text))


def test_every_pair_is_english_beside_chinese() -> None:
    pairs = ours()
    assert len(pairs) > 20_000
    assert not [p for p in pairs if any(map(is_han, p.en)) or not any(map(is_han, p.zh))]


def test_passages_are_asked_the_same_in_every_language() -> None:
    for row in [*data.read_passages(), *rows(EVAL / "passages.jsonl")]:
        for kind in ("questions", "unanswered"):
            assert (
                len({len(row[kind][language]) for language in ("en", "zh-Hant", "zh-Hans")} if kind in row else {0})
                == 1
            )


def test_nothing_that_is_measured_or_fitted_with_is_learnt() -> None:
    learnt = {plain(text) for pair in ours() for text in (pair.en, pair.zh)}
    asked = [
        row["question"]
        for name in ("gold", "practice-1", "practice-2", "practice-3")
        for row in rows(EVAL / f"{name}.jsonl")
    ]
    held_out = [row[language] for row in rows(EVAL / "passages.jsonl") for language in ("en", "zh-Hant", "zh-Hans")]
    assert not [text for text in asked + held_out if plain(text) in learnt]


@pytest.mark.skipif(not OUTSIDE.is_dir(), reason="the outside sets are not at hand")
def test_nothing_of_the_outside_sets_is_learnt() -> None:
    learnt = {plain(text) for pair in ours() for text in (pair.en, pair.zh)}
    told = [row["question"] for path in (OUTSIDE / "xquad").glob("gold.*.jsonl") for row in rows(path)]
    told += [row["text"] for path in (OUTSIDE / "xquad").glob("corpus.*.jsonl") for row in rows(path)]
    told += [
        line
        for path in (OUTSIDE / "flores").glob("*.devtest")
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    assert len(told) > 5000 and not [text for text in told if plain(text) in learnt]

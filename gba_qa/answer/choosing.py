"""Which candidate answers: one linear score over the features, whose softmax is the probability of each.

Two rules stand above it, which hold however well the words fit: a sentence on another place than the asked one is no answer, nor is
one without a figure where a figure is plainly asked for and another sentence on the same things has it.

The weights are in choosing.json, fitted by `python -m eval.calibrate` on the development halves; one set where token vectors
are at hand and one for keywords alone.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files

from gba_qa.answer.candidates import Candidate

__all__ = ["choose", "probabilities", "score", "weights"]

MOST = 3
# What a candidate loses by a rule.  Of 850 right ones two spoke of another place, of wrong ones a tenth.
NO_ANSWER = 10.0
SECOND = 0.08  # a further statement must answer with this probability: below it, it adds words more often than answers


def weights(*, vectors: bool) -> Mapping[str, float]:
    """Feature → weight, for ranking with token vectors or without."""
    found: Mapping[str, float] = _model()["vectors" if vectors else "keywords"]
    return found


def score(features: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """The log of how likely the candidate is to answer, up to a constant that all candidates of a question share."""
    fitted = sum(weight * features.get(name, 0.0) for name, weight in weights.items())
    return fitted - NO_ANSWER * max(features.get("elsewhere", 0.0), features.get("figureless", 0.0))


def probabilities(scores: Sequence[float]) -> list[float]:
    """Softmax: how likely each candidate is the one that answers, given that one does.

    >>> [round(p, 2) for p in probabilities([1.0, 1.0, -9.0])]
    [0.5, 0.5, 0.0]
    """
    top = max(scores, default=0.0)
    powers = [math.exp(s - top) for s in scores]
    total = sum(powers)
    return [p / total for p in powers]


def choose(ranked: Sequence[tuple[Candidate, float]]) -> list[Candidate]:
    """The best candidate, and up to two more that are likely enough and say something else; `ranked` is best first."""
    chosen = [ranked[0][0]]
    for (candidate, _), probability in zip(ranked[1:], probabilities([s for _, s in ranked])[1:], strict=True):
        if len(chosen) >= MOST or probability < SECOND:
            break
        if not any(_same_words(candidate.text, c.text) for c in chosen):
            chosen.append(candidate)
    return chosen


def _same_words(left: str, right: str) -> bool:
    a, b = ("".join(c for c in text if c.isalnum()) for text in (left, right))
    return a in b or b in a


@lru_cache(maxsize=1)
def _model() -> Mapping[str, Mapping[str, float]]:
    model: Mapping[str, Mapping[str, float]] = json.loads(
        files("gba_qa.answer").joinpath("choosing.json").read_text(encoding="utf-8")
    )
    return model

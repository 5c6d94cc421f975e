"""When to say "the documents don't say": a small calibrated model over what retrieval and choosing found out.

A network with one small hidden layer; its weights and the figures it was fitted with are in refusal.json, made by
`python -m eval.calibrate` on the development halves: one model where a span reader is at hand, one for token vectors without it, one for keywords alone.  The operating point is a share
with a meaning: "answers 95 % of what it can".
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import Any

import numpy as np

from gba_qa.answer.candidates import Candidate
from gba_qa.answer.question import Question

__all__ = ["FARTHEST", "Network", "confidence", "evidence", "threshold"]

FARTHEST = 4.0  # standard deviations
# A figure is asked for, the sentence has none and holds few of the question's words.  So are 12 % of the unanswerable questions'
# best candidates and 1 % of the answerable ones'; the network, which has seen few of them, is at times sure of them all the same.
FEW_WORDS, DOUBT = 0.3, 0.3
# The best passage has hardly a word of the question and nothing near it in meaning: so it is with half of the questions about something
# else entirely that the network would answer, and with none of a thousand answerable ones.
HARDLY_A_WORD, FAR = 0.1, 0.5
BY_CHANCE = 0.2  # share of a question's words: keywords alone that meet less of them in the other language have met a stray character


def evidence(
    question: Question, best: Candidate, features: Mapping[str, float], probabilities: Sequence[float]
) -> dict[str, float]:
    """What speaks for and against answering: the features of the best candidate, of its passage, and how clearly it won."""
    signals = best.hit.signals
    found = dict(features)
    found |= {name: float(signals.get(name, 0.0)) for name in ("bm25", "dense", "maxsim")}
    found["covered"] = min(1.0, features["overlap"] + features["around"] + features["before"] + features["after"])
    found["sure"] = probabilities[0]
    found["gap"] = probabilities[0] - (probabilities[1] if len(probabilities) > 1 else 0.0)
    found["cross"] = float((question.language == "en") != (best.hit.chunk.language == "en"))
    found["cross_similarity"] = found["cross"] * features.get("similarity", 0.0)
    found["cross_weakest"] = found["cross"] * features.get("weakest", 0.0)
    found["cross_maxsim"] = found["cross"] * found["maxsim"]
    found["asked_names"] = float(len(question.names))
    found["asked_figures"] = float(len(question.quantities))
    found["asked_words"] = math.log1p(len(question.tokens))
    return found


def confidence(features: Mapping[str, float]) -> float:
    """Probability (0 to 1) that the best candidate answers the question; 0 where it speaks of another place than the question."""
    if features.get("elsewhere", 0.0):
        return 0.0
    if not has_vectors(features) and features.get("cross", 0.0) and features["passage"] < BY_CHANCE:
        return 0.0
    sure = _network(_mode(features))(features)
    if features.get("cross", 0.0):
        return sure
    figureless = features.get("lacks", 0.0) and features.get("overlap", 1.0) < FEW_WORDS
    foreign = (
        has_vectors(features) and features.get("covered", 1.0) < HARDLY_A_WORD and features.get("maxsim", 1.0) < FAR
    )
    return sure * DOUBT if figureless or foreign else sure


def threshold(answerable_share: float, features: Mapping[str, float]) -> float:
    """The confidence above which this share of the answerable questions lies; between the measured points, linear."""
    points = _model(features)["operating_points"]  # [[share, threshold], …], shares rising
    if answerable_share <= points[0][0]:
        return float(points[0][1])
    for (share, value), (next_share, next_value) in pairwise(points):
        if answerable_share <= next_share:
            return float(value + (next_value - value) * (answerable_share - share) / (next_share - share))
    return float(points[-1][1])


def has_vectors(features: Mapping[str, float]) -> bool:
    """Whether token vectors were at hand: they leave a similarity, keywords alone none."""
    return "similarity" in features


class Network:
    """One hidden layer over standardised features, as it stands in refusal.json."""

    def __init__(self, model: Mapping[str, Any]) -> None:
        self.names: Sequence[str] = model["features"]
        self.mean, self.spread = np.array(model["mean"]), np.array(model["spread"])
        self.hidden, self.hidden_bias = np.array(model["hidden"]), np.array(model["hidden_bias"])
        self.out, self.bias = np.array(model["out"]), float(model["bias"])

    def __call__(self, features: Mapping[str, float]) -> float:
        """A probability.  Features far outside what was seen in fitting count no more than the farthest that were."""
        x = np.array([features.get(name, 0.0) for name in self.names])
        x = np.clip((x - self.mean) / self.spread, -FARTHEST, FARTHEST)
        z = float(np.tanh(self.hidden @ x + self.hidden_bias) @ self.out + self.bias)
        return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, z))))


def _mode(features: Mapping[str, float]) -> str:
    """Which model: what was at hand has left its features."""
    return "reader" if "read_answers" in features else "vectors" if has_vectors(features) else "keywords"


def _model(features: Mapping[str, float]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = _models()[_mode(features)]
    return found


@lru_cache(maxsize=3)
def _network(mode: str) -> Network:
    return Network(_models()[mode])


@lru_cache(maxsize=1)
def _models() -> Mapping[str, Any]:
    models: Mapping[str, Any] = json.loads(files("gba_qa.answer").joinpath("refusal.json").read_text(encoding="utf-8"))
    return models

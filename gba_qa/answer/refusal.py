"""When to say "the documents don't say": a small calibrated model over what retrieval and choosing found out.

Logistic regression; its weights and the figures it was fitted with are in refusal.json, made by `python -m eval.calibrate`
on the development half of the gold set.  The operating point is a share with a meaning: "answers 95 % of what it can".
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise

__all__ = ["FEATURES", "confidence", "threshold"]

FEATURES = (
    "overlap", "covered", "similarity", "bm25", "dense", "maxsim", "margin", "fits", "missing_figure", "missing_name",
    "other_year", "cross",
)  # fmt: skip


def confidence(features: Mapping[str, float]) -> float:
    """Probability (0 to 1) that the best candidate answers the question."""
    model = _model()
    z = model["bias"] + sum(model["weights"].get(name, 0.0) * features.get(name, 0.0) for name in FEATURES)
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, z))))


def threshold(answerable_share: float) -> float:
    """The confidence above which this share of the answerable questions lies; between the measured points, linear."""
    points = _model()["operating_points"]  # [[share, threshold], …], shares rising
    if answerable_share <= points[0][0]:
        return float(points[0][1])
    for (share, value), (next_share, next_value) in pairwise(points):
        if answerable_share <= next_share:
            return float(value + (next_value - value) * (answerable_share - share) / (next_share - share))
    return float(points[-1][1])


@lru_cache(maxsize=1)
def _model():  # type: ignore[no-untyped-def]
    return json.loads(files("gba_qa.answer").joinpath("refusal.json").read_text(encoding="utf-8"))

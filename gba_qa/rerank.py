"""Late interaction: score a passage by how well each token of the query is met somewhere in it.

MaxSim of Khattab & Zaharia (ColBERT, SIGIR 2020), as a mean over the query's tokens so that scores of long and short
queries share a scale (-1 to 1).  A pooled vector must say everything at once; token vectors let a name or a figure of the
question find its counterpart, across languages too.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gba_qa.types import Floats

__all__ = ["maxsim"]


def maxsim(query: Floats, passages: Sequence[Floats]) -> Floats:
    """Mean over the query's tokens of the best cosine in each passage.

    `query` is (tokens, dim), each passage (tokens, dim), all rows of unit length; returns (len(passages),).  A passage without
    tokens scores 0.

    >>> maxsim(np.eye(2, dtype=np.float32), [np.eye(2, dtype=np.float32)[:1], np.eye(2, dtype=np.float32)]).tolist()
    [0.5, 1.0]
    """
    scores = np.zeros(len(passages), dtype=np.float32)
    lengths = np.array([len(p) for p in passages])
    filled = np.flatnonzero(lengths)
    if len(query) == 0 or len(filled) == 0:
        return scores
    # One product for all passages, then the best of each by its own stretch of columns.
    similarity = query @ np.concatenate([passages[int(i)] for i in filled]).T
    starts = np.concatenate([[0], np.cumsum(lengths[filled])[:-1]])
    scores[filled] = np.maximum.reduceat(similarity, starts, axis=1).mean(axis=0)
    return scores

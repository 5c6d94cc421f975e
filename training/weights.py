"""What each token counts in the sentence's mean: rare ones more, those without meaning of their own less (SIF, Arora et al. 2017, gentler)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from training import data
from training.words import silent_ids

SILENT = 0.6  # of its weight is left to a token without meaning of its own


def token_weights(prepared: Path) -> np.ndarray:
    """(rows,): the root of each row's idf in our own texts, less for what carries no meaning."""
    rows = json.loads((prepared / "rows.json").read_text(encoding="utf-8"))
    tokenizer = Tokenizer.from_file(str(prepared / "tokenizer.json"))
    texts = [
        text
        for pair in data.read_ours("sentences") + data.passage_pairs(data.read_passages())
        for text in (pair.en, pair.zh)
    ]
    held = np.zeros(len(rows))
    for encoding in tokenizer.encode_batch(texts):
        held[list(set(encoding.ids))] += 1
    weights = np.sqrt(np.log(len(texts) / 2 / (held + 1) + 1))  # half of the texts are in the other language
    weights[sorted(silent_ids(rows))] *= SILENT
    return weights.astype(np.float32)

"""The mean of several stages' weights ("model soup", Wortsman et al. 2022): better in every direction than any of them alone.

One stage knows lines best, another passages; stages that began from one another lie close enough for their mean to hold both.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

State = dict[str, Tensor]
WORDS = "body.embeddings.word_embeddings.weight"


def average(stages: Sequence[tuple[Sequence[str], State, float]], rows: Sequence[str]) -> State:
    """The weighted mean, for the word rows `rows`.

    Each stage is the strings of its rows, its state and its weight; the weights sum to 1.  A row that a stage lacks is the mean over
    those that have it; the first must have them all.
    """
    total = sum(weight for _, _, weight in stages)
    if abs(total - 1) > 1e-6:
        raise ValueError(f"the weights sum to {total}, not to 1")
    names = [name for name in stages[0][1] if name != WORDS]
    mean = {name: torch.stack([weight * state[name].float() for _, state, weight in stages]).sum(0) for name in names}
    words = torch.zeros(len(rows), stages[0][1][WORDS].shape[1])
    held = torch.zeros(len(rows), 1)
    for strings, state, weight in stages:
        place = {string: i for i, string in enumerate(strings)}
        ours = [i for i, string in enumerate(rows) if string in place]
        words[ours] += weight * state[WORDS][[place[rows[i]] for i in ours]].float()
        held[ours] += weight
    return mean | {WORDS: words / held}


def main() -> None:
    """`python -m training.average OUT.pt FOLDER CHECKPOINT WEIGHT [FOLDER CHECKPOINT WEIGHT …]`, folders as `prepare` writes them."""
    import sys

    out, *given = sys.argv[1:]
    if not given or len(given) % 3:
        raise SystemExit(main.__doc__)
    stages = []
    for folder, checkpoint, weight in zip(given[::3], given[1::3], given[2::3], strict=True):
        rows = json.loads((Path(folder) / "rows.json").read_text(encoding="utf-8"))
        stages.append((rows, torch.load(checkpoint, weights_only=True)["model"], float(weight)))
    torch.save({"model": average(stages, stages[0][0])}, out)


if __name__ == "__main__":
    main()

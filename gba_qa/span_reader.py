"""Question and passage read together: where in the passage the answer stands, and whether it stands there at all.

Search compares a question with a passage that was encoded without knowing what would be asked.  Here both go through the bundled body at once,
so that "which month" and "in 2009" meet.  The body's weights are the embedder's; what makes it a reader are small additions to its matrices
(low rank, 1.3 MB, in reader.npz, made by `training.reading`), handed in at each run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gba_qa.types import Floats

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["Finding", "SpanReader", "load_additions"]

Run = Callable[[Sequence[str], Mapping[str, np.ndarray]], Sequence[Floats]]
QUESTION, PASSAGE = 48, 160  # tokens at most, as in training
SURELY = 480  # characters that are no more tokens than are read at once
LONGEST = 40  # tokens of an answer
KEPT = 64  # readings
NOTHING = -20.0  # log odds of an answer where there is no text: about the least that is met where there is some


@dataclass(frozen=True, slots=True)
class Finding:
    """What the reader makes of one passage.  All three are log odds; above 0 is more likely than not.

    `answers`: that the passage answers.  `best`: of the best span in it against none.  `inside`: of the best span in the part looked at against none.
    `start`, `end`: the best span, in characters of the passage.
    """

    answers: float
    best: float
    inside: float
    start: int
    end: int


class SpanReader:
    """`run(outputs, inputs)` is the bundled network, `additions` what `load_additions` read.  Safe to share between threads."""

    def __init__(self, run: Run, tokenizer: Tokenizer, additions: Mapping[str, Floats]) -> None:
        self._run = run
        self._tokenizer = tokenizer
        self._low = {name: value for name, value in additions.items() if name.startswith("layer")}
        self._span, self._span_bias = additions["span.weight"], additions["span.bias"]
        self._answers, self._answers_bias = additions["answers.weight"], additions["answers.bias"]
        self._first, self._parting = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
        self.keep(KEPT)

    def keep(self, readings: int) -> None:
        """Remember the last so many: what is asked again, or fitted on, is read once."""
        self._logits = lru_cache(maxsize=readings)(self._read)

    def read(self, question: str, passage: str, parts: Sequence[tuple[int, int]]) -> list[Finding]:
        """One finding for each of `parts`, stretches of the passage's characters; what is too long is read around each part."""
        asked = self._tokenizer.encode(question, add_special_tokens=False).ids[:QUESTION]
        encoding = self._tokenizer.encode(passage, add_special_tokens=False)
        inside = [[i for i, (a, b) in enumerate(encoding.offsets) if a < end and b > start] for start, end in parts]
        first = [_window(tokens, len(encoding.ids)) for tokens in inside]
        windows = {at: self._logits(tuple(asked), tuple(encoding.ids[at : at + PASSAGE])) for at in set(first)}
        found = [
            _finding(*windows[at], encoding.offsets[at : at + PASSAGE], [i - at for i in tokens])
            for at, tokens in zip(first, inside, strict=True)
        ]
        encoded = max((end for _, end in encoding.offsets), default=0)
        for k, (start, end) in enumerate(parts):
            if start >= encoded and passage[start:end].strip() and len(passage) > SURELY:
                found[k] = self._beyond(question, passage, start, end)
        return found

    def _beyond(self, question: str, passage: str, start: int, end: int) -> Finding:
        """A part that lies farther on than the tokenizer reads: in a stretch around it of which it reads all."""
        at = max(0, min(start, (start + end - SURELY) // 2))
        (found,) = self.read(question, passage[at : at + SURELY], [(start - at, min(end - at, SURELY))])
        return replace(found, start=found.start + at, end=found.end + at)

    def _read(self, asked: tuple[int, ...], passage: tuple[int, ...]) -> tuple[float, float, Floats]:
        """Log odds that the passage answers, logit of no span, logits of start and end for each token of the passage, (tokens, 2)."""
        ids = np.array([[self._first, *asked, self._parting, *passage, self._parting]])
        (states,) = self._run(["states"], {"input_ids": ids, "attention_mask": np.ones_like(ids), **self._low})
        logits = states[0] @ self._span.T + self._span_bias
        begins = len(asked) + 2
        answers = float(states[0, 0] @ self._answers[0] + self._answers_bias[0])
        return answers, float(logits[0].sum()), logits[begins : begins + len(passage)]


def _window(tokens: Sequence[int], of: int) -> int:
    """Where PASSAGE tokens begin that have these ones in their middle, or as near to it as the passage allows."""
    middle = (tokens[0] + tokens[-1]) // 2 if tokens else 0
    return max(0, min(middle - PASSAGE // 2, of - PASSAGE))


def _finding(
    answers: float, none: float, logits: Floats, offsets: Sequence[tuple[int, int]], inside: Sequence[int]
) -> Finding:
    if not len(logits):
        return Finding(answers, NOTHING, NOTHING, 0, 0)
    both = _spans(logits)
    within = [i for i in inside if 0 <= i < len(logits)]
    start, end = np.unravel_index(int(both.argmax()), both.shape)
    return Finding(
        answers,
        float(both.max()) - none,
        float(both[np.ix_(within, within)].max()) - none if within else NOTHING,
        offsets[int(start)][0],
        offsets[int(end)][1],
    )


def _spans(logits: Floats) -> Floats:
    """(start, end) sums of logits; spans that end before they start, or are longer than LONGEST, far below all others."""
    both = logits[:, :1] + logits[None, :, 1]
    n = len(logits)
    reach = np.arange(n)[None, :] - np.arange(n)[:, None]
    return np.where((reach >= 0) & (reach < LONGEST), both, np.float32(-1e4))


def load_additions(file: Path) -> dict[str, Floats]:
    """The arrays of reader.npz in fp32, by the name of the network's input; heads as `span.weight` (2, 384) and `answers.weight` (1, 384)."""
    with np.load(file) as held:
        return {name: held[name].astype(np.float32) for name in held.files}

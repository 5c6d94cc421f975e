"""A second look at the candidates that come first: the span reader reads question and passage together.

The features of all candidates are cheap and look at words, figures and single tokens; the reader understands more and costs some
milliseconds a passage.  So it orders the first few anew, and tells refusal what it makes of the best.
"""

from __future__ import annotations

from collections.abc import Sequence

from gba_qa.answer.candidates import Candidate
from gba_qa.answer.question import Question
from gba_qa.span_reader import SpanReader

__all__ = ["look_again"]

LOOKED_AT = 3  # candidates; with 6 the right one came first as often among the practice questions, 1 % oftener in passages of others
WORTH = 0.2  # of the reader's log odds beside the score: .1 to .2 are best on the practice questions, .3 to .5 on passages of others


def look_again(
    question: Question, candidates: Sequence[Candidate], scores: Sequence[float], reader: SpanReader | None
) -> list[tuple[float, dict[str, float]]]:
    """For each candidate, best first, its new score and what was found.  Those that are not read stay behind those that are, as far as they were."""
    if reader is None or not candidates:
        return [(score, {}) for score in scores]
    found: list[dict[str, float]] = [{}] * len(candidates)
    first = range(min(LOOKED_AT, len(candidates)))
    for chunk in {candidates[i].hit.chunk.id: candidates[i].hit.chunk for i in first}.values():
        above = "".join(f"{part}\n" for part in (chunk.heading or chunk.title, chunk.context) if part)
        own = [i for i in first if candidates[i].hit.chunk.id == chunk.id]
        moved = len(above) - chunk.start
        parts = [(candidates[i].start + moved, candidates[i].end + moved) for i in own]
        for i, finding in zip(own, reader.read(question.text, above + chunk.text, parts), strict=True):
            found[i] = {"read_answers": finding.answers, "read_best": finding.best, "read_inside": finding.inside}
    gained = [WORTH * f["read_inside"] for f in found[: len(first)]]
    return [(score + (gained[i] if i in first else min(gained)), found[i]) for i, score in enumerate(scores)]

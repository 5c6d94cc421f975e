"""Search once more among what was found, by what answers: a passage ranks by its score and by the best sentence in it.

Retrieval compares meanings and words; whether a passage holds a figure with the right unit, speaks of the year and place asked about, or gives a
reason, only the answerer looks at.  Its score of the best sentence, worth little beside the passage's own, brings the right passage to the front
(eval/README.md has what it is worth).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any, Protocol

from gba_qa.answer.candidates import READ
from gba_qa.answer.question import Question
from gba_qa.retrieve import Mode
from gba_qa.text import join_surrogates
from gba_qa.types import Hit

__all__ = ["RereadingRetriever", "SearchesDocuments"]

WORTH = 0.03  # of one unit of a sentence's log-probability, in the units of a fused score: eval/README.md
FARTHEST = 10.0  # units behind the best sentence: a passage farther behind, or unread, is as far


class Reads(Protocol):
    """What scores the sentences of passages: `ExtractiveAnswerer`."""

    def read(self, text: str) -> Question:
        """The question as it is looked for."""
        ...

    def rank(self, question: Question, hits: Sequence[Hit]) -> Sequence[Any]:
        """Items with `.candidate.hit` and `.score`, best first."""
        ...


class SearchesDocuments(Protocol):
    """A retriever that can be limited to some documents."""

    def retrieve(
        self, query: str, k: int = 5, *, mode: Mode | None = None, doc_ids: Collection[str] | None = None
    ) -> list[Hit]: ...


class RereadingRetriever:
    """`found`, with the first READ hits of its hybrid search put in a new order by `reader`.  Other modes and hits pass through.

    A hit keeps what it was found with: `signals["fused"]` its score before, `signals["found"]` its place, from 1 (see `as_found`).
    """

    def __init__(self, found: SearchesDocuments, reader: Reads) -> None:
        self.found = found
        self.reader = reader

    def retrieve(
        self, query: str, k: int = 5, *, mode: Mode | None = None, doc_ids: Collection[str] | None = None
    ) -> list[Hit]:
        """The k best passages, best first."""
        if mode not in {None, "hybrid"} or k < 1:
            return self.found.retrieve(query, k, mode=mode, doc_ids=doc_ids)
        query = join_surrogates(query)
        hits = self.found.retrieve(query, max(k, READ), mode=mode, doc_ids=doc_ids)
        if any(hit.retriever != "hybrid" for hit in hits):
            return hits[:k]  # without vectors scores have no scale that a sentence's could be added to
        best: dict[str, float] = {}
        for sentence in self.reader.rank(self.reader.read(query), hits[:READ]):
            best.setdefault(sentence.candidate.hit.chunk.id, sentence.score)
        top = max(best.values(), default=0.0)
        worth = [hit.score + WORTH * max(best.get(hit.chunk.id, top - FARTHEST) - top, -FARTHEST) for hit in hits]
        order = sorted(range(len(hits)), key=lambda i: (-worth[i], i))
        return [
            replace(
                hits[i],
                score=max(0.0, worth[i]),
                signals={**hits[i].signals, "fused": hits[i].score, "found": float(i + 1)},
            )
            for i in order
        ][:k]

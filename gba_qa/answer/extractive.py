"""Answer without a language model: the one to three sentences, lists or table rows that answer, each with its exact quote.

The parts, in order: question.py says what is asked for, candidates.py what may answer, features.py how well each fits,
looking.py what the span reader makes of the best, choosing.py which are said, refusal.py whether to answer at all, disagreeing.py whether another document says otherwise, composing.py puts them into words.  The statement is the quote
itself, or for a table row the row told with its column headers, so nothing is said that the document doesn't say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from gba_qa.answer.candidates import READ, Candidate, as_found, collect
from gba_qa.answer.choosing import MOST, choose, probabilities, score, weights
from gba_qa.answer.composing import compose
from gba_qa.answer.disagreeing import disagreeing, tell_difference
from gba_qa.answer.features import Idf, features_of, passage_similarities
from gba_qa.answer.looking import look_again
from gba_qa.answer.messages import say
from gba_qa.answer.question import Question, analyse
from gba_qa.answer.refusal import confidence, evidence, threshold
from gba_qa.answer.smalltalk import small_talk
from gba_qa.answer.tokens import TokenVectors
from gba_qa.span_reader import SpanReader
from gba_qa.text import detect_language
from gba_qa.types import Answer, Document, Hit, Statement
from gba_qa.variants import spelled_out

__all__ = ["ExtractiveAnswerer"]

KEPT = 16  # rankings: the search has read the passages that the answer is then taken from
NEAR = 6  # candidates among which a reason is looked for when a why-question has none yet


@dataclass(frozen=True, slots=True)
class Scored:
    """A candidate with its features and its score."""

    candidate: Candidate
    features: Mapping[str, float]
    score: float


class ExtractiveAnswerer:
    """Chooses and composes; needs nothing but hits, and does better with what the corpus can tell it.

    `idf`: how rare a token is in the corpus.  `tokens`: token vectors of questions and passages, for similarity across languages.
    `reader`: reads question and passage together for the candidates that come first.
    `document`: a document by its id, to quote a table's header beside a row.  `answerable_share`: the operating point of
    refusal, the share of answerable questions that is to be answered; 1.0 never refuses.
    """

    name = "extractive"

    def __init__(
        self,
        *,
        idf: Idf | None = None,
        tokens: TokenVectors | None = None,
        reader: SpanReader | None = None,
        document: Callable[[str], Document] | None = None,
        answerable_share: float = 0.95,
    ) -> None:
        self.idf = idf
        self.tokens = tokens
        self.reader = reader
        self.document = document
        self.answerable_share = answerable_share
        self._ranked = lru_cache(maxsize=KEPT)(self._rank)

    def answer(self, question: str, hits: Sequence[Hit]) -> Answer:
        """The answer to a question, from these hits alone."""
        reply = small_talk(question)
        if reply is not None:
            return reply
        asked = self.read(question)
        ranked = self.rank(asked, hits)
        if not ranked:
            return self._refuse(question, asked, hits, 0.0)
        chances = probabilities([s.score for s in ranked])
        best = ranked[0]
        features = evidence(asked, best.candidate, best.features, chances)
        features |= passage_similarities(asked, best.candidate, self.tokens)
        sure = confidence(features)
        if self.answerable_share < 1.0 and sure < threshold(self.answerable_share, features):
            return self._refuse(question, asked, hits, sure)
        chosen = _with_reason(choose([(s.candidate, s.score) for s in ranked]), ranked)
        other = disagreeing(asked, chosen[0], _agreeing(ranked[1:]), self.document)
        if other is not None:
            chosen = [chosen[0], other, *(c for c in chosen[1:] if c is not other)][:MOST]
        statements, citations = compose(asked, chosen, self.document)
        about = chosen[0].hit.chunk.language
        note = "" if about == asked.language else say("other_language", asked.language, about=about)
        if other is not None:
            note = " ".join(filter(None, (tell_difference(asked, chosen[:2], self.document, asked.language), note)))
        return Answer(
            question, statements, citations, tuple(hits), asked.language, self.name, False, note, confidence=sure
        )

    def read(self, text: str) -> Question:
        """The question as it is looked for: with acronyms written out where the corpus writes them out."""
        written = text if self.idf is None else spelled_out(text, self.idf)
        return replace(analyse(written), language=detect_language(text))

    def rank(self, question: Question, hits: Sequence[Hit]) -> list[Scored]:
        """The candidates of the first READ hits, best first."""
        return self._ranked(question, tuple(as_found(hits)[:READ]))

    def _rank(self, question: Question, hits: Sequence[Hit]) -> list[Scored]:
        candidates = collect(hits)
        found = features_of(question, candidates, idf=self.idf, tokens=self.tokens)
        worth = weights(vectors=self.tokens is not None)
        scored = [Scored(c, f, score(f, worth)) for c, f in zip(candidates, found, strict=True)]
        scored.sort(key=lambda s: (-s.score, s.candidate.rank, s.candidate.start))
        if self.reader is None:
            return scored
        looked = look_again(question, [s.candidate for s in scored], [s.score for s in scored], self.reader)
        scored = [
            Scored(s.candidate, {**s.features, **found}, new) for s, (new, found) in zip(scored, looked, strict=True)
        ]
        return sorted(scored, key=lambda s: -s.score)

    def _refuse(self, text: str, question: Question, hits: Sequence[Hit], sure: float) -> Answer:
        refusal = Statement(say("refusal", question.language))
        return Answer(text, (refusal,), (), tuple(hits), question.language, self.name, True, confidence=sure)


def _agreeing(ranked: Sequence[Scored]) -> list[Candidate]:
    """Those that speak of the places, years and quantities asked about, and hold what is asked for."""
    flaws = ("elsewhere", "name_missing", "figure_missing", "lacks")
    return [s.candidate for s in ranked if not any(s.features[flaw] for flaw in flaws)]


def _with_reason(chosen: list[Candidate], ranked: Sequence[Scored]) -> list[Candidate]:
    """ "Why did it rise" is not answered by the sentence that says it rose: the nearest one that gives a reason joins it."""
    reasons = [s.candidate for s in ranked[:NEAR] if s.features["fits_cause"] > 0]
    if not reasons or len(chosen) >= MOST or any(c in reasons for c in chosen):
        return chosen
    return [*chosen, reasons[0]]

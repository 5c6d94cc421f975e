"""Answer without a language model: the one to three sentences or table cells that answer, each with its exact quote.

Candidates are scored by one short linear formula over the features of candidates.py; eval/README.md has the ablations.  The
statement is the quote itself, or for a table row the row told with its column headers, so nothing is said that the
document doesn't say; verify.py checks that all the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from gba_qa.answer.candidates import Candidate, Idf, TokenEncoder, collect
from gba_qa.answer.messages import say
from gba_qa.answer.question import Question, analyse
from gba_qa.answer.refusal import confidence, threshold
from gba_qa.answer.rows import tell_row
from gba_qa.answer.smalltalk import small_talk
from gba_qa.answer.verify import verify
from gba_qa.names import PLACES, name_spans
from gba_qa.quantities import find_quantities, same_quantity
from gba_qa.types import Answer, Citation, Document, Hit, Span, Statement

__all__ = ["ExtractiveAnswerer"]

# Tuned on the development halves of the shipped gold set and of XQuAD: see eval/README.md for what each is worth.
WEIGHTS: Mapping[str, float] = {
    "overlap": 1.0, "around": 0.45, "nearby": 0.2, "hit": 0.8, "rank": 0.1, "fits": 0.35, "similarity": 1.0, "missing_figure": -0.4,
    "figure_around": -0.02, "missing_name": -0.25, "other_year": -0.3, "other_place": -0.25, "row": -0.05, "length": 0.05,
    "question_like": -0.5,
}  # fmt: skip
MOST_STATEMENTS = 3
PASSAGES = (
    8  # hits whose sentences are looked at: the answer stands in the first 8 for 99 % of the development questions
)
SECOND = 0.86  # a further sentence must reach this share of the first one's score


@dataclass(frozen=True, slots=True)
class Scored:
    """A candidate with its score."""

    candidate: Candidate
    score: float


class ExtractiveAnswerer:
    """Chooses and composes; needs nothing but hits, and does better with what the corpus can tell it.

    `idf`: how rare a token is in the corpus.  `encode_tokens`: token vectors of texts, for similarity across languages.
    `document`: a document by its id, to quote a table's header beside a row.  `answerable_share`: the operating point of
    refusal, the share of answerable questions that is to be answered; 1.0 never refuses.
    """

    name = "extractive"

    def __init__(
        self,
        *,
        idf: Idf | None = None,
        encode_tokens: TokenEncoder | None = None,
        document: Callable[[str], Document] | None = None,
        answerable_share: float = 0.95,
        weights: Mapping[str, float] = WEIGHTS,
    ) -> None:
        self.idf = idf
        self.encode_tokens = encode_tokens
        self.document = document
        self.answerable_share = answerable_share
        self.weights = weights

    def answer(self, question: str, hits: Sequence[Hit]) -> Answer:
        """The answer to a question, from these hits alone."""
        reply = small_talk(question)
        if reply is not None:
            return reply
        asked = analyse(question)
        if not hits:
            return self._refuse(asked, hits)
        ranked = self.rank(asked, hits)
        if not ranked:
            return self._refuse(asked, hits)
        sure = confidence(self.refusal_features(asked, ranked))
        if self.answerable_share < 1.0 and sure < threshold(self.answerable_share):
            return self._refuse(asked, hits, sure)
        return replace(self._compose(asked, self._choose(ranked), hits), confidence=sure)

    def rank(self, question: Question, hits: Sequence[Hit]) -> list[Scored]:
        """All candidates, best first."""
        candidates = collect(question, hits[:PASSAGES], idf=self.idf, encode_tokens=self.encode_tokens)
        scored = [Scored(c, sum(self.weights.get(k, 0.0) * v for k, v in c.features.items())) for c in candidates]
        return sorted(scored, key=lambda s: (-s.score, s.candidate.rank, s.candidate.start))

    def refusal_features(self, question: Question, ranked: Sequence[Scored]) -> dict[str, float]:
        """What refusal.confidence is given."""
        best = ranked[0].candidate
        features = dict(best.features)
        signals = best.hit.signals
        features |= {name: float(signals.get(name, 0.0)) for name in ("bm25", "dense", "maxsim")}
        features["covered"] = features["overlap"] + features["around"] + features["nearby"]
        features["margin"] = ranked[0].score - ranked[1].score if len(ranked) > 1 else ranked[0].score
        features["cross"] = float((question.language == "en") != (best.hit.chunk.language == "en"))
        return features

    def _choose(self, ranked: Sequence[Scored]) -> list[Candidate]:
        """The best, and others that come close and say something else."""
        chosen = [ranked[0].candidate]
        for scored in ranked[1:12]:
            if len(chosen) >= MOST_STATEMENTS or scored.score < SECOND * ranked[0].score:
                break
            if not any(_same_words(scored.candidate.text, c.text) for c in chosen):
                chosen.append(scored.candidate)
        return chosen

    def _compose(self, question: Question, chosen: Sequence[Candidate], hits: Sequence[Hit]) -> Answer:
        citations: list[Citation] = []
        statements: list[Statement] = []
        for candidate in chosen:
            quotes = [self._cite(candidate.hit, candidate.start, candidate.end, candidate.text, len(citations) + 1)]
            text = _clean(candidate.text)
            if candidate.row:
                told, header = self._tell(candidate)
                if header is not None and told != text:
                    text = told
                    quotes.append(self._cite(candidate.hit, *header, len(citations) + 2))
            if not verify(text, [q.quote for q in quotes]).supported:
                text, quotes = _clean(candidate.text), quotes[:1]
            citations.extend(quotes)
            statements.append(Statement(text, tuple(q.number for q in quotes), tuple(_marks(question, text))))
        language = chosen[0].hit.chunk.language
        note = "" if language == question.language else say("other_language", question.language, about=language)
        return Answer(
            question.text, tuple(statements), tuple(citations), tuple(hits), question.language, self.name, False, note
        )

    def _tell(self, candidate: Candidate) -> tuple[str, tuple[int, int, str] | None]:
        """The row told with its headers, and where the header row stands."""
        chunk = candidate.hit.chunk
        context = chunk.context
        header = self._header(candidate) if self.document else None
        if header is not None:
            context = header[2]
        return tell_row(candidate.text, context, chunk.language), header

    def _header(self, candidate: Candidate) -> tuple[int, int, str] | None:
        assert self.document is not None
        document = self.document(candidate.hit.chunk.doc_id)
        found = None
        for block in document.blocks:
            if block.start >= candidate.start:
                break
            if block.kind == "table_header":
                found = (block.start, block.end, document.text[block.start : block.end])
            elif block.kind not in {"table_row", "caption"}:
                found = None
        return found

    def _cite(self, hit: Hit, start: int, end: int, quote: str, number: int) -> Citation:
        chunk = hit.chunk
        page = chunk.page
        if self.document is not None:
            document = self.document(chunk.doc_id)
            page = document.page_at(start)
            assert document.text[start:end] == quote
        return Citation(number, chunk.doc_id, chunk.id, chunk.title, chunk.source, page, start, end, quote)

    def _refuse(self, question: Question, hits: Sequence[Hit], sure: float = 0.0) -> Answer:
        refusal = Statement(say("refusal", question.language))
        return Answer(question.text, (refusal,), (), tuple(hits), question.language, self.name, True, confidence=sure)


def _clean(text: str) -> str:
    """A sentence without the marks of its format: list bullets, emphasis."""
    text = re.sub(r"^\s*(?:[-*+•●▪·]|\d+[.)])\s+", "", text)
    return re.sub(r"(\*\*|__)(.+?)\1", r"\2", text).strip()


def _same_words(left: str, right: str) -> bool:
    a, b = re.sub(r"\W+", "", left), re.sub(r"\W+", "", right)
    return a in b or b in a


def _marks(question: Question, text: str) -> list[Span]:
    """The words of the statement that answer: the figures, dates or places of the kind asked for and not in the question."""
    wanted: set[str] = set()
    if "percent" in question.expected:
        wanted |= {"percent", "points"}
    if question.expected & {"number", "money", "area", "length"}:
        wanted |= {"number", "percent"}
    if "time" in question.expected:
        wanted |= {"year", "month", "day", "quarter", "decade"}
    spans = [
        Span(q.start, q.end)
        for q in find_quantities(text)
        if q.kind in wanted and not any(same_quantity(q, asked) for asked in question.quantities)
    ]
    if "percent" in question.expected and any(text[s.start : s.end].rstrip()[-1:] in "%％" for s in spans):
        spans = [s for s in spans if text[s.start : s.end].rstrip()[-1:] in "%％"]
    if "place" in question.expected:
        spans += [Span(s, e) for s, e, ids in name_spans(text) if set(ids) & PLACES and not set(ids) & question.names]
    return sorted(spans, key=lambda s: s.start)

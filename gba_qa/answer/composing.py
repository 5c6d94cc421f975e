"""Put the chosen candidates into words: the quote itself, or a table row told with its columns, each with its citations."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from gba_qa.answer.candidates import Candidate
from gba_qa.answer.question import Question
from gba_qa.answer.reading import read_text
from gba_qa.answer.rows import tell_row
from gba_qa.answer.verify import verify
from gba_qa.names import PLACES, name_spans
from gba_qa.quantities import find_quantities, same_quantity
from gba_qa.types import Citation, Document, Span, Statement

__all__ = ["compose"]

Documents = Callable[[str], Document]


def compose(
    question: Question, chosen: Sequence[Candidate], documents: Documents | None = None
) -> tuple[tuple[Statement, ...], tuple[Citation, ...]]:
    """Statements and their citations, numbered from 1.  A told row cites the row and, where it can be quoted, its header."""
    statements: list[Statement] = []
    citations: list[Citation] = []

    def cite(candidate: Candidate, start: int, end: int, quote: str) -> int:
        for known in citations:
            if (known.doc_id, known.start, known.end) == (candidate.hit.chunk.doc_id, start, end):
                return known.number
        citations.append(_citation(candidate, start, end, quote, len(citations) + 1, documents))
        return len(citations)

    for candidate in chosen:
        text, header = _words(question, candidate, documents)
        numbers = [cite(candidate, candidate.start, candidate.end, candidate.text)]
        if header is not None:
            numbers.append(cite(candidate, *header))
        statements.append(Statement(text, tuple(numbers), tuple(_marks(question, text))))
    return tuple(statements), tuple(citations)


def _words(
    question: Question, candidate: Candidate, documents: Documents | None
) -> tuple[str, tuple[int, int, str] | None]:
    """What to say, and where the header that it needs stands."""
    plain = _clean(candidate.text)
    if candidate.kind != "row":
        return plain, None
    header = _header(candidate, documents) if documents else None

    def asked(column: str) -> float:
        held = read_text(column)
        figures = sum(any(same_quantity(q, h) for h in held.quantities) for q in question.quantities)
        return len(held.tokens & {*question.tokens, *question.others}) + 3.0 * figures

    if header is None:  # nothing to quote for the columns' names: the row as it stands
        return tell_row(candidate.text, "", candidate.hit.chunk.language), None
    told = tell_row(candidate.text, header[2], candidate.hit.chunk.language, asked=asked)
    if verify(told, [candidate.text, header[2]]).supported:
        return told, header
    return plain, None


def _header(candidate: Candidate, documents: Documents) -> tuple[int, int, str] | None:
    document = documents(candidate.hit.chunk.doc_id)
    found = None
    for block in document.blocks:
        if block.start >= candidate.start:
            break
        if block.kind == "table_header":
            found = (block.start, block.end, document.text[block.start : block.end])
        elif block.kind not in {"table_row", "caption"}:
            found = None
    return found


def _citation(
    candidate: Candidate, start: int, end: int, quote: str, number: int, documents: Documents | None
) -> Citation:
    chunk = candidate.hit.chunk
    page = chunk.page
    if documents is not None:
        document = documents(chunk.doc_id)
        page = document.page_at(start)
        assert document.text[start:end] == quote
    return Citation(number, chunk.doc_id, chunk.id, chunk.title, chunk.source, page, start, end, quote)


def _clean(text: str) -> str:
    """A sentence without the marks of its format: its own list bullet, emphasis."""
    text = re.sub(r"^\s*(?:[-*+•●▪·]|\d{1,2}[.)])\s+", "", text)
    return re.sub(r"(\*\*|__)(.+?)\1", r"\2", text).strip()


def _marks(question: Question, text: str) -> list[Span]:
    """The words of the statement that answer: the figures, dates or places of the kind asked for and not in the question."""
    wanted: set[str] = set()
    if "percent" in question.expected:
        wanted |= {"percent", "points"}
    if question.expected & {"number", "money", "area", "length"}:
        wanted |= {"number", "percent"}
    if "time" in question.expected:
        wanted |= {"year", "month", "day", "quarter", "decade"}
    fresh = [q for q in find_quantities(text) if not any(same_quantity(q, asked) for asked in question.quantities)]
    if "percent" in question.expected and any(q.kind in {"percent", "points"} for q in fresh):
        wanted -= {"number"}
    spans = [Span(q.start, q.end) for q in fresh if q.kind in wanted]
    if "place" in question.expected:
        spans += [Span(s, e) for s, e, ids in name_spans(text) if set(ids) & PLACES and not set(ids) & question.names]
    return sorted(spans, key=lambda s: s.start)

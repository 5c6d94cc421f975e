"""Two documents that give different figures for one thing, place and time: both are shown, with their dates.

Told apart from two sentences that merely speak of alike things by what a figure stands for: its kind and unit, the places and
the period beside it, and the words around it.  Narrow on purpose: a sentence with several figures of the kind asked for is
passed over, and so is one in another language, since a false alarm costs more trust than a missed difference.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from gba_qa.answer.candidates import Candidate
from gba_qa.answer.messages import say
from gba_qa.answer.question import Question
from gba_qa.answer.reading import read_text
from gba_qa.names import PLACES, REGIONS
from gba_qa.quantities import Quantity, find_quantities, same_quantity
from gba_qa.text import fold
from gba_qa.types import Document, Language

__all__ = ["disagreeing", "tell_difference"]

ALIKE = 0.6  # share of the shorter sentence's words that the other has too
ABOUT = 0.2  # "about 8,000" and 8,274 are no two opinions; this far apart they are
_PERIODS = {"year", "quarter", "month", "decade"}
_ROUGHLY = re.compile(
    r"(?:约|近|逾|超过|多于|少于|不足|大约|左右|至少|高逾|\b(?:about|around|over|under|nearly|almost|some|(?:more|less) than|at least|up to))\W*$"
)
_OR_SO = re.compile(r"\s*(?:多|余|左右|以上|以下|-odd|or so|or more)")


def disagreeing(
    question: Question, best: Candidate, others: Sequence[Candidate], document: Callable[[str], Document] | None
) -> Candidate | None:
    """The first of the others that stands in another document and gives another figure for what `best` gives; None if none does."""
    figure = _figure(question, best)
    if figure is None:
        return None
    for other in others:
        theirs = _figure(question, other)
        if (
            theirs is not None
            and (theirs.kind, theirs.unit) == (figure.kind, figure.unit)
            and not _one_value(figure, best.text, theirs, other.text)
            and (other.hit.chunk.language == "en") == (best.hit.chunk.language == "en")
            and _paper(other, document) != _paper(best, document)
            and _places(other) == _places(best)
            and _period(other, theirs) == _period(best, figure)
            and _alike(best, other)
        ):
            return other
    return None


def tell_difference(
    question: Question, pair: Sequence[Candidate], document: Callable[[str], Document] | None, language: Language
) -> str:
    """The line beside the answer: each figure with the title of its document and, where that is known, its date."""
    chinese = language != "en"
    told = []
    for candidate in pair:
        figure = _figure(question, candidate)
        value = candidate.text[figure.start : figure.end].strip() if figure else ""
        date = _date(candidate, document)
        source = candidate.hit.chunk.title
        told.append(
            f"{value}（{source}{'，' + date if date else ''}）"
            if chinese
            else f"{value} ({source}{', ' + date if date else ''})"
        )
    return f"{say('disagree', language)}{'' if chinese else ' '}{('；' if chinese else '; ').join(told)}{'。' if chinese else '.'}"


def _figure(question: Question, candidate: Candidate) -> Quantity | None:
    """The one figure of the candidate that answers, or None where there is none or more than one."""
    if "percent" in question.expected:
        wanted = {"percent"}
    elif question.expected & {"number", "money", "area", "length"}:
        wanted = {"number", "percent"}
    elif "time" in question.expected:
        wanted = {"year"}
    else:
        return None
    fresh = [
        q
        for q in find_quantities(candidate.text)
        if q.kind in wanted and not any(same_quantity(q, asked) for asked in question.quantities)
    ]
    return fresh[0] if len(fresh) == 1 else None


def _one_value(left: Quantity, left_text: str, right: Quantity, right_text: str) -> bool:
    """Whether both say the same, one of them perhaps rounded or said roughly."""
    if same_quantity(left, right):
        return True
    high, low = max(left.value, right.value), min(left.value, right.value)
    if left.kind != "year" and (_is_rough(left, left_text) or _is_rough(right, right_text)):
        return high - low <= ABOUT * high
    return left.kind != "year" and any(
        round(a.value, -d) == round(b.value, -d) and round(a.value, -d) == a.value
        for a, b in ((left, right), (right, left))
        for d in (_zeros(a.value),)
    )


def _zeros(value: float) -> int:
    """How many digits were rounded away: 3 for 8,000; 0 for 29; -1 for 28.9."""
    digits = f"{value:.6f}".rstrip("0")
    if not digits.endswith("."):
        return -len(digits.split(".")[1])
    whole = digits[:-1]
    return len(whole) - len(whole.rstrip("0"))


def _is_rough(figure: Quantity, text: str) -> bool:
    folded = fold(text)
    return bool(_ROUGHLY.search(folded[: figure.start]) or _OR_SO.match(folded, figure.end)) or bool(
        re.search(r"[多余]", folded[figure.start : figure.end])
    )


def _paper(candidate: Candidate, document: Callable[[str], Document] | None) -> str:
    """What names the document in all its languages."""
    doc_id = candidate.hit.chunk.doc_id
    return str((document(doc_id).meta.get("slug") if document else "") or doc_id)


def _places(candidate: Candidate) -> frozenset[str]:
    held = read_text(candidate.text)
    found = (held.names & PLACES) - held.measures - REGIONS
    return found or (read_text(_above(candidate)).names & PLACES) - REGIONS


def _period(candidate: Candidate, figure: Quantity) -> frozenset[tuple[str, float]]:
    """When it was so: as the sentence says besides the figure itself, else the head of its table, else its heading."""
    chunk = candidate.hit.chunk
    for text in (candidate.text, chunk.context, chunk.heading):
        found = frozenset(
            (q.kind, q.value)
            for q in find_quantities(text)
            if q.kind in _PERIODS and (q.kind, q.value) != (figure.kind, figure.value)
        )
        if found:
            return found
    return frozenset()


def _alike(left: Candidate, right: Candidate) -> bool:
    a, b = _words(left), _words(right)
    return len(a & b) >= ALIKE * max(1, min(len(a), len(b)))


def _words(candidate: Candidate) -> frozenset[str]:
    text = candidate.text if candidate.kind != "row" else f"{candidate.text}\n{candidate.hit.chunk.context}"
    return frozenset(t for t in read_text(text).tokens if not t[0].isdigit() and (len(t) > 1 or t.isascii()))


def _above(candidate: Candidate) -> str:
    chunk = candidate.hit.chunk
    return f"{chunk.context}\n{chunk.heading}\n{chunk.title}"


def _date(candidate: Candidate, document: Callable[[str], Document] | None) -> str:
    """The date that the document gives itself, as year, year and month, or day."""
    value = str(document(candidate.hit.chunk.doc_id).meta.get("date") or "") if document else ""
    match = re.match(r"\d{4}(?:-\d{2}(?:-\d{2})?)?(?!\d)", value)
    return match.group() if match else ""

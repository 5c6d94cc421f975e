"""Make a follow-up stand alone: "那澳門呢？" after a question about Hong Kong asks the same of Macao.

Without a language model: the subject of the last question is kept and what the follow-up names (a place, a year, a quarter)
takes the place of its like.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from gba_qa.answer.question import analyse
from gba_qa.names import PLACES, name_spans
from gba_qa.quantities import find_quantities
from gba_qa.text import fold
from gba_qa.types import Answer

__all__ = ["resolve"]

_FOLLOW_UP = re.compile(
    r"^(?:那么?|咁|甘|噉|and\b|what about|how about|or\b|then\b)|(?:呢|咧)[?？]?$|^(?:为什么|为何|点解|为甚么|why|how come|how so|when|where|who|几时|何时|多少|几多)[?？]?$"
    r"|\b(?:it|its|that|they|their|there)\b|(?:^|[^其])(?:它|佢|他们|该|这个|这些|呢个|当中|其中)"
)


def resolve(question: str, history: Sequence[Answer]) -> str:
    """The question as it stands alone; the question itself where it already does, or where nothing went before.

    >>> from gba_qa.types import Answer
    >>> before = Answer("2023年香港的經濟增長是多少？", (), (), (), "zh-Hant", "extractive", False)
    >>> resolve("那廣東呢？", [before])
    '2023年廣東的經濟增長是多少？'
    >>> resolve("橫琴在哪裏？", [before])
    '橫琴在哪裏？'
    """
    asked = [a for a in history if a.answerer != "smalltalk"]
    if not asked or not _is_follow_up(question):
        return question
    before = asked[-1].rewritten or asked[-1].question
    swapped = _swap(before, question)
    return swapped if swapped != before else f"{before.rstrip('?？ ')} {question}"


def _is_follow_up(question: str) -> bool:
    folded = fold(question).strip()
    if not _FOLLOW_UP.search(folded):
        return False
    return len(analyse(question).tokens) <= 12


def _swap(before: str, question: str) -> str:
    """The earlier question with its places, years and quarters replaced by those of the follow-up."""
    replacements: list[tuple[int, int, str]] = []
    new_places = [question[s:e] for s, e, ids in name_spans(question) if set(ids) & PLACES]
    old_places = [(s, e) for s, e, ids in name_spans(before) if set(ids) & PLACES]
    if new_places and old_places:
        start, end = old_places[-1] if len(old_places) > 1 else old_places[0]
        replacements.append((start, end, new_places[0]))
    for kind in ("year", "quarter", "decade"):
        new = [question[q.start : q.end] for q in find_quantities(question) if q.kind == kind]
        old = [(q.start, q.end) for q in find_quantities(before) if q.kind == kind]
        if new and old:
            replacements.append((*old[-1], new[0]))
        elif new:
            replacements.append((0, 0, new[0] + (" " if new[0][-1:].isascii() else "")))
    for start, end, text in sorted(replacements, reverse=True):
        before = before[:start] + text + before[end:]
    return before

"""Does a text hold an accepted answer?  Script, width, case and white space make no difference; the edges of numbers do.

5% is not in 15%, 2.5 not in 12.5, 九市 not in 十九市, art not in start; nine not in nine million, 9 not in 9%.  An answer that is nothing but figures is also met by
the same values written otherwise: 28.9 per cent = 28.9% = 百分之28.9, 11,000 = 1.1萬, December 2023 = 2023年12月.  A date is one: December 2023 is not in 2022年12月至2023年3月.

>>> [holds("空置率為15%", "5%"), holds("The rate was 28.9 per cent.", "28.9%"), holds("共１９家", "19 家")]
[False, True, True]
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from gba_qa.quantities import Quantity, find_quantities, same_quantity
from gba_qa.text import fold

__all__ = ["holds", "holds_any"]

_NUMERAL = "零〇一二三四五六七八九十百千万亿两"
_MAGNITUDE = r"(?:[万亿]|(?:hundred|thousand|million|billion|trillion|mn|bn)\b)"
# What may stand between and around figures without making the answer more than its figures.
_PLAIN = re.compile(
    r"[\s,.;:、()~–—-]|至|到|约|大约|超过|逾|近|达|为|是|共|多|余|以上|年|月|日|底|\b(?:about|around|over|more than|nearly|to|and|from|"
    r"by|in|of|the|some|at least|end|year|a|between|than|just|almost|approximately|us|hk)\b|\$"
)


def holds_any(text: str, answers: Iterable[str]) -> bool:
    """Whether any of the accepted answers stands in the text."""
    return any(holds(text, answer) for answer in answers)


def holds(text: str, answer: str) -> bool:
    """Whether the answer stands in the text, whole; an empty answer stands in every text."""
    if any(not _cuts_figure(text, match, answer) for match in _pattern(answer).finditer(fold(text))):
        return True
    wanted = _figures(answer)
    return bool(wanted) and _holds_figures(_dates_as_one(text), wanted)


def _cuts_figure(text: str, match: re.Match[str], answer: str) -> bool:
    """Whether the characters of the answer say another figure where they stand: nine of nine million, 3 of Q3, 9 of 9%."""
    said = _quantities(answer)
    return bool(said) and any(
        q.start < match.end()
        and match.start() < q.end
        and not any(same_quantity(figure, q) for figure in said)
        and not (match.start() <= q.start and q.end <= match.end() and _says_so_alone(text, q))
        for q in _quantities(text)
    )


def _says_so_alone(text: str, held: Quantity) -> bool:
    """Whether its own characters give the value: not so the 30 in 30-50% and the 280 in 280至320億."""
    alone = _quantities(text[held.start : held.end])
    return held.kind not in {"percent", "points"} and [q.value for q in alone] == [held.value]


@lru_cache(maxsize=4096)
def _pattern(answer: str) -> re.Pattern[str]:
    """The answer's characters with any white space between them, and edges that don't cut a number or a word."""
    body = re.sub(r"\s+", " ", fold(answer).strip())
    if not body:
        return re.compile("")
    # A hyphen inside is as good as a space (high-end, high end); a minus before a figure is not to be lost.
    pieces = [r"[\s-]*" if c == " " or (c == "-" and i > 0) else re.escape(c) for i, c in enumerate(body)]
    return re.compile(_left_edge(body) + r"\s*".join(pieces) + _right_edge(body))


def _left_edge(body: str) -> str:
    if body[0].isdigit():
        return r"(?<!\d)(?<!\d[.,])"
    if body[0] in _NUMERAL:
        return f"(?<![{_NUMERAL}])"
    return r"(?<![a-z])" if body[0].isalpha() and body[0].isascii() else ""


def _right_edge(body: str) -> str:
    if body[-1].isdigit():
        return rf"(?![.,]?\d)(?!\s*{_MAGNITUDE})"
    if body[-1] in _NUMERAL:
        return f"(?![{_NUMERAL}])"
    return r"(?:e?s)?(?![a-z])" if body[-1].isalpha() and body[-1].isascii() else ""


_Figure = tuple[Quantity, ...]
"""One quantity, or the parts of one date."""
_DATED = frozenset({"year", "quarter", "month", "day"})
_CLOSE = re.compile(
    r"[\s,./-]*(?:st|nd|rd|th|of|的|年|月份?|日|号)?[\s,]*(?:the )?"
)  # what may stand between the parts of a date


@lru_cache(maxsize=4096)
def _figures(answer: str) -> tuple[_Figure, ...]:
    """The figures of an answer that is nothing but figures, else none."""
    folded = fold(answer)
    rest, position = "", 0
    for quantity in _quantities(answer):
        rest += folded[position : quantity.start] + " "
        position = max(position, quantity.end)
    rest += folded[position:]
    return _dates_as_one(answer) if not _PLAIN.sub("", re.sub("(?:百万|[百千万])分之", "", rest)) else ()


@lru_cache(maxsize=4096)
def _quantities(text: str) -> tuple[Quantity, ...]:
    return tuple(find_quantities(text))


@lru_cache(maxsize=4096)
def _dates_as_one(text: str) -> tuple[_Figure, ...]:
    """The figures with the parts of each date together: first those that touch, then what is left (in 2023, …; in December …)."""
    folded = fold(text)
    figures: list[_Figure] = [(q,) for q in _quantities(text)]
    for close in (_CLOSE, None):
        joined: list[_Figure] = []
        for figure in figures:
            between = folded[joined[-1][-1].end : figure[0].start] if joined else ""
            if joined and _one_date(joined[-1], figure) and (close is None or close.fullmatch(between)):
                joined[-1] += figure
            else:
                joined.append(figure)
        figures = joined
    return tuple(figures)


def _one_date(left: _Figure, right: _Figure) -> bool:
    """Whether both are parts of dates, and could be of the same one: neither says again what the other says."""
    kinds = [q.kind for q in (*left, *right)]
    return _DATED.issuperset(kinds) and len(set(kinds)) == len(kinds)


def _holds_figures(held: tuple[_Figure, ...], wanted: tuple[_Figure, ...]) -> bool:
    """Whether the wanted figures stand side by side, in any order."""
    size = len(wanted)
    return any(_same_set(held[i : i + size], wanted) for i in range(len(held) - size + 1))


def _same_set(held: tuple[_Figure, ...], wanted: tuple[_Figure, ...]) -> bool:
    left = list(held)
    for figure in wanted:
        found = next((i for i, other in enumerate(left) if _is_part(figure, other)), None)
        if found is None:
            return False
        del left[found]
    return True


def _is_part(wanted: _Figure, held: _Figure) -> bool:
    """Whether the figure says all that is wanted; the year is in a date of that year."""
    return all(any(same_quantity(q, other) for other in held) for q in wanted)

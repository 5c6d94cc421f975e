"""Does a text hold an accepted answer?  Script, width, case and white space make no difference; the edges of numbers do.

5% is not in 15%, 2.5 not in 12.5, 九市 not in 十九市, art not in start.  An answer that is nothing but figures is also met by
the same values written otherwise: 28.9 per cent = 28.9% = 百分之28.9, 11,000 = 1.1萬, December 2023 = 2023年12月.

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
    if _pattern(answer).search(fold(text)):
        return True
    wanted = _figures(answer)
    return bool(wanted) and _holds_figures(_quantities(text), wanted)


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


@lru_cache(maxsize=4096)
def _figures(answer: str) -> tuple[Quantity, ...]:
    """The figures of an answer that is nothing but figures, else none."""
    folded = fold(answer)
    found = _quantities(answer)
    rest, position = "", 0
    for quantity in found:
        rest += folded[position : quantity.start] + " "
        position = max(position, quantity.end)
    rest += folded[position:]
    return found if not _PLAIN.sub("", rest.replace("百分之", "")) else ()


@lru_cache(maxsize=4096)
def _quantities(text: str) -> tuple[Quantity, ...]:
    return tuple(find_quantities(text))


def _holds_figures(held: tuple[Quantity, ...], wanted: tuple[Quantity, ...]) -> bool:
    """Whether the wanted figures stand side by side, in any order (a date is written year first or last)."""
    size = len(wanted)
    return any(_same_set(held[i : i + size], wanted) for i in range(len(held) - size + 1))


def _same_set(held: tuple[Quantity, ...], wanted: tuple[Quantity, ...]) -> bool:
    left = list(held)
    for quantity in wanted:
        found = next((i for i, other in enumerate(left) if same_quantity(quantity, other)), None)
        if found is None:
            return False
        del left[found]
    return True

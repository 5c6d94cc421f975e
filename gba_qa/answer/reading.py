"""What a piece of text holds, read once and kept: its tokens, figures and names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from gba_qa.names import PLACES, name_spans
from gba_qa.quantities import Quantity, find_quantities
from gba_qa.text import fold, tokenize

__all__ = ["Reading", "read_text"]

KEPT = 8192  # sentences: a few thousand documents' worth of what is asked about, some 30 MB at most


@dataclass(frozen=True, slots=True)
class Reading:
    """`folded` is as long as the text; `grams` are its runs of three characters, spaces left out.

    `measures` are the places of `names` that the text does not speak of but measures by: Shenzhen in "Qianhai's rate is 5 points
    above the average of all Shenzhen", 深圳 in 比深圳全市平均高5個百分點.
    """

    folded: str
    tokens: frozenset[str]
    grams: frozenset[str]
    quantities: tuple[Quantity, ...]
    names: frozenset[str]
    measures: frozenset[str] = frozenset()


# What stands before a place, or a list of them, that is compared with; folded.
_MEASURED_BY = re.compile(
    r"(?:比(?!较|例|重|如)|(?<!比)较(?!为|多|少|高|低|大|小)|[高低多少大小优逊强弱]于|超过|超越|不及|不如|落后|领先)(?:于|起|整个|全|其他|全国的?)?"
    r"|\b(?:than|exceed(?:s|ed|ing)?|compared (?:with|to)|as against)(?: (?:in|of|for|that|those|all|the|whole|average|mean|rate|figure|level))*"
    r"|\b(?:above|below|over|under)(?: (?:the|average|mean|rate|figure|level|that|of|in|for|all|whole))* "
)
_BESIDE = re.compile(r"(?:与|跟|和|同)[^,.;。]{2,30}?(?:相比|对比|比(?!较|例|重|率))")  # 與東京、紐約相比
_OWN_FIGURE = re.compile(
    r"(?:'s|的)?\s*\(?\s*\d"
)  # a place with a figure of its own is spoken of: below Beijing (5.2%)
_BETWEEN = re.compile(
    r"\s*(?:\([^()]*\)|[、,;及和与]|以及|(?:, )?(?:and|or)\b|of|all|the)*\s*"
)  # between two places of one list


@lru_cache(maxsize=KEPT)
def read_text(text: str) -> Reading:
    """The text as the features need it."""
    folded = fold(text)
    bare = "".join(c for c in folded if c.isalnum())
    named = name_spans(text)
    return Reading(
        folded=folded,
        tokens=frozenset(tokenize(text)),
        grams=frozenset(bare[i : i + 3] for i in range(len(bare) - 2)),
        quantities=tuple(find_quantities(text)),
        names=frozenset(name for _, _, names in named for name in names),
        measures=_measures(folded, named),
    )


def _measures(folded: str, named: Sequence[tuple[int, int, tuple[str, ...]]]) -> frozenset[str]:
    """The places that stand only as what something else is compared with."""
    ends = {m.end() for m in _MEASURED_BY.finditer(folded)}
    beside = [m.span() for m in _BESIDE.finditer(folded)]
    measured: set[str] = set()
    spoken_of: set[str] = set()
    reached = -1  # where the last place that is compared with ends
    for start, end, names in named:
        compared = (
            any(not folded[e:start].strip() for e in ends if e <= start)
            or (reached >= 0 and _BETWEEN.fullmatch(folded, reached, start) is not None)
            or any(a < start and end < b for a, b in beside)
        )
        reached = end if compared else -1
        (measured if compared and not _OWN_FIGURE.match(folded, end) else spoken_of).update(names)
    return frozenset((measured - spoken_of) & PLACES)

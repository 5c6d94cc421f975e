"""Tables of contents: they answer no question, and their lines would be taken for the headings they name."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gba_qa.readers.part import Part

__all__ = ["without_contents"]

_NAMED = re.compile(
    r"^(?:目[錄录次]|contents|table of contents|list of (?:tables|figures|charts)(?: and (?:tables|figures|charts))?|圖表目[錄录]|图表目[錄录])$",
    re.IGNORECASE,
)
_LEADERS = re.compile(
    r"(?:\.{4,}|(?:\. ){4,}|…{2,}|⋯{2,}|·{5,})\s*(?:[-–—]\s*)?[\divxlc]{0,5}(?:\s*[-–—])?\s*$", re.IGNORECASE
)
_LONGEST_ENTRY = 120  # characters
_LONGEST_LIST = 150  # entries


def without_contents(parts: Sequence[Part]) -> list[Part]:
    """The parts less the entries of a table of contents: lines with leaders to a page number; and what stands between the word
    "Contents" and the second appearance of the first entry."""
    led = [bool(_LEADERS.search(part.text)) and len(part.text) < 2 * _LONGEST_ENTRY for part in parts]
    if sum(led) < 3:
        led = [False] * len(parts)
    drop = {i for i, flag in enumerate(led) if flag}
    for i, part in enumerate(parts):
        if i < 60 and _NAMED.match("".join(part.text.split())):
            drop.update(range(i, _end(parts, i)))
    return [part for i, part in enumerate(parts) if i not in drop]


def _end(parts: Sequence[Part], at: int) -> int:
    """Where the list of contents that is named at `at` ends; `at` where what follows is none."""
    entries = [_key(part.text) for part in parts[at + 1 : at + 1 + _LONGEST_LIST]]
    if not entries or not entries[0]:
        return at
    for i, key in enumerate(entries[1:], start=1):
        if len(parts[at + 1 + i - 1].text) > _LONGEST_ENTRY:
            return at
        if key == entries[0]:
            return at + 1 + i if i >= 2 else at
    return at


def _key(text: str) -> str:
    """An entry without its page number, leaders and spaces."""
    return re.sub(r"\s+", "", re.sub(r"[\s.…·⋯]*\d{1,4}\s*$", "", text))

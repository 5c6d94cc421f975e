"""Is a printed line a heading?  Short, no sentence, numbered or larger or bolder than the rest, and with text below it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gba_qa.readers.lines import SOURCE_NOTE, Line, ends_sentence, heading_level, list_mark

__all__ = ["LONGEST_HEADING", "is_heading"]

LONGEST_HEADING = 90  # columns


def is_heading(lines: Sequence[Line], at: int, *, placed: bool) -> bool:
    """`placed`: sizes and weights of type are known."""
    line = lines[at]
    text = line.text
    numbered = heading_level(text)
    large = placed and line.scale > 1.12
    share = 1.1 if large else 0.95 if numbered or line.bold else 0.75
    if (
        line.width > min(LONGEST_HEADING, share * max(line.room, 40))
        or sum(c.isalpha() for c in text) < 2
        or line.cells > 1
    ):
        return False
    if re.search(r"[。；;！!]|https?://|www\.|@|[，,].*[，,]|[，,、：:]$|…$", text) or (
        ends_sentence(text) and not text.endswith(("?", "？"))
    ):
        return False
    if sum(c.isdigit() for c in text) > 0.4 * len(text) or SOURCE_NOTE.match(text):
        return False
    following = lines[at + 1] if at + 1 < len(lines) else None
    if following is None:
        return large
    if numbered and list_mark(text) and list_mark(following.text) and not heading_level(following.text) > numbered:
        return False  # one of a list of short items
    if line.scale > 1.12 or (line.bold and not following.bold):
        return True
    for ahead in lines[at + 1 : at + 4]:  # prose, or a heading below it and then prose
        if ahead.width > 0.75 * max(ahead.room, 40) or ends_sentence(ahead.text):
            return True
    return bool(numbered)

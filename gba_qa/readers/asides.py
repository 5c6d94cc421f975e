"""What was printed beside the text and came into its lines: margin glosses and the captions of photographs."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

from gba_qa.readers.lines import CAPTION, Line, ends_sentence, heading_level, list_mark
from gba_qa.readers.part import Part

__all__ = ["margin_gloss", "photo_caption"]

_NARROW = 0.62  # of the body's width: a column no wider is a margin
_LONGEST_TERM = 30  # columns
_NARROWEST = 14  # columns; narrower lines are no wrapped text
_WIDER = 1.12  # a line this much wider than its column was never set in it
_MOST_LINES = 6  # of a photo's caption

_Glue = Callable[[str, str], str]


def margin_gloss(lines: Sequence[Line], at: int, glue: _Glue, *, inside: bool) -> tuple[Part, int] | None:
    """A short title and a narrow column below it, as a part, and the line behind it.

    The column must begin with the title's words (a definition), or stand `inside` a sentence of the body.
    """
    body = max((line.room for line in lines[max(0, at - 20) : at + 20]), default=0.0)
    first = lines[at]
    limit = _NARROW * body
    if body < 40 or first.width > min(_LONGEST_TERM, limit) or first.fresh or _begins_something(first):
        return None
    end = at
    while end < len(lines) and lines[end].width <= limit and (end == at or lines[end].gap < 2):
        end += 1
    column = lines[at + 1 : end]
    if len(column) < 2:
        return None
    room = max(line.width for line in column)
    pairs = [(a, b) for a, b in itertools.pairwise(column) if a.width >= room - 4 and not ends_sentence(a.text)]
    defines = _same_start(first.text, column[0].text)
    if not pairs or room < _NARROWEST or not (defines or (inside and room > first.width)):
        return None
    return Part("gloss", f"{first.text}\n{_column_text(column, glue)}", page=first.page or None), end


def _begins_something(line: Line) -> bool:
    text = line.text
    return bool(ends_sentence(text) or heading_level(text) or list_mark(text) or CAPTION.match(text))


def _column_text(column: Sequence[Line], glue: _Glue) -> str:
    """The column's lines joined; a line that ends in a colon begins a new line."""
    text = column[0].text
    for previous, line in itertools.pairwise(column):
        finished = ends_sentence(previous.text) and previous.text[-1] not in "：:"
        text = f"{text}\n{line.text}" if finished or line.text.endswith(("：", ":")) else glue(text, line.text)
    return text


def _same_start(title: str, text: str) -> bool:
    head = title.strip("「」『』“”")[:4]
    return bool(head) and head in text[: len(head) + 3]


def photo_caption(lines: Sequence[Line], at: int, glue: _Glue) -> tuple[Part, int] | None:
    """Lines wider than the column, apart from what stands before them, as a part, and the line behind them."""
    line = lines[at]
    if not line.room or line.width < _WIDER * line.room or line.gap < 2 or line.fresh:
        return None
    text, end = line.text, at + 1
    while end < len(lines) and not ends_sentence(text) and lines[end].gap == 0 and end - at < _MOST_LINES:
        text = glue(text, lines[end].text)
        end += 1
    return Part("caption", text, page=line.page or None), end

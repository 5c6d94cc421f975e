"""Plain text: one paragraph a line, or lines wrapped at a margin, as text that came out of a PDF has them."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from gba_qa.errors import ReadError
from gba_qa.readers.encoding import decode
from gba_qa.readers.footnotes import drop_marks, take_notes
from gba_qa.readers.furniture import drop_furniture
from gba_qa.readers.limits import MOST_TEXT, check_size
from gba_qa.readers.lines import Line, ends_sentence, tidy, width
from gba_qa.readers.mend import mend
from gba_qa.readers.part import Part
from gba_qa.readers.parts import compose
from gba_qa.text import normalize
from gba_qa.types import Document

__all__ = ["read_plain"]

_WINDOW = 14  # lines to either side that tell how wide the text is set here
_FEWEST = 4  # lines; of fewer nothing can be told
_NARROWEST = 24  # columns; shorter lines are lists
_WIDEST = 170  # columns; longer lines are paragraphs, not wrapped ones


def read_plain(path: Path, source: str) -> Document:
    """Form feeds begin pages; without them the document has none.  Raises ReadError for bytes that are no text."""
    check_size(path, source, MOST_TEXT)
    text, encoding = decode(path.read_bytes())
    text = normalize(text)
    if _is_binary(text):
        raise ReadError(f"{source}: not text, though its suffix says so")
    pages = text.count("\f") + 1 if "\f" in text.strip() else 0
    return compose(plain_parts(text), source=source, page_count=pages, meta={"format": "txt", "encoding": encoding})


def plain_parts(text: str) -> list[Part]:
    """The parts of plain text, mended where its lines are wrapped."""
    lines = _lines(text)
    if not lines:
        return []
    if not _is_wrapped(lines):
        return mend([replace(line, ended=True, fresh=True, room=float(_WIDEST)) for line in drop_furniture(lines)])
    lines = drop_furniture(lines)
    lines, notes = take_notes(lines)
    return mend(drop_marks(_with_rooms(lines), notes), notes=notes)


def _is_binary(text: str) -> bool:
    sample = text[:20_000]
    odd = sum((c < " " and c not in "\n\t\f") or c == "\ufffd" for c in sample)
    return odd > 0.05 * len(sample)


def _lines(text: str) -> list[Line]:
    """The lines that hold something; `gap` counts blank lines beyond the usual one or none."""
    raw = text.replace("\v", "\n").replace("\f", "\n\f").split("\n")
    found: list[tuple[str, int, int]] = []
    blank, page = 0, 1
    paged = "\f" in text
    for line in raw:
        if "\f" in line:
            page += line.count("\f")
            line = line.replace("\f", "")
        if line.strip() or len(line) >= 20:
            found.append((line, blank, page if paged else 0))
            blank = 0
        else:
            blank += 1
    if not found:
        return []
    usual = _usual_gap([(line, gap) for line, gap, _ in found])
    lines: list[Line] = []
    for line, gap, number in found:
        body = tidy(line) or "\u2014" * 10
        lines.append(
            Line(
                text=body,
                width=width(body),
                gap=max(0, gap - usual),
                page=number,
                ended=bool(
                    re.search(r"[^A-Za-z0-9,\s-]\s+$", line)
                ),  # Word prints the mark of a paragraph's end as a space
                indent=float(len(line) - len(line.lstrip(" \u3000"))),
                tight=usual > 0 and gap == 0,
            )
        )
    return lines


def _usual_gap(lines: Sequence[tuple[str, int]]) -> int:
    """Blank lines between the lines of a paragraph: those behind a long line that does not end a sentence."""
    long = sorted(width(line) for line, _ in lines)[int(0.7 * len(lines))]
    gaps = Counter(
        min(b[1], 2)
        for a, b in itertools.pairwise(lines)
        if width(a[0].strip()) > 0.85 * long and not ends_sentence(a[0])
    )
    return 1 if gaps[1] > gaps[0] else 0


def _is_wrapped(lines: Sequence[Line]) -> bool:
    """Whether many lines stop at a common margin in the middle of a sentence."""
    if len(lines) < _FEWEST:
        return False
    rooms = _with_rooms(lines)
    full = [line for line in rooms if line.room >= _NARROWEST and line.width > line.room - 8 and line.width <= _WIDEST]
    if len(full) < 2 or max(line.width for line in lines) > 3 * _WIDEST:
        return False
    unfinished = sum(not ends_sentence(line.text) for line in full)
    return unfinished > 0.4 * len(full) and len(full) > 0.2 * len(lines)


def _with_rooms(lines: Sequence[Line]) -> list[Line]:
    """Each line with the width that lines have there: the widest that at least three of its neighbours come up to, or that of the
    narrow column that it stands in."""
    widths = [line.width for line in lines]
    out: list[Line] = []
    for i, line in enumerate(lines):
        near = sorted(widths[max(0, i - _WINDOW) : i + _WINDOW + 1], reverse=True)
        room = next((w for w in near if sum(w - 6 <= other <= w + 2 for other in near) >= min(4, len(near))), near[0])
        if line.width < 0.62 * room:
            low, high = i, i
            while low > 0 and widths[low - 1] < 0.62 * room and lines[low].gap == 0:
                low -= 1
            while high + 1 < len(lines) and widths[high + 1] < 0.62 * room and lines[high + 1].gap == 0:
                high += 1
            if high - low >= 1:
                narrow = max(widths[low : high + 1])
                if sum(w >= narrow - 4 for w in widths[low : high + 1]) >= 2:
                    room = narrow
        out.append(replace(line, room=float(room)))
    return out

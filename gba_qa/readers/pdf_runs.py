"""The text of a PDF page as runs: stretches of characters on one baseline without a gap, with their boxes.

Coordinates are points from the top left corner of the visible page.  Left out: text outside the visible page, text set at an angle
(watermarks), and the second of two equal characters printed on the same spot (poor man's bold).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gba_qa.text import fold, is_han, normalize

if TYPE_CHECKING:
    from gba_qa.readers.pdf_rules import Rule
    from gba_qa.readers.pdf_tables import PdfTable

__all__ = ["Run", "page_runs"]

_GAP = 1.05  # of the type size: a wider gap within a line parts columns or cells
_BULLET_FONTS = (b"wingdings", b"webdings", b"dingbats")  # their letters are drawings
_MOST_CHARS = 60_000  # on one page; no real page comes near


@dataclass(slots=True, eq=False)
class Run:
    """`top` and `bottom` are those of the font's line, so that runs of one line agree; `size` is their distance."""

    text: str
    x0: float
    x1: float
    top: float
    bottom: float
    size: float
    bold: bool = False
    table: PdfTable | None = None  # a table that stands here instead of text

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2


def page_runs(page: Any, text_page: Any, rules: Sequence[Rule] = ()) -> list[Run]:
    """The runs of a pypdfium2 page in the order in which the file has them; their text is normalised.  Upright rules part runs."""
    runs: list[Run] = []
    for glyphs in map(_without_marks, _stretches(page, text_page, [r for r in rules if not r.flat])):
        text = normalize("".join(g[0] for g in glyphs))
        if text.strip():
            solid = [g for g in glyphs if not g[0].isspace()] or glyphs
            sizes = sorted(g[4] - g[3] for g in solid if is_han(g[0])) or sorted(
                g[4] - g[3] for g in solid
            )  # fonts differ in height
            tops, bottoms = sorted(g[3] for g in solid), sorted(g[4] for g in solid)
            runs.append(
                Run(
                    text.strip(),
                    solid[0][1],
                    solid[-1][2],
                    tops[len(tops) // 2],
                    bottoms[len(bottoms) // 2],
                    sizes[len(sizes) // 2],
                    glyphs[0][5],
                )
            )
    return runs


def _without_marks(glyphs: list[_Glyph]) -> list[_Glyph]:
    """Less the raised little numbers that call footnotes; those of units (km²) and formulas stay."""
    if not any(g[0].isdigit() for g in glyphs):
        return glyphs
    heights = sorted(g[4] - g[3] for g in glyphs if not g[0].isspace())
    size = heights[len(heights) // 2]
    out: list[_Glyph] = []
    for g in glyphs:
        raised = g[0].isdigit() and g[4] - g[3] < 0.78 * size and out and g[4] < out[-1][4] - 0.12 * size
        if raised:
            before = "".join(o[0] for o in out[-12:]).rstrip()
            if re.search(r"[^\W\d_]{4,}$|[.,;:!?%)”’」』》。，、；：！？）％\]]$", before) or (
                before and is_han(before[-1])
            ):
                continue
        out.append(g)
    return out


_Glyph = tuple[str, float, float, float, float, bool]  # character, x0, x1, top, bottom, bold


def _stretches(page: Any, text_page: Any, uprights: Sequence[Rule]) -> Iterator[list[_Glyph]]:
    import ctypes

    import pypdfium2.raw as raw

    left, floor, right, ceiling = page.get_bbox()
    rotated = page.get_rotation() % 360
    box = raw.FS_RECTF()
    flags = ctypes.c_int()
    name = ctypes.create_string_buffer(128)
    count = min(text_page.count_chars(), _MOST_CHARS)
    current: list[_Glyph] = []
    bold = False
    high = 0  # the first half of a surrogate pair
    printed: dict[str, list[tuple[float, float, float]]] = {}  # the last places of each character
    for i in range(count):
        code = raw.FPDFText_GetUnicode(text_page, i)
        if 0xD800 <= code < 0xDC00:
            high = code
            continue
        if high:
            code = 0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00) if 0xDC00 <= code < 0xE000 else code
            high = 0
        if code in (0, 10, 13):
            if current:
                yield current
                current = []
            continue
        char = chr(code)
        if not raw.FPDFText_GetLooseCharBox(text_page, i, box):
            continue
        x0, x1, top, bottom = box.left - left, box.right - left, ceiling - box.top, ceiling - box.bottom
        if code in (32, 0xA0, 0x3000):
            if current:
                current.append((" ", x0, x1, current[-1][3], current[-1][4], bold))
            continue
        if x1 < 0 or x0 > right - left or bottom < 0 or top > ceiling - floor:
            continue
        if bottom - top <= 0.1 and current:  # a font without metrics
            top, bottom = current[-1][3], current[-1][4]
        if current and min(x1 - x0, current[-1][2] - current[-1][1]) <= 0.1 and fold(current[-1][0]) == fold(char):
            if x1 - x0 > 0.1:  # 内內: one printed character with two codes, of which one takes no room
                current[-1] = (char, x0, x1, top, bottom, bold)
            continue
        if not current:
            angle = raw.FPDFText_GetCharAngle(text_page, i)
            raw.FPDFText_GetFontInfo(text_page, i, name, 128, flags)
            font = name.value.lower()
            if any(known in font for known in _BULLET_FONTS) and char.isascii():
                char = "\u2022"
            bold = (
                b"bold" in font
                or b"heavy" in font
                or b"black" in font
                or raw.FPDFText_GetFontWeight(text_page, i) >= 600
            )
        if not rotated and 0.05 < angle < 6.23:
            continue
        glyph = (char, x0, x1, top, bottom, bold)
        places = printed.setdefault(char, [])
        near, level = 0.35 * (x1 - x0), 0.25 * (bottom - top)
        if any([abs(x - x0) < min(w, near) and -level < y - top < level for x, y, w in places]):  # noqa: C419  # quicker
            continue
        places.append((x0, top, near))
        if len(places) > 8:
            del places[0]
        if current and (_apart(current, glyph) or (uprights and _ruled_apart(current[-1], glyph, uprights))):
            yield current
            current = []
            angle = raw.FPDFText_GetCharAngle(text_page, i)
        current.append(glyph)
    if current:
        yield current


def _ruled_apart(last: _Glyph, glyph: _Glyph, uprights: Sequence[Rule]) -> bool:
    """Whether an upright rule stands between the middles of two characters."""
    low, high, middle = (last[1] + last[2]) / 2, (glyph[1] + glyph[2]) / 2, (glyph[3] + glyph[4]) / 2
    return any(low < rule.at < high and rule.low - 2 <= middle <= rule.high + 2 for rule in uprights)


def _apart(current: list[_Glyph], glyph: _Glyph) -> bool:
    last = next((g for g in reversed(current) if not g[0].isspace()), current[-1])
    size = max(last[4] - last[3], glyph[4] - glyph[3])
    gap = glyph[1] - last[2]
    overlap = min(last[4], glyph[4]) - max(last[3], glyph[3])
    return gap > _GAP * size or gap < -1.5 * size or overlap < 0.3 * min(last[4] - last[3], glyph[4] - glyph[3])

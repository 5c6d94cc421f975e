"""A table that was printed into plain lines: caption, header, rows one to a line, groups of bulleted cells, source note.

Only tables under a caption (表一、… / Table 1 …) are looked for; numbers in running text are left to be text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gba_qa.readers.lines import (
    BULLET,
    CAPTION,
    SOURCE_NOTE,
    Line,
    ends_sentence,
    first_token_width,
    glue,
    heading_level,
)
from gba_qa.readers.part import Part

__all__ = ["Table", "TableReader"]

_LONGEST = 400  # lines
_NUMERIC = re.compile(
    r"(?<![^\s(（])[-+−]?(?:[A-Z]{0,3}\$|[€£¥])?\d[\d,.]*(?:\s?[-–—~至]\s?\d[\d,.]*)?\s?(?:%|％|[^\s\d]{0,8})(?=\s|$|[)）])"
)
_CELL = re.compile(
    r"\S+(?: (?:年|月|日|季度?|億|亿|萬|万|家|人|個|个|項|项|間|间|所|元|美元|港元|%|人次|平方公里|公里|TEUs?)(?:美元|人次|港元|元|TEUs?)?(?=\s|$))*"
)


@dataclass(frozen=True, slots=True)
class Table:
    """What was read, and the index of the first line behind it."""

    parts: list[Part]
    end: int


class TableReader:
    def __init__(
        self, lines: Sequence[Line], at: int, *, spaced: bool, words: frozenset[str], marked: bool = False
    ) -> None:
        self.lines, self.at = lines, at
        self.spaced, self.words = spaced, words
        self.marked = marked  # every paragraph's end, and so every cell's, is marked

    def read(self) -> Table | None:
        """The table whose caption stands at `at`, or None when what follows the caption is not a table."""
        caption, body = self.caption()
        end = self.body_end(body)
        rows = self.lines[body:end]
        if len(rows) < 2:
            return None
        page = self.lines[self.at].page or None
        is_bulleted = any(BULLET.search(line.text) or " • " in line.text for line in rows)
        parts = self.bulleted(caption, rows) if is_bulleted else self.plain(caption, rows)
        if parts is None:
            return None
        notes, end = self.source_note(end)
        return Table([Part("caption", caption, page=page), *parts, *notes], end)

    def join(self, a: str, b: str) -> str:
        return glue(a, b, spaced=self.spaced, words=self.words)

    def caption(self) -> tuple[str, int]:
        first = self.lines[self.at]
        text, at = first.text, self.at + 1
        while (
            at < len(self.lines)
            and not self.lines[at - 1].ended
            and not ends_sentence(text)
            and self.lines[at - 1].width + first_token_width(self.lines[at].text) > self.lines[at - 1].room
        ):
            text = self.join(text, self.lines[at].text)
            at += 1
        return text, at

    def body_end(self, begin: int) -> int:
        """The table ends at its source note, at the next caption or numbered heading, or where prose begins again."""
        bulleted = any(BULLET.match(line.text) or " • " in line.text for line in self.lines[begin : begin + 8])
        at = begin
        while at < min(len(self.lines), begin + _LONGEST):
            line = self.lines[at]
            if SOURCE_NOTE.match(line.text) or CAPTION.match(line.text):
                break
            if bulleted:
                if heading_level(line.text) == 2 and not any(
                    BULLET.search(n.text) or " • " in n.text for n in self.lines[at : at + 6]
                ):
                    break
                if line.gap > 1 and not any(BULLET.match(n.text) for n in self.lines[at : at + 6]):
                    break
            elif (
                (line.width > 0.9 * line.room and len(_NUMERIC.findall(line.text)) < 2)
                or ends_sentence(line.text)
                or line.gap > 2
            ):
                break
            at += 1
        else:
            return at
        return at

    def source_note(self, at: int) -> tuple[list[Part], int]:
        notes: list[Part] = []
        room = max(
            (line.room for line in self.lines[max(0, at - 12) : at + 12]), default=0.0
        )  # of the text, not of the table
        while at < len(self.lines) and SOURCE_NOTE.match(self.lines[at].text):
            first = self.lines[at]
            text, at = first.text, at + 1
            while (
                at < len(self.lines)
                and not self.lines[at - 1].ended
                and self.lines[at - 1].width > 0.93 * room
                and not ends_sentence(text)
            ):
                text = self.join(text, self.lines[at].text)
                at += 1
            notes.append(Part("caption", text, page=first.page or None))
        return notes, at

    # Rows one to a line

    def plain(self, caption: str, rows: Sequence[Line]) -> list[Part] | None:
        numeric = sum(bool(_NUMERIC.search(line.text)) for line in rows[1:])
        if numeric < 0.5 * (len(rows) - 1):
            return None
        header = " | ".join(_CELL.findall(rows[0].text))
        parts = [Part("table_header", rows[0].text, context=caption, page=rows[0].page or None)]
        numbered = sum(bool(re.match(r"(?:\S+ )?\d{1,3} \D", line.text)) for line in rows[1:]) > 0.6 * numeric
        group, label, expected = "", "", 1
        for line in rows[1:]:
            text = line.text
            if not _NUMERIC.search(text):  # a name of the rows that follow, perhaps set in several lines
                label = self.join(label, text) if label else text
                continue
            if label:
                parts.append(Part("table_header", label, context=caption, page=line.page or None))
                group, label = label, ""
            if numbered and (match := re.match(rf"(\S+) {expected} \D", text)):
                group = match.group(1)
            if numbered and re.match(rf"(?:\S+ )?{expected} \D", text):
                expected += 1
            about = f"{caption} › {group}" if group else caption
            parts.append(Part("table_row", text, context=f"{about}\n{header}", page=line.page or None))
        if label:
            parts.append(Part("paragraph", label))
        return parts

    # Cells of prose, each behind a bullet, under the names of their rows

    def bulleted(self, caption: str, rows: Sequence[Line]) -> list[Part]:
        room = _cell_room(rows)
        head: list[str] = []
        at = 0
        while at < len(rows) and not BULLET.match(rows[at].text) and not self.label_before_bullet(rows[at]):
            if at and self.leads_to_bullet(rows, at):
                break
            head.append(rows[at].text)
            at += 1
        header = " | ".join(cell for text in head for cell in text.split())
        parts = (
            [Part("table_header", " | ".join(text for text in head), context=caption, page=rows[0].page or None)]
            if head
            else []
        )
        groups: list[tuple[str, list[tuple[str, int]]]] = []
        label = ""
        previous: Line | None = None
        for line in rows[at:]:
            text = line.text
            split = self.label_before_bullet(line)
            if split:
                groups.append((split[0], []))
                text, label = split[1], ""
            if BULLET.match(text):
                if label:
                    groups.append((label, []))
                    label = ""
                if not groups:
                    groups.append(("", []))
                groups[-1][1].append((text, line.page))
            elif (
                not label
                and groups
                and groups[-1][1]
                and previous is not None
                and self.cell_goes_on(previous, line, room)
            ):
                cells = groups[-1][1]
                cells[-1] = (self.join(cells[-1][0], text), cells[-1][1])
            else:
                label = self.join(label, text) if label else text
            previous = line
        names = header.split(" | ") if header else []
        by_column = len(names) > 1 and all(len(cells) == len(names) for _, cells in groups)
        for label, cells in groups:
            if label:
                parts.append(Part("table_header", label, context=caption, page=cells[0][1] or None))
            for i, (text, page) in enumerate(cells):
                about = " › ".join(
                    filter(None, (caption, re.sub(r"^\d{1,2}[.、]\s*", "", label), names[i] if by_column else ""))
                )
                parts.append(Part("list_item", text, context=f"{about}\n{header}".strip(), page=page or None))
        return parts

    def label_before_bullet(self, line: Line) -> tuple[str, str] | None:
        """「1. 司法體制 • 港資港法」: the row's name, then its first cell."""
        match = re.match(r"^(\S.{0,40}?)\s+(•\s.*)$", line.text)
        return (match.group(1).strip(), match.group(2)) if match and not BULLET.match(line.text) else None

    def leads_to_bullet(self, rows: Sequence[Line], at: int) -> bool:
        """Whether the lines from here on are the pieces of a narrow name and then a bullet."""
        return (
            rows[at].width <= 20
            and any(BULLET.match(n.text) for n in rows[at + 1 : at + 5])
            and all(n.width <= 20 or BULLET.match(n.text) for n in rows[at : at + 2])
        )

    def cell_goes_on(self, last: Line, line: Line, room: float) -> bool:
        if last.ended:
            return False
        if self.marked:
            return True
        return last.width + first_token_width(line.text) > 0.82 * room


def _cell_room(rows: Sequence[Line]) -> float:
    """The width of the column of prose: what its lines come up to, the names beside it left out."""
    widths = sorted(line.width for line in rows if not BULLET.search(line.text))
    return widths[int(0.9 * (len(widths) - 1))] if widths else 0.0

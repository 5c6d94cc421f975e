"""Printed lines to parts: wrapped lines become paragraphs, and what stands between them (captions, glosses, notes) stands apart.

A line is wrapped when the first word of the next one would not have fitted on it.  A paragraph that is still open where a caption, a
margin gloss or a footnote intervenes goes on after it, also on the next page.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from gba_qa.readers.asides import margin_gloss, photo_caption
from gba_qa.readers.headings import LONGEST_HEADING, is_heading
from gba_qa.readers.lines import (
    BULLET,
    CAPTION,
    HAN,
    SOURCE_NOTE,
    Line,
    ends_sentence,
    first_token_width,
    glue,
    heading_level,
    list_mark,
    width,
)
from gba_qa.readers.part import Part
from gba_qa.readers.parts import table_parts
from gba_qa.readers.tabular import TableReader
from gba_qa.types import BlockKind

__all__ = ["mend"]

_HABIT = 0.78  # of the room: a line that stops in mid sentence behind this is wrapped, whatever the next word
_FULL = 0.88  # of the room: an English line that stops behind this may well be wrapped
_SLACK = 3.0  # columns that a wrapped Chinese line may fall short of its room: digits and punctuation leave gaps
_NARROW = 0.62  # a column this narrow beside the body is a margin
_LARGE = 18  # columns: a chapter's name in large type has few to a line
_CHAPTER = re.compile(r"^\d{1,2} \D")


def mend(lines: Sequence[Line], *, notes: Sequence[Part] = (), placed: bool = False) -> list[Part]:
    """The parts in reading order.  `notes` are footnotes already taken out; each follows the last part of its page.

    `placed`: the lines come from a page whose columns are known, so that no margin note has to be guessed from their widths.
    """
    parts = _Mender(lines, placed).run()
    return _with_notes(parts, notes)


def _with_notes(parts: list[Part], notes: Sequence[Part]) -> list[Part]:
    if not notes:
        return parts
    out: list[Part] = []
    waiting = list(notes)
    for part in parts:
        last = part.breaks[-1][1] if part.breaks else part.page
        while (
            waiting
            and waiting[0].page is not None
            and part.page is not None
            and (waiting[0].page < part.page or (waiting[0].page == part.page and last != part.page))
        ):
            out.append(waiting.pop(0))  # before a part that leaves the note's page, so that the note stays on it
        out.append(part)
    return out + waiting


@dataclass
class _Open:
    """A part that is being put together."""

    kind: BlockKind
    text: str
    page: int
    level: int = 0
    context: str = ""
    breaks: list[tuple[int, int]] = field(default_factory=list)
    last: Line | None = None

    def close(self) -> Part:
        kind, level = self.kind, self.level
        if kind == "heading" and (
            width(self.text) > 2 * LONGEST_HEADING or (width(self.text) > 60 and ends_sentence(self.text))
        ):
            kind, level = "list_item" if list_mark(self.text) else "paragraph", 0  # it went on and on
        return Part(kind, self.text, level, self.context, self.page or None, tuple(self.breaks))


class _Mender:
    def __init__(self, lines: Sequence[Line], placed: bool = False) -> None:
        self.lines = lines
        self.placed = placed
        self.parts: list[Part] = []
        self.open: _Open | None = None
        self.floats: list[Part] = []  # what intervened while a paragraph was open
        text = "\n".join(line.text for line in lines)
        close = len(re.findall(f"[{HAN}][A-Za-z0-9]|[A-Za-z0-9][{HAN}]", text))
        apart = len(re.findall(f"[{HAN}] [A-Za-z0-9]|[A-Za-z0-9] [{HAN}]", text))
        self.spaced = apart > close
        self.words = frozenset(m.lower() for m in re.findall(r"\b[A-Za-z]+-[A-Za-z]+\b", text))
        self.trusted, self.marked = _paragraph_marks(lines)

    def run(self) -> list[Part]:
        at = 0
        while at < len(self.lines):
            at = self.take(at)
        self.close()
        return self.parts

    def take(self, at: int) -> int:
        """Deal with the line at `at`; return the next one to deal with."""
        line = self.lines[at]
        if line.table is not None:
            self.table(line)
            return at + 1
        if not self.placed and self.is_caption(line):
            table = TableReader(self.lines, at, spaced=self.spaced, words=self.words, marked=self.marked).read()
            if table is not None:
                self.aside(table.parts)
                return table.end
        if not self.placed:
            last = self.open.last if self.open is not None else None
            found = margin_gloss(self.lines, at, self.glue, inside=last is not None and self.unfinished(last))
            found = found or photo_caption(self.lines, at, self.glue)
            if found is not None:
                self.aside([found[0]])
                return found[1]
        if self.continues(line, at):
            self.extend(line)
        else:
            self.close()
            self.begin(at)
        return at + 1

    def begin(self, at: int) -> None:
        line = self.lines[at]
        kind: BlockKind = "paragraph"
        level = 0
        if BULLET.match(line.text):
            kind = "list_item"
        elif self.is_caption(line) or SOURCE_NOTE.match(line.text):
            kind = "caption"
        elif is_heading(self.lines, at, placed=self.placed):
            kind, level = "heading", heading_level(line.text) or (1 if not self.parts and not self.floats else 2)
        elif list_mark(line.text):
            kind = "list_item"
        self.open = _Open(kind, line.text, line.page, level, last=line)

    def glue(self, before: str, after: str) -> str:
        return glue(before, after, spaced=self.spaced, words=self.words)

    def extend(self, line: Line) -> None:
        assert self.open is not None
        joined = self.glue(self.open.text, line.text)
        if line.page and self.open.last is not None and line.page != self.open.last.page:
            self.open.breaks.append((len(joined) - len(line.text), line.page))
        self.open.text, self.open.last = joined, line

    def close(self) -> None:
        if self.open is not None:
            part = self.open.close()
            self.open = None
            crosses = bool(part.breaks)
            self.parts.extend(f for f in self.floats if crosses and f.page == part.page)
            self.parts.append(part)
            self.parts.extend(f for f in self.floats if not (crosses and f.page == part.page))
        else:
            self.parts.extend(self.floats)
        self.floats = []

    def aside(self, parts: Sequence[Part]) -> None:
        if self.open is not None and self.open.last is not None and self.unfinished(self.open.last):
            self.floats.extend(parts)
        else:
            self.close()
            self.parts.extend(parts)

    # Does this line go on with the part that is open?

    def unfinished(self, line: Line) -> bool:
        return not ends_sentence(line.text) and not (line.ended and self.trusted) and line.width > _HABIT * line.room

    def continues(self, line: Line, at: int) -> bool:
        part = self.open
        if part is None or part.last is None:
            return False
        last = part.last
        if (
            line.fresh
            or BULLET.match(line.text)
            or SOURCE_NOTE.match(line.text)
            or line.cells > 1
            or (last.cells > 1 and not self.wrapped(last, line))
        ):
            return False
        if (
            part.kind == "caption"
            and self.placed
            and CAPTION.match(part.text)
            and line.gap == 0
            and not self.starts_anew(line)
        ):
            return (
                not ends_sentence(last.text) and line.bold == last.bold and abs(line.scale - last.scale) < 0.12
            ) or self.wrapped(last, line)
        if (
            part.kind == "heading"
            and self.placed
            and last.scale > 1.12
            and abs(line.scale - last.scale) < 0.06
            and line.gap == 0
        ):
            return line.bold == last.bold and not self.starts_anew(line)  # a title in several lines
        if abs(line.scale - last.scale) > (0.07 if self.placed else 0.12) or (
            part.kind == "heading" and line.bold != last.bold
        ):
            return False
        if (
            self.placed and line.gap == 1 and line.page == last.page
        ):  # white between paragraphs; more of it is a figure's place
            return False
        narrow = max(last.width, line.width) < _NARROW * max(last.room, line.room, 40)
        if (
            line.tight and narrow and not ends_sentence(last.text) and not self.starts_anew(line)
        ):  # a heading set in two lines
            return True
        if (
            part.kind == "heading"
            and _CHAPTER.match(part.text)
            and max(last.width, line.width) <= _LARGE
            and not self.starts_anew(line)
        ):
            return True
        if (last.ended and self.trusted) or (not self.placed and line.width > 1.2 * last.room):
            return False
        wrapped = self.wrapped(last, line)
        if not ends_sentence(last.text):
            habit = last.width > _HABIT * last.room and last.room >= 30 and part.kind != "heading"
            if heading_level(line.text):  # "… under section" / "7. This …" is no list
                full = wrapped or last.width > _FULL * last.room
                return full and bool(re.search(r"[a-z]$", last.text)) and not _counts_on(part.text, line.text)
            return wrapped or habit
        if line.gap > 0 or self.starts_anew(line):
            return False
        return (wrapped or (self.marked and last.width > _HABIT * last.room)) and not is_heading(
            self.lines, at, placed=self.placed
        )

    def wrapped(self, last: Line, line: Line) -> bool:
        """Whether the first word of `line` would not have fitted behind `last`."""
        if last.room < 14:
            return False
        gap = 0 if re.match(f"[{HAN}]", line.text) else 1
        return last.width + gap + first_token_width(line.text) > last.room - _SLACK

    def starts_anew(self, line: Line) -> bool:
        return bool(heading_level(line.text) or list_mark(line.text) or CAPTION.match(line.text))

    def is_caption(self, line: Line) -> bool:
        """Whether a table or figure is named here, rather than spoken of in the middle of a sentence."""
        match = CAPTION.match(line.text)
        if match is None or line.width > 2 * LONGEST_HEADING:
            return False
        last = self.open.last if self.open is not None else None
        if last is None or not self.unfinished(last):
            return True
        return bool(re.match(r"\s*[、：:]", match["rest"] or "")) and not re.search(
            r"[見见如據据（(、及和與与之]$", last.text
        )

    def table(self, line: Line) -> None:
        """A table that the page's reader found; the caption above it, perhaps in two languages, becomes its context."""
        assert line.table is not None
        captions: list[str] = []
        last = self.parts[-1] if self.parts else None
        rest = self.open
        if (
            rest is not None
            and rest.kind in ("paragraph", "heading")
            and len(rest.text) < 100
            and not ends_sentence(rest.text)
            and last is not None
            and last.kind == "caption"
            and CAPTION.match(last.text)
        ):  # the caption's second line, set otherwise
            rest.kind, rest.text = "caption", glue(self.parts.pop().text, rest.text, spaced=True)
        if self.open is not None and (self.open.kind == "caption" or CAPTION.match(self.open.text)):
            captions.append(self.open.text)
            self.open = None
            while (
                self.parts
                and self.parts[-1].kind == "caption"
                and CAPTION.match(self.parts[-1].text)
                and len(captions) < 3
            ):
                captions.insert(0, self.parts.pop().text)
        table = line.table
        rows = [table.header_names(), *table.rows[table.header :]] if table.header else list(table.rows)
        self.aside(table_parts(rows, caption=" / ".join(captions), header=table.header > 0, page=line.page))


def _counts_on(item: str, text: str) -> bool:
    """Whether `text` is numbered as the item behind `item` would be; also where `item` has no number, and `text` is 1."""
    number, before = re.match(r"\D{0,2}(\d{1,3})", text), re.match(r"\D{0,2}(\d{1,3})", item)
    last = int(before.group(1)) if before and list_mark(item) else 0
    return number is not None and int(number.group(1)) == last + 1


def _paragraph_marks(lines: Sequence[Line]) -> tuple[bool, bool]:
    """(whether `ended` is to be believed: lines that stop in mid sentence don't bear it,
    whether it also stands at every paragraph's end: nearly all short last lines bear it)."""
    middles = Counter(
        line.ended for line in lines if line.room and line.width > 0.9 * line.room and not ends_sentence(line.text)
    )
    tails = [line for line in lines if line.room and line.width < 0.75 * line.room and ends_sentence(line.text)]
    trusted = middles[True] <= 0.1 * max(1, middles[False])
    return trusted, trusted and len(tails) >= 5 and sum(line.ended for line in tails) > 0.75 * len(tails)

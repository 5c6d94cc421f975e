"""A tree of HTML elements as parts: headings, paragraphs, list items, tables.  For web pages, e-books and HTML inside Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from gba_qa.readers.lines import CAPTION
from gba_qa.readers.part import Part
from gba_qa.readers.parts import table_parts
from gba_qa.text import normalize

__all__ = ["html_parts"]

_NEVER = frozenset(
    (  # noqa: SIM905
        "script style noscript template head iframe object embed applet svg canvas audio video select option textarea "
        "input button datalist map"
    ).split()
)
_BOILERPLATE = frozenset(["nav", "footer", "aside", "form", "dialog", "menu"])
_BLOCKS = frozenset(
    (  # noqa: SIM905
        "html body div section article main p h1 h2 h3 h4 h5 h6 ul ol li dl dt dd table blockquote pre figure "
        "figcaption header address center details summary hr fieldset nav footer aside form thead tbody tfoot tr td "
        "th caption"
    ).split()
)
_LOOSE = frozenset(("body", "div", "td", "center", "article", "section", "main"))
_DEEPEST = 250  # levels; deeper trees are machine-made and their text is taken flat
_MOST_CELLS = 200  # columns that a colspan may claim
_HAN_BREAK = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef])[ \t]*\n[ \t]*(?=[\u3000-\u9fff\uff00-\uffef])")


def html_parts(root: Any, *, boilerplate: bool = False) -> list[Part]:
    """The parts below `root` (an lxml element).  Navigation, forms and footers are left out unless `boilerplate`."""
    walk = _Walk(boilerplate)
    walk.block(root, 0)
    walk.flush()
    return walk.parts


class _Walk:
    def __init__(self, boilerplate: bool) -> None:
        self.boilerplate = boilerplate
        self.parts: list[Part] = []
        self.inline: list[str] = []
        self.lists: list[int | None] = []
        self.mark = ""
        self.captions: list[str] = []

    def flush(self) -> None:
        text, self.inline = "".join(self.inline), []
        for line in _paragraphs(text):
            if self.mark or self.lists:
                self.parts.append(Part("list_item", self.mark + line))
            elif CAPTION.match(line) and len(line) < 120:
                self.parts.append(Part("caption", line))
            else:
                self.parts.append(Part("paragraph", line))
            self.mark = ""

    def block(self, element: Any, depth: int) -> None:
        loose = isinstance(element.tag, str) and element.tag.lower() in _LOOSE
        if element.text:
            self.inline.append(_parted(element.text) if loose else element.text)
        for child in element:
            self.child(child, depth + 1)
            if child.tail:
                self.inline.append(_parted(child.tail) if loose else child.tail)

    def child(self, child: Any, depth: int) -> None:
        tag = child.tag.lower().rsplit("}", 1)[-1] if isinstance(child.tag, str) else ""
        if not tag or tag in _NEVER or _is_hidden(child) or (tag in _BOILERPLATE and not self.boilerplate):
            return
        if depth > _DEEPEST:
            self.inline.append(" ".join(child.itertext()))
        elif re.fullmatch(r"h[1-6]", tag):
            self.flush()
            text = " ".join(_flat(child).split())
            if text:
                self.parts.append(Part("heading", text, int(tag[1])))
        elif tag in ("ul", "ol"):
            self.flush()
            self.lists.append(None if tag == "ul" else _number(child.get("start"), 1))
            self.block(child, depth)
            self.flush()
            self.lists.pop()
        elif tag in ("li", "dt", "dd"):
            self.flush()
            self.mark = "- "
            if self.lists and (number := self.lists[-1]) is not None and tag == "li":
                number = _number(child.get("value"), number)
                self.mark, self.lists[-1] = f"{number}. ", number + 1
            self.block(child, depth)
            self.flush()
            self.mark = ""
        elif tag == "table":
            self.flush()
            self.table(child, depth)
        elif tag == "figcaption":
            self.flush()
            text = " ".join(_flat(child).split())
            if text:
                self.parts.append(Part("caption", text))
        elif tag == "pre":
            self.flush()
            text = normalize("".join(child.itertext())).strip("\n")
            if text.strip():
                self.parts.append(Part("paragraph", text))
        elif tag == "br":
            self.inline.append("\v")
        elif tag in _BLOCKS or _has_blocks(child):
            self.flush()
            self.block(child, depth)
            self.flush()
        else:
            self.block(child, depth)

    def table(self, table: Any, depth: int) -> None:
        rows = list(_rows(table))
        widest = max((len(cells) for cells in rows), default=0)
        nested = table.find(".//table") is not None
        if widest <= 1 or nested or table.get("role") == "presentation" or _is_layout(rows):
            for cells in rows:
                for cell in cells:
                    self.block(cell, depth + 1)
                    self.flush()
            return
        caption = next((" ".join(_flat(c).split()) for c in table.iter("caption")), "")
        if not caption and self.parts and self.parts[-1].kind == "caption":
            caption = self.parts.pop().text
        grid = _grid(rows)
        heads = 0
        for cells in rows:
            if cells and all(c.tag == "th" or c.getparent().getparent().tag == "thead" for c in cells):
                heads += 1
            else:
                break
        if 1 < heads < len(grid):
            names = [" ".join(dict.fromkeys(filter(None, column))) for column in zip(*grid[:heads], strict=True)]
            grid = [names, *grid[heads:]]
        self.parts.extend(table_parts(grid, caption=caption, header=True if heads else None))


def _rows(table: Any) -> Iterator[list[Any]]:
    for row in table.iter("tr"):
        if next(row.iterancestors("table")) is table:
            yield [c for c in row if c.tag in ("td", "th")]


def _grid(rows: list[list[Any]]) -> list[list[str]]:
    """The cells' texts with spans filled: a cell over several rows stands in each of them, one over several columns in the first."""
    grid: list[list[str]] = []
    below: dict[int, tuple[int, str]] = {}
    for cells in rows:
        row: list[str] = []
        for cell in cells:
            while len(row) in below:
                row.append(_take(below, len(row)))
            text = " ".join(_flat(cell).split())
            down, wide = min(_number(cell.get("rowspan"), 1), 500), min(_number(cell.get("colspan"), 1), _MOST_CELLS)
            if down > 1:
                below[len(row)] = (down - 1, text)
            row += [text, *[""] * (max(1, wide) - 1)]
        while len(row) in below:
            row.append(_take(below, len(row)))
        grid.append(row)
    width = max(map(len, grid), default=0)
    return [row + [""] * (width - len(row)) for row in grid]


def _take(below: dict[int, tuple[int, str]], column: int) -> str:
    left, text = below.pop(column)
    if left > 1:
        below[column] = (left - 1, text)
    return text


def _is_layout(rows: list[list[Any]]) -> bool:
    """A table that places blocks of text on the page: cells with headings, lists or several paragraphs."""
    cells = [c for row in rows for c in row]
    heavy = sum(
        1
        for c in cells
        if len(c.findall(".//p")) > 2
        or any(c.find(f".//{t}") is not None for t in ("h1", "h2", "h3", "ul", "ol", "article"))
    )
    long = sum(len("".join(c.itertext())) > 700 for c in cells)
    return bool(cells) and (heavy > 0.3 * len(cells) or long > 0.5 * len(cells))


def _flat(element: Any) -> str:
    """The visible text of an element in one piece; blocks and line breaks in it part words."""
    out: list[str] = []
    stack: list[tuple[Any, bool]] = [(element, True)]
    while stack:  # by hand: trees may be deeper than Python's stack
        item, _begins = stack.pop()
        if isinstance(item, str):
            out.append(item)
            continue
        tag = item.tag.lower().rsplit("}", 1)[-1] if isinstance(item.tag, str) else ""
        if not tag or tag in _NEVER or _is_hidden(item):
            continue
        gap = " " if tag in _BLOCKS or tag == "br" else ""
        out.append(gap)
        stack.append((gap, False))
        for child in reversed(item):
            if child.tail:
                stack.append((child.tail, False))
            stack.append((child, True))
        if item.text:
            stack.append((item.text, False))
    return re.sub(r"\s+", " ", _HAN_BREAK.sub("", normalize("".join(out)))).strip()


def _is_hidden(element: Any) -> bool:
    style = (element.get("style") or "").replace(" ", "").lower()
    return (
        "display:none" in style
        or element.get("hidden") is not None
        or (element.get("aria-hidden") == "true" and element.tag != "table")
    )


def _has_blocks(element: Any) -> bool:
    return any(
        isinstance(d.tag, str)
        and d.tag.lower().rsplit("}", 1)[-1] in ("p", "div", "table", "ul", "ol", "h1", "h2", "h3")
        for d in element.iterdescendants()
    )


def _parted(text: str) -> str:
    """Blank lines in text that stands in no paragraph are meant as its ends, though browsers don't show them."""
    return re.sub(r"(?<=\S)[ \t\r]*\n[ \t\r]*\n\s*(?=\S)", "\v", text)


def _paragraphs(text: str) -> list[str]:
    """Line breaks part paragraphs; other white space is one space, none between Chinese characters."""
    text = normalize(text)
    lines = []
    for piece in text.split("\v"):
        piece = _HAN_BREAK.sub("", piece.strip())
        piece = re.sub(r"[\s\u3000]+", " ", piece).strip()
        if piece:
            lines.append(piece)
    return lines


def _number(value: str | None, default: int) -> int:
    return int(value) if value and value.strip().isdecimal() and len(value) < 6 else default

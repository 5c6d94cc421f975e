"""A piece of a document as escaped HTML: the blocks around a quote, the quote marked, to read on in both directions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from gba_qa.chat.escape import escape, marked
from gba_qa.chat.i18n import word
from gba_qa.types import Block, Document, Language, Span

__all__ = ["Passage", "passage"]

BEFORE, AFTER = 2500, 4000  # characters shown around a quote: a page or so each way
_CELL = " | "  # how the readers join the cells of a table row


@dataclass(frozen=True, slots=True)
class Passage:
    """`html` shows `document.text[start:end]`; `start` and `end` fall between blocks."""

    html: str
    start: int
    end: int


def passage(
    document: Document,
    quote: Span,
    *,
    kind: str = "quote",
    window: Span | None = None,
    ui: Language = "en",
    script: Language | None = None,
) -> Passage:
    """The blocks within the window (by default a page or so around the quote), with the quote in `<mark class="kind">`.

    The first mark has `id="quote"`.  `script` converts Chinese for reading.  Offsets outside the document are clipped.
    """
    length = len(document.text)
    quote = Span(min(quote.start, length), min(quote.end, length))
    window = Span(quote.start - BEFORE, quote.end + AFTER) if window is None else window
    blocks = [b for b in _all_blocks(document) if b.end > window.start and b.start < window.end]
    if len(blocks) > 1 and _is_title(blocks[0], document) and quote.start >= blocks[0].end:
        blocks = blocks[1:]  # it stands above the text already
    if not blocks:
        start = min(length, max(0, window.start))
        return Passage("", start, min(length, max(start, window.end)))
    writer = _Writer(document, quote, kind, ui, script)
    start = 0 if window.start <= 0 else blocks[0].start
    end = length if blocks[-1].end >= len(document.text.rstrip()) else blocks[-1].end
    return Passage(writer.write(blocks), start, end)


def _is_title(block: Block, document: Document) -> bool:
    return block.kind == "heading" and document.text[block.start : block.end].strip() == document.title


def _all_blocks(document: Document) -> Iterator[Block]:
    """The blocks, and a paragraph for each stretch of text that no block covers, so that nothing is left out."""
    at = 0
    for block in document.blocks:
        yield from _loose(document.text, at, block.start)
        yield block
        at = max(at, block.end)
    yield from _loose(document.text, at, len(document.text))


def _loose(text: str, start: int, end: int) -> Iterator[Block]:
    for line in text[start:end].splitlines(keepends=True):
        if line.strip():
            yield Block("paragraph", start, start + len(line.rstrip()))
        start += len(line)


class _Writer:
    def __init__(self, document: Document, quote: Span, kind: str, ui: Language, script: Language | None) -> None:
        self.document = document
        self.quote = quote
        self.kind = "passage" if kind == "passage" else "quote"
        self.ui = ui
        self.script = script
        self.marked = False

    def write(self, blocks: Sequence[Block]) -> str:
        parts: list[str] = []
        page = None
        for kind, run in groupby(blocks, key=_group):
            group = list(run)
            number = self.document.page_at(group[0].start)
            if number != page:
                parts.append(f'<p class="page-break">{escape(word("page_number", self.ui, n=number))}</p>')
                page = number
            if kind == "table":
                parts.append(self._table(group))
            elif kind == "list":
                parts.append("<ul>" + "".join(f"<li>{self._text(b)}</li>" for b in group) + "</ul>")
            else:
                parts += [self._block(b) for b in group]
        return "".join(parts)

    def _block(self, block: Block) -> str:
        if block.kind == "heading":
            level = min(6, max(3, block.level + 2))
            return f"<h{level}>{self._text(block)}</h{level}>"
        if block.kind == "paragraph":
            return f"<p>{self._text(block)}</p>"
        return f'<p class="{block.kind}">{self._text(block)}</p>'

    def _table(self, rows: Sequence[Block]) -> str:
        """Rows of one table; its caption and header, where they stand outside the window, from the rows' context."""
        caption, header = "", ""
        if rows[0].kind == "table_row" and rows[0].context:
            above, _, cells = rows[0].context.rpartition("\n")
            caption = f"<caption>{self._show(above)}</caption>" if above else ""
            header = "<tr>" + "".join(f"<th>{self._show(c)}</th>" for c in cells.split(_CELL)) + "</tr>"
        body = "".join(self._row(row) for row in rows)
        return f'<div class="table" tabindex="0" role="group"><table>{caption}{header}{body}</table></div>'

    def _row(self, row: Block) -> str:
        tag = "th" if row.kind == "table_header" else "td"
        cells, at = [], row.start
        for cell in self.document.text[row.start : row.end].split(_CELL):
            cells.append(f"<{tag}>{self._text(replace(row, start=at, end=at + len(cell)))}</{tag}>")
            at += len(cell) + len(_CELL)
        return f"<tr>{''.join(cells)}</tr>"

    def _text(self, block: Block) -> str:
        text = self.document.text[block.start : block.end]
        start, end = self.quote.start - block.start, self.quote.end - block.start
        if end <= 0 or start >= len(text) or start >= end:
            return self._show(text)
        tag = f'mark class="{self.kind}"' + ("" if self.marked else ' id="quote" tabindex="-1"')
        self.marked = True
        return marked(text, [Span(max(0, start), end)], tag, script=self.script)

    def _show(self, text: str) -> str:
        return marked(text, (), "mark", script=self.script)


def _group(block: Block) -> str:
    if block.kind in {"table_row", "table_header"}:
        return "table"
    return "list" if block.kind == "list_item" else "other"

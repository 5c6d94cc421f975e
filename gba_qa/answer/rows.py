"""Tell a table row with its columns, so that a cell can be read outside its table.

| 港資企業 | 8,274家 | 11,000家 |   under   | 指標 | 2022年 | 2025年目標 |   →   港資企業：2022年 8,274家；2025年目標 11,000家
"""

from __future__ import annotations

import re

from gba_qa.types import Language

__all__ = ["cells_of", "tell_row"]


def cells_of(row: str) -> list[str]:
    """The cells of a pipe row, of one parted by tabs or wide gaps, or the words of a plain line."""
    row = row.strip()
    if "|" in row:
        return [c.strip() for c in row.strip("|").split("|")]
    if re.search(r"\t|\s{2,}", row):
        return [c.strip() for c in re.split(r"\t|\s{2,}", row) if c.strip()]
    return row.split()


def tell_row(row: str, context: str, language: Language) -> str:
    """The row as one sentence: its label, then each column with its header.  The row itself where they don't match."""
    header_line = context.strip().splitlines()[-1] if context.strip() else ""
    cells, header = cells_of(row), cells_of(header_line)
    if "|" not in row and len(cells) != len(header):
        cells = _align(row.split(), len(header)) or cells
    if len(header) < 2 or len(cells) != len(header):
        if len(header) and len(cells) == len(header) + 1:  # the corner of the header is empty
            header = ["", *header]
        else:
            return row.strip(" |") if "|" not in row else _joined(cells, language)
    colon, semicolon = (": ", "; ") if language == "en" else ("：", "；")
    label = [c for h, c in zip(header, cells, strict=True) if c and _is_label(h, c)]
    rest = [(h, c) for h, c in zip(header, cells, strict=True) if c and not _is_label(h, c)]
    if not label:
        label, rest = [cells[0]], list(zip(header[1:], cells[1:], strict=True))
    told = semicolon.join(f"{h} {c}".strip() if language != "en" else (f"{h}: {c}" if h else c) for h, c in rest if c)
    name = (" – " if language == "en" else "，").join(label)
    return f"{name}{colon}{told}" if told else name


def _is_label(header: str, cell: str) -> bool:
    """A cell that names the row: words, not a figure, and not merely its number."""
    return not re.search(r"\d", cell) and not re.search(r"\d", header)


def _align(words: list[str], columns: int) -> list[str] | None:
    """A plain row has its figures at the end, one a column; what is before them is the label."""
    if columns < 2 or len(words) < columns:
        return None
    return [" ".join(words[: len(words) - columns + 1]), *words[len(words) - columns + 1 :]]


def _joined(cells: list[str], language: Language) -> str:
    return ("; " if language == "en" else "；").join(c for c in cells if c)

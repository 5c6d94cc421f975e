"""Tell a table row with its columns, the column asked for first, so that a cell can be read outside its table.

| 港資企業 | 8,274家 | 11,000家 |  under  | 指標 | 2022年 | 2025年目標 |  asked for 2025  →  港資企業：2025年目標：11,000家（2022年：8,274家）
"""

from __future__ import annotations

import re
from collections.abc import Callable

from gba_qa.types import Language

__all__ = ["cells_of", "tell_row"]

_NUMBERING = re.compile(r"(?i)(?:no\.?|nr\.?|#|序[號号]|編號|编号|項次|项次|item)$")


def cells_of(row: str) -> list[str]:
    """The cells of a pipe row, of one parted by tabs or wide gaps, or the words of a plain line."""
    row = row.strip()
    if "|" in row:
        return [c.strip() for c in row.strip("|").split("|")]
    if re.search(r"\t|\s{2,}", row):
        return [c.strip() for c in re.split(r"\t|\s{2,}", row) if c.strip()]
    return row.split()


def tell_row(row: str, context: str, language: Language, *, asked: Callable[[str], float] | None = None) -> str:
    """The row as one sentence: its label, the column asked for, then the others in brackets.

    `context` is the header line (its last line, where there are more).  `asked` says how much of the question a column's header
    holds.  Where row and header don't match, the row itself.
    """
    header_line = context.strip().splitlines()[-1] if context.strip() else ""
    header = cells_of(header_line)
    cells = _fitted(row, len(header))
    if len(header) < 2 or len(cells) not in {len(header), len(header) + 1}:
        return _joined(cells_of(row), language) if "|" in row else row.strip()
    if len(cells) == len(header) + 1:  # the corner of the header is empty
        header = ["", *header]
    columns = [(h, c) for h, c in zip(header, cells, strict=True) if c and not _NUMBERING.match(h)]
    first_figure = next((i for i, (h, c) in enumerate(columns) if re.search(r"\d", h + c)), 1)
    labels = max(1, min(first_figure, len(columns) - 1))
    label, rest = columns[:labels], columns[labels:]
    if not rest:
        return label[0][1]
    best = max(range(len(rest)), key=lambda i: (asked(rest[i][0]) if asked else 0.0, -i))
    wanted = rest.pop(best) if asked and asked(rest[best][0]) > 0 else None
    return _sentence([c for _, c in label], wanted, rest, language)


def _sentence(label: list[str], wanted: tuple[str, str] | None, rest: list[tuple[str, str]], language: Language) -> str:
    english = language == "en"
    colon, comma, semicolon, opening, closing = (
        (": ", ", ", "; ", " (", ")") if english else ("：", "，", "；", "（", "）")
    )

    def pair(column: tuple[str, str]) -> str:
        return f"{column[0]}{colon}{column[1]}" if column[0] else column[1]

    name, others = comma.join(label), semicolon.join(map(pair, rest))
    if wanted is None:
        return f"{name}{colon if len(rest) > 1 or english else '，'}{others}"
    return f"{name}{comma}{pair(wanted)}" + (f"{opening}{others}{closing}" if others else "")


def _fitted(row: str, columns: int) -> list[str]:
    """The cells; a plain line without gaps has its figures at the end, one a column, and before them the label."""
    cells = cells_of(row)
    words = row.split()
    if "|" in row or len(cells) == columns or columns < 2 or len(words) < columns:
        return cells
    return [" ".join(words[: len(words) - columns + 1]), *words[len(words) - columns + 1 :]]


def _joined(cells: list[str], language: Language) -> str:
    return ("; " if language == "en" else "；").join(c for c in cells if c)

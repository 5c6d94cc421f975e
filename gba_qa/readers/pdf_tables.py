"""Tables of a PDF page as rows of cells: ruled ones by their rules, others by how their cells stand under each other."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from gba_qa.readers.lines import glue, tidy
from gba_qa.readers.pdf_layout import Row
from gba_qa.readers.pdf_rules import Grid, Rule
from gba_qa.readers.pdf_runs import Run

__all__ = ["PdfTable", "aligned_table", "flat_ruled_regions", "ruled_table"]

_NUMBER = re.compile(r"^[<>≥≤~約约(（]*[-+−]?(?:US|HK)?[$€£¥]?\d[\d ,.]*\s?(?:%|‰|[^\W\d]{0,6})[)）*]*$|^[-–—/‡§*.…]+$|^N\.?A\.?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PdfTable:
    """`rows` of cell texts, the first `header` of them being the header; and the place it takes on the page."""

    rows: tuple[tuple[str, ...], ...]
    header: int
    x0: float
    top: float
    x1: float
    bottom: float

    def header_names(self) -> list[str]:
        """One name a column: what stands above it, repeated pieces said once."""
        names: list[str] = []
        for column in range(len(self.rows[0])):
            pieces = list(dict.fromkeys(filter(None, (row[column] for row in self.rows[: self.header]))))
            names.append(" ".join(pieces))
        return names


def ruled_table(grid: Grid, runs: Sequence[Run]) -> tuple[PdfTable | None, list[Run]]:
    """(the table, the runs that are its text); None where the rules frame no table.  A merged cell's text stands in each of its rows."""
    xs, ys = grid.xs, grid.ys
    columns, lines = len(xs) - 1, len(ys) - 1
    inside = [r for r in runs if xs[0] - 2 <= (r.x0 + r.x1) / 2 <= xs[-1] + 2 and ys[0] - 2 <= r.middle <= ys[-1] + 2]
    if not inside or columns > 30 or lines > 200:
        return None, []
    owner = _merged(grid)
    texts: dict[tuple[int, int], list[Run]] = {}
    for run in inside:
        column = max((i for i in range(columns) if xs[i] - 2 <= run.x0 + 0.3 * min(run.x1 - run.x0, 12)), default=0)
        line = max((j for j in range(lines) if ys[j] - 1 <= run.middle), default=0)
        texts.setdefault(owner[line, column], []).append(run)
    if len(texts) < 4 or len({cell[1] for cell in texts}) < 2:
        return None, []
    words = {cell: _cell_text(found) for cell, found in texts.items()}
    if max(map(len, words.values())) > 0.7 * sum(map(len, words.values())) and len(words) < 8:
        return None, []  # a frame around text
    span = max((sum(owner[j, c] == owner[0, c] for j in range(lines)) for c in range(columns)), default=1)
    rows = [tuple(words.get(owner[j, c], "") if owner[j, c][1] == c else "" for c in range(columns)) for j in range(lines)]
    header = min(span, lines - 1, 3)
    rows = _spread(rows, owner, words, header)
    if len(set(filter(None, rows[0]))) == 1 and lines > 2 and header == 1:  # a title across the whole table
        header = 2 if lines > 3 else 1
    filled = [row for row in rows if any(row)]
    header = sum(any(row) for row in rows[:header])
    return PdfTable(tuple(filled), header, xs[0], ys[0], xs[-1], ys[-1]), inside


def _merged(grid: Grid) -> dict[tuple[int, int], tuple[int, int]]:
    """For each elementary cell (line, column) the top left one of the cell that it belongs to."""
    xs, ys = grid.xs, grid.ys
    owner: dict[tuple[int, int], tuple[int, int]] = {}
    for j in range(len(ys) - 1):
        for i in range(len(xs) - 1):
            owner[j, i] = (j, i)
            if i and not grid.divided(False, xs[i], ys[j], ys[j + 1]):
                owner[j, i] = owner[j, i - 1]
            elif j and not grid.divided(True, ys[j], xs[i], xs[i + 1]):
                owner[j, i] = owner[j - 1, i]
    return owner


def _spread(
    rows: list[tuple[str, ...]], owner: dict[tuple[int, int], tuple[int, int]], words: dict[tuple[int, int], str], header: int
) -> list[tuple[str, ...]]:
    """In the header a name that spans columns stands over each of them."""
    for j in range(header):
        rows[j] = tuple(words.get(owner[j, c], "") for c in range(len(rows[j])))
    return rows


def _cell_text(runs: Sequence[Run]) -> str:
    text = ""
    for run in sorted(runs, key=lambda r: (round(r.middle / max(4.0, 0.6 * r.size)), r.x0)):
        text = glue(text, run.text, spaced=True) if text else run.text
    return tidy(text)


def flat_ruled_regions(rules: Sequence[Rule]) -> list[tuple[float, float, float, float]]:
    """(x0, top, x1, bottom) of tables that have only lines across: three or more of about the same extent."""
    flats = sorted((r for r in rules if r.flat and r.high - r.low > 60), key=lambda r: r.at)
    regions: list[tuple[float, float, float, float]] = []
    used: set[int] = set()
    for i, first in enumerate(flats):
        if i in used:
            continue
        same = [k for k in range(i, len(flats)) if abs(flats[k].low - first.low) < 6 and abs(flats[k].high - first.high) < 6]
        levels = sorted({round(flats[k].at) for k in same})
        if len(levels) >= 3 and levels[-1] - levels[0] > 30:
            regions.append((first.low, flats[same[0]].at, first.high, flats[same[-1]].at))
            used.update(same)
    return regions


def aligned_table(rows: Sequence[Row]) -> PdfTable | None:
    """Rows whose cells stand under each other, as a table; None where they don't, or where nothing but prose stands there."""
    usable = [row for row in rows if row.runs]
    counts = Counter(len(row.runs) for row in usable if len(row.runs) >= 2)
    if sum(counts.values()) < 3:
        return None
    columns = _columns(usable)
    if len(columns) < 2:
        return None
    numeric = sum(bool(_NUMBER.match(run.text)) for row in usable for run in row.runs)
    cells = sum(len(row.runs) for row in usable)
    if numeric < 0.3 * cells:
        return None
    table = [[_in_column(row, low, high) for low, high in columns] for row in usable]
    merged, heights = _logical_rows(usable, table)
    first = next((i for i, row in enumerate(merged) if sum(bool(_NUMBER.match(c)) for c in row[1:]) >= max(1, 0.5 * sum(map(bool, row[1:])))), 0)
    return PdfTable(
        tuple(tuple(row) for row in _joined_header(merged, first)),
        1 if first else 0,
        min(row.x0 for row in usable),
        min(row.top for row in usable),
        max(row.x1 for row in usable),
        max(row.bottom for row in usable),
    )


def _joined_header(rows: list[list[str]], first: int) -> list[list[str]]:
    if first <= 1:
        return rows
    return [[" ".join(filter(None, (row[c] for row in rows[:first]))) for c in range(len(rows[0]))], *rows[first:]]


def _columns(rows: Sequence[Row]) -> list[tuple[float, float]]:
    """The columns, from the rows with the most cells: stretches of the page's width that their cells take up."""
    most = max(len(row.runs) for row in rows)
    full = [row for row in rows if len(row.runs) >= max(2, most - 1)]
    spans = sorted((run.x0, run.x1) for row in full for run in row.runs)
    out: list[list[float]] = []
    for low, high in spans:
        if out and low <= out[-1][1] + 1:
            out[-1][1] = max(out[-1][1], high)
        else:
            out.append([low, high])
    return [(a, b) for a, b in out]


def _in_column(row: Row, low: float, high: float) -> str:
    text = ""
    for run in row.runs:
        middle = (run.x0 + run.x1) / 2
        if low - 3 <= middle <= high + 3 or run.x0 < high and run.x1 > low and (run.x1 - run.x0) < 1.6 * (high - low) and abs(middle - (low + high) / 2) < 0.6 * (high - low):
            text = glue(text, run.text, spaced=True) if text else run.text
    return text


def _logical_rows(rows: Sequence[Row], table: list[list[str]]) -> tuple[list[list[str]], list[float]]:
    """Lines that belong to one row of the table joined: a line that has only a name hangs on the row that it stands closest to."""
    out: list[list[str]] = []
    bottoms: list[float] = []
    for i, (row, cells) in enumerate(zip(rows, table, strict=True)):
        values = any(cells[1:])
        if out and not values and cells[0]:
            above = row.top - bottoms[-1]
            below = rows[i + 1].top - row.bottom if i + 1 < len(rows) else float("inf")
            if above < 0.35 * row.size and above <= below + 0.5:
                out[-1][0] = glue(out[-1][0], cells[0], spaced=True) if out[-1][0] else cells[0]
                bottoms[-1] = row.bottom
                continue
        out.append(list(cells))
        bottoms.append(row.bottom)
    return out, bottoms

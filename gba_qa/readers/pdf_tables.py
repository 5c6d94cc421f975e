"""Tables of a PDF page as rows of cells: ruled ones by their rules, others by how their cells stand under each other."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from gba_qa.readers.lines import CAPTION, SOURCE_NOTE, glue, tidy
from gba_qa.readers.pdf_layout import Row, group
from gba_qa.readers.pdf_rules import Grid, Rule, grids_of
from gba_qa.readers.pdf_runs import Run

__all__ = ["PdfTable", "with_aligned_tables", "with_ruled_tables"]

_NUMBER = re.compile(
    r"^[<>≥≤~約约(（]*[-+−]?(?:US|HK)?[$€£¥]?\d[\d ,.]*\s?(?:%|‰|[^\W\d]{0,6})[)）*]*$|^[-–—/‡§*.…]+$|^N\.?A\.?$",
    re.IGNORECASE,
)
_YEAR = re.compile(r"^(?:19|20)\d\d(?:[-–/](?:19|20)?\d\d)?\s*(?:年度?)?$")


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


def with_ruled_tables(runs: Sequence[Run], rules: Sequence[Rule], height: float) -> list[Run]:
    """The runs, those of a ruled table replaced by one that stands for the table.  `height` is the page's."""
    left = list(runs)
    for grid in grids_of(rules):
        table, used = _ruled_table(grid, left)
        if table is not None:
            taken = set(used)
            left = [r for r in left if r not in taken] + [_stand_in(table)]
    inner = [r for r in rules if 0.08 * height < r.at < 0.93 * height]  # not the lines under and above running headers
    for x0, levels, x1 in _flat_ruled_regions(inner):
        captions = [r.middle for r in left if CAPTION.match(r.text) and levels[0] < r.middle < levels[-1]]
        levels = [y for y in levels if y > max(captions, default=0.0)]
        if len(levels) < 2:
            continue
        notes = [r.top for r in left if SOURCE_NOTE.match(r.text) and levels[0] < r.middle < levels[-1]]
        top, bottom = levels[0], min([levels[-1], *notes])
        inside = [
            r
            for r in left
            if x0 - 4 <= r.x0 and r.x1 <= x1 + 4 and top - 1 <= r.middle <= bottom + 1 and r.table is None
        ]
        table = _aligned_table(group(inside), ruled=True) if len(inside) >= 6 else None
        if table is not None:
            taken = set(inside)
            left = [r for r in left if r not in taken] + [_stand_in(table)]
    return left


def _stand_in(table: PdfTable) -> Run:
    return Run("", table.x0, table.x1, table.top, table.bottom, 1.0, table=table)


def with_aligned_tables(rows: Sequence[Row]) -> list[Row]:
    """The rows, those that make a table without rules replaced by one that stands for it."""
    out: list[Row] = []
    at = 0
    caption: Row | None = None
    while at < len(rows):
        row = rows[at]
        if _is_caption(row) or (
            caption is not None
            and len(row.runs) == 1
            and abs(row.x0 - caption.runs[-1].x0) < 4
            and row.top - out[-1].bottom < row.size
        ):
            caption = caption if caption is not None and not _is_caption(row) else row
            out.append(row)
            at += 1
            continue
        caption = None
        end = at
        while end < len(rows) and _may_be_of_table(rows, end):
            end += 1
        while end > at and len(rows[end - 1].runs) < 2:
            end -= 1
        table = _aligned_table(rows[at:end]) if end - at >= 3 else None
        if table is not None:
            out.append(Row([_stand_in(table)], rows[at].left, rows[at].right))
            at = end
        else:
            out.append(rows[at])
            at += 1
    return out


def _is_caption(row: Row) -> bool:
    return bool(CAPTION.match(" ".join(run.text for run in row.runs)))


def _may_be_of_table(rows: Sequence[Row], at: int) -> bool:
    row = rows[at]
    if row.prose or any(run.table is not None for run in row.runs) or _is_caption(row):
        return False
    if len(row.runs) >= 2:
        return True
    near = rows[at + 1 : at + 3]
    return row.x1 - row.x0 < 0.45 * (row.right - row.left) and any(len(n.runs) >= 2 and not n.prose for n in near)


def _ruled_table(grid: Grid, runs: Sequence[Run]) -> tuple[PdfTable | None, list[Run]]:
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
    rows = [
        tuple(words.get(owner[j, c], "") if owner[j, c][1] == c else "" for c in range(columns)) for j in range(lines)
    ]
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
    divided = grid.dividers()
    owner: dict[tuple[int, int], tuple[int, int]] = {}
    for j in range(len(ys) - 1):
        for i in range(len(xs) - 1):
            owner[j, i] = (j, i)
            if i and not divided(False, xs[i], ys[j], ys[j + 1]):
                owner[j, i] = owner[j, i - 1]
            elif j and not divided(True, ys[j], xs[i], xs[i + 1]):
                owner[j, i] = owner[j - 1, i]
    return owner


def _spread(
    rows: list[tuple[str, ...]],
    owner: dict[tuple[int, int], tuple[int, int]],
    words: dict[tuple[int, int], str],
    header: int,
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


def _flat_ruled_regions(rules: Sequence[Rule]) -> list[tuple[float, list[float], float]]:
    """(left, the heights of the lines, right) of tables that have only lines across: three or more of about the same extent."""
    flats = sorted((r for r in rules if r.flat and r.high - r.low > 60), key=lambda r: r.at)
    regions: list[tuple[float, list[float], float]] = []
    used: set[int] = set()
    for i, first in enumerate(flats):
        if i in used:
            continue
        same = [
            k for k in range(i, len(flats)) if abs(flats[k].low - first.low) < 6 and abs(flats[k].high - first.high) < 6
        ]
        levels = sorted({round(flats[k].at): flats[k].at for k in same}.values())
        if len(levels) >= 3 and levels[-1] - levels[0] > 30:
            regions.append((first.low, levels, first.high))
            used.update(same)
    return regions


def _aligned_table(rows: Sequence[Row], *, ruled: bool = False) -> PdfTable | None:
    """Rows whose cells stand under each other, as a table; None where they don't, or where nothing but prose stands there.
    `ruled`: lines above and below say that it is one."""
    usable = [row for row in rows if row.runs]
    counts = Counter(len(row.runs) for row in usable if len(row.runs) >= 2)
    if sum(counts.values()) < 3:
        return None
    columns = _columns(usable)
    if len(columns) < 2:
        return None
    numeric = sum(bool(_NUMBER.match(run.text)) for row in usable for run in row.runs)
    cells = sum(len(row.runs) for row in usable)
    if numeric < (0.15 if ruled else 0.3) * cells:
        return None
    table = [_in_columns(row, columns) for row in usable]
    merged = _logical_rows(usable, table)
    first = next((i for i, row in enumerate(merged) if _holds_values(row)), 0)
    return PdfTable(
        tuple(tuple(row) for row in _joined_header(merged, first)),
        1 if first else 0,
        min(row.x0 for row in usable),
        min(row.top for row in usable),
        max(row.x1 for row in usable),
        max(row.bottom for row in usable),
    )


def _holds_values(row: Sequence[str]) -> bool:
    """Whether at least half of the row's cells behind the first are figures; years name columns."""
    cells = [cell for cell in row[1:] if cell]
    return sum(bool(_NUMBER.match(c)) and not _YEAR.match(c) for c in cells) >= max(1.0, 0.5 * len(cells))


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


def _in_columns(row: Row, columns: Sequence[tuple[float, float]]) -> list[str]:
    """The row's cells; what spans several columns and is no figure (a name over them) stands in each."""
    cells = [""] * len(columns)
    for run in row.runs:
        spanned = [
            i for i, (low, high) in enumerate(columns) if min(run.x1, high) - max(run.x0, low) > 0.4 * (high - low)
        ]
        if len(spanned) < 2:
            middle = (run.x0 + run.x1) / 2
            spanned = [min(range(len(columns)), key=lambda i: max(columns[i][0] - middle, middle - columns[i][1], 0.0))]
        for i in spanned:
            cells[i] = glue(cells[i], run.text, spaced=True) if cells[i] else run.text
    return [tidy(cell) for cell in cells]


def _logical_rows(rows: Sequence[Row], table: list[list[str]]) -> list[list[str]]:
    """Lines that belong to one row of the table joined: a line that has only a name hangs on the line that it stands closest to."""
    out: list[list[str]] = []
    bottoms: list[float] = []
    waiting = ""  # a name that belongs to the line below it
    for i, (row, cells) in enumerate(zip(rows, table, strict=True)):
        if cells[0] and not any(cells[1:]):
            above = row.top - bottoms[-1] if bottoms else float("inf")
            below = rows[i + 1].top - row.bottom if i + 1 < len(rows) else float("inf")
            if min(above, below) < 0.35 * row.size:
                if above <= below + 0.5:
                    out[-1][0] = glue(out[-1][0], cells[0], spaced=True) if out[-1][0] else cells[0]
                    bottoms[-1] = row.bottom
                else:
                    waiting = glue(waiting, cells[0], spaced=True) if waiting else cells[0]
                continue
        if waiting:
            cells = [glue(waiting, cells[0], spaced=True) if cells[0] else waiting, *cells[1:]]
            waiting = ""
        out.append(list(cells))
        bottoms.append(row.bottom)
    return out

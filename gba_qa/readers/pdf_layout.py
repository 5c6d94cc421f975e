"""The runs of a page in reading order, as rows: columns one after the other, the rows of a table left to right.

A gutter is believed where running text stands on both sides of it: rows that fill most of their column.  The cells of a table
do not, and are read across.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gba_qa.readers.pdf_runs import Run

__all__ = ["Row", "group", "rows_of"]

_STEP = 3.0  # points between the places where a gutter is looked for
_NARROWEST_GUTTER = 7.0  # points
_FILLS = 0.6  # of the column's width: a row of prose comes up to this
_MOST_COLUMNS = 4
_MOST_PLACES = 8  # where a gutter is tried


@dataclass(slots=True, eq=False)
class Row:
    """Runs on one baseline from left to right, and the column (left, right) that they stand in."""

    runs: list[Run]
    left: float = 0.0
    right: float = 0.0
    prose: bool = False  # in a column of running text: wide gaps are the work of justification

    @property
    def x0(self) -> float:
        return self.runs[0].x0

    @property
    def x1(self) -> float:
        return max(run.x1 for run in self.runs)

    @property
    def top(self) -> float:
        return min(run.top for run in self.runs)

    @property
    def bottom(self) -> float:
        return max(run.bottom for run in self.runs)

    @property
    def size(self) -> float:
        return max(self.runs, key=lambda run: len(run.text)).size


def rows_of(runs: Sequence[Run], *, depth: int = 0) -> list[Row]:
    """All runs as rows in reading order."""
    if not runs:
        return []
    left, right = min(r.x0 for r in runs), max(r.x1 for r in runs)
    gutter = _gutter(runs, left, right) if depth < _MOST_COLUMNS - 1 else None
    if gutter is None:
        return _settle(group(runs), left, right)
    out: list[Row] = []
    for zone, columnar in _zones(runs, gutter):
        if columnar:
            out += rows_of([r for r in zone if r.x1 <= gutter + 1], depth=depth + 1)
            out += rows_of([r for r in zone if r.x1 > gutter + 1], depth=depth + 1)
        else:
            out += _settle(group(zone), left, right)
    return out


def _settle(rows: list[Row], left: float, right: float) -> list[Row]:
    """Give each row the margins of its block; margins are those that several rows come up to."""
    ends = sorted((row.x1 for row in rows), reverse=True)
    starts = sorted(row.x0 for row in rows)
    for row in rows:
        row.left, row.right = starts[min(len(starts) - 1, len(starts) // 20)], ends[min(len(ends) - 1, len(ends) // 12)]
        row.right = max(row.right, row.left + 1)
    filling = sum(_extent(row) > _FILLS * (right - left) for row in rows)
    single = sum(len(row.runs) == 1 for row in rows)
    prose = filling >= 0.5 * len(rows) and single >= 0.5 * len(rows)
    several = [len(row.runs) > 1 for row in rows]
    for i, row in enumerate(
        rows
    ):  # justification opens gaps in a line here and there; a table has them in line after line
        row.prose = prose and not (
            several[i] and any(all(several[j : j + 3]) and j + 3 <= len(rows) for j in range(max(0, i - 2), i + 1))
        )
    return rows


def _extent(row: Row) -> float:
    return row.x1 - row.x0


def group(runs: Sequence[Run]) -> list[Row]:
    """Runs whose middles lie within each other's height share a row."""
    rows: list[Row] = []
    for run in sorted(runs, key=lambda r: (r.middle, r.x0)):
        for row in reversed(rows[-6:]):
            other = max(row.runs, key=lambda r: r.size)
            if other.table is not None or run.table is not None:
                continue
            overlap = min(run.bottom, other.bottom) - max(run.top, other.top)
            free = all(run.x0 >= r.x1 - 0.3 * r.size or run.x1 <= r.x0 + 0.3 * r.size for r in row.runs)
            if overlap > 0.55 * min(run.bottom - run.top, other.bottom - other.top) and free:
                row.runs.append(run)
                break
        else:
            rows.append(Row([run]))
    for row in rows:
        row.runs.sort(key=lambda r: r.x0)
    return sorted(rows, key=lambda row: (sum(r.middle for r in row.runs) / len(row.runs), row.x0))


def _gutter(runs: Sequence[Run], left: float, right: float) -> float | None:
    """Where the page falls into columns, or None.  Of all places the one that the least text crosses, in the widest gap."""
    wide = right - left
    if wide < 150 or len(runs) < 8:
        return None
    best: tuple[float, float] | None = None
    found = None
    for x in _quiet_places(runs, left + 0.2 * wide, right - 0.2 * wide):
        inside = [r for zone, columnar in _zones(runs, x) if columnar for r in zone]
        if not inside:
            continue
        lefts = sorted((r.x1 for r in inside if r.x1 <= x + 1), reverse=True)
        rights = sorted(r.x0 for r in inside if r.x1 > x + 1)
        gap = rights[len(rights) // 20] - lefts[len(lefts) // 20]
        score = (sum(r.x1 - r.x0 for r in inside), gap)
        if gap >= _NARROWEST_GUTTER and (best is None or score > best):
            best, found = score, x
    return found


def _quiet_places(runs: Sequence[Run], low: float, high: float) -> list[float]:
    """The middles of the stretches that less text crosses than to either side, the quietest first."""
    steps = int((high - low) / _STEP) + 1
    counts = [0] * steps
    for run in runs:
        first, last = int((run.x0 + 1 - low) / _STEP) + 1, int((run.x1 - 1 - low) / _STEP)
        for i in range(max(0, first), min(steps, last + 1)):
            counts[i] += 1
    places: list[tuple[int, float]] = []
    i = 0
    while i < steps:
        j = i
        while j + 1 < steps and counts[j + 1] == counts[i]:
            j += 1
        if (i == 0 or counts[i - 1] > counts[i]) and (j + 1 == steps or counts[j + 1] > counts[i]):
            places.append((counts[i], low + _STEP * (i + j) / 2))
        i = j + 1
    return [x for _, x in sorted(places)[:_MOST_PLACES]]


def _zones(runs: Sequence[Run], x: float) -> list[tuple[list[Run], bool]]:
    """The page from top to bottom, cut where text crosses `x`; with each stretch whether it is set in two columns of prose."""
    crossing = sorted((r for r in runs if r.x0 < x - 1 and r.x1 > x + 1), key=lambda r: r.middle)
    rest = [r for r in runs if not (r.x0 < x - 1 and r.x1 > x + 1)]
    bounds = [r.middle for r in crossing]
    zones: list[tuple[list[Run], bool]] = []
    pending: list[Run] = []
    for i in range(len(bounds) + 1):
        low = bounds[i - 1] if i else float("-inf")
        high = bounds[i] if i < len(bounds) else float("inf")
        inside = [r for r in rest if low < r.middle <= high]
        head = _head(inside, x)
        pending = pending + head
        taken = set(head)
        inside = [r for r in inside if r not in taken]
        if _is_columnar(inside, x):
            if pending:
                zones.append((pending, False))
                pending = []
            zones.append((inside, True))
        else:
            pending = pending + inside
        if i < len(bounds):
            pending = [*pending, crossing[i]]
    if pending:
        zones.append((pending, False))
    return zones


def _head(runs: Sequence[Run], x: float) -> list[Run]:
    """Up to four rows above the columns, parted from them by white, that are read across: dates, numbers and names of a title page."""
    rows = group(runs)
    for count in range(1, min(5, len(rows) - 3)):
        size = rows[count].size
        if rows[count].top - max(row.bottom for row in rows[:count]) > 1.2 * size:
            head = [run for row in rows[:count] for run in row.runs]
            across = any(row.runs[0].x1 <= x + 1 < row.runs[-1].x1 and len(row.runs) > 1 for row in rows[:count])
            return head if across and not _is_columnar(head, x) else []
    return []


def _is_columnar(runs: Sequence[Run], x: float) -> bool:
    sides = [r for r in runs if r.x1 <= x + 1], [r for r in runs if r.x1 > x + 1]
    return all(_is_prose(side) for side in sides)


def _is_prose(runs: Sequence[Run]) -> bool:
    runs = [r for r in runs if r.table is None]
    if len(runs) < 3:
        return False
    rows = group(runs)
    width = max(r.x1 for r in runs) - min(r.x0 for r in runs)
    size = sorted(r.size for r in runs)[len(runs) // 2]
    filling = sum(_extent(row) > _FILLS * width and len(row.runs) <= 2 for row in rows)
    letters = sum(c.isalpha() for r in runs for c in r.text)
    length = sum(len(r.text) for r in runs)
    return len(rows) >= 3 and width > 7 * size and filling >= 0.5 * len(rows) and letters > 0.5 * length

"""The ruled lines of a PDF page, and the grids that they make."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

__all__ = ["Grid", "Rule", "grids_of", "page_rules"]

_MOST_OBJECTS = 4000  # a page with more drawn on it is a map or a chart
_MOST_SEGMENTS = 3000
_THIN = 3.0  # points: a bar no thicker than this is a rule
_SHORTEST = 6.0
_NEAR = 3.0  # points within which two rules meet or are one


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight line: at `at` across (y when it lies flat, x when upright), from `low` to `high` along."""

    flat: bool
    at: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Grid:
    """A ruled table: its edges from left to right and from top to bottom, and the rules between its cells."""

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    rules: tuple[Rule, ...]

    def dividers(self) -> Callable[[bool, float, float, float], bool]:
        """A function that says whether a rule at `at` (flat or upright) runs along most of [low, high]."""
        near: dict[tuple[bool, int], list[Rule]] = defaultdict(list)
        for rule in self.rules:
            for cell in (-1, 0, 1):
                near[rule.flat, round(rule.at / _NEAR) + cell].append(rule)

        def divided(flat: bool, at: float, low: float, high: float) -> bool:
            rules = [r for r in near[flat, round(at / _NEAR)] if abs(r.at - at) <= _NEAR]
            covered = sum(max(0.0, min(high, r.high) - max(low, r.low)) for r in rules)
            return covered > 0.5 * (high - low)

        return divided


def page_rules(page: Any) -> list[Rule]:
    """The rules of a pypdfium2 page in points from the top left of the visible page; none where it is drawn full."""
    import pypdfium2.raw as raw

    left, floor, right, ceiling = page.get_bbox()
    area = (right - left) * (ceiling - floor)
    rules: list[Rule] = []
    segments = 0
    objects = list(islice(page.get_objects(filter=[raw.FPDF_PAGEOBJ_PATH], max_depth=3), _MOST_OBJECTS))
    if len(objects) == _MOST_OBJECTS:
        return []
    for item in objects:
        x0, y0, x1, y1 = item.get_bounds()
        wide, high = x1 - x0, y1 - y0
        if wide * high > 0.9 * area:
            continue
        if high <= _THIN < wide:
            rules.append(Rule(True, ceiling - (y0 + y1) / 2, x0 - left, x1 - left))
        elif wide <= _THIN < high:
            rules.append(Rule(False, (x0 + x1) / 2 - left, ceiling - y1, ceiling - y0))
        elif wide > _THIN and high > _THIN:
            count = raw.FPDFPath_CountSegments(item)
            segments += count
            if segments > _MOST_SEGMENTS:
                return []
            if count <= 400:
                rules += _segment_rules(item, count, left, ceiling)
    return _merge([r for r in rules if r.high - r.low >= _SHORTEST])


def _segment_rules(item: Any, count: int, left: float, ceiling: float) -> Iterable[Rule]:
    """The straight stretches of a path that lie flat or upright."""
    import ctypes

    import pypdfium2.raw as raw

    matrix = item.get_matrix()
    px, py = ctypes.c_float(), ctypes.c_float()
    points: list[tuple[int, float, float, bool]] = []
    for i in range(count):
        segment = raw.FPDFPath_GetPathSegment(item, i)
        raw.FPDFPathSegment_GetPoint(segment, px, py)
        x = matrix.a * px.value + matrix.c * py.value + matrix.e - left
        y = ceiling - (matrix.b * px.value + matrix.d * py.value + matrix.f)
        points.append((raw.FPDFPathSegment_GetType(segment), x, y, bool(raw.FPDFPathSegment_GetClose(segment))))
    start = before = None
    for kind, x, y, closes in points:
        if kind == raw.FPDF_SEGMENT_MOVETO:
            start = (x, y)
        elif kind == raw.FPDF_SEGMENT_LINETO and before is not None:
            yield from _rule(before, (x, y))
        if closes and start is not None:
            yield from _rule((x, y), start)
        before = (x, y)


def _rule(a: tuple[float, float], b: tuple[float, float]) -> Iterable[Rule]:
    if abs(a[1] - b[1]) < 0.5 < abs(a[0] - b[0]):
        yield Rule(True, (a[1] + b[1]) / 2, min(a[0], b[0]), max(a[0], b[0]))
    elif abs(a[0] - b[0]) < 0.5 < abs(a[1] - b[1]):
        yield Rule(False, (a[0] + b[0]) / 2, min(a[1], b[1]), max(a[1], b[1]))


def _merge(rules: Sequence[Rule]) -> list[Rule]:
    """Pieces of one line become one rule."""
    out: list[Rule] = []
    for rule in sorted(rules, key=lambda r: (r.flat, round(r.at / _NEAR), r.low)):
        last = out[-1] if out else None
        if (
            last is not None
            and last.flat == rule.flat
            and abs(last.at - rule.at) <= _NEAR / 2
            and rule.low <= last.high + _NEAR
        ):
            out[-1] = Rule(last.flat, last.at, last.low, max(last.high, rule.high))
        else:
            out.append(rule)
    return out


def grids_of(rules: Sequence[Rule]) -> list[Grid]:
    """The grids: rules that cross each other, with at least two columns and two rows or three columns."""
    flats, uprights = [r for r in rules if r.flat], [r for r in rules if not r.flat]
    groups: list[list[Rule]] = []
    waiting = flats + uprights
    while waiting:
        group = [waiting.pop()]
        reached = 0
        while reached < len(group):
            rule = group[reached]
            meeting = [r for r in waiting if r.flat != rule.flat and _meet(rule, r)]
            group += meeting
            waiting = [r for r in waiting if r not in meeting]
            reached += 1
        groups.append(group)
    grids = []
    for group in groups:
        xs = _positions([r.at for r in group if not r.flat], [e for r in group if r.flat for e in (r.low, r.high)])
        ys = _positions([r.at for r in group if r.flat], [e for r in group if not r.flat for e in (r.low, r.high)])
        if (len(xs) >= 3 and len(ys) >= 3) or (len(xs) >= 4 and len(ys) >= 2):
            grids.append(Grid(xs, ys, tuple(group)))
    return sorted(grids, key=lambda g: (g.ys[0], g.xs[0]))


def _meet(a: Rule, b: Rule) -> bool:
    return a.low - _NEAR <= b.at <= a.high + _NEAR and b.low - _NEAR <= a.at <= b.high + _NEAR


def _positions(values: Iterable[float], ends: Iterable[float]) -> tuple[float, ...]:
    """Distinct positions; the outermost ends count too, since many tables have no rule at their sides."""
    inner = sorted(values)
    outer = sorted(ends)
    if inner and outer:
        inner = sorted([*inner, *(e for e in (outer[0], outer[-1]) if e < inner[0] - 12 or e > inner[-1] + 12)])
    out: list[float] = []
    for value in inner:
        if not out or value - out[-1] > 2 * _NEAR:
            out.append(value)
    return tuple(out)

"""Running headers and footers, page numbers and watermarks of a PDF, known by standing in the same place on several pages."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from gba_qa.readers.furniture import is_page_number
from gba_qa.readers.pdf_runs import Run

__all__ = ["drop_running"]

_EDGE = 0.1  # of the page's height, at the top and at the bottom
_BAND = 4.0  # points: how far the same header may move from page to page
_RULE = re.compile(r"[_\u2014\u2500-]{4,}")


def drop_running(pages: Sequence[tuple[float, Sequence[Run]]]) -> list[list[Run]]:
    """The runs of each page (its height comes with it) without the furniture."""
    places: dict[tuple[str, bool], list[tuple[int, float, float]]] = defaultdict(list)
    for number, (height, runs) in enumerate(pages):
        for run in runs:
            places[_key(run.text), _at_edge(run, height)].append((number, run.top, run.x0))
    return [[run for run in runs if not _is_running(run, runs, height, places, len(pages))] for height, runs in pages]


def _is_running(
    run: Run,
    runs: Sequence[Run],
    height: float,
    places: dict[tuple[str, bool], list[tuple[int, float, float]]],
    count: int,
) -> bool:
    edge = _at_edge(run, height)
    if edge and is_page_number(run.text):
        return not any(
            0 <= other.x0 - run.x1 < 2 * run.size and abs(other.middle - run.middle) < 0.5 * run.size for other in runs
        )
    here = places[_key(run.text), edge]
    same = {number for number, top, x0 in here if abs(top - run.top) < _BAND and (edge or abs(x0 - run.x0) < _BAND)}
    if edge:
        return len(same) >= (2 if count <= 8 else 3) and len(run.text) < 160
    return count >= 4 and len(same) > 0.6 * count and not re.fullmatch(r"[\W\d]*", run.text)


def _at_edge(run: Run, height: float) -> bool:
    return run.middle < _EDGE * height or run.middle > (1 - _EDGE) * height


def _key(text: str) -> str:
    """Page numbers and rules of any length do not make another header."""
    return re.sub(r"\d+", "0", _RULE.sub("_", re.sub(r"\s+", "", text))).lower()

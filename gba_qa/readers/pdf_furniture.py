"""Running headers and footers, page numbers and watermarks of a PDF, known by standing in the same place on several pages."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from gba_qa.readers.furniture import is_page_number
from gba_qa.readers.pdf_runs import Run

__all__ = ["PageRuns", "drop_running"]

_EDGE = 0.1  # of the page's height, at the top and at the bottom
_BAND = 4.0  # points: how far the same header may move from page to page
_RULE = re.compile(r"[_\u2014\u2500-]{4,}")


@dataclass(frozen=True, slots=True)
class PageRuns:
    """What the furniture is told from: a page's number, its height in points and its runs."""

    number: int
    height: float
    runs: Sequence[Run]


def drop_running(pages: Sequence[PageRuns]) -> list[list[Run]]:
    """The runs of each page without the furniture.

    A lone number at a page's edge is a page number when it counts with the pages: 7 on the 5th, 8 on the 6th.  Other lone numbers are
    the labels of footnotes, or figures.
    """
    places: dict[tuple[str, bool], list[tuple[int, float, float]]] = defaultdict(list)
    offsets: Counter[int] = Counter()
    for page in pages:
        for run in page.runs:
            places[_key(run.text), _at_edge(run, page.height)].append((page.number, run.top, run.x0))
        offsets.update({n - page.number for run in page.runs if (n := _page_number(run, page)) is not None})
    counting = {offset for offset, seen in offsets.items() if seen >= 2 or len(pages) == 1}
    return [[run for run in page.runs if not _is_running(run, page, places, counting, len(pages))] for page in pages]


def _page_number(run: Run, page: PageRuns) -> int | None:
    """The number that stands alone at the edge of the page, or None."""
    if run.table is not None or not _at_edge(run, page.height) or not re.fullmatch(r"\W*\d{1,4}\W*", run.text):
        return None
    beside = (
        0 <= other.x0 - run.x1 < 2 * run.size and abs(other.middle - run.middle) < 0.5 * run.size for other in page.runs
    )
    return None if any(beside) else int(re.sub(r"\D", "", run.text))


def _is_running(
    run: Run,
    page: PageRuns,
    places: dict[tuple[str, bool], list[tuple[int, float, float]]],
    counting: set[int],
    count: int,
) -> bool:
    if run.table is not None:
        return False
    edge = _at_edge(run, page.height)
    number = _page_number(run, page)
    if number is not None:
        return number - page.number in counting or bool(re.search(r"[-–—]", run.text))
    if edge and is_page_number(run.text) and not run.text.isdecimal():
        return True
    if not edge and not _is_large(run, page):
        return False  # the same words in the same place of the text are the form of a form
    here = places[_key(run.text), edge]
    same = {n for n, top, x0 in here if abs(top - run.top) < _BAND and (edge or abs(x0 - run.x0) < _BAND)}
    if edge and not run.text.isdecimal():
        return len(same) >= (2 if count <= 8 else 3) and len(run.text) < 160
    return count >= 4 and len(same) > 0.6 * count and not re.fullmatch(r"[\W\d]*", run.text)


def _is_large(run: Run, page: PageRuns) -> bool:
    """A watermark is set larger than the text that it lies under."""
    sizes = sorted(other.size for other in page.runs if other.table is None)
    return run.size > 1.4 * sizes[len(sizes) // 2]


def _at_edge(run: Run, height: float) -> bool:
    return run.middle < _EDGE * height or run.middle > (1 - _EDGE) * height


def _key(text: str) -> str:
    """Page numbers and rules of any length do not make another header."""
    return re.sub(r"\d+", "0", _RULE.sub("_", re.sub(r"\s+", "", text))).lower()

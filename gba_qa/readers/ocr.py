"""Pages that have no usable text layer, read from their picture (extra `ocr`: RapidOCR, whose models come with the package).

Lines come back as runs with their boxes, so that columns, tables and furniture are found as on any other page.  What the recogniser is
unsure of is left out.  Limits: text set upright (直排) is left out, and a slip in a letter is not seen.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from gba_qa.errors import MissingDependency, ReadError, install_command
from gba_qa.readers.lines import HAN
from gba_qa.readers.pdf_runs import Run
from gba_qa.text import normalize

__all__ = ["OCR_CAN_READ", "check_ocr", "ocr_pages"]

OCR_CAN_READ = ("scanned: no text layer", "garbled text layer")
"""How the faults begin that OCR can mend; a page that it has tried has another."""
_LONGEST_SIDE = 2000  # pixels; the engine shrinks what is larger.  A4 then has 170 dots an inch
_SURE = 0.8  # of the recogniser's confidence; scanned print has .95 to 1, a half-hidden line .6
_MARGIN = 0.01  # of the width of a sheet: what crosses its fold by more is set across
_UPRIGHT = 1.5  # times as high as wide: a stamp or a note in the margin, turned
_HALF = re.compile(f"(?<=[{HAN}])[,:;!?](?=[{HAN}]|$)")  # the engine's mark for a full one between Chinese characters
_FULL = str.maketrans(",:;!?", "，：；！？")
_SAME = 0.25  # detected heights differ by this much within one size of type: with and without ascenders


def check_ocr() -> None:
    """Raises MissingDependency where the extra is not installed."""
    if find_spec("rapidocr") is None:
        raise MissingDependency(f"reading scanned pages needs an extra: `{install_command('ocr')}`", extra="ocr")


def ocr_pages(path: Path, source: str, numbers: Sequence[int]) -> dict[int, tuple[list[Run], float]]:
    """Page number (from 1) → its runs, in points from the top left corner, and the height they take; no runs where nothing was found.

    A sheet with two pages side by side comes as one page of twice the height, so that they are read one after the other.  Takes some two seconds of one core and 0.7 GB for a page of print.  Raises MissingDependency, ReadError.
    """
    import pypdfium2 as pdfium

    check_ocr()
    engine = _engine()
    try:
        document = pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        raise ReadError(f"{source}: broken PDF ({error})") from None
    try:
        return {number: _page(document[number - 1], engine) for number in numbers}
    finally:
        document.close()


@cache
def _engine() -> Any:
    from rapidocr import RapidOCR

    threads = os.environ.get("GBA_QA_THREADS", "")
    return RapidOCR(
        params={
            "Global.log_level": "critical",
            "EngineConfig.onnxruntime.intra_op_num_threads": int(threads) if threads.isdecimal() else -1,
        }
    )


def _page(page: Any, engine: Any) -> tuple[list[Run], float]:
    try:
        width, height = page.get_size()
        scale = _LONGEST_SIDE / max(width, height, 1.0)
        found = engine(page.render(scale=scale).to_numpy()[:, :, :3])
    finally:
        page.close()
    if found.txts is None:
        return [], height
    runs = []
    for text, score, box in zip(found.txts, found.scores, found.boxes, strict=True):
        x0, x1 = (float(side) / scale for side in (box[:, 0].min(), box[:, 0].max()))
        top, bottom = (float(side) / scale for side in (box[:, 1].min(), box[:, 1].max()))
        text = _HALF.sub(lambda mark: mark.group().translate(_FULL), normalize(text).strip())
        if text and score >= _SURE and (len(text) < 2 or bottom - top < _UPRIGHT * (x1 - x0)):
            runs.append(Run(text, x0, x1, top, bottom, bottom - top))
    return _unfolded(_levelled(runs), width, height)


def _unfolded(runs: list[Run], width: float, height: float) -> tuple[list[Run], float]:
    """Of a sheet across with nothing over its fold, the right page put under the left one."""
    fold, edge = width / 2, _MARGIN * width
    right = [run for run in runs if run.x0 > fold]
    across = any(run.x0 < fold - edge and run.x1 > fold + edge for run in runs)
    if width < 1.2 * height or across or len(right) in (0, len(runs)):
        return runs, height
    for run in right:
        run.x0, run.x1, run.top, run.bottom = run.x0 - fold, run.x1 - fold, run.top + height, run.bottom + height
    return runs, 2 * height


def _levelled(runs: list[Run]) -> list[Run]:
    """Sizes near the middle one made equal to it: the boxes of lines of one type differ, and headings are told by their size."""
    sizes = sorted(run.size for run in runs for _ in run.text)
    usual = sizes[len(sizes) // 2] if sizes else 0.0
    for run in runs:
        if abs(run.size - usual) <= _SAME * usual:
            run.size = usual
    return runs

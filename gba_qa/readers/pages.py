"""A page of a PDF as a picture, with the lines of a quote marked: what was cited, where it stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gba_qa.errors import ReadError, UsageError
from gba_qa.text import fold, normalize

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["page_image"]

_SHORTEST_PIECE = 6  # characters of a quote that crosses a page: less says nothing
_LARGEST_SIDE = 4000  # pixels

_Box = tuple[float, float, float, float]  # left, top, right, bottom


def page_image(
    path: Path, page: int, quote: str = "", *, scale: float = 2.0, color: tuple[int, int, int] = (255, 226, 110)
) -> Image:
    """Page `page` (from 1) at `scale` times 72 dpi; the quote's lines lie under `color`.

    A quote that crosses pages is marked as far as it stands on this one; a table row cell by cell.  A quote that isn't found marks
    nothing.  Raises ReadError for a file that is no readable PDF, UsageError for a page that it doesn't have.
    """
    import pypdfium2 as pdfium
    from PIL import Image, ImageChops, ImageDraw

    path = Path(path)
    try:
        document = pdfium.PdfDocument(path)
    except (pdfium.PdfiumError, OSError) as error:
        raise ReadError(f"{path}: no page picture ({error})") from error
    try:
        if not 1 <= page <= len(document):
            raise UsageError(f"{path} has {len(document)} pages, not a page {page}")
        sheet = document[page - 1]
        width, height = sheet.get_size()
        scale = min(scale, _LARGEST_SIDE / max(width, height, 1.0))
        picture: Image.Image = sheet.render(scale=scale).to_pil().convert("RGB")
        boxes = list(_quote_boxes(sheet, quote)) if quote.strip() else []
        if boxes:
            marks = Image.new("RGB", picture.size, (255, 255, 255))
            draw = ImageDraw.Draw(marks)
            for left, top, right, bottom in boxes:
                draw.rectangle([left * scale - 1, top * scale - 1, right * scale + 1, bottom * scale + 1], fill=color)
            picture = ImageChops.multiply(picture, marks)
        return picture
    finally:
        document.close()


def _quote_boxes(sheet: Any, quote: str) -> Iterator[_Box]:
    text_page = sheet.get_textpage()
    try:
        key, boxes = _page_key(sheet, text_page)
    finally:
        text_page.close()
    for start, end in _find(key, quote):
        yield from _lines(boxes[start:end])


def _page_key(sheet: Any, text_page: Any) -> tuple[str, list[_Box]]:
    """The page's letters and digits, folded, and the box of each: spaces, hyphens and punctuation are not what a quote differs by."""
    import pypdfium2.raw as raw

    left, _, _, ceiling = sheet.get_bbox()
    box = raw.FS_RECTF()
    key: list[str] = []
    boxes: list[_Box] = []
    for i in range(text_page.count_chars()):
        code = raw.FPDFText_GetUnicode(text_page, i)
        if code < 32 or 0xD800 <= code < 0xE000 or not raw.FPDFText_GetLooseCharBox(text_page, i, box):
            continue
        for char in _key(chr(code)):
            key.append(char)
            boxes.append((box.left - left, ceiling - box.top, box.right - left, ceiling - box.bottom))
    return "".join(key), boxes


def _key(text: str) -> str:
    return "".join(c for c in fold(normalize(text)) if c.isalnum())


def _find(key: str, quote: str) -> list[tuple[int, int]]:
    """Where the quote stands in the page's key: whole; else its beginning at most and its end; else the cells of a table row."""
    wanted = _key(quote)
    at = key.find(wanted)
    if not wanted or at >= 0:
        return [(at, at + len(wanted))] if wanted else []
    if " | " in quote:
        cells = [_key(cell) for cell in quote.split(" | ")]
        anchor = max((key.find(cell) for cell in cells if len(cell) >= 2), default=-1)
        found = [(key.find(cell, max(0, anchor - 200)), len(cell)) for cell in cells if cell]
        return [(start, start + length) for start, length in found if start >= 0]
    head = _longest(lambda n: wanted[:n] in key, len(wanted))
    tail = _longest(lambda n: wanted[len(wanted) - n :] in key, len(wanted))
    spans = []
    if head >= _SHORTEST_PIECE:
        spans.append((key.find(wanted[:head]), key.find(wanted[:head]) + head))
    if tail >= _SHORTEST_PIECE and tail + head <= len(wanted) + _SHORTEST_PIECE:
        at = key.rfind(wanted[len(wanted) - tail :])
        spans.append((at, at + tail))
    return spans


def _longest(holds: Any, most: int) -> int:
    """The largest n up to `most` for which `holds(n)`, which holds for all smaller ones too."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if holds(middle) else (low, middle - 1)
    return low


def _lines(boxes: Sequence[_Box]) -> Iterator[_Box]:
    """Boxes of neighbouring characters as one a line."""
    current: _Box | None = None
    for box in boxes:
        if (
            current is not None
            and min(box[3], current[3]) - max(box[1], current[1]) > 0.4 * (current[3] - current[1])
            and current[0] - 2 < box[0] < current[2] + 3 * (current[3] - current[1])
        ):
            current = (current[0], min(current[1], box[1]), max(current[2], box[2]), max(current[3], box[3]))
            continue
        if current is not None:
            yield current
        current = box
    if current is not None:
        yield current

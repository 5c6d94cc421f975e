"""PowerPoint: each slide is a page; its title a heading; bullets, tables, charts and notes kept, in the order that they are read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gba_qa.errors import ReadError
from gba_qa.readers.limits import open_zip
from gba_qa.readers.part import Part
from gba_qa.readers.parts import compose, table_parts
from gba_qa.text import normalize
from gba_qa.types import Document

__all__ = ["read_slides"]

_FURNITURE = frozenset(("DATE", "FOOTER", "SLIDE_NUMBER", "HEADER"))
_DEEPEST = 20  # groups within groups
_MOST_SLIDES = 3000


def read_slides(path: Path, source: str) -> Document:
    """Raises ReadError for what is no presentation and for one without text."""
    from pptx import Presentation
    from pptx.exc import PackageNotFoundError

    open_zip(path, source).close()
    try:
        show = Presentation(str(path))
    except (PackageNotFoundError, KeyError, ValueError, AttributeError) as error:
        raise ReadError(f"{source}: broken, or no presentation ({str(error)[:100]})") from error
    parts: list[Part] = []
    slides = list(show.slides)[:_MOST_SLIDES]
    for number, slide in enumerate(slides, start=1):
        if slide._element.get("show") == "0":  # hidden from the audience
            continue
        parts += _slide_parts(slide, number)
    meta: dict[str, object] = {"format": "pptx", "page_count": len(slides)}
    if show.core_properties.author:
        meta["author"] = show.core_properties.author
    first = next((p.text for p in parts if p.kind == "heading"), "")
    return compose(
        parts, source=source, titles=(first, show.core_properties.title or ""), page_count=len(slides), meta=meta
    )


def _slide_parts(slide: Any, number: int) -> list[Part]:
    title = slide.shapes.title
    parts: list[Part] = []
    if title is not None and (text := _clean(title.text_frame.text)):
        parts.append(Part("heading", " ".join(text.split()), 1, page=number))
    shapes = sorted(
        _flatten(slide.shapes), key=lambda s: (round((s.top or 0) / 300_000), s.left or 0)
    )  # rows of a third of an inch
    for shape in shapes:
        if title is not None and shape.shape_id == title.shape_id:
            continue
        if (
            shape.is_placeholder
            and shape.placeholder_format.type is not None
            and shape.placeholder_format.type.name in _FURNITURE
        ):
            continue
        if getattr(shape, "has_table", False) and shape.has_table:
            rows = [["" if cell.is_spanned else _clean(cell.text) for cell in row.cells] for row in shape.table.rows]
            parts += table_parts(rows, header=True if shape.table.first_row else None, page=number)
        elif getattr(shape, "has_chart", False) and shape.has_chart:
            parts += _chart_parts(shape.chart, number)
        elif shape.has_text_frame:
            parts += _text_parts(shape.text_frame, number)
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        parts += [
            Part("footnote", p.text, page=number) for p in _text_parts(slide.notes_slide.notes_text_frame, number)
        ]
    return parts


def _flatten(shapes: Any, depth: int = 0) -> Iterator[Any]:
    for shape in shapes:
        if hasattr(shape, "shapes") and depth < _DEEPEST:
            yield from _flatten(shape.shapes, depth + 1)
        else:
            yield shape


def _text_parts(frame: Any, number: int) -> list[Part]:
    parts: list[Part] = []
    several = sum(bool(p.text.strip()) for p in frame.paragraphs) > 1
    for paragraph in frame.paragraphs:
        text = _clean(paragraph.text)
        if text:
            parts.append(
                Part("list_item", f"• {text}" if not re.match(r"[•\-–\d(（]", text) else text, page=number)
                if several
                else Part("paragraph", text, page=number)
            )
    return parts


def _chart_parts(chart: Any, number: int) -> list[Part]:
    """A chart as the table that it was drawn from."""
    try:
        plot = chart.plots[0]
        names = [str(c) for c in plot.categories]
        series = [(s.name or "", list(s.values)) for s in plot.series]
    except (IndexError, KeyError, ValueError, AttributeError, TypeError):
        return []
    caption = _clean(chart.chart_title.text_frame.text) if chart.has_title and chart.chart_title.has_text_frame else ""
    rows = [["", *(name for name, _ in series)]]
    rows += [
        [name, *("" if i >= len(v) or v[i] is None else f"{v[i]:g}" for _, v in series)] for i, name in enumerate(names)
    ]
    return (
        table_parts(rows, caption=caption, header=True, page=number)
        if len(rows) > 1 and any(map(any, rows[1:]))
        else []
    )


def _clean(text: str) -> str:
    return re.sub(r"[ \t\u3000]+", " ", normalize(text).replace("\v", "\n")).strip()

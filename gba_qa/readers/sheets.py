"""Spreadsheets and CSV: every table as rows that carry its header; each sheet under its name."""

from __future__ import annotations

import csv
import datetime
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from gba_qa.errors import ReadError
from gba_qa.readers.encoding import decode
from gba_qa.readers.limits import MOST_TEXT, check_size, open_zip
from gba_qa.readers.part import Part
from gba_qa.readers.parts import compose, table_parts
from gba_qa.text import normalize
from gba_qa.types import Document

__all__ = ["read_csv", "read_sheets"]

_MOST_ROWS = 50_000  # over all sheets; the rest is left unread, with a note in meta
_MOST_COLUMNS = 200


def read_sheets(path: Path, source: str) -> Document:
    """The values as they were last computed; hidden sheets are left out.  Raises ReadError for what is no workbook."""
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    open_zip(path, source).close()
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, KeyError, ValueError, AttributeError, TypeError) as error:
        raise ReadError(f"{source}: broken, or no workbook ({str(error)[:100]})") from error
    parts: list[Part] = []
    meta: dict[str, object] = {"format": "xlsx"}
    try:
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        left = _MOST_ROWS
        for sheet in sheets:
            rows = []
            for row in sheet.iter_rows(max_col=_MOST_COLUMNS):
                if left <= 0:
                    meta["note"] = f"only the first {_MOST_ROWS} rows were read"
                    break
                rows.append([_shown(cell) for cell in row])
                left -= 1
            found = list(_tables(rows))
            if found:
                parts.append(Part("heading", sheet.title, 1))
                parts += found
        title = book.properties.title or ""
        if book.properties.creator and book.properties.creator != "openpyxl":
            meta["author"] = book.properties.creator
    finally:
        book.close()
    names = [p.text for p in parts if p.kind == "heading"]
    return compose(
        parts,
        source=source,
        titles=(
            title,
            *(n for n in names[:1] if not re.fullmatch(r"(?:sheet|工作表|工作簿)\s*\d*", n, re.IGNORECASE)),
            Path(source).stem,
        ),
        meta=meta,
    )


def read_csv(path: Path, source: str) -> Document:
    """Comma, semicolon or tab separated; the encoding and the separator are found out."""
    check_size(path, source, MOST_TEXT)
    text, encoding = decode(path.read_bytes())
    text = normalize(text)
    if text.count("\x00") > 0.01 * len(text):
        raise ReadError(f"{source}: not text, though its suffix says so")
    try:
        rows = [
            row[:_MOST_COLUMNS]
            for row, _ in zip(
                csv.reader(io.StringIO(text), delimiter=_separator(text, path.suffix)),
                range(_MOST_ROWS + 1),
                strict=False,
            )
        ]
    except csv.Error as error:
        raise ReadError(f"{source}: broken table ({error})") from error
    meta: dict[str, object] = {"format": "csv", "encoding": encoding}
    if len(rows) > _MOST_ROWS:
        meta["note"] = f"only the first {_MOST_ROWS} rows were read"
    return compose(_tables(rows[:_MOST_ROWS]), source=source, title=Path(source).stem, meta=meta)


def _separator(text: str, suffix: str) -> str:
    """The sign that parts the first lines into the same number of cells, the most cells winning."""
    if suffix.lower() == ".tsv":
        return "\t"
    lines = [line for line in text.split("\n")[:50] if line.strip()]
    best, score = ",", 0.0
    for sign in ",;\t|":
        counts = [line.count(sign) for line in lines]
        usual = max(set(counts), key=counts.count) if counts else 0
        value = usual * counts.count(usual) / max(1, len(counts))
        if value > score:
            best, score = sign, value
    return best


def _tables(rows: Sequence[Sequence[str]]) -> Iterator[Part]:
    """Tables are parted by blank rows; a row with one cell above a table is its caption, elsewhere a paragraph."""
    block: list[list[str]] = []
    for row in [*rows, []]:
        if any(cell.strip() for cell in row):
            block.append([" ".join(cell.split()) for cell in row])
            continue
        yield from _table(block)
        block = []


def _table(block: list[list[str]]) -> Iterator[Part]:
    captions: list[str] = []
    while block and sum(map(bool, block[0])) == 1:
        captions.append(next(filter(None, block.pop(0))))
    notes: list[str] = []
    while block and sum(map(bool, block[-1])) == 1 and max(map(len, block[-1])) > 12:
        notes.insert(0, next(filter(None, block.pop())))
    if not block:
        yield from (Part("paragraph", text) for text in captions + notes)
        return
    used = [i for i in range(max(map(len, block))) if any(i < len(row) and row[i] for row in block)]
    table = [[row[i] if i < len(row) else "" for i in used] for row in block]
    if len(used) == 1:
        yield from (Part("paragraph", text) for text in [*captions, *(row[0] for row in table), *notes])
        return
    yield from table_parts(table, caption=" ".join(captions))
    yield from (Part("caption", text) for text in notes)


def _shown(cell: Any) -> str:
    """A value as a reader of the sheet sees it: percentages, dates and whole numbers as such."""
    value = cell.value
    if value is None:
        return ""
    form = str(getattr(cell, "number_format", "") or "")
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%d" if not (value.hour or value.minute or value.second) else "%Y-%m-%d %H:%M")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, int | float):
        if "%" in form:
            places = re.search(r"0\.(0+)%", form)
            return f"{value * 100:.{len(places.group(1)) if places else 0}f}%"
        comma = "," if "," in form else ""
        if isinstance(value, float) and not value.is_integer():
            places = re.search(r"0\.(0+)", form)
            return (
                f"{value:{comma}.{len(places.group(1))}f}"
                if places
                else f"{value:{comma}.10g}"
                if not comma
                else f"{value:{comma}}"
            )
        return f"{int(value):{comma}}" if abs(value) < 1e15 else f"{value:g}"
    return normalize(str(value))

"""PDF: the text in reading order with true page numbers, furniture and footnotes taken out, pages that can't be read named.

`Document.meta["skipped_pages"]` lists [page, reason] for pages without text (scans) or with a garbled text layer, `meta["ocr_pages"]`
those of them that were read by OCR, which is done on demand.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gba_qa.errors import ReadError
from gba_qa.readers.footnotes import note_parts
from gba_qa.readers.limits import check_streams
from gba_qa.readers.lines import HAN, NUMBERED, Line, ends_sentence, glue, list_mark, tidy, width
from gba_qa.readers.mend import mend
from gba_qa.readers.ocr import OCR_CAN_READ, ocr_pages
from gba_qa.readers.part import Part
from gba_qa.readers.parts import compose
from gba_qa.readers.pdf_furniture import PageRuns, drop_running
from gba_qa.readers.pdf_layout import Row, rows_of
from gba_qa.readers.pdf_quality import is_chinese, page_fault
from gba_qa.readers.pdf_rules import Rule, page_rules
from gba_qa.readers.pdf_runs import Run, page_runs
from gba_qa.readers.pdf_tables import with_aligned_tables, with_ruled_tables
from gba_qa.types import Document

__all__ = ["read_pdf"]

_MOST_PAGES = 3000  # the rest is left unread, with a note in meta
_MOST_CHARACTERS = 12_000_000  # likewise; a page of a book has about 1,500
_SMALL = 0.88  # of the body's type: footnotes are set smaller than this


@dataclass
class _Page:
    number: int
    width: float
    height: float
    runs: list[Run]
    images: bool = False
    fault: str = ""
    rules: list[Rule] = field(default_factory=list)


def read_pdf(path: Path, source: str, *, ocr: bool = False) -> Document:
    """Raises ReadError: needs a password; broken or truncated; no usable text on any page, with the commonest reason.

    `ocr`: read pages without a usable text layer from their picture (MissingDependency without the extra).
    """
    pages, info, count = _load(path, source)
    chinese = is_chinese([run.text for page in pages for run in page.runs]) or bool(
        re.search(f"[{HAN}]", info.get("Title", ""))
    )
    for page in pages:
        text = "\n".join(run.text for run in page.runs)
        if not text.strip():
            page.fault = "scanned: no text layer" if page.images else "empty"
        else:
            page.fault = page_fault(text, chinese=chinese)
    read_by_ocr = _ocr(path, source, pages) if ocr else []
    good = [page for page in pages if not page.fault]
    if not good:
        reasons = Counter(page.fault for page in pages if page.fault != "empty")
        reason = reasons.most_common(1)[0][0] if reasons else "its pages are empty"
        raise ReadError(f"{source}: {reason} (all {count} pages)" if count > 1 else f"{source}: {reason}")
    meta: dict[str, object] = {"format": "pdf", "page_count": count}
    meta.update({key.lower(): info[key] for key in ("Author", "Subject", "CreationDate") if info.get(key)})
    skipped = [[page.number, page.fault] for page in pages if page.fault and page.fault != "empty"]
    if skipped:
        meta["skipped_pages"] = skipped
    if read_by_ocr:
        meta["ocr_pages"] = read_by_ocr
    if count > len(pages):
        meta["note"] = f"only the first {len(pages)} of {count} pages were read"
    body = _body_sizes([page.runs for page in good])
    titles = (_metadata_title(info), _largest_line(good[0], body) if good[0].number <= 2 else "")
    return compose(_parts(good, body), source=source, titles=titles, page_count=len(pages), meta=meta)


def _ocr(path: Path, source: str, pages: Sequence[_Page]) -> list[int]:
    """Give the faulty pages the runs that their pictures show; the numbers of those that are good now."""
    faulty = {page.number: page for page in pages if page.fault.startswith(OCR_CAN_READ)}
    for number, (runs, height) in ocr_pages(path, source, list(faulty)).items() if faulty else ():
        page = faulty[number]
        fault = _ocr_fault(runs, page.runs)
        page.fault = f"{page.fault.partition(':')[0]}, and OCR found {fault}" if fault else ""
        page.runs, page.height, page.rules = runs, height, []
    return [number for number, page in faulty.items() if not page.fault]


def _ocr_fault(runs: Sequence[Run], layer: Sequence[Run]) -> str:
    """What OCR found instead of the text, or ""; `layer` is the text that the page claims to have."""
    text = "\n".join(run.text for run in runs)
    if not text:
        return "no text"
    if page_fault(text):
        return "no words"
    seen, claimed = (sum(c.isalpha() for run in which for c in run.text) for which in (runs, layer))
    return "little of it" if seen < 0.5 * claimed else ""  # fonts that aren't there: figures without their labels


def _metadata_title(info: dict[str, str]) -> str:
    title = info.get("Title", "").strip()
    return "" if "\ufffd" in title or re.search(r"[À-ÿ]{3}", title) else title


_BODY_OR_OFFICE = re.compile(
    r"(?:政府|[組组局部署處处會会院所]|中心|大學|大学|委員會|委员会|University|Institute|Centre|Center|Department|Press|Ltd\.?)$"
)


def _largest_line(page: _Page, body: dict[bool, float]) -> str:
    """What is set largest on the first page, in one to three lines, if that is larger than the text; of several the longest that is not
    the name of an office."""
    rows = rows_of([run for run in page.runs if run.middle < 0.75 * page.height])
    largest = max((_scale(row, body) for row in rows), default=0.0)
    if largest < 1.2 and len(rows) > 8:
        return ""
    groups: list[list[Row]] = []
    for row in rows:
        if _scale(row, body) < 0.94 * largest:
            continue
        if groups and -0.5 * row.size < row.top - groups[-1][-1].bottom < 0.9 * row.size and len(groups[-1]) < 3:
            groups[-1].append(row)
        else:
            groups.append([row])
    titles = []
    for group in groups:
        text = ""
        for row in group:
            text = glue(text, _line_text(row), spaced=True) if text else _line_text(row)
        titles.append(text)
    if len(rows) > 10:  # no title page: what is set largest again and again are headings
        titles = [t for t in titles[:1] if len(titles) <= 2 and not NUMBERED.match(t)]
    return max(titles, key=lambda t: (not _BODY_OR_OFFICE.search(t), len(t)), default="")


def _load(path: Path, source: str) -> tuple[list[_Page], dict[str, str], int]:
    import pypdfium2 as pdfium

    check_streams(path, source)
    try:
        document = pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        raise ReadError(f"{source}: {_why(path, str(error))}") from None
    try:
        count = len(document)
        if count == 0:
            raise ReadError(f"{source}: no pages in it")
        info = {str(k): _clean(str(v)) for k, v in document.get_metadata_dict().items()}
        pages: list[_Page] = []
        length = 0
        while len(pages) < min(count, _MOST_PAGES) and length < _MOST_CHARACTERS:
            pages.append(_load_page(document, len(pages)))
            length += sum(len(run.text) for run in pages[-1].runs)
    finally:
        document.close()
    return pages, info, count


def _clean(value: str) -> str:
    return " ".join(value.replace("\x00", "").split())


def _why(path: Path, error: str) -> str:
    if "password" in error.lower():
        return "needs a password"
    data = path.read_bytes()
    if b"%PDF-" not in data[:1024]:
        return "not a PDF, though its suffix says so"
    return "broken or truncated PDF" if b"%%EOF" not in data[-2048:] else "broken PDF"


def _load_page(document: Any, index: int) -> _Page:
    import pypdfium2 as pdfium

    try:
        page = document[index]
    except pdfium.PdfiumError:
        return _Page(index + 1, 0, 0, [], fault="broken page")
    try:
        rules = page_rules(page)
        text_page = page.get_textpage()
        try:
            runs = page_runs(page, text_page, rules)
        finally:
            text_page.close()
        images = not runs and any(
            True
            for _ in page.get_objects(filter=[pdfium.raw.FPDF_PAGEOBJ_IMAGE, pdfium.raw.FPDF_PAGEOBJ_FORM], max_depth=1)
        )
        width, height = page.get_size()
        return _Page(index + 1, width, height, runs, images, rules=rules)
    except pdfium.PdfiumError:
        return _Page(index + 1, 0, 0, [], fault="broken page")
    finally:
        page.close()


def _parts(pages: Sequence[_Page], body: dict[bool, float]) -> list[Part]:
    kept = drop_running([PageRuns(p.number, p.height, with_ruled_tables(p.runs, p.rules, p.height)) for p in pages])
    lines: list[Line] = []
    notes: list[Part] = []
    for page, runs in zip(pages, kept, strict=True):
        rows = with_aligned_tables(rows_of(runs))
        rows, below = _split_notes(rows, body, page.height)
        notes += note_parts([_line_text(row) for row in below], page.number)
        lines += _lines(rows, page.number, body)
    return mend(lines, notes=notes, placed=True)


def _body_sizes(pages: Sequence[Sequence[Run]]) -> dict[bool, float]:
    """The commonest type size of Chinese and of other text: their line heights differ at the same nominal size.

    Where one of the two is rare, only its sizes near the other's count: it stands in footnotes and titles more than in the text.
    """
    counts: dict[bool, Counter[float]] = {True: Counter(), False: Counter()}
    for runs in pages:
        for run in runs:
            counts[_is_han(run.text)][round(run.size * 2) / 2] += len(run.text)
    main = counts[True].total() * 2 >= counts[False].total()
    body = counts[main].most_common(1)[0][0] if counts[main] else 10.0
    near = {size: count for size, count in counts[not main].items() if 0.88 * body <= size <= 1.3 * body}
    return {main: body, not main: max(near, key=lambda size: near[size]) if near else body}


def _is_han(text: str) -> bool:
    """A run with any Chinese has its size from the Chinese in it."""
    return bool(re.search(f"[{HAN}]", text))


def _scale(row: Row, body: dict[bool, float]) -> float:
    longest = max(row.runs, key=lambda run: len(run.text))
    return longest.size / body[_is_han(longest.text)]


def _line_text(row: Row) -> str:
    text = ""
    last: Run | None = None
    for run in row.runs:
        far = last is not None and run.x0 - last.x1 > 1.0 * run.size
        text = f"{text} {run.text}" if far else glue(text, run.text, spaced=True) if text else run.text
        last = run
    return tidy(text)


def _cells(row: Row) -> int:
    return 1 + sum(
        b.x0 - a.x1 > 1.5 * b.size
        for a, b in zip(row.runs, row.runs[1:], strict=False)
        if not list_mark(f"{a.text} x") and not NUMBERED.match(f"{a.text} x")
    )


def _split_notes(rows: list[Row], body: dict[bool, float], height: float) -> tuple[list[Row], list[Row]]:
    """(the body, the footnotes): small type at the foot of the page, below everything of the body's size."""
    usual = [row for row in rows if _scale(row, body) > _SMALL and sum(len(r.text) for r in row.runs) > 8]
    if not usual:
        return rows, []
    floor = max(row.bottom for row in usual)
    below = [row for row in rows if row.top > floor - 2 and _scale(row, body) <= _SMALL and row.top > 0.4 * height]
    if not below or not re.match(r"^(?:\d{1,3}|[*†‡①-⑳]|\S{2,8}[：:])", _line_text(below[0])):
        return rows, []
    taken = set(below)
    return [row for row in rows if row not in taken], below


def _lines(rows: Sequence[Row], page: int, body: dict[bool, float]) -> list[Line]:
    lines: list[Line] = []
    spacing = _spacing(rows)
    for i, row in enumerate(rows):
        if row.runs[0].table is not None:
            lines.append(Line(text="", width=0, page=page, table=row.runs[0].table))
            continue
        text = _line_text(row)
        if not text:
            continue
        longest = max(row.runs, key=lambda run: len(run.text))
        unit = max(0.5, (longest.x1 - longest.x0) / max(1.0, width(longest.text)))
        before = rows[i - 1] if i and rows[i - 1].right == row.right and rows[i - 1].top < row.top else None
        after = (
            rows[i + 1] if i + 1 < len(rows) and rows[i + 1].right == row.right and rows[i + 1].top > row.top else None
        )
        step = row.top - before.top if before else spacing
        bold = sum(len(r.text) for r in row.runs if r.bold) > 0.6 * sum(len(r.text) for r in row.runs)
        lines.append(
            Line(
                text=text,
                width=(row.x1 - row.left) / unit,
                room=(row.right - row.left) / unit,
                gap=0 if step < max(1.45 * spacing, 1.3 * row.size) else 1 if step < 3 * spacing else 2,
                page=page,
                fresh=_is_fresh(row, before, after),
                scale=_scale(row, body),
                bold=bold,
                cells=1 if row.prose else _cells(row),
            )
        )
    return lines


def _spacing(rows: Sequence[Row]) -> float:
    """The usual distance from line to line."""
    steps = sorted(
        b.top - a.top for a, b in itertools.pairwise(rows) if a.right == b.right and 0 < b.top - a.top < 4 * a.size
    )
    return steps[len(steps) // 2] if steps else 1.5 * (rows[0].size if rows else 10.0)


def _is_fresh(row: Row, before: Row | None, after: Row | None) -> bool:
    """The first line of a paragraph is indented against its neighbours."""
    indent = row.x0 - row.left
    if before is None or not 0.7 * row.size < indent < 5 * row.size:
        return False
    text = _line_text(before)
    if before.x1 > before.right - 1.5 * row.size and not ends_sentence(text):  # the second line of a hanging indent
        return False
    if list_mark(text) or NUMBERED.match(text):
        return row.x0 > before.x0 + 0.7 * row.size and after is not None and row.x0 > after.x0 + 0.7 * row.size
    return row.x0 > before.x0 + 0.7 * row.size and (
        after is None or row.x0 > after.x0 + 0.7 * row.size or before.x1 < before.right - 3 * row.size
    )

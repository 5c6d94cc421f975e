"""Word documents as they read with all changes accepted: headings, lists with their numbers, tables, text boxes, footnotes.

Left out: deleted and hidden text, the table of contents, page headers and footers (these go to `meta["header"]`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from gba_qa.errors import ReadError
from gba_qa.readers.docx_numbering import Numbering
from gba_qa.readers.limits import open_zip
from gba_qa.readers.lines import BULLET, CAPTION, heading_level, list_mark
from gba_qa.readers.part import Part
from gba_qa.readers.parts import compose, table_parts
from gba_qa.text import normalize
from gba_qa.types import Document

__all__ = ["read_docx"]

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_SKIP = frozenset(
    f"{_W}{name}"
    for name in (
        "del",
        "moveFrom",
        "instrText",
        "delText",
        "rPr",
        "pPr",
        "sdtPr",
        "footnoteReference",
        "commentReference",
        "annotationRef",
    )
)
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_HEADING = re.compile(r"^(?:heading|標題|标题|überschrift|titre)\s*(\d)$", re.IGNORECASE)
_DEEPEST = 60  # nested tables and text boxes


def read_docx(path: Path, source: str) -> Document:
    """Raises ReadError for what is not a Word document, and for one without text."""
    import docx as word_files
    from docx.opc.exceptions import PackageNotFoundError

    open_zip(path, source).close()
    try:
        word = word_files.Document(str(path))
    except (PackageNotFoundError, KeyError, ValueError, AttributeError) as error:
        raise ReadError(f"{source}: broken, or no Word document ({error})") from error
    walk = _Walk(word)
    parts = walk.body(word.element.body)
    parts += walk.notes()
    meta: dict[str, object] = {"format": "docx"}
    properties = word.core_properties
    if properties.author:
        meta["author"] = properties.author
    if properties.modified:
        meta["date"] = properties.modified.isoformat()
    headers = dict.fromkeys(
        " ".join(p.text.split()) for s in word.sections for p in s.header.paragraphs if p.text.strip()
    )
    if headers:
        meta["header"] = " / ".join(headers)[:300]
    title = next((p.text for p in parts[:12] if p.kind == "heading" and p.level == 0), "")
    fixed = [Part(p.kind, p.text, max(1, p.level), p.context) if p.kind == "heading" else p for p in parts]
    named = " ".join((properties.title or "").split())
    if "".join(named.split()) not in "".join("".join(p.text.split()) for p in fixed):
        named = ""  # the properties are often those of the file that was written over
    return compose(fixed, source=source, titles=(title, _first_large(fixed), named), meta=meta)


def _first_large(parts: Sequence[Part]) -> str:
    """The title that a reader sees is truer than the file's properties, which are often those of the template."""
    return parts[0].text if parts and parts[0].kind == "heading" and not heading_level(parts[0].text) else ""


class _Walk:
    """Goes through the XML in reading order."""

    def __init__(self, word: Any) -> None:
        self.word = word
        self.numbering = Numbering(word)
        self.styles: dict[str, tuple[str, int]] = {}  # style id → (name, outline level or -1)
        for style in word.styles.element.iter(f"{_W}style"):
            name = style.find(f"{_W}name")
            outline = style.find(f"{_W}pPr/{_W}outlineLvl")
            self.styles[style.get(f"{_W}styleId", "")] = (
                name.get(f"{_W}val", "") if name is not None else "",
                int(outline.get(f"{_W}val", "9")) if outline is not None else -1,
            )

    def body(self, element: Any, depth: int = 0) -> list[Part]:
        parts: list[Part] = []
        if depth > _DEEPEST:
            return parts
        for child in element:
            if child.tag == f"{_W}p":
                parts += self.paragraph(child, depth)
            elif child.tag == f"{_W}tbl":
                parts += self.table(child, parts, depth)
            elif child.tag in (
                f"{_W}sdt",
                f"{_W}sdtContent",
                f"{_W}customXml",
                f"{_W}ins",
                f"{_W}moveTo",
                f"{_W}smartTag",
            ) and not self.is_contents(child):
                parts += self.body(child, depth + 1)
        return parts

    def is_contents(self, element: Any) -> bool:
        gallery = element.find(f"{_W}sdtPr/{_W}docPartObj/{_W}docPartGallery")
        return gallery is not None and "Table of Contents" in gallery.get(f"{_W}val", "")

    def paragraph(self, p: Any, depth: int) -> list[Part]:
        style = p.find(f"{_W}pPr/{_W}pStyle")
        name, outline = self.styles.get(style.get(f"{_W}val", "") if style is not None else "", ("", -1))
        boxes = [part for box in _boxes(p) for part in self.body(box, depth + 1)]
        if name.lower().startswith(("toc", "table of figures", "目錄", "目录")):
            return boxes
        text = _clean("".join(_text(p)))
        if not text:
            return boxes
        direct = p.find(f"{_W}pPr/{_W}outlineLvl")
        level = int(direct.get(f"{_W}val", "9")) if direct is not None else outline
        number = self.numbering.label(p, style.get(f"{_W}val", "") if style is not None else "")
        if number and not text.startswith(number):
            text = f"{number} {text}"
        heading = _HEADING.match(name)
        if name.lower() == "title":
            return [Part("heading", text, 0), *boxes]
        if heading or 0 <= level <= 8:
            return [Part("heading", text, int(heading.group(1)) if heading else level + 1), *boxes]
        if name.lower() == "caption" or (CAPTION.match(text) and len(text) < 120):
            return [Part("caption", text), *boxes]
        if not number and _looks_like_heading(p, text):
            return [Part("heading", text, heading_level(text) or 2), *boxes]
        listed = bool(number) or bool(BULLET.match(text)) or bool(list_mark(text)) or name.lower().startswith("list")
        return [Part("list_item" if listed else "paragraph", text), *boxes]

    def table(self, tbl: Any, before: list[Part], depth: int) -> list[Part]:
        rows: list[list[str]] = []
        header = 0
        below: dict[int, str] = {}  # column → text of the cell that is merged downwards
        cells = [tc for tr in _children(tbl, "tr") for tc in _children(tr, "tc")]
        if len(cells) == 1 or all(len(list(_children(tr, "tc"))) == 1 for tr in _children(tbl, "tr")):
            return [part for tc in cells for part in self.body(tc, depth + 1)]  # a frame, not a table
        for tr in _children(tbl, "tr"):
            if tr.find(f"{_W}trPr/{_W}del") is not None:
                continue
            row: list[str] = []
            for tc in _children(tr, "tc"):
                span = tc.find(f"{_W}tcPr/{_W}gridSpan")
                merge = tc.find(f"{_W}tcPr/{_W}vMerge")
                text = " ".join(part.text for part in self.body(tc, depth + 1))
                if merge is not None and merge.get(f"{_W}val") != "restart":
                    text = below.get(len(row), "")
                elif merge is not None:
                    below[len(row)] = text
                row += [text, *[""] * (min(int(span.get(f"{_W}val", "1")), 60) - 1 if span is not None else 0)]
            rows.append(row)
            if tr.find(f"{_W}trPr/{_W}tblHeader") is not None and header == len(rows) - 1:
                header += 1
        caption = before.pop().text if before and before[-1].kind == "caption" else ""
        if header > 1:
            names = [
                " ".join(dict.fromkeys(filter(None, column)))
                for column in zip(*(r + [""] * (max(map(len, rows)) - len(r)) for r in rows[:header]), strict=True)
            ]
            rows = [names, *rows[header:]]
        return table_parts(rows, caption=caption)

    def notes(self) -> list[Part]:
        """Footnotes and endnotes, each as a part behind the text."""
        parts: list[Part] = []
        for related in self.word.part.rels.values():
            kind = related.reltype.rsplit("/", 1)[-1]
            if kind not in ("footnotes", "endnotes") or related.is_external:
                continue
            from lxml import etree

            root = etree.fromstring(related.target_part.blob, etree.XMLParser(resolve_entities=False, no_network=True))
            for note in root:
                if note.get(f"{_W}type") in (None, "normal"):
                    text = _clean(" ".join("".join(_text(p)) for p in note.iter(f"{_W}p")))
                    if text:
                        parts.append(Part("footnote", f"{note.get(f'{_W}id', '')} {text}".strip()))
        return parts


def _children(element: Any, name: str) -> Iterator[Any]:
    """Children of that name, also inside content controls and accepted insertions."""
    for child in element:
        if child.tag == f"{_W}{name}":
            yield child
        elif child.tag in (f"{_W}sdt", f"{_W}sdtContent", f"{_W}ins", f"{_W}customXml"):
            yield from _children(child, name)


def _text(element: Any) -> Iterator[str]:
    """The visible text of a paragraph without that of its text boxes."""
    for child in element:
        tag = child.tag
        if tag in _SKIP or not isinstance(tag, str):
            continue
        if tag == f"{_W}r":
            hidden = child.find(f"{_W}rPr/{_W}vanish")
            if hidden is not None and hidden.get(f"{_W}val") not in ("0", "false"):
                continue
        if tag in (f"{_W}t", f"{_M}t"):
            yield child.text or ""
        elif tag == f"{_W}tab":
            yield "\t"
        elif tag in (f"{_W}br", f"{_W}cr"):
            yield "\n" if child.get(f"{_W}type") in (None, "textWrapping") else " "
        elif tag == f"{_W}noBreakHyphen":
            yield "-"
        elif tag == f"{_W}sym":
            yield "•" if child.get(f"{_W}font", "").lower().startswith(("symbol", "wingdings")) else ""
        elif tag not in (f"{_W}txbxContent", _FALLBACK):
            yield from _text(child)


def _boxes(p: Any) -> list[Any]:
    """Text boxes anchored here; the fallback copy that old versions of Word read is left out."""
    return [
        box
        for box in p.iter(f"{_W}txbxContent")
        if not any(a.tag in (_FALLBACK, f"{_W}del") for a in box.iterancestors())
        and next((a for a in box.iterancestors(f"{_W}p")), None) is p
    ]


def _clean(text: str) -> str:
    lines = [re.sub(r"[ \t\u3000]+", " ", line).strip() for line in normalize(text).split("\n")]
    return "\n".join(line for line in lines if line)


def _looks_like_heading(p: Any, text: str) -> bool:
    """Bold or numbered as chapters are, short, and no sentence."""
    if len(text) > 60 or "\n" in text or re.search(r"[。；;，,：:.!！]$", text) or sum(c.isalpha() for c in text) < 2:
        return False
    if heading_level(text) and re.match(r"^第\s*[一二三四五六七八九十百\d]+\s*[章節节部編编篇]", text):
        return True
    runs = [r for r in p.iter(f"{_W}r") if "".join(_text(r)).strip()]
    return bool(runs) and all(_is_bold(r) for r in runs)


def _is_bold(run: Any) -> bool:
    bold = run.find(f"{_W}rPr/{_W}b")
    return bold is not None and bold.get(f"{_W}val") not in ("0", "false")

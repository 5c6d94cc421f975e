"""From what a reader found, part by part, to a Document whose offsets are true by construction.

A reader hands over its parts in reading order; `compose` writes them one under the other and notes where each begins, where each
page begins and what the document is called.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from gba_qa.errors import ReadError
from gba_qa.readers.contents import without_contents
from gba_qa.readers.part import Part
from gba_qa.text import detect_language
from gba_qa.types import Block, Document, Language

__all__ = ["Part", "compose", "table_parts"]

_LANGUAGES: Mapping[str, Language] = {"en": "en", "zh-Hant": "zh-Hant", "zh-Hans": "zh-Hans"}
_CLOSE = frozenset({"list_item", "table_row", "table_header"})  # neighbours of one such kind stand on consecutive lines
_CELLS = frozenset({"table_row", "table_header"})  # an empty first cell keeps its place
_LONGEST_TITLE = 80  # characters; a longer first line is a sentence
_JUNK_TITLE = re.compile(
    r"^(?:microsoft (?:word|powerpoint|excel)\b.*|untitled.*|document\d*|slide ?\d+|powerpoint presentation|no(?:ne| title)|title|標題|标题|無標題.*|"
    r"[（(].*[）)]|.*\.(?:docx?|pdf|indd|qxd|wpd|rtf|xlsx?|pptx?|html?|tmp|cdr|ai|ps)|[\W\d_]*|[a-z]{0,4}[-_]?\d[a-z0-9_.-]*)$",
    re.IGNORECASE,
)
_GENERIC_HEADING = re.compile(
    r"^(?:[\d一二三四五六七八九十]+[.、．\s]*)*(?:引言|前言|緒論|绪论|導言|导言|序言?|摘\s*要|提要|目\s*[錄录]|結論|结论|小結|小结|abstract|summary|introduction|contents|table of contents|"
    r"preface|foreword|background|overview|keywords?|關鍵詞|关键词)[:：]?$",
    re.IGNORECASE,
)
_OFFICIAL = re.compile(
    r"^[^\n。；]{2,30}[关關][于於][^\n。；]{4,80}(?:通知|意見|意见|公告|規定|规定|辦法|办法|決定|决定|批[復复覆]|函|報告|报告|細則|细则|方案)$"
)
_NUMBERED = re.compile(
    r"^(?:\d{1,2}(?:\.\d{1,2})*[.、．]|[一二三四五六七八九十]{1,3}[、．.]|[（(][一二三四五六七八九十\d]{1,3}[）)]|[IVX]{1,5}\.|第[一二三四五六七八九十\d]+[章節节條条部編编])\s*\S"
)
_CHAPTER = re.compile(r"^\d{1,2}\s+(?=\S)")


def compose(
    parts: Iterable[Part],
    *,
    source: str,
    title: str = "",
    titles: Sequence[str] = (),
    language: str = "",
    page_count: int = 0,
    meta: Mapping[str, object] | None = None,
) -> Document:
    """The Document.  Raises ReadError when no part holds text.

    `title`, or the first of `titles`, is taken unless it is junk such as "Microsoft Word - 1.doc"; else the first heading or short first
    line; else the file's stem.  `language` is taken when it is one of ours, else it is detected.  `page_count` > 0 makes `pages` that long.
    """
    text_parts: list[str] = []
    blocks: list[Block] = []
    starts: dict[int, int] = {}
    length = 0
    before = ""
    for part in without_contents(list(parts)):
        body = part.text.rstrip() if part.kind not in _CELLS else part.text
        lead = len(body) - len(body.lstrip()) if part.kind not in _CELLS else 0
        body = body[lead:]
        if not body.strip(" |"):
            continue
        if text_parts:
            gap = (
                "\n"
                if (part.kind == before and part.kind in _CLOSE) or {part.kind, before} == {"table_header", "table_row"}
                else "\n\n"
            )
            text_parts.append(gap)
            length += len(gap)
        if part.page is not None:
            starts.setdefault(part.page, length)
        for offset, page in part.breaks:
            starts.setdefault(page, length + min(max(0, offset - lead), len(body)))
        blocks.append(Block(part.kind, length, length + len(body), part.level, part.context))
        text_parts.append(body)
        length += len(body)
        before = part.kind
    text = "".join(text_parts)
    if not text.strip():
        raise ReadError(f"{source}: no text in it")
    heading = _title((title, *titles), text, blocks, source)
    return Document(
        id=hashlib.sha256(f"{heading}\n{text}".encode("utf-8", "surrogatepass")).hexdigest()[:16],
        text=text,
        title=heading,
        source=source,
        language=_LANGUAGES.get(language) or detect_language(text),
        pages=_page_offsets(starts, page_count, length),
        meta=dict(meta or {}),
        blocks=tuple(blocks),
    )


def table_parts(
    rows: Sequence[Sequence[str]], *, caption: str = "", header: bool | None = None, page: int | None = None
) -> list[Part]:
    """A table as parts: cells joined by " | ", each row with caption and header as context.

    `header`: whether the first row names the columns; None: to be judged by what stands in it.
    """
    cleaned = [[" ".join(cell.split()) for cell in row] for row in rows]
    cleaned = [row for row in cleaned if any(row)]
    parts: list[Part] = []
    if caption:
        parts.append(Part("caption", caption, page=page))
    names = ""
    if header is None:
        header = _has_header(cleaned)
    if header and len(cleaned) > 1 and sum(map(bool, cleaned[0])) > 1:
        names = _join(cleaned[0])
        parts.append(Part("table_header", names, context=caption, page=page))
        cleaned = cleaned[1:]
    group = ""  # what stands in the first cell of a row stands for the rows below it that leave it empty
    for row in cleaned:
        group = row[0] or group
        about = f"{caption} › {group}".strip(" ›") if not row[0] and group and sum(map(bool, row)) > 1 else caption
        parts.append(Part("table_row", _join(row), context=f"{about}\n{names}".strip("\n"), page=page))
    return parts


_FIGURE = re.compile(r"^[^\w(（]*[-+−]?(?:[A-Z]{0,3}[$€£¥])?\d[\d ,.]*\s?(?:%|％|[^\W\d]{0,4})$")
_YEAR = re.compile(r"^(?:19|20)\d\d(?:[-–/](?:19|20)?\d\d)?\s*(?:年\D{0,6}|財年|财年)?$")


def _has_header(rows: Sequence[Sequence[str]]) -> bool:
    """The first row names the columns unless it is like the rows below it: figures, item numbers, holes."""
    if len(rows) < 2:
        return False
    first = rows[0]
    filled = [cell for cell in first if cell]
    if len(filled) < 2 or len(filled) < 0.6 * max(sum(map(bool, row)) for row in rows[1:]):
        return False
    return (
        not any(
            re.match(r"^[(（]?\d{1,2}[.)）、]?$", cell) or (_FIGURE.match(cell) and not _YEAR.match(cell))
            for cell in filled
        )
        and max(map(len, filled)) < 120
    )


def _join(cells: Sequence[str]) -> str:
    return " | ".join(cells)


def _page_offsets(starts: Mapping[int, int], page_count: int, length: int) -> tuple[int, ...]:
    """A page that holds no text begins where the next one does, so that no offset is ever on it."""
    if page_count <= 0:
        return ()
    offsets = [length] * page_count
    following = length
    for number in range(page_count, 0, -1):
        following = min(starts.get(number, following), following)
        offsets[number - 1] = following
    offsets[0] = 0 if 1 in starts else offsets[0]
    return tuple(offsets)


def _title(titles: Sequence[str], text: str, blocks: Sequence[Block], source: str) -> str:
    for candidate in (*titles, *_first_lines(text, blocks)):
        line = (
            " ".join(candidate.split()).strip('《》"“” ')
            if candidate.count("《") == 1 and candidate.startswith("《") and candidate.endswith("》")
            else " ".join(candidate.split())
        )
        if (
            line
            and len(line) <= 2 * _LONGEST_TITLE
            and not _JUNK_TITLE.match(line)
            and not _GENERIC_HEADING.match(line)
            and sum(c.isalpha() for c in line) >= 2
        ):
            return line
    return Path(source).stem or source


def _first_lines(text: str, blocks: Sequence[Block]) -> list[str]:
    """What may serve as a title: a heading among the first three blocks, the highest first, then the first line if it is short."""
    official = next((text[b.start : b.end] for b in blocks[:8] if _OFFICIAL.match(text[b.start : b.end])), "")
    if official:
        return [official]
    early = [b for b in blocks[:3] if b.kind == "heading" and not _NUMBERED.match(text[b.start : b.end])]
    lines = [_CHAPTER.sub("", text[b.start : b.end]) for b in sorted(early, key=lambda b: b.level)]
    first = next((b for b in blocks if b.kind in ("paragraph", "heading")), None)
    if (
        first is not None
        and first is blocks[0]
        and first.kind == "paragraph"
        and first.end - first.start <= _LONGEST_TITLE
        and text[first.end - 1] not in "。.；;，,：:"
    ):
        lines.append(text[first.start : first.end])
    return lines

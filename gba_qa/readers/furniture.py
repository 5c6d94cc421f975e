"""Running headers and footers, page numbers, copyright lines and watermarks: what a page has that the text has not."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

from gba_qa.readers.lines import Line

__all__ = ["drop_furniture", "is_page_number"]

_COPYRIGHT = re.compile(r"^(?:©|\(c\)\s|Copyright\b|版權所有|版权所有).{0,60}$", re.IGNORECASE)
_NUMBER_AND_TITLE = re.compile(r"^(?:\d{1,4}\s*[｜|∣│]\s*\S.{0,50}|\S.{0,50}\s*[｜|∣│]\s*\d{1,4})$")
_PAGE_NUMBER = re.compile(
    r"^(?:[-–—~·•]?\s*\d{1,4}\s*[-–—~·•]?|[-–—]\s*[ivxlc]{1,6}\s*[-–—]|(?:page|p\.)\s*\d{1,4}(?:\s*(?:of|/)\s*\d{1,4})?|\d{1,4}\s*(?:/|of)\s*\d{1,4}|第\s*[\d一二三四五六七八九十百]{1,4}\s*[頁页](?:\s*[,，/]?\s*共\s*\d{1,4}\s*[頁页])?|[ivxlc]{1,6})$",
    re.IGNORECASE,
)
_EDGE = 3  # lines from the top and from the bottom of a page where headers and footers stand


def is_page_number(text: str) -> bool:
    """Whether this line is nothing but a page's number."""
    return bool(_PAGE_NUMBER.match(text.strip()))


def drop_furniture(lines: Sequence[Line]) -> list[Line]:
    """The lines without the furniture.  Where pages are known, what repeats at their edges goes; else what repeats as it only does there.

    The first line behind a dropped one keeps the larger gap of the two out: a page break is not the end of a paragraph.
    """
    running = _running(lines)
    out: list[Line] = []
    dropped = False
    for i, line in enumerate(lines):
        if _COPYRIGHT.match(line.text) or _NUMBER_AND_TITLE.match(line.text) or i in running:
            dropped = True
            continue
        out.append(replace(line, gap=line.gap if line.gap > 1 else 0) if dropped else line)
        dropped = False
    return out


def _running(lines: Sequence[Line]) -> set[int]:
    pages: dict[int, list[int]] = defaultdict(list)
    for i, line in enumerate(lines):
        pages[line.page].append(i)
    if len(pages) < 2:
        return set()
    edges = {p: (at[:_EDGE], at[-_EDGE:]) for p, at in pages.items()}
    drop: set[int] = set()
    for side in (0, 1):
        seen = Counter(key for p in edges for key in {_key(lines[i].text) for i in edges[p][side]})
        for p in edges:
            order = edges[p][0] if side == 0 else list(reversed(edges[p][1]))
            for i in order:
                key = _key(lines[i].text)
                enough = seen[key] >= max(3, 0.25 * len(pages)) or (
                    len(pages) < 5 and seen[key] >= 2 and len(pages) == seen[key]
                )
                if is_page_number(lines[i].text) or (enough and len(key) < 80):
                    drop.add(i)
                else:
                    break
    return drop


def _key(text: str) -> str:
    """Two lines that differ only in their numbers are the same header."""
    return re.sub(r"\d+", "0", re.sub(r"\s+", "", text)).lower()

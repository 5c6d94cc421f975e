"""Web pages: the article with its headings, lists and tables, without the navigation around it.

What is boilerplate trafilatura says; the structure comes from the page itself.  Where trafilatura would drop most of the text, its
word is not taken and only what marks itself as navigation goes.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gba_qa.errors import ReadError
from gba_qa.readers.encoding import decode
from gba_qa.readers.html_parts import html_parts
from gba_qa.readers.limits import MOST_TEXT, check_size
from gba_qa.readers.part import Part
from gba_qa.readers.parts import compose
from gba_qa.text import normalize
from gba_qa.types import Document

__all__ = ["parse_html", "read_html"]

_CHARSET = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([A-Za-z0-9_-]+)""", re.IGNORECASE)
_LEAST_KEPT = 0.5  # of the text outside links: where less would be left, the page is no article


def read_html(path: Path, source: str) -> Document:
    """Raises ReadError for a page without text."""
    check_size(path, source, MOST_TEXT)
    data = path.read_bytes()
    text, encoding = decode(data, declared=declared_charset(data))
    if text.count("\x00") > 0.01 * len(text):
        raise ReadError(f"{source}: not a web page, though its suffix says so")
    root = parse_html(text, source)
    parts = html_parts(root)
    if not parts:
        parts = html_parts(root, boilerplate=True) or _flat_parts(text)
    kept = _without_boilerplate(parts, text, root)
    return compose(
        kept, source=source, titles=_titles(root), meta={"format": "html", "encoding": encoding, **_about(root)}
    )


def declared_charset(data: bytes) -> str:
    """What the page says of its encoding, or ""."""
    match = _CHARSET.search(data[:4096])
    return match.group(1).decode("ascii") if match else ""


def parse_html(text: str, source: str) -> Any:
    """The tree, however malformed the page."""
    from lxml import etree
    from lxml import html as lxml_html

    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", text.replace("\x00", ""))
    parser = lxml_html.HTMLParser(no_network=True, remove_comments=True, remove_pis=True, huge_tree=False)
    try:
        root = lxml_html.document_fromstring(text, parser=parser, ensure_head_body=True)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError, AssertionError) as error:
        raise ReadError(f"{source}: no text in it ({str(error)[:80]})") from error
    return root


def _flat_parts(text: str) -> list[Part]:
    """The text between the tags, for a page nested deeper than the parser goes."""
    text = re.sub(r"(?is)<(script|style|head)\b.*?</\1\s*>|<!--.*?-->", " ", text)
    lines = html.unescape(re.sub(r"<[^>]*>", "\n", text)).split("\n")
    return [Part("paragraph", line) for line in map(str.strip, map(normalize, lines)) if line]


def _without_boilerplate(parts: list[Part], text: str, root: Any) -> list[Part]:
    from trafilatura import extract

    links = _squeeze("".join(t for a in root.iter("a") for t in a.itertext()))
    whole = sum(len(_squeeze(p.text)) for p in parts)
    if whole == 0:
        return parts
    try:
        main = extract(
            text,
            output_format="txt",
            include_tables=True,
            include_comments=False,
            favor_recall=True,
            deduplicate=False,
            no_fallback=False,
        )
    except Exception:  # a page that trafilatura can't take is read whole
        return parts
    if not main:
        return parts
    body = _squeeze(main)
    flags = [_is_kept(part, body) for part in parts]
    kept = sum(len(_squeeze(p.text)) for p, flag in zip(parts, flags, strict=True) if flag)
    if kept < _LEAST_KEPT * max(1, whole - min(len(links), whole)):
        return parts
    return _keep_headings(parts, flags)


def _is_kept(part: Part, body: str) -> bool:
    if part.kind in ("table_row", "table_header"):
        cells = [_squeeze(cell) for cell in part.text.split(" | ") if cell.strip()]
        return sum(cell in body for cell in cells) >= 0.5 * len(cells)
    text = _squeeze(re.sub(r"^(?:- |\d+\. )", "", part.text))
    return text in body or (len(text) > 60 and (text[:40] in body or text[-40:] in body))


def _keep_headings(parts: Sequence[Part], flags: list[bool]) -> list[Part]:
    """A heading stays where what stands under it stays."""
    for i in range(len(parts) - 1, -1, -1):
        if parts[i].kind == "heading" and not flags[i]:
            flags[i] = i + 1 < len(parts) and flags[i + 1]
        elif parts[i].kind == "heading" and i + 1 < len(parts) and not any(flags[i + 1 : i + 4]) and parts[i].level > 1:
            flags[i] = False
    return [part for part, flag in zip(parts, flags, strict=True) if flag]


def _squeeze(text: str) -> str:
    return re.sub(r"[\s|\u200b]+", "", text)


def _titles(root: Any) -> list[str]:
    """What the page calls itself: its social title, its only main heading, its window title less the site's name."""
    social = next((m.get("content", "") for m in root.iter("meta") if m.get("property") == "og:title"), "")
    mains = [" ".join("".join(h.itertext()).split()) for h in root.iter("h1")]
    window = next((" ".join("".join(t.itertext()).split()) for t in root.iter("title")), "")
    parted = re.split(r"\s+[|–—_-]\s+|\s*[｜_]\s*", window)
    if len(parted) > 1 and len(parted[0]) >= 4:
        window = parted[0]
    seconds = [" ".join("".join(h.itertext()).split()) for h in root.iter("h2")]
    return [social, mains[0] if len(mains) == 1 else "", seconds[0] if not mains and len(seconds) == 1 else "", window]


def _about(root: Any) -> dict[str, object]:
    names = {"author": "author", "date": "date", "article:published_time": "date", "dc.date": "date"}
    about: dict[str, object] = {}
    for meta in root.iter("meta"):
        key = names.get((meta.get("name") or meta.get("property") or "").lower())
        if key and meta.get("content"):
            about.setdefault(key, meta.get("content")[:200])
    return about

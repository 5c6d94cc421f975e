"""E-books: the chapters in the order of the spine, each read as a page of HTML."""

from __future__ import annotations

import posixpath
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from gba_qa.errors import ReadError
from gba_qa.readers.encoding import decode
from gba_qa.readers.html import declared_charset, parse_html
from gba_qa.readers.html_parts import html_parts
from gba_qa.readers.limits import open_zip
from gba_qa.readers.part import Part
from gba_qa.readers.parts import compose
from gba_qa.types import Document

__all__ = ["read_epub"]

_MOST_CHAPTERS = 5000
_PAGES = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml")


def read_epub(path: Path, source: str) -> Document:
    """Raises ReadError for what is no e-book, for a locked one, and for one without text."""
    with open_zip(path, source) as book:
        names = set(book.namelist())
        if "META-INF/encryption.xml" in names and b"idpf" not in book.read("META-INF/encryption.xml"):
            raise ReadError(f"{source}: locked by DRM")
        package_name = _package(book, names, source)
        package = _xml(book.read(package_name), source)
        folder = posixpath.dirname(package_name)
        about = {
            _local(e): (e.text or "").strip()
            for e in package.iter()
            if _local(e) in ("title", "creator", "date", "language") and e.text
        }
        items = {
            e.get("id", ""): (e.get("href", ""), e.get("media-type", ""), e.get("properties") or "")
            for e in package.iter()
            if _local(e) == "item"
        }
        spine = [e.get("idref", "") for e in package.iter() if _local(e) == "itemref" and e.get("linear") != "no"]
        parts: list[Part] = []
        for identity in spine[:_MOST_CHAPTERS]:
            href, kind, properties = items.get(identity, ("", "", ""))
            name = posixpath.normpath(posixpath.join(folder, unquote(href.split("#")[0])))
            if name not in names or kind not in _PAGES or "nav" in properties.split():
                continue
            data = book.read(name)
            text, _ = decode(data, declared=declared_charset(data))
            if text.strip():
                parts += html_parts(parse_html(text, f"{source}: {name}"), boilerplate=True)
    meta: dict[str, object] = {
        "format": "epub",
        **({"author": about["creator"]} if "creator" in about else {}),
        **({"date": about["date"]} if "date" in about else {}),
    }
    return compose(parts, source=source, title=about.get("title", ""), meta=meta)


def _package(book: zipfile.ZipFile, names: set[str], source: str) -> str:
    if "META-INF/container.xml" in names:
        for element in _xml(book.read("META-INF/container.xml"), source).iter():
            if _local(element) == "rootfile" and element.get("full-path") in names:
                return str(element.get("full-path"))
    found = sorted(name for name in names if name.endswith(".opf"))
    if not found:
        raise ReadError(f"{source}: no e-book, though its suffix says so (no package file in it)")
    return found[0]


def _xml(data: bytes, source: str) -> Any:
    from lxml import etree

    try:
        return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, recover=True))
    except etree.XMLSyntaxError as error:
        raise ReadError(f"{source}: broken ({str(error)[:80]})") from error


def _local(element: Any) -> str:
    return element.tag.rsplit("}", 1)[-1] if isinstance(element.tag, str) else ""

"""Markdown: front matter, headings, paragraphs, lists and pipe tables, as plain text without the marks.

The marks go so that a quote reads like the page does; table cells stay apart by " | ", list items keep "- " or their number.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gba_qa.readers.encoding import decode
from gba_qa.readers.limits import MOST_TEXT, check_size
from gba_qa.readers.part import Part
from gba_qa.readers.parts import compose, table_parts
from gba_qa.text import normalize
from gba_qa.types import Document

if TYPE_CHECKING:
    from markdown_it.token import Token

__all__ = ["read_markdown"]

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_HAN_BREAK = re.compile(r"(?<=[\u2e80-\u9fff\uff00-\uffef“”‘’])\n(?=[\u2e80-\u9fff\uff00-\uffef“”‘’])")


def read_markdown(path: Path, source: str) -> Document:
    """Front matter gives title, language and meta; a malformed one is read as text."""
    check_size(path, source, MOST_TEXT)
    text, encoding = decode(path.read_bytes())
    text = normalize(text)
    front, body = _front_matter(text)
    meta: dict[str, object] = {"format": "md", "encoding": encoding}
    meta.update({k: v for k, v in front.items() if k not in ("title", "language")})
    return compose(
        markdown_parts(body),
        source=source,
        title=str(front.get("title") or ""),
        language=str(front.get("language") or ""),
        meta=meta,
    )


def _front_matter(text: str) -> tuple[Mapping[str, object], str]:
    match = _FRONT_MATTER.match(text)
    if match is None:
        return {}, text
    import yaml

    try:
        front = yaml.safe_load(match.group(1))
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}, text
    if not isinstance(front, dict):
        return {}, text
    return {str(k): _plain(v) for k, v in front.items()}, text[match.end() :]


def _plain(value: object, depth: int = 0) -> object:
    """YAML's dates and nested values as JSON-able ones."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if depth < 4 and isinstance(value, list | tuple):
        return [_plain(v, depth + 1) for v in value]
    if depth < 4 and isinstance(value, dict):
        return {str(k): _plain(v, depth + 1) for k, v in value.items()}
    return str(value)


def markdown_parts(text: str) -> list[Part]:
    """The parts of Markdown text, also of the HTML in it; code stays as it is."""
    from markdown_it import MarkdownIt

    tokens = MarkdownIt("commonmark", {"maxNesting": 40}).enable("table").enable("strikethrough").parse(text)
    return _Walk().run(tokens)


class _Walk:
    """One pass over the tokens, which come as a flat list of opening, content and closing ones."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self.lists: list[int | None] = []  # open lists: the next number, or None for bullets
        self.item = ""  # the mark that the next paragraph begins with
        self.rows: list[list[str]] | None = None
        self.heading = 0

    def run(self, tokens: Sequence[Token]) -> list[Part]:
        for token in tokens:
            self.take(token)
        return self.parts

    def take(self, token: Token) -> None:
        kind = token.type
        if kind == "heading_open":
            self.heading = int(token.tag[1:])
        elif kind in ("bullet_list_open", "ordered_list_open"):
            self.lists.append(None if kind == "bullet_list_open" else int(token.attrs.get("start", 1)))
        elif kind in ("bullet_list_close", "ordered_list_close"):
            self.lists.pop()
        elif kind == "list_item_open":
            self.item = "- "
            if self.lists and (number := self.lists[-1]) is not None:
                self.item, self.lists[-1] = f"{number}. ", number + 1
        elif kind == "list_item_close":
            self.item = ""
        elif kind == "table_open":
            self.rows = []
        elif kind == "tr_open" and self.rows is not None:
            self.rows.append([])
        elif kind == "table_close":
            self.parts.extend(
                table_parts(self.rows or [], caption=self.caption(), header=True)
            )  # a pipe table always has one
            self.rows = None
        elif kind == "inline":
            self.inline(_inline_text(token.children or []))
        elif kind == "html_block":
            self.parts.extend(_html_block(token.content))
        elif kind in ("fence", "code_block"):
            self.parts.append(Part("paragraph", token.content.strip("\n")))

    def inline(self, text: str) -> None:
        if self.rows is not None:
            self.rows[-1].append(text.replace("\n", " "))
        elif self.heading:
            self.parts.append(Part("heading", " ".join(text.split()), level=self.heading))
            self.heading = 0
        elif self.item:
            self.parts.append(Part("list_item", self.item + text))
            self.item = ""
        else:
            self.parts.append(Part("list_item" if self.lists else "paragraph", text))

    def caption(self) -> str:
        """The caption is already a part of its own when it stands as a short paragraph above; the heading serves else."""
        if (
            self.parts
            and self.parts[-1].kind == "paragraph"
            and re.match(r"(?:附?表|圖|图|Table|Figure)\s*[\d一二三四五六七八九十]", self.parts[-1].text)
        ):
            return self.parts.pop().text
        return ""


def _html_block(text: str) -> list[Part]:
    """HTML within Markdown, tables above all."""
    from gba_qa.readers.html import parse_html
    from gba_qa.readers.html_parts import html_parts

    return html_parts(parse_html(text, "")) if re.sub(r"<!--.*?-->|<[^>]*>", "", text, flags=re.DOTALL).strip() else []


def _inline_text(children: Sequence[Any]) -> str:
    out: list[str] = []
    for child in children:
        if child.type in ("text", "code_inline"):
            out.append(child.content)
        elif child.type == "softbreak":
            out.append("\n")
        elif child.type == "hardbreak":
            out.append("\v")
        elif child.type == "image":
            out.append(child.content)
    text = _HAN_BREAK.sub("", "".join(out))
    return re.sub(r"[ \t]*\v[ \t]*", "\n", re.sub(r"[ \t]*\n[ \t]*", " ", text))

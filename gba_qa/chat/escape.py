"""Text as HTML.  Documents, file names and questions are hostile until they have been through `escape`."""

from __future__ import annotations

import html
from collections.abc import Iterable

from gba_qa.text import to_script
from gba_qa.types import Language, Span

__all__ = ["escape", "marked"]

# Characters that mean something to Gradio's client-side templates (`${…}`, `{{…}}`, back quotes), beside those of HTML.
_TEMPLATE = str.maketrans({"$": "&#36;", "{": "&#123;", "}": "&#125;", "`": "&#96;", "\\": "&#92;", "\0": ""})


def escape(text: object) -> str:
    """Safe inside an element and inside a quoted attribute.

    >>> escape('<b onclick="x">${1}')
    '&lt;b onclick=&quot;x&quot;&gt;&#36;&#123;1&#125;'
    """
    return html.escape(str(text), quote=True).translate(_TEMPLATE)


def marked(text: str, spans: Iterable[Span], tag: str, *, script: Language | None = None) -> str:
    """The text escaped, with these spans inside `<tag>`; in another Chinese script where one is named.

    Each piece is converted by itself, since a conversion may change lengths.  Spans are clipped to the text; overlaps join.

    >>> marked("a<b", [Span(1, 2)], "strong")
    'a<strong>&lt;</strong>b'
    """
    show = (lambda piece: escape(to_script(piece, script))) if script else escape
    name = tag.split(" ", 1)[0]
    parts: list[str] = []
    at = 0
    for span in sorted(spans, key=lambda s: (s.start, s.end)):
        start, end = max(at, span.start), min(len(text), span.end)
        if start >= end:
            continue
        parts += [show(text[at:start]), f"<{tag}>", show(text[start:end]), f"</{name}>"]
        at = end
    return "".join([*parts, show(text[at:])])

"""A conversation as Markdown, each answer with its full references."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePath

from gba_qa.chat.i18n import word
from gba_qa.chat.turns import Turn
from gba_qa.types import Citation, Language

__all__ = ["export_markdown"]

_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~!$&])")
_LINE_START = re.compile(r"^(\s*)([-+]|\d+[.)])(?=\s)", re.MULTILINE)


def export_markdown(turns: Sequence[Turn], ui: Language) -> str:
    """Questions as headings, answers with [n], then the quotes.  Text is escaped: what a document holds stays text."""
    parts = [f"# {word('title', ui)}", f"_{_plain(word('tagline', ui))}_"]
    for turn in turns:
        answer = turn.answer
        parts.append(f"## {_plain(answer.question)}")
        sentences = [
            ("**?** " if not s.citations and not answer.abstained and answer.answerer != "smalltalk" else "")
            + _plain(s.text) + "".join(f"\\[{n}\\]" for n in s.citations)
            for s in answer.statements
        ]  # fmt: skip
        parts.append(("" if answer.language != "en" else " ").join(sentences))
        if answer.note:
            parts.append(f"_{_plain(answer.note)}_")
        parts += [_reference(c, ui) for c in answer.citations]
    return "\n\n".join(parts) + "\n"


def _reference(citation: Citation, ui: Language) -> str:
    page = f", {word('page_number', ui, n=citation.page)}" if citation.page is not None else ""
    place = f"{_plain(citation.title)}{page} ({_plain(PurePath(citation.source).name)})"
    quote = "\n".join(f"> {_plain(line)}" for line in citation.quote.splitlines() or [""])
    return f"\\[{citation.number}\\] {place}\n\n{quote}"


def _plain(text: str) -> str:
    """Markdown that shows this very text.

    >>> _plain("[x](http://a) **b**")
    '\\\\[x\\\\](http://a) \\\\*\\\\*b\\\\*\\\\*'
    """
    return _LINE_START.sub(r"\1\\\2", _SPECIAL.sub(r"\\\1", text))

"""A turn of the conversation as HTML.  Everything that comes from a document, a file name or a person is escaped."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from gba_qa.chat.escape import escape, marked
from gba_qa.chat.i18n import word
from gba_qa.chat.turns import KEPT_HITS, Turn, turn_json
from gba_qa.types import Answer, Chunk, Citation, Document, Hit, Language, Span, Statement

__all__ = ["View", "context_html", "message_html", "place", "turn_html"]

_LIST_ITEM = re.compile(r"\s*(?:[-•*]|\d+[.、)])\s+")
_NEAR_LENGTH = 160  # characters of a nearest passage shown under a refusal: two lines on a desk, four on a phone


@dataclass(frozen=True, slots=True)
class View:
    """How to show things: the language of the interface, and the script Chinese is shown in (None: as written).

    `document` finds a document by id and raises KeyError when there is none; citations of documents that are gone, or
    whose text has changed, are shown without a way to open them.
    """

    ui: Language
    script: Language | None
    document: Callable[[str], Document]

    def script_for(self, language: Language) -> Language | None:
        """The script to convert text of this language into, or None where there is nothing to convert."""
        return self.script if self.script and language != "en" and self.script != language else None


def turn_html(turn: Turn, view: View, *, final: bool = True, suggestions: Sequence[str] = ()) -> str:
    """The whole turn.  A final one carries itself as JSON in `data-turn`, for the browser to keep."""
    answer = turn.answer
    data = json.dumps(turn_json(turn), ensure_ascii=False, separators=(",", ":")) if final else ""
    parts = [
        f'<article class="turn{" abstained" if answer.abstained else ""}" data-id="{escape(turn.id)}"'
        + (f' data-turn="{escape(data)}"' if final else "")
        + f' aria-busy="{"false" if final else "true"}">',
        f'<h2 class="question" lang="{answer.language}"><span class="sr">{escape(_led("you_asked", view.ui))}</span>'
        f"{escape(answer.question)}</h2>",
        _understood(answer, view),
        _limited(turn, view),
        f'<div class="answer" lang="{view.script_for(answer.language) or answer.language}">',
        _statements(answer, view),
        "</div>",
        _converted_note(answer, view),
        f'<p class="note" lang="{answer.language}">{escape(answer.note)}</p>' if answer.note else "",
        _references(answer.citations, view),
        _refusal(answer, view, suggestions) if answer.abstained and final else "",
        _tools(answer, view) if final else '<div class="typing" aria-hidden="true"><i></i><i></i><i></i></div>',
        "</article>",
    ]
    return "".join(parts)


def message_html(question: str, message: str, language: Language) -> str:
    """A turn that has no answer because something else is to be said: too long, too many, a failure.  It is not kept."""
    return (
        f'<article class="turn failed" data-final="1"><h2 class="question">{escape(question)}</h2>'
        f'<p class="alert" role="alert" lang="{language}">{escape(message)}</p></article>'
    )


def place(citation_page: int | None, source: str, ui: Language) -> str:
    """Page and file name, escaped: `p. 3 · qianhai.pdf`."""
    page = [word("page_number", ui, n=citation_page)] if citation_page is not None else []
    return escape(" · ".join([*page, PurePath(source).name]))


def context_html(chunk: Chunk) -> str:
    """What a table row needs to be read: its caption and header cells, on a line of their own."""
    if not chunk.context:
        return ""
    return f'<span class="near-context" lang="{chunk.language}">{escape(" · ".join(chunk.context.splitlines()))}</span>'


def _understood(answer: Answer, view: View) -> str:
    if not answer.rewritten or answer.rewritten == answer.question:
        return ""
    told = f'<q lang="{answer.language}">{escape(answer.rewritten)}</q>'
    return f'<p class="understood">{escape(_led("understood_as", view.ui))}{told}</p>'


def _led(key: str, ui: Language) -> str:
    """The phrase with the colon of its script, before what it leads up to."""
    return word(key, ui) + (": " if ui == "en" else "：")


def _limited(turn: Turn, view: View) -> str:
    if not turn.doc_ids:
        return ""
    return f'<p class="understood">{escape(word("limited_to", view.ui, n=len(turn.doc_ids)))}</p>'


def _statements(answer: Answer, view: View) -> str:
    """Sentences run on in a paragraph; list items stand in a list."""
    titles = {c.number: c for c in answer.citations}
    parts: list[str] = []
    inside = ""  # the element that is open
    for statement in answer.statements:
        item = _LIST_ITEM.match(statement.text)
        wanted = "ul" if item else "p"
        if inside != wanted:
            parts.append((f"</{inside}>" if inside else "") + f"<{wanted}>")
            inside = wanted
        html = _statement(statement, answer, view, titles, skip=item.end() if item else 0)
        parts.append(f"<li>{html}</li>" if item else html + ("" if answer.language != "en" else " "))
    return "".join(parts) + (f"</{inside}>" if inside else "")


def _statement(statement: Statement, answer: Answer, view: View, cited: dict[int, Citation], *, skip: int) -> str:
    spans = [Span(max(0, m.start - skip), m.end - skip) for m in statement.marks if m.end > skip]
    text = marked(statement.text[skip:], spans, "strong", script=view.script_for(answer.language))
    marks = "".join(_mark(cited[n], view) for n in statement.citations if n in cited)
    # An answer that was written rather than quoted may hold a sentence that no quote carries: say so.
    if not marks and not answer.abstained and answer.answerer != "smalltalk":
        title = escape(word("unsupported_more", view.ui))
        label = escape(word("unsupported", view.ui))
        return (
            f'<span class="unsupported" title="{title}">{text}</span><small class="unsupported-label">{label}</small>'
        )
    return f'<span class="statement">{text}</span>{"&NoBreak;" if marks else ""}{marks}'


def _mark(citation: Citation, view: View) -> str:
    label = escape(word("citation", view.ui, n=citation.number, title=citation.title))
    return (
        f'<button type="button" class="mark" data-cite="{citation.number}" aria-label="{label}">'
        f"{citation.number}</button>"
    )


def _converted_note(answer: Answer, view: View) -> str:
    script = view.script_for(answer.language)
    if script is None:
        return ""
    key = "converted" if script == "zh-Hant" else "converted_hans"
    return f'<p class="converted">{escape(word(key, view.ui))}</p>'


def _references(citations: Sequence[Citation], view: View) -> str:
    if not citations:
        return ""
    items = "".join(_reference(c, view) for c in citations)
    return f'<ol class="refs" aria-label="{escape(word("references", view.ui))}">{items}</ol>'


def _reference(citation: Citation, view: View) -> str:
    """The citation with its quote as written; `data-…` says where the page opens it."""
    language = _language_if_alive(citation, view)
    where = place(citation.page, citation.source, view.ui)
    inside = (
        f'<span class="num" aria-hidden="true">{citation.number}</span><span class="ref-text">'
        f'<span class="ref-title" lang="{language or ""}">{escape(citation.title)}</span>'
        f'<span class="ref-place">{where}</span>'
        f'<q class="ref-quote" lang="{language or ""}">{escape(citation.quote)}</q></span>'
    )
    if language is None:
        return f'<li class="ref gone" data-cite="{citation.number}">{inside}<small>{escape(word("gone", view.ui))}</small></li>'
    return f'<li class="ref" data-cite="{citation.number}"><button type="button" class="open" {_target(citation)}>{inside}</button></li>'


def _target(citation: Citation) -> str:
    return f'data-doc="{escape(citation.doc_id)}" data-start="{citation.start}" data-end="{citation.end}" data-kind="quote"'


def _language_if_alive(citation: Citation, view: View) -> Language | None:
    """The language of the cited document, or None where the quote does not stand there (any more)."""
    try:
        document = view.document(citation.doc_id)
    except KeyError:
        return None
    return document.language if document.text[citation.start : citation.end] == citation.quote else None


def _refusal(answer: Answer, view: View, suggestions: Sequence[str]) -> str:
    parts = []
    near = "".join(_near(hit, view) for hit in answer.hits[:KEPT_HITS])
    if near:
        parts.append(f'<h3>{escape(word("nearest", view.ui))}</h3><ol class="near">{near}</ol>')
    if suggestions:
        asks = "".join(
            f'<li><button type="button" class="ask" lang="{answer.language}">{escape(s)}</button></li>'
            for s in suggestions
        )
        parts.append(f'<h3>{escape(word("answerable", view.ui))}</h3><ul class="asks">{asks}</ul>')
    return f'<div class="refusal">{"".join(parts)}</div>' if parts else ""


def _near(hit: Hit, view: View) -> str:
    chunk = hit.chunk
    text = " ".join(chunk.text.split())
    if len(text) > _NEAR_LENGTH:
        text = text[: _NEAR_LENGTH - 1] + "…"
    return (
        f'<li><button type="button" class="open" data-doc="{escape(chunk.doc_id)}" data-start="{chunk.start}"'
        f' data-end="{chunk.end}" data-kind="passage"><span class="ref-text">'
        f'<span class="ref-title" lang="{chunk.language}">{escape(chunk.title)}</span>'
        f'<span class="ref-place">{place(chunk.page, chunk.source, view.ui)}</span>'
        f"{context_html(chunk)}"
        f'<span class="near-text" lang="{chunk.language}">{escape(text)}</span></span></button></li>'
    )


def _tools(answer: Answer, view: View) -> str:
    if answer.answerer == "smalltalk":
        return ""

    def button(name: str, key: str, icon: str) -> str:
        label = escape(word(key, view.ui))
        return (
            f'<button type="button" class="tool" data-do="{name}" aria-label="{label}" title="{label}">{icon}</button>'
        )

    copy = button("copy", "copy", _ICONS["copy"])
    good = button("good", "good", _ICONS["good"]).replace(" class", ' aria-pressed="false" class', 1)
    bad = button("bad", "bad", _ICONS["bad"]).replace(" class", ' aria-pressed="false" class', 1)
    model = answer.answerer.partition(":")[2]
    by = f'<small class="by">{escape(word("answered_by_llm", view.ui, model=model))}</small>' if model else ""
    return f'<div class="tools">{copy}{good}{bad}{by}</div>'


def _icon(path: str) -> str:
    return (
        '<svg viewBox="0 0 24 24" width="18" height="18" fill="none" stroke="currentColor" stroke-width="1.7" '
        f'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">{path}</svg>'
    )


_THUMB = "M7 11v9H4v-9zm0 0 4-8c1.6 0 2.5 1 2.5 2.6V9H19c1.2 0 2 1 1.8 2.2l-1.2 7A2.2 2.2 0 0 1 17.4 20H7"
_ICONS = {
    "copy": _icon('<rect x="9" y="9" width="11" height="11" rx="2"/><path d="M5 15V6a2 2 0 0 1 2-2h8"/>'),
    "good": _icon(f'<path d="{_THUMB}"/>'),
    "bad": _icon(f'<g transform="rotate(180 12 12)"><path d="{_THUMB}"/></g>'),
}

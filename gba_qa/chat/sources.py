"""The sources pane as HTML: the list of documents, the head of one that is open, the passages a search found."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import PurePath

from gba_qa.chat.escape import escape, marked
from gba_qa.chat.i18n import word
from gba_qa.chat.render import View, context_html, place
from gba_qa.index import DocumentInfo
from gba_qa.qa import QA
from gba_qa.text import fold, tokenize
from gba_qa.types import Document, Hit, Language, Span

__all__ = ["document_head_html", "documents_html", "hits_html"]

_BADGE: dict[Language, str] = {"en": "EN", "zh-Hant": "繁", "zh-Hans": "简"}


def documents_html(documents: Sequence[DocumentInfo], own: Collection[str], view: View) -> str:
    """One row a document, the session's own first; `data-find` is the folded title and file name, to filter by."""
    ordered = sorted(documents, key=lambda d: (d.id not in own, d.language != view.ui))
    return "".join(_row(d, d.id in own, view) for d in ordered)


def document_head_html(document: Document, qa: QA, view: View, quote: Span, *, converted: Language | None) -> str:
    """Title, language, page and file of an open document, and a line when it is shown in another script."""
    page = document.page_at(quote.start)
    facts = [word(f"lang_{document.language}", view.ui)]
    if page is not None:
        facts.append(word("page_of", view.ui, n=page, total=len(document.pages)))
    if document.meta.get("date"):
        facts.append(word("facts_from", view.ui, date=document.meta["date"]))
    facts.append(PurePath(document.source).name)
    parts = [
        f'<h2 lang="{document.language}" tabindex="-1">{escape(document.title)}</h2>',
        f'<p class="facts">{escape(" · ".join(facts))}</p>',
    ]
    origin = document.meta.get("sources")
    if isinstance(origin, list) and origin:
        told = word("drawn_from", view.ui, sources="; ".join(str(o) for o in origin))
        parts.append(f'<p class="facts origin">{escape(told)}</p>')
    if converted:
        key = "converted" if converted == "zh-Hant" else "converted_hans"
        parts.append(
            f'<p class="converted">{escape(word(key, view.ui))} '
            f'<button type="button" class="link" data-do="original">{escape(word("show_original", view.ui))}</button></p>'
        )
    return "".join(parts)


def hits_html(query: str, hits: Sequence[Hit], view: View) -> str:
    """The passages found, the query's words marked."""
    if not hits:
        return f'<p class="empty">{escape(word("sources_no_hits", view.ui))}</p>'
    title = escape(word("sources_hits", view.ui, query=query))
    return f'<h3>{title}</h3><ol class="near">{"".join(_hit(h, query, view) for h in hits)}</ol>'


def _row(document: DocumentInfo, own: bool, view: View) -> str:
    ui = view.ui
    pages = [word("pages" if document.pages > 1 else "pages_one", ui, n=document.pages)] if document.pages else []
    size = word("characters", ui, n=f"{document.characters:,}")
    facts = [*pages, size, *([document.date] if document.date else []), PurePath(document.source).name]
    if own:
        facts.insert(0, word("sources_private", ui))
    title = escape(document.title)
    name = escape(word("sources_use", ui, title=document.title))
    remove = (
        f'<button type="button" class="remove" data-do="remove" data-doc="{escape(document.id)}" '
        f'aria-label="{escape(word("sources_remove", ui, title=document.title))}">×</button>'
        if own
        else ""
    )
    find = escape(fold(f"{document.title} {PurePath(document.source).name}"))
    return (
        f'<li class="doc{" own" if own else ""}" data-language="{document.language}" data-find="{find}">'
        f'<input type="checkbox" data-doc="{escape(document.id)}" aria-label="{name}">'
        f'<button type="button" class="open" data-doc="{escape(document.id)}" data-start="0" data-end="0" data-kind="read">'
        f'<span class="doc-title" lang="{document.language}">{title}</span>'
        f'<span class="facts"><span class="badge">{_BADGE[document.language]}</span>{escape(" · ".join(facts))}</span>'
        f"</button>{remove}</li>"
    )


def _hit(hit: Hit, query: str, view: View) -> str:
    chunk = hit.chunk
    text = chunk.text
    return (
        f'<li><button type="button" class="open" data-doc="{escape(chunk.doc_id)}" data-start="{chunk.start}" '
        f'data-end="{chunk.end}" data-kind="passage"><span class="ref-text">'
        f'<span class="ref-title" lang="{chunk.language}">{escape(chunk.title)}</span>'
        f'<span class="ref-place">{place(chunk.page, chunk.source, view.ui)}</span>'
        f"{context_html(chunk)}"
        f'<span class="near-text" lang="{chunk.language}">{marked(text, _words(text, query), "b")}</span>'
        "</span></button></li>"
    )


def _words(text: str, query: str) -> list[Span]:
    """Where words of the query stand in the text: Chinese pairs, English words, figures; in any script."""
    folded = fold(text)
    wanted = {token for token in tokenize(query) if len(token) > 1}
    spans = []
    for token in wanted:
        at = folded.find(token)
        while at >= 0:
            spans.append(Span(at, at + len(token)))
            at = folded.find(token, at + 1)
    return spans

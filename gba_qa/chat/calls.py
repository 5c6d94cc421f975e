"""What the page asks of the server beside questions: one function a call, a mapping in, a JSON-able value out.

They are `server_functions` of the page's bridge component (page.py).  The browser is not trusted: each argument is checked,
and documents are looked up among those the session may see, never by path.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gba_qa.chat.about import about_html
from gba_qa.chat.examples import Examples
from gba_qa.chat.export import export_markdown
from gba_qa.chat.feedback import Feedback
from gba_qa.chat.guard import cookie_token
from gba_qa.chat.i18n import LANGUAGES, language_of
from gba_qa.chat.passage import passage
from gba_qa.chat.render import View, turn_html
from gba_qa.chat.sessions import ONE_READER, Sessions
from gba_qa.chat.sources import document_head_html, documents_html, hits_html
from gba_qa.chat.turns import MAX_QUESTION, parse_turns
from gba_qa.config import Config
from gba_qa.errors import GbaQAError
from gba_qa.qa import QA
from gba_qa.types import Citation, Language, Span

__all__ = ["Calls", "view_of"]

MAX_WINDOW = 40_000  # characters of a document in one piece
FOUND = 8  # passages listed for a search


@dataclass(frozen=True, slots=True)
class Calls:
    """The calls over one set of sessions.  Each takes the browser's arguments and its cookies."""

    sessions: Sessions
    config: Config
    examples: Examples
    feedback: Feedback

    def table(self) -> dict[str, Callable[[Mapping[str, Any], Any], Any]]:
        """Name → function, as the page calls them."""
        return {
            "hello": self.hello,
            "render": self.render,
            "passage": self.passage,
            "picture": self.picture,
            "documents": self.documents,
            "search": self.search,
            "remove": self.remove,
            "about": self.about,
            "export": self.export,
            "rate": self.rate,
        }

    def hello(self, arguments: Mapping[str, Any], cookies: Any) -> Any:
        """The page is open: keeps the session's uploads alive."""
        session = self.sessions.find(cookie_token(cookies))
        return {"uploads": len(session.documents) if session else 0}

    def render(self, arguments: Mapping[str, Any], cookies: Any) -> Any:
        """Turns that the browser kept, as HTML in the language and script it asks for."""
        view = view_of(arguments, self.sessions.qa(cookie_token(cookies)))
        return [
            turn_html(turn, view, suggestions=self.examples.near(turn.answer, view.ui) if turn.answer.abstained else ())
            for turn in parse_turns(arguments.get("turns"))
        ]

    def passage(self, arguments: Mapping[str, Any], cookies: Any) -> Any:
        """A piece of a document around a quote, or the piece that follows or precedes one shown already."""
        qa = self.sessions.qa(cookie_token(cookies))
        view = view_of(arguments, qa)
        document = _document(qa, arguments)
        if document is None:
            return None
        quote = Span(_whole(arguments, "start"), _whole(arguments, "end"))
        window = None
        if "from" in arguments:
            start = _whole(arguments, "from")
            window = Span(start, min(_whole(arguments, "to"), start + MAX_WINDOW))
        script = view.script_for(document.language)
        kind = "passage" if arguments.get("kind") == "passage" else "quote"
        piece = passage(document, quote, kind=kind, window=window, ui=view.ui, script=script)
        return {
            "head": document_head_html(document, qa, view, quote, converted=script),
            "html": piece.html,
            "from": piece.start,
            "to": piece.end,
            "length": len(document.text),
            "language": script or document.language,
            "title": document.title,
            "pdf": document.page_at(quote.start) is not None and document.source.lower().endswith(".pdf"),
        }

    def picture(self, arguments: Mapping[str, Any], cookies: Any) -> Any:
        """The page of a PDF with the quote marked, as a data URL; None where there is none."""
        qa = self.sessions.qa(cookie_token(cookies))
        document = _document(qa, arguments)
        if document is None:
            return None
        start, end = _whole(arguments, "start"), min(_whole(arguments, "end"), len(document.text))
        quote, page = document.text[start:end], document.page_at(start)
        citation = Citation(0, document.id, "", document.title, document.source, page, start, end, quote)
        try:
            with ONE_READER:
                image = qa.page_image(citation)
        except GbaQAError:  # the file has changed or gone since it was indexed
            return None
        if image is None:
            return None
        data = io.BytesIO()
        image.convert("RGB").save(data, "JPEG", quality=82)
        return {"src": "data:image/jpeg;base64," + base64.b64encode(data.getvalue()).decode(), "page": page}

    def documents(self, arguments: Mapping[str, Any], cookies: Any) -> Any:
        """The list of documents as HTML."""
        token = cookie_token(cookies)
        session = self.sessions.find(token)
        qa = self.sessions.qa(token)
        own = set(session.documents) if session else set()
        return {
            "html": documents_html(qa.documents(), own, view_of(arguments, qa)),
            "ids": [d.id for d in qa.documents()],
        }

    def search(self, arguments: Mapping[str, Any], cookies: Any) -> Any:
        """The passages that fit a query, as HTML."""
        qa = self.sessions.qa(cookie_token(cookies))
        query = str(arguments.get("query", ""))[:MAX_QUESTION].strip()
        hits = qa.search(query, FOUND) if query else []
        return {"html": hits_html(query, hits, view_of(arguments, qa))}

    def remove(self, arguments: Mapping[str, Any], cookies: Any) -> Any:
        """Take an upload of this session out again."""
        session = self.sessions.find(cookie_token(cookies))
        if session:
            session.remove(str(arguments.get("doc", "")))
        return {"ok": session is not None}

    def about(self, arguments: Mapping[str, Any], cookies: Any) -> Any:
        """What it knows, what it doesn't, and how it answers, as HTML."""
        return {"html": about_html(self.sessions.shared, self.config, _ui(arguments))}

    def export(self, arguments: Mapping[str, Any], cookies: Any) -> Any:
        """The conversation as Markdown."""
        return {"markdown": export_markdown(parse_turns(arguments.get("turns")), _ui(arguments))}

    def rate(self, arguments: Mapping[str, Any], cookies: Any) -> Any:
        """A thumb, with an optional note, into a file on this machine."""
        turns = parse_turns([arguments.get("turn")])
        if not turns or arguments.get("thumb") not in {"up", "down"}:
            return {"ok": False}
        self.feedback.add(turns[0], str(arguments["thumb"]), str(arguments.get("note", ""))[:2000])
        return {"ok": True}


def view_of(arguments: Mapping[str, Any], qa: QA) -> View:
    """How the page wants things shown."""
    script = arguments.get("script")
    return View(_ui(arguments), script if script in {"zh-Hant", "zh-Hans"} else None, qa.document)


def _ui(arguments: Mapping[str, Any]) -> Language:
    ui = arguments.get("ui")
    return ui if ui in LANGUAGES else language_of(ui)


def _document(qa: QA, arguments: Mapping[str, Any]) -> Any:
    try:
        return qa.document(str(arguments.get("doc", "")))
    except KeyError:
        return None


def _whole(arguments: Mapping[str, Any], name: str) -> int:
    value = arguments.get(name)
    return value if type(value) is int and 0 <= value < 1 << 40 else 0

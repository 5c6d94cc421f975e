"""The page: Gradio Blocks with a conversation, a composer and a pane for the sources.

Gradio carries the questions (queue, streaming, concurrency) and the calls; what it shows is our own escaped HTML, and the
page's scripts (static/) wire marks, panes and languages together.  The browser keeps the conversation and sends back the
last turns with each question, so the server keeps nothing of it.
"""

from __future__ import annotations

import json
import secrets
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from gba_qa.chat.api import client_of, endpoints
from gba_qa.chat.calls import Calls, view_of
from gba_qa.chat.escape import escape
from gba_qa.chat.examples import Examples
from gba_qa.chat.feedback import Feedback
from gba_qa.chat.guard import cookie_token
from gba_qa.chat.i18n import LANGUAGES, strings, word
from gba_qa.chat.limits import RateLimiter
from gba_qa.chat.render import message_html, turn_html
from gba_qa.chat.sessions import Sessions
from gba_qa.chat.turns import MAX_QUESTION, Turn, loads, parse_turns
from gba_qa.chat.uploads import shown_types, upload_route
from gba_qa.config import Config
from gba_qa.errors import GbaQAError
from gba_qa.qa import QA
from gba_qa.text import detect_language

__all__ = ["build_page", "head", "routes"]

HISTORY = 5  # earlier answers sent back for follow-ups
MAX_CONTEXT = 400_000  # characters of it
ASKING_AT_ONCE = 4  # answers in the making; the work is a core's, more would only make all of them slower
ASKING_AT_ONCE_LLM = 16  # with a language model the time is spent waiting for it
_KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def build_page(qa: QA, sessions: Sessions, config: Config) -> Any:
    """The Blocks, ready to launch."""
    import gradio as gr

    t = gr.I18n()
    limiter = RateLimiter(config.questions_per_minute)
    examples = Examples(qa)
    calls = Calls(sessions, config, examples, Feedback(feedback_path(config)))
    at_once = ASKING_AT_ONCE_LLM if config.llm_url else ASKING_AT_ONCE
    answer = _asker(sessions, limiter, examples)

    def ask(question: str, context: str, request: gr.Request) -> Iterator[str]:
        yield from answer(question, context, request)

    ask.__annotations__["request"] = gr.Request
    with gr.Blocks(title=word("title", "en"), analytics_enabled=False, fill_width=True) as blocks:
        gr.HTML(_part("header"), elem_id="gba-header", apply_default_css=False, js_on_load=None)
        gr.HTML(_welcome(examples), elem_id="gba-talk", apply_default_css=False, js_on_load=None)
        live = gr.HTML("", elem_id="gba-live", apply_default_css=False, js_on_load=_WATCH)
        with gr.Row(elem_id="gba-composer"):
            gr.HTML(_composer_side(config), elem_id="gba-tools", apply_default_css=False, js_on_load=None)
            question = gr.Textbox(
                label=t("ask_label"),
                placeholder=t("ask_placeholder"),
                lines=1,
                max_lines=6,
                max_length=MAX_QUESTION,
                elem_id="gba-question",
                container=False,
                autofocus=True,
                scale=1,
            )
            stop = gr.Button(t("stop"), elem_id="gba-stop", scale=0, min_width=0)
            send = gr.Button(t("ask"), elem_id="gba-send", variant="primary", scale=0, min_width=0)
        gr.HTML(_part("side"), elem_id="gba-side", apply_default_css=False, js_on_load=None)
        context = gr.Textbox(visible=False)
        gr.HTML(
            "",
            elem_id="gba-bridge",
            apply_default_css=False,
            js_on_load="window.gbaServer = server; document.dispatchEvent(new Event('gba:server'));",
            server_functions=_server_functions(calls),
        )
        asking = gr.on(
            [question.submit, send.click],
            ask,
            [question, context],
            [live],
            js="(question, context) => window.gba.submit(question)",
            concurrency_limit=at_once,
            show_progress="hidden",
            api_name="page",
            api_visibility="private",
        )
        stop.click(None, None, None, cancels=[asking], js="() => window.gba.stopped()", api_visibility="private")
        ask_api, search_api = endpoints(qa, limiter)
        gr.api(ask_api, api_name="ask", concurrency_limit=at_once)
        gr.api(search_api, api_name="search", concurrency_limit=ASKING_AT_ONCE)
    blocks.queue(max_size=200, api_open=True)
    return blocks


def routes(sessions: Sessions, config: Config) -> list[Any]:
    """What is served beside Gradio: the page's style sheet and scripts, and uploads."""
    from starlette.responses import Response
    from starlette.routing import Route

    def serve(request: Any) -> Response:
        name = str(request.path_params["name"])
        found = _static().get(name)
        if found is None:
            return Response("not found", 404)
        return Response(found, media_type=_KINDS[Path(name).suffix], headers={"cache-control": "no-cache"})

    return [upload_route(sessions, config), Route("/gba/{name}", serve, methods=["GET", "HEAD"])]


def head() -> str:
    """What stands first in the page's <head>: style, words, scripts.  The Guard gives the scripts their nonce."""
    table = {language: {key: phrases[language] for key, phrases in strings().items()} for language in LANGUAGES}
    words = json.dumps(table, ensure_ascii=False).replace("<", "\\u003c")
    return (
        '<link rel="stylesheet" href="/gba/style.css"><link rel="icon" href="/gba/icon.svg" type="image/svg+xml">'
        f"<script>window.gbaWords = {words};</script>"
        '<script src="/gba/early.js"></script><script type="module" src="/gba/main.js"></script>'
    )


def feedback_path(config: Config) -> Path:
    """Beside the index where that is a folder, else where the server was started."""
    return (Path(config.index) if "://" not in config.index else Path()) / "feedback.jsonl"


def _asker(sessions: Sessions, limiter: RateLimiter, examples: Examples) -> Callable[[str, str, Any], Iterator[str]]:
    """The function behind the Ask button: the turn as HTML, growing; the last one carries the turn as JSON."""

    def answer(question: str, context: str, request: Any) -> Iterator[str]:
        given = loads(context, MAX_CONTEXT)
        arguments: Mapping[str, Any] = given if isinstance(given, dict) else {}
        qa = sessions.qa(cookie_token(request.cookies))
        view = view_of(arguments, qa)
        question = (question or "").strip()
        if len(question) > MAX_QUESTION:
            yield message_html(question[:200] + "…", word("too_long", view.ui, n=MAX_QUESTION), view.ui)
            return
        if not limiter.allow(client_of(request)):
            yield message_html(question, word("too_many", view.ui, n=limiter.count), view.ui)
            return
        history = [turn.answer for turn in parse_turns(arguments.get("turns"))[-HISTORY:]]
        doc_ids = tuple(str(i)[:64] for i in arguments.get("doc_ids") or () if isinstance(i, str))[:1000]
        name = secrets.token_hex(6)
        try:
            turn = None
            grows = hasattr(qa.answerer, "stream")  # an answer that comes in one piece is shown once, finished
            for growing in qa.stream(question, history=history, doc_ids=doc_ids or None):
                turn = Turn(name, growing, doc_ids)
                if grows:
                    yield turn_html(turn, view, final=False)
            assert turn is not None
            near = examples.near(turn.answer, view.ui) if turn.answer.abstained else ()
            yield turn_html(turn, view, suggestions=near)
        except GbaQAError as error:
            yield message_html(question, str(error), detect_language(question))
        except Exception:
            traceback.print_exc(file=sys.stderr)
            yield message_html(question, word("failed", view.ui), view.ui)

    return answer


def _server_functions(calls: Calls) -> list[Callable[..., Any]]:
    """The calls as Gradio wants them: named functions of one argument and the request."""
    import gradio as gr

    def wrap(name: str, call: Callable[[Mapping[str, Any], Any], Any]) -> Callable[..., Any]:
        def function(arguments: Any, request: Any) -> Any:
            return call(arguments if isinstance(arguments, dict) else {}, request.cookies)

        function.__name__ = f"gba_{name}"
        function.__annotations__ = {"request": gr.Request}
        return function

    return [wrap(name, call) for name, call in calls.table().items()]


_WATCH = "watch('value', () => document.dispatchEvent(new Event('gba:live')));"


def _part(name: str) -> str:
    return files("gba_qa.chat").joinpath("static", f"{name}.html").read_text(encoding="utf-8")


def _welcome(examples: Examples) -> str:
    """The empty conversation, with the questions to begin with in all three languages; the page shows one of them."""
    lists = []
    for language in LANGUAGES:
        items = "".join(
            f'<li><button type="button" class="ask"><span class="kind">{escape(word(f"kind_{kind}", language))}</span>'
            f'<span class="example" lang="{detect_language(question)}">{escape(question)}</span></button></li>'
            for kind, question in examples.start(language)
        )
        lists.append(f'<ul class="examples only-{language}" lang="{language}">{items}</ul>')
    return _part("talk").replace("<!--examples-->", "".join(lists))


def _composer_side(config: Config) -> str:
    from gba_qa.readers import SUFFIXES

    hint = "upload_hint_shared" if config.shared_uploads else "upload_hint"
    return (
        _part("composer")
        .replace("<!--accept-->", escape(",".join(sorted(SUFFIXES))))
        .replace("<!--hint-->", hint)
        .replace("<!--types-->", escape(shown_types()))
        .replace("<!--mb-->", str(config.max_upload_mb))
    )


@lru_cache(maxsize=1)
def _static() -> dict[str, bytes]:
    """The files of static/ that may be served, by name."""
    folder = files("gba_qa.chat").joinpath("static")
    return {f.name: f.read_bytes() for f in folder.iterdir() if Path(f.name).suffix in _KINDS}

"""Answers written by a language model, in a real browser: they grow sentence by sentence, and what no quote carries says so.

The endpoint is a real HTTP server on this machine that streams what the test tells it to, and waits where it is told to.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import Watched, ask, at_rest, open_chat
from tests.chat_server import Server
from tests.test_llm import Endpoint, says, streams

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

VACANCY = "What was Qianhai's office vacancy rate in the third quarter of 2023?"
CARRIED = "In Q3 2023 the office vacancy rate in the original Qianhai zone reached 28.9% [1]."
LOOSE = "Observers remain wonderfully optimistic about rents [1]."
MIDDLE = "It was more than 5 percentage points above the average of all Shenzhen [1]."


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Endpoint]:
    found = Endpoint()
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture(scope="module")
def llm_server(start_server: Callable[..., Server], knowledge_index: Path, endpoint: Endpoint) -> Server:
    return start_server(
        "--index", str(knowledge_index), GBA_QA_LLM_URL=endpoint.url, GBA_QA_LLM_MODEL="small-model",
        GBA_QA_LLM_TIMEOUT="10", GBA_QA_QUESTIONS_PER_MINUTE="100000",
    )  # fmt: skip


@pytest.fixture
def llm_page(chromium: Browser, llm_server: Server) -> Iterator[Page]:
    context = chromium.new_context(locale="en-GB", color_scheme="light")
    context.set_default_timeout(15_000)
    page = context.new_page()
    watched = Watched(page)
    open_chat(page, llm_server.url)
    yield page
    context.close()
    assert watched.outside == watched.errors == watched.dialogs == []


class Paused:
    """A reply that streams the first piece, then waits for `go` before the rest."""

    def __init__(self, first: str, *rest: str) -> None:
        self.go = threading.Event()
        self.first, self.rest = first, rest

    def __call__(self, handler: BaseHTTPRequestHandler) -> None:
        streams(self.first, done=False)(handler)
        self.go.wait(20)
        for piece in self.rest:
            handler.wfile.write(_event(piece))
            handler.wfile.flush()
        handler.wfile.write(b"data: [DONE]\n\n")


def _event(piece: str) -> bytes:
    return f"data: {json.dumps({'choices': [{'delta': {'content': piece}}]})}\n\n".encode()


def test_the_answer_grows_and_an_unsupported_sentence_looks_different_and_says_so(
    llm_page: Page, endpoint: Endpoint
) -> None:
    page = llm_page
    reply = Paused(f"{CARRIED} It", f"{MIDDLE.removeprefix('It')} {LOOSE}")
    endpoint.script = [reply]
    page.fill("#gba-question textarea", VACANCY)
    page.press("#gba-question textarea", "Enter")
    growing = page.locator("#gba-live article[aria-busy=true] .statement")
    growing.wait_for()
    assert growing.count() == 1
    assert "28.9%" in growing.inner_text()
    assert page.locator("#gba-stop").is_visible()
    reply.go.set()
    turn = page.locator("#gba-turns .turn[data-id]")
    turn.wait_for()
    assert turn.locator(".statement").count() == 2
    assert turn.locator(".statement + .mark, .statement ~ .mark").count() == 2
    loose = turn.locator(".unsupported")
    assert loose.inner_text().startswith("Observers remain wonderfully optimistic about rents")
    assert turn.locator(".unsupported-label").inner_text() == "not supported by a quote"
    assert loose.evaluate("e => e.nextElementSibling.matches('.unsupported-label')")
    look = "e => { const s = getComputedStyle(e); return [s.textDecorationLine, s.textDecorationStyle, s.color]; }"
    different, usual = loose.evaluate(look), turn.locator(".statement").first.evaluate(look)
    assert different[:2] == ["underline", "dotted"]
    assert usual[0] == "none"
    assert different[2] != usual[2]
    assert turn.locator(".tools .by").inner_text() == "Written by small-model"

    # The marks of a written answer open its quotes like those of a chosen one; all of it survives another language and a reload.
    turn.locator(".mark").first.click()
    page.wait_for_selector("#gba-paper mark")
    assert "28.9%" in "".join(page.locator("#gba-paper mark").all_inner_texts())
    page.click("#gba-reader [data-do=close]")
    page.click(".bar [data-set=ui][data-value=zh-Hant]")
    page.wait_for_function("document.querySelector('.unsupported-label')?.textContent === '沒有引文支持'")
    page.reload()
    page.wait_for_selector("#gba-turns .unsupported-label")


def test_stop_keeps_what_was_said(llm_page: Page, endpoint: Endpoint) -> None:
    page = llm_page
    reply = Paused(f"{CARRIED} It", MIDDLE.removeprefix("It"))
    endpoint.script = [reply]
    page.fill("#gba-question textarea", VACANCY)
    page.press("#gba-question textarea", "Enter")
    page.locator("#gba-live article[aria-busy=true] .statement").wait_for()
    page.click("#gba-stop")
    page.locator("#gba-turns .turn .statement").wait_for()
    reply.go.set()
    page.locator("#gba-send").wait_for()
    page.locator("#gba-live article[aria-busy=true]").wait_for(state="hidden")  # until then Enter is not heard
    at_rest(page)
    endpoint.script = [streams(CARRIED)]
    answered = ask(page, VACANCY)
    assert "28.9%" in answered.inner_text()
    assert page.locator("#gba-turns .turn").count() == 2


def test_a_failing_endpoint_leaves_the_chosen_answer_and_says_so(llm_page: Page, endpoint: Endpoint) -> None:
    endpoint.script = [says(401, "{}")]
    turn = ask(llm_page, VACANCY)
    assert "28.9%" in turn.locator(".answer").inner_text()
    assert turn.locator(".mark").count() >= 1
    assert turn.locator(".note").is_visible()
    assert turn.locator(".unsupported").count() == 0


def test_what_the_model_writes_is_shown_as_text(llm_page: Page, endpoint: Endpoint) -> None:
    trick = "<img src=x onerror=alert(document.title)> Offices are <b>lovely</b> to look at ${alert(name)} [link](javascript:alert(name))."
    endpoint.script = [streams(f"{CARRIED} {trick}")]
    turn = ask(llm_page, VACANCY)
    assert "<img src=x onerror=alert(document.title)>" in turn.inner_text()
    assert turn.locator("img, b, a").count() == 0

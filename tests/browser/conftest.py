"""A real server (`python ui.py`) and a real Chromium for the browser tests."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.chat_server import Server, build_knowledge

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


def chromium_path() -> str | None:
    """The system's Chromium, or the one GBA_QA_CHROMIUM names."""
    return os.environ.get("GBA_QA_CHROMIUM") or next((path for name in NAMES if (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def knowledge_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the shipped knowledge, keyword search alone: the page is tested here, not the embedder."""
    return build_knowledge(tmp_path_factory.mktemp("chat") / "index")


@pytest.fixture(scope="session")
def start_server() -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(*arguments: str, **settings: str) -> Server:
        servers.append(Server(*arguments, **settings))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture(scope="session")
def server(start_server: Callable[..., Server], knowledge_index: Path) -> Server:
    return start_server("--index", str(knowledge_index), GBA_QA_QUESTIONS_PER_MINUTE="100000")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = chromium_path()
    if path is None:
        if os.environ.get("GBA_QA_REQUIRE_BROWSER") == "1":
            pytest.fail(
                "no Chromium here, and GBA_QA_REQUIRE_BROWSER=1 says there must be one: apt-get install chromium"
            )
        pytest.skip("no Chromium here (apt-get install chromium, or GBA_QA_CHROMIUM=/path)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


class Watched:
    """Everything a page asked for, said and complained about."""

    def __init__(self, page: Page) -> None:
        self.requests: list[str] = []
        self.errors: list[str] = []
        self.dialogs: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        page.on("dialog", self._dialog)

    def _dialog(self, dialog: Any) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    @property
    def outside(self) -> list[str]:
        """Requests to anything but this machine."""
        return [u for u in self.requests if not u.startswith(("http://127.0.0.1:", "data:", "blob:http://127.0.0.1:"))]


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport={"width": 1280, "height": 860}, locale="en-GB")
    context.set_default_timeout(15_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, server: Server) -> Iterator[Page]:
    """The page, open and ready, in English.  At the end: no request left this machine and no script failed."""
    page = context.new_page()
    watched = Watched(page)
    page.watched = watched  # type: ignore[attr-defined]
    open_chat(page, server.url)
    yield page
    assert watched.outside == []
    assert watched.errors == []


def open_chat(page: Page, url: str) -> None:
    page.goto(url)
    page.wait_for_selector("html[data-ready=yes]")


AT_REST = """() => new Promise((done) => {
    let before = "";
    let still = 0;
    const look = () => {
        const moving = document.getAnimations().some(
            (a) => a.playState === "running" && a.effect.getComputedTiming().iterations !== Infinity);
        const now = [scrollY, document.getElementById("gba-scroll")?.scrollTop, document.body.scrollHeight].join();
        still = moving || now !== before ? 0 : still + 1;
        before = now;
        if (still >= 5) done(true);
        else requestAnimationFrame(look);
    };
    look();
})"""


def at_rest(page: Page) -> None:
    """Wait until nothing slides, fades or scrolls any more: what is under the pointer then stays there."""
    page.evaluate(AT_REST)


def ask(page: Page, question: str) -> Any:
    """Ask, and wait for the finished turn to stand still; returns its locator."""
    before = page.locator("#gba-turns .turn[data-id]").count()
    page.fill("#gba-question textarea", question)
    page.press("#gba-question textarea", "Enter")
    turn = page.locator("#gba-turns .turn[data-id]").nth(before)
    turn.wait_for()
    at_rest(page)
    return turn

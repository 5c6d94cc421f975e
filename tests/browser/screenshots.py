"""Screenshots of the real page, for the README and for looking: `python -m tests.browser.screenshots [--all FOLDER]`.

Without --all, the few that stand in docs/.  With it, every state at three widths, light and dark, in three languages.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.browser.conftest import ask, at_rest, chromium_path, open_chat
from tests.chat_server import ROOT, Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

DOCS = ROOT / "docs"
SIZES = {1440: 900, 1024: 768, 390: 844}
QUESTIONS = {
    "en": (
        "What was Qianhai's office vacancy rate in the third quarter of 2023?",
        "How long is the Hong Kong-Zhuhai-Macao Bridge?",
    ),
    "zh-HK": ("2023年第3季前海辦公樓的空置率是多少？", "港珠澳大橋全長多少公里？"),
    "zh-CN": ("2023年第3季度前海办公楼的空置率是多少？", "港珠澳大桥全长多少公里？"),
}


def welcome(page: Page, locale: str) -> None:
    page.wait_for_selector(".examples:visible")


def answer(page: Page, locale: str) -> None:
    ask(page, QUESTIONS[locale][0])


def quote(page: Page, locale: str) -> None:
    ask(page, QUESTIONS[locale][0]).locator(".mark").first.click()
    page.wait_for_selector("#gba-paper mark")


def refusal(page: Page, locale: str) -> None:
    ask(page, QUESTIONS[locale][1])


def card(page: Page, locale: str) -> None:
    ask(page, QUESTIONS[locale][0]).locator(".mark").first.hover()
    page.wait_for_selector("#gba-card:visible")


def sources(page: Page, locale: str) -> None:
    page.click("[data-do=sources]")
    page.wait_for_selector("#gba-docs .doc")


def menu(page: Page, locale: str) -> None:
    ask(page, QUESTIONS[locale][0])
    page.click("[data-do=menu]")


def about(page: Page, locale: str) -> None:
    page.click("[data-do=menu]")
    page.click("[data-do=about]")
    page.wait_for_selector("#gba-about-body p")


def picture(page: Page, locale: str) -> None:
    """An uploaded PDF, cited, beside the picture of its page."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "渡輪計劃.pdf"
        make_pdf(path)
        page.set_input_files("#gba-file", str(path))
        page.wait_for_selector(".uploads .done")
    ask(page, "渡輪2031年每日載客多少人次？").locator(".mark").first.click()
    page.wait_for_selector("#gba-paper mark")
    page.click("[data-do=picture]")
    page.wait_for_selector("#gba-picture img")


def make_pdf(path: Path) -> None:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfgen.canvas import Canvas

    pdfmetrics.registerFont(UnicodeCIDFont("MSung-Light"))
    canvas = Canvas(str(path))
    for lines in (
        ["維港渡輪計劃", "本計劃由運輸部門於2031年發表。"],
        [
            "航線與乘客",
            "渡輪公司在2031年第2季營運14條航線，較2030年多3條。",
            "每日載客約52,300人次，其中38.5%為通勤乘客。",
        ],
    ):
        for n, line in enumerate(lines):
            canvas.setFont("MSung-Light", 13 if n else 20)
            canvas.drawString(72, 760 - 40 * n, line)
        canvas.showPage()
    canvas.save()


STATES: dict[str, Callable[[Any, str], None]] = {
    f.__name__: f for f in (welcome, answer, quote, refusal, card, sources, menu, about, picture)
}
COMMITTED = [  # file in docs/, state, locale, width, colours
    ("screenshot", "quote", "en", 1440, "light"),
    ("screenshot-zh-hant", "quote", "zh-HK", 1440, "light"),
    ("screenshot-zh-hans-dark", "quote", "zh-CN", 1440, "dark"),
    ("screenshot-hover", "card", "en", 1024, "dark"),
    ("screenshot-page-picture", "picture", "zh-HK", 1440, "light"),
    ("screenshot-refusal", "refusal", "en", 1024, "light"),
    ("screenshot-sources", "sources", "zh-HK", 1024, "light"),
    ("screenshot-phone", "answer", "en", 390, "light"),
    ("screenshot-phone-dark", "quote", "zh-HK", 390, "dark"),
]


def take(browser: Browser, url: str, path: Path, state: str, locale: str, width: int, colours: str) -> None:
    """One picture: a fresh browser session, the state brought about as a person would, then still."""
    context = browser.new_context(
        viewport={"width": width, "height": SIZES[width]},
        locale=locale,
        color_scheme=colours,
        reduced_motion="reduce",
    )
    page = context.new_page()
    open_chat(page, url)
    STATES[state](page, locale)
    at_rest(page)
    page.screenshot(path=path)
    context.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--all", metavar="FOLDER", type=Path, help="every state, width, colours and language, into this folder"
    )
    parser.add_argument("--states", nargs="*", default=list(STATES), choices=list(STATES))
    parser.add_argument("--index", help="an index to ask; default: one built from the shipped knowledge")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = options.index or str(Path(folder) / "index")
        if not options.index:
            from gba_qa.qa import QA

            QA.build((), place).close()
        server = Server("--index", place, GBA_QA_QUESTIONS_PER_MINUTE="100000", GBA_QA_EMBEDDER="bundled")
        try:
            _take_all(server.url, options.all, options.states)
        finally:
            server.stop()


def _take_all(url: str, folder: Path | None, states: list[str]) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
        if folder is None:
            DOCS.mkdir(exist_ok=True)
            for name, *what in COMMITTED:
                take(browser, url, DOCS / f"{name}.png", *what)
                print(DOCS / f"{name}.png")
            return
        folder.mkdir(parents=True, exist_ok=True)
        for state, locale, width, colours in itertools.product(states, QUESTIONS, SIZES, ("light", "dark")):
            take(browser, url, folder / f"{state}-{width}-{colours}-{locale}.png", state, locale, width, colours)


if __name__ == "__main__":
    main()

"""The main job in a real browser: ask, see the cited answer, open the quote, come back to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import ask

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

IN_SIGHT = """() => {
    const quote = document.querySelector('#quote').getBoundingClientRect();
    const pane = document.querySelector('#gba-scroll').getBoundingClientRect();
    return quote.top >= pane.top && quote.bottom <= pane.bottom && quote.height > 0;
}"""


@pytest.mark.parametrize(
    ("question", "figure", "file"),
    [
        (
            "What was Qianhai's office vacancy rate in the third quarter of 2023?",
            "28.9%",
            "qianhai-office-vacancy.en.md",
        ),
        ("2023年第3季前海辦公樓的空置率是多少？", "28.9%", "qianhai-office-vacancy.zh-Hant.md"),
        ("2023年第3季度前海办公楼的空置率是多少？", "28.9%", "qianhai-office-vacancy.zh-Hans.md"),
    ],
)
def test_an_answer_opens_at_its_quote(page: Page, question: str, figure: str, file: str) -> None:
    turn = ask(page, question)
    assert figure in turn.locator(".answer").inner_text()
    assert file in turn.locator(".ref-place").first.inner_text()
    quote = turn.locator(".ref-quote").first.inner_text().strip('“”"「」')

    turn.locator(".mark").first.click()
    page.wait_for_selector("#gba-paper mark")
    assert "".join(page.locator("#gba-paper mark").all_inner_texts()) == quote
    page.wait_for_function(IN_SIGHT)
    assert file in page.locator("#gba-reader-head .facts").first.inner_text()
    # The text before and after is there to read on.
    assert len(page.locator("#gba-paper").inner_text()) > 2 * len(quote)


def test_a_reload_finds_the_chat_with_its_citations_alive(page: Page) -> None:
    ask(page, "What was Qianhai's office vacancy rate in the third quarter of 2023?")
    ask(page, "港珠澳大桥全长多少公里？")
    page.reload()
    page.wait_for_selector("#gba-turns .turn:nth-child(2)")
    turns = page.locator("#gba-turns .turn")
    assert turns.count() == 2
    turns.first.locator(".mark").click()
    page.wait_for_selector("#gba-paper mark")
    page.wait_for_function(IN_SIGHT)
    assert ask(page, "Which cities belong to the Greater Bay Area?").locator(".mark").count() >= 1


def test_a_refusal_is_plain_and_offers_passages_and_questions(page: Page) -> None:
    turn = ask(page, "Who won the football World Cup of 1998?")
    assert turn.locator(".answer").inner_text().strip() == "The documents don't say."
    assert turn.locator(".mark").count() == 0
    assert turn.locator(".near .open").count() >= 1
    turn.locator(".near .open").first.click()
    page.wait_for_selector("#gba-paper mark.passage")
    turn.locator(".asks .ask").first.click()
    answered = page.locator("#gba-turns .turn").nth(1)
    answered.locator(".mark").first.wait_for()
    assert "abstained" not in (answered.get_attribute("class") or "")

"""What a person waits for: the page, and the first words of an answer."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import open_chat
from tests.chat_server import Server, slack

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

FIRST_WORDS = """(question) => new Promise((resolve) => {
    const box = document.querySelector('#gba-question textarea');
    box.value = question;
    box.dispatchEvent(new Event('input', {bubbles: true}));
    requestAnimationFrame(() => requestAnimationFrame(() => {
        const turns = document.querySelectorAll('.turn .answer').length;
        let start = 0;
        new MutationObserver((_, observer) => {
            if (document.querySelectorAll('.turn .answer').length <= turns) return;
            observer.disconnect();
            resolve(performance.now() - start);
        }).observe(document.body, {childList: true, subtree: true, characterData: true});
        start = performance.now();
        document.getElementById('gba-send').click();
    }));
})"""


QUESTIONS = [
    "How many foreign professionals may practise in Qianhai by filing?",
    "橫琴的澳門居民到2029年要有多少人？",
    "前海扩区以后面积是多少？",
    "Which university founded a campus in Guangzhou?",
    "東京灣區有甚麼產業？",
    "香港制造商为什么离开珠三角？",
    "What is the share of foreign trade in the Greater Bay Area's economy?",
    "廣東省提出的先進製造業目標是甚麼？",
    "深港两地如何合作发展生物技术？",
]


@pytest.mark.bundled
def test_the_page_is_there_in_five_seconds(
    start_server: Callable[..., Server], chromium: Browser, bundled_index: Path
) -> None:
    busy, start = slack(), time.monotonic()
    server = start_server("--index", str(bundled_index), GBA_QA_EMBEDDER="bundled")
    page = chromium.new_page()
    open_chat(page, server.url)
    seconds = time.monotonic() - start
    page.close()
    server.stop()
    print(f"python ui.py → interactive page: {seconds:.2f} s (server {server.seconds:.2f} s), load {busy:.1f}")
    assert seconds <= 5.0 * busy


@pytest.mark.bundled
def test_first_words_of_an_answer_within_150_ms(
    start_server: Callable[..., Server], chromium: Browser, bundled_index: Path
) -> None:
    """After the click, in the page, for questions that nobody has asked before."""
    server = start_server("--index", str(bundled_index), GBA_QA_EMBEDDER="bundled")
    page = chromium.new_page()
    open_chat(page, server.url)
    page.evaluate(FIRST_WORDS, "Which cities belong to the Greater Bay Area?")  # the way there is warm
    busy, waits = slack(), []
    for question in QUESTIONS:
        page.wait_for_selector("body:not(.asking) #gba-turns .turn[data-id]:last-child")
        waits.append(page.evaluate(FIRST_WORDS, question))
    page.close()
    server.stop()
    print(
        f"click → first words: median {statistics.median(waits):.0f} ms, longest {max(waits):.0f} ms, load {busy:.1f}"
    )
    assert statistics.median(waits) <= 150 * busy

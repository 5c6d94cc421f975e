"""The rest of the page in a real browser: hover, keyboard, languages, history, uploads, hostile documents, phone width."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.conftest import Watched, ask, at_rest, open_chat
from tests.chat_server import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Locator, Page

pytestmark = pytest.mark.browser

VACANCY = "What was Qianhai's office vacancy rate in the third quarter of 2023?"


def test_hover_shows_the_quote_and_leaving_hides_it(page: Page) -> None:
    turn = ask(page, VACANCY)
    turn.locator(".mark").first.hover()
    card = page.locator("#gba-card")
    card.wait_for()
    assert "28.9%" in card.locator(".ref-quote").inner_text()
    assert "Empty offices" in card.inner_text()
    page.mouse.move(5, 500)
    card.wait_for(state="hidden")


def test_keyboard_alone(page: Page) -> None:
    page.keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("/")
    page.keyboard.type(VACANCY)
    page.keyboard.press("Enter")
    page.wait_for_selector("#gba-turns .turn .mark")
    at_rest(page)  # scrolling would take the card away
    page.evaluate("document.querySelector('.bar [data-do=menu]').focus()")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "mark"
    page.wait_for_selector("#gba-card:visible")  # focus shows the quote, as hover does
    page.keyboard.press("Enter")
    page.wait_for_selector("#gba-paper mark")
    assert page.evaluate("document.querySelector('#gba-pane').contains(document.activeElement)")
    page.keyboard.press("Escape")
    assert page.locator("#gba-pane").is_hidden()
    assert page.evaluate("document.activeElement.className").startswith("mark")


def test_the_language_follows_the_browser_and_can_be_changed(chromium: Browser, server: Server) -> None:
    for locale, language, ask_word in (
        ("zh-HK", "zh-Hant", "提問"),
        ("zh-TW", "zh-Hant", "提問"),
        ("zh-CN", "zh-Hans", "提问"),
    ):
        context = chromium.new_context(locale=locale)
        page = context.new_page()
        open_chat(page, server.url)
        assert page.evaluate("document.documentElement.lang") == language
        assert page.locator("#gba-send").inner_text() == ask_word
        assert page.locator(".examples:visible").count() == 1
        page.click(".bar [data-set=ui][data-value=en]")
        assert page.locator("#gba-send").inner_text() == "Ask"
        assert page.locator(".welcome h1").inner_text().startswith("What would you like")
        page.reload()
        page.wait_for_selector("html[data-ready=yes]")
        assert page.locator("#gba-send").inner_text() == "Ask"
        context.close()


def test_chinese_in_the_other_script_is_marked_and_the_original_one_click_away(page: Page) -> None:
    turn = ask(page, "2023年第3季前海辦公樓的空置率是多少？")
    assert "萊坊估算" in turn.locator(".answer").inner_text()
    page.click("[data-do=menu]")
    page.click("[data-set=script][data-value=zh-Hans]")
    page.wait_for_selector("#gba-turns .converted")
    turn = page.locator("#gba-turns .turn")
    assert "莱坊估算" in turn.locator(".answer").inner_text()
    assert "萊坊估算" in turn.locator(".ref-quote").inner_text()  # what is quoted stays as it stands
    turn.locator(".mark").first.click()
    page.wait_for_selector("#gba-paper mark")
    assert "莱坊估算" in page.locator("#gba-paper mark").inner_text()
    page.click("[data-do=original]")
    page.wait_for_function("document.querySelector('#gba-paper mark')?.textContent.includes('萊坊估算')")


def test_follow_up_new_chat_and_history(page: Page) -> None:
    ask(page, VACANCY)
    assert ask(page, "And in Shenzhen?").locator(".understood").count() == 1
    page.click(".bar [data-do=new]")
    assert page.locator("#gba-turns .turn").count() == 0
    assert page.locator("#gba-welcome").is_visible()
    ask(page, "Which cities belong to the Greater Bay Area?")
    page.click("[data-do=menu]")
    entries = page.locator("#gba-history [data-do=open-chat]")
    assert entries.all_inner_texts() == ["Which cities belong to the Greater Bay Area?", VACANCY]
    entries.nth(1).click()
    page.wait_for_selector("#gba-turns .turn:nth-child(2)")
    assert page.locator("#gba-turns .turn").count() == 2


def test_copy_export_and_thumbs(page: Page, context: BrowserContext, knowledge_index: Path) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    turn = ask(page, VACANCY)
    turn.locator("[data-do=copy]").click()
    page.wait_for_selector(".flash")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "28.9%" in copied
    assert "[1] Empty offices and low activity in Qianhai (qianhai-office-vacancy.en.md): “In Q3 2023" in copied
    page.click("[data-do=menu]")
    with page.expect_download() as download:
        page.click("[data-do=export]")
    text = Path(download.value.path()).read_text(encoding="utf-8")
    assert f"## {VACANCY}" in text
    assert "> In Q3 2023 the office vacancy rate" in text
    turn.locator("[data-do=bad]").click()
    page.fill(".note-form textarea", "the mark is missing")
    page.click(".note-form button")
    page.wait_for_selector(".flash >> text=Noted")
    lines = (knowledge_index / "feedback.jsonl").read_text(encoding="utf-8").splitlines()
    kept = json.loads(lines[-1])
    assert (kept["thumb"], kept["note"], kept["question"]) == ("down", "the mark is missing", VACANCY)


def test_sources_are_listed_searched_opened_and_chosen(page: Page) -> None:
    page.click("[data-do=sources]")
    page.wait_for_selector("#gba-docs .doc")
    everything = page.locator("#gba-docs .doc:visible").count()
    page.fill("#gba-find", "office vac")
    assert page.locator("#gba-docs .doc:visible").count() == 0
    page.fill("#gba-find", "empty offices")
    assert page.locator("#gba-docs .doc:visible").count() == 1
    page.press("#gba-find", "Enter")
    page.wait_for_selector("#gba-found .near b")
    page.fill("#gba-find", "bay-area economies")
    page.locator("#gba-docs .doc:visible input").check()
    assert "Asking 1" in page.locator("#gba-chosen").inner_text()
    page.locator("#gba-docs .doc:visible .open").click()
    page.wait_for_selector("#gba-paper table")
    page.click("#gba-reader [data-do=close]")
    refused = ask(page, VACANCY)
    assert "28.9%" not in refused.locator(".answer").inner_text()
    page.click("[data-do=use-all]")
    assert "28.9%" in ask(page, VACANCY).locator(".answer").inner_text()
    assert everything > 100


@pytest.fixture(scope="module")
def ferry_pdf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A PDF of three pages; the second one holds the figure."""
    from reportlab.pdfgen.canvas import Canvas

    path = tmp_path_factory.mktemp("pdf") / "ferry plan.pdf"
    canvas = Canvas(str(path))
    for page in (
        ["The Harbour Ferry Plan", "This plan was written for a test of the chat page."],
        ["Passengers", "The harbour ferries carried 52,300 passengers a day in the year 2031."],
        ["Fares", "An adult pays 9.5 dollars for a crossing of the harbour."],
    ):
        for line, text in enumerate(page):
            canvas.setFont("Helvetica", 20 if line == 0 else 12)
            canvas.drawString(72, 760 - 40 * line, text)
        canvas.showPage()
    canvas.save()
    return path


def test_an_upload_is_answered_from_shown_on_its_page_and_private(
    page: Page, chromium: Browser, server: Server, ferry_pdf: Path
) -> None:
    question = "How many passengers did the harbour ferries carry a day in 2031?"
    page.set_input_files("#gba-file", str(ferry_pdf))
    page.wait_for_selector(".uploads .done")
    assert "ferry plan.pdf is ready" in page.locator("#gba-uploads").inner_text()
    assert page.locator("#gba-docs .doc").first.locator(".facts").inner_text().count("this browser only") == 1
    turn = ask(page, question)
    assert "52,300" in turn.locator(".answer").inner_text()
    assert "p. 2 · ferry plan.pdf" in turn.locator(".ref-place").first.inner_text()
    turn.locator(".mark").first.click()
    page.click("[data-do=picture]")
    page.wait_for_selector("#gba-picture img")
    size = page.evaluate(
        "(async () => { const i = document.querySelector('#gba-picture img'); await i.decode(); return i.naturalWidth })()"
    )
    assert size > 500
    # Marked: the picture has the marker's colour in it.
    assert (
        page.evaluate(
            """() => { const i = document.querySelector('#gba-picture img'); const c = document.createElement('canvas');
        c.width = i.naturalWidth; c.height = i.naturalHeight; const x = c.getContext('2d'); x.drawImage(i, 0, 0);
        const d = x.getImageData(0, 0, c.width, c.height).data; let n = 0;
        for (let k = 0; k < d.length; k += 4) if (d[k] > 230 && d[k + 1] > 200 && d[k + 2] < 160) n++; return n; }"""
        )
        > 1000
    )

    other = chromium.new_context(locale="en-GB")
    stranger = other.new_page()
    open_chat(stranger, server.url)
    assert "52,300" not in ask(stranger, question).locator(".answer").inner_text()
    stranger.click("[data-do=sources]")
    stranger.wait_for_selector("#gba-docs .doc")
    assert "ferry" not in stranger.locator("#gba-docs").inner_text()
    other.close()

    # A reload keeps it: the session is the browser's, not the page's.  Removing takes it away at once.
    page.reload()
    page.wait_for_selector("#gba-turns .mark")
    page.click("[data-do=sources]")
    page.click("#gba-docs .own [data-do=remove]")
    page.wait_for_function("document.querySelectorAll('#gba-docs .own').length === 0")
    page.click(".bar [data-do=new]")
    assert "52,300" not in ask(page, question).locator(".answer").inner_text()


def test_a_failed_upload_says_why(page: Page, tmp_path: Path) -> None:
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"not a PDF at all")
    empty = tmp_path / "empty.docx"
    empty.write_bytes(b"")
    program = tmp_path / "program.exe"
    program.write_bytes(b"MZ")
    page.set_input_files("#gba-file", [str(broken), str(empty), str(program)])
    page.wait_for_function("document.querySelectorAll('.uploads .failed').length === 3")
    said = page.locator("#gba-uploads").inner_text()
    assert "empty.docx: the file is empty" in said
    assert "program.exe: this kind of file can't be read" in said
    assert "broken.pdf: " in said
    page.watched.errors.clear()  # type: ignore[attr-defined]  # the browser notes each refusal in its console


TRICKS = [
    "<script>alert('script')</script>",
    "<img src=x onerror=alert('img')>",
    "<svg onload=alert('svg')><a xlink:href='javascript:alert(1)'>x</a></svg>",
    '"><iframe src="javascript:alert(\'frame\')"></iframe>',
    "' onmouseover='alert(1)' autofocus onfocus='alert(2)'",
    "[a link](javascript:alert('md')) ![pixel](http://example.com/pixel.png)",
    "<style>@import url('http://example.com/x.css');*{display:none}</style>",
    "<base href='http://example.com/'><form action='http://example.com/'><button>ok</button></form>",
    "${alert('template')} {{constructor.constructor('alert(1)')()}} `${alert(3)}`",
    "</article></section><h1>out of the box</h1>",
    '<!-- --><a href="data:text/html,<script>alert(9)</script>">data</a> &lt;script&gt;alert(5)&lt;/script&gt;',
]


def hover(page: Page, mark: Locator) -> None:
    """Come over a mark and see its card."""
    page.mouse.move(1, 1)
    at_rest(page)
    mark.hover()
    page.wait_for_selector("#gba-card:visible")


def test_a_hostile_document_is_shown_as_text(
    chromium: Browser, start_server: Callable[..., Server], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """In the title, the file's name, headings, table cells and sentences; indexed, cited, listed, searched and read."""
    from gba_qa.config import Config
    from gba_qa.qa import QA

    folder = tmp_path_factory.mktemp("hostile")
    rows = "\n".join(f"| {trick.replace('|', '')} | {n} |" for n, trick in enumerate(TRICKS))
    body = "\n\n".join(f"Trick number {n} of the zebra crossing report is {trick}." for n, trick in enumerate(TRICKS))
    (folder / "<img src=x onerror=alert('name')>.txt").write_text(
        f"{TRICKS[1]} zebra\n\n{body}\n\n| what | n |\n|---|---|\n{rows}\n", encoding="utf-8"
    )
    (folder / "zebra.md").write_text(f"# {TRICKS[0]}{TRICKS[5]}\n\n## {TRICKS[2]}\n\n{body}\n", encoding="utf-8")
    place = folder / "index"
    QA.build([folder / f for f in folder.iterdir()], place, embedder="none", config=Config(embedder="none")).close()
    server = start_server("--index", str(place))
    context = chromium.new_context(locale="en-GB")
    page = context.new_page()
    watched = Watched(page)
    open_chat(page, server.url)
    for n in range(0, len(TRICKS), 2):
        turn = ask(page, f"What is trick number {n} of the zebra crossing report?")
        for mark in turn.locator(".mark").all()[:2]:
            hover(page, mark)
            mark.click()
            page.wait_for_selector("#gba-paper mark")
    page.click("#gba-reader [data-do=list]")
    page.wait_for_selector("#gba-docs .doc")
    page.fill("#gba-find", "zebra trick")
    page.press("#gba-find", "Enter")
    page.wait_for_selector("#gba-found .near")
    shown = ""
    for doc in page.locator("#gba-docs .doc .open").all():
        page.evaluate("e => e.click()", doc.element_handle())
        page.wait_for_selector("#gba-paper p")
        shown += page.locator("#gba-paper").inner_text()
    for trick in TRICKS:  # the plain text is shown as it stands; of the Markdown its reader left the text
        assert trick in shown
    ask(page, "<img src=x onerror=alert('question')> zebra ${alert(7)} {{x}}?")
    page.click("[data-do=menu]")
    page.wait_for_selector("#gba-history [data-do=open-chat]")
    page.reload()
    page.wait_for_selector("#gba-turns .turn")
    at_rest(page)
    page.evaluate("window.gbaServer.gba_hello({})")  # what the page would have asked for is asked for before this
    assert watched.dialogs == []
    assert watched.outside == []
    assert watched.errors == []
    ours = "#gba-talk, #gba-live, #gba-side, #gba-header"
    assert (
        page.evaluate(
            f"[...document.querySelectorAll('{ours}')].flatMap(e => [...e.querySelectorAll('script, iframe, style, base, object, a[href^=javascript]')]).length"
        )
        == 0
    )
    context.close()


@pytest.mark.parametrize("width", [390, 768, 1440])
def test_nothing_sticks_out_at_any_width(chromium: Browser, server: Server, width: int) -> None:
    context = chromium.new_context(viewport={"width": width, "height": 844}, locale="zh-CN", reduced_motion="reduce")
    page = context.new_page()
    open_chat(page, server.url)
    turn = ask(page, "前海2025年涉外法律服务机构的目标是多少家？")
    wide = "document.documentElement.scrollWidth > innerWidth"
    assert not page.evaluate(wide)
    turn.locator(".mark").first.click()
    page.wait_for_selector("#gba-paper mark")
    assert not page.evaluate(wide)
    at_rest(page)  # the pane has slid in
    pane = page.locator("#gba-pane").bounding_box()
    assert pane is not None
    assert pane["x"] >= 0
    assert pane["x"] + pane["width"] <= width + 1
    page.locator("#gba-reader [data-do=close]").click()
    page.click("[data-do=menu]")
    box = page.locator("#gba-menu").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    context.close()


def _axe() -> str:
    """axe-core, from a package made for tests: it is not part of this project."""
    spec = find_spec("axe_playwright_python")
    if spec is None or not spec.origin:
        pytest.skip("axe-core is not here (pip install axe-playwright-python)")
    return (Path(spec.origin).parent / "axe.min.js").read_text(encoding="utf-8")


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_axe_finds_no_serious_violation(chromium: Browser, server: Server, colours: Any) -> None:
    axe = _axe()
    context = chromium.new_context(locale="en-GB", color_scheme=colours, reduced_motion="reduce")
    page = context.new_page()
    open_chat(page, server.url)

    def check(state: str) -> None:
        at_rest(page)
        page.evaluate(axe)
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']}).then(r => r.violations)")
        serious = [
            (v["id"], v["help"], [n["html"][:160] for n in v["nodes"]][:4])
            for v in found
            if v["impact"] in {"serious", "critical"}
        ]
        assert serious == [], f"{state}, {colours}: {json.dumps(serious, ensure_ascii=False, indent=1)}"

    check("welcome")
    turn = ask(page, VACANCY)
    ask(page, "Who won the football World Cup of 1998?")
    check("answers")
    turn.locator(".mark").first.click()
    page.wait_for_selector("#gba-paper mark")
    check("quote")
    page.click("#gba-reader [data-do=list]")
    page.wait_for_selector("#gba-docs .doc")
    check("sources")
    page.click("#gba-list [data-do=close]")
    page.click("[data-do=menu]")
    check("menu")
    page.click("[data-do=about]")
    page.wait_for_selector("#gba-about-body p")
    check("about")
    context.close()

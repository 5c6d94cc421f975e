"""Answers, passages and exports as the page shows them: nothing of a document is ever markup, and every quote opens."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gba_qa.chat.escape import escape, marked
from gba_qa.chat.export import export_markdown
from gba_qa.chat.feedback import Feedback, candidate
from gba_qa.chat.i18n import LANGUAGES, gradio_translations, strings, word
from gba_qa.chat.passage import passage
from gba_qa.chat.render import View, message_html, turn_html
from gba_qa.chat.turns import Turn, parse_turns, turn_from_json, turn_json
from gba_qa.text import detect_language, to_script
from gba_qa.types import Answer, Block, Chunk, Citation, Document, Hit, Language, Span, Statement

TEXT = "前海概況\n\n前海的辦公樓空置率為28.9%。<b>不是</b>粗體。\n\n地方 | 空置率\n前海 | 28.9%\n深圳 | 23.2%\n\n註：數字來自2023年。"
QUOTE = "前海的辦公樓空置率為28.9%。"
AT = TEXT.index(QUOTE)


def block(kind: str, text: str, context: str = "") -> Block:
    start = TEXT.index(text)
    return Block(kind, start, start + len(text), 1 if kind == "heading" else 0, context)  # type: ignore[arg-type]


DOCUMENT = Document(
    "d1", TEXT, "前海概況", "folder/<i>qianhai.pdf", "zh-Hant", pages=(0, TEXT.index("地方")),
    blocks=(
        block("heading", "前海概況"),
        block("paragraph", "前海的辦公樓空置率為28.9%。<b>不是</b>粗體。"),
        block("table_header", "地方 | 空置率"),
        block("table_row", "前海 | 28.9%", "表一\n地方 | 空置率"),
        block("table_row", "深圳 | 23.2%", "表一\n地方 | 空置率"),
    ),
)  # fmt: skip
CITATION = Citation(1, "d1", "c1", "前海概況", DOCUMENT.source, 1, AT, AT + len(QUOTE), QUOTE)
HIT = Hit(
    Chunk("c1", "d1", QUOTE, AT, AT + len(QUOTE), "前海概況", "", 1, "zh-Hant", DOCUMENT.source, "表一\n地方 | 空置率"),
    0.7,
    "hybrid",
)
ANSWER = Answer(
    "空置率？", (Statement(QUOTE, (1,), (Span(QUOTE.index("28"), QUOTE.index("。")),)),), (CITATION,), (HIT,), "zh-Hant", "extractive", False
)  # fmt: skip


def find(doc_id: str) -> Document:
    return {"d1": DOCUMENT}[doc_id]


def view(ui: Language = "en", script: Language | None = None) -> View:
    return View(ui, script, find)


class Tags(HTMLParser):
    """The elements of a piece of HTML, their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def having(self, name: str, value: str) -> list[dict[str, str | None]]:
        return [a for _, a in self.tags if value in (a.get(name) or "").split()]


@given(st.text())
def test_escaped_text_is_text_and_reads_the_same(text: str) -> None:
    page = Tags(f'<p title="{escape(text)}">{escape(text)}</p>')
    shown = text.replace("\0", "")
    assert [tag for tag, _ in page.tags] == ["p"]
    assert page.text.replace("\r\n", "\n") == shown or page.text == shown
    assert not set(escape(text)) & set("<>\"'`${}\\")


@given(st.text(max_size=60), st.lists(st.tuples(st.integers(0, 70), st.integers(0, 70)), max_size=4))
def test_marks_never_lose_or_double_text(text: str, pairs: list[tuple[int, int]]) -> None:
    page = Tags(marked(text, [Span(a, b) for a, b in pairs], "strong"))
    assert page.text == text.replace("\0", "")


def test_a_turn_carries_marks_references_and_itself() -> None:
    html = turn_html(Turn("t1", ANSWER), view())
    page = Tags(html)
    assert page.having("class", "mark") == [
        {"type": "button", "class": "mark", "data-cite": "1", "aria-label": "Citation 1: 前海概況"}
    ]
    opener = page.having("class", "open")[0]
    assert (opener["data-doc"], opener["data-start"], opener["data-end"]) == ("d1", str(AT), str(AT + len(QUOTE)))
    assert "<strong>28.9%</strong>" in html
    assert "p. 1 · &lt;i&gt;qianhai.pdf" in html
    kept = json.loads(next(a["data-turn"] or "" for t, a in page.tags if t == "article"))
    assert turn_from_json(kept) == Turn("t1", ANSWER)


def test_a_sentence_without_a_quote_says_so_only_where_that_means_something() -> None:
    bare = replace(ANSWER, statements=(Statement("An opinion."),), citations=(), language="en")
    written = replace(bare, answerer="llm:small")
    assert "not supported by a quote" in turn_html(Turn("t", written), view())
    assert "Written by small" in turn_html(Turn("t", written), view())
    for silent in (replace(bare, answerer="smalltalk"), replace(bare, abstained=True)):
        assert "not supported" not in turn_html(Turn("t", silent), view())


def test_a_refusal_offers_passages_and_questions() -> None:
    refused = replace(ANSWER, statements=(Statement("文件沒有提及。"),), citations=(), abstained=True)
    page = Tags(turn_html(Turn("t", refused), view("zh-Hant"), suggestions=["甚麼是<前店後廠>？"]))
    assert page.having("class", "open")[0]["data-kind"] == "passage"
    assert "甚麼是<前店後廠>？" in page.text
    assert "地方 | 空置率" in page.text  # a table row is shown with its header
    assert not page.having("class", "mark")


@pytest.mark.parametrize("change", [{"doc_id": "gone"}, {"quote": "前海的辦公樓空置率為30%。"}, {"start": 0}])
def test_a_citation_that_no_longer_stands_cannot_be_opened(change: dict[str, object]) -> None:
    dead = replace(ANSWER, citations=(replace(CITATION, **change),))
    page = Tags(turn_html(Turn("t", dead), view()))
    assert not page.having("class", "open")
    assert "no longer here" in page.text


def test_the_other_script_is_for_reading_and_the_quote_stays() -> None:
    html = turn_html(Turn("t", ANSWER), view("en", "zh-Hans"))
    answer, _, references = html.partition('<ol class="refs"')
    assert "前海的办公楼空置率为" in answer
    assert "Converted to Simplified for reading" in answer
    assert QUOTE in references
    assert "onverted" not in turn_html(Turn("t", ANSWER), view("en", "zh-Hant"))


def test_what_a_browser_sends_back_is_taken_field_by_field() -> None:
    good = turn_json(Turn("t1", ANSWER))
    assert parse_turns([good, None, 3, {}, {**good, "statements": "x"}, {**good, "language": "fr"}]) == [
        Turn("t1", ANSWER)
    ]
    for name, value in (
        ("question", "x" * 5000),
        ("citations", [{**good["citations"][0], "start": -1}]),
        ("citations", [{**good["citations"][0], "page": "1"}]),
        ("statements", [{"text": "short", "citations": [], "marks": [[0, 99]]}]),
        ("statements", [{"text": "a", "citations": ["1"], "marks": []}] * 3),
        ("hits", [{}]),
        ("abstained", "no"),
        ("statements", [{"text": "a", "citations": [], "marks": []}] * 500),
    ):
        with pytest.raises(ValueError, match=r".+"):
            turn_from_json({**good, name: value})


def test_a_passage_shows_the_quote_in_its_place() -> None:
    shown = passage(DOCUMENT, Span(AT, AT + len(QUOTE)))
    page = Tags(shown.html)
    assert (shown.start, shown.end) == (0, len(TEXT))
    assert f'<mark class="quote" id="quote" tabindex="-1">{QUOTE}</mark>' in shown.html
    assert "&lt;b&gt;不是&lt;/b&gt;粗體。" in shown.html
    assert [t for t, _ in page.tags].count("tr") == 3
    assert page.text.index("p. 1") < page.text.index("空置率為") < page.text.index("p. 2") < page.text.index("23.2%")
    assert "註：數字來自2023年。" in page.text  # no block covers it, and it is shown all the same


def test_a_quoted_table_row_is_marked_cell_by_cell_and_headed() -> None:
    row = "深圳 | 23.2%"
    at = TEXT.index(row)
    shown = passage(DOCUMENT, Span(at, at + len(row)), window=Span(at, at + len(row)))
    assert re.findall(r"<mark[^>]*>([^<]*)</mark>", shown.html) == ["深圳", "23.2%"]
    assert "<caption>表一</caption><tr><th>地方</th><th>空置率</th></tr>" in shown.html
    assert shown.html.count('id="quote"') == 1


@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 300), st.integers(0, 300))
def test_reading_on_covers_the_document_whatever_the_offsets(a: int, b: int, c: int, d: int) -> None:
    shown = passage(DOCUMENT, Span(a, b), window=Span(c, d))
    assert 0 <= shown.start <= len(TEXT)
    assert 0 <= shown.end <= len(TEXT)


def test_pieces_read_one_after_the_other_hold_everything_once() -> None:
    text = "\n\n".join(f"Paragraph {n} of a long report." for n in range(400))
    long = Document("d2", text, "Long", "long.txt", "en")
    shown, end = "", 0
    while end < len(text):
        piece = passage(long, Span(0, 0), window=Span(end, end + 1000))
        shown, end = shown + Tags(piece.html).text, piece.end
    assert re.findall(r"Paragraph (\d+)", shown) == [str(n) for n in range(400)]


def test_the_export_is_markdown_that_shows_the_text_itself() -> None:
    tricky = replace(ANSWER, question="# [x](http://a) *b*", statements=(Statement("1. <b>", (1,)),))
    text = export_markdown([Turn("t", tricky)], "en")
    assert "## \\# \\[x\\](http://a) \\*b\\*" in text
    assert "\\1. \\<b\\>\\[1\\]" in text
    assert "\\[1\\] 前海概況, p. 1 (\\<i\\>qianhai.pdf)" in text
    assert f"> {QUOTE}" in text


def test_a_thumb_is_a_candidate_for_the_gold_set() -> None:
    up = candidate(Turn("t", ANSWER), "up", "")
    assert (up["answers"], up["evidence"], up["answerable"]) == (
        ["28.9%"],
        [{"document": "<i>qianhai.pdf", "quote": QUOTE}],
        True,
    )
    down = candidate(Turn("t", ANSWER), "down", "wrong year")
    assert (down["answers"], down["evidence"], down["note"]) == ([], [], "wrong year")


def test_the_evaluation_takes_the_thumbs_up_and_leaves_what_nobody_has_decided(tmp_path: Path) -> None:
    from gba_qa.errors import EvaluationError
    from gba_qa.goldset import read_gold

    feedback = Feedback(tmp_path / "feedback.jsonl")
    feedback.add(Turn("t", ANSWER), "down", "wrong year")
    with pytest.raises(EvaluationError, match="no line is decided yet"):
        read_gold(feedback.path)
    feedback.add(Turn("t", ANSWER), "up", "")
    feedback.add(Turn("t", ANSWER), "up", "on second thoughts")
    questions = read_gold(feedback.path)
    assert [(q.question, q.answers, q.line) for q in questions] == [
        (ANSWER.question, ("28.9%",), 2),
        (ANSWER.question, ("28.9%",), 3),
    ]


def test_a_message_is_escaped() -> None:
    assert "<img" not in message_html("<img src=x>", "<img src=y>", "en")


# ---------- the words of the page ----------


def test_every_phrase_is_there_in_three_languages_with_the_same_places() -> None:
    for key, phrases in strings().items():
        assert set(phrases) == set(LANGUAGES), key
        places = {language: sorted(re.findall(r"\{\w+\}", text)) for language, text in phrases.items()}
        assert len({tuple(p) for p in places.values()}) == 1, (key, places)
        assert all(text.strip() for text in phrases.values()), key


def test_each_chinese_phrase_is_in_its_own_script() -> None:
    for key, phrases in strings().items():
        hant, hans = phrases["zh-Hant"], phrases["zh-Hans"]
        assert detect_language(hant, "zh-Hant") in {"zh-Hant", "en"}, key
        assert detect_language(hans, "zh-Hans") in {"zh-Hans", "en"}, key
        assert to_script(hans, "zh-Hans") == hans, key


def test_no_word_is_missing_and_none_is_left_over() -> None:
    folder = files("gba_qa.chat")
    code = "".join(
        f.read_text(encoding="utf-8")
        for place in (folder, folder.joinpath("static"))
        for f in place.iterdir()
        if f.name.endswith((".py", ".js", ".html"))
    )
    for key in strings():
        named = key in code or any(key.startswith(p) for p in ("kind_", "lang_", "upload_hint"))
        assert named, f"{key} is used nowhere"
    used = re.findall(r'data-i18n(?:-\w+)?="(\w+)"', code) + re.findall(r'\bword\("(\w+)"', code)
    assert set(used) <= set(strings())


def test_gradio_gets_the_same_words_under_the_browsers_names() -> None:
    table = gradio_translations()
    assert table["zh-HK"]["ask"] == table["zh-TW"]["ask"] == word("ask", "zh-Hant")
    assert table["zh-CN"]["ask"] == word("ask", "zh-Hans")

"""The extractive answerer: what is chosen, how it is put, in three languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from gba_qa import QA
from gba_qa.answer.candidates import collect
from gba_qa.answer.choosing import probabilities
from gba_qa.answer.extractive import ExtractiveAnswerer
from gba_qa.answer.question import analyse
from gba_qa.answer.reading import read_text
from gba_qa.answer.rows import cells_of, tell_row
from gba_qa.types import Answer, Chunk, Hit


def hit(text: str, language: str = "zh-Hant", *, context: str = "", title: str = "") -> Hit:
    chunk = Chunk(f"c{hash(text)}", "d", text, 0, len(text), title, "", None, language, "a.md", context)  # type: ignore[arg-type]
    return Hit(chunk, 0.8, "hybrid", {"bm25": 0.8})


@pytest.fixture(scope="module")
def qa(tmp_path_factory: pytest.TempPathFactory) -> QA:
    folder = tmp_path_factory.mktemp("answers")
    (folder / "port.zh-Hant.md").write_text(
        "# 北灣港口計劃\n\n## 指標\n\n下表列出北灣港口的主要指標。\n\n| 序號 | 指標 | 2031年 | 2035年目標 |\n|---|---|---|---|\n"
        "| 1 | 貨櫃吞吐量 | 820萬標準箱 | 1,150萬標準箱 |\n| 2 | 郵輪旅客 | 46萬人次 | 90萬人次 |\n\n"
        "## 委託\n\n委託撰寫北灣港口報告的有三個團體：\n\n- 北灣商會\n- 航運學會\n- 碼頭工會\n\n"
        "## 背景\n\n如上文所述，北灣港口的貨櫃吞吐量十分可觀。由於航道太淺，大型郵輪不能停泊。\n",
        encoding="utf-8",
    )
    (folder / "port.en.md").write_text(
        "# Tin Shui lighthouse\n\n## History\n\nThe following table lists the lighthouse keepers.\n\n| Keeper | Began | Left |\n|---|---|---|\n"
        "| Ah Fook | 1893 | 1911 |\n| Wong Tai | 1911 | 1930 |\n\nThe lighthouse was lit in 1893 because ships had been lost. It stands 34 metres high.\n",
        encoding="utf-8",
    )
    return QA.build([folder], tmp_path_factory.mktemp("index") / "index", embedder="none")


def first(answer: Answer) -> str:
    return answer.statements[0].text


def test_cell_is_told_with_row_and_column_asked_for_first(qa: QA) -> None:
    answer = qa.ask("北灣港口2035年的貨櫃吞吐量目標是多少？")
    assert first(answer) == "貨櫃吞吐量，2035年目標：1,150萬標準箱（2031年：820萬標準箱）"
    assert len(answer.statements[0].citations) == 2
    quotes = [c.quote for c in answer.citations[:2]]
    assert "1,150萬標準箱" in quotes[0] and "2035年目標" in quotes[1]
    answer = qa.ask("北湾港口2031年的邮轮旅客有多少？")
    assert first(answer).startswith("郵輪旅客，2031年：46萬人次")


def test_answer_words_are_marked(qa: QA) -> None:
    answer = qa.ask("北灣港口2035年的貨櫃吞吐量目標是多少？")
    statement = answer.statements[0]
    assert "1,150萬標準箱" in [statement.text[m.start : m.end] for m in statement.marks]


def test_list_is_told_whole(qa: QA) -> None:
    answer = qa.ask("委託撰寫北灣港口報告的是哪三個團體？")
    assert all(name in first(answer) for name in ("北灣商會", "航運學會", "碼頭工會"))


@pytest.mark.parametrize(
    "question",
    [
        "北灣港口的貨櫃吞吐量是多少？",
        "北灣港口有哪些主要指標？",
        "Which lighthouse keepers are listed?",
        "When did Ah Fook begin?",
    ],
)
def test_sentences_that_only_point_elsewhere_are_never_answers(qa: QA, question: str) -> None:
    for statement in qa.ask(question).statements:
        assert not any(pointer in statement.text for pointer in ("下表", "上文", "following table"))


@pytest.mark.parametrize(
    ("question", "gold"),
    [
        ("點解大型郵輪唔停得北灣？", "航道太淺"),
        ("为什么大型邮轮不能停泊北湾？", "航道太淺"),
        ("Why was the lighthouse lit?", "ships had been lost"),
        ("When was the lighthouse lit?", "1893"),
        ("How high is the lighthouse?", "34 metres"),
    ],
)
def test_first_sentence_answers(qa: QA, question: str, gold: str) -> None:
    assert gold in first(qa.ask(question))


def test_at_most_three_statements_and_none_twice(qa: QA) -> None:
    for question in ("北灣港口", "北灣港口計劃有什麼內容？", "Tell me about the lighthouse"):
        statements = [s.text for s in qa.ask(question).statements]
        assert 1 <= len(statements) <= 3 and len(set(statements)) == len(statements)


def test_every_statement_is_carried_by_quotes_that_stand(qa: QA) -> None:
    for question in ("北灣港口2035年的郵輪旅客目標？", "委託報告的有哪些團體？", "Who were the lighthouse keepers?"):
        answer = qa.ask(question)
        for citation in answer.citations:
            assert qa.document(citation.doc_id).text[citation.start : citation.end] == citation.quote
        if not answer.abstained:
            assert all(s.citations for s in answer.statements)


@pytest.mark.parametrize(
    ("question", "line"),
    [
        ("Why can big cruise ships not moor at 北灣 port?", "Traditional Chinese"),
        ("灯塔 lighthouse 什么时候亮 lit 1893？", "英文"),
    ],
)
def test_other_language_is_told(question: str, line: str) -> None:
    answerer = ExtractiveAnswerer(answerable_share=1.0)
    passage = (
        hit("北灣 port：由於航道太淺，big cruise ships 大型郵輪不能停泊。")
        if "Chinese" in line
        else hit("The lighthouse was lit in 1893.", "en")
    )
    assert line in answerer.answer(question, [passage]).note


def test_no_hits_is_a_refusal_in_the_askers_language() -> None:
    answerer = ExtractiveAnswerer()
    for question, refusal in (
        ("空置率是多少？", "文件沒有提及。"),
        ("空置率为多少？", "文件没有提及。"),
        ("How many?", "The documents don't say."),
    ):
        answer = answerer.answer(question, [])
        assert answer.abstained and answer.text == refusal and not answer.citations


def test_same_question_same_answer(qa: QA) -> None:
    assert qa.ask("北灣港口有哪些指標？") == qa.ask("北灣港口有哪些指標？")


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("為甚麼政策很難落實？", "cause"), ("为什么政策很难落实？", "cause"), ("點解政策好難落實？", "cause"), ("Why is it hard?", "cause"),
        ("何時公布？", "time"), ("什么时候公布？", "time"), ("幾時公布？", "time"), ("When was it published?", "time"),
        ("有哪些城市？", "list"), ("有邊啲城市？", "list"), ("Which cities are in the first tier?", "list"),
        ("空置率幾多？", "percent"), ("空置率是多少？", "percent"), ("What was the vacancy rate?", "percent"),
        ("有幾多間企業？", "number"), ("有多少家企业？", "number"), ("How many firms?", "number"),
        ("邊個管理？", "who"), ("谁管理？", "who"), ("Who manages it?", "who"),
        ("面積多大？", "area"), ("面积有多大？", "area"), ("What is the area of Qianhai in square kilometres?", "area"),
    ],
)  # fmt: skip
def test_what_is_asked_for(question: str, expected: str) -> None:
    assert expected in analyse(question).expected


@pytest.mark.parametrize(
    ("row", "header", "language", "told"),
    [
        (
            "港資企業 | 8,274家 | 11,000家",
            "指標 | 2022年 | 2025年目標",
            "zh-Hant",
            "港資企業：2022年：8,274家；2025年目標：11,000家",
        ),
        (
            "1 | Hong Kong firms | 8,274 | 11,000",
            "No. | Indicator | 2022 | Target",
            "en",
            "Hong Kong firms: 2022: 8,274; Target: 11,000",
        ),
        ("前海 28.9%", "地方 空置率", "zh-Hant", "前海，空置率：28.9%"),
        ("北京 | 5.2%", "", "zh-Hans", "北京；5.2%"),
        ("a | b | c", "x | y", "en", "a: x: b; y: c"),
        ("a | b | c | d", "x | y", "en", "a; b; c; d"),
    ],
)
def test_rows_are_told(row: str, header: str, language: str, told: str) -> None:
    assert tell_row(row, header, language) == told  # type: ignore[arg-type]


def test_cells() -> None:
    assert cells_of("| a | b |") == ["a", "b"]
    assert cells_of("a\tb") == ["a", "b"]


def test_candidates_keep_their_offsets() -> None:
    text = "第一句。第二句：\n- 甲\n- 乙\n第三句。"
    found = collect([hit(text)])
    assert [text[c.start : c.end] for c in found] == [c.text for c in found]
    assert ("list", "第二句：\n- 甲\n- 乙") in [(c.kind, c.text) for c in found]


def test_probabilities_sum_to_one() -> None:
    assert sum(probabilities([3.0, 1.0, -2.0])) == pytest.approx(1.0)
    assert probabilities([]) == []


def test_shipped_answers_are_quick_enough(tmp_path: Path) -> None:
    """The extractive part alone, keywords only; the bound is loose, since test machines are busy."""
    import time

    qa = QA.shipped(embedder="none")
    hits = qa.search("2025年前海要有多少家港資企業？", 10)
    started = time.perf_counter()
    for _ in range(5):
        qa.answerer.answer("2025年前海要有多少家港資企業？", hits)
    assert (time.perf_counter() - started) / 5 < 0.25


@pytest.fixture(scope="module")
def vacancies(tmp_path_factory: pytest.TempPathFactory) -> QA:
    """A sentence on one place that measures it by another, beside a table that has both."""
    folder = tmp_path_factory.mktemp("vacancies")
    (folder / "vacancy.en.md").write_text(
        "# Empty offices\n\n## Vacancy\n\nIn Q3 2023 the office vacancy rate in Qianhai reached 31.4%, more than 7 percentage points "
        "above the average of all Shenzhen.\n\nThe table compares office vacancy rates in Q3 2023.\n\n"
        "| Place | Office vacancy rate in Q3 2023 |\n|---|---|\n| Qianhai | 31.4% |\n| Shenzhen | 24.1% |\n| Beijing | 12.6% |\n\n"
        "## Sources\n\n| Subject | Source | Date |\n|---|---|---|\n| Office vacancy | Report on offices in Shenzhen for Q3 2023 | 24 October 2023 |\n",
        encoding="utf-8",
    )
    (folder / "vacancy.zh.md").write_text(
        "# 空置的辦公樓\n\n## 空置率\n\n2023年第3季前海的辦公樓空置率高達31.4%，比深圳全市平均高逾7個百分點。\n\n下表比較2023年第3季各地的辦公樓空置率。\n\n"
        "| 地方 | 2023年第3季辦公樓空置率 |\n|---|---|\n| 前海 | 31.4% |\n| 深圳 | 24.1% |\n| 北京 | 12.6% |\n\n"
        "## 來源\n\n| 主題 | 來源 | 日期 |\n|---|---|---|\n| 辦公樓空置率 | 2023年第3季深圳辦公樓報告 | 2023年10月24日 |\n",
        encoding="utf-8",
    )
    return QA.build([folder], tmp_path_factory.mktemp("index") / "index", embedder="none")


@pytest.mark.parametrize(
    ("before", "follow_up", "figure"),
    [
        ("What was the office vacancy rate of Qianhai in Q3 2023?", "And in Shenzhen?", "24.1%"),
        ("What was the office vacancy rate of Qianhai in Q3 2023?", "What about Beijing?", "12.6%"),
        ("2023年第3季前海辦公樓的空置率是多少？", "那深圳呢？", "24.1%"),
        ("2023年第3季度前海办公楼的空置率是多少？", "那深圳呢？", "24.1%"),
        ("2023年第3季度前海办公楼的空置率是多少？", "北京呢？", "12.6%"),
        ("2023年第3季深圳辦公樓的空置率是多少？", "咁前海呢？", "31.4%"),
    ],
)
def test_the_place_asked_for_wins_over_one_it_is_compared_with(
    vacancies: QA, before: str, follow_up: str, figure: str
) -> None:
    answer = vacancies.ask(follow_up, history=[vacancies.ask(before)])
    assert not answer.abstained and figure in first(answer)


@pytest.mark.parametrize(
    "question",
    [
        "What was the office vacancy rate of Guangzhou in Q3 2023?",
        "2023年第3季廣州辦公樓的空置率是多少？",
        "2023年第3季度广州办公楼的空置率是多少？",
    ],
)
def test_figure_of_another_place_is_no_answer(vacancies: QA, question: str) -> None:
    assert vacancies.ask(question).abstained


@pytest.mark.parametrize(
    ("text", "measures"),
    [
        ("前海的空置率高達31.4%，比深圳全市平均高逾7個百分點。", {"shenzhen"}),
        ("广东的增速低于北京、上海和重庆。", {"beijing", "shanghai", "chongqing"}),
        ("广东的增速低于北京（5.2%）和上海（5%）。", set()),
        ("與紐約和東京相比，香港的面積較小。", {"new-york", "tokyo"}),
        ("比较深圳和前海的空置率", set()),
        ("The rate in Qianhai is above the average of all Shenzhen.", {"shenzhen"}),
        ("Guangdong grew more slowly than Shanghai and Beijing.", {"shanghai", "beijing"}),
        ("Guangdong grew less than Beijing (5.2%) and Shanghai (5%).", set()),
        ("Over 100 firms moved to Shenzhen.", set()),
    ],
)
def test_places_that_only_measure_another(text: str, measures: set[str]) -> None:
    assert read_text(text).measures == measures

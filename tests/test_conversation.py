"""Follow-ups: what is carried over, what is replaced, and how many of the shipped ones are resolved."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gba_qa import QA
from gba_qa.answer.conversation import resolve
from gba_qa.matching import holds_any
from gba_qa.types import Answer

FOLLOW_UPS = Path(__file__).parents[1] / "eval" / "followups.jsonl"


def turn(question: str, answerer: str = "extractive", rewritten: str = "") -> Answer:
    return Answer(question, (), (), (), "en", answerer, False, rewritten=rewritten)


@pytest.mark.parametrize(
    ("before", "question", "resolved"),
    [
        ("2023年香港的經濟增長是多少？", "那廣東呢？", "2023年廣東的經濟增長是多少？"),
        ("2023年香港的经济增长是多少？", "广东呢？", "2023年广东的经济增长是多少？"),
        ("2029年要有幾多澳門居民喺橫琴返工？", "咁2024年呢？", "2024年要有幾多澳門居民喺橫琴返工？"),
        (
            "What was the vacancy rate in Qianhai in 2023?",
            "And in Shanghai?",
            "What was the vacancy rate in Shanghai in 2023?",
        ),
        (
            "What was the vacancy rate in Qianhai in 2023?",
            "and in 2029?",
            "What was the vacancy rate in Qianhai in 2029?",
        ),
        ("How fast did Guangdong grow in Q3 2023?", "What about Q4 2022?", "How fast did Guangdong grow in Q4 2022?"),
        ("微電子產業鏈的上游是甚麼？", "下游呢？", "微電子產業鏈的下游是甚麼？"),
        (
            "How many visitors did the library count in 2031?",
            "and how many people does it employ?",
            "how many people does the library employ?",
        ),
        ("1960年代末香港紡織業有幾多間工廠？", "工人有幾多？", "1960年代末香港紡織業工人有幾多？"),
        ("前海办公楼空置率高吗？", "为什么？", "为什么，前海办公楼空置率高吗？"),
        ("Is the vacancy rate high?", "Why?", "Why? Is the vacancy rate high?"),
    ],
)
def test_follow_up_stands_alone(before: str, question: str, resolved: str) -> None:
    assert resolve(question, [turn(before)]) == resolved


@pytest.mark.parametrize(
    "question",
    [
        "橫琴在哪裏？",
        "粤港澳大湾区有多少个城市？",
        "Which cities are in the first tier of the Greater Bay Area?",
        "港珠澳大橋全長多少公里？",
        "咁大灣區有幾個城市同埋幾多人口？",
    ],
)
def test_question_of_its_own_is_left_alone(question: str) -> None:
    assert resolve(question, [turn("2023年香港的經濟增長是多少？")]) == question


def test_nothing_before_means_nothing_to_carry() -> None:
    assert resolve("那澳門呢？", []) == "那澳門呢？"
    assert resolve("那澳門呢？", [turn("你好", "smalltalk")]) == "那澳門呢？"


def test_third_turn_goes_on_from_what_was_understood() -> None:
    first = turn("2023年第3季前海的空置率是多少？")
    second = turn("上海呢？", rewritten="2023年第3季上海的空置率是多少？")
    assert resolve("2022年呢？", [first, second]) == "2022年第3季上海的空置率是多少？"


def test_four_in_five_shipped_follow_ups_are_answered() -> None:
    qa = QA.shipped()
    rows = [json.loads(line) for line in FOLLOW_UPS.read_text(encoding="utf-8").splitlines() if line.strip()]
    missed = []
    for row in rows:
        history: list[Answer] = []
        for question in row["history"]:
            history.append(qa.ask(question, history=history))
        answer = qa.ask(row["question"], history=history)
        assert answer.question == row["question"]
        if answer.abstained or not holds_any(answer.text, row["answers"]):
            missed.append((row["id"], answer.rewritten, answer.text))
    print(f"{len(rows) - len(missed)} of {len(rows)} follow-ups answered")
    assert len(rows) == 30 and len(missed) <= 6, missed

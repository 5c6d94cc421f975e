"""Questions to begin with fit the documents, warm the server up, and never cost a call of a language model."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from gba_qa.answer import ExtractiveAnswerer
from gba_qa.chat import examples as module
from gba_qa.chat.examples import Examples
from gba_qa.config import Config
from gba_qa.qa import QA
from gba_qa.types import Answer, Hit


class Costly:
    """A language model's answerer as the page sees it: asking it is the failure."""

    name = "llm:costly"

    def __init__(self) -> None:
        self.asked = 0
        self.looked_up: list[str] = []
        self.fallback = self
        self._extractive = ExtractiveAnswerer()

    def stream(self, question: str, hits: Sequence[Hit]) -> None:
        raise AssertionError("the language model was asked")

    def answer(self, question: str, hits: Sequence[Hit]) -> Answer:
        self.looked_up.append(question)
        return self._extractive.answer(question, hits)


@pytest.fixture
def answerer() -> Costly:
    return Costly()


@pytest.fixture
def examples(small_folder: Path, tmp_path: Path, answerer: Costly) -> Examples:
    config = Config(embedder="none")
    return Examples(
        QA.build([small_folder], tmp_path / "index", embedder="none", config=config, answerer=answerer)  # type: ignore[arg-type]
    )


def test_over_other_documents_only_what_they_answer_is_offered(examples: Examples, answerer: Costly) -> None:
    for language in ("en", "zh-Hant", "zh-Hans"):
        assert all("Qianhai" not in q and "前海" not in q for _, q in examples.start(language))
    assert answerer.looked_up  # each was tried, without the language model


@pytest.mark.bundled
def test_the_shipped_knowledge_starts_with_one_of_each_kind_in_each_language(bundled_index: Path) -> None:
    qa = QA.load(bundled_index, config=Config())
    examples = Examples(qa)
    for language in ("en", "zh-Hant", "zh-Hans"):
        kinds = [kind for kind, _ in examples.start(language)]
        assert kinds == ["figure", "table", "why", "cross", "unanswerable"]
        for kind, question in examples.start(language):
            assert qa.ask(question).abstained == (kind == "unanswerable"), question


def test_warming_asks_each_question_once_and_stops_when_told(
    examples: Examples, answerer: Costly, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WARMING_REST", 0.0)
    examples.warm(threading.Event())
    asked = list(answerer.looked_up)
    assert len(asked) == len(set(asked)) > 30
    stop = threading.Event()
    stop.set()
    examples.warm(stop)
    assert answerer.looked_up == asked


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", [
            "9 cities", "Hong Kong, Shenzhen and Guangzhou", "New York Bay Area, the San Francisco Bay Area and the Tokyo Bay Area", "11,000", "four industrial chains",
            "30%", "shop, the operating headquarters, stood in Hong Kong", "60,000", "professionals from outside the Mainland",
        ]),
        ("zh-Hant", ["9個城市", "紐約灣區、三藩市灣區和東京灣區", "11,000家", "四條產業鏈", "30%", "營運總部設在香港", "90億元", "境外專業人士"]),
        ("zh-Hans", ["9个城市", "纽约湾区、旧金山湾区和东京湾区", "11,000家", "四条产业链", "30%", "营运总部设在香港", "90亿元", "境外专业人士"]),
    ],
)  # fmt: skip
def test_each_suggestion_is_answered_by_its_first_sentence(language: str, told: list[str]) -> None:
    qa = QA.shipped(embedder="none", config=Config())
    suggestions: list[str] = module._bank()["more"][language]
    assert len(suggestions) == len(told)
    for question, words in zip(suggestions, told, strict=True):
        assert words in qa.ask(question).statements[0].text, question

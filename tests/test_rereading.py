"""Passages that are read once more after the search: order, scores, and that the answer is taken from them as they were found."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import pytest

from gba_qa import QA
from gba_qa.answer import extractive
from gba_qa.answer.candidates import READ, as_found
from gba_qa.answer.extractive import ExtractiveAnswerer
from gba_qa.answer.question import Question, analyse
from gba_qa.rereading import FARTHEST, WORTH, RereadingRetriever
from gba_qa.types import Chunk, Hit


@pytest.fixture(scope="module")
def shipped() -> QA:
    return QA.shipped()


def chunk(number: int) -> Chunk:
    return Chunk(f"c{number:02}", "d", f"Passage {number}.", 0, 10, "D", "", None, "en", "d.md")


class Found:
    """Hits c00, c01 … with scores .5, .49 …"""

    def __init__(self, retriever: str = "hybrid") -> None:
        self.retriever = retriever
        self.asked: list[int] = []

    def retrieve(
        self, query: str, k: int = 5, *, mode: Any = None, doc_ids: Collection[str] | None = None
    ) -> list[Hit]:
        self.asked.append(k)
        return [Hit(chunk(i), 0.5 - i / 100, self.retriever, {"bm25": 0.1}) for i in range(min(k, 30))]  # type: ignore[arg-type]


class Sentence:
    def __init__(self, hit: Hit, score: float) -> None:
        self.candidate, self.score = self, score
        self.hit = hit


class Reader:
    """Gives the sentences of the passage with the given number the score 0, all others -100."""

    def __init__(self, best: int) -> None:
        self.best = best

    def read(self, text: str) -> Question:
        return analyse(text)

    def rank(self, question: Question, hits: Sequence[Hit]) -> Sequence[Any]:
        sentences = [Sentence(hit, 0.0 if hit.chunk.id == f"c{self.best:02}" else -100.0) for hit in hits]
        return sorted(sentences, key=lambda s: -s.score)


def test_the_passage_with_the_best_sentence_comes_first() -> None:
    hits = RereadingRetriever(Found(), Reader(7)).retrieve("Q?", 3)
    assert [hit.chunk.id for hit in hits] == ["c07", "c00", "c01"]
    assert [hit.score for hit in hits] == pytest.approx([0.43, 0.5 - WORTH * FARTHEST, 0.49 - WORTH * FARTHEST])


def test_what_is_found_farther_down_is_not_read() -> None:
    found = Found()
    hits = RereadingRetriever(found, Reader(READ + 2)).retrieve("Q?", READ + 5)
    assert [hit.chunk.id for hit in hits] == [f"c{i:02}" for i in range(READ + 5)]
    RereadingRetriever(found, Reader(0)).retrieve("Q?", 1)
    assert found.asked == [READ + 5, READ]


def test_hits_are_put_back_as_they_were_found() -> None:
    hits = RereadingRetriever(Found(), Reader(4)).retrieve("Q?", 6)
    back = as_found(hits)
    assert [hit.chunk.id for hit in back] == [f"c{i:02}" for i in range(6)]
    assert [hit.score for hit in back] == [0.5 - i / 100 for i in range(6)]
    plain = Found().retrieve("Q?", 4)
    assert as_found(plain) == plain  # hits of any other retriever stay as they are


@pytest.mark.parametrize("mode", ["bm25", "dense"])
def test_single_searches_pass_through(mode: str) -> None:
    assert RereadingRetriever(Found(), Reader(3)).retrieve("Q?", 2, mode=mode) == Found().retrieve("Q?", 2)


def test_keywords_alone_pass_through() -> None:
    assert RereadingRetriever(Found("bm25"), Reader(3)).retrieve("Q?", 2) == Found("bm25").retrieve("Q?", 2)


def test_the_answer_is_the_same_read_once_or_twice(shipped: QA) -> None:
    question = "What was the office vacancy rate in Qianhai in the third quarter of 2023?"
    hits = shipped.retriever.retrieve(question, READ)
    answer = shipped.answerer.answer(question, hits)
    fresh = ExtractiveAnswerer(
        idf=shipped.answerer.idf,  # type: ignore[attr-defined]
        tokens=shipped.answerer.tokens,  # type: ignore[attr-defined]
        reader=shipped.answerer.reader,  # type: ignore[attr-defined]
        document=shipped.document,
        answerable_share=shipped.answerer.answerable_share,  # type: ignore[attr-defined]
    )
    again = fresh.answer(question, as_found(hits))
    assert answer.text == again.text and answer.confidence == again.confidence and not answer.abstained


def test_passages_are_read_once_for_search_and_answer(shipped: QA, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    look = extractive.features_of
    monkeypatch.setattr(
        extractive, "features_of", lambda asked, *rest, **more: read.append(asked.text) or look(asked, *rest, **more)
    )
    shipped.ask("How many Hong Kong companies did Qianhai have at the end of 2022, asked for this test alone?")
    assert len(read) == 1
    assert analyse(read[0]).text == read[0]

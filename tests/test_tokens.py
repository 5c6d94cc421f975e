"""Token vectors of sentences are read from their passage: the right ones, wherever the sentence stands."""

from __future__ import annotations

import numpy as np
import pytest

from gba_qa import QA
from gba_qa.answer.candidates import collect
from gba_qa.answer.tokens import TokenVectors
from gba_qa.embed import load_embedder
from gba_qa.types import Chunk, Document, Hit
from tests.conftest import HashEmbedder

TEXT = "橫琴的面積約106平方公里。 Customs opened at 8.30 a.m. on Monday. 稅率是15%。"


@pytest.mark.bundled
@pytest.mark.parametrize("text", [TEXT, "", "what is it?", "ＧＤＰ　増長 café " * 200])
def test_a_span_for_every_token_vector(text: str) -> None:
    embedder = load_embedder()
    vectors, spans = embedder.encode_tokens([text])[0], embedder.token_spans(text)  # type: ignore[attr-defined]
    assert len(vectors) == len(spans)
    assert all(0 <= start <= end <= len(text) for start, end in spans)


@pytest.mark.bundled
def test_spans_stand_where_the_words_are() -> None:
    said = [TEXT[start:end] for start, end in load_embedder().token_spans(TEXT)]  # type: ignore[attr-defined]
    assert {"面積", "Customs", "Monday", "稅率"} <= set(said)


def hit(text: str) -> Hit:
    chunk = Chunk("c", "d", text, 100, 100 + len(text), "t", "", None, "zh-Hant", "d.md")
    return Hit(chunk, 1.0, "hybrid", {})


def test_a_sentence_gets_the_vectors_of_its_own_tokens() -> None:
    vectors = np.arange(6, dtype=np.float32).reshape(6, 1)
    spans = [(-7, -5), (0, 2), (3, 5), (8, 10), (12, 14), (20, 22)]
    tokens = TokenVectors(
        lambda texts: [np.full((1, 1), 9.0, dtype=np.float32)] * len(texts), lambda c: vectors, lambda c: spans
    )
    found = collect([hit("第一句話說完了。第二句話在這裏。")])
    assert [v.ravel().tolist() for v in tokens.of_candidates(found)] == [[1.0, 2.0], [3.0, 4.0]]
    assert tokens.of_passage(found[0].hit.chunk).ravel().tolist() == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]


def test_what_was_not_encoded_is_encoded_by_itself() -> None:
    """The embedder reads the first 512 tokens: a sentence beyond them has none."""
    asked: list[str] = []

    def encode(texts: list[str]) -> list[np.ndarray]:
        asked.extend(texts)
        return [np.full((1, 1), 9.0, dtype=np.float32)] * len(texts)

    tokens = TokenVectors(encode, lambda c: np.ones((1, 1), dtype=np.float32), lambda c: [(0, 2)])  # type: ignore[arg-type]
    found = collect([hit("第一句話說完了。第二句話在這裏。")])
    assert [v.item() for v in tokens.of_candidates(found)] == [1.0, 9.0]
    assert asked == ["第二句話在這裏。"]


def test_an_embedder_without_spans_still_answers() -> None:
    document = Document("1", "横琴的面积约106平方公里。深圳的面积更大。", "面积", "a.md", "zh-Hans")
    qa = QA.from_documents([document], embedder=HashEmbedder())
    assert "106" in qa.ask("横琴的面积是多少平方公里？").text


@pytest.mark.bundled
def test_asking_encodes_the_question_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    qa = QA.shipped()
    encoded: list[str] = []
    monkeypatch.setattr(qa.embedder, "_run", _noting(qa.embedder, encoded))
    qa.ask("前海在2025年有哪些目標？")
    assert 1 <= len(encoded) <= 2  # the question, and what it asks for without names and years


def _noting(embedder: object, encoded: list[str]) -> object:
    run = embedder._run  # type: ignore[attr-defined]

    def noted(ids: list[int]) -> object:
        encoded.append(str(ids))
        return run(ids)

    return noted

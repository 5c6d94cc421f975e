"""The second look: the reader orders the first few anew, once a passage, and nothing that it has not read overtakes them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from gba_qa.answer.candidates import collect
from gba_qa.answer.looking import LOOKED_AT, WORTH, look_again
from gba_qa.answer.question import analyse
from gba_qa.span_reader import Finding
from gba_qa.types import Chunk, Hit

TEXTS = ("One opened. Two opened. Three opened.", "Four opened.", "Five opened. Six opened.")
QUESTION = analyse("Which opened?")


class Reader:
    """Likes the parts that hold a word; remembers what it was handed."""

    def __init__(self, liked: str) -> None:
        self.liked = liked
        self.read_ones: list[tuple[str, list[str]]] = []

    def read(self, question: str, passage: str, parts: Sequence[tuple[int, int]]) -> list[Finding]:
        texts = [passage[a:b] for a, b in parts]
        self.read_ones.append((passage, texts))
        return [Finding(1.0, 5.0, 5.0 if self.liked in text else -5.0, 0, 1) for text in texts]


def hits() -> list[Hit]:
    chunks = [
        Chunk(
            f"d:{i}",
            "d",
            text,
            100 * i,
            100 * i + len(text),
            heading="Piers",
            title="Harbour",
            source="d.md",
            language="en",
            page=None,
        )
        for i, text in enumerate(TEXTS)
    ]
    return [Hit(chunk, 1.0 - i / 10, "hybrid", {}) for i, chunk in enumerate(chunks)]


def test_without_a_reader_all_stays() -> None:
    candidates = collect(hits())
    scores = [float(-i) for i in range(len(candidates))]
    assert look_again(QUESTION, candidates, scores, None) == [(score, {}) for score in scores]
    assert look_again(QUESTION, [], [], Reader("x")) == []  # type: ignore[arg-type]


def test_what_the_reader_likes_comes_first_and_the_unread_overtake_nothing() -> None:
    candidates = collect(hits())
    looked = look_again(QUESTION, candidates, [0.0, -0.1, -0.2, -0.3, -0.4, -0.5], Reader("Three"))  # type: ignore[arg-type]
    scores = [score for score, _ in looked]
    assert max(scores) == scores[2] == pytest.approx(-0.2 + WORTH * 5)
    assert min(scores[:LOOKED_AT]) > max(scores[LOOKED_AT:])
    assert scores[3] - scores[5] == pytest.approx(0.2), "as far from one another as before"
    assert [bool(found) for _, found in looked] == [True] * LOOKED_AT + [False] * 3
    assert looked[2][1] == {"read_answers": 1.0, "read_best": 5.0, "read_inside": 5.0}


def test_a_passage_is_read_once_under_its_heading() -> None:
    reader = Reader("Two")
    look_again(QUESTION, collect(hits()), [0.0] * 6, reader)  # type: ignore[arg-type]
    assert [(passage.split("\n")[0], texts) for passage, texts in reader.read_ones] == [
        ("Piers", ["One opened.", "Two opened.", "Three opened."])
    ]

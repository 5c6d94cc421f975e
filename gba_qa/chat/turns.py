"""A turn of the conversation as JSON: what the browser keeps, and hands back for follow-ups and after a reload.

What comes back from a browser is not trusted: `answer_from_json` takes it field by field, within limits, and raises
ValueError for anything else.  Whether a citation still stands is checked where it is shown (render.py).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from gba_qa.types import Answer, Chunk, Citation, Hit, Language, Span, Statement

__all__ = ["KEPT_HITS", "MAX_QUESTION", "Turn", "loads", "parse_turns", "turn_from_json", "turn_json"]

MAX_QUESTION = 1000  # characters; the longest question of the gold set has 150
KEPT_HITS = 3  # nearest passages kept with a turn: what a refusal shows
_MAX_TEXT = 20_000
_MAX_ITEMS = 100


@dataclass(frozen=True, slots=True)
class Turn:
    """A question with its answer.  `id` names it on the page; `doc_ids` are the documents it was limited to, if any."""

    id: str
    answer: Answer
    doc_ids: tuple[str, ...] = ()


def turn_json(turn: Turn) -> dict[str, Any]:
    """The turn as JSON-able values; `turn_from_json` is its inverse but for all except the first hits."""
    answer = turn.answer
    return {
        "id": turn.id,
        "doc_ids": list(turn.doc_ids),
        "question": answer.question,
        "language": answer.language,
        "answerer": answer.answerer,
        "abstained": answer.abstained,
        "note": answer.note,
        "rewritten": answer.rewritten,
        "statements": [
            {"text": s.text, "citations": list(s.citations), "marks": [[m.start, m.end] for m in s.marks]}
            for s in answer.statements
        ],
        "citations": [{name: getattr(c, name) for name in Citation.__dataclass_fields__} for c in answer.citations],
        "hits": [
            {"score": h.score, "retriever": h.retriever}
            | {name: getattr(h.chunk, name) for name in Chunk.__dataclass_fields__}
            for h in answer.hits[:KEPT_HITS]
        ],
    }


def turn_from_json(value: object) -> Turn:
    """Raises ValueError when the value is not a turn."""
    turn = _Fields(value)
    answer = Answer(
        question=turn.text("question", MAX_QUESTION),
        statements=tuple(_statement(_Fields(s)) for s in turn.items("statements")),
        citations=tuple(_citation(_Fields(c)) for c in turn.items("citations")),
        hits=tuple(_hit(_Fields(h)) for h in turn.items("hits")[:KEPT_HITS]),
        language=turn.language("language"),
        answerer=turn.text("answerer", 200),
        abstained=turn.flag("abstained"),
        note=turn.text("note", 2000),
        rewritten=turn.text("rewritten", 2 * MAX_QUESTION),
    )
    doc_ids = tuple(str(i)[:64] for i in turn.items("doc_ids"))
    return Turn(turn.text("id", 64), answer, doc_ids)


def parse_turns(value: object) -> list[Turn]:
    """The turns in a list, in order; what is no turn is left out."""
    turns = []
    for item in value if isinstance(value, list) else []:
        try:
            turns.append(turn_from_json(item))
        except ValueError:
            continue
    return turns


def loads(text: object, limit: int) -> object:
    """JSON of at most `limit` characters, or None."""
    if not isinstance(text, str) or len(text) > limit:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _statement(fields: _Fields) -> Statement:
    text = fields.text("text")
    marks = []
    for pair in fields.items("marks"):
        if not (isinstance(pair, list) and len(pair) == 2 and all(type(n) is int for n in pair)):
            raise ValueError("a mark is a pair of numbers")
        if not 0 <= pair[0] <= pair[1] <= len(text):
            raise ValueError("a mark lies outside its text")
        marks.append(Span(pair[0], pair[1]))
    numbers = fields.items("citations")
    if not all(type(n) is int for n in numbers):
        raise ValueError("citations of a statement are numbers")
    return Statement(text, tuple(numbers), tuple(marks))


def _citation(fields: _Fields) -> Citation:
    return Citation(
        number=fields.number("number"),
        doc_id=fields.text("doc_id", 64),
        chunk_id=fields.text("chunk_id", 64),
        title=fields.text("title", 2000),
        source=fields.text("source", 4000),
        page=fields.page(),
        start=fields.number("start"),
        end=fields.number("end"),
        quote=fields.text("quote"),
    )


def _hit(fields: _Fields) -> Hit:
    chunk = Chunk(
        id=fields.text("id", 64),
        doc_id=fields.text("doc_id", 64),
        text=fields.text("text"),
        start=fields.number("start"),
        end=fields.number("end"),
        title=fields.text("title", 2000),
        heading=fields.text("heading", 4000),
        page=fields.page(),
        language=fields.language("language"),
        source=fields.text("source", 4000),
        context=fields.text("context"),
    )
    score = fields.values.get("score")
    if not isinstance(score, int | float):
        raise ValueError("score is a number")
    return Hit(chunk, float(score), fields.text("retriever", 40))


class _Fields:
    """A mapping of which each field is checked as it is taken."""

    def __init__(self, value: object) -> None:
        if not isinstance(value, Mapping):
            raise ValueError(f"expected an object, got {type(value).__name__}")
        self.values: Mapping[str, Any] = value

    def text(self, name: str, limit: int = _MAX_TEXT) -> str:
        value = self.values.get(name)
        if not isinstance(value, str) or len(value) > limit:
            raise ValueError(f"{name} is a text of at most {limit} characters")
        return value

    def number(self, name: str) -> int:
        value = self.values.get(name)
        if type(value) is not int or not 0 <= value < 1 << 40:
            raise ValueError(f"{name} is a whole number, 0 or more")
        return value

    def page(self) -> int | None:
        return None if self.values.get("page") is None else self.number("page")

    def flag(self, name: str) -> bool:
        value = self.values.get(name)
        if not isinstance(value, bool):
            raise ValueError(f"{name} is true or false")
        return value

    def language(self, name: str) -> Language:
        known: tuple[Language, ...] = get_args(Language)
        for language in known:
            if self.values.get(name) == language:
                return language
        raise ValueError(f"{name} is one of {', '.join(known)}")

    def items(self, name: str) -> Sequence[Any]:
        value = self.values.get(name)
        if not isinstance(value, list) or len(value) > _MAX_ITEMS:
            raise ValueError(f"{name} is a list of at most {_MAX_ITEMS} items")
        return value

"""Questions to start with, and questions that can be answered, offered beside a refusal (examples.json).

They were written for the shipped knowledge.  Over other documents each is asked once, quietly and never of a language model,
and only those that the documents answer are shown.
"""

from __future__ import annotations

import json
import threading
from functools import lru_cache
from importlib.resources import files
from typing import Any

from gba_qa.places import KNOWLEDGE
from gba_qa.qa import HITS, QA
from gba_qa.text import tokenize
from gba_qa.types import Answer, Language

__all__ = ["Examples"]

OFFERED = 3  # beside a refusal
WARMING_REST = 0.1  # seconds between two questions asked to warm up, so that people's own come first


class Examples:
    """The questions that fit these documents."""

    def __init__(self, qa: QA) -> None:
        self._qa = qa
        self._trusted = all(d.source.startswith(f"{KNOWLEDGE}/") for d in qa.documents())
        self._answered: dict[str, bool] = {}
        self._lock = threading.Lock()

    def start(self, ui: Language) -> list[tuple[str, str]]:
        """(kind, question) to begin with: a figure, a table cell, a why, one in another language, an unanswerable one.

        Empty where the documents answer none of them.
        """
        items = [(str(e["kind"]), str(e["question"])) for e in _bank()["start"][ui]]
        shown = [(k, q) for k, q in items if k == "unanswerable" or self._fits(q)]
        return shown if len(shown) > 1 else []

    def near(self, answer: Answer, ui: Language) -> list[str]:
        """Questions that can be answered, those that share most words with the question first, in its language."""
        asked = set(tokenize(answer.question))
        bank: list[str] = _bank()["more"][answer.language]
        order = sorted(range(len(bank)), key=lambda i: (-len(asked & set(tokenize(bank[i]))), i))
        found: list[str] = []
        for i in order:
            if len(found) == OFFERED:
                break
            if self._fits(bank[i]):
                found.append(bank[i])
        return found

    def _fits(self, question: str) -> bool:
        if self._trusted:
            return True
        with self._lock:
            if question not in self._answered:
                self._answered[question] = not self._answer(question).abstained
            return self._answered[question]

    def warm(self, stop: threading.Event) -> None:
        """Answer all of them once, with a rest after each: what they touch is in memory when people ask (a first question
        over cold sentences takes two to three times as long).  Returns early when `stop` is set."""
        bank = _bank()
        questions = [str(e["question"]) for items in bank["start"].values() for e in items]
        for question in dict.fromkeys([*questions, *(q for items in bank["more"].values() for q in items)]):
            if stop.wait(WARMING_REST):
                return
            self._answer(question)

    def _answer(self, question: str) -> Answer:
        answerer = getattr(self._qa.answerer, "fallback", self._qa.answerer)  # a language model is not asked unasked
        return answerer.answer(question, self._qa.search(question, HITS))


@lru_cache(maxsize=1)
def _bank() -> dict[str, Any]:
    text = files("gba_qa.chat").joinpath("examples.json").read_text(encoding="utf-8")
    return json.loads(text)  # type: ignore[no-any-return]

"""What the span reader learns from: questions beside passages, with the place of the answer or the fact that there is none.

Rows come from our passages (each question in its own language and across, near misses, passages without the sentences that answered,
neighbours) and from the CMRC training articles (the sentences around the answer, and those around it without it).

Our near misses were written by the same hand, which a network that sees the question alone can tell from what is answered.  `question_odds` is
such a network: its log odds are added to the reader's while it learns (a product of experts, Clark et al. 2019), so that the reader gains
nothing by learning the hand.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from gba_qa.sentences import split_sentences
from gba_qa.span_reader import PASSAGE, QUESTION
from training import data

__all__ = ["Read", "Row", "gather", "tokenized"]

LANGUAGES = ("en", "zh-Hant", "zh-Hans")
FAR = 3.0  # log odds at most that the question alone is given


@dataclass(frozen=True, slots=True)
class Read:
    """A question and a passage.  `answers`: the strings that answer; () for none; None where it answers but nobody marked where."""

    question: str
    passage: str
    answers: tuple[str, ...] | None
    kind: str
    odds: float = 0.0


def gather(shared: Path, rng: random.Random) -> tuple[list[Read], list[Read]]:
    """Rows to learn from and rows kept back (one of our passages in twenty, one article in forty)."""
    odds = question_odds()
    kept, back = [], []
    passages: Sequence[Any] = data.read_passages()
    for i, row in enumerate(passages):
        near = passages[i + 1 if i % 2 == 0 and i + 1 < len(passages) else i - 1]
        (back if i % 20 == 7 else kept).extend(_of_passage(row, near, rng, odds))
    for i, row in enumerate(data.read_jsonl(shared / "cmrc2018_train.jsonl.gz")):
        (back if i % 40 == 7 else kept).extend(_of_article(row, rng))
    rng.shuffle(kept)
    return kept, back


def _of_passage(row: Any, near: Any, rng: random.Random, odds: dict[str, float]) -> Iterator[Read]:
    """Each question against its passage in its own language or the other one."""
    for asked in LANGUAGES:
        for held in (asked, rng.choice([x for x in LANGUAGES if (x == "en") != (asked == "en")])):
            if held != asked and rng.random() > 0.6:
                continue
            for k, question in enumerate(row["questions"][asked]):
                answers = (row["answers"][held][k],) if "answers" in row else None
                yield Read(question, row[held], answers, "answered", odds.get(question, 0.0))
                if answers and rng.random() < 0.8 and (rest := without(row[held], answers)):
                    yield Read(question, rest, (), "without")
                if rng.random() < 0.2:
                    yield Read(question, near[held], (), "neighbour")
            for question in row.get("unanswered", {}).get(asked, []):
                yield Read(question, row[held], (), "near miss", odds.get(question, 0.0))


def _of_article(row: Any, rng: random.Random) -> Iterator[Read]:
    """The sentences around the answer, and for half of the questions those around it without those that hold it."""
    text, answers = row["passage"], tuple(row["answers"][:1])
    spans = [(s.start, s.end) for s in split_sentences(text)]
    at = next((i for i, (a, b) in enumerate(spans) if answers and answers[0] in text[a:b]), None)
    if at is None:
        return
    title = row["title"] + "\n" if rng.random() < 0.5 else ""
    first = last = at
    wanted = rng.randint(60, 260)
    while spans[last][1] - spans[first][0] < wanted and (first > 0 or last + 1 < len(spans)):
        if first > 0 and (last + 1 == len(spans) or rng.random() < 0.5):
            first -= 1
        else:
            last += 1
    window = text[spans[first][0] : spans[last][1]]
    yield Read(row["question"], title + window, answers, "article")
    if rng.random() < 0.6:
        around = text[spans[max(0, first - 1)][0] : spans[min(len(spans) - 1, last + 1)][1]]
        rest = without(around, answers)
        if rest:
            yield Read(row["question"], title + rest, (), "article without")


def without(text: str, answers: Sequence[str]) -> str:
    """The text without the sentences that hold an answer; "" where too little is left."""
    left = [
        text[s.start : s.end] for s in split_sentences(text) if not any(a in text[s.start : s.end] for a in answers)
    ]
    rest = (" " if " " in text.strip()[:40] else "").join(left)
    return rest if len(rest) > 30 else ""


def question_odds() -> dict[str, float]:
    """What the question alone says of being answered, as log odds, by a network that has not seen its passage."""
    from sklearn.neural_network import MLPClassifier

    from gba_qa.embed import load_bundled

    rows = [row for row in data.read_passages() if row.get("unanswered")]
    asked = [
        (question, kind == "questions", i)
        for i, row in enumerate(rows)
        for kind in ("questions", "unanswered")
        for language in LANGUAGES
        for question in row[kind][language]
    ]
    vectors = load_bundled().encode_query([question for question, _, _ in asked]) * 10
    answered = np.array([a for _, a, _ in asked])
    fold = np.array([i for _, _, i in asked]) % 5
    found: dict[str, float] = {}
    for k in range(5):
        net = MLPClassifier((32,), alpha=3.0, max_iter=40, early_stopping=True, random_state=k)
        net.fit(vectors[fold != k], answered[fold != k])
        chance = np.clip(net.predict_proba(vectors[fold == k])[:, 1], 1e-4, 1 - 1e-4)
        values = np.clip(np.log(chance / (1 - chance)), -FAR, FAR)
        found |= dict(zip([q for (q, _, i) in asked if i % 5 == k], values.tolist(), strict=True))
    return found


@dataclass(frozen=True, slots=True)
class Row:
    """Ids, where the passage begins, and the (first, last) tokens of each place of the answer; None as in `Read`."""

    ids: list[int]
    begins: int
    spans: list[tuple[int, int]] | None
    odds: float


def tokenized(read: Read, tokenizer: Tokenizer, rng: random.Random | None = None) -> Row:
    """[CLS] question [SEP] passage [SEP]; a long passage is cut where its answer stays."""
    question = tokenizer.encode(read.question, add_special_tokens=False).ids[:QUESTION]
    encoding = tokenizer.encode(read.passage, add_special_tokens=False)
    ids, offsets = encoding.ids, encoding.offsets
    spans = None if read.answers is None else list(_places(read.passage, read.answers, offsets))
    if read.answers and not spans:
        spans = None
    first = 0
    if len(ids) > PASSAGE:
        first = (rng or random.Random(0)).randint(0, len(ids) - PASSAGE)
        if spans:
            first = min(max(0, spans[0][1] - PASSAGE + 1, min(first, spans[0][0])), len(ids) - PASSAGE)
        elif spans is None:
            first = 0
    begins = len(question) + 2
    cls, sep = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    inside = (
        None
        if spans is None
        else [(a - first + begins, b - first + begins) for a, b in spans if a >= first and b < first + PASSAGE]
    )
    return Row([cls, *question, sep, *ids[first : first + PASSAGE], sep], begins, inside, read.odds)


def _places(text: str, answers: Sequence[str], offsets: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    for answer in answers:
        at = text.find(answer)
        while at >= 0:
            inside = [i for i, (a, b) in enumerate(offsets) if a < at + len(answer) and b > at]
            if inside:
                yield inside[0], inside[-1]
            at = text.find(answer, at + 1)

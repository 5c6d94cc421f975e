"""Question → passage rows for phase 2, each with a passage that looks right and isn't.

Kinds: our own questions in every pair of languages; CMRC questions with the window of the article that answers, and another window of
it; headings with their sections (the English heading too); and a sentence in one language with the paragraph that holds it in the
other, beside the paragraph next to it.  The last kind is plentiful and is what teaches search across languages.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training import data

LANGUAGES = ("en", "zh-Hant", "zh-Hans")
HEADINGS = 3000
SENTENCES = 14000
ONE_LANGUAGE = (
    0.4  # of our rows whose question and passage are in one language: the pooled vector lacks search across languages
)
CMRC = 0.5  # of its questions: Chinese alone


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, the passage that answers it and one that doesn't; `near` is a question that the passage only seems to answer."""

    question: str
    passage: str
    other: str
    near: str = ""


def gather(shared: Path, rng: random.Random) -> list[Asked]:
    """All rows, shuffled."""
    rows = ours(rng) + cmrc(shared, rng) + headings(shared, rng) + sentences(shared, rng)
    rng.shuffle(rows)
    return rows


def ours(rng: random.Random) -> list[Asked]:
    """Our passages: any language asks any language; the neighbour in the file treats a neighbouring matter."""
    passages: Sequence[Any] = data.read_passages()
    found = []
    for i, row in enumerate(passages):
        near = passages[i + 1 if i % 2 == 0 and i + 1 < len(passages) else i - 1]
        for language, questions in row["questions"].items():
            unanswered = row.get("unanswered", {}).get(language, [""])
            for question in questions:
                for held in LANGUAGES:
                    if rng.random() < (ONE_LANGUAGE if held[:2] == language[:2] else 1.0):
                        found.append(Asked(question, row[held], near[held], rng.choice(unanswered)))
    return found


def cmrc(shared: Path, rng: random.Random) -> list[Asked]:
    """The 120-320 characters around the answer, and as many from elsewhere in the article."""
    found = []
    for row in data.read_jsonl(shared / "cmrc2018_train.jsonl.gz"):
        text, answers = row["passage"], row["answers"]
        at = text.find(answers[0]) if answers else -1
        if at < 0 or rng.random() > CMRC:
            continue
        length = rng.randint(120, 320)
        start = max(0, min(at - rng.randint(0, max(0, length - len(answers[0]))), len(text) - length))
        window = text[start : start + length]
        rest = text[: max(0, start - 20)] if start > 150 else text[start + length + 20 :]
        other = rest[-length:] if start > 150 else rest[:length]
        if answers[0] in window:
            found.append(Asked(row["question"], window, other if len(other) > 60 and answers[0] not in other else ""))
    return found


def headings(shared: Path, rng: random.Random) -> list[Asked]:
    """Title and heading, in English for half of them, with the head of the section; the next section of the page beside it."""
    rows = [row for path in sorted(shared.glob("heading_section.*.jsonl.gz")) for row in data.read_jsonl(path)]
    found = []
    for i in rng.sample(range(len(rows) - 1), min(HEADINGS, len(rows) - 1)):
        row, after = rows[i], rows[i + 1]
        english = bool(row.get("heading_en")) and rng.random() < 0.5
        title, heading = (row.get("title_en") or "", row["heading_en"]) if english else (row["title"], row["heading"])
        question = heading if heading in title or not title else f"{title}: {heading}"
        same_page = after.get("doc") == row.get("doc")
        found.append(
            Asked(question[:160], row["passage"][: rng.randint(120, 320)], after["passage"][:320] if same_page else "")
        )
    return found


def sentences(shared: Path, rng: random.Random) -> list[Asked]:
    """One line of a run of parallel lines asks for the whole run in the other language; the lines after it are the wrong passage."""
    groups: dict[str, list[data.Pair]] = {}
    for pair in data.read_parallel(shared):
        groups.setdefault(pair.source, []).append(pair)
    names = [n for n in groups if len(groups[n]) > 40 and n not in {"tatoeba", "stsb:mt"}]
    weights = [len(groups[n]) ** 0.6 for n in names]
    found: list[Asked] = []
    while len(found) < SENTENCES:
        rows = groups[rng.choices(names, weights)[0]]
        length = rng.randint(3, 6)
        start = rng.randrange(len(rows) - 2 * length)
        run, after = rows[start : start + length], rows[start + length : start + 2 * length]
        picked = rng.choice(run)
        if len(picked.zh) < 8:
            continue
        if rng.random() < 0.5:
            found.append(Asked(picked.en, "".join(p.zh for p in run)[:400], "".join(p.zh for p in after)[:400]))
        else:
            found.append(Asked(picked.zh, " ".join(p.en for p in run)[:1000], " ".join(p.en for p in after)[:1000]))
    return found

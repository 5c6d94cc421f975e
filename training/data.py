"""Training text as plain pairs: read, filtered, balanced.  Nothing of ../shared/documents or ../shared/evaluation is read."""

from __future__ import annotations

import csv
import gzip
import json
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

OURS = Path(__file__).parent / "pairs"
MIN_ALIGNMENT = 0.3
SHARE = {  # copies of a source's pairs in one epoch: technology must not drown the rest
    "tatoeba": 3.0,
    "stsb:mt": 2.0,
    "lctt": 0.25,
    "ms-cpp-docs:mt": 0.08,
    "ms-cpp-docs": 0.3,
    "python-docs": 0.25,
    "mdn": 0.3,
    "ours": 5.0,
    "term": 1.0,
    "gloss": 0.25,
    "name": 0.8,
    "lexicon": 0.6,
}


QUESTIONS = 3.0  # a question counts as so many lines: there are two in a hundred, and they are what is asked


@dataclass(frozen=True, slots=True)
class Pair:
    """One meaning in English and in Chinese (either script); `source` names where it is from."""

    en: str
    zh: str
    source: str


def read_parallel(folder: Path) -> list[Pair]:
    """The parallel sentences in the order of their documents, doubles and poor alignments left out."""
    seen: set[str] = set()
    pairs: list[Pair] = []
    with gzip.open(folder / "pairs.tsv.gz", "rt", encoding="utf-8") as lines:
        for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            key = row["en"] + "\t" + row["zh"]
            good = not row["alignment"] or float(row["alignment"]) >= MIN_ALIGNMENT
            if good and key not in seen and len(row["en"]) < 800:
                seen.add(key)
                pairs.append(Pair(row["en"], row["zh"], row["source"]))
    return pairs


def read_ours(kind: str) -> list[Pair]:
    """Our own lines: `kind` is "terms" (en, zh-Hant, zh-Hans), "names" (en, zh) or "sentences" (en, zh, script, kind)."""
    pairs: list[Pair] = []
    for path in sorted(OURS.glob(f"{kind}-*.tsv")):
        for line in path.read_text(encoding="utf-8").splitlines()[1:]:
            fields = line.split("\t")
            if len(fields) < 2 or not fields[0] or not fields[1]:
                continue
            if kind == "terms":
                pairs += [Pair(fields[0], chinese, "term") for chinese in dict.fromkeys(fields[1:3])]
            else:
                pairs.append(Pair(fields[0], fields[1], "name" if kind == "names" else "ours"))
    return pairs


def read_passages() -> list[dict[str, Any]]:
    """Our own question → passage rows, as they stand in passages-*.jsonl."""
    return [
        json.loads(line)
        for path in sorted(OURS.glob("passages-*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if line
    ]


def passage_pairs(rows: Iterable[dict[str, Any]]) -> list[Pair]:
    """Our passages and their questions as parallel text, the two scripts in turn."""
    pairs: list[Pair] = []
    for i, row in enumerate(rows):
        script = ("zh-Hans", "zh-Hant")[i % 2]
        pairs.append(Pair(row["en"], row[script], "ours"))
        for asked in (row["questions"], row.get("unanswered", {"en": [], script: []})):
            pairs += [Pair(en, zh, "ours") for en, zh in zip(asked["en"], asked[script], strict=False)]
    return pairs


def read_jsonl(path: Path) -> Iterator[dict[str, str]]:
    """The rows of one gzipped JSON-lines file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def paragraphs(pairs: list[Pair], share: float, rng: random.Random) -> list[Pair]:
    """Runs of 2-6 neighbouring lines joined, as many as `share` of the lines: the model must read passages, not only lines."""
    found: list[Pair] = []
    by_source: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        by_source[pair.source].append(pair)
    for source, rows in by_source.items():
        for _ in range(int(share * len(rows) * min(1.0, SHARE.get(source, 1.0)))):
            start, length = rng.randrange(len(rows)), rng.randint(2, 6)
            run = rows[start : start + length]
            found.append(Pair(" ".join(p.en for p in run), "".join(p.zh for p in run), source))
    return found


def balanced(pairs: list[Pair], rng: random.Random) -> list[Pair]:
    """Each pair as often as `SHARE` says, fractions by chance."""
    out: list[Pair] = []
    for pair in pairs:
        share = SHARE.get(pair.source, 1.0) * (QUESTIONS if pair.en.endswith("?") else 1.0)
        out += [pair] * (int(share) + (rng.random() < share % 1))
    return out

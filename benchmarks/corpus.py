"""Realistic collections of any size, made from the shipped briefs by a seeded generator.

A document is about one invented body in one invented project.  Its chunks are sentences of one or two briefs in its language with other
figures, years and names, so that words repeat as they do in policy papers (a core that every chunk has, a long tail that grows with the
collection).  Vectors are made and not computed by a model: a direction for each brief and each sentence, and noise, so that near
neighbours exist and every engine gets the same ones at no cost.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files

import numpy as np

from gba_qa.types import Chunk, Document, Floats, Language

__all__ = ["DIM", "Part", "Question", "collection", "questions", "questions_of", "wanted_documents"]

DIM = 384
CHUNKS_A_DOCUMENT = 12
_LENGTH = {"en": 480, "zh-Hant": 220, "zh-Hans": 220}  # characters a chunk, about what the chunker makes
_SENTENCE = re.compile(r"[^。！？.!?\n]+(?:[。！？\n]|[.!?](?=\s|$))+|[^。！？\n]+\n")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_SYLLABLES = [
    "ka",
    "lo",
    "mi",
    "ren",
    "tai",
    "shu",
    "wen",
    "hua",
    "yi",
    "ning",
    "bo",
    "fu",
    "kang",
    "qiao",
    "sheng",
    "dao",
    "lin",
    "ho",
    "yuen",
    "wah",
    "kee",
    "tin",
    "po",
]


@dataclass(frozen=True, slots=True)
class Part:
    """One document with its chunks and their vectors, float32 (chunks, DIM) of unit length."""

    document: Document
    chunks: list[Chunk]
    vectors: Floats


def collection(size: int, seed: int = 0) -> Iterator[Part]:
    """`size` chunks, document by document; the same for the same seed, and a smaller one is the beginning of a larger."""
    briefs = _briefs()
    chance = random.Random(seed)
    noise = np.random.default_rng(seed)
    directions = np.random.default_rng(seed + 1).standard_normal((len(briefs), DIM)).astype(np.float32)
    made = 0
    while made < size:
        number = made // CHUNKS_A_DOCUMENT
        count = min(CHUNKS_A_DOCUMENT, size - made)
        yield _part(number, count, briefs, directions, chance, noise)
        made += count


@dataclass(frozen=True, slots=True)
class Question:
    """A dozen words or twenty-four characters out of a chunk, and a vector near that chunk's."""

    text: str
    vector: Floats
    chunk_id: str
    language: Language


def wanted_documents(size: int, count: int, seed: int = 7) -> set[int]:
    """The numbers, in order of the collection, of the documents that `questions_of` needs."""
    chance = random.Random(seed)
    return {chance.randrange(size) // CHUNKS_A_DOCUMENT for _ in range(count)}


def questions(size: int, count: int, seed: int = 7) -> list[Question]:
    """Questions from random chunks of the collection of this size; the same for the same size and seed.  Makes the whole collection."""
    numbers = wanted_documents(size, count, seed)
    return questions_of({i: part for i, part in enumerate(collection(size)) if i in numbers}, size, count, seed)


def questions_of(parts: Mapping[int, Part], size: int, count: int, seed: int = 7) -> list[Question]:
    """The same from the wanted documents, for those who see them pass anyway."""
    chance, noise = random.Random(seed), np.random.default_rng(seed)
    wanted = [chance.randrange(size) for _ in range(count)]
    result = []
    for number in wanted:
        part = parts[number // CHUNKS_A_DOCUMENT]
        i = number % CHUNKS_A_DOCUMENT
        text = part.chunks[i].text
        width = 80 if part.document.language == "en" else 24
        at = chance.randrange(max(1, len(text) - width))
        vector = part.vectors[i] + noise.standard_normal(DIM).astype(np.float32) * np.float32(0.6 / DIM**0.5)
        unit = (vector / np.linalg.norm(vector)).astype(np.float32)
        result.append(Question(text[at : at + width], unit, part.chunks[i].id, part.document.language))
    return result


@dataclass(frozen=True, slots=True)
class _Brief:
    title: str
    language: Language
    sentences: list[str]
    characters: str


def _briefs() -> list[_Brief]:
    result = []
    folder = files("gba_qa") / "knowledge"
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        if not entry.name.endswith(".md") or entry.name.count(".") < 2:
            continue
        language = entry.name.split(".")[-2]
        body = entry.read_text(encoding="utf-8").split("\n---\n", 1)[-1]
        lines = [line for line in body.splitlines() if line and not line.startswith(("#", "|"))]
        sentences = [m.group().strip() for line in lines for m in _SENTENCE.finditer(line + "\n")]
        sentences = [s for s in sentences if len(s) > 12]
        if language in _LENGTH and sentences:
            characters = "".join(re.findall(r"[一-鿿]", body))
            result.append(_Brief(body.strip().splitlines()[0].lstrip("# "), language, sentences, characters))  # type: ignore[arg-type]
    return result


def _part(
    number: int,
    count: int,
    briefs: list[_Brief],
    directions: Floats,
    chance: random.Random,
    noise: np.random.Generator,
) -> Part:
    subject = chance.randrange(len(briefs))
    brief = briefs[subject]
    name, doc_id = _name(brief, chance), f"doc{number:07d}"
    title = f"{brief.title} ({name})" if brief.language == "en" else f"{brief.title}（{name}）"
    joint = " " if brief.language == "en" else ""
    texts, vectors = [], np.empty((count, DIM), np.float32)
    for i in range(count):
        text, seeds = "", 0
        while len(text) < _LENGTH[brief.language] * chance.uniform(0.6, 1.3):
            place = chance.randrange(len(brief.sentences))
            text += (joint if text else "") + _vary(brief.sentences[place], name, brief, chance)
            seeds += place
        texts.append(text)
        vectors[i] = directions[subject] + directions[seeds % len(briefs)] * 0.5
    vectors += noise.standard_normal(vectors.shape).astype(np.float32) * 0.7
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    whole, chunks, at = "\n".join(texts), [], 0
    source = f"{brief.language}/{doc_id}.md"
    for i, text in enumerate(texts):
        chunks.append(
            Chunk(f"{doc_id}-{i:03d}", doc_id, text, at, at + len(text), title, title, None, brief.language, source)
        )
        at += len(text) + 1
    return Part(Document(doc_id, whole, title, source, brief.language), chunks, vectors)


def _vary(sentence: str, name: str, brief: _Brief, chance: random.Random) -> str:
    """Other figures; sometimes the body that the document is about, sometimes words that stand nowhere else."""
    sentence = _NUMBER.sub(lambda m: _figure(m.group(), chance), sentence)
    if chance.random() < 0.3:
        other = name if chance.random() < 0.6 else _name(brief, chance)
        sentence = f"{other}: {sentence}" if brief.language == "en" else f"{other}：{sentence}"
    return sentence


def _figure(number: str, chance: random.Random) -> str:
    if re.fullmatch(r"(19|20)\d\d", number):
        return str(chance.randrange(2005, 2036))
    return re.sub(r"\d", lambda m: str(chance.randrange(1, 10)), number)


def _name(brief: _Brief, chance: random.Random) -> str:
    if brief.language == "en":
        return " ".join(
            "".join(chance.choice(_SYLLABLES) for _ in range(chance.randrange(2, 4))).title() for _ in range(2)
        )
    return "".join(chance.choice(brief.characters) for _ in range(4))

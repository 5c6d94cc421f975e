"""The nouns of question answering as plain values, and the protocols that the parts are joined by.

All values are frozen.  Offsets are character positions in `Document.text`, end exclusive, so that
`document.text[start:end]` is the text that a span, chunk or citation stands for: checked when they are made, not hoped.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Answer",
    "Answerer",
    "Block",
    "Chunk",
    "Citation",
    "Document",
    "Embedder",
    "Floats",
    "Hit",
    "Language",
    "Reader",
    "Retriever",
    "Span",
    "Statement",
]

Language = Literal["en", "zh-Hant", "zh-Hans"]
Floats = NDArray[np.float32]
BlockKind = Literal["heading", "paragraph", "list_item", "table_row", "table_header", "caption", "footnote", "gloss"]


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of characters."""

    start: int
    end: int

    def __len__(self) -> int:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph, heading, list item, table row … of a document, as its reader saw it.

    `level` is the depth of a heading (1 is the highest), else 0.  `context` is what a reader of the page would see with
    the block though it stands elsewhere: for a table row the caption, a line break, and the header cells joined by " | ".
    """

    kind: BlockKind
    start: int
    end: int
    level: int = 0
    context: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """One source as read: mended text, where its pages begin, and its structure.

    `id` is a hash of the content.  `pages[i]` is the offset at which page i+1 begins; empty where the format has no
    pages.  `source` is the path or URL as the user gave it.  `blocks` are in order and do not overlap.
    `meta` holds what the reader found out (author, date, skipped pages …) as JSON-able values.
    """

    id: str
    text: str
    title: str
    source: str
    language: Language
    pages: tuple[int, ...] = ()
    meta: Mapping[str, object] = field(default_factory=dict)
    blocks: tuple[Block, ...] = ()

    def page_at(self, offset: int) -> int | None:
        """The number (from 1) of the page that holds this offset, or None where the format has no pages."""
        if not self.pages:
            return None
        return max(1, bisect_right(self.pages, offset))


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a document, as it is indexed: `document.text[start:end] == text`.

    `heading` is the path of headings above it joined by " › ".  `context` is text that helps to find and to read the chunk
    but stands elsewhere (a table's caption and header cells); it is indexed and never quoted.
    """

    id: str
    doc_id: str
    text: str
    start: int
    end: int
    title: str
    heading: str
    page: int | None
    language: Language
    source: str
    context: str = ""

    @property
    def location(self) -> str:
        """Where a reader finds it: file name, page if there is one, heading if there is one."""
        place = [Path(self.source).name]
        if self.page is not None:
            place.append(f"p. {self.page}")
        if self.heading:
            place.append(self.heading)
        return ", ".join(place)


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk with its score; higher is better.  `retriever` names what scored it: dense, bm25 or hybrid.

    `signals` holds what a fused score was made of, each 0 to 1: `bm25` (share of the query's own best possible score),
    `dense` (cosine), `maxsim` (mean best cosine of the query's tokens).  Where found passages were read again, `fused` is the
    score and `found` the place, from 1, that the hit had before.
    """

    chunk: Chunk
    score: float
    retriever: str
    signals: Mapping[str, float] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Citation:
    """A quote that stands word for word in a document: `document.text[start:end] == quote`."""

    number: int
    doc_id: str
    chunk_id: str
    title: str
    source: str
    page: int | None
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence of an answer and the numbers of the citations that carry it (none: unsupported).

    `marks` are the spans of `text` that answer the question, shown in bold."""

    text: str
    citations: tuple[int, ...] = ()
    marks: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes back for a question.

    `abstained` is True when the documents don't say; then `statements` holds the one sentence that says so, without a
    citation, and `hits` still holds the nearest passages.  `answerer` names what wrote it ("extractive", "llm:model",
    "smalltalk").  `note` is a line for the reader beside the answer (the source is in another language, the question was
    rewritten, the language model was out of reach).  `rewritten` is the question as it was understood, where that differs.
    `confidence` (0 to 1) is the calibrated probability that the documents hold the answer.
    """

    question: str
    statements: tuple[Statement, ...]
    citations: tuple[Citation, ...]
    hits: tuple[Hit, ...]
    language: Language
    answerer: str
    abstained: bool
    note: str = ""
    rewritten: str = ""
    confidence: float = 1.0

    @property
    def text(self) -> str:
        """The statements joined, each followed by its citation marks: `… 28.9%。[1]`."""
        parts = [s.text + "".join(f"[{n}]" for n in s.citations) for s in self.statements]
        return ("\n" if any(_is_list_item(s.text) for s in self.statements) else "" if self._chinese else " ").join(
            parts
        )

    @property
    def _chinese(self) -> bool:
        return self.language != "en"


def _is_list_item(text: str) -> bool:
    return bool(re.match(r"\s*(?:[-•*]|\d+[.、)])\s", text))


@runtime_checkable
class Embedder(Protocol):
    """Turns texts into vectors of unit length, shape (n, dim).  A SentenceTransformer fits as it is.

    An embedder may also have `name: str`, `dim: int`, `fingerprint: str`, and
    `encode_tokens(texts) -> list[Floats]`, one unit-length row per meaningful token: what the reranker needs; with
    `token_spans(text) -> list[tuple[int, int]]`, where those tokens stand, the answerer need not encode sentences again.
    `span_reader`, with `read(question, passage, parts)` as `gba_qa.span_reader.SpanReader` has it, lets the answerer look a second time at what it found.
    """

    def encode_query(self, texts: Sequence[str]) -> Floats: ...
    def encode_document(self, texts: Sequence[str]) -> Floats: ...


@runtime_checkable
class Retriever(Protocol):
    """Finds the k best chunks for a query, best first; ties by chunk id."""

    def retrieve(self, query: str, k: int = 5) -> list[Hit]: ...


@runtime_checkable
class Answerer(Protocol):
    """Writes an answer from hits; it never searches itself."""

    def answer(self, question: str, hits: Sequence[Hit]) -> Answer: ...


@runtime_checkable
class Reader(Protocol):
    """Reads one file.  Raises ReadError, naming the file, when it can't."""

    def __call__(self, path: Path) -> Document: ...

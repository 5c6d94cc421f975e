"""Cut a document into the pieces that are indexed: whole sentences of one section, each table row and footnote by itself.

Sentences are packed up to `size`, within one heading and one page (a sentence is of the page that it begins on, so that the page
of a chunk is the page of every sentence in it); the last ones are repeated at the head of the next chunk up to `overlap`.
A title page is one chunk: who wrote it, for whom and when are asked together.
Only a sentence longer than `size` is cut, by langchain-text-splitters, at its commas if it has any.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING

from gba_qa.sentences import split_sentences
from gba_qa.text import is_han
from gba_qa.types import Block, Chunk, Document, Span

if TYPE_CHECKING:
    from langchain_text_splitters import RecursiveCharacterTextSplitter

__all__ = ["CHUNKER_VERSION", "OVERLAP", "SIZE", "split"]

CHUNKER_VERSION = "4"  # raise it whenever split() changes: indexes built with another one are rebuilt

# Measured by plain BM25 on the five GBA papers with the 60 questions of eval/papers.jsonl, recall@5 (factual / freely worded / table):
#   100: 1.00 .70 .83    140: .97 .75 1.00    180, 220: 1.00 .80 1.00    260: 1.00 .85 1.00    320, 400, 500: 1.00 .80 1.00
# and on the shipped knowledge with the 390 questions of eval/gold.jsonl it is level from 180 on.  Repeating sentences gained nothing
# (260 with an overlap of 40 or 80: freely worded .80, .75), since no chunk begins or ends inside a sentence.
SIZE = 260
OVERLAP = 0

_LATIN = 0.4  # what a letter counts beside a Chinese character: the same text runs to about 2.5 times as many letters in English
_TITLE_LINE, _TITLE_PAGE = 60, 400  # characters a line and a page may have for the page to be a title page
_APART = frozenset({"footnote", "caption", "gloss"})
_LEADS_IN = re.compile(r"[:：]$|下表|如下|\b(?:table|following|below)\b", re.IGNORECASE)
_CUTS = ("；", "; ", "，", ", ", "、", "：", ": ", "）", ") ", " ", "")


def split(document: Document, *, size: int = SIZE, overlap: int = OVERLAP) -> list[Chunk]:
    """The chunks in order; `document.text[c.start:c.end] == c.text` for each.

    `size` and `overlap` count Chinese characters; any other character counts 0.4.  Chunk ids follow from the document's id and
    the offsets, so the same document gives the same ids.
    """
    if size < 20 or not 0 <= overlap < size:
        raise ValueError(
            f"size must be at least 20 and overlap from 0 to below size, not size={size}, overlap={overlap}"
        )
    chunks: list[Chunk] = []
    for heading, context, spans in _sections(document):
        for _, of_page in groupby(spans, key=lambda span: document.page_at(span.start)):
            for span in _pack(document.text, list(of_page), size, overlap):
                chunks.append(_chunk(document, span, heading, context))
    return chunks


def _chunk(document: Document, span: Span, heading: str, context: str) -> Chunk:
    return Chunk(
        id=hashlib.sha256(f"{document.id}:{span.start}:{span.end}".encode()).hexdigest()[:16],
        doc_id=document.id,
        text=document.text[span.start : span.end],
        start=span.start,
        end=span.end,
        title=document.title,
        heading=heading,
        page=document.page_at(span.start),
        language=document.language,
        source=document.source,
        context=context,
    )


def _sections(document: Document) -> Iterator[tuple[str, str, list[Span]]]:
    """(heading path, context, sentences) for each stretch of text that may share a chunk."""
    path: list[tuple[int, str]] = []
    pending: list[Span] = []  # sentences of the stretch so far
    pending_context = ""
    lead = ""  # the sentence just before that leads in a table
    silent: Block | None = None  # a heading that nothing stands under so far

    def take() -> Iterator[tuple[str, str, list[Span]]]:
        nonlocal pending
        if pending:
            yield _path(path), pending_context, pending
            pending = []

    blocks = document.blocks or (Block("paragraph", 0, len(document.text)),)
    first = _title_page(document)
    if first:
        yield "", "", [Span(block.start, block.end) for block in first]
    for block in blocks[len(first) :]:
        body = Span(block.start, block.end)
        if block.kind == "heading":
            yield from take()
            if silent is not None and silent.level >= block.level:  # nothing under it: it is all there is to say
                yield "", "", [Span(silent.start, silent.end)]
            while path and path[-1][0] >= block.level:
                path.pop()
            if (
                heading := document.text[block.start : block.end]
            ) != document.title:  # the title is in every chunk anyway
                path.append((block.level, heading))
            silent, lead = block, ""
            continue
        silent = None
        if block.kind == "table_row":
            yield from take()
            captioned = "\n" in block.context
            yield _path(path), block.context if captioned else f"{lead}\n{block.context}".strip(), [body]
            continue
        if block.kind == "table_header":  # it reaches the index as the context of its rows
            yield from take()
            continue
        lead = _lead(document.text, body) if block.kind == "paragraph" else ""
        if block.kind in _APART:
            yield from take()
            yield _path(path), block.context, _sentences(document.text, body)
            continue
        if block.context != pending_context:
            yield from take()
        pending_context = block.context
        pending.extend(_sentences(document.text, body))
    yield from take()
    if silent is not None:
        yield "", "", [Span(silent.start, silent.end)]


def _title_page(document: Document) -> Sequence[Block]:
    """The blocks of the first page where they are a few short lines, most of them headings; else none."""
    if len(document.pages) < 2:
        return ()
    first = [block for block in document.blocks if block.start < document.pages[1]]
    headings = sum(block.kind == "heading" for block in first)
    lines = all(block.kind in ("heading", "paragraph") and block.end - block.start <= _TITLE_LINE for block in first)
    short = sum(block.end - block.start for block in first) <= _TITLE_PAGE
    return first if lines and short and headings >= 2 and 2 * headings > len(first) else ()


def _lead(text: str, paragraph: Span) -> str:
    """The last sentence of a paragraph, where it leads in what follows: the caption of a table that has none."""
    sentences = split_sentences(text[paragraph.start : paragraph.end])
    last = text[paragraph.start + sentences[-1].start : paragraph.start + sentences[-1].end] if sentences else ""
    return " ".join(last.split()) if _LEADS_IN.search(last) else ""


def _path(path: Sequence[tuple[int, str]]) -> str:
    return " › ".join(" ".join(text.split()) for _, text in path)


def _sentences(text: str, block: Span) -> list[Span]:
    return [Span(block.start + s.start, block.start + s.end) for s in split_sentences(text[block.start : block.end])]


def _pack(text: str, sentences: Sequence[Span], size: int, overlap: int) -> Iterator[Span]:
    """Consecutive sentences joined up to `size`; each new chunk begins with the last ones of the chunk before, up to `overlap`."""
    pieces = [piece for s in sentences for piece in _cut(text, s, size)]
    lengths = [_length(text[p.start : p.end]) for p in pieces]
    first = 0
    while first < len(pieces):
        last, total = first, lengths[first]
        while last + 1 < len(pieces) and total + lengths[last + 1] <= size:
            last += 1
            total += lengths[last]
        yield Span(pieces[first].start, pieces[last].end)
        if last + 1 == len(pieces):
            return
        following, repeated = last + 1, 0.0
        while (
            following - 1 > first
            and repeated + lengths[following - 1] <= overlap
            and repeated + lengths[following - 1] + lengths[last + 1] <= size
        ):
            following -= 1
            repeated += lengths[following]
        first = following


def _length(text: str) -> float:
    han = sum(map(is_han, text)) if not text.isascii() else 0
    return han + _LATIN * (len(text) - han)


def _cut(text: str, sentence: Span, size: int) -> list[Span]:
    """The sentence, or its pieces where it alone is longer than a chunk may be."""
    body = text[sentence.start : sentence.end]
    if _length(body) <= size:
        return [sentence]
    spans: list[Span] = []
    at = 0
    for piece in _splitter(size).split_text(body):
        found = body.find(piece, at)
        if found < 0:  # the splitter changed it: keep the rest whole rather than lose it
            break
        at = found + len(piece)
        spans.append(Span(sentence.start + found, sentence.start + at))
    if body[at:].strip():
        spans.append(Span(sentence.start + at, sentence.end))
    return spans


@lru_cache(maxsize=8)
def _splitter(size: int) -> RecursiveCharacterTextSplitter:
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    return RecursiveCharacterTextSplitter(
        separators=list(_CUTS),
        keep_separator="end",
        chunk_size=size,
        chunk_overlap=0,
        length_function=lambda t: int(_length(t)),
        strip_whitespace=True,
    )

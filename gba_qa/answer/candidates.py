"""What may answer: the sentences, table rows and lists of the retrieved passages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from gba_qa.sentences import split_sentences
from gba_qa.text import fold
from gba_qa.types import Hit

__all__ = ["READ", "Candidate", "as_found", "collect", "is_list_item"]

READ = 10  # passages whose sentences are looked at

Kind = Literal["sentence", "row", "list"]

_ITEM = re.compile(r"\s*(?:[-*+•●▪·–]|\(?\d{1,2}[.)、）](?!\d)|[(（][一二三四五六七八九十\d]{1,3}[)）])\s*")
# A sentence that only points elsewhere (to a table, to what was said before) answers nothing by itself.
_POINTER = re.compile(
    r"下表|上表|下图|上图|附表|见表|如下[:。]|如上所述|上文|下文|前文"
    r"|\b(?:table|figure|chart) (?:below|above)|\b(?:following|above|below) (?:table|figure|chart)|^the table (?:compares|shows|lists|gives|sets out|sums up|presents|summari[sz]es)\b(?! that\b)|\b(?:noted|mentioned|described|said) (?:above|earlier)"
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stretch of one passage: `text` is `document.text[start:end]`; `before` and `after` are its neighbours."""

    hit: Hit
    rank: int
    start: int
    end: int
    text: str
    kind: Kind
    before: str = ""
    after: str = ""


def collect(hits: Sequence[Hit]) -> list[Candidate]:
    """All candidates of the hits in order, none twice."""
    found: list[Candidate] = []
    seen: set[tuple[str, int, int]] = set()
    for rank, hit in enumerate(hits):
        for start, end, kind, before, after in _stretches(hit):
            place = (hit.chunk.doc_id, hit.chunk.start + start, hit.chunk.start + end)
            if place not in seen:
                seen.add(place)
                found.append(Candidate(hit, rank, *place[1:], hit.chunk.text[start:end], kind, before, after))
    return found


def as_found(hits: Sequence[Hit]) -> list[Hit]:
    """The hits with the scores and in the order that they were found with."""
    kept = [replace(hit, score=hit.signals["fused"]) if "fused" in hit.signals else hit for hit in hits]
    return sorted(kept, key=lambda hit: hit.signals.get("found", 0.0))


def is_list_item(text: str) -> bool:
    """Whether the text begins with the mark of a list item."""
    return bool(_ITEM.match(text))


def _stretches(hit: Hit) -> Iterator[tuple[int, int, Kind, str, str]]:
    """(start, end, kind, before, after) inside the chunk."""
    text = hit.chunk.text
    spans = [(s.start, s.end) for s in split_sentences(text)]
    texts = [text[a:b] for a, b in spans]
    for i, (start, end) in enumerate(spans):
        before, after = texts[i - 1] if i else "", texts[i + 1] if i + 1 < len(spans) else ""
        if not _says_something(texts[i], hit.chunk.heading):
            continue
        if _leads_in(texts[i]):
            last = i
            while last + 1 < len(spans) and is_list_item(texts[last + 1]):
                last += 1
            if last > i:
                yield start, spans[last][1], "list", before, ""
            continue
        row = bool(hit.chunk.context) or texts[i].startswith("|") or " | " in texts[i]
        if row or not _POINTER.search(fold(texts[i])):
            yield start, end, "row" if row else "sentence", before, after


def _leads_in(text: str) -> bool:
    return text.rstrip().endswith((":", "："))


def _says_something(text: str, heading: str) -> bool:
    body = re.sub(r"[\W_]+", "", text)
    if len(body) < 2 or text.startswith("#") or re.fullmatch(r"[\s|:\-]+", text):
        return False
    return not (heading and fold(text).strip(" #") == fold(heading.split(" › ")[-1]))

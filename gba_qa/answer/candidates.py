"""The sentences and table rows of the retrieved passages, each with the features that tell whether it answers."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gba_qa.answer.question import Question
from gba_qa.names import PLACES, find_names
from gba_qa.quantities import Quantity, find_quantities, same_quantity
from gba_qa.rerank import maxsim
from gba_qa.sentences import split_sentences
from gba_qa.text import fold, tokenize
from gba_qa.types import Floats, Hit

__all__ = ["Candidate", "collect", "is_table_row"]

Idf = Callable[[str], float]
TokenEncoder = Callable[[Sequence[str]], list[Floats]]
ENCODED = 24  # candidates that get token-level similarity: the cost is one short forward pass each, cached


@dataclass(frozen=True, slots=True)
class Candidate:
    """One sentence or row: `text` is `document.text[start:end]`."""

    hit: Hit
    rank: int
    start: int
    end: int
    text: str
    row: bool
    before: str
    features: Mapping[str, float]


def collect(
    question: Question, hits: Sequence[Hit], *, idf: Idf | None = None, encode_tokens: TokenEncoder | None = None
) -> list[Candidate]:
    """All candidates of the hits in order, none twice."""
    idf = idf or _idf_of(hits)
    weights = {token: idf(token) * (1.0 if len(token) > 1 else 0.3) for token in question.tokens}
    total = sum(weights.values()) or 1.0
    found: list[tuple[Hit, int, int, int, str, bool, str]] = []
    seen: set[tuple[str, int, int]] = set()
    for rank, hit in enumerate(hits):
        chunk, previous = hit.chunk, ""
        for span in split_sentences(chunk.text):
            text = chunk.text[span.start : span.end]
            place = (chunk.doc_id, chunk.start + span.start, chunk.start + span.end)
            if place in seen or not _is_sentence(text, chunk.heading):
                continue
            seen.add(place)
            found.append((hit, rank, place[1], place[2], text, is_table_row(text, chunk.context), previous))
            previous = text
    rough = [_features(question, *f[:2], f[4], f[5], f[6], weights, total) for f in found]
    similarity = _similarities(question, found, rough, encode_tokens)
    return [
        Candidate(*f, features={**features, "similarity": s})
        for f, features, s in zip(found, rough, similarity, strict=True)
    ]


def is_table_row(text: str, context: str) -> bool:
    """Whether this text is a row of a table: a pipe row, or a line that came with its header."""
    return bool(context) or text.startswith("|")


def _is_sentence(text: str, heading: str) -> bool:
    body = re.sub(r"[\W_]+", "", text)
    if len(body) < 2 or text.startswith("#") or re.fullmatch(r"[\s|:\-]+", text):
        return False
    return not (heading and fold(text).strip(" #") == fold(heading.split(" › ")[-1]))


def _features(
    question: Question,
    hit: Hit,
    rank: int,
    text: str,
    row: bool,
    before: str,
    weights: Mapping[str, float],
    total: float,
) -> dict[str, float]:
    chunk = hit.chunk
    tokens = set(tokenize(text))
    around_text = f"{chunk.title}\n{chunk.heading}\n{chunk.context}"
    around = set(tokenize(around_text)) - tokens
    nearby = set(tokenize(before)) - tokens - around
    quantities = find_quantities(text)
    names = find_names(text)
    names_around = find_names(around_text + "\n" + before)
    asked = [q for q in question.quantities if q.kind in {"year", "quarter", "decade", "percent", "number", "points"}]
    quantities_around = find_quantities(around_text)
    missing = [q for q in asked if not any(same_quantity(q, h) for h in quantities)]
    missing_everywhere = [q for q in missing if not any(same_quantity(q, h) for h in quantities_around)]
    missing_names = question.names - names
    return {
        "overlap": sum(w for t, w in weights.items() if t in tokens) / total,
        "around": sum(w for t, w in weights.items() if t in around) / total,
        "nearby": sum(w for t, w in weights.items() if t in nearby) / total,
        "hit": hit.score if hit.retriever == "hybrid" else hit.signals.get("bm25", 0.0),
        "rank": 1.0 / (1 + rank),
        "fits": _fits(question, text, quantities, names),
        "missing_figure": float(len(missing_everywhere)),
        "figure_around": float(len(missing) - len(missing_everywhere)),
        "missing_name": float(len(missing_names - names_around)),
        "other_year": float(_other_year(question, quantities)),
        "other_place": float(bool(missing_names & PLACES) and bool((names & PLACES) - question.names)),
        "row": float(row),
        "length": math.log1p(len(text)) / 6,
        "question_like": float(text.rstrip().endswith(("?", "？"))),
    }


def _fits(question: Question, text: str, quantities: Sequence[Quantity], names: frozenset[str]) -> float:
    """How much of what the question asks for the sentence holds: 0 to 1; 0.5 where it asks for nothing in particular."""
    fresh = [q for q in quantities if not any(same_quantity(q, a) for a in question.quantities)]
    kinds = {q.kind for q in fresh}
    units = {q.unit for q in fresh}
    folded = fold(text)
    checks: list[float] = []
    for expected in question.expected:
        if expected == "percent":
            checks.append(float(bool(kinds & {"percent", "points"})))
        elif expected == "number":
            checks.append(float(bool(kinds & {"number", "percent"})))
        elif expected == "money":
            checks.append(1.0 if units & {"usd", "hkd", "cny", "mop", "money"} else 0.4 if "number" in kinds else 0.0)
        elif expected == "time":
            checks.append(float(bool(kinds & {"year", "month", "day", "quarter", "decade"})))
        elif expected == "place":
            checks.append(float(bool((names & PLACES) - question.names)))
        elif expected == "who":
            checks.append(1.0 if names - PLACES - question.names else 0.4)
        elif expected == "list":
            checks.append(min(1.0, len(re.findall(r"[、,;；]|以及|\band\b", folded)) / 3))
        elif expected == "cause":
            checks.append(
                float(
                    bool(
                        re.search(
                            r"因为|由于|因此|原因|导致|使得|所以|缘于|源于|在于|因|because|due to|since|reason|caused|led to|as a result|therefore",
                            folded,
                        )
                    )
                )
            )
        elif expected == "length":
            checks.append(float(bool(units & {"km", "metre", "year_span", "month_span", "day_span"})))
        elif expected == "area":
            checks.append(float(bool(units & {"km2", "m2", "ha"})))
    if not checks:
        return 0.5
    # "number" is a wide net: where something narrower is asked as well, the narrower one decides.
    narrow = [c for c, e in zip(checks, [e for e in question.expected if e != "how"], strict=False) if e != "number"]
    return max(narrow) if narrow else max(checks)


def _other_year(question: Question, quantities: Sequence[Quantity]) -> bool:
    asked = {q.value for q in question.quantities if q.kind == "year"}
    held = {q.value for q in quantities if q.kind == "year"}
    return bool(asked) and bool(held) and not asked & held


def _similarities(  # type: ignore[no-untyped-def]
    question: Question, found, rough: Sequence[Mapping[str, float]], encode_tokens: TokenEncoder | None
) -> list[float]:
    """MaxSim of the question in each of the most promising candidates; the mean of those stands in for the others."""
    similarity = [0.0] * len(found)
    if encode_tokens is None or not found:
        return similarity
    promise = [f["overlap"] + 0.5 * f["around"] + f["hit"] + 0.3 * f["fits"] - 0.2 * f["missing_figure"] for f in rough]
    chosen = sorted(range(len(found)), key=lambda i: (-promise[i], i))[:ENCODED]
    query, *vectors = encode_tokens([question.text, *(found[i][4] for i in chosen)])
    scores = maxsim(query, vectors)
    floor = float(np.min(scores)) if len(scores) else 0.0
    similarity = [floor] * len(found)
    for i, score in zip(chosen, scores, strict=True):
        similarity[i] = float(score)
    return similarity


def _idf_of(hits: Sequence[Hit]) -> Idf:
    """Without a corpus at hand, how rare a token is among the passages themselves."""
    frequency = Counter(token for hit in hits for token in set(tokenize(hit.chunk.text)))
    return lambda token: math.log(1 + (len(hits) + 1) / (frequency[token] + 0.5))

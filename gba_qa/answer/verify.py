"""Does the quote carry the statement?

"Answer right, citation wrong" is what makes readers leave.  A statement keeps its citations only if every figure, year,
unit, place and organisation that it states stands in their quotes, and enough of its other words do (or a model finds the
two close enough).  Figures are compared as values and names by a table in three forms, so that scripts, widths, 萬/億/million
and 香港/Hong Kong make no difference.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gba_qa.names import find_names
from gba_qa.quantities import find_quantities, same_quantity
from gba_qa.text import detect_language, fold, tokenize

__all__ = ["Verdict", "verify"]

OVERLAP_FLOOR = 0.35
"""Share of the statement's tokens that must stand in the quote when both are in one language."""
SIMILARITY_FLOOR = 0.45
"""Cosine that does instead, and that a quote in another language needs."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`supported`, or what is missing from the quotes and why that matters."""

    supported: bool
    reason: str = ""
    missing: tuple[str, ...] = ()


def verify(statement: str, quotes: Sequence[str], *, similarity: float | None = None) -> Verdict:
    """Check one statement against the quotes of its citations taken together.

    `similarity` is the cosine of statement and quotes where an embedder is at hand; without one, a quote in another language
    is judged by figures and names alone, and needs one.

    >>> verify("前海的空置率是28.9%。", ["前海辦公樓在2023年第3季的空置率高達28.9%"]).supported
    True
    >>> verify("澳門的空置率是28.9%。", ["前海辦公樓在2023年第3季的空置率高達28.9%"]).missing
    ('macao',)
    """
    if not quotes:
        return Verdict(False, "no quote")
    evidence = "\n".join(quotes)
    held = find_quantities(evidence)
    figures = tuple(
        statement[q.start : q.end].strip()
        for q in find_quantities(statement)
        if not any(same_quantity(q, h) for h in held)
    )
    if figures:
        return Verdict(False, "figures that the quote does not hold", figures)
    names = tuple(sorted(find_names(statement) - find_names(evidence)))
    if names:
        return Verdict(False, "names that the quote does not hold", names)
    flipped = _flipped(statement, evidence)
    if flipped:
        return Verdict(False, "said with a not where the quote has none, or the reverse", flipped)
    if similarity is not None and similarity >= SIMILARITY_FLOOR:
        return Verdict(True)
    if (detect_language(statement) == "en") != (detect_language(evidence) == "en"):
        if similarity is not None:
            return Verdict(False, "too far from the quote in meaning")
        shared = find_quantities(statement) or find_names(statement)
        return Verdict(bool(shared), "" if shared else "nothing to compare with a quote in another language")
    share = _overlap(statement, evidence)
    return Verdict(share >= OVERLAP_FLOOR, "" if share >= OVERLAP_FLOOR else "too few words in common with the quote")


def _overlap(statement: str, evidence: str) -> float:
    tokens = set(tokenize(statement))
    return len(tokens & set(tokenize(evidence))) / len(tokens) if tokens else 0.0


# A not, and the word it stands before; folded.  Words that only look like one (不少, 不同, 未来, 无论, not only) deny nothing.
_NOT = re.compile(
    r"(?:(?:不(?![少同断仅但过只单论足管])|没有?|未(?!来)|无(?![论])|并非|绝非)(?P<han>[\u4e00-\u9fff]{2}))"
    r"|(?:\b(?:not|never|cannot|can't|won't|\w+n't)(?! only\b| just\b) (?:be |been |yet |to |have |a |an |the )*(?P<word>[a-z]+))"
)


def _flipped(statement: str, evidence: str) -> tuple[str, ...]:
    """Words that one side denies and the other only affirms; a cheap check, blind to a not that is put in other words."""
    said, held = fold(statement), fold(evidence)
    denied_said, denied_held = _denied(said), _denied(held)
    return tuple(
        sorted(
            {w for w in denied_said - denied_held if _affirmed(w, held)}
            | {w for w in denied_held - denied_said if _affirmed(w, said) and not _affirmed(w, held)}
        )
    )


def _denied(text: str) -> set[str]:
    return {m["han"] or m["word"] for m in _NOT.finditer(text)}


def _affirmed(word: str, text: str) -> bool:
    """Whether the word stands there without a not before it."""
    denied = {m.start("han") if m["han"] else m.start("word") for m in _NOT.finditer(text)}
    bounds = (r"\b", r"\b") if word.isascii() else ("", "")
    return any(m.start() not in denied for m in re.finditer(bounds[0] + re.escape(word) + bounds[1], text))

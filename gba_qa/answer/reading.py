"""What a piece of text holds, read once and kept: its tokens, figures and names."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from gba_qa.names import find_names
from gba_qa.quantities import Quantity, find_quantities
from gba_qa.text import fold, tokenize

__all__ = ["Reading", "read_text"]

KEPT = 8192  # sentences: a few thousand documents' worth of what is asked about, some 30 MB at most


@dataclass(frozen=True, slots=True)
class Reading:
    """`folded` is as long as the text; `grams` are its runs of three characters, spaces left out."""

    folded: str
    tokens: frozenset[str]
    grams: frozenset[str]
    quantities: tuple[Quantity, ...]
    names: frozenset[str]


@lru_cache(maxsize=KEPT)
def read_text(text: str) -> Reading:
    """The text as the features need it."""
    folded = fold(text)
    bare = "".join(c for c in folded if c.isalnum())
    return Reading(
        folded=folded,
        tokens=frozenset(tokenize(text)),
        grams=frozenset(bare[i : i + 3] for i in range(len(bare) - 2)),
        quantities=tuple(find_quantities(text)),
        names=find_names(text),
    )

"""What a reader hands over: one block of a document before it has a place in the text."""

from __future__ import annotations

from dataclasses import dataclass

from gba_qa.types import BlockKind

__all__ = ["Part"]


@dataclass(frozen=True, slots=True)
class Part:
    """One block before it has a place.  `breaks` are (offset in `text`, number of the page that begins there)."""

    kind: BlockKind
    text: str
    level: int = 0
    context: str = ""
    page: int | None = None
    breaks: tuple[tuple[int, int], ...] = ()

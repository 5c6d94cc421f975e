"""Citation marks in text that streams in: found in all their spellings, never shown by halves.

[1], [[1]], 【1】, ［1］, [1, 2], [1][2], [1-3], (source markers of the kind 【1†…】 too).  A marker may be cut anywhere between two
pieces of the stream; what could still become one is held back until it is clear.

>>> parser = MarkerParser()
>>> [*parser.feed("28.9% [1"), *parser.feed(", 2]。"), *parser.close()]
['28.9% ', (1, 2), '。']
"""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["MarkerParser", "Piece"]

Piece = str | tuple[int, ...]

_OPEN, _CLOSE = r"\[【［", r"\]】］"
_INSIDE = r"\s*\^?\d{1,3}(?:\s*[,，、;–-]\s*\^?\d{1,3})*\s*(?:†[^\]】］\n]{0,40})?"
_MARKER = re.compile(rf"[{_OPEN}]{{1,2}}(?P<numbers>{_INSIDE})[{_CLOSE}]{{1,2}}")
# What could still grow into a marker, at the end of what has come so far.
_PARTIAL = re.compile(
    rf"[{_OPEN}]{{1,2}}(?:\s*\^?\d{{0,3}}(?:\s*[,，、;–-]\s*\^?\d{{0,3}})*\s*(?:†[^\]】］\n]{{0,40}})?)?[{_CLOSE}]?$"
)
_FENCE = "```"


class MarkerParser:
    """Feed pieces of text; get text and tuples of numbers back.  Inside ``` fences nothing is a marker."""

    def __init__(self) -> None:
        self._held = ""
        self._in_code = False

    def feed(self, text: str) -> Iterator[Piece]:
        """What is certain after this piece."""
        self._held += text
        yield from self._drain(final=False)

    def close(self) -> Iterator[Piece]:
        """What was held back."""
        yield from self._drain(final=True)

    def _drain(self, *, final: bool) -> Iterator[Piece]:
        while self._held:
            fence = self._held.find(_FENCE)
            if self._in_code:
                if fence < 0:
                    keep = 0 if final else _trailing(self._held, "`", 2)
                    text, self._held = self._split(len(self._held) - keep)
                    if text:
                        yield text
                    return
                text, self._held = self._split(fence + len(_FENCE))
                self._in_code = False
                yield text
                continue
            stop = fence if fence >= 0 else len(self._held)
            match = _MARKER.search(self._held, 0, stop)
            if match is not None and (final or fence >= 0 or not _could_grow(self._held, match, stop)):
                text, self._held = self._held[: match.start()], self._held[match.end() :]
                if text:
                    yield text
                yield _numbers(match["numbers"])
                continue
            if fence >= 0:
                text, self._held = self._split(fence + len(_FENCE))
                self._in_code = True
                yield text
                continue
            keep = 0
            if not final:
                partial = _PARTIAL.search(self._held)
                keep = len(self._held) - partial.start() if partial else _trailing(self._held, "`", 2)
            text, self._held = self._split(len(self._held) - keep)
            if text:
                yield text
            return

    def _split(self, at: int) -> tuple[str, str]:
        return self._held[:at], self._held[at:]


def _could_grow(text: str, match: re.Match[str], stop: int) -> bool:
    """[[1] at the very end may still get its second bracket."""
    opened = len(re.match(rf"[{_OPEN}]+", match.group()).group())  # type: ignore[union-attr]
    closed = len(re.search(rf"[{_CLOSE}]+$", match.group()).group())  # type: ignore[union-attr]
    return match.end() == stop and closed < opened


def _trailing(text: str, char: str, most: int) -> int:
    count = len(text) - len(text.rstrip(char))
    return min(count, most)


def _numbers(inside: str) -> tuple[int, ...]:
    """1, 2-4 → (1, 2, 3, 4); a range longer than ten is taken as its two ends.

    >>> _numbers(" 1, 3-5 ")
    (1, 3, 4, 5)
    """
    found: list[int] = []
    for part in re.split(r"[,，、;]", inside.split("†")[0]):
        ends = [int(n) for n in re.findall(r"\d+", part)]
        if len(ends) == 2 and ends[0] <= ends[1] <= ends[0] + 10:
            found.extend(range(ends[0], ends[1] + 1))
        else:
            found.extend(ends)
    return tuple(dict.fromkeys(found))

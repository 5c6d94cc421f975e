"""Citation marks in a stream: all spellings, cut anywhere, never shown by halves."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from gba_qa.answer.markers import MarkerParser, Piece

TEXTS = [
    "The rate was 28.9% [1].",
    "空置率為28.9%[1]。深圳為23.2%【2】。",
    "[[1]] and ［3］, then [1, 2], [1，2、3] and [2-4].",
    "One [1][2] after the other 【1†source】 done",
    "No marks [here] nor [ there, a[0] = 3] or [1234].",
    "```\nx = a[1]\n``` outside [1] ```b[2]``` end",
    "unclosed [1",
    "unclosed [[1]",
    "`one` tick [1] ``two`` ticks [2]",
    "【1】【2】 [^3] [ 4 ]",
    "數組```a[1]",
]


def parse(pieces: Iterable[str]) -> list[Piece]:
    parser = MarkerParser()
    found: list[Piece] = []
    for piece in pieces:
        found.extend(parser.feed(piece))
    found.extend(parser.close())
    joined: list[Piece] = []
    for part in found:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        else:
            joined.append(part)
    return joined


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("a [1].", [(1,)]),
        ("a [[1]].", [(1,)]),
        ("甲【1】。", [(1,)]),
        ("甲［1］。", [(1,)]),
        ("a [1, 2]", [(1, 2)]),
        ("a [1][2]", [(1,), (2,)]),
        ("a [2-4]", [(2, 3, 4)]),
        ("a 【3†file】", [(3,)]),
        ("a [x] b [] c [1234]", []),
        ("```a[1]``` b [2]", [(2,)]),
    ],
)
def test_all_spellings(text: str, numbers: list[tuple[int, ...]]) -> None:
    assert [p for p in parse([text]) if not isinstance(p, str)] == numbers


@pytest.mark.parametrize("text", TEXTS)
def test_every_cut_in_two_gives_the_same(text: str) -> None:
    whole = parse([text])
    for at in range(len(text) + 1):
        assert parse([text[:at], text[at:]]) == whole, (text[:at], text[at:])
    assert parse(list(text)) == whole


@pytest.mark.parametrize("text", TEXTS)
def test_every_cut_in_three_gives_the_same(text: str) -> None:
    whole = parse([text])
    for i in range(len(text) + 1):
        for j in range(i, len(text) + 1):
            assert parse([text[:i], text[i:j], text[j:]]) == whole


def test_half_a_marker_is_never_shown() -> None:
    text = "The rate was 28.9% [1, 2]. 深圳為23.2%【3】。 More [[4]] here."
    for at in range(len(text) + 1):
        shown = "".join(p for p in MarkerParser().feed(text[:at]) if isinstance(p, str))
        assert not any(c in shown for c in "[]【】")


def test_text_without_markers_comes_through_whole() -> None:
    text = "a[i] [note] 「前海」 `code` [x, y] 【重要】"
    assert parse(list(text)) == [text]

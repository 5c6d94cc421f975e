"""Words of the region's policies in the other language, so that keyword search reaches across languages too.

A dense vector knows that two sentences speak of one thing; it is poor at telling 按揭 from 貸款 or one agency from another.  The
glossary turns the terms of a question into search tokens of the other language.  Used to widen a keyword query and to weigh a
candidate sentence, never to change what is shown.

`glossary.tsv` is made from the project's own term lists by `python -m training.glossary`: English stems, a tab, and the folded
Chinese words, most fitting first.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

from gba_qa.text import fold, is_han, tokenize

__all__ = ["translations"]

LONGEST = 12  # Chinese characters of one term
WORDINGS = 3  # of one term: the rest are farther from it


def translations(query: str) -> list[tuple[str, ...]]:
    """For each term of the query its tokens in the other language, longest terms first tried, in order of the query.

    >>> translations("Which hedge funds moved to Qianhai?")
    [('对', '对冲', '冲', '冲基', '基', '基金', '金'), ('前', '前海', '海')]
    >>> translations("對沖基金")
    [('hedg', 'fund')]
    """
    to_chinese, to_english = _tables()
    folded = fold(query)
    found: dict[tuple[str, ...], None] = {}
    stems = [t for t in tokenize(query) if not is_han(t[0])]
    i = 0
    while i < len(stems):
        for length in range(min(6, len(stems) - i), 0, -1):
            words = to_chinese.get(" ".join(stems[i : i + length]))
            if words:
                found |= {tuple(tokenize(word)): None for word in words[:WORDINGS]}
                break
        i += length
    i = 0
    while i < len(folded):
        length = 1
        if is_han(folded[i]):
            for length in range(min(LONGEST, len(folded) - i), 0, -1):
                wordings = to_english.get(folded[i : i + length])
                if wordings:
                    found |= {tuple(wording.split()): None for wording in wordings[:WORDINGS]}
                    break
        i += length
    return list(found)


@lru_cache(maxsize=1)
def _tables() -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """English stems → Chinese words, and Chinese word → English stems."""
    to_chinese: dict[str, list[str]] = {}
    to_english: dict[str, list[str]] = {}
    for line in files("gba_qa").joinpath("glossary.tsv").read_text(encoding="utf-8").splitlines():
        english, chinese = line.split("\t")
        to_chinese[english] = chinese.split("|")
        for word in to_chinese[english]:
            to_english.setdefault(word, []).append(english)
    return to_chinese, to_english

"""How people ask, and how policy papers write: nicknames, abbreviations, everyday words, regional usage.

Used to widen a keyword query, never to change what is shown.  `wordings.tsv` holds the pairs: a word as asked, up to four wordings
of papers parted by " | ", and 1 where the pair holds the other way round too (的士 and 出租车), 0 where nobody writes the
asked one (揾工 for 就业).  All of it in folded characters.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from gba_qa.text import fold, is_han, tokenize

__all__ = ["other_wordings", "spelled_out"]

_WORD = re.compile(r"[a-z\d&']+")


def other_wordings(query: str) -> list[str]:
    """The wordings of papers for what the query says in other words, folded, in its order; empty where none is known.

    Of the phrases that begin at one place the longest counts, and none inside it.

    >>> other_wordings("香港的資訊科技")
    ['信息技术']
    >>> other_wordings("Who painted it?"), other_wordings("AI設備")
    ([], ['人工智能', 'artificial intelligence'])
    >>> other_wordings("Is the Lion City richer than 鵬城?")
    ['singapore', '新加坡', '深圳']
    """
    text = _spaced(fold(query))
    table = _table()
    found = [] if text.isascii() else _chinese_phrases(text, table)
    found += [(match.start(), table.forms[match.group()]) for match in table.latin.finditer(text)]
    words = f" {' '.join(_WORD.findall(text))} "
    others: dict[str, None] = {}
    for _, phrase in sorted(found):
        others |= {other: None for other in table.others[phrase] if not _said(_spaced(other), text, words)}
    return list(others)


def spelled_out(query: str, rarity: Callable[[str], float]) -> str:
    """The query with those of its acronyms written out that are rarer in the corpus than what they stand for; folded where there are any.

    `rarity` of a token, higher for rarer.  Where most texts write out a name and a single one abbreviates it, the acronym would be the rarest word
    of the question, and that text would come first whatever is asked.

    >>> common = {"greater", "bay", "area", "gdp"}
    >>> spelled_out("What is the GDP of the GBA?", lambda token: float(token not in common))
    'what is the gdp of the greater bay area?'
    """
    table, text = _table(), fold(query)
    chinese = any(map(is_han, text))

    def written(match: re.Match[str]) -> str:
        phrase = table.forms[match.group()]
        wordings = table.others[phrase]
        full = next((w for w in wordings if _is_acronym(phrase, w)), None)
        if full is None:
            return match.group()
        if chinese:
            full = next((w for w in wordings if not w.isascii()), full)
        rarest = max(map(rarity, tokenize(full)), default=0.0)
        return full if rarest < min(map(rarity, tokenize(phrase)), default=0.0) else match.group()

    found = table.latin.sub(written, text)
    return query if found == text else found


def _is_acronym(word: str, full: str) -> bool:
    """Whether the word is made of the initials of the words written out, small words left out or not."""
    words = [w for w in full.split() if w.isascii()]
    return len(words) > 1 and word in {
        "".join(w[0] for w in words),
        "".join(w[0] for w in words if w not in {"of", "and", "the", "for", "in"}),
    }


@dataclass(frozen=True, slots=True)
class _Table:
    """`others`: phrase → wordings.  Latin phrases: `forms` leads from a phrase or its plural to the phrase, `latin` finds the
    forms.  Chinese phrases: `lengths` of those that begin with a character, longest first.
    """

    others: dict[str, list[str]]
    forms: dict[str, str]
    latin: re.Pattern[str]
    lengths: dict[str, list[int]]


@lru_cache(maxsize=1)
def _table() -> _Table:
    others: dict[str, list[str]] = {}
    backward: list[tuple[str, str]] = []
    for asked, written, both in _rows():
        others.setdefault(_spaced(asked), []).extend(written)
        backward += [(_spaced(wording), asked) for wording in written if both]
    for wording, asked in backward:
        others.setdefault(wording, []).append(asked)
    forms = {phrase: phrase for phrase in others if phrase.isascii()}
    for phrase in list(forms):
        forms.setdefault(_plural(phrase), phrase)  # a phrase of its own goes first: SARS is not several SAR
    lengths: dict[str, set[int]] = {}
    for phrase in others.keys() - forms.keys():
        lengths.setdefault(phrase[0], set()).add(len(phrase))
    alternatives = "|".join(re.escape(form) for form in sorted(forms, key=lambda form: (-len(form), form)))
    return _Table(
        others,
        forms,
        re.compile(rf"(?<![a-z])(?:{alternatives})(?![a-z$])"),  # AI is not in "painted", nor Hong Kong in HK$5
        {first: sorted(known, reverse=True) for first, known in lengths.items()},
    )


def _rows() -> list[tuple[str, list[str], bool]]:
    """The lines of the file: what is asked, how it is written, whether that holds both ways."""
    lines = files("gba_qa").joinpath("wordings.tsv").read_text(encoding="utf-8").splitlines()[1:]
    cells = [line.split("\t") for line in lines]
    return [(asked, written.split(" | "), both == "1") for asked, written, both in cells]


def _chinese_phrases(text: str, table: _Table) -> list[tuple[int, str]]:
    found = []
    start = 0
    while start < len(text):
        for length in table.lengths.get(text[start], ()):
            phrase = text[start : start + length]
            if phrase in table.others:
                found.append((start, phrase))
                start += length
                break
        else:
            start += 1
    return found


def _spaced(phrase: str) -> str:
    """Start-up and start up are one."""
    return phrase.replace("-", " ")


def _plural(phrase: str) -> str:
    if phrase.endswith(("s", "x", "z", "ch", "sh")):
        return phrase + "es"
    if phrase.endswith("y") and phrase[-2] not in "aeiou":
        return phrase[:-1] + "ies"
    return phrase + "s"


def _said(other: str, text: str, words: str) -> bool:
    """Whether the query says it already: Chinese anywhere, a Latin phrase as words."""
    return f" {other} " in words if other.isascii() else other in text

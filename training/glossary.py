"""Write gba_qa/glossary.tsv from the term lists in `pairs/`: `python -m training.glossary`."""

from __future__ import annotations

import re
from pathlib import Path

from gba_qa import glossary
from gba_qa.names import SPELLINGS
from gba_qa.text import fold, tokenize
from training import data

SHORTEST = 2  # characters: a single one stands in too many other words
ASKING = set(tokenize("how many much what which who where when why there here some such any tell about during become"))


def table() -> str:
    """The file's text: one line for each English term, by its stems, with its Chinese words."""
    found: dict[str, dict[str, None]] = {}
    names = [
        data.Pair(english, chinese, "name")
        for spellings in SPELLINGS.values()
        for english in spellings
        if english.isascii()
        for chinese in spellings
        if not chinese.isascii()
    ]
    plain = _plain_words()
    # A name that is a plain word too (Times, Young, Grant) would turn up wherever that word is asked with.
    names += [pair for pair in data.read_ours("names") if not set(tokenize(pair.en)) <= plain]
    for pair in data.read_ours("terms") + names:
        stems = " ".join(tokenize(re.sub(r"\([^)]*\)", " ", pair.en)))  # "Washington (president)" is for training alone
        chinese = fold(pair.zh)
        if not set(stems.split()) <= ASKING and len(chinese) >= SHORTEST:
            found.setdefault(stems, {})[chinese] = None
    return "".join(f"{stems}\t{'|'.join(words)}\n" for stems, words in sorted(found.items()))


def _plain_words() -> set[str]:
    """The stems of words that our own English text writes with a small letter."""
    texts = [pair.en for pair in data.read_ours("sentences")] + [row["en"] for row in data.read_passages()]
    return {stem for text in texts for word in re.findall(r"\b[a-z]+\b", text) for stem in tokenize(word)}


def main() -> None:
    path = Path(glossary.__file__).with_name("glossary.tsv")
    text = table()
    path.write_text(text, encoding="utf-8")
    print(f"wrote {path}: {len(text.splitlines())} terms")


if __name__ == "__main__":
    main()

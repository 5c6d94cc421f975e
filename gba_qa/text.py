"""Text as it is matched: fold the scripts together, tell the languages apart, cut into search tokens.

The original is kept and shown; matching runs on the fold.  `fold` never changes the length, so that a position found in
the fold is the same position in the original.

>>> fold("粵港澳大灣區 ＧＢＡ") == "粤港澳大湾区 gba"
True
>>> tokenize("空置率28.9%")
['空', '空置', '置', '置率', '率', '28.9%']
>>> tokenize("Hong Kong's 11,000 companies")
['hong', 'kong', '11000', 'compani']
"""

from __future__ import annotations

import re
import threading
import unicodedata
from functools import lru_cache
from typing import Any

from gba_qa.types import Language

__all__ = [
    "TOKENIZER_VERSION",
    "detect_language",
    "fold",
    "is_han",
    "join_surrogates",
    "normalize",
    "to_script",
    "tokenize",
]

TOKENIZER_VERSION = "2"  # raise it whenever tokenize() changes: indexes built with another one are rebuilt

HAN = r"㐀-䶿一-鿿\uF900-\uFAFF\U00020000-\U0003134F〇"
_HAN_RUN = re.compile(f"[{HAN}]+")
_TOKEN = re.compile(
    rf"(?P<han>[{HAN}]+)|(?P<number>\d+(?:,\d{{3}})*(?:\.\d+)?%?)|(?P<word>[^\W\d_]+(?:['’-][^\W\d_]+)*)"
)
_ZERO_WIDTH = dict.fromkeys(
    map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
)
_lock = threading.Lock()


def normalize(text: str) -> str:
    """Repair characters without changing what a reader sees; for readers, before offsets are taken.

    Compatibility ideographs and radicals become the ordinary characters (年 U+F98E → 年), ligatures are spelt out, zero-width
    and direction marks go, line ends become \\n.  Full-width forms stay: they are the author's.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").translate(_ZERO_WIDTH)
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", "".join(map(_repair, text)))


@lru_cache(maxsize=65536)
def _repair(char: str) -> str:
    code = ord(char)
    if 0xF900 <= code <= 0xFAFF or 0x2F800 <= code <= 0x2FA1F or 0x2E80 <= code <= 0x2FDF or 0xFB00 <= code <= 0xFB06:
        return unicodedata.normalize("NFKC", char)
    if code in (0xA0, 0x2002, 0x2003, 0x2007, 0x2009, 0x202F):  # odd spaces
        return " "
    return char


def join_surrogates(text: str) -> str:
    r"""Text that can be written as UTF-8: halves of one character joined, lone ones (bytes that were no UTF-8) become U+FFFD.

    >>> join_surrogates("\ud83d\ude00 \udcff前海")
    '😀 �前海'
    """
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def fold(text: str) -> str:
    """Traditional → Simplified, full → half width, lower case; one character in, one out: `len(fold(t)) == len(t)`."""
    return text.translate(_fold_table())


_table: dict[int, int] | None = None


def _fold_table() -> dict[int, int]:
    """Built once: OpenCC character by character, since a phrase conversion could change the length."""
    global _table
    if _table is None:
        with _lock:
            if _table is None:
                _table = _build_fold_table()
    return _table


def _build_fold_table() -> dict[int, int]:
    from opencc import OpenCC

    table: dict[int, int] = {}
    chars = [chr(c) for low, high in ((0x3400, 0xA000), (0xF900, 0xFB00), (0x20000, 0x31350)) for c in range(low, high)]
    plain = [unicodedata.normalize("NFKC", c) if 0xF900 <= ord(c) <= 0xFAFF else c for c in chars]
    folded = plain
    for step in ("hk2s", "tw2s", "t2s"):  # Hong Kong and Taiwan variants (衞, 裏, 臺) first, then the general table
        out = OpenCC(step).convert("\n".join(folded)).split("\n")
        folded = [b if len(b) == 1 else a for a, b in zip(folded, out, strict=True)]
    # 么 is 麼 (什么, 为什么) in all we read; the tables take it for the rare 幺.
    folded = ["么" if b == "幺" != a else b for a, b in zip(chars, folded, strict=True)]
    table.update({ord(a): ord(b) for a, b in zip(chars, folded, strict=True) if a != b and len(b) == 1})
    for code in range(0xFF01, 0xFF5F):  # full-width ASCII
        table[code] = ord(chr(code - 0xFEE0).lower())
    table[0x3000] = 0x20
    for a, b in zip("“”‘’「」『』–—−﹣％﹪·・‧，；：？！（）［］【】", '""\'\'""""----%%···,;:?!()[][]', strict=True):
        table[ord(a)] = ord(b)
    for code in [*range(0x41, 0x5B), *range(0xC0, 0x250)]:
        lower = chr(code).lower()
        base = unicodedata.normalize("NFD", lower)[0]
        if len(lower) == 1 and base != chr(code):
            table[code] = ord(base)
    return table


def is_han(char: str) -> bool:
    """Whether this is a Chinese character."""
    return bool(_HAN_RUN.fullmatch(char))


def detect_language(text: str, default: Language = "zh-Hant") -> Language:
    """English, or Chinese in the script that most of its telling characters belong to.

    A question is Chinese as soon as Chinese characters carry a fair part of it (a Chinese character counts as two
    letters), since English names stand in many Chinese questions.  Characters that both scripts share tell nothing; with no
    telling character the answer is `default` where that is Chinese, else zh-Hant.

    >>> [detect_language(t) for t in ("GBA tax relief", "大湾区有几个城市", "大灣區有幾個城市", "CEPA 是什么")]
    ['en', 'zh-Hans', 'zh-Hant', 'zh-Hans']
    """
    han = sum(map(len, _HAN_RUN.findall(text)))
    letters = sum(1 for c in text if c.isalpha()) - han
    if han == 0 or 2 * han < 0.4 * letters:
        return "en"
    traditional, simplified = _telling_characters()
    hant = sum(1 for c in text if c in traditional)
    hans = sum(1 for c in text if c in simplified)
    if hant == hans:
        return default if default != "en" else "zh-Hant"
    return "zh-Hant" if hant > hans else "zh-Hans"


@lru_cache(maxsize=1)
def _telling_characters() -> tuple[frozenset[str], frozenset[str]]:
    """Characters that only Traditional, and that only Simplified text has."""
    from opencc import OpenCC

    chars = [chr(c) for c in range(0x4E00, 0xA000)]
    to_simplified = OpenCC("t2s").convert("\n".join(chars)).split("\n")
    to_traditional = OpenCC("s2t").convert("\n".join(chars)).split("\n")
    traditional = {c for c, s in zip(chars, to_simplified, strict=True) if s != c}
    simplified = {c for c, t in zip(chars, to_traditional, strict=True) if t != c}
    both = traditional & simplified
    # In use in both scripts, with the meaning in question: they tell nothing.
    shared = set("么后里台于只干面余克系制准几斗谷郁云松冬姜出征向回周板杰曲着才致表采志范升并布唇尸占御霉愿困借卷扎")
    return frozenset(traditional - both - shared | set("麼甚喺嘅啲咗冇")), frozenset(
        simplified - both - shared | set("么几")
    )


def to_script(text: str, language: Language) -> str:
    """Show Chinese in the script named (phrases and regional words too: s2hk, t2s); for reading, never for quoting."""
    return text if language == "en" else _converter("s2hk" if language == "zh-Hant" else "hk2s").convert(text)


@lru_cache(maxsize=4)
def _converter(name: str) -> Any:
    from opencc import OpenCC

    return OpenCC(name)


def tokenize(text: str) -> list[str]:
    """Search tokens: Chinese characters and their pairs, English stems, numbers and percentages whole.

    Pairs do not cross punctuation.  English function words are left out.
    """
    tokens: list[str] = []
    for match in _TOKEN.finditer(fold(text)):
        piece = match.group()
        if match.lastgroup == "han":
            for i, char in enumerate(piece):
                tokens.append(char)
                if i + 1 < len(piece):
                    tokens.append(piece[i : i + 2])
        elif match.lastgroup == "number":
            tokens.append(piece.replace(",", ""))
        else:
            for part in re.split(r"[’'-]", piece):
                if part and part not in STOP_WORDS:
                    tokens.append(_stem(part))
    return tokens


STOP_WORDS = frozenset(
    [
        "a",
        "an",
        "the",
        "of",
        "in",
        "on",
        "at",
        "to",
        "for",
        "from",
        "by",
        "with",
        "and",
        "or",
        "as",
        "is",
        "are",
        "was",
        "were",
        "be",
        "been",
        "being",
        "it",
        "its",
        "this",
        "that",
        "these",
        "those",
        "there",
        "s",
        "t",
        "do",
        "does",
        "did",
        "has",
        "have",
        "had",
        "will",
        "would",
        "can",
        "could",
        "may",
        "might",
        "shall",
        "should",
        "i",
        "you",
        "he",
        "she",
        "we",
        "they",
        "me",
        "us",
        "them",
        "my",
        "your",
        "his",
        "her",
        "our",
        "their",
        "what",
        "which",
        "who",
        "whom",
        "whose",
        "when",
        "where",
        "why",
        "how",
        "than",
        "then",
        "so",
        "such",
        "if",
        "into",
        "about",
    ]
)


@lru_cache(maxsize=65536)
def _stem(word: str) -> str:
    return str(_stemmer().stemWord(word))


_local = threading.local()


def _stemmer() -> Any:
    """One a thread, since it is not thread-safe."""
    if not hasattr(_local, "stemmer"):
        import Stemmer

        _local.stemmer = Stemmer.Stemmer("english")
    return _local.stemmer

"""Bytes to text: UTF-8, UTF-16, Big5 with the Hong Kong characters, GB18030, told apart by what the text then looks like.

A declared or marked encoding is believed when it decodes.  Else every candidate decodes the bytes and the one whose characters
are the commonest wins: GB18030 "decodes" nearly any Big5 file, but into characters that nobody writes.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from functools import lru_cache

__all__ = ["decode"]

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CANDIDATES = ("gb18030", "big5hkscs", "cp950", "cp1252")
_SAMPLE = 200_000  # bytes looked at to choose; the whole is decoded once
_ALIASES = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "big5": "big5hkscs",
    "big5-hkscs": "big5hkscs",
    "iso-8859-1": "cp1252",
    "ascii": "utf-8",
}

# The characters that open the frequency lists of modern Chinese; both scripts, since the encoding tells which.
_COMMON = (
    "的一是不了在人有我他这個个們中来來上大為为和国國地到以说說時时要就出会會可也你对對生能而子那得于着下自之年过過发發后後作里用道行所然家种事成方多"
    "经經么去法学學如都同现現当當没沒动動面起看定天分还還进進好小部其些主样樣理心她本前开開但因只从從想实實日军軍者意无無力它与與长長把机機十民第公此已"
    "工使情明性知全三又关關点點正业業外将將两兩高间間由问問很最重并並物手应應战戰向头頭文体體政美相见見被利什二等产產或新己制身果加西斯月话話合回特"
    "代内內信表化老给給世位次度门門任常先海通教儿兒原东東声聲提立及比员員解水名真论論处處走义義各入几幾口认認条條平系气氣题題活尔爾更别打女变變四神"
    "总總何电電数數安少报報才结結反受目太量再感建务務做接必场場件计計管期市直德资資命山金指克许許统統区區保至队隊形社便空决決治展马馬科司五基眼书書非则則听聽白却界达達"
    "港澳湾灣粤粵深圳广廣州府企服专業策划劃规規投融"
    "，。、；：「」『』《》（）？！“”〈〉…—"
)


def decode(data: bytes, *, declared: str = "") -> tuple[str, str]:
    """The text and the name of the encoding that gave it.

    `declared` is what the file says of itself (an HTML charset); it is used unless the bytes contradict it.  Bytes that no
    encoding explains wholly come back from the best one with U+FFFD for what it could not read.

    >>> decode("粵港澳大灣區".encode("big5hkscs"))
    ('粵港澳大灣區', 'big5hkscs')
    """
    for mark, name in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data.decode(name, "replace").lstrip("\ufeff"), name
    wide = _looks_like_utf16(data)
    if wide:
        return data.decode(wide, "replace"), wide
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as error:
        if error.start > 0.98 * len(data) and len(data) - error.start < 4:  # cut in the middle of the last character
            return data.decode("utf-8", "ignore"), "utf-8"
    if _mostly_utf8(data):
        return data.decode("utf-8", "replace"), "utf-8"
    sample = data[:_SAMPLE]
    names: Sequence[str] = _CANDIDATES
    declared = _ALIASES.get(declared.lower().strip(), declared.lower().strip())
    if declared and declared not in names and _known(declared):
        names = (declared, *names)
    scores = {name: _score(_lenient(sample, name)) + (0.05 if name == declared else 0.0) for name in names}
    best = max(names, key=lambda name: scores[name])  # the first of equals
    return _lenient(data, best), best


def _lenient(data: bytes, name: str) -> str:
    return data.decode(name, "replace")


def _known(name: str) -> bool:
    try:
        codecs.lookup(name)
    except LookupError:
        return False
    return True


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    return frozenset(_COMMON)


def _score(text: str) -> float:
    """The share of common characters among those that are not ASCII, less what could not be read: about 0.6 for Chinese, below 0.1 for
    Chinese decoded wrongly, 0.9 for French or German."""
    wide = [c for c in text if c > "\x7f"]
    if not wide:
        return 1.0
    common = _common()
    good = sum(c in common for c in wide)
    bad = sum(c == "\ufffd" or "\ue000" <= c <= "\uf8ff" or "\x80" <= c < "\xa0" for c in wide)
    latin = re.findall(
        r"(?<![\x80-\uffff])[A-Za-z]*[\u2018\u2019\u201c\u201d\u2013\u2014\u20ac£§©®·½à-öø-ÿÀ-Ö](?![\x80-\uffff])", text
    )
    return (good + 0.9 * len(latin) - 3 * bad) / len(wide)


def _mostly_utf8(data: bytes) -> bool:
    """One broken place in a long UTF-8 file does not make it another encoding."""
    text = data[:_SAMPLE].decode("utf-8", "replace")
    wide = sum(c > "\x7f" for c in text)
    return wide > 20 and text.count("\ufffd") < 0.02 * wide


def _looks_like_utf16(data: bytes) -> str:
    """UTF-16 without a mark: every other byte of ASCII is zero, and Chinese ones lie in a narrow band."""
    sample = data[:4096]
    if len(sample) < 4 or len(data) % 2:
        return ""
    even, odd = sample[0::2], sample[1::2]
    if odd.count(0) > 0.3 * len(odd) and even.count(0) < 0.05 * len(even):
        return "utf-16-le"
    if even.count(0) > 0.3 * len(even) and odd.count(0) < 0.05 * len(odd):
        return "utf-16-be"
    for name in ("utf-16-le", "utf-16-be"):
        text = sample.decode(name, "replace")
        if _score(text) > 0.35 and ("\n" in text or "，" in text or "。" in text) and b"\x00" in sample:
            return name
    return ""

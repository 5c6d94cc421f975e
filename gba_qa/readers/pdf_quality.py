"""Is what a PDF page gives as its text really its text?  A page of rubbish is worse than a page missing, so it is named and left out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from gba_qa.readers.lines import HAN

__all__ = ["page_fault"]

_ENOUGH = 25  # characters; below that nothing can be said
_HAN = re.compile(f"[{HAN}]")
_PRIVATE = re.compile("[\ue000-\uf8ff\U000f0000-\U0010ffff]")
_CID = re.compile(r"\(cid:\d+\)")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x80-\x9f\ufffd]")
_MOJIBAKE = re.compile(
    "[À-ÿ][\x80-¿]|Ã.|â€|[ÐÑ][\x80-¿]|ï»¿|[ÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÒÓÔÕÖ×ØÙÚÛÜÝÞß°±²³´µ¶·¸¹º»¼½¾¿¡¢£¤¥¦§¨©ª«¬®¯]{3}"
)
_RARE_SCRIPTS = re.compile(
    "[\u0530-\u058f\u0700-\u08ff\u0980-\u0dff\u0f00-\u109f\u1200-\u1cff\ua000-\ua4cf\ua500-\uabff\u2c00-\u2dff]"
)


def page_fault(text: str, *, chinese: bool = False) -> str:
    """Why the text of this page can't be used, or "".  `chinese`: the document has Chinese on other pages or in its title.

    >>> page_fault("佛佛佛佛佛佛佛佛佛佛佛 纸纸 釉釉釉 佛佛佛佛佛佛佛佛 佛佛佛佛")
    'garbled text layer: one character stands for many'
    """
    solid = re.sub(r"\s", "", text)
    if len(solid) < _ENOUGH:
        return ""
    count = len(solid)
    if sum(map(len, _CID.findall(solid))) > 0.2 * count:
        return "garbled text layer: glyph numbers instead of characters"
    if len(_PRIVATE.findall(solid)) > 0.2 * count:
        return "garbled text layer: private-use characters"
    if len(_CONTROL.findall(solid)) > 0.1 * count:
        return "garbled text layer: control characters"
    if sum(map(len, _MOJIBAKE.findall(solid))) > 0.15 * count:
        return "garbled text layer: wrong encoding"
    if len(_RARE_SCRIPTS.findall(solid)) > 0.3 * count:
        return "garbled text layer: characters of other scripts"
    han = _HAN.findall(solid)
    if len(han) >= 20:
        pairs = re.findall(f"(?=([{HAN}])([{HAN}]))", solid)
        same = sum(a == b for a, b in pairs)
        if len(pairs) >= 10 and same > 0.2 * len(pairs):
            return "garbled text layer: one character stands for many"
    elif chinese and not _reads_as_words(text):
        return "garbled text layer: no Chinese character and no words"
    if len(han) < 0.1 * count and not _reads_as_words(text) and len(solid) > 200:
        return "garbled text layer: no words"
    return ""


_FREQUENT = frozenset(
    (  # noqa: SIM905
        "the of and to in a is for on that by with as are at be from it or an this was were not have has which hong "
        "kong china table page"
    ).split()
)


def _reads_as_words(text: str) -> bool:
    """English has its little words and vowels; a table has its numbers."""
    words = re.findall(r"[A-Za-z]+", text)
    digits = sum(c.isdigit() for c in text)
    letters = sum(map(len, words))
    if digits > letters or len(words) < 12:
        return True
    common = sum(word.lower() in _FREQUENT for word in words)
    vowels = Counter(c for word in words for c in word.lower())
    share = sum(vowels[v] for v in "aeiou") / max(1, letters)
    return common >= 0.04 * len(words) or 0.28 < share < 0.5


def is_chinese(texts: Sequence[str]) -> bool:
    """Whether a fair part of these texts is Chinese."""
    han = sum(len(_HAN.findall(t)) for t in texts)
    return han > 0.1 * sum(len(t) for t in texts)

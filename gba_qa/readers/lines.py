"""Printed lines, and how they are put together again: the marks of a list, a heading, a caption, a footnote; the glue between two lines."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gba_qa.readers.pdf_tables import PdfTable

__all__ = [
    "BULLET",
    "CAPTION",
    "HAN",
    "NUMBERED",
    "SOURCE_NOTE",
    "Line",
    "ends_sentence",
    "first_token_width",
    "glue",
    "heading_level",
    "list_mark",
    "tidy",
    "width",
]

HAN = "\u2e80-\u2fdf\u3005-\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_WIDE = HAN + "\u3000-\u303f\uff00-\uffef“”‘’…—"
_NUMERAL = "一二三四五六七八九十百零〇○"

_SYMBOLS = str.maketrans(
    "\uf0a3\uf0b3\uf0b1\uf0b4\uf0b9\uf0bb\uf06d\uf0d7\uf0ae\uf8e9\uf8e8\uf8ea", "≤≥±×≠≈μ·→©®™"
)  # Adobe Symbol, moved to private use

BULLET = re.compile(r"^(?:[•●○◦▪■□◆◇►▶➢➤✓✔❖★☆‣⁃∙·]|[-–—*](?=\s)|o(?=\s{2}))\s*")
_PRIVATE_BULLET = re.compile("[\uf06c\uf06e\uf075\uf076\uf077\uf0a7\uf0a8\uf0b7\uf0d8\uf0e0\uf0fc\uf02d\uf0be]")
CAPTION = re.compile(
    rf"^(?:(?P<han>附?[表圖图]|附[錄录]表|专栏|專欄)\s*(?:[{_NUMERAL}]+|\d+(?:[.\-–]\d+)*[a-z]?|[A-Z]\d?)(?P<rest>\s*[、：:.．]\s*\S|\s+[^\s，。；及和與与至]|$)|"
    r"(?P<latin>Table|TABLE|Figure|FIGURE|Fig\.|FIG\.|Exhibit|EXHIBIT|Chart|CHART|Box|BOX|Map|MAP)\s*(?:\d+(?:[.\-–]\d+)*[a-zA-Z]?|[A-Z]\d?|[IVX]+)(?:\s*[.:：、．]\s*\S|\s+[A-Z‘“\"'(]|$))"
)
SOURCE_NOTE = re.compile(
    r"^(?:資料來源|资料来源|數據來源|数据来源|來源|来源|資料出處|註釋?|注释?|備註|备注|附註|說明|说明|Sources?|Notes?|Remarks?)\s*[：:]",
    re.IGNORECASE,
)
_ENDS = "。！？!?；;：:…｡﹔﹗﹖﹕"
_CLOSERS = "」』”’\"')）]］】》〉"
NUMBERED = re.compile(
    rf"^(?:(?P<chapter>第\s*[{_NUMERAL}\d]+\s*[章部篇编編])|(?P<section>第\s*[{_NUMERAL}\d]+\s*[節节])|(?P<han>[{_NUMERAL}]{{1,3}}\s*[、．.]|[ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩ]+[、.．\s])|"
    rf"(?P<bracket>[（(][{_NUMERAL}]{{1,3}}[）)])|(?P<decimal>\d{{1,2}}(?:\.\d{{1,2}}){{1,3}}\.?\s*(?=[^\d\s%.,]))|(?P<digit>\d{{1,2}}\s?[.．、]\s*(?=[^\d\s]))|(?P<roman>[IVX]{{1,5}}\.\s+))"
)
_LIST_MARK = re.compile(
    rf"^(?:[（(]?\d{{1,2}}[）)]|\d{{1,2}}[.．、]\s*(?=[^\d\s])|[（(][{_NUMERAL}a-zA-Z]{{1,3}}[）)]|[a-zA-Z][.)]\s|[①-⑳㈠-㈩❶-❿])\s*"
)


@dataclass(frozen=True, slots=True)
class Line:
    """One printed line.

    `width` is in half-width characters (a Chinese character is two), `gap` the blank lines before it beyond what is usual between
    lines, `room` the width that a line has there.  `ended`: the paragraph is known to end here; `fresh`: one is known to begin.
    `scale` is the size of the type over that of the body.
    """

    text: str
    width: float
    room: float = 0.0
    gap: int = 0
    page: int = 0
    ended: bool = False
    fresh: bool = False
    scale: float = 1.0
    bold: bool = False
    indent: float = 0.0
    tight: bool = False  # no blank line before it where there usually is one
    cells: int = 1  # how many pieces with wide gaps between them it is made of
    table: PdfTable | None = None  # a table that stands here instead of text


def width(text: str) -> float:
    """Columns: two for a Chinese character or other full-width form, one for the rest; the thin space that word processors put
    between Chinese and Latin characters counts a half."""
    if text.isascii():
        return len(text)
    return sum(
        2.0 if unicodedata.east_asian_width(c) in "WF" or c in "“”‘’…—" else 0.5 if c == " " else 1.0 for c in text
    )


def first_token_width(text: str) -> float:
    """The width of what could not be parted from the line's beginning: one Chinese character with its punctuation, or one word."""
    match = re.match(rf"[^\s{_WIDE}]+|.[，。、；：！？」』）》”]*", text)
    return width(match.group()) if match else 0


def ends_sentence(text: str) -> bool:
    """Whether the text ends as sentences do; a full stop of English only at the end of a word."""
    bare = text.rstrip(_CLOSERS + " ")
    if not bare:
        return False
    if re.search(r"(?:https?://\S+|\S@\S+\.\w+)$", text):
        return True
    bare = re.sub(r"(?:\s?\[\d{1,3}(?:[-,–]\s?\d{1,3})*\])+$|[⁰¹²³⁴-⁹]+$", "", bare).rstrip(_CLOSERS + " ")
    return bool(bare) and (
        bare[-1] in _ENDS
        or (bare[-1] in ".．" and not re.search(r"\b(?:[A-Z]|vs|Mr|Ms|Dr|No|Prof|pp|p|eg|cf|St)\.$", bare))
    )


def list_mark(text: str) -> str:
    """The bullet or number that a list item begins with, else ""."""
    match = BULLET.match(text) or _LIST_MARK.match(text)
    return match.group() if match and match.end() < len(text) else ""


def heading_level(text: str) -> int:
    """The depth that the numbering of a heading tells, from 1; 0 where it is not numbered."""
    match = NUMBERED.match(text)
    if match is None:
        return 0
    name = match.lastgroup
    if name == "decimal":
        return 2 + match.group().strip().strip(".").count(".")
    return {"chapter": 1, "section": 2, "han": 2, "roman": 2, "digit": 2, "bracket": 3}.get(name or "", 2)


def glue(before: str, after: str, *, spaced: bool, words: frozenset[str] = frozenset()) -> str:
    """Two lines as one.  Chinese joins without a space; a hyphen that the line end made goes.

    `spaced`: this text puts a space between Chinese and Latin characters.  `words` are the hyphenated words that it has elsewhere.

    >>> glue("政策文", "件，包括", spaced=False), glue("the inno-", "vation of", spaced=False), glue("the", "end", spaced=False)
    ('政策文件，包括', 'the innovation of', 'the end')
    """
    if not before or not after:
        return before + after
    a, b = before[-1], after[0]
    if a in "\ufffe\u00ad\u0002":
        return before[:-1] + after
    if a in "-‐" and len(before) > 1 and before[-2].isalpha() and b.isalpha() and not _wide(b):
        head, tail = re.search(r"[^\W\d_]*[-‐]$", before), re.match(r"[^\W\d_]+", after)
        whole = f"{head.group()[:-1]}-{tail.group()}".lower() if head and tail else ""
        keeps = whole in words or not b.islower() or bool(head and head.group()[:-1].lower() in _PREFIXES)
        return before + after if keeps else before[:-1] + after
    if a in "-‐–/" and b.isalnum() and not before[-2:-1].isspace():
        return before + after
    if (_wide(a) and _wide(b)) or b in ",.;:!?)]%" or a in "([":
        return before + after
    if _wide(a) or _wide(b):
        latin, han = (b, a) if _wide(a) else (a, b)
        near = before[-30:] + "\n" + after[:30]
        spaced = bool(_APART.search(near)) or (spaced and not _CLOSE.search(near))
        return f"{before} {after}" if spaced and latin.isalnum() and re.match(f"[{HAN}]", han) else before + after
    return f"{before} {after}"


_PREFIXES = frozenset(
    (  # noqa: SIM905
        "cross self non well high low long short mid multi inter pre post co anti ex semi sub so-called state land "
        "fast medium two three four five one all half quasi"
    ).split()
)


_APART = re.compile(rf"[{HAN}] [A-Za-z0-9]|[A-Za-z0-9] [{HAN}]")
_CLOSE = re.compile(rf"[{HAN}][A-Za-z0-9]|[A-Za-z0-9][{HAN}]")


def _wide(char: str) -> bool:
    return bool(re.match(f"[{_WIDE}]", char))


def tidy(text: str) -> str:
    """One line as it is kept: bullets of symbol fonts as •, letter-spaced words closed up, no space between Chinese characters."""
    text = _PRIVATE_BULLET.sub("• ", text.replace("\t", "  ").replace("\u3000", "  ")).translate(_SYMBOLS)
    text = re.sub(r"^(•)\s+", r"\1 ", text.strip())
    if re.fullmatch(rf"[{HAN}](?:\s+[{HAN}]){{1,3}}", text):  # 摘　要
        return "".join(text.split())
    singles = re.findall(r"(?<!\S)[^\W\d_](?!\S)", text)
    if len(singles) >= 6 and len(singles) > 0.6 * len(text.split()):  # 全 球 價 值 鏈 （ G l o b a l
        text = re.sub(r"(?<!\S)(\S) (?=\S(?!\S))", r"\1", text)
    return re.sub(r" {2,}", " ", text)

"""Cut text into sentences, English and Chinese, as spans of the text: nothing is changed, nothing but white space is left out.

A line end always ends a sentence, since readers put one paragraph, list item or table row on a line.  Within a line, Chinese
sentences end at 。！？… and English ones at . ! ? before a space; closing quotes and brackets stay with the sentence they
close, and so do reference marks such as [3].  Full stops in decimals, abbreviations and initials end nothing, and neither does
anything inside brackets or 《》.

>>> text = "他說：「走吧。」然後離開。GDP grew by 3.5% in Sept. 2023 (vs. 2022). It fell later."
>>> [text[s.start:s.end] for s in split_sentences(text)]
['他說：「走吧。」', '然後離開。', 'GDP grew by 3.5% in Sept. 2023 (vs. 2022).', 'It fell later.']
"""

from __future__ import annotations

import re

from gba_qa.types import Span

__all__ = ["split_sentences"]

_LINE = re.compile(r"[^\n\v\f\r\u0085\u2028\u2029]+")
_OPENING = dict(zip("（([［〔【《〈", "）)]］〕】》〉", strict=True))
_LONGEST_ASIDE = 120  # characters: a bracket that closes later than this, or never, protects nothing
_CLOSING = "」』”’\"')）]］】》〉〕"
_CHINESE_END = "。！？｡!?"
_ELLIPSIS = "…⋯"
_REFERENCE = re.compile(r"(?:\s?\[\d{1,3}(?:\s?[-–,，]\s?\d{1,3})*\])+|[⁰¹²³⁴-⁹]+")
_ABBREVIATIONS = frozenset(
    (  # noqa: SIM905
        "mr mrs ms dr prof sr jr st vs etc al cf eg ie e.g i.e fig figs eq no nos vol vols pp p ch chap sec art para "
        "approx est dept inc ltd co corp bros plc jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu "
        "fri sat sun gen col capt lt sgt rev hon ave blvd rd govt viz ibid op cit ed eds trans u.s u.k u.n h.k p.r.c "
        "p.r s.a.r a.m p.m ph.d b.a m.a d.c"
    ).split()
)
_NEVER_LAST = frozenset(
    ("mr mrs ms dr prof st vs cf eg ie e.g i.e fig figs eq nos vol pp gen col capt lt sgt rev hon viz eds").split()  # noqa: SIM905
)

# After an abbreviation that may also end a sentence ("in the U.S. The plan …") only these words begin a new one.
_STARTER = re.compile(
    r"[“\"(]?(?:The|This|These|Those|That|It|Its|In|On|At|A|An|He|She|They|We|But|And|However|As|For|By|If|When)\b|[\u4e00-\u9fff]"
)


def split_sentences(text: str) -> list[Span]:
    """The sentences of the text in order, without the white space around them."""
    spans: list[Span] = []
    for line in _LINE.finditer(text):
        spans.extend(_split_line(text, line.start(), line.end()))
    return spans


def _split_line(text: str, start: int, end: int) -> list[Span]:
    spans: list[Span] = []
    begin, at = start, start
    while at < end:
        char = text[at]
        if char in _OPENING:
            closing = _closing(text, at, end)
            if closing is not None:
                aside = not text[begin:at].strip() and text[closing - 1] in _CHINESE_END  # a whole sentence in brackets
                at = closing + 1
                if aside:
                    _append(spans, text, begin, at)
                    begin = at
                continue
        stop = _end_of_sentence(text, at, begin, end)
        if stop is None:
            at += 1
            continue
        after = _take_closing(text, stop, end)
        if _goes_on(text, stop, after, end):
            at = after
            continue
        _append(spans, text, begin, after)
        begin = at = after
    _append(spans, text, begin, end)
    return spans


def _append(spans: list[Span], text: str, start: int, end: int) -> None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start == end:
        return
    if spans and not any(c.isalnum() for c in text[start:end]):  # stray punctuation belongs to the sentence before it
        spans[-1] = Span(spans[-1].start, end)
    else:
        spans.append(Span(start, end))


def _closing(text: str, at: int, end: int) -> int | None:
    """Where the bracket that opens here closes, if it does so soon; nested ones are counted."""
    want, depth, limit = _OPENING[text[at]], 0, min(end, at + _LONGEST_ASIDE)
    for i in range(at, limit):
        if text[i] == text[at]:
            depth += 1
        elif text[i] == want:
            depth -= 1
            if depth == 0:
                return i
    return None


def _end_of_sentence(text: str, at: int, begin: int, end: int) -> int | None:
    """The position after the end mark that stands here, or None where no sentence ends."""
    char = text[at]
    if char in "。！？｡":
        return _run(text, at, end, _CHINESE_END + _ELLIPSIS)
    if char in "!?":
        stop = _run(text, at, end, _CHINESE_END)
        after = _take_closing(text, stop, end)
        return stop if after >= end or text[after].isspace() or _is_wide(text[after]) else None
    if char in _ELLIPSIS:
        stop = _run(text, at, end, _ELLIPSIS)
        return (
            stop if stop - at >= 2 and _take_closing(text, stop, end) > stop else None
        )  # 「…」 closes; a bare … goes on
    if char in ".．" and _full_stop_ends(text, at, begin, end):
        return at + 1
    return None


def _full_stop_ends(text: str, at: int, begin: int, end: int) -> bool:
    after = _take_closing(text, at + 1, end)
    if after < end and not text[after].isspace():  # between two Chinese characters, or an English word and one
        return _is_wide(text[after]) and text[at - 1 : at].isalpha()
    word = re.search(r"[^\s(（「“\"']*$", text[max(begin, at - 30) : at])
    last = word.group() if word else ""
    following = text[after:end].lstrip()
    if not following:
        return True
    if last.lower() in _ABBREVIATIONS or re.fullmatch(r"(?:[A-Z]\.)*[A-Z]", last):  # or an initial: J. Smith
        return last.lower() not in _NEVER_LAST and bool(_STARTER.match(following))
    if not text[begin:at].strip().strip("0123456789.ivxIVX()（）"):  # the number of a list item: "3. " or "2.1. "
        return False
    return not following[0].islower()


def _goes_on(text: str, stop: int, after: int, end: int) -> bool:
    """「走吧。」他說: a quotation that is followed by what belongs to its sentence goes on."""
    if after == stop or after >= end:
        return False
    following = text[after]
    if following in "，、；：,;:的等是":
        return True
    return text[stop:after].strip() == "" and following in _CLOSING


def _take_closing(text: str, at: int, end: int) -> int:
    while at < end and text[at] in _CLOSING:
        if text[at] in "\"'" and at + 1 < end and text[at + 1].isalnum() and not _is_wide(text[at + 1]):
            break  # an opening straight quote
        at += 1
    mark = _REFERENCE.match(text, at, end)
    return mark.end() if mark else at


def _run(text: str, at: int, end: int, chars: str) -> int:
    while at < end and text[at] in chars:
        at += 1
    return at


def _is_wide(char: str) -> bool:
    return char >= "\u2e80" or char in "“”‘’—"

"""Footnotes: taken out of the flow of the text as parts of their own, and the little numbers that call them removed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from gba_qa.readers.lines import CAPTION, HAN, Line, ends_sentence, glue, heading_level
from gba_qa.readers.part import Part

__all__ = ["drop_marks", "note_parts", "take_notes"]

_RULE = re.compile(r"^[\s_\u2014\u2015\u2500─–-]{8,}$")
_LABEL = re.compile(r"^(?P<label>\d{1,3}|[*†‡]|[①-⑳])(?:\s+(?=\S)|(?=[^\s\d.,%年月日]))")
_LONE = re.compile(r"^\d{1,3}$")
_HEADED = re.compile(rf"^[{HAN}]{{2,8}}[：:]")  # 作者簡介：…
_URL = re.compile(r"^(?:https?://|www\.)\S+$")


def take_notes(lines: Sequence[Line]) -> tuple[list[Line], list[Part]]:
    """(the lines without the footnotes, the footnotes).  A footnote zone begins behind a rule and ends with the page; where pages are
    not known, at the next line that begins as a page's first one does, with a space."""
    kept: list[Line] = []
    notes: list[Part] = []
    at = 0
    while at < len(lines):
        if (
            _RULE.match(lines[at].text)
            and at + 1 < len(lines)
            and (_LABEL.match(lines[at + 1].text) or _LONE.match(lines[at + 1].text))
        ):
            end = _zone_end(lines, at + 1)
            notes.extend(_notes(lines[at + 1 : end]))
            at = end
            if at < len(lines):
                kept.append(replace(lines[at], gap=0))
                at += 1
            continue
        if not _RULE.match(lines[at].text):
            kept.append(lines[at])
        at += 1
    return kept, notes


def _zone_end(lines: Sequence[Line], begin: int) -> int:
    at = begin
    while at < len(lines):
        line = lines[at]
        if line.page != lines[begin].page:
            return at
        if at > begin and line.indent == 1 and not _LONE.match(lines[at - 1].text) and not _LABEL.match(line.text):
            return at
        at += 1
    return at


def note_parts(texts: Sequence[str], page: int) -> list[Part]:
    """The footnotes that these printed lines of one page make."""
    return _notes([Line(text, len(text), page=page) for text in texts if text])


def _notes(lines: Sequence[Line]) -> list[Part]:
    """Each note from its number to the next; an address on a line of its own ends what is joined."""
    notes: list[Part] = []
    text, page, last = "", 0, 0
    waiting = ""
    for line in lines:
        label = _LABEL.match(line.text)
        number = int(label["label"]) if label and label["label"].isdecimal() else 0
        if _LONE.match(line.text):
            waiting = line.text
            continue
        body = f"{waiting} {line.text}" if waiting else line.text
        begins = bool(waiting) or (bool(label) and (not number or not last or number == last + 1))
        if begins or not text or _HEADED.match(line.text) or _URL.match(line.text):
            if text:
                notes.append(Part("footnote", text, page=page or None))
            text, page = body, line.page
            last = int(waiting) if waiting else number or last
        else:
            text = glue(text, line.text, spaced=True)
        waiting = ""
    if text:
        notes.append(Part("footnote", text, page=page or None))
    return notes


def drop_marks(lines: Sequence[Line], notes: Sequence[Part]) -> list[Line]:
    """The lines without the numbers that call footnotes: alone on a line close behind the text, or behind a space in the text.

    What such a number had cut in two becomes one line again.  A lone number that calls no note belongs to the heading below it.

    >>> [line.text for line in drop_marks([Line("佔6%。", 6, 20), Line("3", 1, 20, tight=True), Line("以每平方計", 10, 20)], [])]
    ['佔6%。以每平方計']
    """
    labels = {m.group() for n in notes if (m := re.match(r"\d{1,3}(?=\s)", n.text))}
    lone = {line.text for line in lines if _LONE.match(line.text)}
    out: list[Line] = []
    marked = False  # a mark was dropped just now
    number = ""
    for i, line in enumerate(lines):
        if _LONE.match(line.text):
            if out and _is_mark(lines, i, labels):
                marked = True
            else:
                number = line.text
            continue
        if number:
            line, number = (
                replace(
                    line, text=f"{number} {line.text}", width=line.width + len(number) + 1, tight=False, fresh=True
                ),
                "",
            )
        same_line = marked and out[-1].width + line.width <= out[-1].room + 3 and line.gap == 0
        if same_line and not line.fresh and not heading_level(line.text) and not CAPTION.match(line.text):
            before = out[-1]
            out[-1] = replace(
                before,
                text=glue(before.text, line.text, spaced=False),
                width=before.width + line.width,
                ended=line.ended,
            )
        else:
            out.append(line)
        marked = False
    missing = labels - lone
    if missing:  # 「第 14 號意見書中指出 7，」: the note exists and its number stands nowhere else
        marks = "|".join(sorted(missing, key=len, reverse=True))
        pattern = re.compile(rf"(?<=[{HAN}」』》）]) (?:{marks})(?=[，。；、：）])")
        out = [replace(line, text=pattern.sub("", line.text)) for line in out]
    return out


def _is_mark(lines: Sequence[Line], at: int, labels: set[str]) -> bool:
    line = lines[at]
    before = lines[at - 1]
    if line.text in labels:
        return True
    close = line.tight or not any(n.tight for n in lines)
    return (
        close
        and (ends_sentence(before.text) or (at + 1 < len(lines) and lines[at + 1].tight))
        and 1 <= int(line.text) <= 99
    )

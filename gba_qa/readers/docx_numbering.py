"""The numbers and bullets that Word draws before list items: they are no text in the file, but a reader sees them and quotes them."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["Numbering"]

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_HAN_DIGITS = "〇一二三四五六七八九"


class Numbering:
    """Counts the list items of a document as they come; `label` must be asked once a paragraph, in order."""

    def __init__(self, word: Any) -> None:
        self.levels: dict[str, dict[int, tuple[str, str, int]]] = {}  # number id → level → (format, pattern, start)
        self.counts: dict[str, dict[int, int]] = {}
        self.by_style: dict[str, tuple[str, int]] = {}
        try:
            root = word.part.numbering_part.element
        except (KeyError, NotImplementedError, AttributeError, ValueError):
            return
        abstract: dict[str, dict[int, tuple[str, str, int]]] = {}
        for definition in root.iter(f"{_W}abstractNum"):
            abstract[definition.get(f"{_W}abstractNumId", "")] = {
                int(level.get(f"{_W}ilvl", "0")): (
                    _value(level, "numFmt", "decimal"),
                    _value(level, "lvlText", ""),
                    _number(_value(level, "start", "1"), 1),
                )
                for level in definition.iter(f"{_W}lvl")
            }
        for num in root.iter(f"{_W}num"):
            self.levels[num.get(f"{_W}numId", "")] = abstract.get(_value(num, "abstractNumId", ""), {})
        for style in word.styles.element.iter(f"{_W}style"):
            number = style.find(f"{_W}pPr/{_W}numPr")
            if number is not None:
                self.by_style[style.get(f"{_W}styleId", "")] = (
                    _value(number, "numId", "0"),
                    _number(_value(number, "ilvl", "0"), 0),
                )

    def label(self, p: Any, style: str = "") -> str:
        """What stands before this paragraph: "1.", "（二）", "•"; "" where it is in no list."""
        number = p.find(f"{_W}pPr/{_W}numPr")
        if number is not None:
            identity, level = _value(number, "numId", "0"), _number(_value(number, "ilvl", "0"), 0)
        elif style in self.by_style:
            identity, level = self.by_style[style]
        else:
            return ""
        levels = self.levels.get(identity, {})
        if level not in levels:
            return ""
        form, pattern, start = levels[level]
        counts = self.counts.setdefault(identity, {})
        counts[level] = counts.get(level, start - 1) + 1
        for deeper in [key for key in counts if key > level]:
            del counts[deeper]
        if form == "bullet":
            return "•"
        if form == "none":
            return ""

        def shown(match: re.Match[str]) -> str:
            at = int(match.group(1)) - 1
            at_form, _, at_start = levels.get(at, (form, "", 1))
            return _numeral(counts.get(at, at_start), at_form)

        return re.sub(r"%(\d)", shown, pattern).strip()


def _value(element: Any, name: str, default: str) -> str:
    child = element.find(f"{_W}{name}")
    return str(child.get(f"{_W}val", default)) if child is not None else default


def _number(text: str, default: int) -> int:
    return int(text) if text.isdecimal() else default


def _numeral(n: int, form: str) -> str:
    if form in ("lowerLetter", "upperLetter"):
        letter = chr(ord("a") + (n - 1) % 26) * ((n - 1) // 26 + 1)
        return letter.upper() if form == "upperLetter" else letter
    if form in ("lowerRoman", "upperRoman"):
        out = ""
        for value, sign in (
            (1000, "m"),
            (900, "cm"),
            (500, "d"),
            (400, "cd"),
            (100, "c"),
            (90, "xc"),
            (50, "l"),
            (40, "xl"),
            (10, "x"),
            (9, "ix"),
            (5, "v"),
            (4, "iv"),
            (1, "i"),
        ):
            while n >= value:
                out, n = out + sign, n - value
        return out.upper() if form == "upperRoman" else out
    if "hinese" in form or "aiwanese" in form or form.startswith("ideograph") or form == "japaneseCounting":
        return _han(n)
    if form == "decimalZero":
        return f"{n:02d}"
    if form == "decimalEnclosedCircle" and 1 <= n <= 20:
        return chr(0x2460 + n - 1)
    return str(n)


def _han(n: int) -> str:
    if not 0 < n < 1000:
        return str(n)
    hundreds, rest = divmod(n, 100)
    tens, ones = divmod(rest, 10)
    text = f"{_HAN_DIGITS[hundreds]}百" if hundreds else ""
    if tens:
        text += ("" if tens == 1 and not hundreds else _HAN_DIGITS[tens]) + "十"
    elif hundreds and ones:
        text += "零"
    return text + (_HAN_DIGITS[ones] if ones else "")

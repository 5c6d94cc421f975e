"""Figures as values: numbers, percentages, years, dates and money, equal however they are written.

11,000 = 1.1万 = 一万一千 = eleven thousand; 28.9% = 百分之28.9 = 28.9 per cent; 兩成 = 20%; US$5.864 billion = 58.64億美元.
What the question asks for, what a sentence holds and whether a quote carries a statement are all decided on these.

>>> [(q.value, q.kind, q.unit) for q in find_quantities("2022年底實際使用外資逾58.64億美元，佔28.9%")]
[(2022.0, 'year', ''), (5864000000.0, 'number', 'usd'), (28.9, 'percent', '')]
>>> [(q.value, q.kind, q.unit) for q in find_quantities("US$5.864 billion by the end of 2022; nine cities")]
[(5864000000.0, 'number', 'usd'), (2022.0, 'year', ''), (9.0, 'number', 'count')]
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from gba_qa.text import fold

__all__ = ["MONEY", "Quantity", "find_quantities", "same_quantity"]

QuantityKind = Literal["number", "percent", "points", "year", "decade", "month", "day", "quarter"]


@dataclass(frozen=True, slots=True)
class Quantity:
    """One figure of a text.  `unit` is a canonical code (usd, hkd, cny, mop, km2, km, teu, person, firm, …) or empty.

    Money of no certain currency is "dollar" ($5) or "money" (5元); fractions and per mille are percent: 三分之一 is 33.33…, 5‰ 0.5.
    """

    start: int
    end: int
    value: float
    kind: QuantityKind
    unit: str = ""


_DIGIT = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "○": 0}
_SCALE = {"十": 10, "百": 100, "千": 1000}
_MAGNITUDE = {"万亿": 1e12, "千亿": 1e11, "百亿": 1e10, "十亿": 1e9, "亿": 1e8, "千万": 1e7, "百万": 1e6, "十万": 1e5, "万": 1e4, "千": 1e3,
              "百": 1e2}  # fmt: skip
_WORD_MAGNITUDE = {"hundred": 1e2, "thousand": 1e3, "k": 1e3, "million": 1e6, "mn": 1e6, "m": 1e6, "billion": 1e9, "bn": 1e9, "b": 1e9,
                   "trillion": 1e12, "tn": 1e12, "trn": 1e12}  # fmt: skip
_WORD_NUMBER = {w: i for i, w in enumerate(
    ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
)} | dict(zip(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], range(20, 100, 10), strict=True))  # fmt: skip
_MONTH = {m[:n]: i for i, m in enumerate(
    ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"], 1) for n in (3, 9)} | {
    m: i for i, m in enumerate(
        ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"], 1)} | {"sept": 9}  # fmt: skip
_ORDINAL = {"first": 1, "second": 2, "third": 3, "fourth": 4, "1st": 1, "2nd": 2, "3rd": 3, "4th": 4}

_DOLLARS = {"us": "usd", "hk": "hkd", "mop": "mop", "nt": "twd", "a": "aud", "au": "aud", "s": "sgd", "sg": "sgd", "c": "cad", "ca": "cad",
            "nz": "nzd"}  # fmt: skip
MONEY = frozenset({*_DOLLARS.values(), "cny", "eur", "gbp", "jpy", "dollar", "money"})
"""The units that are money."""

_UNITS = [  # longest first; what follows a number
    ("usd", r"美[元金圆]|(?:us|u\.s\.|american) dollars?|usd"),
    ("hkd", r"元?港[元币圆]|元?港纸|(?:hk|hong kong) dollars?|hkd"),
    ("mop", r"澳门[元币圆]|元澳门币|(?:maca[ou] )?patacas?|mop"),
    ("cny", r"元人民币|人民币|(?:chinese )?yuan|rmb|renminbi|cny"),
    ("twd", r"元?新?台币|(?:new )?taiwan dollars?|twd|ntd"),
    ("aud", r"澳元|australian dollars?|aud"),
    ("sgd", r"新加坡元|坡元|singapore dollars?|sgd"),
    ("cad", r"加元|canadian dollars?|cad"),
    ("nzd", r"新西兰元|纽元|new zealand dollars?|nzd"),
    ("dollar", r"dollars?"),
    ("eur", r"欧元|euros?"),
    ("gbp", r"英镑|pounds sterling|gbp"),
    ("jpy", r"日元|日圆|yen"),
    ("money", r"元|圆"),
    ("km2", r"平方公里|平方千米|square kilomet(?:re|er)s?|sq\.? ?km|km2|km²"),
    ("m2", r"平方米|square met(?:re|er)s?|sq\.? ?m|m2|m²"),
    ("ha", r"公顷|hectares?"),
    ("km", r"公里|千米|kilomet(?:re|er)s?|km"),
    ("metre", r"米|met(?:re|er)s?"),
    ("tonne", r"吨|tonnes?|tons?"),
    ("teu", r"标准箱|个标准箱|teus?"),
    ("year_span", r"年|周年|years?"),
    ("month_span", r"个月|months?"),
    ("day_span", r"日|天|days?"),
    ("hour", r"小时|hours?"),
    ("times", r"倍|times|-fold|fold"),
    ("trip", r"人次|passengers|visits"),
    ("person", r"[人名位]|persons?|people|residents|professionals|workers|employees"),
    ("firm", r"[家间]|enterprises?|companies|firms"),
    ("item", r"项|items?"),
    ("count", r"[个所座条次户宗件种类份幅艘台辆支只届批]|cities"),
]
_UNIT = [(code, re.compile(pattern)) for code, pattern in _UNITS]
_SIGNS = {"usd": "usd", "美金": "usd", "hkd": "hkd", "港币": "hkd", "mop": "mop", "澳门币": "mop", "rmb": "cny", "cny": "cny", "¥": "cny",
          "￥": "cny", "人民币": "cny", "eur": "eur", "€": "eur", "gbp": "gbp", "£": "gbp"}  # fmt: skip
# The letters before $ say whose dollars; a $ with none, or with unknown ones, is the dollar of some place.
_PREFIX_UNIT = re.compile(
    r"(?:(?P<dollars>(?<![a-z])(?:[a-z]{1,3}|(?:us|hk|mop|nt) ))?\$"
    r"|(?P<sign>(?<![a-z])(?:usd|hkd|mop|rmb|cny|eur|gbp)|美金|港币|澳门币|人民币|[¥￥€£]))\s*$"
)

_CHINESE = "[零〇○一二三四五六七八九两十百千]"
_NUMBER = re.compile(
    r"(?P<grouped>\d{1,3}(?:(?:,\d{3})+|(?: \d{3})+(?![\d,%]))(?:\.\d+)?)|(?P<plain>\d+(?:\.\d+)?)"
    rf"|(?P<han>{_CHINESE}+(?:点{_CHINESE}+)?)"
    r"|(?P<word>\b(?:(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[ -](?:one|two|three|four|five|six|seven|eight|nine))?"
    r"|zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen)\b)"
)
_DATE = re.compile(
    r"(?P<iso>\b(?P<iy>(?:19|20)\d\d)[-/.](?P<im>0?[1-9]|1[0-2])(?:[-/.](?P<id>0?[1-9]|[12]\d|3[01]))?\b(?![-.\d]))"
    r"|(?P<cy>(?:1[89]|20|21)\d\d|[一二][〇零○九八七六五四三二一]{3}) ?年(?:(?: ?(?P<cm>1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九]) ?月(?:份)?(?: ?(?P<cd>[12]\d|3[01]|0?[1-9]) ?[日号])?))?"
    r"|(?P<cm2>1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九]) ?月(?:份)?(?: ?(?P<cd2>[12]\d|3[01]|0?[1-9]) ?[日号])?(?!球)"
    r"|\b(?:(?P<ed>[12]?\d|3[01])(?:st|nd|rd|th)? )?(?P<em>january|february|march|april|may|june|july|august|september|october|november|december"
    r"|jan|feb|mar|apr|jun|jul|aug|sept|sep|oct|nov|dec)\b\.?(?: (?P<ed2>[12]\d|3[01]|[1-9])(?:st|nd|rd|th)?(?=,? (?:19|20)\d\d|\b))?(?:,? (?P<ey>(?:19|20)\d\d))?"
)
_QUARTER = re.compile(
    r"第 ?(?P<c>[1-4一二三四]) ?季度?|\bq(?P<q>[1-4])\b|\b(?P<q2>[1-4])q\b|\b(?P<o>first|second|third|fourth|1st|2nd|3rd|4th) quarter\b"
)
_DECADE = re.compile(
    rf"(?P<full>(?:1[89]|20)\d0)(?: ?年代|'?s\b)|(?P<short>[1-9]0|{_CHINESE}+十|十) ?年代|\b(?P<word>(?:twenti|thirti|forti|fifti|sixti|seventi|eighti|nineti)es)\b"
)
_DECADE_WORD = {
    w: v
    for v, w in enumerate(
        ["twenties", "thirties", "forties", "fifties", "sixties", "seventies", "eighties", "nineties"], 2
    )
}
_RANGE = re.compile(r" ?(?:至|到|~|-|to) ?$")
_PERCENT = re.compile(r" ?(?:(?P<mille>‰|per mille?\b)|%|per ?cent(?:age)?\b)")
_POINTS = re.compile(r" ?(?:个百分点|百分点|%? ?percentage points?|个点)")
_OUT_OF = re.compile(r"(百万|百|千|万)分之 ?$")
_OUT_OF_PERCENT = {"百": 1.0, "千": 0.1, "万": 0.01, "百万": 0.0001}
_TENTHS = re.compile(r"成(半)?(?![立为功员果本长绩分熟交都就效品年型语])")
_SOME = "[多余几]?"  # 50多万: rather more, and still in ten thousands
_AFTER_DIGITS = re.compile(rf" ?{_SOME}(万亿|千亿|百亿|十亿|亿|千万|百万|十万|万|千|百)(?!分)")
_AFTER_WORDS = re.compile(r"[ -]?(hundred|thousand|million|mn|billion|bn|trillion|tn)\b")
_AFTER_MONEY = re.compile(r" ?(m|b|k|trn)\b")  # m alone is metres
_AFTER_HAN = re.compile(rf"{_SOME}(万亿|千亿|百亿|十亿|亿|万)(?!分)")
_NEXT_GROUP = re.compile(
    rf"零?(?P<digits>\d{{1,3}}(?:,\d{{3}})+|\d+(?:\.\d+)?)(?P<by>亿|千万|百万|十万|万|千|百)(?!分)|(?P<han>{_CHINESE}+)(?P<han_by>亿|万)(?!分)"
)
_LAST_GROUP = re.compile(rf"{_CHINESE}*千{_CHINESE}*|零{_CHINESE}+")
_LAST_DIGITS = re.compile(r"\d{4}(?:(?![\d年%]|[.,]\d)|(?P<more>\.\d+)?(?P<by>亿)(?!分))")
_NUMERATOR = re.compile(rf"分之 ?(?P<n>{_CHINESE}+|\d+)")
_FRACTION = re.compile(
    r"[ -](?P<of>(?<=-)(?:halve|half|quarter)|third|fifth|sixth|seventh|eighth|ninth|tenth)(?P<many>s?)\b"
)
_FRACTION_OF = {w: i for i, w in enumerate(["third", "quarter", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"], 3)} | {
    "half": 2, "halve": 2}  # fmt: skip
_MEASURED = re.compile(r" ?(?:[%‰万亿千]|per ?cent\b|percentage points?\b|个?百分点)")


def find_quantities(text: str) -> list[Quantity]:
    """All figures of the text in order.  Offsets are into `text`; small numbers inside words (一国, 第一, one) are left out."""
    folded = fold(text)
    found: list[Quantity] = []
    taken = [False] * len(folded)

    def add(start: int, end: int, value: float, kind: QuantityKind, unit: str = "") -> None:
        found.append(Quantity(start, end, value, kind, unit))
        taken[start:end] = [True] * (end - start)

    for match in _QUARTER.finditer(folded):
        c = match["c"]
        value = _DIGIT.get(c, 0) or int(c) if c else int(match["q"] or match["q2"] or _ORDINAL[match["o"]])
        add(match.start(), match.end(), float(value), "quarter")
    for match in _DECADE.finditer(folded):
        add(match.start(), match.end(), _read_decade(match), "decade")
    for match in _DATE.finditer(folded):
        if any(taken[match.start() : match.end()]):
            continue
        _add_date(match, add)
    position = 0
    while number := _NUMBER.search(folded, position):
        position = number.end()
        if taken[number.start()]:
            continue
        quantity = _read_number(folded, number)
        if quantity is not None:
            found.append(quantity)
            position = max(position, quantity.end)
    found.sort(key=lambda q: (q.start, q.end))
    return _share_magnitude(folded, found)


def same_quantity(left: Quantity, right: Quantity) -> bool:
    """Whether both say the same: kind, value, and units that do not contradict each other."""
    if left.kind != right.kind:
        bare = {left.kind, right.kind} == {"year", "number"}
        if not (bare and left.value == right.value and (left.unit, right.unit) == ("", "")):
            return False
    if abs(left.value - right.value) > 1e-6 * max(1.0, abs(left.value)):
        return False
    if left.unit == right.unit or not left.unit or not right.unit:
        return True
    return any(
        (a == "money" and b in {"cny", "hkd", "mop", "dollar"})  # a bare 元 is the money of the place
        or (a == "dollar" and b in _DOLLARS.values())  # and a bare $ the dollar of some place, as is a pataca
        or (a == "count" and b in {"trip", "person", "firm", "item"})  # 個 counts anything
        for a, b in ((left.unit, right.unit), (right.unit, left.unit))
    )


def _read_decade(match: re.Match[str]) -> float:
    """The last two digits' decade with the 20th century understood: 80年代 and the 1980s are 1980."""
    if match["full"]:
        return float(match["full"])
    if match["word"]:
        return 1900.0 + 10 * _DECADE_WORD[match["word"]]
    short = match["short"]
    return 1900.0 + (float(short) if short.isdigit() else _read_chinese(short))


def _share_magnitude(text: str, found: list[Quantity]) -> list[Quantity]:
    """In a range the last number carries the magnitude and unit for both: 280至320億美元, 30-50 per cent."""
    for i in range(len(found) - 2, -1, -1):
        low, high = found[i], found[i + 1]
        if low.kind != "number" or not _RANGE.fullmatch(text[low.end : high.start]):
            continue
        if high.kind not in {"number", "percent", "points"} or (low.unit and low.unit != high.unit != ""):
            continue
        said = text[high.start : high.end]
        bare = re.match(r"[\d.,]+", said)
        if bare is None or not re.fullmatch(r"[\d.,]+", text[low.start : low.end]):
            continue
        if re.search(r"\d", said[bare.end() :]):
            continue  # 3至5亿3000万: what of it the low one shares can't be told
        scale = 10.0 if "成" in said else high.value / (float(bare.group().replace(",", "") or 1) or 1.0) or 1.0
        if low.value * scale <= high.value * 1.000001:
            unit = high.unit or (low.unit if high.kind == "number" else "")  # US$28-32 billion
            found[i] = Quantity(low.start, low.end, low.value * scale, high.kind, unit)
            found[i + 1] = Quantity(high.start, high.end, high.value, high.kind, unit)
    return found


def _add_date(match: re.Match[str], add) -> None:  # type: ignore[no-untyped-def]  # add is the closure above
    if match["iso"]:
        if not match["id"] and match.string[match.end("iy")] == "." and _is_measure(match):
            return
        add(match.start("iy"), match.end("iy"), float(match["iy"]), "year")
        add(match.start("im"), match.end("im"), float(match["im"]), "month")
        if match["id"]:
            add(match.start("id"), match.end("id"), float(match["id"]), "day")
        return
    if match["cy"]:
        year = match["cy"]
        add(match.start("cy"), match.end("cy") + 1, float(year if year.isdigit() else _read_digits(year)), "year")
    for month, day in (("cm", "cd"), ("cm2", "cd2")):
        if match[month]:
            value = match[month]
            add(
                match.start(month), match.end(month), float(value) if value.isdigit() else _read_chinese(value), "month"
            )
            if match[day]:
                add(match.start(day), match.end(day), float(match[day]), "day")
    if match["em"]:
        word = match["em"]
        # "may" and "march" are also verbs: a month only beside a day or a year.
        if word in {"may", "march", "mar", "sep", "dec"} and not (match["ed"] or match["ed2"] or match["ey"]):
            return
        add(match.start("em"), match.end("em"), float(_MONTH[word]), "month")
        for day in ("ed", "ed2"):
            if match[day]:
                add(match.start(day), match.end(day), float(match[day]), "day")
        if match["ey"]:
            add(match.start("ey"), match.end("ey"), float(match["ey"]), "year")


def _is_measure(match: re.Match[str]) -> bool:
    """Whether 2034.8 is an amount (US$2034.8 billion, 2034.8平方公里) and not August 2034."""
    text, start, end = match.string, match.start(), match.end()
    if _MEASURED.match(text, end) or _AFTER_WORDS.match(text, end) or _prefix_unit(text[max(0, start - 8) : start]):
        return True
    unit, _ = _unit_after(text, end)  # people and things aren't counted in tenths: 2023.6家 goes on after a date
    return unit in MONEY or unit in {"km2", "m2", "ha", "km", "metre", "tonne", "teu", "times", "hour"}


def _read_number(text: str, match: re.Match[str]) -> Quantity | None:
    start, end = match.span()
    before, raw = text[max(0, start - 8) : start], match.group()
    if match["han"]:
        return _read_han(text, match, before)
    if match["word"]:
        value = float(sum(_WORD_NUMBER[w] for w in re.split("[ -]", raw)))
    else:
        value = float(raw.replace(",", "").replace(" ", ""))
    if (
        raw[0].isdigit()
        and start
        and (text[start - 1].isalpha() and text[start - 1].isascii())
        and not _prefix_unit(before)
    ):
        return None  # part of a name: A23, co2
    # Two-thirds; two third parties and a two-quarter high are none.
    if match["word"] and (found := _FRACTION.match(text, end)) and (value == 1) != bool(found["many"]):
        return Quantity(start, found.end(), 100 * value / _FRACTION_OF[found["of"]], "percent")
    if found := _AFTER_DIGITS.match(text, end):
        value, end = _read_groups(text, found.end(), value * _MAGNITUDE[found[1]], _MAGNITUDE[found[1]])
    elif found := _AFTER_WORDS.match(text, end) or (_AFTER_MONEY.match(text, end) if _prefix_unit(before) else None):
        value, end = value * _WORD_MAGNITUDE[found[1]], found.end()
    elif found := _TENTHS.match(text, end):
        return Quantity(start, found.end(), value * 10 + (5 if found[1] else 0), "percent")
    elif match["plain"] and (found := _NUMERATOR.match(text, end)) and value:
        return Quantity(start, found.end(), 100 * _read_numeral(found["n"]) / value, "percent")
    if value == 1 and raw in {"one"}:
        return None
    return _finish(text, start, end, value, before, raw)


def _read_groups(text: str, end: int, value: float, scale: float) -> tuple[float, int]:
    """What follows 3亿 in 3亿5000万, 一亿 in 一亿两千万, 1万 in 1万2000: the value in all and where it ends."""
    while found := _NEXT_GROUP.match(text, end):
        by = _MAGNITUDE[found["by"] or found["han_by"]]
        more = by * (_read_chinese(found["han"]) if found["han"] else float(found["digits"].replace(",", "")))
        if by >= scale or more >= scale:
            break
        value, scale, end = value + more, by, found.end()
    if found := _LAST_GROUP.match(text, end):  # 一万一千
        return value + _read_chinese(found.group()), found.end()
    if scale == 1e4 and (found := _LAST_DIGITS.match(text, end)):
        rest = text[end : found.end("more") if found["more"] else end + 4]
        return (value + float(rest)) * (_MAGNITUDE[found["by"]] if found["by"] else 1), found.end()
    return value, end


def _read_numeral(text: str) -> float:
    return float(text) if text.isdigit() else _read_chinese(text)


def _read_han(text: str, match: re.Match[str], before: str) -> Quantity | None:
    start, end = match.span()
    raw = match.group()
    whole, _, fraction = raw.partition("点")
    out_of = _OUT_OF.search(before)
    if all(c in _SCALE for c in whole) and whole != "十" and not out_of:
        return None  # 百, 千 without a digit: a word, not a figure
    if whole[0] == "十" and before[-1:] in {"几", "数"}:
        return None  # 几十: some tens, no figure
    if len(whole) > 1 and not any(c in _SCALE for c in whole):
        if len(whole) == 2 and not fraction:
            return None  # 一二: a word
        value = float(_read_digits(whole))
    else:
        value = _read_chinese(whole)
    if fraction:
        value += float("0." + str(_read_digits(fraction)))
    after = text[end : end + 1]
    if out_of:
        return Quantity(start, end, value * _OUT_OF_PERCENT[out_of[1]], "percent")
    if after == "分" and value and (found := _NUMERATOR.match(text, end)):
        return Quantity(start, found.end(), 100 * _read_numeral(found["n"]) / value, "percent")
    if value <= 10 and before[-1:] != "第" and (found := _TENTHS.match(text, end)):
        return Quantity(start, found.end(), value * 10 + (5 if found[1] else 0), "percent")
    if found := _AFTER_HAN.match(text, end):
        value, end = _read_groups(text, found.end(), value * _MAGNITUDE[found[1]], _MAGNITUDE[found[1]])
        return _finish(text, start, end, value, before, raw)
    if before[-1:] == "第" or (not fraction and value < 2):
        return None  # ordinals, 一个, 一国
    quantity = _finish(text, start, end, value, before, raw)
    # A small Chinese numeral is a figure only where it counts something.
    if quantity.kind == "number" and not quantity.unit and value <= 99 and after not in "大座类点城市种方区地":
        return None
    return quantity


def _finish(text: str, start: int, end: int, value: float, before: str, raw: str) -> Quantity:
    if match := _POINTS.match(text, end):
        return Quantity(start, match.end(), value, "points")
    if match := _OUT_OF.search(before):
        return Quantity(start, end, value * _OUT_OF_PERCENT[match[1]], "percent")
    if match := _PERCENT.match(text, end):
        return Quantity(start, match.end(), value / 10 if match["mille"] else value, "percent")
    unit = _prefix_unit(before)
    if not unit:
        unit, end = _unit_after(text, end)
    if raw.isdigit() and len(raw) == 4 and 1800 <= value <= 2100 and unit in {"", "year_span"}:
        return Quantity(start, start + 4, value, "year")
    return Quantity(start, min(end, len(text)), value, "number", unit)


def _unit_after(text: str, end: int) -> tuple[str, int]:
    """The unit that follows a number ending there and where it ends; ("", end) without one."""
    rest = text[end : end + 24].lstrip(" -")
    gap = len(text[end : end + 24]) - len(rest)
    some = rest[:1] in {"多", "余", "几"}
    for code, pattern in _UNIT:
        if match := pattern.match(rest, some):
            if match.group().isascii() and rest[match.end() : match.end() + 1].isalpha():
                continue
            return code, end + gap + match.end() if gap <= 1 else end
    return "", end


def _prefix_unit(before: str) -> str:
    if match := _PREFIX_UNIT.search(before):
        return _SIGNS[match["sign"]] if match["sign"] else _DOLLARS.get((match["dollars"] or "").strip(), "dollar")
    return ""


def _read_digits(text: str) -> int:
    return int("".join(str(_DIGIT[c]) for c in text if c in _DIGIT) or "0")


def _read_chinese(text: str) -> float:
    """二十三 → 23, 一千二百 → 1200.

    >>> [_read_chinese(t) for t in ("十", "十一", "二十三", "一千二百", "三百零五")]
    [10.0, 11.0, 23.0, 1200.0, 305.0]
    """
    total, digit = 0, 0
    for char in text:
        if char in _SCALE:
            total += (digit or 1) * _SCALE[char]
            digit = 0
        else:
            digit = _DIGIT[char]
    return float(total + digit)

"""What a question asks for: a figure, a percentage, a time, a name, a list, a cause …, and about what."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from gba_qa.names import find_names
from gba_qa.quantities import Quantity, find_quantities
from gba_qa.text import detect_language, fold, tokenize
from gba_qa.types import Language

__all__ = ["Expected", "Question", "analyse"]

Expected = Literal["percent", "number", "money", "time", "who", "place", "list", "cause", "how", "length", "area"]

_PATTERNS: dict[Expected, str] = {
    "percent": r"百分之(?:几|多少)|百分比|百分率|比重|比例|占比|份额|几成|[率占](?:是|为|有|达|到)?(?:多少|几)|空置率|增速|增长率|增幅"
    r"|what (?:percentage|per ?cent|share|proportion|fraction)|how (?:high|low) (?:was|is|were)|percentage|\b(?:vacancy|growth|unemployment) rate|proportion|\bshare of",
    "number": r"多少|几多|几[个家人间项条座名位所成倍年大]|数目|数量|人数|总数|how many|how much|number of|how large|how big|total",
    "money": r"多少(?:亿|万)?(?:美元|港元|人民币|元|钱)|几多钱|gdp|生产总值|增加值|投资额|外资规模|产值|市值|how much (?:money|capital|foreign|funding|investment)|value added|investment",
    "time": r"哪一?年|何年|何时|几时|什么时候|什么时间|哪天|哪个月|日期|\bwhen\b|what (?:year|date|month)|which year|by what year|since when",
    "who": r"谁|边个|哪(?:个|些|间|家|一)(?:机构|部门|单位|人|公司|组织|企业)|\bwho\b|whom|whose|which (?:body|agency|institution|company|firm|organi[sz]ation|organi[sz]ations|department|companies|firms)",
    "place": r"哪里|哪儿|边度|喺边|何处|哪(?:个|些|几个|两个|三个|座|一)?(?:城市|地方|地区|省|区)|\bwhere\b|which (?:cit|place|region|province|area|district)",
    "list": r"哪些|哪[几两三四五六七八九十]|有什么|有乜|包括|分别|列出|列举|which (?:\w+ )?(?:are|were|cities|industries|areas|fields|sectors|measures)|what (?:are|were) the|\blist\b|name the|what (?:kinds|types|measures|industries|sectors)",
    "cause": r"为什么|为何|为甚么|点解|原因|因为什么|何以|怎么会|咋|\bwhy\b|reasons?\b|what (?:caused|led|drove)|how come|due to what",
    "how": r"怎样|怎么|如何|点样|点做|\bhow\b(?! (?:many|much|large|big|long|far|high|low|old|often|come))",
    "length": r"多长|全长|多远|how long|how far",
    "area": r"面积|多大|几大|占地|how (?:large|big)|\barea\b|square kilomet",
}
_COMPILED = {kind: re.compile(pattern) for kind, pattern in _PATTERNS.items()}

# Words that ask and carry no subject: left out when the coverage of the question is measured.
_ASKING = re.compile(
    r"请问|请|告诉我|多少|几多|几[个家人间项条座名位所时]|什么时候|什么|甚么|乜嘢|哪一年|哪年|哪些|哪个|哪几个|哪里|哪|谁|边个|边度|为什么|为何|点解|点样|怎样|怎么样|怎么|如何|是不是|有没有|有冇|系咪|会不会"
    r"|可以|吗|呢|啊|呀|吧|咩|是|的|了|嘅|咗|有|在|会|将|要|到|和|与|及|或|被|把|对|为|以|于|之|其|这|那|个|一下|关于|方面|what's|how many|how much|tell me|please|according to"
)


@dataclass(frozen=True, slots=True)
class Question:
    """A question, read once.  `tokens` are its content words; `names` and `quantities` what an answer must agree with."""

    text: str
    language: Language
    expected: frozenset[Expected]
    tokens: tuple[str, ...]
    names: frozenset[str]
    quantities: tuple[Quantity, ...]


def analyse(text: str) -> Question:
    """Read a question in any of the three languages.

    >>> sorted(analyse("2023年第3季前海辦公樓的空置率是多少？").expected)
    ['number', 'percent']
    >>> analyse("When was the plan issued?").expected
    frozenset({'time'})
    """
    folded = fold(text)
    expected = frozenset(kind for kind, pattern in _COMPILED.items() if pattern.search(folded))
    tokens = tokenize(_ASKING.sub(" ", folded))
    return Question(
        text=text,
        language=detect_language(text),
        expected=expected,
        tokens=tuple(dict.fromkeys(tokens)),
        names=find_names(text),
        quantities=tuple(find_quantities(text)),
    )

"""What a question asks for: a figure, a percentage, a time, a name, a list, a cause …, and about what."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from gba_qa.glossary import translations
from gba_qa.names import find_names, name_spans
from gba_qa.quantities import Quantity, find_quantities
from gba_qa.text import detect_language, fold, tokenize
from gba_qa.types import Language
from gba_qa.variants import other_wordings

__all__ = ["Expected", "Question", "analyse"]

Expected = Literal[
    "percent", "number", "money", "time", "who", "place", "list", "cause", "how", "length", "area", "meaning", "compare"
]

_PATTERNS: dict[Expected, str] = {  # on folded text: Simplified, half width, lower case
    "percent": r"百分之(?:几|多少)|百分比|百分率|比重|比例|占比|份额|几成|[率占](?:是|为|系|有|达|到|要)*(?:多少|几)|空置率|增速|增长率|增幅|几个点|增长[了咗]?(?:多少|几多)"
    r"|what (?:percentage|per ?cent|share|proportion|fraction)|how (?:high|low|fast) (?:was|is|were|did)|percentage|税率|利率|\b(?:vacancy|growth|unemployment|tax|interest|inflation|birth|poverty) rate|proportion|\bshare of",
    "number": r"多少|几多|几[个家人间项条座名位所成倍年大只种类届部本次]|第几|目标系几|数目|数量|人数|总数|how many|how much|number of|how large|how big|how far|total"
    r"|(?:人口|营业额|产量|销量|票价|工资|薪酬|月薪|年薪|收入|预算|房价|客流量|吞吐量)[?]?$"
    r"|what (?:is|was|are|were|will be) (?:the |its |their )?(?:[\w'-]+ ){0,3}(?:population|turnover|output|volume|salary|wages?|price|fee|fare|budget|ratio|age|capacity|throughput|headcount)\b",
    "money": r"多少(?:亿|万)?(?:美元|港元|人民币|元|钱)|几多钱|几钱|gdp|生产总值|增加值|投资额|外资规模|产值|市值|how much (?:money|capital|foreign|funding|investment|did|does)|value added|investment|\bcost",
    "time": r"哪一?年|何年|何时|几时|几年(?!内)|什么时候|什么时间|哪天|哪个月|边年|边一年|日期|由几时|\bwhen\b|what (?:year|date|month)|which year|by what year|since when",
    "who": r"谁|边个|边间|边位|哪位|哪(?:个|些|间|家|一)?(?:机构|部门|单位|人|公司|组织|企业|大学)|\bwho\b|whom|whose|what (?:company|person|agency|organi[sz]ation)"
    r"|which (?:body|agency|institution|company|firm|organi[sz]ation|organi[sz]ations|department|companies|firms|university)",
    "place": r"哪里|哪儿|哪边|边度|喺边|何处|什么地方|什么城市|(?:哪|边)(?:个|些|几个|两个|三个|座|一)?(?:城市|地方|地区|省|区|国)|\bwhere\b"
    r"|(?:which|what) (?:\w+ )?(?:cit|place|region|province|area|district|countr)",
    "list": r"哪些|哪[几两三四五六七八九十]|边[几两三四五六七八九十啲]|有什么|有乜|有咩|包括|分别|列出|列举|哪[一]?方面|[两三四五六]个(?:团体|机构|城市|部分|方面|特点|因素)"
    r"|which (?:\w+ )?(?:are|were|cities|industries|areas|fields|sectors|measures)|what (?:are|were) the|\blist\b|name the|what (?:kinds|types|measures|industries|sectors)"
    r"|(?:two|three|four|five|six) (?:\w+ )?\w+s\b",
    "cause": r"为什么|为何|为甚么|点解|为啥|干吗|做乜|原因|因为什么|何以|怎么会|咋|凭什么|凭咩|\bwhy\b|reasons?\b|what (?:caused|led|drove|keeps|kept)|how come|due to what|in what sense",
    "how": r"怎样|怎么|如何|点样|点做|靠咩|靠什么|用咩|用什么|\bhow\b(?! (?:many|much|large|big|long|far|high|low|old|often|come|fast))|by what means",
    "length": r"多长|几长|全长|多远|how long|how far",
    "area": r"面积|多大|几大|占地|平方公里|how (?:large|big)|\barea of|square kilomet",
    "meaning": r"是什么意思|系咩意思|什么叫|乜嘢叫|指的?是什么|系指咩|是指什么|意思|定义|meant by|what does .{1,60} mean|\bdefin|stand for|meaning of",
    "compare": r"最[高低大小多少快慢好差]|哪个更|边个更|更[高低大小多快]|是否高于|比较|相比|\b(?:most|least|highest|lowest|largest|biggest|smallest|fastest|higher|lower|larger|bigger|more|fewer|less|compared?)\b|同一级|一个档次|same league",
}
_COMPILED = {kind: re.compile(pattern) for kind, pattern in _PATTERNS.items()}

# Words that ask, or only join, and carry no subject: they are cut out before a question's words are weighed.
_ASKING = re.compile(
    r"请问|请|告诉我|多少|几多|几[个家人间项条座名位所时]|什么时候|什么地方|什么|甚么|乜嘢|乜|哪一年|哪年|哪些|哪个|哪几个|哪里|哪儿|哪|谁|边几个|边个|边度|边啲|边间|边一|边年|喺边|几时"
    r"|为什么|为何|为啥|点解|点样|怎样|怎么样|怎么|如何|是不是|是否|有没有|有冇|系咪|会不会|使唔使|可唔可以|可不可以|能不能|算不算|几钱|几长|几大|多长|多大|多远|叫做"
    r"|而家|现在|可以|吗|呢|啊|呀|吧|咩|啦|嘛|㗎|㖞|咗|嘅|喺|𠮶|啲|佢哋|佢|系|是|的|了|得|这|那|一下|关于|方面|what's|how many|how much|how (?:big|large|long|tall|wide)(?= (?:is|are|was|were)\b)|tell me|please|according to"
)
_JOINING = frozenset("有在会将要到和与及或被把对为以于之其个同由从等也都就而又还并且")


@dataclass(frozen=True, slots=True)
class Question:
    """A question, read once.

    `tokens` are its content words, `others` the words of another usage or language that say the same (寫字樓 for 辦公樓, and office); `names` and
    `quantities` are what an answer must agree with.  `attribute` is what is asked about them: the question without its names, figures
    and asking words, folded.
    """

    text: str
    language: Language
    expected: frozenset[Expected]
    tokens: tuple[str, ...]
    others: tuple[str, ...]
    attribute: str
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
    tokens = [t for t in tokenize(_ASKING.sub(" ", folded)) if t not in _JOINING]
    others = [t for wording in other_wordings(text) for t in tokenize(wording)]
    others += [t for term in translations(_ASKING.sub(" ", folded)) for t in term]
    return Question(
        text=text,
        language=detect_language(text),
        expected=expected,
        tokens=tuple(dict.fromkeys(tokens)),
        others=tuple(dict.fromkeys(t for t in others if t not in tokens)),
        attribute=_attribute(text),
        names=find_names(text),
        quantities=tuple(find_quantities(text)),
    )


def _attribute(text: str) -> str:
    """
    >>> _attribute("前海管理局局長係邊個？")
    '管理局局长'
    """
    folded = fold(text)
    spans = [(q.start, q.end) for q in find_quantities(text)] + [(s, e) for s, e, _ in name_spans(text)]
    for start, end in spans:
        folded = folded[:start] + " " * (end - start) + folded[end:]
    return " ".join(re.sub(r"[^\w\s]", " ", _ASKING.sub(" ", folded)).split())

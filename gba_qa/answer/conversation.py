"""Make a follow-up stand alone: "那澳門呢？" after a question about Hong Kong asks the same of Macao.

Without a language model, in one of two ways.  What the follow-up names (a place, a year, the downstream after the upstream)
takes the place of its like in the question before; or, where it asks something new, the subject of that question is put
in front of it, or in the place of its "it".
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from gba_qa.answer.question import analyse
from gba_qa.names import PLACES, name_spans
from gba_qa.quantities import find_quantities
from gba_qa.text import detect_language, fold, is_han, tokenize
from gba_qa.types import Answer

__all__ = ["is_fragment", "resolve"]

# Words that only carry on: folded.
_CUE = re.compile(
    r"^(?:那么?|咁|甘|噉|而|到了?(?=\d))|^(?:and|or|but|then|so|what about|how about)\b|(?:呢|咧)(?=[?]?$)|又(?=有|系|是)|类似|𠮶(?:条|啲|个)|那(?:条|些|个)|\b(?:the )?ones?\b|\bsimilar\b"
)
_ONLY_ASKS = re.compile(
    r"^(?:为什么|为何|点解|为甚么|why|why not|how come|how so|when|since when|until when|where|who|who says(?: so)?|says who|by whose \w+|according to wh(?:om|at)"
    r"|by how much|how many|how much|几时|何时|多少|几多)[?]?$"
)
# It and there are no pronouns in "what time is it?", "is it going to rain?" and "are there", nor 该 in 应该 and 我该.
_PRONOUN = re.compile(
    r"(?<!time is )\b(?:it|its)\b(?! (?:be |going to |likely to )*(?:rain|snow|sunny|cold|hot)\w*)|\b(?:they|their|them|this|that)\b"
    r"|(?<!\bis )(?<!\bare )(?<!\bwas )(?<!\bwere )(?<!\bbe )\bthere\b(?! (?:is|are|was|were|will|be)\b)"
    r"|(?<!其)它们?|佢哋?|他们|(?<![应我你您])该(?=[\u4e00-\u9fff])|当中|其中"
)
# What is asked of anyone at any time, and of no document: a question of its own, however short; folded.
_EVERYDAY = re.compile(
    r"天气|下雨|落雨|落雪|下雪|气温|几点|笑话|唱歌|煮饭|吃饭|食饭|食咗|吃[什甚]么|好吃|好食|股票|股市|彩票|六合彩|星座|足球|球赛|电影|几岁|你叫|叫[什甚]么名|你(?:是|系)|你(?:喜欢|钟意|中意|爱)|讲个|说个"
    r"|\b(?:weather|rain(?:ing|y)?|snow(?:ing)?|jokes?|recipes?|cook|football|movies?|lottery|horoscope|stocks|what time is it|your (?:name|favou?rite)|(?:do|are|can|will|would|could) you)\b"
)
_DEFINES = re.compile(
    r"^(?:[什甚]么是|何谓|[什甚]么叫|乜嘢系|咩系)[^这那它佢]{2,}|^[^这那它佢]{2,}(?:是|系)(?:[什甚]么|咩|乜嘢?)(?:意思|来的|嚟㗎?)"
)
# What a leaning question may say of its own: it asks this of the subject before.
_OF_SOMETHING = re.compile(
    r"原因|理由|结果|影响|好处|坏处|优点|缺点|目的|目标|意义|具体|详情|例子|来源|出处|日期|数字|数目|数量|人数|总数|面积|人口|比例|比重|金额|情况|这么|那么|咁|非常|应该|已经|主要"
)
_NOW = re.compile(r"今天|今日|而家|现在|刚才")
_ANOTHER_DAY = re.compile(r"明天|明日|听日|昨天|昨晚|寻日|琴日|今晚|听晚|\b(?:yesterday|tomorrow|tonight|last night)\b")
_ONLY_WHY = re.compile(r"(?:那么?|咁)?(?:点解|为什么|为何|为甚么).{0,4}[?]?$")  # 點解唔積極？
# Groups of words that exclude one another: the follow-up's takes the place of the one before.
_CONTRASTS = [
    [part.split("/") for part in group.split("|")]
    for group in (
        "upstream|midstream|downstream", "上游|中游|下游", "first|second|third|fourth", "第一|第二|第三|第四", "之前|之后", "before|after",
        "东部|西部|南部|北部", "eastern|western|northern|southern", "居住/住|工作/做嘢/就业", "living/live|working/work", "进口|出口", "imports|exports",
        "男|女", "最高|最低", "highest|lowest", "短期|中期|长期", "short-term|long-term", "目标|现况", "优势/长处|弱点/短处/劣势", "strengths|weaknesses",
    )
]  # fmt: skip
_SHORT = 9  # Chinese characters: a question this short that names nothing leans on the one before


def resolve(question: str, history: Sequence[Answer]) -> str:
    """The question as it stands alone; the question itself where it already does, or where nothing went before.

    >>> from gba_qa.types import Answer
    >>> before = Answer("2023年香港的經濟增長是多少？", (), (), (), "zh-Hant", "extractive", False)
    >>> resolve("那廣東呢？", [before])
    '2023年廣東的經濟增長是多少？'
    >>> resolve("橫琴在哪裏？", [before])
    '橫琴在哪裏？'
    """
    asked = [a for a in history if a.answerer != "smalltalk"]
    if not asked:
        return question
    before = asked[-1].rewritten or asked[-1].question
    folded = fold(question).strip()
    pronoun = _PRONOUN.search(folded)
    if not (_CUE.search(folded) or _ONLY_ASKS.search(folded) or pronoun or _is_short(question)):
        return question
    left = _new_words(question, before)
    if _stands_alone(folded, left, asked[-1]):
        return question
    if left and not pronoun and len(left) > 3 and name_spans(question):
        return question  # it names its own subject and asks its own thing: "咁大灣區有幾個城市？"
    swapped, taken = _swap(before, question)
    if not swapped and _ONLY_ASKS.search(folded):
        return f"{question.rstrip()} {before}" if question.isascii() else f"{question.rstrip('?？ ')}，{before}"
    if swapped and len([w for w in left if w not in fold(taken)]) <= 3:
        return swapped
    return _with_subject(question, before, pronoun)


def is_fragment(question: str) -> bool:
    """Whether a text asks nothing without a question before it: it carries on, and names at most another place, year or figure.

    >>> [is_fragment(q) for q in ("那澳門呢？", "and in 2029?", "Why?", "澳門有多大？", "Macao")]
    [True, True, True, False, False]
    """
    folded = fold(question).strip()
    return bool(_ONLY_ASKS.search(folded) or (_CUE.search(folded) and not _new_words(question, "")))


def _stands_alone(folded: str, words: Sequence[str], before: Answer) -> bool:
    """Whether a question that looks like a follow-up has a subject and predicate of its own all the same.

    It has when it is one that is put to anyone (the weather, a joke), asks of another day or what a word means, or speaks of
    things of which neither the question before, nor its answer, nor the passages found for it say a word.
    """
    if _EVERYDAY.search(folded) or _DEFINES.search(folded) or _ANOTHER_DAY.search(folded):
        return True
    if _ONLY_WHY.match(folded) or (not folded.isascii() and (_CUE.search(folded) or _PRONOUN.search(folded))):
        return False
    held = [*(h.chunk.text for h in before.hits), *(s.text for s in before.statements)]
    own = analyse(_OF_SOMETHING.sub(" ", _NOW.sub(" ", " ".join(words)))).tokens
    own = tuple(t for t in own if (len(t) > 1 or t.isascii()) and t not in _VAGUE)
    if not before.hits or len(own) < (2 if folded.isascii() else 1):
        return False
    known = set(tokenize("\n".join(held)))
    return sum(t in known for t in own) <= len(own) / 3  # one of three may be chance: 中国 in 中国首都


# Of a subject that is named before these say something, but name none; stems.
_VAGUE = frozenset({
    "come", "get", "go", "say", "mean", "use", "work", "happen", "caus", "chang", "compar", "estim", "high", "low", "big", "small", "good", "bad",
    "year", "month",
})  # fmt: skip


def _is_short(question: str) -> bool:
    return sum(map(is_han, question)) in range(1, _SHORT + 1) and not name_spans(question)


def _new_words(question: str, before: str) -> list[str]:
    """What the follow-up speaks of that the earlier question doesn't, besides places and figures: pairs or words."""
    folded = _CUE.sub(" ", fold(question))
    for start, end, _ in sorted(name_spans(question), reverse=True):
        folded = folded.replace(fold(question[start:end]), " ")
    for quantity in find_quantities(question):
        folded = folded.replace(fold(question[quantity.start : quantity.end]), " ")
    known = set(analyse(before).tokens)
    words = [t for t in analyse(folded).tokens if len(t) > 1 or t.isascii()]
    return [t for t in words if t not in known and t not in {"come", "about", "还剩", "达到", "up", "much", "many"}]


def _swap(before: str, question: str) -> tuple[str, str]:
    """The earlier question with its places, years … replaced by those of the follow-up ("" if there is none), and those words."""
    replacements: list[tuple[int, int, str]] = []
    new_places = [question[s:e] for s, e, ids in name_spans(question) if set(ids) & PLACES]
    old_places = [(s, e) for s, e, ids in name_spans(before) if set(ids) & PLACES and "gba" not in ids]
    if (
        len(new_places) == 1
        and len(old_places) > 1
        and not fold(before[: old_places[0][0]]).strip().startswith(("how", "what", "which"))
    ):
        old_places = old_places[:1]  # 香港在深圳 …: the first is the subject
    for (start, end), text in zip(old_places, new_places, strict=False):
        replacements.append((start, end, text))
    for kind in ("year", "quarter", "decade"):
        new = [question[q.start : q.end] for q in find_quantities(question) if q.kind == kind]
        old = [(q.start, q.end) for q in find_quantities(before) if q.kind == kind]
        if new and old:
            replacements.append((*old[-1], new[0]))
        elif new:
            replacements.append((0, 0, f"In {new[0]}, " if question.isascii() else new[0]))
    said, held = fold(question), fold(before)
    for group in _CONTRASTS:
        new_words = [w for words in group for w in words if _at(w, said) >= 0 and _at(w, held) < 0]
        old_words = [w for words in group for w in words if _at(w, held) >= 0 and _at(w, said) < 0]
        if new_words and old_words:
            at, start = _at(new_words[0], said), _at(old_words[0], held)
            replacements.append((start, start + len(old_words[0]), question[at : at + len(new_words[0])]))
    taken = " ".join(text for *_, text in replacements)
    if not replacements:
        return "", ""
    for start, end, text in sorted(replacements, reverse=True):
        before = before[:start] + text + before[end:]
    return before, taken


def _at(word: str, text: str) -> int:
    match = re.search(rf"\b{word}\b" if word.isascii() else word, text)
    return match.start() if match else -1


def _with_subject(question: str, before: str, pronoun: re.Match[str] | None) -> str:
    """The subject of the earlier question in the place of "it", or before the follow-up."""
    subject = _subject(before)
    if not subject:
        return f"{before.rstrip('?？ ')} {question}"
    if pronoun is None:
        bare = question[_lead(question) :]
        return f"{subject}{': ' if subject.isascii() else ''}{bare}"
    own = subject if pronoun.group() not in {"its", "their"} else f"{subject}'s"
    replaced = question[: pronoun.start()] + own + question[pronoun.end() :]
    return replaced[_lead(replaced) :]


def _lead(question: str) -> int:
    """Where the question begins after its "and", 那 or 咁."""
    match = re.match(r"\s*(?:and|or|but|then|so|那么?|咁|噉)[\s,，]*", fold(question))
    return match.end() if match else 0


def _subject(before: str) -> str:
    """What the earlier question was about: in English the noun phrase after its verb, or its name; in Chinese what comes first."""
    if detect_language(before) == "en":
        whole = re.match(r"(?i)what (?:is|was|are|were) (the [^?]+?)\??$", before)
        if whole:
            return whole[1]
        match = re.search(
            r"\b(?:did|does|do|is|are|was|were|can|will|has|have|should)\s+((?:the |a |an )?[\w'-]+(?:\s+(?:of|for|in)(?: the)? [A-Z][\w'-]+|\s+[A-Z][\w'-]+)*)", before
        )  # fmt: skip
        names = [before[s:e] for s, e, _ in name_spans(before)]
        if match and (match[1].lower().startswith(("the ", "a ", "an ")) or match[1][0].isupper()):
            return match[1]
        return names[0] if names else match[1] if match else ""
    match = re.match(
        r"(.{2,20}?)(?:的|嘅|之)?(?=有|系|係|是|要|占|佔|在|会|會|能|可以|[几幾]多|多少|點|怎|为|為|何時|幾時|什么|甚麼|[給给])",
        before,
    )
    return match[1] if match else ""

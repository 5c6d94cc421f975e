"""Verification: what a quote carries, and that a changed place, year, digit, unit or magnitude is caught."""

from __future__ import annotations

import random
import re
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import pytest

from gba_qa.answer import verify
from gba_qa.names import PLACES, find_names, name_spans
from gba_qa.quantities import find_quantities
from gba_qa.readers import read
from gba_qa.sentences import split_sentences
from gba_qa.text import fold, to_script
from gba_qa.types import Language

LANGUAGES: tuple[Language, ...] = ("en", "zh-Hant", "zh-Hans")


@lru_cache(maxsize=1)
def sentences() -> dict[Language, list[str]]:
    """Every sentence of the shipped knowledge that states a figure or names a place."""
    found: dict[Language, list[str]] = {language: [] for language in LANGUAGES}
    for path in sorted(Path(str(files("gba_qa").joinpath("knowledge"))).glob("*.md")):
        document = read(path)
        for block in document.blocks:
            if block.kind not in {"paragraph", "list_item"}:
                continue
            text = document.text[block.start : block.end]
            for span in split_sentences(text):
                sentence = text[span.start : span.end]
                if find_quantities(sentence) or find_names(sentence):
                    found[document.language].append(sentence)
    return found


PLACE_SWAPS = {
    "en": ("Hong Kong", "Macao", "Qianhai", "Hengqin", "Shenzhen", "Guangzhou", "Zhuhai"),
    "zh-Hant": ("香港", "澳門", "前海", "橫琴", "深圳", "廣州", "珠海"),
    "zh-Hans": ("香港", "澳门", "前海", "横琴", "深圳", "广州", "珠海"),
}
UNIT_SWAPS = {
    "億": "萬", "亿": "万", "萬": "億", "万": "亿", "billion": "million", "million": "billion", "US$": "HK$", "RMB": "US$",
    "美元": "港元", "港元": "美元", "人民幣": "美元", "平方公里": "公里", "個百分點": "%", "个百分点": "%", "percentage points": "per cent",
    "square kilometres": "kilometres", "公頃": "平方公里", "公顷": "平方公里",
}  # fmt: skip


def mutations(sentence: str, language: Language, chance: random.Random) -> list[tuple[str, str]]:
    """(kind, changed sentence); each says something that the sentence does not."""
    found: list[tuple[str, str]] = []
    places = [(s, e, ids) for s, e, ids in name_spans(sentence) if set(ids) <= PLACES and len(ids) == 1]
    others = [p for p in PLACE_SWAPS[language] if not find_names(p) & find_names(sentence)]
    if places and others:
        start, end, _ = chance.choice(places)
        found.append(("place", sentence[:start] + chance.choice(others) + sentence[end:]))
    for year in re.finditer(r"(?<![\d,.])(?:19|20)\d\d(?![\d,])(?!\.\d)", sentence):
        other = str(int(year.group()) + chance.choice((-3, -1, 1, 2, 7)))
        if other not in sentence:
            found.append(("year", sentence[: year.start()] + other + sentence[year.end() :]))
    for number in re.finditer(
        r"(?<![A-Za-z\d.,-])(?!(?:19|20)\d\d(?![,.\d]))\d+(?:,\d{3})*(?:\.\d+)?(?![A-Za-z\d-]|\.\d)(?=[%％ 家人項项個个億亿萬万])",
        sentence,
    ):
        digits = number.group()
        at = chance.choice([i for i, c in enumerate(digits) if c.isdigit()])
        other = digits[:at] + str((int(digits[at]) + chance.choice((1, 3))) % 9 + 1) + digits[at + 1 :]
        if other != digits and other not in sentence:
            found.append(("digit", sentence[: number.start()] + other + sentence[number.end() :]))
        larger = f"{float(digits.replace(',', '')) * 10:g}"
        if larger not in sentence.replace(",", ""):
            found.append(("magnitude", sentence[: number.start()] + larger + sentence[number.end() :]))
    for unit, other in UNIT_SWAPS.items():
        at_unit = re.search(rf"(?<=[\d ]){re.escape(unit)}|{re.escape(unit)}(?=\d)", sentence)
        if at_unit and other not in sentence:
            found.append(("unit", sentence[: at_unit.start()] + other + sentence[at_unit.end() :]))
            break
    return found


def test_changed_facts_are_caught() -> None:
    chance = random.Random(5)
    counts: dict[tuple[str, str], list[int]] = {}
    missed = []
    for language in LANGUAGES:
        for sentence in sentences()[language]:
            for kind, changed in mutations(sentence, language, chance):
                count = counts.setdefault((language, kind), [0, 0])
                count[0] += 1
                if verify(changed, [sentence]).supported:
                    count[1] += 1
                    missed.append((kind, changed, sentence))
    total, slipped = (sum(c[i] for c in counts.values()) for i in (0, 1))
    assert total >= 200 and all(
        counts[language, kind][0] >= 5 for language in LANGUAGES for kind in ("place", "year", "digit", "magnitude")
    )
    assert sum(count for (_, kind), (count, _) in counts.items() if kind == "unit") >= 10, counts
    assert slipped <= 0.01 * total, missed[:5]
    assert not [m for m in missed if m[0] == "unit"]  # too few to show in the share of all


@pytest.mark.parametrize(
    ("statement", "quote", "supported"),
    [
        ("The fund holds US$5 million.", "The fund holds HK$5 million.", False),
        ("The fund holds HK$5 million.", "The fund holds US$5 million.", False),
        ("The fund holds MOP$5 million.", "The fund holds HK$5 million.", False),
        ("基金有5億美元。", "The fund holds HK$500 million.", False),
        ("基金有5億港元。", "The fund holds HK$500 million.", True),
        ("The fund holds HK$5 million.", "基金持有500萬港元。", True),
        ("The fund holds HK$5 million.", "The fund holds $5 million.", True),
        ("Some 50 people came to the fund.", "The fund: 50多萬人 came.", False),
    ],
)
def test_a_currency_is_that_of_the_quote(statement: str, quote: str, supported: bool) -> None:
    assert verify(statement, [quote], similarity=0.9).supported is supported


def paraphrases(sentence: str, language: Language) -> list[str]:
    """The same fact written otherwise: other script, full-width figures, other number words, a language model's lead-in."""
    wide = str.maketrans("0123456789%", "０１２３４５６７８９％")
    if language == "en":
        return [
            sentence.replace(" per cent", "%"),
            re.sub(r"(\d)%", r"\1 per cent", sentence),
            f"According to the documents, {sentence}",
            sentence.replace(",000", "000").replace("Hong Kong", "HKSAR"),
        ]
    other: Language = "zh-Hans" if language == "zh-Hant" else "zh-Hant"
    return [
        fold(sentence),
        to_script(sentence, other),
        sentence.translate(wide),
        ("根據文件，" if language == "zh-Hant" else "根据文件，") + sentence,
        re.sub(r"(\d+(?:\.\d+)?)%", r"百分之\1", sentence),
        re.sub(r"(?<=\d),(?=\d{3})", "", sentence),
    ]


def test_true_statements_pass_however_they_are_written() -> None:
    rejected, total = [], 0
    for language in LANGUAGES:
        for sentence in sentences()[language]:
            for paraphrase in paraphrases(sentence, language):
                total += 1
                verdict = verify(paraphrase, [sentence])
                if not verdict.supported:
                    rejected.append((verdict, paraphrase, sentence))
    assert total > 1000
    assert len(rejected) <= 0.02 * total, rejected[:5]


@pytest.mark.parametrize(
    ("statement", "quote"),
    [
        ("The vacancy rate was 28.9%.", "2023年第3季前海辦公樓空置率高達28.9%。"),
        ("Qianhai used US$5.864 billion of foreign capital in 2022.", "2022年前海實際使用外資58.64億美元。"),
        (
            "前海2022年實際使用外資58.64億美元。",
            "Foreign capital actually used in Qianhai was US$5.864 billion in 2022.",
        ),
        ("大灣區有九個城市在內地。", "大湾区的内地部分有9个城市。"),
        ("約兩成企業註冊資本逾1,000萬美元。", "注册资本高于1000万美元的企业约占20%。"),
        ("Hong Kong has 7.4 million people.", "香港有740萬人。"),
        ("目標是１１，０００家港資企業。", "港資企業目標：1.1萬家。"),
    ],
)
def test_one_fact_in_two_spellings(statement: str, quote: str) -> None:
    verdict = verify(statement, [quote])
    assert verdict.supported, verdict


@pytest.mark.parametrize(
    ("statement", "quote"),
    [
        ("澳門的空置率是28.9%。", "前海的空置率是28.9%。"),
        ("The vacancy rate in Shenzhen was 28.9%.", "前海的空置率是28.9%。"),
        ("Foreign capital was US$58.64 billion.", "外資為58.64億美元。"),
        ("前海面積為120.56公里。", "前海面積為120.56平方公里。"),
        ("There were 1,300 residents in 2024.", "There were 1,300 residents in 2023."),
        ("銀行業的前景很好。", "前海的空置率是28.9%。"),
    ],
)
def test_what_the_quote_does_not_hold_is_caught(statement: str, quote: str) -> None:
    assert not verify(statement, [quote]).supported


@pytest.mark.parametrize(
    ("statement", "quote"),
    [
        ("香港能夠建立完整的產業鏈。", "香港不能夠建立完整的產業鏈。"),
        ("香港不能夠建立完整的產業鏈。", "香港能夠建立完整的產業鏈。"),
        ("前海没有取代中环。", "前海取代中环。"),
        ("Hong Kong can run a complete industrial chain.", "Hong Kong cannot run a complete industrial chain."),
        ("Qianhai did not replace Central.", "Qianhai did replace Central."),
    ],
)
def test_flipped_negation_is_caught(statement: str, quote: str) -> None:
    assert not verify(statement, [quote]).supported


def test_no_quote_carries_nothing() -> None:
    assert not verify("前海的空置率是28.9%。", []).supported


def test_two_quotes_carry_together() -> None:
    assert verify(
        "港資企業：2025年目標：11,000家（2022年：8,274家）",
        ["港資企業 | 8,274家 | 11,000家", "指標 | 2022年 | 2025年目標"],
    ).supported

"""The table of wordings, and how a question is widened by it."""

from __future__ import annotations

from collections import Counter
from importlib.resources import files

import pytest

from gba_qa.text import fold, is_han, tokenize
from gba_qa.variants import other_wordings

HEADER, *LINES = files("gba_qa").joinpath("wordings.tsv").read_text(encoding="utf-8").splitlines()
ROWS = [line.split("\t") for line in LINES]
PAIRS = [(asked, wording, both) for asked, written, both in ROWS for wording in written.split(" | ")]


def plain(phrase: str) -> str:
    return phrase.replace("-", " ")


def test_the_table_is_well_formed() -> None:
    assert HEADER == "asked\twritten\tboth"
    for row in ROWS:
        assert len(row) == 3, row
        asked, written, both = row
        wordings = written.split(" | ")
        assert 1 <= len(wordings) <= 4, asked
        assert both in ("0", "1"), asked
        assert all(map(tokenize, wordings)), asked  # else there is nothing to search for
        for phrase in (asked, *wordings):
            assert phrase == fold(phrase).strip() and "|" not in phrase, (asked, phrase)
            assert phrase.isascii() or any(map(is_han, phrase)), (asked, phrase)


def test_one_row_a_phrase_in_order() -> None:
    asked = [row[0] for row in ROWS]
    assert [phrase for phrase, n in Counter(map(plain, asked)).items() if n > 1] == []
    assert asked == sorted(asked)


def test_no_pair_is_given_twice_or_leads_to_itself() -> None:
    ways = [(plain(asked), plain(wording)) for asked, wording, _ in PAIRS]
    ways += [(plain(wording), plain(asked)) for asked, wording, both in PAIRS if both == "1"]
    assert [way for way, n in Counter(ways).items() if n > 1 or way[0] == way[1]] == []


def test_chinese_looked_up_is_longer_than_one_character() -> None:
    """It may stand anywhere in a question, so a single character would be found in every second one."""
    looked_up = [asked for asked, _, _ in ROWS] + [wording for _, wording, both in PAIRS if both == "1"]
    assert [phrase for phrase in looked_up if len(phrase) < 2] == []


def test_every_row_is_found_both_ways_where_it_says_so() -> None:
    for asked, wording, both in PAIRS:
        found = other_wordings(asked)
        # A phrase that says its wording already, as 三年行动计划 says 行动计划, has nothing to add.
        assert wording in found or plain(wording) in plain(asked), (asked, wording)
        if both == "1":
            assert tokenize(asked), asked
            assert asked in other_wordings(wording) or plain(asked) in plain(wording), (wording, asked)


@pytest.mark.parametrize(
    ("question", "wording"),
    [
        ("獅城點樣支持中小企？", "新加坡"),
        ("老細請人做嘢有咩要求？", "雇主"),
        ("娃上学怎么办？", "教育"),
        ("Do bosses get tax breaks?", "employer"),
        ("Do bosses get tax breaks?", "tax incentive"),
        ("Which start-ups came?", "startup"),
        ("ＳＭＥｓ in Macao", "small and medium sized enterprise"),
        ("出租車可以過境嗎？", "的士"),
        ("的士可以過境嗎？", "出租车"),
    ],
)
def test_widens(question: str, wording: str) -> None:
    assert wording in other_wordings(question)


@pytest.mark.parametrize(
    ("question", "wording"),
    [
        ("Was SARS a blow to trade?", "special administrative region"),
        ("It costs HK$100.", "hong kong"),
        ("How was the confirmed figure reached?", "company"),  # firm
        ("Is there an employer, or a boss?", "employer"),  # said already
        ("就業機會有幾多？", "揾工"),  # no paper writes it
        ("中國企業有多少？", "国有企业"),  # 国企 inside 中国企业
    ],
)
def test_does_not_widen(question: str, wording: str) -> None:
    assert wording not in other_wordings(question)


def test_keeps_the_order_of_the_question() -> None:
    assert other_wordings("老外 in 濠江, kids in 鵬城") == ["外国人", "外籍人士", "澳门", "children", "child", "深圳"]

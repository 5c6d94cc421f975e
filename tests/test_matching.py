"""What counts as holding the answer, and what does not."""

from __future__ import annotations

import pytest

from gba_qa.matching import holds, holds_any


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("The rate was 28.9 per cent.", "28.9%"),
        ("佔百分之28.9", "28.9 per cent"),
        ("約兩成", "20%"),
        ("共有1.1萬家企業", "11,000"),
        ("40,000 residents", "4萬人"),
        ("280億至320億美元", "US$28 billion to US$32 billion"),
        ("在2023年12月公布", "December 2023"),
        ("December 2023", "2023年12月"),
        ("nine cities", "9 cities"),
        ("9 cities", "9"),
        ("nine cities", "nine"),
        ("the 2023 figures, as told in December", "December 2023"),
        ("在2023年，第四季末", "Q4 2023"),
        ("in the fourth quarter of 2023", "2023年第4季"),
        ("in 2022, and in Q3 2023", "Q3 2023"),
        ("由2022年12月至2023年3月", "December 2022 to March 2023"),
        ("2022年12月31日至2023年3月", "March 2023"),
        ("5 December 2022 to 3 March 2023", "2023年3月3日"),
        ("2023年12月31日", "2023"),
        ("2023年12月31日", "31日"),
        ("為期三個月", "3 months"),
        ("撥款5億港元", "HK$500 million"),
        ("佔三分之二", "two-thirds"),
        ("Some two-thirds of them", "two-thirds"),
        ("萬分之3", "0.3‰"),
        ("電話3421 1092", "34211092"),
        ("粤港澳大湾区", "粵港澳大灣區"),
        ("ＧＢＡ", "gba"),
        ("第 3 季", "第3季"),
        ("they are high end leaders", "high-end leader"),
        ("in 2023 45 firms came", "45"),
        ("下降-2.8%", "2.8%"),
        ("共５％，", "5%"),
        ("Front shop, back\nfactory", "front shop, back factory"),
    ],
)
def test_the_same_written_otherwise_is_held(text: str, answer: str) -> None:
    assert holds(text, answer)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("空置率為15%", "5%"),
        ("空置率為12.5%", "2.5%"),
        ("1,125 firms", "125"),
        ("28.95", "28.9"),
        ("十九市", "九市"),
        ("nineteen", "nine"),
        ("4萬人", "4"),
        ("4 million people", "4"),
        ("增加5個百分點", "5%"),
        ("the start", "art"),
        ("the artist", "art"),
        ("2023年6月及2024年12月", "December 2023"),
        ("280億美元", "280億港元"),
        ("2022年12月至2023年3月", "December 2023"),
        ("2022年3月至2023年12月", "March 2023 to December 2022"),
        ("December 2022 to March 2023", "2023年12月"),
        ("2022.12-2023.3", "December 2023"),
        ("2022年第3季至2023年第1季", "Q3 2023"),
        ("twenty-nine cities", "nine"),
        ("twenty-nine cities", "twenty"),
        ("nine million people", "nine"),
        ("two-thirds", "two"),
        ("nine per cent", "nine"),
        ("增長9%", "9"),
        ("30-50%", "30"),
        ("Q3 2023", "3"),
        ("第3季", "3"),
        ("增加3個百分點", "3個"),
        ("三個月", "三個"),
        ("三個百分點", "三個"),
        ("50多萬人", "50"),
        ("US$3m", "US$3"),
        ("HK$5 million", "US$5 million"),
        ("", "28.9%"),
    ],
)
def test_what_only_looks_alike_is_not(text: str, answer: str) -> None:
    assert not holds(text, answer)


def test_any_accepted_spelling_does() -> None:
    assert holds_any("百分之28.9", ["29%", "28.9%"]) and not holds_any("百分之28.9", ["29%", "28%"])
    assert not holds_any("28.9%", [])

"""Figures as values: the same value in any spelling, and nothing where there is no figure."""

from __future__ import annotations

import pytest

from gba_qa.quantities import find_quantities, same_quantity


def values(text: str) -> list[tuple[float, str, str]]:
    return [(q.value, q.kind, q.unit) for q in find_quantities(text)]


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        ("28.9%", 28.9, "percent"),
        ("２８．９％", 28.9, "percent"),
        ("28.9 per cent", 28.9, "percent"),
        ("百分之28.9", 28.9, "percent"),
        ("兩成", 20, "percent"),
        ("5個百分點", 5, "points"),
        ("5 percentage points", 5, "points"),
        ("三成半", 35, "percent"),
        ("3成半", 35, "percent"),
        ("百分之百", 100, "percent"),
        ("百分之一百", 100, "percent"),
        ("5‰", 0.5, "percent"),
        ("千分之五", 0.5, "percent"),
        ("萬分之3", 0.03, "percent"),
        ("三分之一", 100 / 3, "percent"),
        ("two-thirds", 200 / 3, "percent"),
        ("three-quarters", 75, "percent"),
        ("one fifth", 20, "percent"),
        ("11,000家", 11000, "number"),
        ("50多萬人", 500_000, "number"),
        ("50余万", 500_000, "number"),
        ("1,000多億元", 1e11, "number"),
        ("3000余万元", 3e7, "number"),
        ("一百多萬", 1e6, "number"),
        ("一億兩千萬", 1.2e8, "number"),
        ("一億零五百萬", 1.05e8, "number"),
        ("一億兩千三百萬五千", 1.23005e8, "number"),
        ("3億5000萬", 3.5e8, "number"),
        ("3亿5,000万元", 3.5e8, "number"),
        ("3萬5千人", 35_000, "number"),
        ("1万2000人", 12_000, "number"),
        ("13万5673.16亿元", 13.567316e12, "number"),
        ("US$2034.8 billion", 2.0348e12, "number"),
        ("2034.8億元", 2.0348e11, "number"),
        ("US$2034.8", 2034.8, "number"),
        ("2012.5平方公里", 2012.5, "number"),
        ("2012.5%", 2012.5, "percent"),
        ("US$3m", 3e6, "number"),
        ("HK$3bn", 3e9, "number"),
        ("RMB 3k", 3000, "number"),
        ("3m", 3, "number"),
        ("1.1萬家", 11000, "number"),
        ("一萬一千家", 11000, "number"),
        ("eleven companies", 11, "number"),
        ("58.64億美元", 5.864e9, "number"),
        ("US$5.864 billion", 5.864e9, "number"),
        ("525.5万人次", 5.255e6, "number"),
        ("13.57萬億元", 1.357e13, "number"),
        ("2023年", 2023, "year"),
        ("二〇二三年", 2023, "year"),
        ("in 2023", 2023, "year"),
        ("第3季", 3, "quarter"),
        ("third quarter", 3, "quarter"),
        ("Q3", 3, "quarter"),
        ("1980年代", 1980, "decade"),
        ("八十年代", 1980, "decade"),
        ("the 1980s", 1980, "decade"),
    ],
)
def test_reads_every_spelling(text: str, value: float, kind: str) -> None:
    found = find_quantities(text)
    assert len(found) == 1, found
    assert found[0].value == pytest.approx(value) and found[0].kind == kind


@pytest.mark.parametrize(
    "text",
    [
        "一國兩制",
        "第一，要統一認識",
        "one country, two systems"[:11],
        "三來一補"[2:],
        "互聯網+",
        "A23 and CO2",
        "You may go.",
        "成立",
        "數十萬人和幾十家企業",
    ],
)
def test_finds_no_figure_in_words(text: str) -> None:
    assert not find_quantities(text)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("58.64億美元", "US$5.864 billion"),
        ("280億至320億美元", "US$28 billion to US$32 billion"),
        ("11,000家", "11 000 enterprises"),
        ("2023年9月", "September 2023"),
        ("120.56平方公里", "120.56 square kilometres"),
        ("RMB 136 billion", "1,360億元人民幣"),
        ("17 million TEUs", "1,700萬標準箱"),
        ("740萬人", "7.4 million people"),
        ("5億港元", "HK$500 million"),
        ("500萬澳門元", "MOP$5 million"),
        ("5億元港幣", "500 million Hong Kong dollars"),
        ("港幣5億元", "HK$500 million"),
        ("5億新台幣", "NT$500 million"),
        ("A$5 million", "5 million Australian dollars"),
        ("US $5 million", "US$5m"),
        ("$5 million", "HK$5 million"),
        ("$5 million", "US$5 million"),
        ("$5 million", "500萬元"),
        ("two-thirds", "三分之二"),
        ("one-fifth", "兩成"),
        ("US$28-32 billion", "280億至320億美元"),
        ("50-60%", "5-6成"),
    ],
)
def test_two_spellings_of_one_value_are_the_same(left: str, right: str) -> None:
    a, b = find_quantities(left), find_quantities(right)
    assert a and b
    assert all(any(same_quantity(x, y) for y in b) for x in a) and all(any(same_quantity(x, y) for x in a) for y in b)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("58.64億美元", "58.64億港元"),
        ("5%", "5個百分點"),
        ("58.64億", "58.64萬"),
        ("120平方公里", "120公里"),
        ("2022年", "2023年"),
        ("第3季", "第4季"),
        ("US$5 billion", "US$5 million"),
        ("US$5 million", "HK$5 million"),
        ("US$5 million", "MOP$5 million"),
        ("US$5 million", "NT$5 million"),
        ("A$5 million", "S$5 million"),
        ("C$5 million", "US$5 million"),
        ("5億美元", "HK$500 million"),
        ("$5 million", "RMB 5 million"),
        ("two-thirds", "three-quarters"),
        ("5‰", "5%"),
        ("50多萬人", "50人"),
        ("3 years", "3 months"),
    ],
)
def test_other_values_and_units_are_not(left: str, right: str) -> None:
    assert not any(same_quantity(a, b) for a in find_quantities(left) for b in find_quantities(right))


@pytest.mark.parametrize(
    "text",
    [
        "2022年底實際使用外資逾58.64億美元，佔28.9%",
        "by September 2023, 28.9% of 11,000 firms",
        "二零二三年第三季度约有三成",
    ],
)
def test_offsets_point_at_the_figure(text: str) -> None:
    for quantity in find_quantities(text):
        piece = text[quantity.start : quantity.end]
        assert piece == piece.strip() or piece.strip()
        assert [q.value for q in find_quantities(piece)][:1] in ([quantity.value], [])


def test_range_shares_its_magnitude() -> None:
    assert values("280至320億美元") == [(2.8e10, "number", "usd"), (3.2e10, "number", "usd")]
    assert [v[0] for v in values("30-50%")] == [30.0, 50.0]
    assert values("5-6成") == [(50.0, "percent", ""), (60.0, "percent", "")]
    assert values("5至6成半") == [(50.0, "percent", ""), (65.0, "percent", "")]
    assert values("US$28-32 billion") == [(2.8e10, "number", "usd"), (3.2e10, "number", "usd")]
    assert values("3至5亿3000万元")[0][0] == 3.0


def test_a_dotted_month_is_still_a_date() -> None:
    assert values("2023.12") == [(2023.0, "year", ""), (12.0, "month", "")]
    assert values("2023.12.5 HK$5") == [
        (2023.0, "year", ""),
        (12.0, "month", ""),
        (5.0, "day", ""),
        (5.0, "number", "hkd"),
    ]


def test_a_dollar_belongs_to_the_letters_that_touch_it() -> None:
    for text in ("a $5 million fund", "of $5 million", "costs$5 million", "R$5 million"):
        assert values(text) == [(5e6, "number", "dollar")], text


@pytest.mark.parametrize("text", ["two third parties", "two thirdly", "two-quarterly", "two-quarter high"])
def test_an_ordinal_is_no_fraction(text: str) -> None:
    assert values(text) == [(2.0, "number", "")]

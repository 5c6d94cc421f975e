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
        ("三成半", 35, "percent"),
        ("5個百分點", 5, "points"),
        ("5 percentage points", 5, "points"),
        ("11,000家", 11000, "number"),
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

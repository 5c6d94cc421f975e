"""Places and organisations: one name in three forms, compounds spelt out, longest first."""

from __future__ import annotations

import pytest

from gba_qa.names import PLACES, find_names, name_spans


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("香港特別行政區", {"hong-kong"}),
        ("Hong Kong", {"hong-kong"}),
        ("HKSAR", {"hong-kong"}),
        ("港資企業", {"hong-kong"}),
        ("澳門", {"macao"}),
        ("澳门", {"macao"}),
        ("Macau", {"macao"}),
        ("粵港澳大灣區", {"gba"}),
        ("the Guangdong-Hong Kong-Macao Greater Bay Area", {"gba"}),
        ("粵港澳合作", {"guangdong", "hong-kong", "macao"}),
        ("深港合作", {"shenzhen", "hong-kong"}),
        ("國務院", {"state-council"}),
        ("State Council", {"state-council"}),
        ("前海和橫琴", {"qianhai", "hengqin"}),
        ("a prdigious thing", set()),
        ("agreeable", set()),
    ],
)
def test_one_name_in_all_its_forms(text: str, names: set[str]) -> None:
    assert find_names(text) == names


def test_spans_point_at_the_name() -> None:
    text = "在前海工作的香港居民與 Macao residents"
    assert [text[s:e] for s, e, _ in name_spans(text)] == ["前海", "香港", "Macao"]


def test_organisations_are_no_places() -> None:
    assert "state-council" not in PLACES and {"hong-kong", "macao", "gba"} <= PLACES

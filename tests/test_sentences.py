"""Sentences in English and Chinese: every end found, none made up, quotes and brackets kept with the sentence they belong to."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gba_qa.sentences import split_sentences


def cut(text: str) -> list[str]:
    return [text[s.start : s.end] for s in split_sentences(text)]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("館內有五層。頂層是花園。", ["館內有五層。", "頂層是花園。"]),
        ("馆内有五层！顶层呢？是花园。", ["馆内有五层！", "顶层呢？", "是花园。"]),
        ("他說：「明天開館。」大家都笑了。", ["他說：「明天開館。」", "大家都笑了。"]),
        ("他说：“明天开馆。”大家都笑了。", ["他说：“明天开馆。”", "大家都笑了。"]),
        ("增長3.5%，達12.75億元。其後回落。", ["增長3.5%，達12.75億元。", "其後回落。"]),
        ("《夜讀。雜記》是一本書。很薄。", ["《夜讀。雜記》是一本書。", "很薄。"]),
        ("（見附件。）我們再談。", ["（見附件。）", "我們再談。"]),
        ("館藏很多[3] [4]。座位也多。[5]餐廳沒有。", ["館藏很多[3] [4]。", "座位也多。[5]", "餐廳沒有。"]),
        ("第一行\n第二行", ["第一行", "第二行"]),
        ("1. 借書\n2. 還書。不收費。", ["1. 借書", "2. 還書。", "不收費。"]),
        ("甲 | 3.5 | 7\n乙 | 4.0 | 8", ["甲 | 3.5 | 7", "乙 | 4.0 | 8"]),
    ],
)
def test_chinese(text: str, sentences: list[str]) -> None:
    assert cut(text) == sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("It opened in Sept. 2021. Nobody came.", ["It opened in Sept. 2021.", "Nobody came."]),
        ("Dr. Lee and Mr. J. Ho spoke. We left.", ["Dr. Lee and Mr. J. Ho spoke.", "We left."]),
        ("Growth was 3.5% vs. 2.1% in 2019. It fell.", ["Growth was 3.5% vs. 2.1% in 2019.", "It fell."]),
        (
            "U.S. firms left. They came back from the U.S. The rest stayed.",
            ["U.S. firms left.", "They came back from the U.S.", "The rest stayed."],
        ),
        (
            '"Come in," she said. "We are open." Then she smiled.',
            ['"Come in," she said.', '"We are open."', "Then she smiled."],
        ),
        ("2.1. Seats rose. 3. Books too.", ["2.1. Seats rose.", "3. Books too."]),
        ("See (p. 3. and 4.) for more. Or ask!", ["See (p. 3. and 4.) for more.", "Or ask!"]),
        ("Is it open? Yes.", ["Is it open?", "Yes."]),
    ],
)
def test_english(text: str, sentences: list[str]) -> None:
    assert cut(text) == sentences


def test_mixed_text_ends_sentences_of_both_languages() -> None:
    assert cut("館名是 Riverside Library. 它在河邊。Opening hours vary.") == [
        "館名是 Riverside Library.",
        "它在河邊。",
        "Opening hours vary.",
    ]


@given(st.text(alphabet=st.sampled_from('中文書館。！？」「（）《》.!? a B3.%\n\t[]"…'), max_size=200))
def test_nothing_is_lost_and_nothing_overlaps(text: str) -> None:
    spans = split_sentences(text)
    assert all(0 <= s.start < s.end <= len(text) for s in spans)
    assert all(a.end <= b.start for a, b in itertools.pairwise(spans))
    assert "".join("".join(text[s.start : s.end].split()) for s in spans) == "".join(text.split())

"""Folding, tokens and language: the same in both scripts, in place, and never longer or shorter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gba_qa.text import detect_language, fold, normalize, tokenize


@given(st.text())
def test_fold_keeps_length_and_is_idempotent(text: str) -> None:
    assert len(fold(text)) == len(text)
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("traditional", "simplified"),
    [
        ("粵港澳大灣區", "粤港澳大湾区"),
        ("購買住房", "购买住房"),
        ("衞生署", "卫生署"),
        ("臺灣", "台湾"),
        ("發展為後", "发展为后"),
        ("裏面", "里面"),
    ],
)
def test_both_scripts_give_the_same_tokens(traditional: str, simplified: str) -> None:
    assert tokenize(traditional) == tokenize(simplified)


@pytest.mark.parametrize("clause", ["港澳居民", "购买住房", "九市"])
def test_words_inside_a_clause_are_found(clause: str) -> None:
    sentence = "港澳居民可以在大湾区九市购买住房和申请贷款"
    assert set(tokenize(clause)) <= set(tokenize(sentence))


def test_numbers_stay_whole() -> None:
    assert tokenize("11,000間，佔28.9%，2023年") == ["11000", "间", "占", "28.9%", "2023", "年"]
    assert tokenize("１１０００") == ["11000"]


def test_english_is_stemmed_without_function_words() -> None:
    assert tokenize("the enterprises of an enterprise") == ["enterpris", "enterpris"]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("How many cities?", "en"),
        ("What does 前海 mean?", "en"),
        ("CEPA 是什么", "zh-Hans"),
        ("Qianhai 喺邊度？", "zh-Hant"),
        ("GDP 几多", "zh-Hans"),
        ("前海在哪", "zh-Hant"),
        ("点解香港要发展制造业？", "zh-Hans"),
        ("", "en"),
    ],
)
def test_language(text: str, language: str) -> None:
    assert detect_language(text) == language


def test_normalize_repairs_compatibility_characters_only() -> None:
    assert normalize("2010\uf98e　ＡＢＣ\u200b\r\n") == "2010年　ＡＢＣ\n"
    assert normalize("ﬁnance") == "finance"

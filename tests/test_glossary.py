"""Terms in the other language: found longest first, in step with the lists they are made from, and of use in keyword search."""

from __future__ import annotations

import importlib.util
from importlib.resources import files

import pytest

from gba_qa import QA
from gba_qa.glossary import translations
from gba_qa.text import tokenize
from gba_qa.types import Document


def test_a_long_term_wins_over_its_parts() -> None:
    assert translations("Greater Bay Area")[0] == tuple(tokenize("大湾区"))
    assert ("greater", "bay", "area") in translations("大灣區的規劃")


def test_both_scripts_find_the_same() -> None:
    assert translations("稅務優惠與對沖基金") == translations("税务优惠与对冲基金") != []


def test_words_that_only_ask_are_not_translated() -> None:
    assert translations("How many are there?") == [] and translations("") == []


def test_the_file_is_made_from_the_term_lists() -> None:
    if importlib.util.find_spec("training") is None:
        pytest.skip("the training folder is not beside the package")
    from training.glossary import table

    shipped = files("gba_qa").joinpath("glossary.tsv").read_text(encoding="utf-8")
    assert shipped == table(), "mend with `python -m training.glossary`"


def test_an_english_question_finds_chinese_keywords() -> None:
    """Without an embedder: only the glossary can carry the question over."""
    texts = ["本港的按揭貸款利率上升。", "餐飲業聘請更多員工。", "颱風令航班延誤。"]
    documents = [Document(str(i), text, str(i), f"{i}.txt", "zh-Hant") for i, text in enumerate(texts)]
    qa = QA.from_documents(documents, embedder="none")
    assert qa.search("Is the mortgage rate rising?", k=1)[0].chunk.source == "0.txt"

"""What the bundled embedder learns from, as far as it is ours: well-formed, parallel, and nothing in it that anything is measured with."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from gba_qa.text import fold, is_han
from training import data, lexicon

EVAL = Path(__file__).parent.parent / "eval"
OUTSIDE = Path(__file__).parent.parent.parent / "shared" / "evaluation"


def rows(path: Path) -> list[dict]:  # type: ignore[type-arg]
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def ours() -> list[data.Pair]:
    read = [pair for kind in ("terms", "names", "sentences") for pair in data.read_ours(kind)]
    return read + data.passage_pairs(data.read_passages())


def plain(text: str) -> str:
    return re.sub(r"\W+", "", fold(text))


def test_every_pair_is_english_beside_chinese() -> None:
    pairs = ours()
    assert len(pairs) > 20_000
    assert not [p for p in pairs if any(map(is_han, p.en)) or not any(map(is_han, p.zh))]


def test_passages_are_asked_the_same_in_every_language() -> None:
    for row in [*data.read_passages(), *rows(EVAL / "passages.jsonl")]:
        for kind in ("questions", "unanswered"):
            assert (
                len({len(row[kind][language]) for language in ("en", "zh-Hant", "zh-Hans")} if kind in row else {0})
                == 1
            )


def test_marked_answers_stand_in_their_passages() -> None:
    marked = [row for row in [*data.read_passages(), *rows(EVAL / "passages.jsonl")] if "answers" in row]
    assert len(marked) > 100
    for row in marked:
        for language in ("en", "zh-Hant", "zh-Hans"):
            assert len(row["answers"][language]) == len(row["questions"][language])
            assert not [answer for answer in row["answers"][language] if answer not in row[language]]


def test_nothing_that_is_measured_or_fitted_with_is_learnt() -> None:
    learnt = {plain(text) for pair in ours() for text in (pair.en, pair.zh)}
    asked = [row["question"] for path in [EVAL / "gold.jsonl", *EVAL.glob("practice-*.jsonl")] for row in rows(path)]
    held_out = [row[language] for row in rows(EVAL / "passages.jsonl") for language in ("en", "zh-Hant", "zh-Hans")]
    assert not [text for text in asked + held_out if plain(text) in learnt]


@pytest.mark.skipif(not OUTSIDE.is_dir(), reason="the outside sets are not at hand")
def test_nothing_of_the_outside_sets_is_learnt() -> None:
    learnt = {plain(text) for pair in ours() for text in (pair.en, pair.zh)}
    told = [row["question"] for path in (OUTSIDE / "xquad").glob("gold.*.jsonl") for row in rows(path)]
    told += [row["text"] for path in (OUTSIDE / "xquad").glob("corpus.*.jsonl") for row in rows(path)]
    told += [
        line
        for path in (OUTSIDE / "flores").glob("*.devtest")
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    assert len(told) > 5000 and not [text for text in told if plain(text) in learnt]


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ("n. 色素体, 质体, 成形粒\\n[医] 质体, 成形粒", ["色素体", "质体", "成形粒", "质体", "成形粒"]),
        ("n. (Kaldor)人名；(英、罗)卡尔多", ["卡尔多"]),
        (" [人名] 科恩希尔; [地名] [英国] 康希尔", ["科恩希尔", "康希尔"]),
        ("[网络] 松百合", []),  # guessed by the web
        ("(mating 的复数) n. 交配", []),  # a form of another entry
        ("呈 A 字型的", []),
    ],
)
def test_senses_of_an_entry(told: str, found: list[str]) -> None:
    assert list(lexicon.senses(told)) == found


def test_a_dictionary_is_thinned_to_terms_and_names(tmp_path: Path) -> None:
    header = "word,phonetic,definition,translation,pos,collins,oxford,tag,bnc,frq,exchange,detail,audio\n"
    lines = [
        'clade,,a group of taxa,"n. [生]进化枝,分化枝",,,,,0,0,,,',
        'run,,move fast,"v. 跑步, 经营, 流动, 竞选, 行驶",,,,,1,1,,,',  # too many senses to say which is meant
        "A-line dress no. 5,,x,衣裙,,,,,0,0,,,",
    ]
    (tmp_path / "ecdict.csv").write_text(header + "\n".join(lines), encoding="utf-8")
    assert [(p.en, p.zh) for p in lexicon.terms(tmp_path / "ecdict.csv")] == [("clade", "进化枝"), ("clade", "分化枝")]

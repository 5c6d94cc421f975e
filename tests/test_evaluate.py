"""The evaluation: measures worked by hand, malformed files told by line, the same numbers twice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gba_qa import QA
from gba_qa.errors import EvaluationError, UsageError
from gba_qa.evaluate import run
from gba_qa.matching import holds
from gba_qa.metrics import Report, auroc, bootstrap, refusal_curve
from gba_qa.results import compare
from tests.conftest import HashEmbedder

CORPUS = [
    {
        "id": "ferry",
        "title": "渡輪",
        "text": "渡輪公司在2031年營運14條航線。成人票價為每程9.5港元。",
        "language": "zh-Hant",
    },
    {
        "id": "library",
        "title": "Library",
        "text": "The library of Tai Po counted 1.25 million visitors in 2031. It employs 86 people.",
        "language": "en",
    },
]
GOLD = [
    {
        "id": "a",
        "question": "2031年渡輪公司營運多少條航線？",
        "language": "zh-Hant",
        "answerable": True,
        "answers": ["14條"],
        "evidence": [{"document": "ferry"}],
    },
    {
        "id": "b",
        "question": "How many visitors did the library of Tai Po count in 2031?",
        "language": "en",
        "answerable": True,
        "answers": ["1.25 million"],
        "evidence": [{"document": "library", "quote": "1.25 million visitors"}],
    },
    {
        "id": "c",
        "question": "Who painted the ceiling in Rome?",
        "language": "en",
        "answerable": False,
        "answers": [],
        "evidence": [],
    },
]


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), encoding="utf-8")
    return path


def report(tmp_path: Path) -> Report:
    return run(
        gold=write(tmp_path / "gold.jsonl", GOLD), corpus=write(tmp_path / "corpus.jsonl", CORPUS), embedder="none"
    )


def test_a_small_set_is_measured_rightly(tmp_path: Path) -> None:
    found = report(tmp_path).measures()
    assert found["recall@1"] == found["recall@5"] == found["ndcg@10"] == found["mrr"] == 1.0
    assert found["contained"] == found["right_document"] == found["right_sentence"] == 1.0
    assert found["wrongly_refused"] == 0.0 and found["refused"] == 1.0
    assert found["quote_exactness"] == found["citation_recall"] == found["figures_held"] == 1.0


def test_same_commit_same_numbers(tmp_path: Path) -> None:
    assert report(tmp_path).to_json() == report(tmp_path).to_json()


def test_groups_and_table_name_languages_and_pairs(tmp_path: Path) -> None:
    table = report(tmp_path).table()
    for text in ("language: en", "language: zh-Hant", "en → en", "recall@5", "quote exactness 1.000"):
        assert text in table


def row(identity: str, **values: Any) -> dict[str, Any]:
    base = dict.fromkeys(("contained", "first_contained", "right_document", "right_sentence"), False)
    counts = dict.fromkeys(("statements", "supported", "citations", "precise", "exact", "figures_held"), 0)
    return {"id": identity, "language": "en", "pair": "en → en", "scripts": "", "kind": "", "split": "", "answerable": True, "rank": 0, "refused": False,
            "confidence": 0.5, "seconds": 0.1, "answer": "", **base, **counts, **values}  # fmt: skip


def test_ranking_measures_by_hand() -> None:
    found = Report({}, (row("a", rank=1), row("b", rank=3), row("c", rank=0), row("d", rank=12))).measures()
    assert found["recall@1"] == 0.25 and found["recall@3"] == found["recall@10"] == 0.5
    assert found["mrr"] == pytest.approx((1 + 1 / 3) / 4)
    assert found["ndcg@10"] == pytest.approx((1 + 0.5) / 4)  # 1/log2(1+1), 1/log2(3+1)


def test_auroc_and_curve_by_hand() -> None:
    assert auroc([0.9, 0.4], [0.5, 0.1]) == 0.75
    rows = [row("a", confidence=0.9), row("b", confidence=0.3), row("c", answerable=False, confidence=0.2)]
    assert refusal_curve(rows) == [(0.0, 0.0), (0.0, 1.0), (0.5, 1.0), (1.0, 1.0)]


def test_bootstrap_holds_the_mean_and_is_repeatable() -> None:
    rows = [row(str(i), contained=i % 4 != 0) for i in range(200)]
    low, high = bootstrap(rows, lambda some: sum(r["contained"] for r in some) / len(some))
    assert low < 0.75 < high and high - low < 0.15
    assert (low, high) == bootstrap(rows, lambda some: sum(r["contained"] for r in some) / len(some))


@pytest.mark.parametrize(
    ("text", "answer", "expected"),
    [
        ("空置率為15%", "5%", False),
        ("The rate was 28.9 per cent.", "28.9%", True),
        ("佔百分之28.9", "28.9%", True),
        ("共有1.1萬家", "11,000家", True),
        ("the start", "art", False),
        ("粤港澳", "粵港澳", True),
    ],
)
def test_an_answer_is_held_whole(text: str, answer: str, expected: bool) -> None:
    assert holds(text, answer) is expected


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ('{"id": "a"', "line 1"),
        ('{"id": "a", "question": "x", "language": "en", "answerable": false}\n\n[1]', "line 3"),
        ('{"id": "a", "question": "x", "language": "en", "answerable": true, "answers": [], "evidence": []}', "line 1"),
        (
            '{"id": "a", "question": "x", "language": "en", "answerable": false}\n{"id": "a", "question": "y", "language": "en", "answerable": false}',
            "line 2",
        ),
        ('{"id": "a", "question": "x", "language": "fr", "answerable": false}', "fr"),
        ("", "empty"),
    ],
)
def test_malformed_gold_is_told_with_its_line(lines: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(lines, encoding="utf-8")
    with pytest.raises(EvaluationError, match=told) as error:
        run(gold=path, corpus=write(tmp_path / "corpus.jsonl", CORPUS), embedder="none")
    assert "bad.jsonl" in str(error.value)


def test_unknown_document_mode_and_result_are_told(tmp_path: Path) -> None:
    corpus = write(tmp_path / "corpus.jsonl", CORPUS)
    strange = [{**GOLD[0], "evidence": [{"document": "nowhere"}]}]
    with pytest.raises(EvaluationError, match="nowhere"):
        run(gold=write(tmp_path / "gold.jsonl", strange), corpus=corpus, embedder="none")
    with pytest.raises(UsageError, match="magic"):
        run(gold=write(tmp_path / "gold.jsonl", GOLD), corpus=corpus, mode="magic", embedder="none")
    with pytest.raises(EvaluationError, match="no such result"):
        compare("never", "ever")


def test_two_runs_side_by_side(tmp_path: Path) -> None:
    for name, right in (("left", False), ("right", True)):
        data = Report({}, (row("a", contained=right, answer="28.9%"), row("b", contained=True))).to_json()
        (tmp_path / f"{name}.json").write_text(json.dumps(data), encoding="utf-8")
    told = compare(str(tmp_path / "left.json"), str(tmp_path / "right.json"))
    assert "1 questions gained, 0 lost" in told and "gained a" in told


def test_an_index_can_be_asked_too(small_folder: Path, tmp_path: Path, embedder: HashEmbedder) -> None:
    qa = QA.build([small_folder], tmp_path / "index", embedder=embedder)
    gold = [
        {
            "id": "x",
            "question": "渡輪每日載客幾多？",
            "language": "zh-Hant",
            "answerable": True,
            "answers": ["52,300"],
            "evidence": [{"document": "harbour.zh-Hant.md", "quote": "52,300人次"}],
        }
    ]
    found = run(gold=write(tmp_path / "gold.jsonl", gold), qa=qa).measures()
    assert found["recall@5"] == 1.0 and found["contained"] == 1.0

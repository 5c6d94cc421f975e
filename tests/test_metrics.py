"""Each measure against numbers worked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gba_qa.metrics import Report, auroc, bootstrap, refusal_curve, refused_at
from tests.rows import row


def test_ranking_measures() -> None:
    found = Report({}, (row("a", rank=1), row("b", rank=3), row("c", rank=0), row("d", rank=12))).measures()
    assert found["recall@1"] == 0.25 and found["recall@3"] == found["recall@5"] == found["recall@10"] == 0.5
    assert found["mrr@10"] == pytest.approx((1 + 1 / 3) / 4)
    assert found["ndcg@10"] == pytest.approx((1 + 0.5) / 4)  # 1/log2(1+1), 1/log2(3+1)


def test_a_question_that_returns_nothing_counts_as_nought() -> None:
    found = Report({}, (row("a", rank=1), row("b", rank=0))).measures()
    assert found["recall@10"] == found["ndcg@10"] == found["mrr@10"] == 0.5
    assert Report({}, (row("b", rank=0),)).measures()["recall@10"] == 0.0


def test_answers_count_answerable_questions_alone() -> None:
    rows = (
        row("a", contained=True, right_sentence=True),
        row("b", refused=True),
        row("c", answerable=False, refused=True),
        row("d", answerable=False),
    )
    found = Report({}, rows).measures()
    assert found["contained"] == found["right_sentence"] == found["wrongly_refused"] == 0.5 and found["refused"] == 0.5


def test_citations_are_counted_over_the_whole_run() -> None:
    rows = (
        row("a", statements=3, supported=3, figures_held=2, citations=2, cited=4, precise=2, exact=2),
        row("b", statements=1, supported=0, citations=1, cited=1, exact=1),
        row("c"),
    )
    found = Report({}, rows).measures()
    assert found["citation_recall"] == 0.75 and found["citation_precision"] == 0.4
    assert found["quote_exactness"] == 1.0 and found["figures_held"] == 0.5


def test_runs_kept_before_citations_were_counted_by_sentence_have_no_precision() -> None:
    old = {name: value for name, value in row("a", citations=2, precise=2, exact=2).items() if name != "cited"}
    found = Report({}, (old,)).measures()
    assert "citation_precision" not in found and found["quote_exactness"] == 1.0


def test_what_has_nothing_to_count_is_left_out() -> None:
    found = Report({}, (row("a", answerable=False, refused=True),)).measures()
    assert found == {"refused": 1.0}


def test_auroc_counts_pairs_and_halves_ties() -> None:
    assert auroc([0.9, 0.4], [0.5, 0.1]) == 0.75
    assert auroc([0.5], [0.5]) == 0.5


def test_the_curve_of_refusal() -> None:
    rows = [row("a", confidence=0.9), row("b", confidence=0.3), row("c", answerable=False, confidence=0.2)]
    assert refusal_curve(rows) == [(0.0, 0.0), (0.0, 1.0), (0.5, 1.0), (1.0, 1.0)]
    assert refusal_curve(rows[:2]) == []
    curve = [(0.0, 0.0), (0.05, 0.6), (0.09, 0.9), (1.0, 1.0)]
    assert [refused_at(curve, share) for share in (0.04, 0.05, 0.08, 0.1)] == [0.0, 0.6, 0.6, 0.9]


def test_bootstrap_holds_the_mean_and_is_repeatable() -> None:
    part = [float(i % 4 != 0) for i in range(200)]
    low, high = bootstrap(part, [1.0] * 200)
    # The binomial's own interval: 0.75 ± 1.96 · sqrt(0.75 · 0.25 / 200) = 0.69 to 0.81
    assert (low, high) == (pytest.approx(0.69, abs=0.015), pytest.approx(0.81, abs=0.015))
    assert (low, high) == bootstrap(part, [1.0] * 200)


def test_bootstrap_of_a_ratio_weighs_long_answers_more() -> None:
    assert bootstrap([3.0, 0.0], [3.0, 1.0]) == (0.0, 1.0)
    low, high = bootstrap([3.0, 1.0] * 50, [4.0, 2.0] * 50)
    assert low < 4 / 6 < high


def test_every_measure_has_an_interval_that_holds_it() -> None:
    rows = [
        row(str(i), rank=i % 3, contained=i % 4 > 0, confidence=0.3 + i / 100, statements=1, supported=1, citations=1, cited=1)
        for i in range(60)
    ] + [row(f"u{i}", answerable=False, refused=i % 2 > 0, confidence=i / 50) for i in range(20)]  # fmt: skip
    report = Report({}, tuple(rows))
    found, ends = report.measures(), report.intervals()
    assert set(found) == set(ends) == set(report.to_json()["intervals"]["all"])
    assert all(low <= found[name] <= high for name, (low, high) in ends.items())
    assert {name for name in ends if name.startswith("refused_at")} == {"refused_at_0.05", "refused_at_0.08"}
    assert report.intervals() == ends


def test_the_interval_of_auroc_is_that_of_its_resamples() -> None:
    rows = [row(str(i), confidence=c) for i, c in enumerate((0.9, 0.7, 0.7, 0.4, 0.95, 0.3))]
    rows += [row(f"u{i}", answerable=False, confidence=c) for i, c in enumerate((0.1, 0.5, 0.7, 0.2))]
    rng = np.random.default_rng(0)
    areas, points = [], []
    for chosen in rng.integers(0, len(rows), size=(1000, len(rows))):  # worked the long way, question by question
        drawn = [rows[i] for i in chosen]
        positive = [r["confidence"] for r in drawn if r["answerable"]]
        negative = [r["confidence"] for r in drawn if not r["answerable"]]
        if positive and negative:
            areas.append(auroc(positive, negative))
            points.append(refused_at(refusal_curve(drawn), 0.05))
    ends = Report({}, tuple(rows)).intervals()
    assert ends["auroc"] == pytest.approx(np.percentile(areas, [2.5, 97.5]))
    assert ends["refused_at_0.05"] == pytest.approx(np.percentile(points, [2.5, 97.5]))
    assert ends["auroc"][0] < 0.75 < ends["auroc"][1]


def test_the_interval_of_auroc_is_as_wide_as_theory_says() -> None:
    rng = np.random.default_rng(7)
    rows = [row(str(i), confidence=float(c)) for i, c in enumerate(rng.normal(1.5, 1, 200))]
    rows += [row(f"u{i}", answerable=False, confidence=float(c)) for i, c in enumerate(rng.normal(0, 1, 100))]
    report = Report({}, tuple(rows))
    area = report.measures()["auroc"]
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)  # Hanley & McNeil (Radiology, 1982)
    error = math.sqrt((area * (1 - area) + 199 * (q1 - area**2) + 99 * (q2 - area**2)) / (200 * 100))
    low, high = report.intervals()["auroc"]
    assert (low, high) == (pytest.approx(area - 1.96 * error, abs=0.01), pytest.approx(area + 1.96 * error, abs=0.01))


def test_groups_by_language_pair_script_kind_and_split() -> None:
    rows = (
        row("a", kind="why", split="dev"),
        row("b", language="zh-Hans", pair="zh-Hans → zh-Hant", scripts="繁 and 简", kind="table", split="test"),
        row(
            "c",
            language="zh-Hant",
            pair="zh-Hant → -",
            scripts="",
            answerable=False,
            kind="unanswerable-near",
            split="test",
        ),
    )
    groups = {name: [r["id"] for r in chosen] for name, chosen in Report({}, rows).groups().items()}
    assert groups == {
        "all": ["a", "b", "c"],
        "language: en": ["a"], "language: zh-Hans": ["b"], "language: zh-Hant": ["c"],
        "pair: en → en": ["a"], "pair: zh-Hans → zh-Hant": ["b"],
        "scripts: same": ["a"], "scripts: 繁 and 简": ["b"],
        "kind: why": ["a"], "kind: table": ["b"], "kind: unanswerable-near": ["c"],
        "split: dev": ["a"], "split: test": ["b", "c"],
    }  # fmt: skip


def test_the_table_aligns_and_tells_intervals_and_time() -> None:
    table = Report(
        {"mode": "hybrid", "corpus": ""}, (row("a", rank=1, contained=True), row("b", answerable=False, confidence=0.1))
    ).table()
    lines = table.splitlines()
    assert lines[0] == "mode hybrid" and lines[2].split()[:3] == ["n", "recall@1", "recall@5"]
    assert lines[3].split() == [
        "all",
        "2",
        "1.000",
        "1.000",
        "1.000",
        "1.000",
        "1.000",
        "0.000",
        "0.000",
        "0.000",
        "1.000",
    ]
    assert "95 % intervals, language: en: recall@5 1.000-1.000" in table and "median 0.100" in table
    assert "refused: 1.000 at 5% of the answerable" in table

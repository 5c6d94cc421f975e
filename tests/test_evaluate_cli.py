"""`gba-qa eval` as people use it: one table or JSON on stdout, runs kept and compared, over a small set of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from gba_qa.cli import app
from tests.small_set import CORPUS, GOLD, write


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with its own eval/, a gold set and a corpus."""
    (tmp_path / "eval").mkdir()
    write(tmp_path / "eval" / "gold.jsonl", GOLD)
    write(tmp_path / "corpus.jsonl", CORPUS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.setenv("GBA_QA_EMBEDDER", "none")
    return tmp_path


def evaluated(*arguments: str, code: int = 0) -> Result:
    done = CliRunner().invoke(app, ["eval", "--corpus", "corpus.jsonl", *arguments])
    assert done.exit_code == code, done.output
    return done


def test_the_table(place: Path) -> None:
    text = evaluated().stdout
    assert "gold gold.jsonl" in text and "corpus corpus.jsonl" in text and "quote exactness 1.000" in text
    assert not (place / "eval" / "results").exists()


def test_json_has_every_measure_of_every_group_with_its_interval_and_a_row_a_question(place: Path) -> None:
    report: dict[str, Any] = json.loads(evaluated("--json").stdout)
    assert {"about", "measures", "intervals", "refusal_curve", "seconds", "rows"} <= set(report)
    assert [row["id"] for row in report["rows"]] == ["a", "b", "c"]
    assert report["measures"]["all"]["recall@1"] == report["measures"]["all"]["contained"] == 1.0
    for group, measures in report["measures"].items():
        assert set(report["intervals"][group]) == set(measures), group
    assert report["about"]["answerable share"] == 0.95


@pytest.mark.parametrize("mode", ["bm25", "hybrid"])
def test_a_mode_is_asked_and_named(mode: str, place: Path) -> None:
    assert json.loads(evaluated("--json", "--mode", mode).stdout)["about"]["mode"] == mode


def test_dense_without_an_embedder_and_a_mode_that_there_is_not(place: Path) -> None:
    assert "needs an embedder" in evaluated("--mode", "dense", code=1).stderr
    assert "magic" in evaluated("--mode", "magic", code=2).stderr


def test_a_run_over_another_corpus_is_kept_beside_and_compared(place: Path) -> None:
    done = evaluated("--save")
    assert "eval/README.md is left as it is" in done.stderr and not (place / "eval" / "README.md").exists()
    (first,) = (place / "eval" / "results").glob("*.json")
    assert f"saved eval/results/{first.name}" in done.stderr and first.name.startswith("uncommitted-corpus_")
    kept = json.loads(first.read_text(encoding="utf-8"))
    assert all("answer" not in row and len(row["asked"]) == 12 for row in kept["rows"])

    write(place / "corpus.jsonl", CORPUS[1:])  # the ferry is gone, and with it what question a asks
    evaluated("--gold", str(write(place / "fewer.jsonl", GOLD[1:])), "--save", "--json")
    (second,) = set((place / "eval" / "results").glob("*.json")) - {first}
    compared = json.loads(evaluated("--compare", first.stem, second.stem, "--json").stdout)
    assert compared["runs"] == [first.stem, second.stem]
    assert (compared["shared"], compared["only"]) == (2, [1, 0])
    assert compared["about"]["gold"] == ["gold.jsonl", "fewer.jsonl"] and compared["about"]["documents"] == [2, 1]
    table = evaluated("--compare", str(first), str(second)).stdout
    assert f"2 questions shared, 1 only in {first.stem}, 0 only in {second.stem}" in table
    assert "they differ in documents: 2 | 1" in table and "recall@5" in table


def test_another_share_of_answers_does_not_take_the_place_of_the_first(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluated("--save")
    monkeypatch.setenv("GBA_QA_ANSWERABLE_SHARE", "0.999")
    evaluated("--save")
    names = sorted(file.stem for file in (place / "eval" / "results").glob("*.json"))
    assert len(names) == 2 and names[1].endswith("-share_0.999")


def test_compare_tells_what_is_not_there(place: Path) -> None:
    assert "no such result; saved there are: none" in evaluated("--compare", "a", "b", code=1).stderr

"""Runs kept, drawn into the README and set side by side."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from gba_qa import results
from gba_qa.errors import EvaluationError
from gba_qa.goldset import fingerprint
from gba_qa.metrics import Report
from gba_qa.results import compare, home, redraw, save, sign_test
from tests.rows import row

ABOUT = {
    "gold": "gold.jsonl",
    "gold fingerprint": hashlib.sha256(b"{}\n").hexdigest()[:16],
    "corpus": "",
    "index": "",
    "knowledge": "shipped",
    "mode": "hybrid",
    "split": "all",
    "embedder": "bundled",
    "answerer": "extractive",
    "answerable share": 0.95,
    "documents": 2,
    "chunks": 3,
}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "eval").mkdir()
    (tmp_path / "eval" / "gold.jsonl").write_text("{}\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "eval"


def a_report(**about: Any) -> Report:
    rows = (
        row("a", rank=1, contained=True, split="test", kind="why", answer="28.9%", confidence=0.9),
        row("b", rank=0, split="dev", kind="why", confidence=0.8),
        row("c", answerable=False, refused=True, split="test", pair="en → -", kind="unanswerable-near", confidence=0.2),
    )
    return Report({**ABOUT, **about}, rows)


def test_a_saved_run_can_be_read_back_and_draws_table_and_plot(place: Path) -> None:
    path = save(a_report())
    assert path.parent == Path("eval/results") and path.stem == "uncommitted"
    saved = json.loads(path.read_text(encoding="utf-8"))
    assert [r["id"] for r in saved["rows"]] == ["a", "b", "c"] and saved["measures"]["all"]["recall@1"] == 0.5
    readme = (place / "README.md").read_text(encoding="utf-8")
    assert "| test, all | 2 | 1.000 |" in readme and "| dev, all | 1 | 0.000 |" in readme
    plot = (place / "refusal.svg").read_text(encoding="utf-8")
    assert plot.startswith("<svg") and "as shipped: 1.00 at 0.00" in plot


def test_drawing_again_changes_nothing_else(place: Path) -> None:
    (place / "README.md").write_text(
        "# Mine\n\nbefore\n\n<!-- results: drawn by `x` -->\nold\n<!-- end of results -->\n\nafter\n", encoding="utf-8"
    )
    save(a_report())
    once = (place / "README.md").read_text(encoding="utf-8")
    save(a_report())
    assert once == (place / "README.md").read_text(encoding="utf-8")
    assert once.startswith("# Mine\n\nbefore\n\n<!-- results: drawn by `gba-qa eval --save` -->\n| | n |")
    assert once.endswith("<!-- end of results -->\n\nafter\n") and "old" not in once


@pytest.mark.parametrize(
    ("about", "name"),
    [
        ({"mode": "bm25", "embedder": "none"}, "bm25-none"),
        ({"split": "test"}, "test"),
        ({"gold": "mine.jsonl", "gold fingerprint": "0123456789abcdef"}, "mine_01234567"),
        ({"gold fingerprint": "0123456789abcdef"}, "gold_01234567"),  # another file of the same name
        ({"corpus": "outside.jsonl", "knowledge": "fedcba9876543210"}, "outside_fedcba98"),
        ({"index": "mine", "knowledge": "fedcba9876543210"}, "mine_fedcba98"),
        ({"knowledge": "fedcba9876543210"}, "documents_fedcba98"),
        ({"index": "mine"}, "mine"),
        ({"answerer": "llm:gemma3:4.5"}, "llm_gemma3_4.5"),
        ({"answerable share": 1.0}, "share_1.0"),
    ],
)
def test_other_runs_have_their_own_file_and_leave_the_readme(about: dict[str, Any], name: str, place: Path) -> None:
    told: list[str] = []
    assert save(a_report(**about), tell=told.append).name == f"uncommitted-{name}.json"
    assert not (place / "README.md").exists() and not (place / "refusal.svg").exists()
    assert len(told) == 1 and "README.md is left as it is" in told[0]


@pytest.mark.parametrize(
    "about",
    [
        {"corpus": "outside.jsonl", "knowledge": "fedcba9876543210"},
        {"index": "mine", "knowledge": "fedcba9876543210"},
        {"knowledge": "fedcba9876543210"},
    ],
)
def test_text_of_outside_documents_is_not_kept(about: dict[str, Any], place: Path) -> None:
    saved = json.loads(save(a_report(**about)).read_text(encoding="utf-8"))
    assert len(saved["rows"]) == 3 and all("answer" not in r for r in saved["rows"])
    shipped = json.loads(save(a_report()).read_text(encoding="utf-8"))
    assert shipped["rows"][0]["answer"] == "28.9%"


def git(*arguments: str) -> str:
    command = ["git", "-c", "user.name=N", "-c", "user.email=n@example.org", "-c", "commit.gpgsign=false", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def repository(place: Path) -> str:
    """A repository with one commit; its short name."""
    (place.parent / "gba_qa").mkdir()
    (place.parent / "gba_qa" / "code.py").write_text("one = 1\n")
    (place / "README.md").write_text("# Mine\n")
    git("init", "-q")
    git("add", "-A")
    git("commit", "-qm", "One")
    return git("rev-parse", "--short=10", "HEAD")


def test_a_kept_run_bears_the_name_of_its_commit(place: Path, repository: str) -> None:
    assert save(a_report()).stem == repository
    assert "| test, all | 2 |" in (place / "README.md").read_text()
    (place.parent / "notes.txt").write_text("mine")  # not of the package
    assert save(a_report()).stem == repository  # what the first run wrote is no change


@pytest.mark.parametrize(
    "changed", ["gba_qa/code.py", "gba_qa/knowledge/岭南.md", "eval/gold.jsonl"], ids=["known", "new", "gold"]
)
def test_what_is_not_committed_never_takes_the_place_of_the_commit(changed: str, place: Path, repository: str) -> None:
    kept = save(a_report()).read_text(encoding="utf-8")
    readme = (place / "README.md").read_text()
    file = place.parent / changed
    file.parent.mkdir(exist_ok=True)
    file.write_text('{"a": 1}\n')
    told: list[str] = []
    report = a_report(**{"gold fingerprint": fingerprint(place / "gold.jsonl")})
    report = Report(report.about, report.rows[:1])
    assert save(report, tell=told.append).stem == f"{repository}-dirty"
    assert told == [
        f"eval/README.md is left as it is, since {changed} changed since {repository}; commit, then save again"
    ]
    assert Path(f"eval/results/{repository}.json").read_text(encoding="utf-8") == kept
    assert (place / "README.md").read_text() == readme
    git("add", "-A")
    git("commit", "-qm", "Two")
    after = save(report).stem
    assert after == git("rev-parse", "--short=10", "HEAD") != repository
    assert (place / "README.md").read_text() != readme


def test_what_was_deleted_or_staged_counts_and_dirty_stands_before_what_is_unusual(
    place: Path, repository: str
) -> None:
    (place.parent / "gba_qa" / "code.py").unlink()
    assert save(a_report(mode="bm25")).stem == f"{repository}-dirty-bm25"
    git("checkout", "-q", ".")
    assert save(a_report()).stem == repository
    (place.parent / "gba_qa" / "code.py").write_text("two = 2\n")
    git("add", "gba_qa")
    assert save(a_report()).stem == f"{repository}-dirty"


def test_a_part_is_put_where_its_marks_are_or_at_the_end(place: Path) -> None:
    redraw("one", "make one", "1")
    redraw("two", "make two", "2")
    redraw("one", "make one", "3 \\1")
    text = (place / "README.md").read_text(encoding="utf-8")
    assert (
        text
        == "# Evaluation\n\n<!-- one: drawn by `make one` -->\n3 \\1\n<!-- end of one -->\n\n<!-- two: drawn by `make two` -->\n2\n<!-- end of two -->\n"
    )


def test_two_runs_side_by_side(tmp_path: Path) -> None:
    before = (row("a"), row("b", contained=True, rank=1, answer="two"), row("c", answerable=False), row("only before"))
    after = (
        row("a", contained=True, rank=5, answer="28.9%"),
        row("b", rank=6),
        row("c", answerable=False, refused=True),
    )
    for name, rows in (("left", before), ("right", after)):
        (tmp_path / f"{name}.json").write_text(json.dumps(Report({}, rows).to_json()), encoding="utf-8")
    compared = compare(str(tmp_path / "left.json"), str(tmp_path / "right.json"))
    assert compared.names == ("left", "right")
    assert compared.measures["recall@5"] == (0.5, 0.5) and compared.measures["refused"] == (0.0, 1.0)
    gained, lost = compared.changed["answered or refused rightly"]
    assert (gained, lost) == ({"a": "28.9%", "c": ""}, {"b": ""})
    assert "found in the first 5: 1 questions gained, 1 lost (paired sign test, p = 1.000)" in compared.table()
    assert compared.to_json()["changed"]["answered or refused rightly"]["p"] == 1.0
    assert compared.table().startswith("3 questions shared, 1 only in left, 0 only in right\n\n")
    assert (compared.to_json()["shared"], compared.to_json()["only"]) == (3, [1, 0])


def kept(path: Path, about: dict[str, Any], *rows: dict[str, Any]) -> str:
    path.write_text(json.dumps(Report(about, rows).to_json()), encoding="utf-8")
    return str(path)


def test_what_two_runs_differ_in_is_told(tmp_path: Path) -> None:
    before = {"gold": "gold.jsonl", "mode": "hybrid", "corpus": "", "chunks": 5}
    after = {"gold": "gold.jsonl", "mode": "bm25", "corpus": "c.jsonl", "chunks": 5, "index": "new"}
    compared = compare(kept(tmp_path / "a.json", before, row("x")), kept(tmp_path / "b.json", after, row("x")))
    # what only one of them tells of itself is no difference: older runs told less
    assert compared.about == {"mode": ("hybrid", "bm25"), "corpus": ("", "c.jsonl")}
    assert (
        "they differ in mode: hybrid | bm25\nthey differ in corpus: none | c.jsonl\n" in compared.table()
        and "chunks" not in compared.table()
    )
    assert compared.to_json()["about"]["mode"] == ["hybrid", "bm25"]


def test_a_question_that_was_reworded_is_left_out_and_told(tmp_path: Path) -> None:
    before = kept(tmp_path / "a.json", {}, row("x", asked="1"), row("y", asked="2"), row("old", rank=1))
    after = kept(
        tmp_path / "b.json", {}, row("x", asked="1"), row("y", asked="3", contained=True, rank=1), row("old", asked="4")
    )
    compared = compare(before, after)
    assert compared.reworded == ("y",) and compared.shared == 2
    assert compared.measures["contained"] == (0.0, 0.0) and compared.measures["recall@1"] == (0.5, 0.0)
    assert all("y" not in gained for gained, _ in compared.changed.values())
    assert "1 left out, asked or judged otherwise in b: y\n" in compared.table()
    alone = kept(tmp_path / "c.json", {}, row("y", asked="3"))
    with pytest.raises(EvaluationError, match="no question in common: 1 have the same id"):
        compare(kept(tmp_path / "d.json", {}, row("y", asked="2")), alone)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('{"rows": [{}]}', "row 1 has no 'id'"),
        ('{"rows": [1]}', "row 1 is not an object"),
        (json.dumps({"rows": [row("a"), {**row("b"), "rank": "first"}]}), "row 2 has no 'rank', or a strange one"),
        (json.dumps({"rows": [{**row("a"), "refused": None}]}), "row 1 has no 'refused'"),
        (json.dumps({"about": [], "rows": [row("a")]}), "'about' is not an object"),
        ("[" * 100_000, "not a saved result"),
        ("\ufffd", "not a saved result"),
    ],
)
def test_odd_files_are_told_in_a_line(content: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "odd.json").write_text(content, encoding="utf-8")
    good = kept(tmp_path / "good.json", {}, row("a"))
    for names in ((str(tmp_path / "odd.json"), good), (good, str(tmp_path / "odd.json"))):
        with pytest.raises(EvaluationError, match=told) as error:
            compare(*names)
        assert "odd.json" in str(error.value) and "\n" not in str(error.value)


def test_runs_kept_earlier_can_still_be_compared() -> None:
    kept_here = sorted((Path(__file__).resolve().parents[1] / "eval" / "results").glob("*.json"))
    compared = compare(str(kept_here[0]), str(kept_here[-1]))
    assert compared.shared > 100


@pytest.mark.parametrize(("gained", "lost", "p"), [(0, 0, 1.0), (1, 0, 1.0), (6, 0, 2 / 64), (5, 1, 14 / 64)])
def test_sign_test(gained: int, lost: int, p: float) -> None:
    assert sign_test(gained, lost) == pytest.approx(p)


def test_missing_and_strange_results_are_told(place: Path) -> None:
    save(a_report())
    with pytest.raises(EvaluationError, match=r"never.*uncommitted"):
        compare("never", "ever")
    for content in ("not json", "[]", '{"rows": 1}'):
        (place / "strange.json").write_text(content)
        with pytest.raises(EvaluationError, match="not a saved result"):
            compare("eval/strange.json", "uncommitted")
    other = Report({}, (row("z"),)).to_json()
    (place / "other.json").write_text(json.dumps(other), encoding="utf-8")
    with pytest.raises(EvaluationError, match="no question in common"):
        compare("eval/other.json", "uncommitted")


def test_outside_the_repository_the_option_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert (home() / "gold.jsonl").is_file()  # the source tree's own
    monkeypatch.setattr(results, "__file__", str(tmp_path / "site-packages" / "gba_qa" / "results.py"))
    with pytest.raises(EvaluationError, match="--gold"):
        home()

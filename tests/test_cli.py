"""The command line as programs and people use it: JSON on stdout, one-line errors, exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gba_qa.cli import app

ROOT = Path(__file__).resolve().parents[1]


def run(*arguments: str, code: int = 0, cwd: Path = ROOT) -> str:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "GBA_QA_EMBEDDER": "none", "PYTHONUTF8": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "gba_qa", *arguments],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=environment,
        encoding="utf-8",
    )
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout if code == 0 else done.stderr


@pytest.fixture
def index(small_folder: Path, tmp_path: Path) -> str:
    place = str(tmp_path / "index")
    assert "3 read" in run("index", str(small_folder), "--index", place)
    return place


def test_help_names_every_verb_and_is_quick() -> None:
    started = time.perf_counter()
    text = run("--help")
    assert time.perf_counter() - started < 2.0  # 0.3 s on an idle core; a loaded one is slower
    for verb in ("index", "remove", "ask", "search", "info", "eval", "serve", "doctor"):
        assert verb in text


def test_ask_json_is_the_contract(index: str) -> None:
    answer: dict[str, Any] = json.loads(run("ask", "渡輪每日載客幾多？", "--index", index, "--json"))
    assert {
        "question",
        "language",
        "answer",
        "abstained",
        "statements",
        "citations",
        "hits",
        "seconds",
    } <= answer.keys()
    assert answer["language"] == "zh-Hant" and not answer["abstained"] and "52,300" in answer["answer"]
    assert set(answer["statements"][0]) == {"text", "citations"}
    assert {"number", "title", "source", "page", "start", "end", "quote"} <= answer["citations"][0].keys()
    assert {"rank", "score", "doc_id", "source", "page", "text"} <= answer["hits"][0].keys()


def test_search_json_is_a_list_of_hits(index: str) -> None:
    hits = json.loads(run("search", "荔枝产量", "-k", "2", "--mode", "bm25", "--index", index, "--json"))
    assert [h["rank"] for h in hits] == list(range(1, len(hits) + 1)) and "荔枝" in hits[0]["text"]
    assert Path(hits[0]["source"]).name == "orchard.zh-Hans.md"


def test_refusal_is_an_answer_not_an_error(index: str) -> None:
    answer = json.loads(run("ask", "港珠澳大橋全長多少公里？", "--index", index, "--json"))
    assert answer["abstained"] is True and answer["citations"] == []


def test_remove_and_info(index: str) -> None:
    assert "library.en.md" in run("remove", "library.en.md", "--index", index)
    info = json.loads(run("info", "--index", index, "--json"))
    assert info["documents"] == 2 and info["health"] == "ok" and info["embedder"] == "none"
    found = json.loads(run("search", "library visitors", "--index", index, "--json", "--mode", "bm25"))
    assert not [hit["source"] for hit in found if "library" in hit["source"]]


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("ask", "x", "--index", "no-such-index"), 1, "gba-qa index"),
        (("index", "no-such-folder", "--index", "unused"), 1, "no-such-folder"),
        (("search", "x", "--mode", "magic"), 2, "magic"),
        (("remove", "--index", "x"), 2, "Missing argument"),
        (("nothing",), 2, "nothing"),
        (("eval", "--gold", "no-such-gold.jsonl"), 1, "no-such-gold.jsonl"),
    ],
)
def test_errors_are_one_line_with_the_values(arguments: tuple[str, ...], code: int, told: str, tmp_path: Path) -> None:
    message = run(*arguments, code=code, cwd=tmp_path)
    assert told in message
    if code == 1:
        assert len(message.strip().splitlines()) == 1 and message.startswith("gba-qa: ")


def test_broken_file_is_named_and_the_rest_indexed(small_folder: Path, tmp_path: Path) -> None:
    (small_folder / "broken.pdf").write_bytes(b"%PDF-1.4 nothing")
    (small_folder / "empty.txt").write_bytes(b"")
    place = str(tmp_path / "index")
    report = json.loads(run("index", str(small_folder), "--index", place, "--json"))
    failed = {Path(f["source"]).name for f in report["files"] if f["status"] == "failed"}
    assert failed == {"broken.pdf", "empty.txt"} and report["documents"] == 3
    assert "left out" not in run("index", str(small_folder), "--index", place, "--report")
    (small_folder / "photo.JPG").write_bytes(b"a picture")
    told = run("index", str(small_folder), "--index", place, "--report")
    assert told.count("broken.pdf") == 1 and f"left out  {small_folder / 'photo.JPG'}: no reader for .JPG" in told
    told = CliRunner().invoke(app, ["index", str(small_folder), "--index", place, "--embedder", "none"]).stderr
    assert "note: 1 files left out, of kinds that are not read: .jpg" in told


def test_what_is_taken_out_because_its_file_is_gone_is_named(index: str, small_folder: Path) -> None:
    gone = small_folder / "library.en.md"
    gone.unlink()
    done = CliRunner().invoke(app, ["index", "--rebuild", "--index", index, "--embedder", "none"])
    assert done.exit_code == 0 and done.stdout.startswith("2 read, 1 removed; the index holds 2 documents")
    assert f"removed: {gone}: the file is gone\n" in done.stderr


def test_a_run_in_which_every_file_failed_fails(tmp_path: Path) -> None:
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.4 nothing")
    for form in ([], ["--report"], ["--json"]):
        arguments = ["index", str(tmp_path / "broken.pdf"), "--index", str(tmp_path / "index"), "--embedder", "none"]
        done = CliRunner().invoke(app, [*arguments, *form])
        assert done.exit_code == 1 and "broken.pdf" in done.output, form
    report = json.loads(done.stdout)
    assert report["summary"] == "1 failed" and report["documents"] == 0
    (tmp_path / "good.md").write_text("# Good\n\nThe toll is 150 dollars.\n", encoding="utf-8")
    done = CliRunner().invoke(
        app, ["index", str(tmp_path), "--index", str(tmp_path / "index"), "--embedder", "none", "--json"]
    )
    assert done.exit_code == 0 and json.loads(done.stdout)["summary"] == "1 read, 1 failed"


def test_readme_names_every_verb() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for verb in ("index", "remove", "ask", "search", "info", "eval", "serve", "doctor"):
        assert f"gba-qa {verb}" in readme, verb

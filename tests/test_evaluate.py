"""The evaluation: measures worked by hand, malformed files told by line, the same numbers twice."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from gba_qa import QA
from gba_qa.errors import EvaluationError, IndexNotFound, UsageError
from gba_qa.evaluate import run
from gba_qa.goldset import read_corpus
from gba_qa.metrics import Report
from gba_qa.qa import remove_documents
from gba_qa.types import Floats
from tests.conftest import HashEmbedder
from tests.small_set import CORPUS, GOLD, write


def report(tmp_path: Path) -> Report:
    return run(
        gold=write(tmp_path / "gold.jsonl", GOLD), corpus=write(tmp_path / "corpus.jsonl", CORPUS), embedder="none"
    )


def test_a_small_set_is_measured_rightly(tmp_path: Path) -> None:
    found = report(tmp_path).measures()
    assert found["recall@1"] == found["recall@5"] == found["ndcg@10"] == found["mrr@10"] == 1.0
    assert found["contained"] == found["right_document"] == found["right_sentence"] == 1.0
    assert found["wrongly_refused"] == 0.0 and found["refused"] == 1.0
    assert found["quote_exactness"] == found["citation_recall"] == found["figures_held"] == 1.0


def test_same_commit_same_numbers(tmp_path: Path) -> None:
    first, second = (report(tmp_path).to_json() for _ in range(2))
    for timed in (first, second):
        assert timed.pop("seconds")["median"] > 0
    assert first == second


def test_a_run_names_what_it_asked_by_content(tmp_path: Path, small_folder: Path) -> None:
    first = report(tmp_path).about
    assert (first["gold"], first["corpus"], first["index"], first["answerer"]) == (
        "gold.jsonl",
        "corpus.jsonl",
        "",
        "extractive",
    )
    (tmp_path / "gold.jsonl").write_bytes((tmp_path / "gold.jsonl").read_bytes().replace(b"\n", b"\r\n"))
    windows = run(gold=tmp_path / "gold.jsonl", corpus=tmp_path / "corpus.jsonl", embedder="none").about
    assert windows == first  # line ends are no other content
    fewer = write(tmp_path / "fewer.jsonl", GOLD[:2])
    other = write(
        tmp_path / "other.jsonl", [CORPUS[0], {**CORPUS[1], "text": CORPUS[1]["text"] + " It is open daily."}]
    )
    second = run(gold=fewer, corpus=other, embedder="none").about
    assert second["gold fingerprint"] != first["gold fingerprint"] and second["knowledge"] != first["knowledge"]
    QA.build([small_folder], tmp_path / "mine", embedder="none").close()
    asked = run(gold=write(tmp_path / "none.jsonl", GOLD[2:]), index=tmp_path / "mine", embedder="none").about
    assert asked["index"] == "mine" and asked["knowledge"] not in ("shipped", first["knowledge"])


def test_the_shipped_briefs_are_known_wherever_they_are_indexed(tmp_path: Path) -> None:
    gold = write(tmp_path / "one.jsonl", GOLD[2:])
    assert run(gold=gold, embedder="none").about["knowledge"] == "shipped"
    QA.build((), tmp_path / "index", embedder="none").close()
    assert run(gold=gold, index=tmp_path / "index", embedder="none").about["knowledge"] == "shipped"
    remove_documents(["qianhai-office-vacancy.en.md"], tmp_path / "index")
    assert run(gold=gold, index=tmp_path / "index", embedder="none").about["knowledge"] != "shipped"


def test_groups_and_table_name_languages_and_pairs(tmp_path: Path) -> None:
    table = report(tmp_path).table()
    for text in ("language: en", "language: zh-Hant", "en → en", "recall@5", "quote exactness 1.000"):
        assert text in table


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
        ('{"id": "a", "question": "x", "language": "en", "answerable": false}\n' + "[" * 100_000, "line 2: too deeply"),
        ('{"id": "a", "question": "\\ud83d?", "language": "en", "answerable": false}', r"line 1: \\ud83d is half"),
    ],
)
def test_malformed_gold_is_told_with_its_line(lines: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(lines, encoding="utf-8")
    with pytest.raises(EvaluationError, match=told) as error:
        run(gold=path, corpus=write(tmp_path / "corpus.jsonl", CORPUS), embedder="none")
    assert "bad.jsonl" in str(error.value)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"id": "p", "text": "Caf\\ud83d"}', r"line 2: \\ud83d is half a character"),
        ('{"id": "p", "text": ' + "[" * 100_000, "line 2: too deeply nested"),
        ('{"id": "ferry", "text": "x"}', "line 2: the id 'ferry' stands in line 1"),
    ],
)
def test_malformed_corpus_is_told_with_its_line(line: str, told: str, tmp_path: Path) -> None:
    path = write(tmp_path / "bad.jsonl", CORPUS[:1])
    path.write_text(path.read_text(encoding="utf-8") + line, encoding="utf-8")
    with pytest.raises(EvaluationError, match=told) as error:
        read_corpus(path)
    assert "bad.jsonl" in str(error.value)


def test_a_character_written_as_both_its_halves_is_whole(tmp_path: Path) -> None:
    (tmp_path / "c.jsonl").write_text('{"id": "p", "text": "\\ud83d\\ude00 and \\u6e2f"}')
    assert read_corpus(tmp_path / "c.jsonl")[0].text == "😀 and 港"


def test_unknown_document_mode_and_result_are_told(tmp_path: Path) -> None:
    corpus = write(tmp_path / "corpus.jsonl", CORPUS)
    strange = [{**GOLD[0], "evidence": [{"document": "nowhere"}]}]
    with pytest.raises(EvaluationError, match="nowhere"):
        run(gold=write(tmp_path / "gold.jsonl", strange), corpus=corpus, embedder="none")
    with pytest.raises(UsageError, match="magic"):
        run(gold=write(tmp_path / "gold.jsonl", GOLD), corpus=corpus, mode="magic", embedder="none")


FOLDER_GOLD = [
    {
        "id": "x",
        "question": "渡輪每日載客幾多？",
        "language": "zh-Hant",
        "answerable": True,
        "answers": ["52,300"],
        "evidence": [{"document": "harbour.zh-Hant.md", "quote": "52,300人次"}],
    },
    {
        "id": "y",
        "question": "How many people does the library employ?",
        "language": "en",
        "answerable": True,
        "answers": ["86 people"],
        "evidence": [{"document": "library.en.md", "quote": "employs 86 people"}],
    },
]


@pytest.mark.parametrize("mode", ["hybrid", "dense", "bm25"])
def test_an_index_can_be_asked_too(mode: str, small_folder: Path, tmp_path: Path, embedder: HashEmbedder) -> None:
    QA.build([small_folder], tmp_path / "index", embedder=embedder).close()
    gold = write(tmp_path / "gold.jsonl", FOLDER_GOLD)
    done: list[tuple[int, int, str]] = []
    report = run(
        gold=gold,
        index=tmp_path / "index",
        embedder=embedder,
        mode=mode,
        progress=lambda *step: done.append(step),
    )
    found = report.measures()
    assert found["recall@5"] == 1.0 and found["quote_exactness"] == 1.0
    assert (report.about["mode"], report.about["embedder"], report.about["documents"]) == (mode, "hash", 3)
    assert done == [(0, 2, "x"), (1, 2, "y"), (2, 2, "")]
    if mode == "hybrid":
        assert found["contained"] == found["right_sentence"] == 1.0


def test_a_mode_finds_by_its_own_means(tmp_path: Path) -> None:
    # One document has the question's words, the other its vector: each mode finds its own.
    class Opposite(HashEmbedder):
        def encode_query(self, texts: Sequence[str]) -> Floats:
            return super().encode_document(["Trees grow" for _ in texts])

    corpus = [
        {"id": "words", "text": "Ferry routes are many.", "language": "en"},
        {"id": "vector", "text": "Trees grow.", "language": "en"},
    ]
    gold = [{**GOLD[1], "question": "ferry routes", "answers": ["many"], "evidence": [{"document": "words"}]}]
    files = {"gold": write(tmp_path / "g.jsonl", gold), "corpus": write(tmp_path / "c.jsonl", corpus)}
    ranks = {mode: run(**files, mode=mode, embedder=Opposite()).rows[0]["rank"] for mode in ("bm25", "dense")}
    assert ranks == {"bm25": 1, "dense": 2}


def test_combinations_that_there_are_not_are_told(tmp_path: Path) -> None:
    files = {"gold": write(tmp_path / "gold.jsonl", GOLD), "corpus": write(tmp_path / "corpus.jsonl", CORPUS)}
    with pytest.raises(UsageError, match="needs an embedder"):
        run(**files, mode="dense", embedder="none")
    with pytest.raises(UsageError, match="--corpus and --index"):
        run(**files, index=tmp_path / "index", embedder="none")
    with pytest.raises(EvaluationError, match="no question is in the split 'dev'; the splits there are: none"):
        run(**files, split="dev", embedder="none")
    with pytest.raises(IndexNotFound, match="nowhere"):
        run(gold=files["gold"], index=tmp_path / "nowhere", embedder="none")


def test_a_split_is_asked_alone(tmp_path: Path) -> None:
    halves = [{**GOLD[0], "split": "dev"}, {**GOLD[1], "split": "test"}, GOLD[2]]
    files = {"gold": write(tmp_path / "gold.jsonl", halves), "corpus": write(tmp_path / "corpus.jsonl", CORPUS)}
    assert [r["id"] for r in run(**files, split="test", embedder="none").rows] == ["b"]


def test_a_qa_at_hand_can_be_asked(small_folder: Path, tmp_path: Path, embedder: HashEmbedder) -> None:
    qa = QA.build([small_folder], tmp_path / "index", embedder=embedder)
    found = run(gold=write(tmp_path / "gold.jsonl", FOLDER_GOLD), qa=qa).measures()
    assert found["recall@5"] == 1.0 and found["contained"] == 1.0

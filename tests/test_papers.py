"""The five papers themselves, where they are at hand: right passage, right answer, in Chinese and across from English."""

from __future__ import annotations

from pathlib import Path

import pytest

from gba_qa import QA
from gba_qa.evaluate import run
from gba_qa.metrics import Report
from tests.conftest import PAPERS

EVAL = Path(__file__).resolve().parents[1] / "eval"


def ask_all(folder: Path, index: Path, gold: str, embedder: str) -> Report:
    qa = QA.build([folder], index, embedder=embedder)
    assert qa.report is not None and qa.report.count("read") == 5
    return run(gold=EVAL / gold, qa=qa)


@pytest.fixture(scope="module")
def papers_folder() -> Path:
    if not PAPERS.is_dir():
        pytest.skip("the five papers are not at hand")
    return PAPERS


@pytest.fixture(scope="module")
def papers_qa(papers_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> QA:
    return QA.build([papers_folder], tmp_path_factory.mktemp("papers") / "index", embedder="bundled")


@pytest.fixture(scope="module")
def reports(papers_qa: QA) -> dict[str, Report]:
    return {
        language: run(gold=EVAL / gold, qa=papers_qa)
        for language, gold in (("zh", "papers.jsonl"), ("en", "papers.en.jsonl"))
    }


def of_kind(report: Report, *kinds: str) -> dict[str, float]:
    return report.measures([r for r in report.rows if r["kind"] in kinds])


FLOORS = [  # language, kinds, recall@5; 34 factual questions, 6 on tables, 20 freely worded
    ("zh", ("factual", "table"), 0.98),
    ("zh", ("free",), 0.85),
    ("en", ("factual", "table"), 0.95),
    ("en", ("free",), 0.85),
]


@pytest.mark.bundled
@pytest.mark.parametrize(("language", "kinds", "floor"), FLOORS, ids=[f"{f[0]}-{f[1][0]}" for f in FLOORS])
def test_the_right_passage_is_among_the_first_five(
    reports: dict[str, Report], language: str, kinds: tuple[str, ...], floor: float
) -> None:
    assert of_kind(reports[language], *kinds)["recall@5"] >= floor


@pytest.mark.bundled
@pytest.mark.parametrize(("language", "floor"), [("zh", 0.85), ("en", 0.80)])
def test_the_answer_holds_the_gold_one(reports: dict[str, Report], language: str, floor: float) -> None:
    found = reports[language].measures()
    assert found["contained"] >= floor and found["quote_exactness"] == found["figures_held"] == 1.0


def test_keyword_search_alone_finds_chinese_facts(papers_folder: Path, tmp_path: Path) -> None:
    report = ask_all(papers_folder, tmp_path / "index", "papers.jsonl", "none")
    assert of_kind(report, "factual")["recall@5"] >= 0.98
    assert of_kind(report, "free")["recall@5"] >= 0.80


@pytest.mark.bundled
@pytest.mark.parametrize("question", ["2023年第3季前海辦公樓的空置率是多少？", "2023年第3季前海办公楼的空置率是多少？"])
def test_the_vacancy_rate_in_both_scripts(papers_qa: QA, question: str) -> None:
    answer = papers_qa.ask(question)
    citation = answer.citations[0]
    assert "28.9%" in answer.text and "28.9%" in citation.quote
    assert Path(citation.source).name == "qianhai-plan-and-hong-kong.zh-Hant.txt"
    assert papers_qa.document(citation.doc_id).text[citation.start : citation.end] == citation.quote


@pytest.mark.bundled
@pytest.mark.parametrize(
    "question",
    ["港珠澳大橋全長多少公里？", "港珠澳大桥全长多少公里？", "How long is the Hong Kong-Zhuhai-Macao Bridge?"],
)
def test_what_the_papers_do_not_say(papers_qa: QA, question: str) -> None:
    answer = papers_qa.ask(question)
    assert answer.abstained and not answer.citations

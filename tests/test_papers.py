"""The five papers themselves, where they are at hand: right passage, right answer, in Chinese and across to English."""

from __future__ import annotations

from pathlib import Path

import pytest

from gba_qa import QA
from gba_qa.evaluate import run
from gba_qa.metrics import Report

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def papers_qa(tmp_path_factory: pytest.TempPathFactory) -> QA:
    folder = ROOT.parent / "shared" / "documents"
    if not folder.is_dir():
        pytest.skip("the five papers are not at hand")
    qa = QA.build([folder], tmp_path_factory.mktemp("papers") / "index")
    assert qa.report is not None and qa.report.count("read") == 5
    return qa


def measured(qa: QA, name: str, *kinds: str) -> dict[str, float]:
    report = run(gold=ROOT / "eval" / name, qa=qa)
    return Report({}, tuple(r for r in report.rows if not kinds or r["kind"] in kinds)).measures()


def test_chinese_questions(papers_qa: QA) -> None:
    assert measured(papers_qa, "papers.jsonl", "factual", "table")["recall@5"] >= 0.97
    assert measured(papers_qa, "papers.jsonl", "free")["recall@5"] >= 0.85
    assert measured(papers_qa, "papers.jsonl")["contained"] >= 0.80


@pytest.mark.parametrize("question", ["2023年第3季前海辦公樓的空置率是多少？", "2023年第3季前海办公楼的空置率是多少？"])
def test_the_vacancy_rate_in_both_scripts(papers_qa: QA, question: str) -> None:
    answer = papers_qa.ask(question)
    citation = answer.citations[0]
    assert "28.9%" in answer.text and "28.9%" in citation.quote
    assert Path(citation.source).name == "qianhai-plan-and-hong-kong.zh-Hant.txt"
    assert papers_qa.document(citation.doc_id).text[citation.start : citation.end] == citation.quote


def test_what_the_papers_do_not_say(papers_qa: QA) -> None:
    assert papers_qa.ask("港珠澳大橋全長多少公里？").abstained

"""The gold set: questions on the shipped briefs in three languages, and the sentence of the brief that answers each."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from gba_qa.sentences import split_sentences
from gba_qa.text import detect_language, fold

ROOT = Path(__file__).parents[1]
KNOWLEDGE = ROOT / "gba_qa" / "knowledge"
LANGUAGES = ("en", "zh-Hant", "zh-Hans")
# Kinds whose wording gives little away: slang, why and how, comparisons, cells of tables.
FREE_KINDS = {"free", "why", "how", "compare", "table"}
KINDS = FREE_KINDS | {"factual", "list", "yesno"}
UNANSWERABLE = {"unanswerable-near", "unanswerable-far"}
LONGEST_PAPER_QUOTE = 20  # characters: the papers are not ours, so their words are only pointed at


def read(name: str) -> list[dict[str, Any]]:
    lines = (ROOT / "eval" / name).read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


GOLD = read("gold.jsonl")
FOLLOW_UPS = read("followups.jsonl")
PAPERS, PAPERS_EN = read("papers.jsonl"), read("papers.en.jsonl")
ANSWERABLE = [line for line in GOLD if line["answerable"]]


def squeezed(text: str) -> str:
    """As answers are matched: script, width, case and white space are all one."""
    return re.sub(r"\s", "", fold(text))


@cache
def brief(name: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    text = (KNOWLEDGE / name).read_text("utf-8").split("---\n", 2)[2]
    return text, tuple((span.start, span.end) for span in split_sentences(text))


def sentences_with(quote: str, name: str) -> list[str]:
    """The sentences, list items and table rows in which the quote stands whole."""
    text, spans = brief(name)
    return [text[start:end] for start, end in spans if quote in text[start:end]]


def evidence_problems(line: dict[str, Any]) -> list[str]:
    problems = []
    for evidence in line["evidence"]:
        name, quote = evidence["document"], evidence["quote"]
        if not (KNOWLEDGE / name).is_file() or not name.endswith(f".{line['language']}.md"):
            problems.append(f"{line['id']}: {name} is no brief in {line['language']}")
        elif not (sentences := sentences_with(quote, name)):
            problems.append(f"{line['id']}: {quote!r} stands in no sentence of {name}")
        elif not any(squeezed(answer) in squeezed(sentence) for answer in line["answers"] for sentence in sentences):
            problems.append(f"{line['id']}: none of {line['answers']} stands in {sentences} of {name}")
    return problems


def test_lines_are_well_formed() -> None:
    keys = {"id", "fact", "split", "kind", "question", "language", "answerable", "answers", "evidence"}
    for line in GOLD:
        assert set(line) == keys, line["id"]
        assert line["id"] == f"{line['fact']}-{line['language']}"
        assert line["split"] in ("dev", "test"), line["id"]
        assert line["kind"] in (KINDS if line["answerable"] else UNANSWERABLE), line["id"]
        assert bool(line["answers"]) == bool(line["evidence"]) == line["answerable"], line["id"]
        assert all(answer.strip() for answer in line["answers"]), line["id"]
    assert len({line["id"] for line in GOLD}) == len(GOLD)
    assert len({line["question"] for line in GOLD}) == len(GOLD)


@pytest.mark.parametrize(
    "lines", [GOLD, FOLLOW_UPS, PAPERS, PAPERS_EN], ids=["gold", "followups", "papers", "papers.en"]
)
def test_each_question_is_in_the_language_it_names(lines: list[dict[str, Any]]) -> None:
    wrong = []
    for line in lines:
        # A Chinese question may hold no character that only one script has; then the script named is taken.
        question = line.get("rewritten", line["question"])
        if detect_language(question, default=line["language"]) != line["language"]:
            wrong.append(f"{line['id']}: {question}")
    assert not wrong


def test_there_are_enough_questions_of_each_sort() -> None:
    facts: defaultdict[str, set[str]] = defaultdict(set)
    for line in ANSWERABLE:
        facts[line["fact"]].add(line["language"])
    assert len(ANSWERABLE) >= 300
    assert sum(languages == set(LANGUAGES) for languages in facts.values()) >= 100
    kinds = Counter(line["kind"] for line in GOLD)
    assert kinds["unanswerable-near"] + kinds["unanswerable-far"] >= 75
    assert kinds["unanswerable-near"] > 3 * kinds["unanswerable-far"], "most unanswerables are near misses"
    assert sum(kinds[kind] for kind in FREE_KINDS) * 3 >= len(ANSWERABLE)


def test_the_three_languages_of_a_fact_go_together() -> None:
    by_fact: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in GOLD:
        by_fact[line["fact"]].append(line)
    for fact, lines in by_fact.items():
        assert sorted(line["language"] for line in lines) == sorted(LANGUAGES), fact
        for key in ("split", "kind", "answerable"):
            assert len({line[key] for line in lines}) == 1, f"{fact}: one {key} for all three languages"
        assert len({slugs(line) for line in lines}) == 1, f"{fact}: the same briefs answer it in all three languages"


def slugs(line: dict[str, Any]) -> frozenset[str]:
    return frozenset(evidence["document"].split(".")[0] for evidence in line["evidence"])


def test_the_test_half_is_the_larger_and_both_cover_every_brief() -> None:
    halves = Counter(line["split"] for line in GOLD)
    assert 1 / 3 <= halves["dev"] / len(GOLD) <= 1 / 2  # the practice questions are for fitting as well
    for half in ("dev", "test"):
        covered = {slug for line in ANSWERABLE if line["split"] == half for slug in slugs(line)}
        assert covered == {path.name.split(".")[0] for path in KNOWLEDGE.glob("*.md")}, half


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_quote_stands_in_its_brief_beside_an_answer(language: str) -> None:
    lines = [line for line in ANSWERABLE if line["language"] == language]
    assert not [problem for line in lines for problem in evidence_problems(line)]


def test_a_misplaced_quote_and_a_wrong_answer_are_noticed() -> None:
    line = next(line for line in ANSWERABLE if line["language"] == "en")
    evidence = [dict(line["evidence"][0], quote="no such words")]
    assert evidence_problems({**line, "evidence": evidence})
    assert evidence_problems({**line, "answers": ["no such answer"]})
    assert evidence_problems({**line, "language": "zh-Hans"})


def test_follow_ups_have_a_history_and_an_answer_in_the_briefs() -> None:
    assert Counter(line["language"] for line in FOLLOW_UPS) == dict.fromkeys(LANGUAGES, 10)
    assert len({line["id"] for line in FOLLOW_UPS}) == len(FOLLOW_UPS)
    for line in FOLLOW_UPS:
        assert set(line) == {"id", "language", "history", "question", "rewritten", "answers", "evidence"}, line["id"]
        assert line["history"] and line["evidence"] and line["answers"], line["id"]
        assert len(line["question"]) < len(line["rewritten"]), f"{line['id']}: the question leans on its history"
    assert not [problem for line in FOLLOW_UPS for problem in evidence_problems(line)]


def test_questions_on_the_papers_point_with_short_quotes() -> None:
    assert len(PAPERS) == len({line["id"] for line in PAPERS}) == 60
    assert {line["language"] for line in PAPERS} == {"zh-Hant", "zh-Hans"}
    assert {line["kind"] for line in PAPERS} == {"factual", "free", "table"}
    for line in PAPERS:
        assert len({evidence["document"] for evidence in line["evidence"]}) == 1, line["id"]
        for evidence in line["evidence"]:
            assert len(evidence["quote"]) <= LONGEST_PAPER_QUOTE, line["id"]
            assert any(squeezed(answer) in squeezed(evidence["quote"]) for answer in line["answers"]), line["id"]


def test_the_papers_are_asked_the_same_in_english() -> None:
    assert [line["id"] for line in PAPERS_EN] == [f"{line['id']}-en" for line in PAPERS]
    for chinese, english in zip(PAPERS, PAPERS_EN, strict=True):
        assert english["language"] == "en"
        assert english["evidence"] == chinese["evidence"], english["id"]
        assert set(chinese["answers"]) <= set(english["answers"]), english["id"]

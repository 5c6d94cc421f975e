"""The questions that answering is fitted on and measured with: what was retrieved for each and which candidates are right.

Five sources: the shipped gold set; practice questions, which are for fitting alone; passages of general knowledge with questions that they answer and near misses,
for fitting alone too; the five papers the knowledge was written from, where they are at hand; XQuAD, where it is at hand
(its first half of passages is the development half, the rest the test half).  Unanswerable questions are those of the gold
set, and XQuAD and paper questions asked with the documents that answer them left out.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gba_qa.answer.candidates import READ, Candidate, as_found, collect
from gba_qa.answer.extractive import ExtractiveAnswerer
from gba_qa.answer.features import features_of
from gba_qa.answer.question import Question
from gba_qa.config import Config
from gba_qa.goldset import read_corpus
from gba_qa.matching import holds_any
from gba_qa.names import PLACES, name_spans
from gba_qa.qa import HITS, QA
from gba_qa.quantities import find_quantities
from gba_qa.text import detect_language
from gba_qa.types import Answer, Hit

__all__ = ["Case", "gold_cases", "paper_cases", "passage_cases", "practice_cases", "xquad_cases", "xquad_half"]


@dataclass(frozen=True)
class Case:
    """One question with its candidates.  `right[i]`: candidate i holds the answer."""

    name: str
    source: str
    split: str
    language: str
    kind: str
    answerable: bool
    question: Question
    hits: Sequence[Hit]
    candidates: Sequence[Candidate]
    features: Sequence[dict[str, float]]
    right: NDArray[np.bool_]
    answers: Sequence[str]
    answerer: ExtractiveAnswerer

    def answer(self) -> Answer:
        return self.answerer.answer(self.question.text, self.hits)


def gold_cases(embedder: object, gold: Path = Path("eval/gold.jsonl")) -> list[Case]:
    """The shipped questions; each again with year or place changed to one nobody writes about, and with its documents left out."""
    qa = QA.shipped(embedder=embedder, config=Config(second_look=True))  # type: ignore[arg-type]
    slugs = {Path(info.source).name: info.slug for info in qa.documents()}
    cases = []
    for row in _rows(gold):
        cases.append(_case(qa, row, "gold"))
        if row["answerable"]:
            known = {slugs[e["document"]] for e in row["evidence"]}
            others = [info.id for info in qa.documents() if info.slug not in known]
            without = _case(qa, row | {"answerable": False}, "gold without", doc_ids=others)
            if not any(holds_any(h.chunk.text, row["answers"]) for h in without.hits):
                cases.append(without)
        for swapped in _swapped(row["question"]) if row["answerable"] else ():
            nothing = {
                "id": f"{row['id']}-swapped",
                "question": swapped,
                "answerable": False,
                "answers": [],
                "evidence": [],
            }
            cases.append(_case(qa, row | nothing, "gold swapped"))
    return cases


def practice_cases(embedder: object, folder: Path = Path("eval")) -> list[Case]:
    """Questions on the shipped knowledge written for fitting alone: none shares its fact with the gold set's test half."""
    qa = QA.shipped(embedder=embedder, config=Config(second_look=True))  # type: ignore[arg-type]
    return [_case(qa, row, "practice") for path in sorted(folder.glob("practice-*.jsonl")) for row in _rows(path)]


def passage_cases(embedder: object, file: Path = Path("eval/passages.jsonl")) -> list[Case]:
    """Passages about anything, each with questions that it answers and questions that it only seems to: within and across languages.

    Where short answers are marked (`answers`), they tell choosing something too; elsewhere refusal alone.
    """
    rows = list(_rows(file))
    cases = []
    built: dict[str, QA] = {}
    for held in ("en", "zh-Hans"):
        with tempfile.TemporaryDirectory() as work:
            corpus = Path(work) / "corpus.jsonl"
            lines = [
                json.dumps({"id": f"passage-{i}", "title": "Passages", "text": row[held]}) for i, row in enumerate(rows)
            ]
            corpus.write_text("\n".join(lines), encoding="utf-8")
            built[held] = QA.from_documents(read_corpus(corpus), embedder=embedder, config=Config(second_look=True))  # type: ignore[arg-type]
    for asked, held in (("en", "en"), ("zh-Hans", "zh-Hans"), ("zh-Hant", "en"), ("en", "zh-Hans")):
        qa = built[held]
        for i, row in enumerate(rows):
            for answerable, kind in ((True, "questions"), (False, "unanswered")):
                # As many that are answered as there are near misses.
                for j, question in enumerate(row[kind][asked][: len(row["unanswered"][asked])]):
                    marked = row.get("answers", {}).get(held) if answerable else None
                    told = {
                        "id": f"passage{i}-{kind}{j}", "split": "dev" if i % 4 else "test", "language": asked, "question": question,
                        "answerable": answerable, "answers": [marked[j]] if marked else [], "evidence": [{"document": f"passage-{i}"}],
                    }  # fmt: skip
                    cases.append(_case(qa, told, "passages" if asked[:2] == held[:2] else "passages across"))
    return cases


def paper_cases(embedder: object, folder: Path, work: Path) -> list[Case]:
    """The papers' own questions; each again with its document left out, as one that can't be answered."""
    qa = QA.build([folder], work / "papers", embedder=embedder, config=Config(second_look=True))  # type: ignore[arg-type]
    ids = {Path(info.source).name: info.id for info in qa.documents()}
    cases = []
    for file in ("eval/papers.jsonl", "eval/papers.en.jsonl"):
        for i, row in enumerate(_rows(Path(file))):
            row["split"] = "dev" if i % 2 == 0 else "test"
            cases.append(_case(qa, row, "papers"))
            others = [d for name, d in ids.items() if name not in {e["document"] for e in row["evidence"]}]
            without = _case(qa, row | {"answerable": False}, "papers", doc_ids=others)
            if not any(holds_any(h.chunk.text, row["answers"]) for h in without.hits):
                cases.append(without)
    return cases


def xquad_cases(
    embedder: object, folder: Path, *, questions: str, passages: str, step: int = 1, without: int = 0
) -> list[Case]:
    """XQuAD asked in one language of passages in another; every `step`-th question.

    `without`: additionally every so many-th question with the passage that answers it left out; its article stays.
    """
    corpus = folder / f"corpus.{passages}.jsonl"
    qa = QA.from_documents(read_corpus(corpus), embedder=embedder, config=Config(second_look=True))  # type: ignore[arg-type]
    ids = {info.source: info.id for info in qa.documents()}
    answers = {row["id"]: row["answers"] for row in _rows(folder / f"gold.{passages}.jsonl")}
    name = f"xquad {questions}" if questions == passages else f"xquad {questions} → {passages}"
    cases = []
    for i, row in enumerate(_rows(folder / f"gold.{questions}.jsonl")):
        passage = row["evidence"][0]["document"]
        row |= {"answers": answers[row["id"]], "split": xquad_half(passage, len(ids))}
        if i % step == 0:
            cases.append(_case(qa, row, name))
        if without and i % without == 0:
            others = [d for source, d in ids.items() if source != passage]
            left_out = _case(qa, row | {"answerable": False}, name, doc_ids=others)
            if not any(holds_any(h.chunk.text, row["answers"]) for h in left_out.hits):
                cases.append(left_out)
    return cases


def xquad_half(passage: str, passages: int) -> str:
    """The half that the passage belongs to; choosing and refusal are fitted on the questions of the first.

    >>> xquad_half("xquad-p7", 240), xquad_half("xquad-p120", 240)
    ('dev', 'test')
    """
    return "dev" if 2 * int(passage.removeprefix("xquad-p")) < passages else "test"


def _swapped(question: str) -> list[str]:
    """The question about a year before anything here happened, and about a place that no document speaks of."""
    english = detect_language(question) == "en"
    found = []
    years = [q for q in find_quantities(question) if q.kind == "year"]
    if years:
        found.append(f"{question[: years[-1].start]}{'1936' if english else '1936年'}{question[years[-1].end :]}")
    places = [(s, e) for s, e, ids in name_spans(question) if set(ids) & PLACES and "gba" not in ids]
    if len(places) == 1:
        start, end = places[0]
        elsewhere = ("Hainan", "Fujian") if english else ("海南", "福建")
        found.append(question[:start] + elsewhere[len(question) % 2] + question[end:])
    return found


def _case(qa: QA, row: dict, source: str, doc_ids: Sequence[str] | None = None) -> Case:  # type: ignore[type-arg]
    hits = qa.retriever.retrieve(row["question"], HITS, doc_ids=doc_ids)
    answerer = qa.answerer
    assert isinstance(answerer, ExtractiveAnswerer)
    question = answerer.read(row["question"])
    candidates = collect(as_found(hits)[:READ])
    features = features_of(question, candidates, idf=answerer.idf, tokens=answerer.tokens)
    documents = {e["document"] for e in row["evidence"]}
    right = [row["answerable"] and _holds(c, documents, row["answers"]) for c in candidates]
    return Case(
        row["id"], source, row.get("split", ""), row["language"], row.get("kind", ""), row["answerable"], question, hits, candidates,
        features, np.array(right, dtype=bool), row["answers"], answerer,
    )  # fmt: skip


def _holds(candidate: Candidate, documents: set[str], wanted: Sequence[str]) -> bool:
    source = candidate.hit.chunk.source
    return (source in documents or Path(source).name in documents) and holds_any(candidate.text, wanted)


def _rows(path: Path) -> Iterator[dict]:  # type: ignore[type-arg]
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)

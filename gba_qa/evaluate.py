"""Answer a gold set and measure: retrieval, answers, citations, refusal, by language pair, script and kind of question.

    report = run(gold="eval/gold.jsonl")          # the shipped knowledge
    report = run(gold="gold.jsonl", corpus="corpus.jsonl")   # any other set in the same form
    print(report.table())

Matching folds script, width and white space.  A question that returns nothing counts as 0.  Same commit, same numbers.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gba_qa.answer import verify
from gba_qa.config import Config
from gba_qa.errors import EvaluationError
from gba_qa.metrics import Report
from gba_qa.qa import QA
from gba_qa.results import compare, save
from gba_qa.text import detect_language, fold
from gba_qa.types import Answer, Block, Chunk, Document, Hit

__all__ = ["Gold", "Record", "Report", "compare", "read_gold", "run", "save"]

DEFAULT_GOLD = Path("eval/gold.jsonl")
DEPTH = 40  # hits looked at for ranking measures; a document's first chunk counts where the gold names no quote
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where the answer stands: a file name or corpus id, and the words, folded, without spaces (empty: anywhere in it)."""

    document: str
    quote: str


@dataclass(frozen=True, slots=True)
class Gold:
    """One question of a gold set."""

    id: str
    question: str
    language: str
    answerable: bool
    answers: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    split: str
    kind: str


@dataclass(frozen=True, slots=True)
class Record:
    """What came of one question.  `rank` is that of the first right passage, from 1; 0 when it was not found."""

    id: str
    language: str
    pair: str
    kind: str
    split: str
    answerable: bool
    rank: int
    refused: bool
    confidence: float
    contained: bool
    first_contained: bool
    right_document: bool
    right_sentence: bool
    statements: int
    supported: int
    citations: int
    precise: int
    exact: int
    figures_held: int
    seconds: float
    answer: str


def run(
    *,
    gold: str | Path | None = None,
    corpus: str | Path | None = None,
    index: str | Path | None = None,
    mode: str = "hybrid",
    split: str = "all",
    embedder: Any = None,
    qa: QA | None = None,
    progress: Progress | None = None,
) -> Report:
    """Ask every question of the gold set and gather the measures.

    `corpus` is a file of documents, one a line, indexed in memory; else `index` (default: the shipped knowledge, in memory) is asked.
    Raises EvaluationError, naming file and line, for a malformed file or a document that is not there.
    """
    gold_path = Path(gold) if gold is not None else DEFAULT_GOLD
    questions = [g for g in read_gold(gold_path) if split == "all" or g.split == split]
    if not questions:
        raise EvaluationError(f"{gold_path}: no questions in split {split!r}")
    qa = qa or _qa(corpus, index, embedder)
    languages = _languages(qa)
    for question in questions:
        for evidence in question.evidence:
            if evidence.document not in languages:
                raise EvaluationError(
                    f"{gold_path}: question {question.id!r} names the document {evidence.document!r}, which is not in the corpus"
                )
    records = []
    for done, question in enumerate(questions):
        if progress:
            progress(done, len(questions), question.id)
        records.append(_measure(qa, question, mode, languages))
    if progress:
        progress(len(questions), len(questions), "")
    about = {
        "gold": gold_path.name,
        "corpus": Path(corpus).name if corpus else "",
        "mode": mode,
        "split": split,
        "embedder": qa.index.manifest.embedder or "none",
        "answerer": str(getattr(qa.answerer, "name", type(qa.answerer).__name__)),
        "documents": len(qa.index.documents()),
        "chunks": len(qa.index),
    }
    return Report(about, tuple(asdict(r) for r in records))


def read_gold(path: Path) -> list[Gold]:
    """The questions of a gold file, in order."""
    seen: dict[str, int] = {}
    questions = []
    for number, row in _rows(path):
        where = f"{path}, line {number}"
        for name, kind in (("id", str), ("question", str), ("language", str), ("answerable", bool)):
            if not isinstance(row.get(name), kind):
                raise EvaluationError(f"{where}: {name!r} is missing or no {kind.__name__}")
        if row["id"] in seen:
            raise EvaluationError(f"{where}: the id {row['id']!r} stands in line {seen[row['id']]} already")
        seen[row["id"]] = number
        answers, evidence = row.get("answers", []), row.get("evidence", [])
        if not isinstance(answers, list) or not isinstance(evidence, list):
            raise EvaluationError(f"{where}: 'answers' and 'evidence' are lists")
        if row["answerable"] and not (answers and evidence):
            raise EvaluationError(f"{where}: an answerable question needs 'answers' and 'evidence'")
        if any(not isinstance(e, dict) or not isinstance(e.get("document"), str) for e in evidence):
            raise EvaluationError(f"{where}: each piece of evidence names its 'document'")
        questions.append(
            Gold(
                id=row["id"],
                question=row["question"],
                language=row["language"],
                answerable=row["answerable"],
                answers=tuple(map(str, answers)),
                evidence=tuple(Evidence(e["document"], _squash(str(e.get("quote") or ""))) for e in evidence),
                split=str(row.get("split", "")),
                kind=str(row.get("kind", "")),
            )
        )
    return questions


def read_corpus(path: Path) -> list[Document]:
    """Documents of a corpus file: `{"id", "title", "text", "language"}` a line.  The id is the document's source."""
    documents: dict[str, Document] = {}
    for number, row in _rows(path):
        where = f"{path}, line {number}"
        if not isinstance(row.get("id"), str) or not isinstance(row.get("text"), str) or not row["text"].strip():
            raise EvaluationError(f"{where}: a document needs an 'id' and a 'text'")
        if row["id"] in documents:
            raise EvaluationError(f"{where}: the id {row['id']!r} stands there twice")
        text = row["text"]
        language = row.get("language") or detect_language(text)
        documents[row["id"]] = Document(
            id=hashlib.sha256(f"{row['id']}\0{text}".encode()).hexdigest()[:16],
            text=text,
            title=str(row.get("title") or row["id"]),
            source=row["id"],
            language=language,
            blocks=(Block("paragraph", 0, len(text)),),
        )
    return list(documents.values())


def _rows(path: Path) -> list[tuple[int, dict[str, Any]]]:
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except FileNotFoundError:
        raise EvaluationError(f"{path}: no such file") from None
    except UnicodeDecodeError as error:
        raise EvaluationError(f"{path}: not UTF-8 ({error.reason} at byte {error.start})") from None
    rows = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise EvaluationError(f"{path}, line {number}: not valid JSON ({error})") from None
        if not isinstance(row, dict):
            raise EvaluationError(f"{path}, line {number}: not a JSON object")
        rows.append((number, row))
    if not rows:
        raise EvaluationError(f"{path}: the file is empty")
    return rows


def _qa(corpus: str | Path | None, index: str | Path | None, embedder: Any) -> QA:
    """The QA to ask: over a corpus in memory, over an index, or over the shipped knowledge in memory."""
    config = Config.load(llm_url="")
    if corpus is not None:
        return QA.from_documents(read_corpus(Path(corpus)), embedder=embedder, config=config)
    if index is not None:
        return QA.load(index, embedder=embedder, config=config)
    return QA.shipped(embedder=embedder, config=config)


def _languages(qa: QA) -> dict[str, str]:
    """The language of each document, by file name and by source."""
    found = {}
    for info in qa.documents():
        found[info.source] = info.language
        found[Path(info.source).name] = info.language
    return found


def _measure(qa: QA, gold: Gold, mode: str, languages: Mapping[str, str]) -> Record:
    started = time.perf_counter()
    if mode == "hybrid":
        answer = qa.ask(gold.question)
    else:
        answer = qa.answerer.answer(gold.question, qa.search(gold.question, 10, mode=mode))  # type: ignore[arg-type]
    seconds = time.perf_counter() - started
    hits = qa.search(gold.question, DEPTH, mode=mode)  # type: ignore[arg-type]
    said = [_squash(s.text) for s in answer.statements]
    wanted = [_squash(a) for a in gold.answers]
    answered = gold.answerable and not answer.abstained
    documents = {e.document for e in gold.evidence}
    quotes = {c.number: c for c in answer.citations}
    held = (
        [(s, [quotes[n].quote for n in s.citations if n in quotes]) for s in answer.statements]
        if answer.citations
        else []
    )
    supported = sum(bool(q) and verify(s.text, q).supported for s, q in held)
    figures = sum(bool(q) and verify(s.text, q, similarity=1.0).supported for s, q in held)
    return Record(
        id=gold.id,
        language=gold.language,
        pair=f"{gold.language} → {languages[gold.evidence[0].document]}" if gold.evidence else f"{gold.language} → -",
        kind=gold.kind,
        split=gold.split,
        answerable=gold.answerable,
        rank=_rank(gold, hits),
        refused=answer.abstained,
        confidence=round(answer.confidence, 6),
        contained=answered and any(w in s for w in wanted for s in said),
        first_contained=answered and bool(said) and any(w in said[0] for w in wanted),
        right_document=answered and any(_names(c.source) & documents for c in answer.citations),
        right_sentence=answered and _right_sentence(gold, answer, wanted),
        statements=len(held),
        supported=supported,
        citations=len(answer.citations),
        precise=_precise(held),
        exact=sum(qa.document(c.doc_id).text[c.start : c.end] == c.quote for c in answer.citations),
        figures_held=figures,
        seconds=seconds,
        answer=answer.text,
    )


def _rank(gold: Gold, hits: Sequence[Hit]) -> int:
    """Rank of the first right passage.  Where the gold names no quote, documents are ranked by their first chunk."""
    seen: set[str] = set()
    rank = 0
    for hit in hits:
        names = _names(hit.chunk.source)
        whole = not any(e.quote for e in gold.evidence)
        if whole and hit.chunk.doc_id in seen:
            continue
        seen.add(hit.chunk.doc_id)
        rank += 1
        if any(e.document in names and e.quote in _squash(_shown(hit.chunk)) for e in gold.evidence):
            return rank
    return 0


def _shown(chunk: Chunk) -> str:
    return f"{chunk.context}\n{chunk.text}"


def _right_sentence(gold: Gold, answer: Answer, wanted: Sequence[str]) -> bool:
    for citation in answer.citations:
        quote = _squash(citation.quote)
        for evidence in gold.evidence:
            if evidence.document in _names(citation.source):
                if evidence.quote and (evidence.quote in quote or quote in evidence.quote):
                    return True
                if not evidence.quote and any(w in quote for w in wanted):
                    return True
    return False


def _precise(held: Sequence[tuple[Any, Sequence[str]]]) -> int:
    """Citations that carry their statement alone, or that it can't do without (ALCE's precision)."""
    count = 0
    for statement, quotes in held:
        whole = verify(statement.text, quotes).supported
        for i, quote in enumerate(quotes):
            rest = [q for j, q in enumerate(quotes) if j != i]
            count += whole and (
                verify(statement.text, [quote]).supported or not rest or not verify(statement.text, rest).supported
            )
    return count


def _names(source: str) -> set[str]:
    return {source, Path(source).name}


def _squash(text: str) -> str:
    return re.sub(r"\s+", "", fold(text))

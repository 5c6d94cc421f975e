"""Answer a gold set and measure: retrieval, answers, citations, refusal, by language pair, script and kind of question.

    report = run()                                           # the shipped gold set on the shipped knowledge
    report = run(gold="gold.jsonl", corpus="corpus.jsonl")   # any other set in the same form
    print(report.table())

Each question is asked as a user would ask it: the same search, with parallel versions of a document left out, and the same
answerer.  Matching folds script, width and white space (matching.py).  A question that returns nothing counts as 0.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast, get_args

from gba_qa.answer import verify
from gba_qa.config import Config
from gba_qa.errors import EvaluationError, UsageError
from gba_qa.goldset import Evidence, Gold, fingerprint, read_corpus, read_gold
from gba_qa.matching import holds, holds_any
from gba_qa.metrics import Report
from gba_qa.places import KNOWLEDGE
from gba_qa.qa import QA
from gba_qa.readers import read
from gba_qa.results import SHIPPED, compare, home, save
from gba_qa.retrieve import HybridRetriever, Mode
from gba_qa.sentences import split_sentences
from gba_qa.text import fold
from gba_qa.types import Answer, Chunk, Embedder, Hit

__all__ = ["Record", "Report", "compare", "measure", "right_rank", "run", "save"]

HITS = 10  # what a user is shown, and the depth of nDCG@10
DEEPER = 40  # looked at where documents are ranked by their first passage: several passages may be of one document
Progress = Callable[[int, int, str], None]
Places = Mapping[Evidence, Collection[str]]


@dataclass(frozen=True, slots=True)
class Record:
    """What came of one question.

    `rank` is that of the first right passage, from 1; 0 when it was not among those looked at.  `statements` counts
    sentences of the answer, `supported` those that their quotes carry, `figures_held` those whose figures and names all
    stand in their quotes; `cited` counts each citation of each sentence, `precise` those of them that are so in ALCE's sense;
    `citations` counts the quotes of the answer, each once, `exact` those of them that stand at their place.
    `confidence` is compared across questions for AUROC and the curve of refusal.  `asked` is the fingerprint of the question with
    its answers and evidence: a row of another run with the same id and another `asked` is of another question.
    """

    id: str
    asked: str
    language: str
    pair: str
    scripts: str
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
    figures_held: int
    citations: int
    cited: int
    precise: int
    exact: int
    seconds: float
    answer: str


def run(
    *,
    gold: str | Path | None = None,
    corpus: str | Path | None = None,
    index: str | Path | None = None,
    mode: str = "hybrid",
    split: str = "all",
    embedder: Embedder | str | None = None,
    llm: bool = False,
    qa: QA | None = None,
    progress: Progress | None = None,
) -> Report:
    """Ask every question of the gold set and gather the measures.

    `corpus` is a file of documents, one a line, indexed in memory; else `index` is asked, or the shipped knowledge, in memory.
    `split` takes the questions of one split alone.  `llm` lets the language model of the settings write the answers; without it
    the same commit gives the same numbers.  Raises EvaluationError, naming file and line, for a malformed file or a document
    that is not there, UsageError for a mode or a combination that there is not.
    """
    if mode not in get_args(Mode):
        raise UsageError(f"the mode is {mode!r}, not one of {', '.join(get_args(Mode))}")
    if corpus is not None and index is not None:
        raise UsageError("--corpus and --index name two things to ask; give one of them")
    gold_path = Path(gold) if gold is not None else home() / "gold.jsonl"
    questions = _of_split(read_gold(gold_path), split, gold_path)
    shipped = qa is None and corpus is None and index is None
    qa = qa or _qa(corpus, index, embedder, llm)
    if mode == "dense" and qa.embedder is None:
        raise UsageError("the mode 'dense' needs an embedder, and this run has none; leave out `--embedder none`")
    languages = _languages(qa)
    places = _places(qa, questions, languages, gold_path)
    records = []
    for done, question in enumerate(questions):
        if progress:
            progress(done, len(questions), question.id)
        records.append(measure(qa, question, languages, mode=cast(Mode, mode), places=places))
    if progress:
        progress(len(questions), len(questions), "")
    about = {
        "gold": gold_path.name,
        "gold fingerprint": fingerprint(gold_path),
        "corpus": Path(corpus).name if corpus else "",
        "index": str(index).rstrip("/").rpartition("/")[2] if index is not None else "",
        "knowledge": SHIPPED if shipped else _knowledge(qa),
        "mode": mode,
        "split": split,
        "embedder": qa.index.manifest.embedder or "none",
        "fingerprint": qa.index.manifest.fingerprint,
        "answerer": str(getattr(qa.answerer, "name", type(qa.answerer).__name__)),
        "answerable share": qa.config.answerable_share,
        "documents": len(qa.documents()),
        "chunks": len(qa.index),
    }
    return Report(about, tuple(asdict(r) for r in records))


def measure(
    qa: QA, gold: Gold, languages: Mapping[str, str], *, mode: Mode = "hybrid", places: Places | None = None
) -> Record:
    """Ask one question and look at what came back.  `languages` names the language of each document; `places` as in `right_rank`."""
    started = time.perf_counter()
    if mode == "hybrid":
        answer = qa.ask(gold.question)
    else:
        # The passages of the one search, answered as those of hybrid search are: what is compared is the search.
        found = qa.search(gold.question, HITS, mode=mode)
        plain = getattr(qa.retriever, "found", None)
        if isinstance(plain, HybridRetriever):
            found = plain.with_signals(gold.question, found)
        answer = qa.answerer.answer(gold.question, found)
    seconds = time.perf_counter() - started
    hits = qa.search(gold.question, DEEPER, mode=mode) if gold.evidence and _names_documents(gold) else answer.hits
    answered = gold.answerable and not answer.abstained
    target = languages[gold.evidence[0].document] if gold.evidence else "-"
    cited = _cited(answer)
    return Record(
        id=gold.id,
        asked=gold.fingerprint,
        language=gold.language,
        pair=f"{gold.language} → {target}",
        scripts=_scripts(gold.language, target),
        kind=gold.kind,
        split=gold.split,
        answerable=gold.answerable,
        rank=right_rank(gold, hits, places),
        refused=answer.abstained,
        confidence=round(answer.confidence, 6),
        contained=answered and any(holds_any(s.text, gold.answers) for s in answer.statements),
        first_contained=answered and any(holds_any(s.text, gold.answers) for s in answer.statements[:1]),
        right_document=answered and any(_named(c.source, e.document) for c in answer.citations for e in gold.evidence),
        right_sentence=answered and _right_sentence(gold, answer),
        statements=len(cited),
        supported=sum(verify(text, quotes).supported for text, quotes in cited),
        # A cosine of 1 leaves only the figures and names to be checked.
        figures_held=sum(verify(text, quotes, similarity=1.0).supported for text, quotes in cited),
        citations=len(answer.citations),
        cited=sum(len(quotes) for _, quotes in cited),
        precise=sum(_precise(text, quotes) for text, quotes in cited),
        exact=sum(qa.document(c.doc_id).text[c.start : c.end] == c.quote for c in answer.citations),
        seconds=seconds,
        answer=answer.text,
    )


def right_rank(gold: Gold, hits: Sequence[Hit], places: Places | None = None) -> int:
    """Rank of the first right passage, from 1; 0 for none.  Where the gold set names documents alone, documents are ranked, each
    by its first passage.  `places` are the right passages of a quote that no passage holds whole, by their ids.
    """
    whole = _names_documents(gold)
    parts = {identity for e in gold.evidence for identity in (places or {}).get(e, ())}
    seen: set[str] = set()
    rank = 0
    for hit in hits:
        chunk = hit.chunk
        if whole and chunk.doc_id in seen:
            continue
        seen.add(chunk.doc_id)
        rank += 1
        shown = f"{chunk.context}\n{chunk.text}"
        if chunk.id in parts or any(_named(chunk.source, e.document) and holds(shown, e.quote) for e in gold.evidence):
            return rank
    return 0


def _places(qa: QA, questions: Sequence[Gold], languages: Mapping[str, str], path: Path) -> Places:
    """Look every quote up in its document.  Returns the passages to take for those that no passage holds whole.

    Raises EvaluationError, naming the line, for a document that is not there and for a quote that does not stand in it: either
    would count as not found whatever the search does.
    """
    found: dict[Evidence, Collection[str]] = {}
    documents = qa.documents()
    for question in questions:
        for evidence in question.evidence:
            where = f"{path}, line {question.line}: {question.id!r}"
            if evidence.document not in languages:
                raise EvaluationError(
                    f"{where} names the document {evidence.document!r}, which is not among the {len(documents)} documents asked; "
                    f"name another gold set with --gold or corpus with --corpus"
                )
            if not evidence.quote or evidence in found:
                continue
            named = {info.id for info in documents if _named(info.source, evidence.document)}
            chunks = {identity: qa.index.chunks(identity) for identity in sorted(named)}
            if any(holds(f"{c.context}\n{c.text}", evidence.quote) for each in chunks.values() for c in each):
                found[evidence] = ()
                continue
            spans = {identity: _spans(qa.document(identity).text, evidence.quote) for identity in chunks}
            if not any(spans.values()):
                raise EvaluationError(
                    f"{where} quotes {evidence.quote[:60]!r}, which does not stand in {evidence.document!r}; copy the words from the "
                    f"document, or leave 'quote' out to ask for the document alone"
                )
            found[evidence] = {
                i for identity, each in chunks.items() for s in spans[identity] for i in _parts(each, *s)
            }
    return found


def _spans(text: str, quote: str) -> list[tuple[int, int]]:
    """Where the quote stands in the text, matched as passages are."""
    if not holds(text, quote):
        return []
    pattern = r"[\s-]*".join(re.escape(char) for char in fold(quote) if not char.isspace() and char != "-")
    return [match.span() for match in re.finditer(pattern, fold(text))]


def _parts(chunks: Sequence[Chunk], start: int, end: int) -> list[str]:
    """The passages that hold as much of the span as any does, or half as much: a quote may be cut in unequal pieces, and a
    passage with a mere corner of it does not answer.
    """
    held = {c.id: min(c.end, end) - max(c.start, start) for c in chunks}
    most = max(held.values(), default=0)
    return [identity for identity, size in held.items() if size > 0 and 2 * size >= most]


def _of_split(questions: Sequence[Gold], split: str, path: Path) -> list[Gold]:
    chosen = [q for q in questions if split in ("all", q.split)]
    if not chosen:
        there = ", ".join(sorted({q.split for q in questions if q.split})) or "none"
        raise EvaluationError(f"{path}: no question is in the split {split!r}; the splits there are: {there}")
    return chosen


def _qa(corpus: str | Path | None, index: str | Path | None, embedder: Embedder | str | None, llm: bool) -> QA:
    """The QA to ask: over a corpus in memory, over an index, or over the shipped knowledge in memory."""
    config = Config.load() if llm else Config.load(llm_url="")
    if llm and not config.llm_url:
        raise UsageError("--llm needs a language model; name its endpoint with GBA_QA_LLM_URL")
    if corpus is not None:
        return QA.from_documents(read_corpus(Path(corpus)), embedder=embedder, config=config)
    if index is not None:
        return QA.load(index, embedder=embedder, config=config)
    return QA.shipped(embedder=embedder, config=config)


def _knowledge(qa: QA) -> str:
    """SHIPPED where the documents asked are the shipped briefs, all of them and as they are now; else their fingerprint."""
    asked = {info.source: info.id for info in qa.documents()}
    briefs = {f"{KNOWLEDGE}/{path.name}": path for path in Path(__file__).with_name("knowledge").glob("*.md")}
    if set(asked) == set(briefs) and all(read(path).id == asked[source] for source, path in briefs.items()):
        return SHIPPED
    named = "".join(f"{Path(source).name}\0{identity}\n" for source, identity in sorted(asked.items()))
    return hashlib.sha256(named.encode()).hexdigest()[:16]


def _languages(qa: QA) -> dict[str, str]:
    """The language of each document, by source and by file name."""
    found: dict[str, str] = {Path(info.source).name: info.language for info in qa.documents()}
    return found | {info.source: info.language for info in qa.documents()}


def _scripts(asked: str, target: str) -> str:
    """Whether question and evidence are written in one script; empty where there is no evidence."""
    return (
        ""
        if target == "-"
        else "same"
        if asked == target
        else "English and Chinese"
        if "en" in (asked, target)
        else "繁 and 简"
    )


def _named(source: str, document: str) -> bool:
    return document in (source, Path(source).name)


def _names_documents(gold: Gold) -> bool:
    """Whether the gold set names documents alone, and no passage in them."""
    return not any(e.quote for e in gold.evidence)


def _right_sentence(gold: Gold, answer: Answer) -> bool:
    """Whether a citation quotes the sentence of the evidence; without one in the gold set, a sentence that holds the answer."""
    return any(
        (holds(citation.quote, evidence.quote) or holds(evidence.quote, citation.quote))
        if evidence.quote
        else holds_any(citation.quote, gold.answers)
        for citation in answer.citations
        for evidence in gold.evidence
        if _named(citation.source, evidence.document)
    )


def _cited(answer: Answer) -> list[tuple[str, list[str]]]:
    """Each sentence of the answer with the quotes it leans on; a refusal states nothing."""
    if answer.abstained:
        return []
    quotes = {c.number: c.quote for c in answer.citations}
    return [
        (statement.text[span.start : span.end], [quotes.get(number, "") for number in statement.citations])
        for statement in answer.statements
        for span in split_sentences(statement.text)
    ]


def _precise(text: str, quotes: Sequence[str]) -> int:
    """Citations of one sentence that carry it alone, or that it can't do without; none where all of them together don't carry it.

    A citation that two sentences share counts for each of them (Gao et al., ALCE, EMNLP 2023).
    """
    if not verify(text, quotes).supported:
        return 0
    others = [[*quotes[:i], *quotes[i + 1 :]] for i in range(len(quotes))]
    return sum(
        verify(text, [quote]).supported or not verify(text, rest).supported
        for quote, rest in zip(quotes, others, strict=True)
    )

"""What is measured of one question, with answers and passages made by hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gba_qa import QA
from gba_qa.evaluate import Record, measure
from gba_qa.goldset import Evidence, Gold
from gba_qa.types import Answer, Block, Chunk, Citation, Document, Hit, Statement

FERRY = "The ferry company ran 14 routes in 2031. An adult pays 9.5 dollars a crossing. Its piers were painted green."
LIBRARY = "The library of Tai Po counted 1.25 million visitors in 2031. It employs 86 people."
TEXTS = {"docs/ferry.en.md": FERRY, "docs/library.en.md": LIBRARY}
DOCUMENTS = [
    Document(f"id-{Path(source).stem}", text, "", source, "en", blocks=(Block("paragraph", 0, len(text)),))
    for source, text in TEXTS.items()
]
LANGUAGES = {"ferry.en.md": "en", "library.en.md": "en"}
ROUTES = "The ferry company ran 14 routes in 2031."
PIERS = "Its piers were painted green."
STAFF = "It employs 86 people."


class Written:
    """An answerer that always says the same."""

    def __init__(self, answer: Answer) -> None:
        self.given = answer

    def answer(self, question: str, hits: Sequence[Hit]) -> Answer:
        return self.given


class Found:
    """A retriever that always finds the same."""

    def __init__(self, hits: Sequence[Hit]) -> None:
        self.hits = list(hits)

    def retrieve(self, query: str, k: int = 5, **options: object) -> list[Hit]:
        return self.hits[:k]


def gold(**values: Any) -> Gold:
    base: dict[str, Any] = {
        "id": "q",
        "question": "How many routes did the ferry company run in 2031?",
        "language": "en",
        "answerable": True,
        "answers": ("14 routes",),
        "evidence": (Evidence("ferry.en.md", "ran 14 routes in 2031"),),
        "split": "test",
        "kind": "factual",
        "line": 1,
    }
    return Gold(**{**base, **values})


def cite(number: int, quote: str, **values: Any) -> Citation:
    document = next(d for d in DOCUMENTS if quote in d.text)
    start = document.text.index(quote)
    base = Citation(number, document.id, "c", "", document.source, None, start, start + len(quote), quote)
    return Citation(**{name: values.get(name, getattr(base, name)) for name in Citation.__dataclass_fields__})


def passage(source: str, text: str, identity: str) -> Hit:
    start = TEXTS[source].index(text)
    document = next(d for d in DOCUMENTS if d.source == source)
    return Hit(Chunk(identity, document.id, text, start, start + len(text), "", "", None, "en", source), 0.5, "hybrid")


def measured(
    statements: Sequence[tuple[str, Sequence[int]]] = (),
    citations: Sequence[Citation] = (),
    *,
    asked: Gold | None = None,
    hits: Sequence[Hit] = (),
    abstained: bool = False,
) -> Record:
    """The record of this answer to this question."""
    asked = asked or gold()
    said = tuple(Statement(text, tuple(numbers)) for text, numbers in statements)
    answer = Answer(asked.question, said, tuple(citations), tuple(hits), "en", "made", abstained)
    qa = QA.from_documents(DOCUMENTS, embedder="none", answerer=Written(answer))
    qa.retriever = Found(hits)
    return measure(qa, asked, LANGUAGES)


def test_a_citation_that_two_sentences_share_counts_for_each() -> None:
    # [1] carries both sentences; [2] carries neither.  ALCE counts three citations, two of them precise.
    record = measured(
        [("The ferry company ran 14 routes.", [1, 2]), ("The ferry company ran 14 routes in 2031.", [1])],
        [cite(1, ROUTES), cite(2, PIERS)],
    )
    assert (record.citations, record.cited, record.precise, record.exact) == (2, 3, 2, 2)


def test_a_shared_citation_is_not_precise_where_its_sentence_is_not_carried() -> None:
    record = measured(
        [("The ferry company ran 14 routes.", [1]), ("The ferry company ran 15 routes.", [1])], [cite(1, ROUTES)]
    )
    assert (record.statements, record.supported, record.cited, record.precise) == (2, 1, 2, 1)


def test_citations_that_carry_a_sentence_only_together_are_both_precise() -> None:
    record = measured([("It ran 14 routes in 2031 and employs 86 people.", [1, 2])], [cite(1, ROUTES), cite(2, STAFF)])
    assert (record.supported, record.cited, record.precise) == (1, 2, 2)


def test_a_question_asked_or_judged_otherwise_has_another_fingerprint() -> None:
    asked = measured().asked
    assert asked == measured(asked=gold(id="other", line=7, kind="", split="")).asked
    others = (
        gold(question="How many routes?"),
        gold(answers=("14 routes", "fourteen")),
        gold(evidence=(Evidence("ferry.en.md", "14 routes"),)),
        gold(evidence=(Evidence("library.en.md", "ran 14 routes in 2031"),)),
        gold(answerable=False),
    )
    assert len({asked, *(measured(asked=other).asked for other in others)}) == 6

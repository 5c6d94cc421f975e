"""What is measured of one question, with answers and passages made by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from gba_qa import QA
from gba_qa.evaluate import HITS, Record, measure
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
    answer = Answer(asked.question, said, tuple(citations), tuple(hits[:HITS]), "en", "made", abstained)
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


RIGHT = ("The ferry company ran 14 routes in 2031.", [1])


def test_the_right_sentence_of_the_right_document() -> None:
    record = measured([RIGHT], [cite(1, ROUTES)])
    assert record.contained and record.first_contained and record.right_document and record.right_sentence
    assert (record.statements, record.supported, record.figures_held) == (1, 1, 1)
    assert (record.citations, record.cited, record.precise, record.exact) == (1, 1, 1, 1)


def test_the_wrong_document() -> None:
    record = measured([("It employs 86 people.", [1])], [cite(1, STAFF)])
    assert not (record.contained or record.first_contained or record.right_document or record.right_sentence)
    assert (record.supported, record.precise, record.exact) == (1, 1, 1)  # well quoted, but of something else


def test_the_right_words_from_the_wrong_document() -> None:
    elsewhere = cite(1, ROUTES, source="docs/library.en.md")
    record = measured([RIGHT], [elsewhere])
    assert record.contained and not record.right_document and not record.right_sentence


def test_the_right_figure_in_the_wrong_sentence() -> None:
    # The answer says 14 routes, but what it cites of the right document is about something else.
    record = measured([RIGHT], [cite(1, PIERS)])
    assert record.contained and record.right_document and not record.right_sentence
    assert (record.supported, record.figures_held, record.precise, record.exact) == (0, 0, 0, 1)


def test_a_second_sentence_alone_holds_the_answer() -> None:
    record = measured([(PIERS, [2]), RIGHT], [cite(1, ROUTES), cite(2, PIERS)])
    assert record.contained and not record.first_contained and record.right_sentence


def test_an_irrelevant_second_citation_is_not_precise() -> None:
    record = measured([("The ferry company ran 14 routes in 2031.", [1, 2])], [cite(1, ROUTES), cite(2, PIERS)])
    assert (record.supported, record.cited, record.precise) == (1, 2, 1)


def test_an_unsupported_statement() -> None:
    record = measured([RIGHT, ("The ferry company ran 15 routes in 2031.", [1])], [cite(1, ROUTES)])
    assert (record.statements, record.supported, record.figures_held) == (2, 1, 1)


def test_words_that_the_quote_lacks_leave_the_figures_held() -> None:
    record = measured([("Somebody baked bread, sang and went home in 2031.", [1])], [cite(1, ROUTES)])
    assert (record.statements, record.supported, record.figures_held) == (1, 0, 1)


def test_a_statement_without_a_citation_is_not_supported() -> None:
    record = measured([RIGHT, (PIERS, [])], [cite(1, ROUTES)])
    assert (record.statements, record.supported, record.cited, record.precise) == (2, 1, 1, 1)


def test_a_quote_that_does_not_stand_at_its_place_is_not_exact() -> None:
    record = measured([RIGHT], [cite(1, ROUTES, start=1, end=1 + len(ROUTES))])
    assert (record.citations, record.exact) == (1, 0)


def test_a_refusal_of_an_answerable_question_contains_nothing() -> None:
    record = measured([("The documents don't mention 14 routes.", [])], hits=[FIRST], abstained=True)
    assert record.refused and not (record.contained or record.first_contained or record.right_document)
    assert (record.statements, record.supported, record.cited) == (0, 0, 0)
    assert record.rank == 1  # what was found counts all the same


def test_an_unanswerable_question_contains_nothing_whatever_is_said() -> None:
    asked = gold(answerable=False, answers=(), evidence=())
    record = measured([RIGHT], [cite(1, ROUTES)], asked=asked, hits=[FIRST])
    assert not (record.refused or record.contained or record.right_document or record.right_sentence)
    assert (record.rank, record.pair, record.scripts) == (0, "en → -", "")


FIRST = passage("docs/ferry.en.md", ROUTES, "c1")
OTHER = passage("docs/ferry.en.md", PIERS, "c2")
STRANGER = passage("docs/library.en.md", STAFF, "c3")


def test_the_right_passage_at_rank_3_and_none() -> None:
    assert measured(hits=[OTHER, STRANGER, FIRST]).rank == 3
    assert measured(hits=[FIRST, OTHER]).rank == 1
    assert measured(hits=[OTHER, STRANGER]).rank == 0


def test_the_right_words_in_another_document_are_not_the_right_passage() -> None:
    chunk = FIRST.chunk
    elsewhere = Hit(replace(chunk, id="c4", source="docs/library.en.md"), 0.5, "hybrid")
    assert measured(hits=[elsewhere, FIRST]).rank == 2


def test_a_quote_may_stand_in_what_is_shown_above_a_passage() -> None:
    row = Hit(replace(OTHER.chunk, context="Table: the ferry company ran 14 routes in 2031"), 0.5, "hybrid")
    assert measured(hits=[STRANGER, row]).rank == 2


def test_where_the_set_names_documents_alone_documents_are_ranked() -> None:
    whole = gold(evidence=(Evidence("library.en.md", ""),), answers=("86 people",))
    assert measured(asked=whole, hits=[FIRST, OTHER, STRANGER]).rank == 2  # the second document, by the third passage
    assert measured(asked=whole, hits=[FIRST, OTHER]).rank == 0
    # Documents are looked for deeper down than the ten passages that a user is shown.
    many = [Hit(replace(OTHER.chunk, id=f"m{i}"), 0.5, "hybrid") for i in range(20)]
    assert measured(asked=whole, hits=[*many, STRANGER]).rank == 2
    assert measured(hits=[*many, FIRST]).rank == 0


def test_a_set_without_quotes_takes_the_sentence_that_holds_the_answer() -> None:
    whole = gold(evidence=(Evidence("ferry.en.md", ""),))
    assert measured([RIGHT], [cite(1, ROUTES)], asked=whole).right_sentence
    assert not measured([RIGHT], [cite(1, PIERS)], asked=whole).right_sentence


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

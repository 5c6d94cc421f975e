"""The span reader: where in a passage the answer stands, in whatever language it is asked, and that often none does."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from gba_qa import QA, Config
from gba_qa.answer.refusal import confidence
from gba_qa.embed import FOLDER, BundledEmbedder, load_bundled
from gba_qa.span_reader import Finding, SpanReader, load_additions

pytestmark = pytest.mark.bundled

HARBOUR = (
    "The harbour of Lindholm was dredged in 1931 to a depth of nine metres. Its warehouses were built by the engineer Anna Berg, "
    "who had trained in Oslo. Grain made up 40% of what was shipped."
)


def one(reader: SpanReader, question: str, passage: str) -> Finding:
    (found,) = reader.read(question, passage, [(0, len(passage))])
    return found


@pytest.fixture(scope="module")
def embedder() -> BundledEmbedder:
    return load_bundled()


@pytest.fixture(scope="module")
def reader(embedder: BundledEmbedder) -> SpanReader:
    assert embedder.span_reader is not None
    return embedder.span_reader


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("In what year was the harbour dredged?", "1931"),
        ("港口是哪一年疏浚的？", "1931"),
        ("邊位工程師起啲貨倉？", "Anna Berg"),
        ("What share of the goods was grain?", "40%"),
        ("谷物占货运的多少？", "40%"),
    ],
)
def test_the_best_span_is_the_answer(reader: SpanReader, question: str, answer: str) -> None:
    found = one(reader, question, HARBOUR)
    assert answer in HARBOUR[found.start : found.end + 1] and found.end - found.start < len(HARBOUR) / 2
    assert found.best == pytest.approx(found.inside)


@pytest.mark.parametrize(
    ("answered", "not_there"),
    [
        ("In what year was the harbour dredged?", "In which month was the harbour dredged?"),
        ("Who built the warehouses?", "Who paid for the warehouses?"),
        ("谷物占货运的多少？", "煤炭占货运的多少？"),
    ],
)
def test_what_the_passage_does_not_say_counts_less(reader: SpanReader, answered: str, not_there: str) -> None:
    there, lacking = (one(reader, q, HARBOUR) for q in (answered, not_there))
    assert there.answers > lacking.answers and there.best > lacking.best


def test_the_part_looked_at_is_told_from_the_rest(reader: SpanReader) -> None:
    question, first_end = "Who built the warehouses?", HARBOUR.index("Its")
    wrong, right = reader.read(question, HARBOUR, [(0, first_end), (first_end, HARBOUR.index("Grain"))])
    assert right.inside == pytest.approx(right.best) and wrong.inside < wrong.best
    assert (right.start, right.end) == (wrong.start, wrong.end)


def test_a_long_passage_is_read_around_the_part(reader: SpanReader) -> None:
    filling = "Nothing of note happened in the valley that year, and nobody wrote it down. " * 40
    passage = filling + HARBOUR + filling
    there = (len(filling), len(filling) + len(HARBOUR))
    begins, found = reader.read("In what year was the harbour dredged?", passage, [(0, 80), there])
    assert "1931" in passage[found.start : found.end + 1] and found.answers > begins.answers


@pytest.mark.parametrize(
    ("question", "passage"), [("", HARBOUR), ("Who?", ""), ("", ""), ("?" * 5000, HARBOUR * 90), ("\x00", "\x00")]
)
def test_nothing_asked_or_nothing_there_is_no_error(reader: SpanReader, question: str, passage: str) -> None:
    found = one(reader, question, passage)
    assert np.isfinite([found.answers, found.best, found.inside]).all() and 0 <= found.start <= found.end <= len(
        passage
    )


def test_both_scripts_are_read_alike(reader: SpanReader) -> None:
    simplified, traditional = "前海的办公楼空置率是28.9%。", "前海的辦公樓空置率是28.9%。"
    first = one(reader, "办公楼空置率多少？", simplified)
    other = one(reader, "辦公樓空置率多少？", traditional)
    assert first == other


def test_threads_share_it(reader: SpanReader) -> None:
    questions = ["Who built the warehouses?", "In what year was the harbour dredged?"] * 8
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda q: one(reader, q, HARBOUR), questions))
    assert len(set(found[::2])) == len(set(found[1::2])) == 1


def test_reading_leaves_the_vectors_alone(embedder: BundledEmbedder, reader: SpanReader) -> None:
    before = load_bundled().encode_document([HARBOUR])
    one(reader, "Who built the warehouses?", HARBOUR)
    assert np.array_equal(load_bundled().encode_document([HARBOUR]), before)


def test_the_additions_fit_the_network(embedder: BundledEmbedder) -> None:
    held = load_additions(FOLDER / "reader.npz")
    slots = {slot.name for slot in embedder._session.get_overridable_initializers()}
    assert slots == {name for name in held if name.startswith("layer")} and len(slots) == 48


def test_a_folder_without_a_reader_still_answers(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "model", ignore=shutil.ignore_patterns("reader.npz"))
    plain = load_bundled(tmp_path / "model")
    assert plain.span_reader is None
    answer = QA.shipped(embedder=plain, config=Config(second_look=True)).ask("How big is the Greater Bay Area?")
    assert "56,000" in answer.text and 0 < answer.confidence <= 1


def test_a_second_look_refuses_what_passages_only_seem_to_answer() -> None:
    asked = "On which day of February 2019 was the Outline Development Plan released?"
    plain, looking = QA.shipped(), QA.shipped(config=Config(second_look=True))
    assert looking.ask(asked).confidence < plain.ask(asked).confidence
    assert "56,000" in looking.ask("How big is the Greater Bay Area?").text


def test_refusal_listens_to_the_reader() -> None:
    features = {"similarity": 0.6, "read_answers": 3.0, "read_best": 5.0, "read_inside": 5.0}
    assert confidence(features) > confidence(features | {"read_answers": -3.0, "read_best": -8.0, "read_inside": -9.0})

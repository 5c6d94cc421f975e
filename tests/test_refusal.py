"""The model of refusal as stored: its inputs are what the code computes, and its thresholds mean what they say."""

from __future__ import annotations

import json
import math
from importlib.resources import files
from itertools import pairwise

import numpy as np
import pytest

from gba_qa import QA, Config
from gba_qa.answer import refusal
from gba_qa.answer.choosing import weights
from gba_qa.answer.extractive import ExtractiveAnswerer
from gba_qa.answer.features import passage_similarities
from gba_qa.answer.question import analyse
from gba_qa.answer.refusal import FARTHEST, Network, confidence, evidence, threshold

STORED = json.loads(files("gba_qa.answer").joinpath("refusal.json").read_text(encoding="utf-8"))
ASKED = "2023年第3季前海辦公樓的空置率是多少？"


@pytest.mark.bundled
@pytest.mark.parametrize(("mode", "embedder"), [("reader", "bundled"), ("keywords", "none")])
def test_every_stored_weight_is_for_a_feature_that_is_computed(mode: str, embedder: str) -> None:
    """One that is renamed in the code alone would silently count as 0."""
    qa = QA.shipped(embedder=embedder, config=Config(second_look=True))
    answerer = qa.answerer
    assert isinstance(answerer, ExtractiveAnswerer)
    question = analyse(ASKED)
    best = answerer.rank(question, qa.search(ASKED, k=8))[0]
    found = evidence(question, best.candidate, best.features, [1.0])
    found |= passage_similarities(question, best.candidate, answerer.tokens)
    without = {"met", "similarity", "weakest"} if mode == "keywords" else set()
    wanted = set(STORED[mode]["features"]) | set(weights(vectors=mode == "reader"))
    assert not {name for name in wanted - set(found) if not without & set(name.split("_"))}


@pytest.mark.bundled
def test_what_is_in_no_document_is_refused_and_what_is_in_one_is_not() -> None:
    qa = QA.shipped()
    assert "56,000" in qa.ask("How big is the Greater Bay Area?").text
    for question in (
        "What is the population of Zhuhai in 2023?",
        "What is the plural of octopus?",
        "新養咗隻金毛，改咩名好？",
    ):
        assert qa.ask(question).abstained, question


def small(**changes: object) -> Network:
    model = {
        "features": ["a", "b"],
        "mean": [1.0, 0.0],
        "spread": [2.0, 1.0],
        "hidden": [[1.0, 0.0]],
        "hidden_bias": [0.0],
        "out": [2.0],
    }
    return Network(model | {"bias": 0.5} | changes)


def test_the_network_is_what_it_says() -> None:
    assert small()({"a": 3.0}) == pytest.approx(1 / (1 + math.exp(-(2 * math.tanh(1.0) + 0.5))))
    assert small()({"a": 1.0, "unknown": 9.0}) == pytest.approx(1 / (1 + math.exp(-0.5)))


def test_what_is_far_outside_counts_no_more_than_the_farthest() -> None:
    network = small(hidden=[[0.01, 0.0]])
    assert network({"a": 1e9}) == network({"a": 1.0 + 2.0 * FARTHEST}) > network({"a": 1.0})


@pytest.mark.parametrize("mode", ["reader", "vectors", "keywords"])
def test_thresholds_fall_as_more_is_to_be_answered(mode: str) -> None:
    features = {} if mode == "keywords" else {"similarity": 0.5}
    features |= {"read_answers": 1.0, "read_best": 2.0, "read_inside": 2.0} if mode == "reader" else {}
    shares = [0.3, 0.5, 0.72, 0.9, 0.95, 0.999, 1.0]
    values = [threshold(share, features) for share in shares]
    assert all(a >= b - 1e-9 for a, b in pairwise(values)) and values[0] > values[-1]
    assert 0.0 <= confidence(features) <= 1.0


def test_half_of_a_network_does_without_what_is_kept_from_it() -> None:
    fitting = pytest.importorskip("eval.fitting")
    pytest.importorskip("sklearn")
    x = np.random.default_rng(1).uniform(-1, 1, (300, 2))
    y = x[:, 0] > 0
    model = fitting.fit_network(x, y, np.ones(300), members=4, units=3, farthest=refusal.FARTHEST, kept_from_half=[0])
    of_first = np.array(model["hidden"]).reshape(4, 3, 2)[:, :, 0]
    assert not of_first[1::2].any() and of_first[::2].any()


def test_fitting_a_network_learns_what_no_line_can() -> None:
    fitting = pytest.importorskip("eval.fitting")
    pytest.importorskip("sklearn")
    x = np.random.default_rng(1).uniform(-1, 1, (600, 2))
    y = x[:, 0] * x[:, 1] > 0
    model = fitting.fit_network(x, y, np.ones(len(x)), members=2, decay=0.01, farthest=refusal.FARTHEST)
    network = Network({"features": ["a", "b"], **model})
    told = np.array([network({"a": a, "b": b}) > 0.5 for a, b in x])
    assert (told == y).mean() > 0.9

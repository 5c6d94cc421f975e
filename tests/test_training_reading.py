"""What the span reader learns from: answers marked where they stand, and passages that really lack them."""

from __future__ import annotations

import random

import pytest

from gba_qa.embed import FOLDER

reading = pytest.importorskip("training.reading")
ROW = {
    "en": "The pier opened in 1931. It cost 4 million. Nobody paid.",
    "zh-Hant": "碼頭1931年啟用。造價400萬。無人付款。",
    "zh-Hans": "码头1931年启用。造价400万。无人付款。",
    "questions": {"en": ["When did it open?"], "zh-Hant": ["幾時啟用？"], "zh-Hans": ["何时启用？"]},
    "answers": {"en": ["1931"], "zh-Hant": ["1931年"], "zh-Hans": ["1931年"]},
    "unanswered": {"en": ["Who built it?"], "zh-Hant": ["邊個起？"], "zh-Hans": ["谁建的？"]},
}
NEAR = dict.fromkeys(reading.LANGUAGES, "Sand. 沙。")


@pytest.fixture(scope="module")
def tokenizer() -> object:
    from tokenizers import Tokenizer

    found = Tokenizer.from_file(str(FOLDER / "tokenizer.json"))
    found.no_truncation()
    return found


def test_every_row_of_a_passage_says_what_is_true() -> None:
    rows = [
        r for seed in range(20) for r in reading._of_passage(ROW, NEAR, random.Random(seed), {"Who built it?": -2.0})
    ]
    assert {r.kind for r in rows} == {"answered", "without", "neighbour", "near miss"}
    for row in rows:
        assert bool(row.answers) == (row.kind == "answered")
        if row.kind == "answered":
            assert row.answers[0] in row.passage
        if row.kind == "without":
            assert "1931" not in row.passage and len(row.passage) > 10
    assert {r.odds for r in rows if r.question == "Who built it?"} == {-2.0}
    assert any(r.question == "When did it open?" and r.passage == ROW["zh-Hans"] for r in rows), "across languages too"


def test_sentences_with_the_answer_are_left_out() -> None:
    text = "甲地在1931年建成一座很大的码头。乙地同年没有任何工程，也没有人前往那里考察。1931年还下了雪。后来码头由三家公司轮流经营了很久。"
    assert (
        reading.without(text, ("1931年",))
        == "乙地同年没有任何工程，也没有人前往那里考察。后来码头由三家公司轮流经营了很久。"
    )
    assert reading.without("Opened in 1931.", ("1931",)) == ""


def test_the_tokens_of_an_answer_are_found_again(tokenizer: object) -> None:
    row = reading.tokenized(reading.Read("造價幾多？", ROW["zh-Hant"], ("400萬",), "answered"), tokenizer)
    ((first, last),) = row.spans
    said = tokenizer.decode(row.ids[first : last + 1])  # type: ignore[attr-defined]
    assert said.replace(" ", "").replace("##", "") in {"400万", "400萬"}
    assert row.begins <= first and reading.tokenized(reading.Read("?", "沙。", (), "neighbour"), tokenizer).spans == []
    assert reading.tokenized(reading.Read("?", "沙。", None, "answered"), tokenizer).spans is None


@pytest.mark.parametrize("before", [0, 90, 400])
def test_a_long_passage_is_cut_where_its_answer_stays(tokenizer: object, before: int) -> None:
    passage = "sand " * before + "1931 " + "gravel " * 400
    for seed in range(5):
        row = reading.tokenized(reading.Read("When?", passage, ("1931",), "answered"), tokenizer, random.Random(seed))
        ((first, last),) = row.spans
        assert row.begins <= first <= last < len(row.ids) - 1 <= row.begins + reading.PASSAGE


def test_the_shipped_additions_are_what_training_writes() -> None:
    torch = pytest.importorskip("torch")
    trained = pytest.importorskip("training.span_reader")
    rank, width, wide = trained.RANK, 384, 1536
    learnt = {
        "span.weight": torch.ones(2, width),
        "span.bias": torch.zeros(2),
        "answers.weight": torch.ones(1, width),
        "answers.bias": torch.zeros(1),
    }
    shapes = {
        "attention.self.query": (width, width), "attention.self.key": (width, width), "attention.self.value": (width, width),
        "attention.output.dense": (width, width), "intermediate.dense": (width, wide), "output.dense": (wide, width),
    }  # fmt: skip
    for name, (into, out) in shapes.items():
        at = f"encoder.body.encoder.layer.0.{name}"
        learnt |= {f"{at}.a": torch.randn(into, rank), f"{at}.b": torch.randn(rank, out)}
    found = trained.additions(learnt, layers=1)
    x = torch.randn(3, width)
    joined = (x.numpy() @ found["layer0.qkv.a"].astype("float32")) @ found["layer0.qkv.b"].astype("float32")
    for k, part in enumerate(("query", "key", "value")):
        at = f"encoder.body.encoder.layer.0.attention.self.{part}"
        apart = (x @ learnt[f"{at}.a"]) @ learnt[f"{at}.b"]
        assert joined[:, k * width : (k + 1) * width] == pytest.approx(apart.numpy(), rel=0.02, abs=0.6)
    from gba_qa.span_reader import load_additions

    shipped = load_additions(FOLDER / "reader.npz")
    assert {name: shipped[name].shape for name in found} == {name: value.shape for name, value in found.items()}

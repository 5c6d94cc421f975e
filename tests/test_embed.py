"""The bundled embedder: one space for three scripts, small, quick, without torch; any other model by name."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from gba_qa import GbaQAError, load_embedder
from gba_qa.embed import FOLDER, BundledEmbedder, load_bundled
from gba_qa.text import to_script

pytestmark = pytest.mark.bundled

PAIRS = [  # plain sentences that stand in no training line
    ("The ferry to the outlying island leaves at noon.", "前往離島的渡輪中午開出。"),
    ("Fishermen mended their nets on the beach.", "漁民在沙灘上修補漁網。"),
    ("The museum shows coins from the Ming dynasty.", "博物館展出明朝的錢幣。"),
    ("Interest rates are expected to fall next year.", "預計明年利率會下調。"),
    ("The hospital needs more nurses at night.", "醫院夜間需要更多護士。"),
    ("Electric buses will replace diesel ones.", "電動巴士將取代柴油巴士。"),
    ("Farmers grow lychees and longans in the south.", "農民在南方種植荔枝和龍眼。"),
    ("The court rejected the appeal of the company.", "法院駁回了該公司的上訴。"),
]


@pytest.fixture(scope="module")
def model() -> BundledEmbedder:
    return load_bundled()


def test_vectors_are_of_unit_length_and_the_named_shape(model: BundledEmbedder) -> None:
    vectors = model.encode_document(["前海", "Qianhai is in Shenzhen.", ""])
    assert vectors.shape == (3, model.dim) and vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3)
    assert model.encode_query([]).shape == (0, model.dim)


def test_both_scripts_of_a_text_are_one_vector(model: BundledEmbedder) -> None:
    traditional = [chinese for _, chinese in PAIRS] + ["粵港澳大灣區國際一流營商環境", "裏面", "衞生署"]
    simplified = [to_script(t, "zh-Hans") for t in traditional]
    cosines = (model.encode_query(traditional) * model.encode_query(simplified)).sum(1)
    assert cosines.mean() >= 0.995, cosines


def test_a_sentence_finds_its_translation(model: BundledEmbedder) -> None:
    english = model.encode_query([e for e, _ in PAIRS])
    chinese = model.encode_document([c for _, c in PAIRS])
    scores = english @ chinese.T
    assert (scores.argmax(1) == np.arange(len(PAIRS))).mean() >= 0.85
    assert (scores.argmax(0) == np.arange(len(PAIRS))).mean() >= 0.85


def test_token_vectors_are_of_words_that_mean_something(model: BundledEmbedder) -> None:
    plain, filled = model.encode_tokens(["vacancy rate", "What is the vacancy rate?"])
    assert plain.shape[1] == model.token_dim and len(plain) == len(filled)
    assert np.allclose(np.linalg.norm(plain, axis=1), 1, atol=1e-2)
    assert len(model.encode_tokens(["is it the"])[0]) > 0


def test_a_text_has_the_same_vector_alone_and_in_company(model: BundledEmbedder) -> None:
    texts = [c for _, c in PAIRS] + [e for e, _ in PAIRS]
    together = model.encode_document(texts)
    alone = np.concatenate([model.encode_document([t]) for t in texts])
    assert np.array_equal(together, alone)


def test_rare_characters_cost_only_themselves(model: BundledEmbedder) -> None:
    with_rare, without = model.encode_query(["香港的𡃁仔經濟發展報告", "香港的經濟發展報告"])
    assert float(with_rare @ without) > 0.8


def test_it_is_small_and_loads_no_torch() -> None:
    size = sum(f.stat().st_size for f in FOLDER.rglob("*") if f.is_file())
    assert size <= 40e6
    code = "import sys; from gba_qa import load_embedder; load_embedder().encode_query(['x']); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_question_is_quick(model: BundledEmbedder) -> None:
    times = []
    for _ in range(30):
        began = time.perf_counter()
        model.encode_query(["2023年第3季前海辦公樓的空置率是多少？"])
        times.append(time.perf_counter() - began)
    assert sorted(times)[len(times) // 4] < 0.05  # 3 ms on an idle core; the bound is for a loaded machine


def test_sentence_transformers_reads_the_same_folder(model: BundledEmbedder) -> None:
    module = pytest.importorskip("sentence_transformers")
    pytest.importorskip("optimum.onnxruntime", reason="sentence-transformers reads ONNX through optimum")
    texts = [t for pair in PAIRS for t in pair]
    theirs = module.SentenceTransformer(str(FOLDER), backend="onnx").encode(texts, normalize_embeddings=True)
    assert (theirs * model.encode_document(texts)).sum(1).min() >= 0.99


def test_what_is_missing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(GbaQAError, match=r"lacks onnx/model\.onnx"):
        load_bundled(tmp_path)
    monkeypatch.setenv("GBA_QA_THREADS", "many")
    with pytest.raises(GbaQAError, match="GBA_QA_THREADS"):
        load_embedder()

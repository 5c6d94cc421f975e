"""The bundled embedder: one space for English, Traditional and Simplified Chinese, small, quick, and the same every time."""

from __future__ import annotations

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from gba_qa.embed import FOLDER, BundledEmbedder, load_bundled, load_embedder
from gba_qa.errors import GbaQAError, MissingDependency, install_command
from gba_qa.types import Embedder, Floats

SAME = {
    "en": [
        "The ferry to the outlying islands is cancelled because of the typhoon.",
        "Small companies pay less profits tax in their first three years.",
        "Nurses who trained abroad may register after a short examination.",
        "The museum opens late on Fridays and is free for students.",
        "Rice prices rose after the harvest failed.",
        "The new railway cuts the journey to the airport to twenty minutes.",
    ],
    "zh-Hant": [
        "因颱風關係，往離島的渡輪服務取消。",
        "小型公司首三年可繳付較少利得稅。",
        "在海外受訓的護士通過簡短考試後可註冊。",
        "博物館逢星期五延長開放時間，學生免費入場。",
        "收成失敗後，米價上升。",
        "新鐵路令前往機場的車程縮短至二十分鐘。",
    ],
}
SAME["zh-Hans"] = [
    "因台风关系，往离岛的渡轮服务取消。",
    "小型公司首三年可缴付较少利得税。",
    "在海外受训的护士通过简短考试后可注册。",
    "博物馆逢星期五延长开放时间，学生免费入场。",
    "收成失败后，米价上升。",
    "新铁路令前往机场的车程缩短至二十分钟。",
]
LANGUAGES = list(SAME)


@pytest.fixture(scope="module")
def embedder() -> BundledEmbedder:
    return load_bundled(threads=2)


def cosine(a: Floats, b: Floats) -> Floats:
    return (a * b).sum(axis=1)


def test_it_is_an_embedder_with_a_name_and_a_fingerprint(embedder: BundledEmbedder) -> None:
    assert isinstance(embedder, Embedder)
    assert (embedder.name, embedder.dim) == ("bundled", 384)
    assert embedder.fingerprint == load_bundled().fingerprint


@pytest.mark.parametrize("language", LANGUAGES)
def test_vectors_are_float32_of_unit_length(embedder: BundledEmbedder, language: str) -> None:
    for vectors in (embedder.encode_query(SAME[language]), embedder.encode_document(SAME[language])):
        assert vectors.shape == (6, 384) and vectors.dtype == np.float32
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_no_texts_give_no_rows(embedder: BundledEmbedder) -> None:
    assert embedder.encode_query([]).shape == (0, 384)
    assert embedder.encode_document([]).shape == (0, 384)
    assert embedder.encode_tokens([]) == []


@pytest.mark.parametrize("asked", LANGUAGES)
@pytest.mark.parametrize("held", LANGUAGES)
def test_a_text_is_nearest_to_its_translation(embedder: BundledEmbedder, asked: str, held: str) -> None:
    scores = embedder.encode_query(SAME[asked]) @ embedder.encode_document(SAME[held]).T
    assert scores.argmax(axis=1).tolist() == [0, 1, 2, 3, 4, 5]


def test_the_script_and_the_width_of_characters_make_no_difference(embedder: BundledEmbedder) -> None:
    hant, hans = embedder.encode_document(SAME["zh-Hant"]), embedder.encode_document(SAME["zh-Hans"])
    assert cosine(hant, hans).min() >= 0.995
    wide, narrow = embedder.encode_query(["ＧＢＡ　２０２３年，「前海」"]), embedder.encode_query(['GBA 2023年,"前海"'])
    assert cosine(wide, narrow)[0] == pytest.approx(1, abs=1e-5)


def test_a_vector_does_not_depend_on_what_is_encoded_beside_it(embedder: BundledEmbedder) -> None:
    texts = [text for language in LANGUAGES for text in SAME[language]] + ["稅", "Tax " * 300]
    together = embedder.encode_document(texts)
    single = load_bundled(threads=1)
    alone = np.concatenate([single.encode_document([text]) for text in texts])
    assert np.array_equal(together, alone)


def test_threads_can_share_one_embedder(embedder: BundledEmbedder) -> None:
    expected = embedder.encode_query(SAME["zh-Hant"])
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: embedder.encode_query(SAME["zh-Hant"]), range(12)):
            assert np.array_equal(found, expected)


@pytest.mark.parametrize("language", LANGUAGES)
def test_token_vectors_are_small_and_of_unit_length(embedder: BundledEmbedder, language: str) -> None:
    for tokens in embedder.encode_tokens(SAME[language]):
        assert tokens.dtype == np.float32 and tokens.shape[1] == embedder.token_dim <= 96
        assert np.allclose(np.linalg.norm(tokens, axis=1), 1, atol=1e-5)


@pytest.mark.parametrize(
    ("said", "with_more"),
    [("ferry typhoon", "the ferry, and the typhoon!"), ("渡輪颱風", "渡輪的，颱風。"), ("渡轮台风", "渡轮的，台风。")],
)
def test_stop_words_and_punctuation_have_no_token_vector(embedder: BundledEmbedder, said: str, with_more: str) -> None:
    bare, full = embedder.encode_tokens([said, with_more])
    assert len(bare) == len(full) > 0


@pytest.mark.parametrize("text", ["what is it?", "是什麼？", "是什么？"])
def test_a_question_of_stop_words_alone_keeps_its_tokens(embedder: BundledEmbedder, text: str) -> None:
    assert len(embedder.encode_tokens([text])[0]) >= 2


@pytest.mark.parametrize("text", ["", "   ", "𠮷", "🙂", "\x00"])
def test_odd_texts_have_a_vector(embedder: BundledEmbedder, text: str) -> None:
    vectors, tokens = embedder.encode_with_tokens([text])
    assert np.isfinite(vectors).all() and len(tokens[0]) >= 1


def test_one_pass_gives_what_two_give(embedder: BundledEmbedder) -> None:
    vectors, tokens = embedder.encode_with_tokens(SAME["en"])
    assert np.array_equal(vectors, embedder.encode_document(SAME["en"]))
    assert all(np.array_equal(a, b) for a, b in zip(tokens, embedder.encode_tokens(SAME["en"]), strict=True))


def test_text_beyond_the_limit_is_left_unread(embedder: BundledEmbedder) -> None:
    start = "深圳與香港合作。" * 200
    assert np.array_equal(embedder.encode_document([start + "月球"]), embedder.encode_document([start + "咖啡"]))
    assert len(embedder.encode_tokens([start])[0]) <= embedder.max_tokens


def test_a_word_without_a_row_falls_back_to_its_characters_and_a_rare_character_costs_only_itself() -> None:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(FOLDER / "tokenizer.json"))
    unknown = tokenizer.token_to_id("[UNK]")
    assert unknown not in tokenizer.encode("橫琴粵澳深度合作區跨境備案執業，佢哋喺邊度返工").ids
    with_rare = tokenizer.encode("香港㐂灣區", add_special_tokens=False).ids
    assert with_rare.count(unknown) == 1
    assert [i for i in with_rare if i != unknown] == tokenizer.encode("香港 湾区", add_special_tokens=False).ids


def test_one_string_is_no_list_of_texts(embedder: BundledEmbedder) -> None:
    with pytest.raises(TypeError, match="list of strings"):
        embedder.encode_query("大灣區")


def test_all_files_together_are_at_most_40_mb() -> None:
    assert sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()) <= 40_000_000


def test_int8_keeps_the_vectors_of_the_same_weights_in_fp32(embedder: BundledEmbedder, tmp_path: Path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    exact = onnxruntime.InferenceSession(str(_in_fp32(tmp_path / "fp32.onnx")), providers=["CPUExecutionProvider"])
    for language in LANGUAGES:
        for text, vector in zip(SAME[language], embedder.encode_document(SAME[language]), strict=True):
            ids = np.array([embedder._tokenizer.encode(text).ids])
            (expected,) = exact.run(["sentence_embedding"], {"input_ids": ids, "attention_mask": np.ones_like(ids)})
            assert float(vector @ expected[0]) >= 0.99


def _in_fp32(path: Path) -> Path:
    """The shipped graph with every int8 product replaced by an exact one over the same weights."""
    onnx = pytest.importorskip("onnx")
    model = onnx.load(FOLDER / "onnx" / "model.onnx")
    constants = {c.name: onnx.numpy_helper.to_array(c) for c in model.graph.initializer}
    nodes = []
    for node in model.graph.node:
        if node.op_type != "DynamicQuantizeMatMul":
            nodes.append(node)
            continue
        x, weight, scale, _, bias = node.input
        name = weight + ".fp32"
        model.graph.initializer.append(
            onnx.numpy_helper.from_array(constants[weight].astype(np.float32) * constants[scale], name)
        )
        nodes.append(onnx.helper.make_node("MatMul", [x, name], [name + ".product"]))
        nodes.append(onnx.helper.make_node("Add", [name + ".product", bias], list(node.output)))
    assert len(nodes) > len(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.save(model, path)
    return path


def test_sentence_transformers_reads_the_same_folder(embedder: BundledEmbedder) -> None:
    pytest.importorskip("optimum.onnxruntime", reason="`pip install 'sentence-transformers[onnx]'` brings it")
    from sentence_transformers import SentenceTransformer

    theirs = SentenceTransformer(str(FOLDER), backend="onnx", device="cpu")
    for language in LANGUAGES:
        assert cosine(embedder.encode_document(SAME[language]), theirs.encode(SAME[language])).min() >= 0.99


def test_the_bundled_model_is_a_sentence_transformer_too(embedder: BundledEmbedder, tmp_path: Path) -> None:
    from sentence_transformers.sentence_transformer.evaluation import EmbeddingSimilarityEvaluator

    from gba_qa.sentence_transformer import sentence_transformer

    model = sentence_transformer(embedder)
    for language in LANGUAGES:
        assert cosine(embedder.encode_document(SAME[language]), model.encode(SAME[language])).min() >= 0.9999
    assert model.encode("稅").shape == (384,) and model.get_embedding_dimension() == 384
    near, far = ("tax relief", "稅務寬減", 1.0), ("tax relief", "渡輪服務", 0.0)
    told = EmbeddingSimilarityEvaluator(*map(list, zip(near, far, strict=True)))(
        model
    )  # a library's own evaluator takes it
    assert told["spearman_cosine"] > 0.99
    model.save(str(tmp_path / "kept"))
    assert (tmp_path / "kept" / "onnx" / "model.onnx").stat().st_size == (FOLDER / "onnx" / "model.onnx").stat().st_size


def test_a_sentence_transformer_without_the_library_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from gba_qa.sentence_transformer import sentence_transformer

    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(MissingDependency, match=re.escape(install_command("sentence-transformers"))):
        sentence_transformer()


def test_nothing_heavy_is_loaded() -> None:
    program = (
        "import sys, gba_qa.embed; assert 'onnxruntime' not in sys.modules; e = gba_qa.embed.load_embedder(); e.encode_query(['稅']); "
        "heavy = {'torch', 'transformers', 'sentence_transformers'} & set(sys.modules); assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize("threads", ["0", "many", "-1"])
def test_a_bad_number_of_threads_is_told(monkeypatch: pytest.MonkeyPatch, threads: str) -> None:
    monkeypatch.setenv("GBA_QA_THREADS", threads)
    with pytest.raises(GbaQAError, match=f"GBA_QA_THREADS is '{threads}'"):
        load_embedder()


def test_a_folder_with_a_file_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(GbaQAError, match=r"lacks onnx/model\.onnx"):
        load_bundled(tmp_path)


def test_another_model_without_sentence_transformers_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(MissingDependency, match=re.escape(install_command("sentence-transformers"))) as told:
        load_embedder("some/model")
    assert told.value.extra == "sentence-transformers"


def test_a_model_that_is_not_there_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise OSError(f"no file named config.json found in {name}\nmore lines")

    stub = ModuleType("sentence_transformers")
    stub.SentenceTransformer = missing  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "sentence_transformers", stub)
    with pytest.raises(GbaQAError, match="cannot load the embedder 'no/model'") as told:
        load_embedder("no/model")
    assert "\n" not in str(told.value)

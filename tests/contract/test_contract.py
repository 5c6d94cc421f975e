"""What every index engine must do.  Each test runs on each of them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import bm25s
import numpy as np
import pytest
from engines import Engine, Made

from gba_qa.errors import IndexLocked, IndexMismatch, ReadError, UsageError
from gba_qa.index import Index, open_index
from gba_qa.text import tokenize
from gba_qa.types import Chunk

Making = Callable[..., Made]


def ids(hits: list[Any]) -> list[str]:
    return [hit.chunk.id for hit in hits]


# ---------------------------------------------------------------------- what is stored


def test_documents_come_back_whole(filled: Index, three: list[Made]) -> None:
    for document, chunks, _, _ in three:
        assert filled.document(document.id) == document
        assert filled.chunks(document.id) == chunks
        for chunk in filled.chunks(document.id):
            assert filled.document(chunk.doc_id).text[chunk.start : chunk.end] == chunk.text
    assert filled.chunk("hant-001").text == "橫琴面積106平方公里。"
    assert filled.chunk("hant-001").page == 2
    assert len(filled) == 9
    assert filled.size > 0


def test_documents_are_listed_in_order_with_what_is_known_of_them(filled: Index) -> None:
    listed = filled.documents()
    assert [d.source for d in listed] == ["docs/en.md", "docs/hans.md", "docs/hant.md"]
    info = listed[2]
    assert (info.id, info.title, info.language, info.pages, info.chunks) == ("hant", "Title of hant", "zh-Hant", 2, 3)
    assert (info.sha, info.size, info.mtime_ns, info.date, info.slug) == ("sha-hant", 7, 9, "2024-05-01", "hant")
    assert info.characters == len(filled.document("hant").text)
    assert [tuple(page) for page in info.skipped] == [(3, "no text")]
    assert info.read.startswith("20")


def test_unknown_ids(filled: Index) -> None:
    with pytest.raises(KeyError, match="no document 'nobody'"):
        filled.document("nobody")
    with pytest.raises(KeyError, match="no chunk 'nothing'"):
        filled.chunk("nothing")
    assert filled.chunks("nobody") == []
    assert filled.bm25_scores(tokenize("九市"), ["nothing", "hant-000"])[0] == 0
    assert filled.token_vectors(["nothing"])[0].shape == (0, 16)


def test_manifest_says_what_built_it(filled: Index) -> None:
    manifest = filled.manifest
    assert (manifest.embedder, manifest.fingerprint, manifest.dim, manifest.token_dim, manifest.chunker) == (
        "hash",
        "hash-1",
        64,
        16,
        "1",
    )
    assert set(manifest.documents) == {"docs/en.md", "docs/hans.md", "docs/hant.md"}


# ---------------------------------------------------------------------- lexical search


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("Which homes may residents of Hong Kong buy?", "en-000"),
        ("港澳居民購買住房", "hant-000"),
        ("港澳居民购买住房", "hant-000"),
        ("二十四小時通關", "hans-001"),
        ("二十四小时通关", "hans-001"),
        ("vacancy 28.9%", "hant-002"),
    ],
)
def test_bm25_finds_in_either_script(filled: Index, question: str, found: str) -> None:
    assert ids(filled.search_bm25(tokenize(question), 3))[0] == found


def test_bm25_scores_are_those_of_another_implementation(engine: Engine, make: Making) -> None:
    sentences = [
        "澳門居民 到 橫琴 居住",
        "橫琴 面積 106 橫琴 橫琴",
        "Macao residents live in Hengqin",
        "the residents",
        "106 106 平方公里，106",
    ]
    with engine.write() as writer:
        writer.add(*make("a", sentences[:3]))
        writer.add(*make("b", sentences[3:]))
    index = engine.read()
    oracle = bm25s.BM25(method="lucene", k1=1.5, b=0.75)
    oracle.index([tokenize("\n\n" + s) for s in sentences], show_progress=False)
    names = ["a-000", "a-001", "a-002", "b-000", "b-001"]
    for query in ("橫琴面積", "residents of Macao 106", "横琴 横琴 居民"):
        tokens = tokenize(query)
        expected = oracle.get_scores([t for t in tokens if t in oracle.vocab_dict])
        assert index.bm25_scores(tokens, names) == pytest.approx(expected, abs=1e-5)
        hits = index.search_bm25(tokens, 5)
        assert {h.chunk.id: h.score for h in hits} == pytest.approx(
            {n: s for n, s in zip(names, expected, strict=True) if s > 0}, abs=1e-5
        )
        assert all(h.retriever == "bm25" for h in hits)


def test_heading_and_context_are_searched_and_not_joined_to_the_text(engine: Engine, make: Making) -> None:
    with engine.write() as writer:
        writer.add(*make("x", ["居民可申请。"], heading="第一章 住房", context="表一 | 面积"))
    index = engine.read()
    assert ids(index.search_bm25(["住房"], 3)) == ["x-000"]
    assert ids(index.search_bm25(["面积"], 3)) == ["x-000"]
    assert index.search_bm25(["房表"], 3) == []  # end of the heading, start of the context
    assert index.search_bm25(["积居"], 3) == []


def test_no_hits_without_a_common_token(filled: Index) -> None:
    assert filled.search_bm25(tokenize("penguins of Antarctica"), 5) == []
    assert filled.search_bm25([], 5) == []
    assert filled.search_bm25(tokenize("九市"), 0) == []


def test_best_possible_score_is_never_reached(filled: Index) -> None:
    for query in ("九市購買住房", "the tax rate in Qianhai is 15%", "口岸每天开放"):
        tokens = tokenize(query)
        top = filled.search_bm25(tokens, 1)[0].score
        assert 0.3 < top / filled.bm25_best(tokens) < 1
    assert filled.bm25_best([]) == 0
    expected = [np.log(1 + (9 - df + 0.5) / (df + 0.5)) for df in (3, 2, 0)]  # chunks of 9 that hold the word
    assert filled.bm25_idf(["口岸", "居民", "企鹅"]) == pytest.approx(expected, rel=1e-5)


# ---------------------------------------------------------------------- dense search


def test_dense_scores_are_cosines_best_first(filled: Index, three: list[Made], embedder: Any) -> None:
    matrix = np.concatenate([made[2] for made in three])
    names = [chunk.id for made in three for chunk in made[1]]
    query = embedder.encode_query(["口岸每天通關"])[0]
    expected = sorted(zip((-(matrix @ query)).tolist(), names, strict=True))
    hits = filled.search_dense(query * 3, 9)  # length does not matter
    assert ids(hits) == [name for _, name in expected]
    assert [h.score for h in hits] == pytest.approx([-s for s, _ in expected], abs=1e-5)
    assert filled.dense_scores(query, names) == pytest.approx(matrix @ query, abs=1e-5)
    assert filled.dense_scores(query, ["nothing", names[4]])[0] == 0
    assert all(h.retriever == "dense" for h in hits)


def test_stored_vectors_of_any_length_are_compared_by_direction(engine: Engine, make: Making) -> None:
    document, chunks, vectors, tokens = make("a", ["one", "two"])
    with engine.write() as writer:
        writer.add(document, chunks, vectors * np.array([[5], [0.1]], np.float32), tokens)
    assert [h.score for h in engine.read().search_dense(vectors[1], 1)] == pytest.approx([1.0], abs=1e-6)


def test_token_vectors_are_kept_to_half_a_percent(filled: Index, three: list[Made]) -> None:
    names = [chunk.id for made in three for chunk in made[1]]
    for found, given in zip(filled.token_vectors(names), [t for made in three for t in made[3]], strict=True):
        assert found.dtype == np.float32
        assert found.shape == given.shape
        assert np.abs(found - given).max() < 0.005
        assert np.einsum("ij,ij->i", found, given) == pytest.approx(1, abs=0.01)


def test_without_vectors_there_is_only_keyword_search(engine: Engine, make: Making) -> None:
    document, chunks, _, _ = make("a", ["九市 homes"])
    with engine.write(embedder="none", fingerprint="", dim=0, token_dim=0) as writer:
        writer.add(document, chunks, None)
    index = engine.read()
    assert ids(index.search_bm25(tokenize("九市"), 2)) == ["a-000"]
    assert index.search_dense(np.ones(64, np.float32), 2) == []
    assert index.token_vectors(["a-000"]) == []
    assert index.dense_scores(np.ones(64, np.float32), ["a-000"]).tolist() == [0]


# ---------------------------------------------------------------------- limits, ties, filters


def test_ties_are_ordered_by_chunk_id_wherever_they_are_cut(engine: Engine, make: Making) -> None:
    with engine.write() as writer:
        for name in ("d", "b", "e", "a", "c"):
            writer.add(*make(name, ["同一句話。"] * 7))
    index = engine.read()
    vector = index.manifest.dim and make("q", ["同一句話。"])[2][0]
    ordered = [f"{name}-{i:03d}" for name in "abcde" for i in range(7)]
    for k in (1, 5, 10, 35, 99):
        assert ids(index.search_bm25(tokenize("同一句話"), k)) == ordered[:k]
        assert ids(index.search_dense(vector, k)) == ordered[:k]
        assert ids(index.search_dense(vector, k, doc_ids=["c", "e"])) == [i for i in ordered if i[0] in "ce"][:k]


def test_only_the_documents_asked_for(filled: Index, embedder: Any) -> None:
    vector = embedder.encode_query(["香港居民"])[0]
    tokens = tokenize("香港居民 Hong Kong residents")
    for wanted in ({"hans"}, {"hans", "en"}, {"nobody"}, set[str]()):
        known = {i for i in ("en", "hans", "hant") if i in wanted}
        dense, lexical = filled.search_dense(vector, 9, doc_ids=wanted), filled.search_bm25(tokens, 9, doc_ids=wanted)
        assert len(dense) == 3 * len(known)
        assert {h.chunk.doc_id for h in lexical} == known
        everywhere = {h.chunk.id: h.score for h in filled.search_bm25(tokens, 9)}
        assert all(everywhere[h.chunk.id] == h.score for h in lexical)  # a filter does not change scores


def test_an_empty_index_answers_with_nothing(engine: Engine) -> None:
    with engine.write():
        pass
    index = engine.read()
    assert len(index) == 0
    assert index.documents() == []
    assert index.search_bm25(tokenize("九市"), 5) == []
    assert index.search_dense(np.ones(64, np.float32), 5) == []
    assert index.bm25_best(tokenize("九市")) > 0


# ---------------------------------------------------------------------- changes


def test_a_deleted_document_is_gone_from_both_sides(engine: Engine, filled: Index, embedder: Any) -> None:
    with engine.write() as writer:
        assert writer.delete("hant") == ["docs/hant.md"]
    index = engine.read()
    assert index.search_bm25(["28.9%"], 5) == []
    assert index.bm25_idf(["28.9%"])[0] == index.bm25_idf(["企鹅"])[0]  # its words are unknown now
    assert {h.chunk.doc_id for h in index.search_dense(embedder.encode_query(["空置率升至28.9%。"])[0], 9)} == {
        "en",
        "hans",
    }
    assert index.chunks("hant") == []
    assert len(index) == 6
    with pytest.raises(KeyError):
        index.document("hant")


def test_a_changed_file_is_replaced_whole(engine: Engine, filled: Index, make: Making) -> None:
    with engine.write() as writer:
        writer.add(*make("hant2", ["空置率回落至12.4%。"], source="docs/hant.md", language="zh-Hant"))
        assert not writer.has("hant")
    index = engine.read()
    assert [d.id for d in index.documents()] == ["en", "hans", "hant2"]
    assert index.search_bm25(["28.9%"], 5) == []
    assert ids(index.search_bm25(["12.4%"], 5)) == ["hant2-000"]


def test_a_renamed_file_keeps_chunks_and_vectors(engine: Engine, filled: Index, embedder: Any) -> None:
    before = filled.chunks("hant")
    with engine.write() as writer:
        writer.rename_source("docs/hant.md", "新名/空置.pdf", size=8, mtime_ns=10, path="/新名/空置.pdf")
        writer.touch("docs/en.md", size=1, mtime_ns=2, path="/docs/en.md")
        writer.touch("docs/en.md", size=1, mtime_ns=3)
    index = engine.read()
    assert [d.source for d in index.documents()] == ["docs/en.md", "docs/hans.md", "新名/空置.pdf"]
    assert index.chunks("hant") == [replace(c, source="新名/空置.pdf") for c in before]
    assert index.document("hant").source == "新名/空置.pdf"
    info = index.documents()[2]
    assert (info.sha, info.size, info.mtime_ns, info.path) == ("sha-hant", 8, 10, "/新名/空置.pdf")
    assert [(d.mtime_ns, d.path) for d in index.documents()][:2] == [(3, "/docs/en.md"), (9, "")]
    assert ids(index.search_dense(embedder.encode_query(["橫琴面積106平方公里。"])[0], 1)) == ["hant-001"]


def test_one_content_from_two_files_goes_with_the_last_of_them(engine: Engine, filled: Index, make: Making) -> None:
    document, chunks, _, _ = make("en", [c.text for c in filled.chunks("en")], source="copy/en.md")
    with engine.write() as writer:
        assert writer.has(document.id)
        writer.add(document, chunks, None)  # no vectors needed: they are there
        assert writer.sources("en") == ["copy/en.md", "docs/en.md"]
    assert len(engine.read()) == 9
    assert len(engine.read().documents()) == 4
    assert engine.read().chunk("en-000").source == "copy/en.md"
    with engine.write() as writer:
        writer.delete_source("copy/en.md")
    assert engine.read().chunk("en-000").source == "docs/en.md"
    with engine.write() as writer:
        writer.delete_source("docs/en.md")
    assert engine.read().search_bm25(tokenize("nine cities"), 3) == []
    assert len(engine.read()) == 6


def test_vectors_of_unchanged_chunks_need_not_be_made_again(engine: Engine, filled: Index, make: Making) -> None:
    _, old_chunks, old_vectors, old_tokens = make("hant", [c.text for c in filled.chunks("hant")])
    renumbered = [replace(c, id=f"new-{c.id}", doc_id="new", start=c.start + 100, end=c.end + 100) for c in old_chunks]
    other = replace(renumbered[0], heading="another heading")
    with engine.write() as writer:
        *found, changed = writer.cached([*renumbered, other])
        assert changed is None  # the heading may have been embedded with it
        for i, cached in enumerate(found):
            assert cached is not None
            assert cached.vector == pytest.approx(old_vectors[i], abs=1e-6)
            assert cached.token_vectors == pytest.approx(old_tokens[i], abs=0.005)
        writer.delete("hant")
        assert writer.cached(renumbered[:1]) != [None]  # the order of deleting and adding does not matter


def test_an_exception_drops_everything(engine: Engine, filled: Index, make: Making) -> None:
    with pytest.raises(RuntimeError, match="half way"), engine.write() as writer:
        writer.add(*make("new", ["新的一句。"]))
        writer.delete("en")
        raise RuntimeError("half way")
    index = engine.read()
    assert [d.id for d in index.documents()] == ["en", "hans", "hant"]
    assert ids(index.search_bm25(tokenize("nine cities"), 1)) == ["en-000"]
    assert index.search_bm25(["新的"], 1) == []
    with engine.write() as writer:  # and the lock is free
        writer.delete("en")
    assert len(engine.read()) == 6


def test_a_checkpoint_is_seen_and_what_follows_it_can_be_dropped(engine: Engine, make: Making) -> None:
    with pytest.raises(RuntimeError), engine.write() as writer:
        writer.add(*make("first", ["第一份文件。"]))
        assert writer.commit()
        assert [d.id for d in engine.read().documents()] == ["first"]
        assert not writer.commit()
        writer.add(*make("second", ["第二份文件。"]))
        raise RuntimeError
    assert [d.id for d in engine.read().documents()] == ["first"]


def test_nothing_to_do_changes_nothing(engine: Engine, filled: Index) -> None:
    before = filled.manifest
    with engine.write() as writer:
        info = writer.known("docs/en.md")
        assert info is not None
        writer.touch("docs/en.md", size=info.size, mtime_ns=info.mtime_ns)
        assert not writer.changed
    assert not filled.refresh()
    assert engine.read().manifest == before


def test_unknown_names_are_refused_by_the_writer(engine: Engine, filled: Index) -> None:
    with engine.write() as writer:
        for call in (
            lambda: writer.delete("nobody"),
            lambda: writer.delete_source("docs/nobody.md"),
            lambda: writer.rename_source("docs/nobody.md", "x.md"),
            lambda: writer.touch("docs/nobody.md", size=1, mtime_ns=1),
        ):
            with pytest.raises(KeyError, match="nobody"):
                call()
        assert not writer.changed


@pytest.mark.parametrize(
    "case", ["vectors", "shape", "nan", "tokens", "text", "document", "twice", "taken", "surrogate"]
)
def test_what_does_not_fit_is_refused_and_the_rest_goes_on(
    engine: Engine, filled: Index, make: Making, case: str
) -> None:
    document, chunks, vectors, tokens = make("bad", ["第一句。", "第二句。"])
    error: type[Exception] = UsageError
    if case == "vectors":
        vectors = vectors[:1]
    elif case == "shape":
        vectors = vectors[:, :10]
    elif case == "nan":
        vectors = vectors * np.float32("nan")
    elif case == "tokens":
        tokens = tokens[:1]
    elif case == "text":
        chunks = [chunks[0], replace(chunks[1], text="別的句子")]
    elif case == "document":
        chunks = [chunks[0], replace(chunks[1], doc_id="en")]
    elif case == "twice":
        chunks = [chunks[0], replace(chunks[1], id=chunks[0].id)]
    elif case == "taken":
        chunks = [chunks[0], replace(chunks[1], id="en-001")]
    else:
        text = document.text.replace("第一句", "第\ud800句")
        document, chunks = replace(document, text=text), [replace(chunks[0], text=text[:4]), chunks[1]]
        error = ReadError
    with engine.write() as writer:
        with pytest.raises(error):
            writer.add(document, chunks, vectors, tokens)
        writer.add(*make("good", ["好的句子。"]))
    index = engine.read()
    assert [d.id for d in index.documents()] == ["en", "good", "hans", "hant"]
    assert index.search_bm25(["第一"], 3) == []
    assert len(index) == 10


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"embedder": "other"}, "'hash', not 'other'"),
        ({"fingerprint": "hash-2"}, "'hash-1', not 'hash-2'"),
        ({"dim": 32}, "64, not 32"),
        ({"token_dim": 0}, "16, not 0"),
        ({"chunker": "2"}, "'1', not '2'"),
    ],
)
def test_another_builder_is_told_apart_and_rebuild_takes_its_place(
    engine: Engine, filled: Index, make: Making, changed: dict[str, Any], named: str
) -> None:
    with pytest.raises(IndexMismatch, match=named) as caught:
        engine.write(**changed)
    assert "gba-qa index --rebuild --index" in str(caught.value)
    assert len(engine.read()) == 9
    with engine.write(**changed, rebuild=True) as writer:
        assert writer.known("docs/en.md") is None
        assert len(engine.read()) == 9  # until the rebuild is whole
    assert len(engine.read()) == 0


# ---------------------------------------------------------------------- readers and writers at once


def test_a_second_writer_is_told_who_writes_and_can_wait(engine: Engine, filled: Index, make: Making) -> None:
    with engine.write() as writer:
        with pytest.raises(IndexLocked, match="process"):
            engine.write()
        waiting = threading.Thread(target=lambda: engine.write(wait=20).__exit__(None, None, None))
        waiting.start()
        writer.add(*make("new", ["新的一句。"]))
        assert waiting.is_alive()
    waiting.join(20)
    assert not waiting.is_alive()
    assert len(engine.read()) == 10


def test_a_snapshot_stays_when_the_index_moves_on(engine: Engine, filled: Index) -> None:
    with filled.snapshot() as still:
        with engine.write() as writer:
            writer.delete("en")
        filled.refresh()
        assert len(filled) == 6
        assert filled.search_bm25(tokenize("nine cities"), 1) == []
        assert ids(still.search_bm25(tokenize("nine cities"), 1)) == ["en-000"]
        assert still.document("en").text.startswith("Hong Kong")
        assert not still.refresh()
    with pytest.raises(UsageError, match="closed"):
        still.documents()


def test_running_searches_see_one_whole_generation(engine: Engine, make: Making) -> None:
    """Each generation says its number in every chunk; a reader that mixes two would find chunks of both."""
    with engine.write() as writer:
        for n in range(4):
            writer.add(*make(f"d{n}", ["gen0 common"], source=f"{n}.md"))
    index = engine.read()
    wrong: list[object] = []
    done = threading.Event()

    def search() -> None:
        while not done.is_set():
            try:
                with index.snapshot() as view:
                    hits = view.search_bm25(["common"], 10)
                    said = {view.document(h.chunk.doc_id).text for h in hits} | {h.chunk.text for h in hits}
                    if len(hits) != 4 or len(said) != 1:
                        wrong.append(said)
                index.refresh()
            except Exception as error:
                wrong.append(error)

    threads = [threading.Thread(target=search) for _ in range(3)]
    for thread in threads:
        thread.start()
    for generation in range(1, 9):
        with engine.write() as writer:
            for n in range(4):
                writer.add(*make(f"d{n}-{generation}", [f"gen{generation} common"], source=f"{n}.md"))
    done.set()
    for thread in threads:
        thread.join()
    assert wrong == []
    index.refresh()
    assert index.search_bm25(["gen8"], 9) != [] or {h.chunk.text for h in index.search_bm25(["common"], 4)} == {
        "gen8 common"
    }


def test_a_closed_index_says_so(filled: Index) -> None:
    filled.close()
    with pytest.raises(UsageError, match="closed"):
        filled.search_bm25(["九市"], 1)


def test_an_index_in_memory_takes_chunks_alone(three: list[Made]) -> None:
    index = open_index(":memory:")
    document, chunks, vectors, _ = three[1]
    index.add(chunks, vectors)  # type: ignore[attr-defined]
    index.add(three[0][1], three[0][2])  # type: ignore[attr-defined]
    assert (len(index), index.manifest.dim) == (6, 64)
    assert index.document("hant").text.split() == document.text.split()
    chunk: Chunk = index.search_bm25(tokenize("空置率"), 1)[0].chunk
    assert index.document("hant").text[chunk.start : chunk.end] == chunk.text
    assert ids(index.search_dense(vectors[1], 1)) == ["hant-001"]
    index.delete("hant")  # type: ignore[attr-defined]
    assert len(index) == 3

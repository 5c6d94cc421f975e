"""The index folder: what is found when it is opened, who may write, and what a stranger's folder can't do."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import index_worker
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gba_qa.errors import (
    IndexCorrupt,
    IndexLocked,
    IndexMismatch,
    IndexNotFound,
    UsageError,
)
from gba_qa.index import DocumentInfo, Index, Manifest, MemoryIndex, open_index, open_writer
from gba_qa.index.arrays import checksum, load_array
from gba_qa.index.folder import files_of
from gba_qa.text import tokenize
from gba_qa.types import Chunk, Document

REBUILD = r"gba-qa index --rebuild --index "
VECTOR = np.ones(index_worker.DIM, np.float32)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("built") / "index"
    index_worker.update(str(root), 1)
    return root


@pytest.fixture
def root(built: Path, tmp_path: Path) -> Path:
    """A copy of an index to damage."""
    return Path(shutil.copytree(built, tmp_path / "index"))


def generation(root: Path) -> Path:
    return root / (root / "CURRENT").read_text().strip()


def use_everything(index: Index) -> None:
    index.search_bm25(["common", "第"], 5)
    index.search_dense(VECTOR, 5)
    index.token_vectors([hit.chunk.id for hit in index.search_bm25(["common"], 999)])
    for info in index.documents():
        index.document(info.id)
        index.chunks(info.id)


# ---------------------------------------------------------------------- opening


def test_importing_loads_nothing_heavy() -> None:
    code = (
        "import sys, gba_qa.index; print(sorted({'faiss', 'torch', 'pymilvus', 'bm25s', 'xxhash'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.stdout.strip() == "[]", done.stderr


def test_no_index_is_told_with_the_command_that_makes_one(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    for place in (tmp_path, tmp_path / "missing", tmp_path / "file"):
        with pytest.raises(IndexNotFound, match=r"build one with `gba-qa index PATH… --index ") as caught:
            open_index(place)
        assert str(place) in str(caught.value)


def test_places_that_are_none() -> None:
    with pytest.raises(UsageError, match="http://example"):
        open_index("http://example.org/index")
    with pytest.raises(UsageError, match="hand over the index itself"):
        open_writer(":memory:", embedder="e", fingerprint="", dim=0)
    assert isinstance(open_index(":memory:"), MemoryIndex)


def test_every_file_is_plain_data(built: Path) -> None:
    folder = generation(built)
    assert {p.name for p in folder.iterdir()} == {"manifest.json", *files_of(Manifest(dim=1, token_dim=1))}
    for path in folder.glob("*.npy"):
        assert not np.load(path, allow_pickle=False).dtype.hasobject
    assert {p.suffix for p in folder.iterdir()} == {".npy", ".json", ".sqlite"}


# ---------------------------------------------------------------------- damage


ALL_FILES = [*files_of(Manifest(dim=1, token_dim=1)), "manifest.json"]


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        (name, damage)
        for name in ALL_FILES
        for damage in ("cut", "emptied", "longer", "gone", "flipped", "folder")
        if (name, damage) != ("manifest.json", "flipped")  # any byte of the manifest is tried below
    ],
)
def test_damage_is_found_and_told_with_the_command_that_mends_it(root: Path, name: str, damage: str) -> None:
    path = generation(root) / name
    content = bytearray(path.read_bytes())
    if damage == "cut":
        path.write_bytes(content[: len(content) * 2 // 3])
    elif damage == "emptied":
        path.write_bytes(b"")
    elif damage == "longer":
        path.write_bytes(content + b"\0" * 8)
    elif damage == "gone":
        path.unlink()
    elif damage == "folder":
        path.unlink()
        path.mkdir()
    else:
        content[len(content) * 3 // 4] ^= 0x10
        path.write_bytes(content)
    with pytest.raises(IndexCorrupt, match=REBUILD) as caught, open_index(root) as index:
        use_everything(index)  # token vectors are compared as they are used
        index.check()  # and a few bytes behind the last row only here
    assert name in str(caught.value)
    if name != "tokens.npy":
        with pytest.raises(IndexCorrupt):  # nothing is built on a damaged index
            index_worker.update(str(root), 2)


@pytest.mark.parametrize("name", files_of(Manifest(dim=1, token_dim=1)))
def test_a_file_of_another_generation_is_found(root: Path, tmp_path: Path, name: str) -> None:
    other = tmp_path / "other"
    index_worker.update(str(other), 77)
    with open_writer(other, embedder="synthetic", fingerprint="1", dim=32, token_dim=8, chunker="1") as writer:
        writer.delete_source("3.md")
    shutil.copy(generation(other) / name, generation(root) / name)
    with pytest.raises(IndexCorrupt, match="token" if name == "tokens.npy" else name), open_index(root) as index:
        use_everything(index)


@given(st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_changed_byte_anywhere_is_found_or_harmless(built: Path, tmp_path: Path, data: st.DataObject) -> None:
    """Any byte of any file; the manifest's own text may change where nothing depends on it (a title, a date)."""
    root = tmp_path / "index"
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(built, root)
    path = data.draw(st.sampled_from(sorted([*generation(root).iterdir(), root / "CURRENT"])))
    content = bytearray(path.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    try:
        with open_index(root) as index:
            use_everything(index)
            index.check()
    except (IndexCorrupt, IndexMismatch):
        return
    except KeyError:
        assert path.name == "manifest.json"  # it names a document by another id now
        return
    assert path.name in ("manifest.json", "CURRENT")


def test_an_array_whose_header_is_damaged_anywhere(root: Path) -> None:
    path = generation(root) / "tokens.npy"
    whole = path.read_bytes()
    for at in range(10, whole.index(b"\n")):
        for char in b"\n'(#\\{":
            path.write_bytes(whole[:at] + bytes([char]) + whole[at + 1 :])
            try:
                assert load_array(path, np.int8, (None, 8)).dtype == np.int8  # its padding, or its length
            except IndexCorrupt as error:
                assert "tokens.npy" in str(error) and "\n" not in str(error)


def test_without_verify_shapes_are_still_looked_at(root: Path) -> None:
    path = generation(root) / "vectors.npy"
    vectors = np.load(path)
    np.save(path, vectors[:-1])
    with pytest.raises(IndexCorrupt, match=r"vectors\.npy holds float32 \(119, 32\), not float32 \(120, 32\)"):
        open_index(root, verify=False)
    np.save(path, vectors[::-1])
    open_index(root, verify=False).close()
    with pytest.raises(IndexCorrupt, match=r"vectors\.npy has changed"):
        open_index(root)


@pytest.mark.parametrize("pointer", ["", "g1", "../g000001", "/etc", "g000001/../..", "\0", "x" * 5000, "g999999"])
def test_a_pointer_that_leads_nowhere(root: Path, pointer: str) -> None:
    (root / "CURRENT").write_text(pointer)
    with pytest.raises(IndexCorrupt, match=REBUILD):
        open_index(root)


def test_rebuild_mends_what_is_damaged(root: Path) -> None:
    for path in generation(root).iterdir():
        path.write_bytes(b"rubbish")
    with pytest.raises(IndexCorrupt):
        index_worker.update(str(root), 2)
    with open_writer(root, embedder="synthetic", fingerprint="1", dim=4, rebuild=True):
        pass
    with open_index(root) as index:
        assert len(index) == 0
        index.check()


# ---------------------------------------------------------------------- a stranger's folder


def sign(folder: Path, **changed: object) -> None:
    """Make the checksums right, as whoever crafts an index would."""
    data = json.loads((folder / "manifest.json").read_text())
    data["checksums"] = {name: checksum(folder / name) for name in data["checksums"] if (folder / name).is_file()}
    data.update(changed)
    (folder / "manifest.json").write_text(json.dumps(data))


class Bomb:
    def __reduce__(self) -> tuple[Callable[..., object], tuple[str, ...]]:
        return os.mkdir, ("exploded",)


def test_pickled_arrays_are_not_loaded(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = generation(root) / "numbers.npy"
    with path.open("wb") as file:
        np.save(file, np.array([Bomb()] * 120, dtype=object), allow_pickle=True)
    sign(generation(root))
    for verify in (True, False):
        with pytest.raises(IndexCorrupt, match=r"numbers\.npy"):
            open_index(root, verify=verify)
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize("statement", [
    "CREATE VIEW extra AS SELECT * FROM chunks",
    "CREATE TRIGGER t AFTER INSERT ON chunks BEGIN SELECT 1; END",
    "DROP TABLE documents",
    "CREATE TABLE more (x)",
    "DELETE FROM chunks WHERE number = 7",
])  # fmt: skip
def test_a_catalog_of_another_make_is_refused(root: Path, statement: str) -> None:
    connection = sqlite3.connect(generation(root) / "catalog.sqlite")
    connection.execute(statement)
    connection.commit()
    connection.close()
    sign(generation(root))
    with pytest.raises(IndexCorrupt, match=r"catalog\.sqlite"):
        open_index(root)


def test_links_out_of_the_folder_are_not_followed(root: Path, tmp_path: Path) -> None:
    folder = generation(root)
    outside = tmp_path / "outside"
    outside.mkdir()
    for name in ("vectors.npy", "catalog.sqlite", "manifest.json"):
        shutil.copy(folder / name, outside / name)
        (folder / name).unlink()
        (folder / name).symlink_to(outside / name)
        for verify in (True, False):
            with pytest.raises(IndexCorrupt, match=name):
                open_index(root, verify=verify)
        (folder / name).unlink()
        shutil.copy(outside / name, folder / name)
    folder.rename(tmp_path / "moved")
    folder.symlink_to(tmp_path / "moved")
    with pytest.raises(IndexCorrupt, match="symlink"):
        open_index(root)


def test_the_manifest_names_no_paths(root: Path) -> None:
    secret = root.parent / "secret"
    secret.write_text("secret")
    for name in ("../../secret", str(secret), "more.npy"):
        data = json.loads((generation(root) / "manifest.json").read_text())
        sign(generation(root), checksums={**data["checksums"], name: checksum(secret)})
        with pytest.raises(IndexCorrupt, match="names other files"):
            open_index(root)


@pytest.mark.parametrize(
    ("name", "index", "value"),
    [
        ("rows", 3, 120),
        ("rows", 3, -1),
        ("offsets", 2, 10**12),
        ("offsets", 2, -5),
        ("bounds", 1, 10**9),
        ("token_offsets", 4, 10**9),
    ],
)
def test_numbers_that_point_outside_are_refused(root: Path, name: str, index: int, value: int) -> None:
    path = generation(root) / f"{name}.npy"
    array = np.load(path)
    array[index] = value
    np.save(path, array)
    sign(generation(root))
    with pytest.raises(IndexCorrupt, match=name):
        open_index(root)


@given(st.one_of(st.text(), st.binary().map(lambda b: b.decode("latin-1")), st.recursive(st.none() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.sampled_from(["format", "documents", "checksums", "dim", "chunks"]), x)).map(json.dumps)))  # fmt: skip
@settings(max_examples=200, deadline=None)
def test_any_text_is_a_manifest_or_a_value_error(text: str) -> None:
    with suppress(ValueError):
        assert isinstance(Manifest.from_json(text), Manifest)


names = st.text(min_size=1, max_size=8)


@given(
    st.dictionaries(
        names,
        st.builds(
            DocumentInfo,
            id=names,
            source=st.just(""),
            title=st.text(),
            chunks=st.integers(0, 10**9),
            skipped=st.tuples(st.text()),
        ),
    )
)
def test_manifests_come_back_as_they_were(documents: dict[str, DocumentInfo]) -> None:
    """File names of any characters, lone surrogates too: such names exist on disks."""
    manifest = Manifest(
        embedder="e", dim=3, documents={s: replace(d, source=s) for s, d in documents.items()}, checksums={"a": "b"}
    )
    assert Manifest.from_json(manifest.to_json()) == manifest


def test_file_names_that_are_no_unicode_are_kept(tmp_path: Path) -> None:
    source = os.fsdecode(b"docs/\xa4\xa4\xa4\xe5.txt")  # 中文 in Big5
    document = Document("d", "中文文件。", "title", source, "zh-Hant")
    with open_writer(tmp_path, embedder="e", fingerprint="", dim=0) as writer:
        writer.add(document, [Chunk("d-0", "d", "中文文件。", 0, 5, "title", "", None, "zh-Hant", source)], None)
    with open_index(tmp_path) as index:
        assert index.documents()[0].source == index.chunk("d-0").source == source


# ---------------------------------------------------------------------- versions


def test_another_format_or_tokenizer_asks_for_a_rebuild(root: Path) -> None:
    sign(generation(root), tokenizer="0")
    with pytest.raises(IndexMismatch, match=r"tokenizer '0', not .*" + REBUILD):
        open_index(root)
    sign(generation(root), format=99)
    with pytest.raises(IndexMismatch, match=r"format 99, not 1.*" + REBUILD):
        open_index(root)


def test_a_reader_is_not_moved_to_another_embedder(root: Path) -> None:
    with open_index(root) as index:
        with open_writer(root, embedder="other", fingerprint="1", dim=4, rebuild=True):
            pass
        with pytest.raises(IndexMismatch, match="'other' while it was open with 'synthetic'"):
            index.refresh()
        assert len(index) == 120
        use_everything(index)


# ---------------------------------------------------------------------- generations


def folders(root: Path) -> list[str]:
    return sorted(p.name for p in root.iterdir() if p.is_dir())


def test_a_generation_stays_while_a_reader_has_it_and_goes_after(root: Path) -> None:
    index = open_index(root)
    index_worker.update(str(root), 2)
    index_worker.update(str(root), 3)
    assert folders(root) == ["g000001", "g000003"]
    use_everything(index)  # opens what it had not opened before
    assert index.refresh()
    assert not index.refresh()
    index_worker.update(str(root), 4)
    assert "g000001" not in folders(root)
    index.close()
    index_worker.update(str(root), 5)
    assert folders(root) == ["g000005"]


def test_the_same_place_built_anew_is_noticed(root: Path) -> None:
    with open_index(root) as index:
        shutil.rmtree(root)
        assert not index.refresh()
        index_worker.update(str(root), 7)
        assert folders(root) == ["g000001"]  # the same name as before
        assert index.refresh()
        assert index.documents()[0].id.startswith("7-")


def test_what_does_not_change_is_shared_and_not_written_again(root: Path) -> None:
    before = {p.name: p.stat() for p in generation(root).iterdir()}
    with open_writer(root, embedder="synthetic", fingerprint="1", dim=32, token_dim=8, chunker="1") as writer:
        writer.rename_source("3.md", "three.md")
    after = {p.name: p.stat() for p in generation(root).iterdir()}
    assert {n for n in after if after[n].st_ino != before[n].st_ino} == {"manifest.json"}
    with open_index(root) as index:
        index.check()
        assert index.document("1-3").source == "three.md"


def test_a_deleted_text_is_not_left_in_any_file(root: Path) -> None:
    secret = "絕密文件 top secret paragraph"
    document = Document("s", secret, "secret", "s.md", "zh-Hant")
    kind = {"embedder": "synthetic", "fingerprint": "1", "dim": 32, "token_dim": 8, "chunker": "1"}
    with open_writer(root, **kind) as writer:  # type: ignore[arg-type]
        chunk = Chunk("s-0", "s", secret, 0, len(secret), "secret", "", None, "zh-Hant", "s.md")
        writer.add(document, [chunk], np.ones((1, 32), np.float32), [np.ones((2, 8), np.float32)])
    assert any("絕密".encode() in p.read_bytes() for p in root.rglob("*") if p.is_file())
    with open_writer(root, **kind) as writer:  # type: ignore[arg-type]
        writer.delete("s")
    for path in root.rglob("*"):
        assert path.is_dir() or not any(
            word.encode() in path.read_bytes() for word in ("絕密", "top secret", "paragraph")
        )


# ---------------------------------------------------------------------- locks


HOLD = """
import sys, time
from gba_qa.index import open_writer
writer = open_writer(sys.argv[1], embedder="synthetic", fingerprint="1", dim=32, token_dim=8, chunker="1")
print("held", flush=True)
time.sleep(60)
"""


def test_a_dead_process_holds_no_lock(root: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(root)], stdout=subprocess.PIPE, text=True, env=environment
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(IndexLocked) as caught:
        index_worker.update(str(root), 2)
    assert f"process {holder.pid} on " in str(caught.value)
    assert f"since {time.strftime('%Y-')}" in str(caught.value)
    with open_index(root) as index:  # readers don't mind
        use_everything(index)
    holder.send_signal(signal.SIGKILL)
    holder.wait(10)
    holder.stdout.close()
    index_worker.update(str(root), 2)


# ---------------------------------------------------------------------- bit by bit is the same as at once

WORDS = ["大灣區", "大湾区", "九市", "港澳居民", "tax", "relief", "Qianhai", "28.9%", "1,000", "口岸"]
content = st.lists(st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join), min_size=1, max_size=4)
action = st.one_of(
    st.tuples(st.just("add"), st.sampled_from("abcde"), content),
    st.tuples(st.just("delete"), st.sampled_from("abcde"), st.none()),
    st.tuples(st.just("rename"), st.sampled_from("abcde"), st.sampled_from("abcde")),
    st.tuples(st.just("commit"), st.none(), st.none()),
)


def as_document(source: str, sentences: list[str]) -> tuple[Document, list[Chunk], np.ndarray]:  # type: ignore[type-arg]
    text = "\n".join(sentences)
    name = f"id{zlib.crc32(text.encode())}"
    chunks, at = [], 0
    for i, sentence in enumerate(sentences):
        chunks.append(Chunk(f"{name}-{i}", name, sentence, at, at + len(sentence), "t", "", None, "en", source))
        at += len(sentence) + 1
    vectors = np.array([[len(c.text), 1, *(c.text.count(w) for w in WORDS)] for c in chunks], np.float32)
    return Document(name, text, "t", source, "en"), chunks, vectors


@given(st.lists(action, max_size=14))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_changes_bit_by_bit_give_what_building_at_once_gives(
    tmp_path: Path, actions: list[tuple[str, str, object]]
) -> None:
    root = tmp_path / "index"
    shutil.rmtree(root, ignore_errors=True)
    model: dict[str, list[str]] = {}
    kind = {"embedder": "e", "fingerprint": "", "dim": 2 + len(WORDS)}
    writer = open_writer(root, **kind)  # type: ignore[arg-type]
    for what, source, more in actions:
        if what == "add":
            writer.add(*as_document(source, more))  # type: ignore[arg-type]
            model[source] = more  # type: ignore[assignment]
        elif what == "delete" and source in model:
            writer.delete_source(source)
            del model[source]
        elif what == "rename" and source in model:
            writer.rename_source(source, str(more))
            model[str(more)] = model.pop(source)
        elif what == "commit":
            writer.commit()
            writer.close()
            writer = open_writer(root, **kind)  # type: ignore[arg-type]
    with writer:
        pass
    once = MemoryIndex()
    with open_writer(once, **kind) as other:  # type: ignore[arg-type]
        for source, sentences in sorted(model.items()):
            other.add(*as_document(source, sentences))
    with open_index(root) as index:
        index.check()
        assert [replace(d, read="") for d in index.documents()] == [replace(d, read="") for d in once.documents()]
        assert len(index) == len(once)
        for query in ("大湾区九市", "tax relief in Qianhai", "28.9% 1000 港澳", "口岸"):
            tokens = tokenize(query)
            got, wanted = index.search_bm25(tokens, 9), once.search_bm25(tokens, 9)
            assert [h.chunk for h in got] == [h.chunk for h in wanted]
            assert [h.score for h in got] == pytest.approx([h.score for h in wanted], rel=1e-6)
            assert index.bm25_idf(tokens) == pytest.approx(once.bm25_idf(tokens))
            vector = np.array([5, 1, *(query.count(w) for w in WORDS)], np.float32)
            assert [h.chunk for h in index.search_dense(vector, 9)] == [h.chunk for h in once.search_dense(vector, 9)]
        for info in once.documents():
            assert index.document(info.id) == once.document(info.id)
            assert index.chunks(info.id) == once.chunks(info.id)

"""The index in Milvus beyond the contract: what dies half-way, who holds the lock, and what a user is told."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import index_worker
import pytest

from gba_qa import QA
from gba_qa.errors import GbaQAError, IndexLocked, IndexNotFound, MissingDependency, UsageError, install_command
from gba_qa.index import open_index, open_writer
from tests.conftest import HashEmbedder

KIND: dict[str, Any] = {"embedder": "synthetic", "fingerprint": "1", "dim": 32, "token_dim": 8, "chunker": "1"}


@pytest.fixture
def place(milvus: str) -> str:
    return f"{milvus}/t_{uuid.uuid4().hex}"


def client(place: str) -> tuple[Any, str]:
    from pymilvus import MilvusClient

    from gba_qa.index.milvus_store import QUIET

    address, name = place.removeprefix("milvus://").split("/")
    return MilvusClient(uri=f"http://{address}", grpc_options=QUIET), name


def test_milvus_needs_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymilvus", None)
    with pytest.raises(MissingDependency, match=re.escape(install_command("milvus"))) as caught:
        open_index("milvus://localhost:1/gba")
    assert caught.value.extra == "milvus"


@pytest.mark.parametrize(
    "url", ["milvus://", "milvus://host", "milvus://host/a/b", "milvus://host:x/a", "milvus://h/a;b"]
)
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(UsageError, match="give milvus://host:port/name"):
        open_index(url)


def test_nobody_there_and_nothing_there(milvus: str) -> None:
    with pytest.raises(GbaQAError, match=r"^milvus://127\.0\.0\.1:9/gba: Milvus did not do it") as caught:
        open_index("milvus://user:secret@127.0.0.1:9/gba")
    assert "secret" not in str(caught.value) and "\n" not in str(caught.value)
    with pytest.raises(IndexNotFound, match="build one with `gba-qa index"):
        open_index(f"{milvus}/nothing")


def test_what_a_dead_writer_left_is_not_seen_and_goes(place: str) -> None:
    index_worker.update(place, 1)
    writer = open_writer(place, **KIND)
    other, chunks, vectors, tokens = index_worker.document(2, 0)
    writer.add(other, chunks, vectors, tokens)
    writer._store = None  # type: ignore[attr-defined]  # it can tidy up no more, as if it were killed
    writer._lock.release()  # type: ignore[attr-defined]
    with open_index(place) as index:
        assert len(index) == 120 and index.search_bm25(["step2"], 3) == []
        assert {h.chunk.doc_id[0] for h in index.search_dense(vectors[0], 120)} == {"1"}
    index_worker.update(place, 3)
    with open_index(place) as index:
        assert len(index) == 120 and {h.chunk.doc_id[0] for h in index.search_dense(vectors[0], 500)} == {"3"}
    with open_writer(place, **KIND):
        pass  # sweeps
    found, name = client(place)
    (vectors_now,) = (c for c in found.list_collections() if c.startswith(f"{name}_vectors"))
    numbers = found.query(vectors_now, filter="number >= 0", output_fields=["number"], limit=1000)
    assert len(numbers) == 120


def test_a_rebuild_stands_beside_the_old_index_until_it_is_whole(place: str) -> None:
    index_worker.update(place, 1)
    with open_index(place) as index:
        with open_writer(place, **{**KIND, "embedder": "other", "dim": 4}, rebuild=True):
            assert len(open_index(place)) == 120
        assert len(open_index(place)) == 0
        assert len(index.search_dense([1.0] * 32, 5)) == 5  # type: ignore[arg-type]  # until the next writer sweeps


HOLD = """
import sys, time
from gba_qa.index import open_writer
writer = open_writer(sys.argv[1], embedder="synthetic", fingerprint="1", dim=32, token_dim=8, chunker="1")
print("held", flush=True)
time.sleep(60)
"""


def test_a_dead_process_holds_no_lock(place: str) -> None:
    index_worker.update(place, 1)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    holder = subprocess.Popen([sys.executable, "-c", HOLD, place], stdout=subprocess.PIPE, text=True, env=environment)
    assert holder.stdout is not None and holder.stdout.readline() == "held\n"
    with pytest.raises(IndexLocked, match=f"process {holder.pid} on .* since 20"):
        open_writer(place, **KIND)
    holder.kill()
    holder.wait(10)
    holder.stdout.close()
    index_worker.update(place, 2)
    assert {d.id[0] for d in open_index(place).documents()} == {"2"}


def test_a_writer_that_was_set_aside_writes_nothing(place: str) -> None:
    index_worker.update(place, 1)
    found, name = client(place)
    with pytest.raises(IndexLocked, match="nothing was written"), open_writer(place, **KIND) as writer:
        writer.delete("1-0")
        found.drop_alias(f"{name}_lock")
        found.create_alias(f"{name}_entries", f"{name}_lock")
    assert len(open_index(place)) == 120


def test_asking_as_of_a_folder(place: str, small_folder: Path, embedder: HashEmbedder) -> None:
    report = QA.build([small_folder], place, embedder=embedder).report
    assert report is not None and report.count("read") == 3
    (small_folder / "library.en.md").rename(small_folder / "books.en.md")
    qa = QA.build([small_folder], place, embedder=embedder)
    assert qa.report is not None and qa.report.summary() == "2 unchanged, 1 renamed"
    answer = QA.load(place, embedder=embedder).ask("2031年渡輪公司營運多少條航線？")
    assert "14條" in answer.text and answer.citations[0].source.endswith("harbour.zh-Hant.md")

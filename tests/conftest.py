"""What all tests share: a small deterministic embedder, documents in three languages, and a network that is off."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from gba_qa.text import tokenize
from gba_qa.types import Floats

SHARED = Path(__file__).resolve().parents[1].parent / "shared"
PAPERS = SHARED / "documents"
"""The five papers, where they are at hand: tests that need them are skipped elsewhere, with this reason."""


class HashEmbedder:
    """Texts with tokens in common get vectors that are close: enough to test everything that is not the model."""

    name = "hash"
    dim = 64
    token_dim = 16
    fingerprint = "hash-1"

    def encode_query(self, texts: Sequence[str]) -> Floats:
        return np.stack([self._pooled(t) for t in texts]) if texts else np.zeros((0, self.dim), dtype=np.float32)

    encode_document = encode_query

    def encode_tokens(self, texts: Sequence[str]) -> list[Floats]:
        return [np.stack([self._vector(t, self.token_dim) for t in tokenize(text) or ["?"]]) for text in texts]

    def encode_with_tokens(self, texts: Sequence[str]) -> tuple[Floats, list[Floats]]:
        return self.encode_document(texts), self.encode_tokens(texts)

    def _pooled(self, text: str) -> Floats:
        vector = np.sum([self._vector(t, self.dim) for t in tokenize(text) or ["?"]], axis=0)
        return (vector / np.linalg.norm(vector)).astype(np.float32)

    @staticmethod
    def _vector(token: str, dim: int) -> Floats:
        seed = int.from_bytes(hashlib.sha256(token.encode()).digest()[:8], "big")
        vector = np.random.default_rng(seed).standard_normal(dim)
        return (vector / np.linalg.norm(vector)).astype(np.float32)


@pytest.fixture
def embedder() -> HashEmbedder:
    return HashEmbedder()


@pytest.fixture
def papers() -> Path:
    if not PAPERS.is_dir():
        pytest.skip("the five papers are not at hand")
    return PAPERS


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Any connection but to this machine fails the test."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> object:
        if self.family == socket.AF_UNIX or (
            isinstance(address, tuple) and str(address[0]) in {"127.0.0.1", "::1", "localhost"}
        ):
            return connect(self, address)  # type: ignore[arg-type]
        raise AssertionError(f"a connection to {address} was tried")

    monkeypatch.setattr(socket.socket, "connect", guarded)
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *a, **k: (_ for _ in ()).throw(AssertionError(f"a look-up of {a[0]} was tried"))
    )
    yield


@pytest.fixture(scope="session")
def bundled_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the shipped knowledge with the shipped embedder, as everybody has it."""
    from gba_qa.config import Config
    from gba_qa.qa import QA

    place = tmp_path_factory.mktemp("bundled") / "index"
    QA.build((), place, embedder="bundled", config=Config()).close()
    return place


@pytest.fixture
def small_folder(tmp_path: Path) -> Path:
    """Three short documents, one in each language."""
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "harbour.zh-Hant.md").write_text(
        "# 維港渡輪計劃\n\n## 航線\n\n渡輪公司在2031年第2季營運14條航線，較2030年多3條。每日載客約52,300人次，其中38.5%為通勤乘客。\n\n"
        "## 票價\n\n成人票價為每程9.5港元，長者半價。政府每年補貼2.4億港元。\n",
        encoding="utf-8",
    )
    (folder / "orchard.zh-Hans.md").write_text(
        "# 岭南果园调查\n\n## 产量\n\n2031年荔枝产量达到67.2万吨，比上一年增长4.6%。荔枝种植面积为24.8万公顷。\n\n"
        "## 原因\n\n产量上升的原因是新的灌溉系统在春季投入使用。\n",
        encoding="utf-8",
    )
    (folder / "library.en.md").write_text(
        "# City library survey\n\n## Visitors\n\nThe library of Tai Po counted 1.25 million visitors in 2031, up 7.4 per cent on 2030. "
        "Lending of e-books rose because licences became cheaper.\n\n## Staff\n\nThe library employs 86 people.\n",
        encoding="utf-8",
    )
    return folder


@pytest.fixture(scope="session")
def milvus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Milvus Lite server of our own."""
    pytest.importorskip("pymilvus", reason="needs the extra milvus")
    server_module = pytest.importorskip("milvus_lite.adapter.grpc.server", reason="needs milvus-lite 3")
    server, database, port = server_module.start_server_in_thread(str(tmp_path_factory.mktemp("milvus") / "data"))
    yield f"milvus://127.0.0.1:{port}"
    server.stop(grace=1).wait(5)
    database.close()

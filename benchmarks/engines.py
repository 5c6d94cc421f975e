"""The engines side by side: each builds from the same chunks and vectors, opens in a fresh process, and searches both sides at once.

`build(folder, parts)` leaves on the disk what a new process needs; `open(folder)` gives a function question → the ids of ten chunks.
Each is set up as its documentation shows, with the best that it offers for Chinese.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from benchmarks.corpus import DIM, Part, Question

__all__ = ["ENGINES", "Engine", "Search"]

K = 10
Search = Callable[[Question], list[str]]


class Engine(Protocol):
    name: str
    streams: bool  # whether it can build from documents that come one by one, and need not all be in memory

    def build(self, folder: Path, parts: Iterable[Part]) -> None: ...
    def open(self, folder: Path) -> Search: ...


class GbaQa:
    """This project's index.  Fused as the retriever fuses, without the reranker and the model."""

    name = "gba-qa"
    streams = True

    def build(self, folder: Path, parts: Iterable[Part]) -> None:
        with self.writer(folder) as writer:
            for part in parts:
                writer.add(part.document, part.chunks, part.vectors)

    def writer(self, folder: Path) -> Any:
        from gba_qa.index import open_writer

        return open_writer(folder / "index", embedder="made", fingerprint="1", dim=DIM)

    def open(self, folder: Path) -> Search:
        from gba_qa.index import open_index
        from gba_qa.text import tokenize

        index = open_index(folder / "index")

        def search(question: Question) -> list[str]:
            tokens = tokenize(question.text)
            best = index.bm25_best(tokens) or 1.0
            scores: dict[str, float] = {}
            for hit in index.search_bm25(tokens, 2 * K):
                scores[hit.chunk.id] = 0.5 * hit.score / best
            for hit in index.search_dense(question.vector, 2 * K):
                scores[hit.chunk.id] = scores.get(hit.chunk.id, 0.0) + 0.5 * hit.score
            return sorted(scores, key=lambda i: (-scores[i], i))[:K]

        search.index = index  # type: ignore[attr-defined]
        return search


class LangChain:
    """EnsembleRetriever over FAISS and BM25Retriever, the latter with our tokenizer (its own makes one token of a Chinese clause).

    FAISS is saved and loaded as documented (by pickle); BM25Retriever has no way to be saved, so that opening counts anew.
    """

    name = "LangChain FAISS + BM25Retriever"
    streams = False

    def build(self, folder: Path, parts: Iterable[Part]) -> None:
        from langchain_community.vectorstores import FAISS

        parts = list(parts)
        pairs = [(c.text, v.tolist()) for p in parts for c, v in zip(p.chunks, p.vectors, strict=True)]
        about = [{"id": c.id, "title": c.title, "source": c.source, "start": c.start} for p in parts for c in p.chunks]
        store = FAISS.from_embeddings(pairs, _Given(), metadatas=about, ids=[a["id"] for a in about])
        store.save_local(str(folder))

    def open(self, folder: Path) -> Search:
        from langchain_classic.retrievers import EnsembleRetriever
        from langchain_community.retrievers import BM25Retriever
        from langchain_community.vectorstores import FAISS

        from gba_qa.text import tokenize

        given = _Given()
        store = FAISS.load_local(str(folder), given, allow_dangerous_deserialization=True)
        documents = [store.docstore.search(i) for i in store.index_to_docstore_id.values()]
        lexical = BM25Retriever.from_documents(documents, preprocess_func=tokenize, k=2 * K)
        both = EnsembleRetriever(
            retrievers=[lexical, store.as_retriever(search_kwargs={"k": 2 * K})], weights=[0.5, 0.5]
        )

        def search(question: Question) -> list[str]:
            given.vector = question.vector
            return [d.metadata["id"] for d in both.invoke(question.text)[:K]]

        return search


def _embeddings_base() -> type:
    try:
        from langchain_core.embeddings import Embeddings
    except ImportError:
        return object
    return Embeddings


class _Given(_embeddings_base()):  # type: ignore[misc]
    """An embedder that answers with the vector it was handed: embedding is not what is measured."""

    vector = np.zeros(DIM, np.float32)

    def embed_query(self, text: str) -> list[float]:
        return self.vector.tolist()

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        raise NotImplementedError


class Haystack:
    """InMemoryDocumentStore with its BM25 and its embedding retrieval, joined by reciprocal rank; saved as its JSON."""

    name = "Haystack InMemoryDocumentStore"
    streams = False

    def build(self, folder: Path, parts: Iterable[Part]) -> None:
        from haystack import Document
        from haystack.document_stores.in_memory import InMemoryDocumentStore

        store = InMemoryDocumentStore(embedding_similarity_function="cosine")
        store.write_documents(
            [
                Document(id=c.id, content=c.text, meta={"title": c.title, "source": c.source}, embedding=v.tolist())
                for p in parts
                for c, v in zip(p.chunks, p.vectors, strict=True)
            ]
        )
        store.save_to_disk(str(folder / "store.json"))

    def open(self, folder: Path) -> Search:
        from haystack.components.joiners import DocumentJoiner
        from haystack.document_stores.in_memory import InMemoryDocumentStore

        store = InMemoryDocumentStore.load_from_disk(str(folder / "store.json"))
        joiner = DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=K)

        def search(question: Question) -> list[str]:
            lexical = store.bm25_retrieval(question.text, top_k=2 * K)
            dense = store.embedding_retrieval(question.vector.tolist(), top_k=2 * K, return_embedding=False)
            return [d.id for d in joiner.run([lexical, dense])["documents"]]

        return search


ENGINES: dict[str, Engine] = {"gba-qa": GbaQa(), "langchain": LangChain(), "haystack": Haystack()}

"""Documents of one browser session: an index in memory beside the shared one, searched together, gone with the session."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from gba_qa.chunking import split
from gba_qa.errors import ReadError
from gba_qa.index import DocumentInfo, Index, MemoryIndex
from gba_qa.indexing import embed_chunks
from gba_qa.readers import read
from gba_qa.retrieve import HybridRetriever, Mode
from gba_qa.types import Document, Embedder, Floats, Hit

__all__ = ["PrivateIndex"]


class PrivateIndex:
    """A retriever over the shared index and a private one.  `files` maps the private documents to where they lie."""

    def __init__(self, shared: Index, embedder: Embedder | None) -> None:
        self.embedder = embedder
        self.files: dict[str, Path] = {}
        self._index = MemoryIndex()
        self._shared = HybridRetriever(shared, embedder)
        self._own = HybridRetriever(self._index, embedder)

    def retrieve(
        self, query: str, k: int = 5, *, mode: Mode | None = None, doc_ids: Collection[str] | None = None
    ) -> list[Hit]:
        """The k best of both: by fused score, which has one scale whatever the index; by BM25 alone, by its share of the best.

        A document that is in both is found as the private one, under the name that its owner gave it.
        """
        hits = self._shared.retrieve(query, k, mode=mode, doc_ids=doc_ids)
        if self.files:
            own = self._own.retrieve(query, k, mode=mode, doc_ids=doc_ids)
            held = {hit.chunk.id for hit in own}
            hits = own + [hit for hit in hits if hit.chunk.id not in held]
        return sorted(hits, key=lambda hit: (-_comparable(hit), hit.chunk.id))[:k]

    def add(self, path: Path, *, source: str | None = None) -> Document:
        """Read and index one file; raises ReadError when it holds no text."""
        document = read(path, source=source)
        chunks = split(document)
        if not chunks:
            raise ReadError(f"{source or path}: no text in it")
        vectors, tokens = embed_chunks(None, chunks, self.embedder)
        if document.id not in self.files:
            self._index.add(chunks, vectors, tokens, document=document)
        self.files[document.id] = path
        return document

    def remove(self, doc_id: str) -> None:
        self._index.delete(doc_id)
        self.files.pop(doc_id, None)

    def has(self, doc_id: str) -> bool:
        return doc_id in self.files

    def document(self, doc_id: str) -> Document:
        return self._index.document(doc_id)

    def token_vectors(self, chunk_ids: Sequence[str]) -> list[Floats]:
        """Of private chunks, as `Index.token_vectors` gives them."""
        return self._index.token_vectors(chunk_ids)

    def documents(self) -> list[DocumentInfo]:
        return self._index.documents()


def _comparable(hit: Hit) -> float:
    """A score that means the same over both indexes: raw BM25 grows with the number of chunks, its share does not."""
    return hit.signals.get("bm25", hit.score) if hit.retriever == "bm25" else hit.score

"""Engines that keep the contract of `gba_qa.index`, each behind the same two verbs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from gba_qa.index import Index, IndexWriter, MemoryIndex, open_index, open_writer
from gba_qa.types import Chunk, Document, Floats

DIM, TOKEN_DIM = 64, 16  # those of the tests' embedder


@dataclass
class Engine:
    """One place that can be written and read; readers are closed when the test ends."""

    name: str
    place: Any
    readers: list[Index] = field(default_factory=list)

    def write(self, **changed: Any) -> IndexWriter:
        wanted: dict[str, Any] = {
            "embedder": "hash",
            "fingerprint": "hash-1",
            "dim": DIM,
            "token_dim": TOKEN_DIM,
            "chunker": "1",
        }
        return open_writer(self.place, **{**wanted, **changed})

    def read(self) -> Index:
        index = self.place if isinstance(self.place, MemoryIndex) else open_index(self.place)
        if index is not self.place:
            self.readers.append(index)
        return index


Made = tuple[Document, list[Chunk], Floats, list[Floats]]
"""A document, its chunks, their vectors and their token vectors."""

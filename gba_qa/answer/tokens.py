"""Token vectors of what is compared: the question's are computed, a passage's are read from the index.

A passage was encoded once, when it was indexed.  The vectors of one of its sentences are those of the tokens that stand in
it, so that asking costs no encoding but the question's own, and each token knows the passage around it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import Lock

import numpy as np

from gba_qa.answer.candidates import Candidate
from gba_qa.types import Chunk, Floats

__all__ = ["Spans", "TokenVectors"]

Spans = Sequence[tuple[int, int]]
KEPT = 512  # passages whose tokens' places are kept: 200 tokens each, some 10 MB with their vectors


class TokenVectors:
    """`encode`: token vectors of texts, (tokens, dim) each.  `stored`: those of an indexed chunk, or (0, dim) where there are none.
    `spans`: for each stored vector of a chunk the start and end of its token in `chunk.text`; negative for what stands above it.
    """

    def __init__(
        self,
        encode: Callable[[Sequence[str]], list[Floats]],
        stored: Callable[[Chunk], Floats] | None = None,
        spans: Callable[[Chunk], Spans] | None = None,
    ) -> None:
        self._encode = encode
        self._stored = stored
        self._spans = spans
        self._kept: OrderedDict[str, tuple[Floats, Floats]] = OrderedDict()
        self._lock = Lock()

    def of_texts(self, texts: Sequence[str]) -> list[Floats]:
        """Of texts that stand in no index, one by one: the embedder still has the question's from the search."""
        return [self._encode([text])[0] for text in texts]

    def of_passage(self, chunk: Chunk) -> Floats:
        """Of a whole passage, what stands above it too."""
        return self._passage(chunk)[0]

    def of_candidates(self, candidates: Sequence[Candidate]) -> list[Floats]:
        """Of each candidate.  What lies beyond the part of a passage that was encoded is encoded by itself."""
        found: list[Floats | None] = []
        for candidate in candidates:
            vectors, middles = self._passage(candidate.hit.chunk)
            start = candidate.start - candidate.hit.chunk.start
            inside = np.flatnonzero((middles >= start) & (middles < start + len(candidate.text)))
            found.append(vectors[inside] if len(inside) else None)
        missing = [c.text for c, vectors in zip(candidates, found, strict=True) if vectors is None]
        encoded = iter(self._encode(missing) if missing else ())
        return [next(encoded) if vectors is None else vectors for vectors in found]

    def _passage(self, chunk: Chunk) -> tuple[Floats, Floats]:
        """Its token vectors and the middle of each token; none where the index holds none."""
        with self._lock:
            held = self._kept.get(chunk.id)
            if held is not None:
                self._kept.move_to_end(chunk.id)
                return held
        found = self._read(chunk)
        with self._lock:
            self._kept[chunk.id] = found
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return found

    def _read(self, chunk: Chunk) -> tuple[Floats, Floats]:
        if self._stored is not None and self._spans is not None:
            vectors, spans = np.asarray(self._stored(chunk), dtype=np.float32), self._spans(chunk)
            if len(vectors) and len(vectors) == len(spans):
                return vectors, np.array([(a + b) / 2 for a, b in spans], dtype=np.float32)
        above = "\n".join(part for part in (chunk.title, chunk.heading, chunk.context) if part)
        return self._encode([f"{above}\n{chunk.text}"])[0], np.zeros(0, dtype=np.float32)

"""The index in Milvus, for vectors that one machine should not hold: `milvus://[user:password@]host[:port]/name`.  Extra `milvus`.

Milvus keeps everything; a reader keeps texts and keyword postings in memory (it counts the words when it opens: some ten seconds for
30,000 chunks) and asks Milvus for the nearest vectors.  Everything written has a number that is never used twice, and one entry,
replaced by each commit, names the manifest in force: so readers see a commit whole or not at all, and what a dead writer left is
known by its numbers.  The entries of a document that was taken out are removed when the next writer begins, so that a reader one
commit behind still finds all of its vectors.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from gba_qa.errors import IndexMismatch, IndexNotFound, UsageError
from gba_qa.index.catalog import MemoryCatalog, chunk_key
from gba_qa.index.counting import TokenCounts
from gba_qa.index.dense import Vectors
from gba_qa.index.lexical import empty
from gba_qa.index.manifest import Manifest, rebuild_command
from gba_qa.index.milvus_store import Head, Store, open_store
from gba_qa.index.reader import Generation, Index, LocalIndex
from gba_qa.index.sources import sources_by_document
from gba_qa.index.tokens import quantize
from gba_qa.index.writer import Cached, IndexWriter
from gba_qa.types import Block, Chunk, Document, Floats

__all__ = ["milvus_sources", "open_milvus", "write_milvus"]

_MOST = 16_000  # results that Milvus gives to one search, and rows looked up by number at a time


def open_milvus(url: str) -> Index:
    """Raises IndexNotFound where nothing of that name was committed, GbaQAError where Milvus does not answer, MissingDependency."""
    store = open_store(url)
    head = store.head()
    if head is None:
        raise IndexNotFound(f"there is no index at {url}; build one with `gba-qa index PATH… --index {url}`")
    return MilvusIndex(store, head)


def write_milvus(url: str, wanted: Manifest, *, rebuild: bool, wait: float) -> IndexWriter:
    """Raises IndexLocked, IndexMismatch, GbaQAError where Milvus does not answer, MissingDependency."""
    return MilvusWriter(open_store(url), wanted, rebuild=rebuild, wait=wait)


def milvus_sources(url: str) -> dict[str, str]:
    """The sources of the commit in force, in order, with their paths."""
    head = open_store(url).head()
    return head.manifest.paths() if head else {}


class MilvusIndex(LocalIndex):
    """Reads the commit in force; `refresh` turns to a newer one and reads only the documents that are new in it."""

    def __init__(self, store: Store, head: Head) -> None:
        self._store = store
        self._seen = head.number
        super().__init__(_generation(store, head, None))

    def refresh(self) -> bool:
        head = self._store.head()
        if head is None or head.number == self._seen:
            return False
        now = self._now()
        before, after = now.manifest, head.manifest
        if (after.embedder, after.fingerprint, after.dim) != (before.embedder, before.fingerprint, before.dim):
            raise IndexMismatch(
                f"{self._store.url} was rebuilt with the embedder {after.embedder!r} while it was open with {before.embedder!r}; "
                f"start again to use it"
            )
        self._seen, self._generation = head.number, _generation(self._store, head, now)
        return True

    def token_vectors(self, chunk_ids: Sequence[str]) -> list[Floats]:
        return _tokens_of(self._store, self._now(), chunk_ids)

    def snapshot(self) -> Index:
        return _Snapshot(self._store, self._now())


class _Snapshot(LocalIndex):
    def __init__(self, store: Store, generation: Generation) -> None:
        super().__init__(generation)
        self._store = store

    def token_vectors(self, chunk_ids: Sequence[str]) -> list[Floats]:
        return _tokens_of(self._store, self._now(), chunk_ids)


class MilvusWriter(IndexWriter):
    """Holds the lock from its making until `close`; every document is sent as it is added, and counts once `commit` names it."""

    def __init__(self, store: Store, wanted: Manifest, *, rebuild: bool, wait: float) -> None:
        self._store = store
        self._base: Generation | None = None
        self._vectors = ""
        self._lock = store.lock(wait)
        try:
            head = store.head()
            fresh = rebuild or head is None
            if head is not None:
                store.sweep(head)
            if head is not None and not fresh:
                head.manifest.check(
                    store.url, embedder=wanted.embedder, fingerprint=wanted.fingerprint, dim=wanted.dim,
                    token_dim=wanted.token_dim, chunker=wanted.chunker,
                )  # fmt: skip
            super().__init__(wanted if fresh or head is None else head.manifest, must_commit=fresh)
            self._identity = replace(self._identity, fingerprint=wanted.fingerprint or self._identity.fingerprint)
            self._begin(head, fresh=fresh)
        except BaseException:
            self._lock.release()
            raise

    def cached(self, chunks: Sequence[Chunk]) -> list[Cached | None]:
        base = self._base
        if base is None or not chunks:
            return [None] * len(chunks)
        keys = [chunk_key(chunk) for chunk in chunks]
        numbers = base.catalog.numbers_by_key(keys)
        held = [key for key in keys if key in numbers]
        rows = np.searchsorted(base.numbers, np.array([numbers[key] for key in held], np.int64))
        vectors = base.vectors.rows(rows) if base.vectors is not None else [None] * len(held)
        found: list[Floats | None] = [None] * len(held)
        if base.manifest.token_dim:
            found = list(self._store.tokens([numbers[key] for key in held], base.manifest.token_dim))
        known = dict(zip(held, map(Cached, vectors, found), strict=True))
        return [known.get(key) for key in keys]

    def commit(self) -> bool:
        if not self._changed:
            return False
        self._lock.check()
        manifest = replace(self.manifest, created=datetime.now(UTC).isoformat(timespec="seconds"))
        dropped = [[n, n] for n in ([self._head.number] if self._head else [])]
        dropped += [[n, n + count] for n, count in self._gone]
        head = Head(self._next, manifest, dict(self._places), dropped, self._vectors)
        self._store.put_head(head)
        self._changed = False
        self._reset(manifest)
        self._begin(head, fresh=False)
        return True

    def rollback(self) -> None:
        self._store.remove([[self._first, self._next]], self._vectors)
        self._reset(self._head.manifest if self._head and self._base else replace(self._identity, documents={}))
        self._changed = self._base is None
        self._begin(self._head, fresh=self._base is None)

    def close(self) -> None:
        try:
            if self._next > self._first:
                self._store.remove([[self._first, self._next]], self._vectors)
        finally:
            self._base = None
            self._lock.release()

    def _begin(self, head: Head | None, *, fresh: bool) -> None:
        """Start from what is committed, or beside it."""
        self._head = head
        self._first = self._next = head.number + 1 if head else 1
        self._places: dict[str, tuple[int, int]] = {} if fresh or head is None else dict(head.places)
        self._gone: list[tuple[int, int]] = list(head.places.values()) if fresh and head else []
        self._base = None if fresh or head is None else _generation(self._store, head, self._base)
        self._ids: set[str] = set()
        if fresh or head is None:
            self._vectors = self._store.new_vectors(self._first, self._identity.dim)
        else:
            self._vectors = head.vectors

    def _insert(
        self, document: Document, chunks: Sequence[Chunk], vectors: Floats | None, tokens: list[Floats]
    ) -> None:
        ids = [chunk.id for chunk in chunks]
        taken = set(ids) & self._ids
        if self._base is not None:
            of = self._base.catalog.numbered(list(self._base.catalog.numbers_of(ids).values()))
            taken |= {chunk.id for chunk in of if chunk.doc_id in self._places}
        if taken:
            raise UsageError(f"{document.source}: a chunk of another document has an id of its chunks")
        quantized = [quantize(rows, self._identity.token_dim) for rows in tokens]  # refuses what can't be stored
        number = self._next
        self._next += 1 + len(chunks)
        self._store.put_document(number, _to_json(document, chunks))
        numbers = range(number + 1, self._next)
        if vectors is not None:
            self._store.put_vectors(self._vectors, numbers, vectors)
        self._store.put_tokens(numbers, quantized)
        self._places[document.id] = (number, len(chunks))
        self._ids.update(ids)

    def _remove(self, doc_id: str) -> None:
        place = self._places.pop(doc_id)
        self._gone.append(place)
        if place[0] >= self._first:
            self._ids -= {c["id"] for c in json.loads(self._store.documents([place[0]])[place[0]])["chunks"]}


class MilvusVectors(Vectors):
    """The vectors of one commit: candidates and their values come from Milvus, scores and ties are worked out here as everywhere."""

    def __init__(self, store: Store, collection: str, numbers: NDArray[np.int64], dim: int) -> None:
        super().__init__(np.zeros((0, dim), np.float32))
        self._store, self._collection, self._numbers = store, collection, numbers

    def __len__(self) -> int:
        return len(self._numbers)

    def rows(self, rows: NDArray[np.int64]) -> Floats:
        found = self._store.vectors(self._collection, [int(n) for n in self._numbers[rows]], self.dim)
        return np.array([found.get(int(n), np.zeros(self.dim)) for n in self._numbers[rows]], np.float32).reshape(
            len(rows), self.dim
        )

    def few(self, among: NDArray[np.int64]) -> bool:
        return len(among) <= 1000

    def _scan(self, query: Floats, count: int, among: NDArray[np.int64] | None) -> NDArray[np.int64]:
        """Milvus also holds rows of other commits, and knows no documents: look wider until enough of ours are found."""
        wide = 2 * count + 32
        while True:
            numbers = self._store.nearest(self._collection, query[0], min(wide, _MOST))
            at = np.minimum(np.searchsorted(self._numbers, numbers), len(self._numbers) - 1)
            rows: NDArray[np.int64] = at[self._numbers[at] == numbers]
            if among is not None:
                rows = rows[np.isin(rows, among)]
            if len(rows) >= count or len(numbers) < wide:
                return rows
            wide *= 4


def _generation(store: Store, head: Head, before: Generation | None) -> Generation:
    """What a reader needs in memory; documents that were in `before` are taken from there."""
    manifest = head.manifest
    manifest.check(store.url)
    held = _held(before)
    places = sorted((number, count, doc_id) for doc_id, (number, count) in head.places.items())
    texts = store.documents([number for number, _, _ in places if number not in held])
    documents: dict[str, Document] = {}
    chunks: dict[int, Chunk] = {}
    counts, old_kept, fresh = TokenCounts(), set[int](), 0
    for number, count, doc_id in places:
        numbers = range(number + 1, number + 1 + count)
        if number in held and before is not None:
            documents[doc_id] = before.catalog.document(doc_id)
            chunks.update(zip(numbers, before.catalog.numbered(list(numbers)), strict=True))
            old_kept.update(numbers)
            continue
        if number not in texts:
            raise IndexMismatch(f"{store.url} lacks parts of {doc_id}; rebuild it with {rebuild_command(store.url)}")
        documents[doc_id], of_document = _from_json(texts[number])
        chunks.update(zip(numbers, of_document, strict=True))
        for chunk in of_document:
            counts.add(chunk)
        fresh += count
    old_numbers = before.numbers if before else np.zeros(0, np.int64)
    keep = np.isin(old_numbers, np.array(sorted(old_kept), np.int64))
    numbers_now = np.array(sorted(chunks), np.int64)  # kept ones come first: numbers only grow
    postings = counts.merge(before.postings if before else empty(), keep, np.ones(fresh, bool))
    vectors = MilvusVectors(store, head.vectors, numbers_now, manifest.dim) if manifest.dim else None
    size = len(numbers_now) * 4 * manifest.dim + sum(len(d.text) for d in documents.values()) + postings.rows.nbytes
    catalog = MemoryCatalog(documents, chunks, sources_by_document(manifest))
    return Generation(manifest, catalog, numbers_now, postings, vectors, None, size)


def _held(before: Generation | None) -> set[int]:
    """The numbers of the documents in a generation: each stands just before that of its first chunk."""
    if before is None:
        return set()
    first = [before.catalog.numbers_in([info.id]) for info in before.manifest.documents.values()]
    return {numbers[0] - 1 for numbers in first if numbers}


def _tokens_of(store: Store, now: Generation, chunk_ids: Sequence[str]) -> list[Floats]:
    dim = now.manifest.token_dim
    if not dim:
        return []
    numbers = now.catalog.numbers_of(chunk_ids)
    found = dict(zip(numbers, store.tokens(list(numbers.values()), dim), strict=True))
    return [found.get(i, np.zeros((0, dim), np.float32)) for i in chunk_ids]


def _to_json(document: Document, chunks: Sequence[Chunk]) -> str:
    blocks = [[b.kind, b.start, b.end, b.level, b.context] for b in document.blocks]
    data = {**asdict(replace(document, blocks=())), "blocks": blocks, "chunks": [asdict(c) for c in chunks]}
    return json.dumps(data, ensure_ascii=True)  # ASCII: names that are no UTF-8 survive


def _from_json(text: str) -> tuple[Document, list[Chunk]]:
    data = json.loads(text)
    chunks = [Chunk(**chunk) for chunk in data.pop("chunks")]
    blocks = tuple(Block(*block) for block in data.pop("blocks"))
    return Document(**{**data, "pages": tuple(data["pages"]), "blocks": blocks}), chunks

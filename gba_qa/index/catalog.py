"""Documents and chunks: in an SQLite file for the index folder, in dictionaries for an index in memory.

A chunk has a `number` that it keeps for as long as it lives.  Its row in the matrices is the place of its number among all numbers.
"""

from __future__ import annotations

import json
import sqlite3
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from gba_qa.index.arrays import corrupt, plain_file
from gba_qa.types import Block, Chunk, Document

__all__ = [
    "Catalog",
    "MemoryCatalog",
    "SqliteCatalog",
    "chunk_key",
    "create_catalog",
    "drop_document",
    "finish_catalog",
    "store_document",
]

SCHEMA = (
    "CREATE TABLE documents (id TEXT PRIMARY KEY, title TEXT NOT NULL, language TEXT NOT NULL, text TEXT NOT NULL, "
    "pages TEXT NOT NULL, blocks TEXT NOT NULL, meta TEXT NOT NULL)",
    "CREATE TABLE chunks (number INTEGER PRIMARY KEY, id TEXT NOT NULL, document TEXT NOT NULL, text TEXT NOT NULL, "
    "first INTEGER NOT NULL, last INTEGER NOT NULL, title TEXT NOT NULL, heading TEXT NOT NULL, page INTEGER, "
    "language TEXT NOT NULL, context TEXT NOT NULL, key BLOB NOT NULL)",
    "CREATE UNIQUE INDEX chunks_by_id ON chunks (id)",
    "CREATE INDEX chunks_by_document ON chunks (document, number)",
    "CREATE INDEX chunks_by_key ON chunks (key)",
)
_SELECT = "SELECT number, id, document, text, first, last, title, heading, page, language, context FROM chunks"
# Keys are random, so that each new one falls on another page of its index: with the 2 MB that SQLite takes by itself, a build of 600,000
# chunks wrote 4.6 GB and read 3.4 GB back to make a file of 1.3 GB.  With 64 MB it writes 1.5 GB and reads 0.2 GB.
_CACHE = "cache_size=-65536"
_MANY = 500  # variables in one statement; SQLite's own limit was 999 for long


def chunk_key(chunk: Chunk) -> bytes:
    """16 bytes that stand for everything of a chunk that an embedder could be given: equal key, equal vectors."""
    import xxhash

    text = "\0".join((chunk.title, chunk.heading, chunk.context, chunk.text))
    return bytes(xxhash.xxh3_128_digest(text.encode("utf-8", "replace")))


class Catalog(Protocol):
    """What a reader asks of the stored documents.  Unknown ids are left out of results, or a KeyError where one is asked for."""

    def document(self, doc_id: str) -> Document: ...
    def chunks(self, doc_id: str) -> list[Chunk]: ...
    def numbered(self, numbers: Sequence[int]) -> list[Chunk]: ...
    def numbers_of(self, chunk_ids: Sequence[str]) -> dict[str, int]: ...
    def numbers_in(self, doc_ids: Collection[str]) -> list[int]: ...
    def numbers_by_key(self, keys: Collection[bytes]) -> dict[bytes, int]: ...
    def close(self) -> None: ...


class SqliteCatalog:
    """The catalog of one generation, opened read-only and immutable; shared by threads, each on a connection of its own."""

    def __init__(self, path: Path, sources: Mapping[str, str]) -> None:
        self._path = plain_file(path)
        self._sources = sources
        self._idle: deque[sqlite3.Connection] = deque()
        with self._connection() as connection:
            found = [row[0] for row in connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")]
        if sorted(found) != sorted(SCHEMA):  # a view or trigger in its place could do more than hold data
            raise corrupt(path, "has another layout than this version writes")

    def document(self, doc_id: str) -> Document:
        rows = self._all("SELECT id, title, language, text, pages, blocks, meta FROM documents WHERE id = ?", [doc_id])
        if not rows:
            raise KeyError(f"no document {doc_id!r} in the index")
        name, title, language, text, pages, blocks, meta = rows[0]
        return Document(
            id=name, text=text, title=title, source=self._sources.get(name, ""), language=language,
            pages=tuple(json.loads(pages)), meta=json.loads(meta),
            blocks=tuple(Block(*block) for block in json.loads(blocks)),
        )  # fmt: skip

    def chunks(self, doc_id: str) -> list[Chunk]:
        rows = self._all(f"{_SELECT} WHERE document = ? ORDER BY number", [doc_id])
        return [self._chunk(row) for _, *row in rows]

    def numbered(self, numbers: Sequence[int]) -> list[Chunk]:
        found = {n: self._chunk(row) for n, *row in self._in(f"{_SELECT} WHERE number IN", numbers)}
        return [found[n] for n in numbers]

    def numbers_of(self, chunk_ids: Sequence[str]) -> dict[str, int]:
        return dict(self._in("SELECT id, number FROM chunks WHERE id IN", chunk_ids))

    def numbers_in(self, doc_ids: Collection[str]) -> list[int]:
        return sorted(n for (n,) in self._in("SELECT number FROM chunks WHERE document IN", sorted(doc_ids)))

    def numbers_by_key(self, keys: Collection[bytes]) -> dict[bytes, int]:
        return dict(self._in("SELECT key, number FROM chunks WHERE key IN", sorted(keys)))

    def span(self) -> tuple[int, int, int]:
        """How many chunks there are, their lowest number and their highest."""
        count, low, high = self._all("SELECT count(*), min(number), max(number) FROM chunks", [])[0]
        return count, low or 0, high or 0

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()

    def _chunk(self, row: Sequence[Any]) -> Chunk:
        name, document, text, first, last, title, heading, page, language, context = row
        return Chunk(
            id=name, doc_id=document, text=text, start=first, end=last, title=title, heading=heading, page=page,
            language=language, source=self._sources.get(document, ""), context=context,
        )  # fmt: skip

    def _in(self, statement: str, values: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
        for start in range(0, len(values), _MANY):
            part = values[start : start + _MANY]
            yield from self._all(f"{statement} ({','.join('?' * len(part))})", part)

    def _all(self, statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        with self._connection() as connection:
            return connection.execute(statement, values).fetchall()

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """An idle connection or a new one; it goes back when done with, and not after an error."""
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = None
        try:
            if connection is None:
                connection = _open_read_only(self._path)
            yield connection
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            if connection is not None:
                connection.close()
            raise corrupt(self._path, f"can't be read ({error})") from None
        self._idle.append(connection)


def _open_read_only(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)
    for pragma in ("trusted_schema=OFF", "query_only=ON", "cell_size_check=ON", "mmap_size=1073741824"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def create_catalog(path: Path, base: Path | None) -> sqlite3.Connection:
    """A catalog to write: a copy of the one before, or empty.  No journal on the disk, since a build that fails is thrown away."""
    if base is not None:
        with base.open("rb") as source, path.open("xb") as target:
            while block := source.read(1 << 22):
                target.write(block)
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("trusted_schema=OFF", "journal_mode=MEMORY", "synchronous=OFF", "secure_delete=ON", _CACHE):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("BEGIN")
    if base is None:
        for statement in SCHEMA:
            connection.execute(statement)
    return connection


def finish_catalog(connection: sqlite3.Connection) -> None:
    """Commit and close; what deleted documents left empty is given back once it is a quarter of the file."""
    connection.execute("COMMIT")
    pages, free = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count"))
    if free * 4 > pages:
        connection.execute("VACUUM")
    connection.close()


def store_document(connection: sqlite3.Connection, document: Document, chunks: Iterable[tuple[int, Chunk]]) -> None:
    """Add a document and its numbered chunks.  sqlite3.IntegrityError where an id is taken."""
    blocks = [[b.kind, b.start, b.end, b.level, b.context] for b in document.blocks]
    connection.execute(
        "INSERT INTO documents VALUES (?,?,?,?,?,?,?)",
        [document.id, document.title, document.language, document.text, json.dumps(list(document.pages)),
         json.dumps(blocks), json.dumps(dict(document.meta))],
    )  # fmt: skip
    connection.executemany(
        "INSERT INTO chunks VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
        ([number, c.id, c.doc_id, c.text, c.start, c.end, c.title, c.heading, c.page, c.language, c.context, chunk_key(c)]
         for number, c in chunks),
    )  # fmt: skip


def drop_document(connection: sqlite3.Connection, doc_id: str) -> list[int]:
    """Take a document out; the numbers of its chunks come back.  What it said is overwritten, not just unlinked."""
    numbers = [
        n for (n,) in connection.execute("SELECT number FROM chunks WHERE document = ? ORDER BY number", [doc_id])
    ]
    connection.execute("DELETE FROM chunks WHERE document = ?", [doc_id])
    connection.execute("DELETE FROM documents WHERE id = ?", [doc_id])
    return numbers


class MemoryCatalog:
    """The same answers from dictionaries; never changed once made."""

    def __init__(
        self, documents: Mapping[str, Document], chunks: Mapping[int, Chunk], sources: Mapping[str, str]
    ) -> None:
        self._documents = {i: replace(d, source=sources.get(i, d.source)) for i, d in documents.items()}
        self._chunks = {n: replace(c, source=sources.get(c.doc_id, c.source)) for n, c in chunks.items()}
        self._numbers = {c.id: n for n, c in self._chunks.items()}
        self._of: dict[str, list[int]] = {}
        for number, chunk in self._chunks.items():
            self._of.setdefault(chunk.doc_id, []).append(number)

    def document(self, doc_id: str) -> Document:
        if doc_id not in self._documents:
            raise KeyError(f"no document {doc_id!r} in the index")
        return self._documents[doc_id]

    def chunks(self, doc_id: str) -> list[Chunk]:
        return [self._chunks[n] for n in self._of.get(doc_id, [])]

    def numbered(self, numbers: Sequence[int]) -> list[Chunk]:
        return [self._chunks[n] for n in numbers]

    def numbers_of(self, chunk_ids: Sequence[str]) -> dict[str, int]:
        return {i: self._numbers[i] for i in chunk_ids if i in self._numbers}

    def numbers_in(self, doc_ids: Collection[str]) -> list[int]:
        return sorted(n for i in set(doc_ids) for n in self._of.get(i, []))

    def numbers_by_key(self, keys: Collection[bytes]) -> dict[bytes, int]:
        wanted = set(keys)
        return {key: n for n, c in self._chunks.items() if (key := chunk_key(c)) in wanted}

    def close(self) -> None:
        pass

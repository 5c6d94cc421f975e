"""What the Milvus engine keeps where: texts cut into entries of one collection, vectors in another, and a lock.

`NAME_entries` holds documents, token vectors and manifests as ASCII text in numbered parts; entry 0 names the manifest in force, and
replacing it is the one moment at which the index changes.  `NAME_vectors_N` holds one vector a chunk; a rebuild begins a new one.
"""

from __future__ import annotations

import base64
import json
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

import numpy as np
from numpy.typing import NDArray

from gba_qa.errors import GbaQAError, MissingDependency, UsageError, install_command
from gba_qa.index.manifest import Manifest
from gba_qa.index.milvus_lock import MilvusLock
from gba_qa.types import Floats

__all__ = ["Head", "Store", "open_store"]

_PART = 60_000  # characters an entry; Milvus takes 65,535 bytes
_BATCH = 100  # entries sent at a time, some 6 MB
_LOOK_UP = 500  # numbers asked for at a time
_STRONG = "Strong"  # a reader sees what was acknowledged before it asked

# pymilvus pings every 10 s, idle or not; a server with gRPC's own settings (Milvus Lite) hangs up on more than one in 5 min.
QUIET = {"grpc.keepalive_time_ms": 310_000, "grpc.keepalive_permit_without_calls": False}


@dataclass(frozen=True, slots=True)
class Head:
    """A commit: its number (the highest used so far), its manifest, for each document its number and how many chunks follow it.

    `dropped` are the ranges of numbers that this commit no longer uses; they go when the next writer begins.
    """

    number: int
    manifest: Manifest
    places: Mapping[str, tuple[int, int]]
    dropped: Sequence[Sequence[int]] = field(default_factory=list)
    vectors: str = ""


def open_store(url: str) -> Store:
    """Raises UsageError for an address that is none, MissingDependency, GbaQAError where nobody answers there."""
    parts = urlsplit(url)
    name = parts.path.lstrip("/")
    try:
        port = parts.port or 19530
    except ValueError:
        port = 0
    if not parts.hostname or not port or not re.fullmatch(r"[A-Za-z_]\w{0,99}", name, re.ASCII):
        raise UsageError(
            f"milvus://…{parts.path} is no index: give milvus://host:port/name, the name of letters, digits and _"
        )
    try:
        from pymilvus import MilvusClient
    except ImportError:
        raise MissingDependency(
            f"an index in Milvus needs pymilvus; install it with `{install_command('milvus')}`", extra="milvus"
        ) from None
    logging.getLogger("pymilvus").setLevel(logging.CRITICAL)  # it logs a traceback of each error that it raises
    shown = f"milvus://{parts.hostname}:{port}/{name}"  # as errors and the manifest may show it: no password
    with _told(shown):
        client = MilvusClient(
            uri=f"http://{parts.hostname}:{port}",
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            timeout=10,
            grpc_options=QUIET,
        )
    return Store(client, name, shown)


@contextmanager
def _told(url: str) -> Iterator[None]:
    """Tell what Milvus refused as one line."""
    from pymilvus.exceptions import MilvusException

    try:
        yield
    except MilvusException as error:
        reason = " ".join(str(error.message).split())[:300]
        raise GbaQAError(f"{url}: Milvus did not do it ({reason}); the index is as it was before") from error


class Store:
    """Reads and writes the entries and vectors of one index.  Every method raises GbaQAError where Milvus refuses."""

    def __init__(self, client: Any, name: str, url: str) -> None:
        self.url = url
        self._client = client
        self._name = name
        self._entries = f"{name}_entries"

    # ------------------------------------------------------------------ the commit in force

    def head(self) -> Head | None:
        """None where nothing was committed yet."""
        with _told(self.url):
            if not self._client.has_collection(self._entries):
                return None
            found = self._query(self._entries, "number == 0")
            if not found:
                return None
            number = int(found[0]["text"])
            data = json.loads(self._texts([number])[number])
        return Head(
            number,
            Manifest.from_json(data["manifest"]),
            {doc_id: (int(n), int(count)) for doc_id, (n, count) in data["places"].items()},
            data["dropped"],
            data["vectors"],
        )

    def put_head(self, head: Head) -> None:
        """Write the manifest, then let entry 0 name it."""
        data = {
            "manifest": head.manifest.to_json(),
            "places": dict(head.places),
            "dropped": head.dropped,
            "vectors": head.vectors,
        }
        with _told(self.url):
            self._put(head.number, json.dumps(data))
            self._client.upsert(self._entries, [_entry(0, 0, str(head.number))])

    def sweep(self, head: Head) -> None:
        """Remove what the commit before last used, and what a dead writer left.  For the holder of the lock."""
        with _told(self.url):
            self.remove(head.dropped, head.vectors)
            self.remove([[head.number + 1, (1 << 62)]], head.vectors)
            for collection in self._client.list_collections():
                if re.fullmatch(rf"{self._name}_vectors_\d+", collection) and collection != head.vectors:
                    self._client.drop_collection(collection)

    def remove(self, ranges: Sequence[Sequence[int]], vectors: str) -> None:
        """Delete the entries and vectors with these numbers, both ends included."""
        with _told(self.url):
            for first, last in ranges:
                self._client.delete(self._entries, filter=f"number >= {int(first)} and number <= {int(last)}")
                if vectors and self._client.has_collection(vectors):
                    self._client.delete(vectors, filter=f"number >= {int(first)} and number <= {int(last)}")

    def lock(self, wait: float) -> MilvusLock:
        """Raises IndexLocked after `wait` seconds."""
        with _told(self.url):
            self._make(self._entries, 2, "id")
            return MilvusLock(self._client, self._name, self._entries, self.url, wait)

    # ------------------------------------------------------------------ documents and token vectors

    def put_document(self, number: int, text: str) -> None:
        with _told(self.url):
            self._put(number, text)

    def documents(self, numbers: Sequence[int]) -> dict[int, str]:
        """The texts that were put under these numbers; those that are not there are left out."""
        with _told(self.url):
            return self._texts(numbers, at_a_time=20)

    def put_tokens(self, numbers: Sequence[int], rows: Sequence[tuple[NDArray[np.int8], NDArray[np.float16]]]) -> None:
        entries: list[dict[str, Any]] = []
        with _told(self.url):
            for number, (values, scales) in zip(numbers, rows, strict=False):
                text = base64.b64encode(values.tobytes() + scales.tobytes()).decode("ascii")
                entries += [_entry(number, i, text[i * _PART : (i + 1) * _PART]) for i in range(_parts(text))]
                if len(entries) >= _BATCH:
                    self._client.insert(self._entries, entries)
                    entries = []
            if entries:
                self._client.insert(self._entries, entries)

    def tokens(self, numbers: Sequence[int], dim: int) -> list[Floats]:
        """For each number float32 (tokens, dim)."""
        with _told(self.url):
            texts = self._texts(numbers)
        result = []
        for number in numbers:
            data = base64.b64decode(texts.get(number, ""))
            count = len(data) // (dim + 2)
            values = np.frombuffer(data, np.int8, count * dim).reshape(count, dim).astype(np.float32)
            scales = np.frombuffer(data, np.float16, count, offset=count * dim).astype(np.float32)
            result.append(values * scales[:, None])
        return result

    # ------------------------------------------------------------------ vectors

    def new_vectors(self, number: int, dim: int) -> str:
        """An empty collection for vectors of this size; "" for none."""
        if not dim:
            return ""
        collection = f"{self._name}_vectors_{number}"
        with _told(self.url):
            if self._client.has_collection(collection):
                self._client.drop_collection(collection)
            self._make(collection, dim, "number")
        return collection

    def put_vectors(self, collection: str, numbers: Sequence[int], vectors: Floats) -> None:
        rows = [{"number": n, "vector": v.tolist()} for n, v in zip(numbers, vectors, strict=True)]
        with _told(self.url):
            for at in range(0, len(rows), _LOOK_UP):
                self._client.insert(collection, rows[at : at + _LOOK_UP])

    def vectors(self, collection: str, numbers: Sequence[int], dim: int) -> dict[int, Floats]:
        """The vectors with these numbers, float32 (dim,) each."""
        found: dict[int, Floats] = {}
        with _told(self.url):
            for at in range(0, len(numbers), _LOOK_UP):
                some = list(numbers[at : at + _LOOK_UP])
                for row in self._client.get(collection, ids=some, output_fields=["vector"], consistency_level=_STRONG):
                    found[int(row["number"])] = np.asarray(row["vector"], np.float32).reshape(dim)
        return found

    def nearest(self, collection: str, query: Floats, count: int) -> NDArray[np.int64]:
        """The numbers of the nearest vectors, best first."""
        with _told(self.url):
            (found,) = self._client.search(
                collection,
                data=[query.tolist()],
                limit=count,
                anns_field="vector",
                search_params={"metric_type": "IP"},
                consistency_level=_STRONG,
            )
        return np.array([hit["number"] for hit in found], np.int64)

    # ------------------------------------------------------------------ entries

    def _put(self, number: int, text: str) -> None:
        entries = [_entry(number, i, text[i * _PART : (i + 1) * _PART]) for i in range(_parts(text))]
        for at in range(0, len(entries), _BATCH):
            self._client.insert(self._entries, entries[at : at + _BATCH])

    def _texts(self, numbers: Sequence[int], at_a_time: int = _LOOK_UP) -> dict[int, str]:
        parts: dict[int, dict[int, str]] = {}
        for at in range(0, len(numbers), at_a_time):
            wanted = ", ".join(str(int(n)) for n in numbers[at : at + at_a_time])
            for row in self._query(self._entries, f"number in [{wanted}]"):
                parts.setdefault(int(row["number"]), {})[int(row["part"])] = row["text"]
        return {number: "".join(texts[i] for i in sorted(texts)) for number, texts in parts.items()}

    def _query(self, collection: str, condition: str) -> list[dict[str, Any]]:
        fields = ["number", "part", "text"]
        rows: list[dict[str, Any]] = self._client.query(
            collection, filter=condition, output_fields=fields, limit=16_384, consistency_level=_STRONG
        )
        return rows

    def _make(self, collection: str, dim: int, key: str) -> None:
        """A collection for vectors by number, or for entries (whose vector says nothing: Milvus wants one)."""
        from pymilvus import DataType

        if self._client.has_collection(collection):
            return
        schema = self._client.create_schema(auto_id=False, enable_dynamic_field=False)
        if key == "id":
            schema.add_field("id", DataType.VARCHAR, is_primary=True, max_length=256)
            schema.add_field("part", DataType.INT64)
            schema.add_field("text", DataType.VARCHAR, max_length=65_535)
        schema.add_field("number", DataType.INT64, is_primary=key == "number")
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=dim)
        index = self._client.prepare_index_params()
        index.add_index("vector", index_type="FLAT" if key == "id" else "AUTOINDEX", metric_type="IP")
        self._client.create_collection(collection, schema=schema, consistency_level=_STRONG)
        self._client.create_index(collection, index, sync=False)  # nothing to wait for: the collection is empty
        self._client.load_collection(collection)


def _parts(text: str) -> int:
    return max(1, -(-len(text) // _PART))


def _entry(number: int, part: int, text: str) -> dict[str, Any]:
    return {"id": f"{number}/{part}", "number": number, "part": part, "text": text, "vector": [0.0, 0.0]}

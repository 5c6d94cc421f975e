"""One writer at a time on an index in Milvus: an alias, which only one client can make, points at an empty collection of the holder's.

An entry of the index says who that is and when it last gave a sign of life.  A writer whose process has died on this machine is set aside at once; one on
another machine after LAPSE seconds without a sign of life (so clocks may differ by a minute, no more).
"""

from __future__ import annotations

import json
import os
import socket
import threading
import time
import uuid
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from gba_qa.errors import IndexLocked

__all__ = ["LAPSE", "MilvusLock"]

LAPSE = 180.0  # seconds
_BEAT = 30.0  # seconds between signs of life
_PAUSE = 0.2  # seconds between tries of a waiting writer


class MilvusLock:
    """Held from its making until `release`; IndexLocked, with process id, host and time, after `wait` seconds."""

    def __init__(self, client: Any, name: str, entries: str, url: str, wait: float) -> None:
        self._client, self._alias, self._entries, self._url = client, f"{name}_lock", entries, url
        self._mine = f"{name}_lock_{uuid.uuid4().hex}"
        self._since = datetime.now(UTC).isoformat(timespec="seconds")
        self._ended = threading.Event()
        self._make()
        try:
            self._acquire(time.monotonic() + wait)
        except BaseException:
            self._forget(self._mine)
            raise
        threading.Thread(target=self._beat, daemon=True).start()

    def check(self) -> None:
        """IndexLocked where another writer has set this one aside."""
        if self._holder() != self._mine:
            raise IndexLocked(f"{self._url}: another writer took the lock, nothing was written; run the command again")

    def release(self) -> None:
        """Give the lock back; what can't be removed now, another writer sets aside."""
        from pymilvus.exceptions import MilvusException

        self._ended.set()
        with suppress(MilvusException):
            if self._holder() == self._mine:
                self._client.drop_alias(self._alias)
            self._forget(self._mine)

    def _acquire(self, deadline: float) -> None:
        from pymilvus.exceptions import MilvusException

        while True:
            with suppress(MilvusException):  # the alias exists; or something worse, which the next call tells
                self._client.create_alias(self._mine, self._alias)
            holder = self._holder()
            if holder == self._mine:
                return
            about = self._about(holder) if holder else None
            if holder and _is_dead(about):
                with suppress(MilvusException):  # another waiting writer may be quicker
                    self._client.drop_alias(self._alias)
                    self._forget(holder)
                continue
            if time.monotonic() >= deadline:
                who = f"process {about['pid']} on {about['host']} since {about['since']}" if about else "another writer"
                raise IndexLocked(
                    f"the index {self._url} is being written by {who}; wait for it to end, then run the command again"
                )
            time.sleep(_PAUSE)

    def _holder(self) -> str | None:
        """The collection that the alias points at."""
        from pymilvus.exceptions import MilvusException

        try:
            found = self._client.describe_alias(self._alias)
        except MilvusException:
            self._client.list_collections()  # raises where Milvus is gone rather than the alias
            return None
        return str(found["collection_name"]) or None

    def _about(self, collection: str) -> dict[str, Any] | None:
        rows = self._client.query(
            self._entries, filter=f'id == "{collection}"', output_fields=["text"], limit=1, consistency_level="Strong"
        )
        return json.loads(rows[0]["text"]) if rows else None

    def _make(self) -> None:
        from pymilvus import DataType

        schema = self._client.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("id", DataType.VARCHAR, is_primary=True, max_length=16)
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=2)
        self._client.create_collection(self._mine, schema=schema)  # neither indexed nor loaded: it stays empty
        self._say()

    def _say(self) -> None:
        about = {"pid": os.getpid(), "host": socket.gethostname(), "since": self._since, "beat": time.time()}
        entry = {"id": self._mine, "number": -1, "part": 0, "text": json.dumps(about), "vector": [0.0, 0.0]}
        self._client.upsert(self._entries, [entry])

    def _forget(self, collection: str) -> None:
        self._client.drop_collection(collection)
        self._client.delete(self._entries, filter=f'id == "{collection}"')

    def _beat(self) -> None:
        from pymilvus.exceptions import MilvusException

        while not self._ended.wait(_BEAT):
            with suppress(MilvusException):
                self._say()


def _is_dead(about: dict[str, Any] | None) -> bool:
    """Whether a holder has gone: it forgot to drop the alias, gives no more signs, or was a process of this machine that ended."""
    if about is None or time.time() - float(about["beat"]) > LAPSE:
        return True
    if about["host"] != socket.gethostname():
        return False
    try:
        os.kill(int(about["pid"]), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False

"""The index in Milvus, for collections that one machine should not hold.  Needs the extra `milvus`."""

from __future__ import annotations

from gba_qa.errors import MissingDependency
from gba_qa.index.manifest import Manifest
from gba_qa.index.reader import Index
from gba_qa.index.writer import IndexWriter

__all__ = ["open_milvus", "write_milvus"]


def open_milvus(url: str) -> Index:
    raise MissingDependency(f"{url}: Milvus is not supported yet", extra="milvus")


def write_milvus(url: str, wanted: Manifest, *, rebuild: bool, wait: float) -> IndexWriter:
    raise MissingDependency(f"{url}: Milvus is not supported yet", extra="milvus")

"""The index in Milvus, for collections that one machine should not hold.  Needs the extra `milvus`."""

from __future__ import annotations

from typing import NoReturn

from gba_qa.errors import MissingDependency
from gba_qa.index.manifest import Manifest

__all__ = ["MilvusIndex", "MilvusWriter"]


def MilvusIndex(url: str) -> NoReturn:
    raise MissingDependency(f"{url}: Milvus is not supported yet", extra="milvus")


def MilvusWriter(url: str, wanted: Manifest, *, rebuild: bool, wait: float) -> NoReturn:
    raise MissingDependency(f"{url}: Milvus is not supported yet", extra="milvus")

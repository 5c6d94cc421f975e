"""Which file a document is named by."""

from __future__ import annotations

from gba_qa.index.manifest import Manifest

__all__ = ["sources_by_document"]


def sources_by_document(manifest: Manifest) -> dict[str, str]:
    """The source that a document's chunks name: the first of them, where several files have the same content."""
    result: dict[str, str] = {}
    for source in sorted(manifest.documents):
        result.setdefault(manifest.documents[source].id, source)
    return result

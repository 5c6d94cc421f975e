"""Answers and hits as the JSON objects of the contract: what `ask --json`, `search --json`, the HTTP API and MCP return."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gba_qa.types import Answer, Citation, Hit

__all__ = ["answer_json", "hits_json"]


def answer_json(answer: Answer, *, seconds: float | None = None) -> dict[str, Any]:
    """The object of `gba-qa ask --json`."""
    form: dict[str, Any] = {
        "question": answer.question,
        "language": answer.language,
        "answer": answer.text,
        "abstained": answer.abstained,
        "statements": [{"text": s.text, "citations": list(s.citations)} for s in answer.statements],
        "citations": [_citation(c) for c in answer.citations],
        "hits": hits_json(answer.hits),
        "answerer": answer.answerer,
        "note": answer.note,
        "rewritten": answer.rewritten,
    }
    if seconds is not None:
        form["seconds"] = round(seconds, 4)
    return form


def hits_json(hits: Sequence[Hit]) -> list[dict[str, Any]]:
    """The list of `gba-qa search --json`; `rank` counts from 1."""
    return [
        {
            "rank": rank,
            "score": round(hit.score, 6),
            "doc_id": hit.chunk.doc_id,
            "source": hit.chunk.source,
            "page": hit.chunk.page,
            "text": hit.chunk.text,
            "title": hit.chunk.title,
            "heading": hit.chunk.heading,
            "start": hit.chunk.start,
            "end": hit.chunk.end,
        }
        for rank, hit in enumerate(hits, start=1)
    ]


def _citation(citation: Citation) -> dict[str, Any]:
    return {
        "number": citation.number,
        "title": citation.title,
        "source": citation.source,
        "page": citation.page,
        "start": citation.start,
        "end": citation.end,
        "quote": citation.quote,
        "doc_id": citation.doc_id,
    }

"""/ask and /search for programs: the JSON of `gba-qa ask --json` and `gba-qa search --json`.  With the mcp extra, two tools."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Literal

from gba_qa.chat.limits import RateLimiter
from gba_qa.chat.turns import MAX_QUESTION
from gba_qa.jsonform import answer_json, hits_json
from gba_qa.qa import QA

__all__ = ["endpoints"]

MAX_HITS = 50


def endpoints(qa: QA, limiter: RateLimiter) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The two functions, as Gradio takes them: their docstrings are what programs and models read."""
    import gradio as gr

    def check(text: str, request: gr.Request) -> None:
        if not isinstance(text, str) or not text.strip():
            raise gr.Error("an empty question", print_exception=False)
        if len(text) > MAX_QUESTION:
            raise gr.Error(f"longer than {MAX_QUESTION} characters", print_exception=False)
        if not limiter.allow(client_of(request)):
            raise gr.Error(f"more than {limiter.count} questions in a minute", print_exception=False)

    def ask(question: str, request: gr.Request) -> dict:  # type: ignore[type-arg]
        """Answer a question about the Greater Bay Area from the documents, every sentence with its quote.

        Parameters:
            question: in English, Traditional or Simplified Chinese
        Returns:
            question, language, answer, abstained, statements, citations (with the exact quote, document and page), hits, seconds
        """
        check(question, request)
        start = time.perf_counter()
        return answer_json(qa.ask(question), seconds=time.perf_counter() - start)

    def search(
        query: str, request: gr.Request, k: int = 5, mode: Literal["hybrid", "dense", "bm25"] = "hybrid"
    ) -> list:  # type: ignore[type-arg]
        """Find the passages of the documents that fit a query best.

        Parameters:
            query: in English, Traditional or Simplified Chinese
            k: how many passages, 1 to 50
            mode: hybrid, dense or bm25
        Returns:
            a list of rank, score, doc_id, source, page, text; the best first
        """
        check(query, request)
        if mode not in {"hybrid", "dense", "bm25"}:
            raise gr.Error("mode is hybrid, dense or bm25", print_exception=False)
        return hits_json(qa.search(query, max(1, min(int(k), MAX_HITS)), mode=mode))

    # Gradio reads the annotations themselves, which are strings here.
    ask.__annotations__ = {"question": str, "request": gr.Request, "return": dict}
    search.__annotations__ = {
        "query": str,
        "request": gr.Request,
        "k": int,
        "mode": Literal["hybrid", "dense", "bm25"],
        "return": list,
    }
    return ask, search


def client_of(request: Any) -> str:
    """Whom a limit is counted against: the address the request came from."""
    client = getattr(request, "client", None)
    return str(getattr(client, "host", "") or "unknown")

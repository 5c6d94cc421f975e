"""Question answering over Greater Bay Area policy documents, every sentence cited.

    from gba_qa import QA

    qa = QA.load()                                   # the shipped knowledge; nothing is downloaded
    answer = qa.ask("粵港澳大灣區有多少個城市？")
    print(answer.text)
    for citation in answer.citations:
        print(citation.number, citation.title, citation.page, citation.quote)

Importing this package loads none of torch, faiss, transformers or gradio: a public name is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gba_qa.answer import ExtractiveAnswerer, LLMAnswerer
    from gba_qa.config import Config
    from gba_qa.embed import load_embedder
    from gba_qa.errors import (
        AnswererError,
        EvaluationError,
        GbaQAError,
        IndexCorrupt,
        IndexLocked,
        IndexMismatch,
        IndexNotFound,
        MissingDependency,
        ReadError,
        UnsupportedFormat,
        UsageError,
    )
    from gba_qa.qa import QA
    from gba_qa.readers import read
    from gba_qa.types import Answer, Chunk, Citation, Document, Embedder, Hit, Language, Retriever, Span, Statement

__version__ = "0.1.0"

__all__ = [
    "QA",
    "Answer",
    "AnswererError",
    "Chunk",
    "Citation",
    "Config",
    "Document",
    "Embedder",
    "EvaluationError",
    "ExtractiveAnswerer",
    "GbaQAError",
    "Hit",
    "IndexCorrupt",
    "IndexLocked",
    "IndexMismatch",
    "IndexNotFound",
    "LLMAnswerer",
    "Language",
    "MissingDependency",
    "ReadError",
    "Retriever",
    "Span",
    "Statement",
    "UnsupportedFormat",
    "UsageError",
    "__version__",
    "load_embedder",
    "read",
]

_MODULES = {
    "QA": "gba_qa.qa",
    "Config": "gba_qa.config",
    "ExtractiveAnswerer": "gba_qa.answer",
    "LLMAnswerer": "gba_qa.answer",
    "load_embedder": "gba_qa.embed",
    "read": "gba_qa.readers",
    **dict.fromkeys(
        ("Answer", "Chunk", "Citation", "Document", "Embedder", "Hit", "Language", "Retriever", "Span", "Statement"),
        "gba_qa.types",
    ),
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'gba_qa' has no attribute {name!r}")
    return getattr(import_module(_MODULES.get(name, "gba_qa.errors")), name)


def __dir__() -> list[str]:
    return sorted(__all__)

"""Look at this installation: what is there, what is missing, and the command that mends it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec

from gba_qa.errors import GbaQAError

__all__ = ["Check", "examine"]

_NEEDED = (
    "faiss",
    "onnxruntime",
    "tokenizers",
    "opencc",
    "Stemmer",
    "pypdfium2",
    "docx",
    "gradio",
    "langchain_text_splitters",
)
_OPTIONAL = {
    "sentence_transformers": "sentence-transformers",
    "httpx": "llm",
    "pymilvus": "milvus",
    "mcp": "mcp",
    "rapidocr": "ocr",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at.  `needed`: without it the default use does not work."""

    name: str
    ok: bool
    detail: str
    command: str = ""
    needed: bool = True


def examine(index: str | None = None) -> Iterator[Check]:
    """All checks in order; raises nothing."""
    version = ".".join(map(str, sys.version_info[:3]))
    yield Check("python", sys.version_info >= (3, 11), version, "install Python 3.11 or later")
    for module in _NEEDED:
        found = find_spec(module) is not None
        yield Check(module, found, "installed" if found else "not installed", "pip install -c constraints.txt -e .")
    for module, extra in _OPTIONAL.items():
        found = find_spec(module) is not None
        yield Check(
            f"extra {extra}",
            found,
            "installed" if found else "not installed (optional)",
            f'pip install "gba-qa[{extra}]"',
            False,
        )
    office = shutil.which("soffice") or shutil.which("libreoffice")
    yield Check("LibreOffice", bool(office), office or "not found (optional; reads .doc files)", "", False)
    yield _embedder()
    yield _index(index)


def _embedder() -> Check:
    try:
        from gba_qa.embed import load_embedder

        embedder = load_embedder()
        embedder.encode_query(["前海 Qianhai"])
    except GbaQAError as error:
        return Check("bundled embedder", False, str(error), "pip install --force-reinstall -c constraints.txt -e .")
    return Check("bundled embedder", True, f"{getattr(embedder, 'name', '')} loads and encodes")


def _index(index: str | None) -> Check:
    from gba_qa.config import Config
    from gba_qa.errors import IndexNotFound
    from gba_qa.index import open_index

    try:
        place = index or Config.load().index
        with open_index(place) as opened:
            opened.check()
            return Check(
                "index", True, f"{place}: {len(opened.documents())} documents, {len(opened)} chunks, checksums right"
            )
    except IndexNotFound as error:
        return Check("index", index is None, f"{error}", "gba-qa index")
    except GbaQAError as error:
        return Check("index", False, str(error), f"gba-qa index --rebuild --index {index or 'index'}")

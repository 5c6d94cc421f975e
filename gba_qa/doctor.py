"""Look at this installation: what is there, what is missing, and the command that mends it."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import TYPE_CHECKING

from gba_qa.errors import (
    GbaQAError,
    IndexCorrupt,
    IndexMismatch,
    IndexNotFound,
    MissingDependency,
    install_command,
)

if TYPE_CHECKING:
    from gba_qa.config import Config

__all__ = ["Check", "examine"]

_NEEDED = (
    "faiss",
    "onnxruntime",
    "tokenizers",
    "opencc",
    "Stemmer",
    "pypdfium2",
    "PIL",
    "docx",
    "pptx",
    "openpyxl",
    "lxml",
    "yaml",
    "trafilatura",
    "markdown_it",
    "gradio",
    "starlette",
    "langchain_text_splitters",
    "xxhash",
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
        yield Check(module, found, "installed" if found else "not installed", install_command())
    for module, extra in _OPTIONAL.items():
        found = find_spec(module) is not None
        yield Check(
            f"extra {extra}",
            found,
            "installed" if found else "not installed (optional)",
            install_command(extra),
            False,
        )
    office = shutil.which("soffice") or shutil.which("libreoffice")
    yield Check("LibreOffice", bool(office), office or "not found (optional; reads .doc files)", "", False)
    yield _embedder()
    check, config = _settings()
    yield check
    if config is not None:
        yield _index(index, config)


def _embedder() -> Check:
    try:
        from gba_qa.embed import load_embedder

        embedder = load_embedder()
        embedder.encode_query(["前海 Qianhai"])
    except GbaQAError as error:
        return Check("bundled embedder", False, str(error), f"{install_command()} --force-reinstall")
    return Check("bundled embedder", True, f"{getattr(embedder, 'name', '')} loads and encodes")


def _settings() -> tuple[Check, Config | None]:
    from gba_qa.config import Config

    try:
        return Check("settings", True, "every one can be used"), Config.load()
    except GbaQAError as error:
        return Check("settings", False, str(error)), None


def _index(index: str | None, config: Config) -> Check:
    """Opened as a question would open it: by the embedder of the settings."""
    from gba_qa.qa import QA

    place = index or config.index
    option = f"--index {shlex.quote(place)}"
    try:
        qa = QA.load(place, config=replace(config, llm_url=""))  # the language model is no part of the index
        with qa.index as opened:
            opened.check()
            held = f"{len(opened.documents())} documents, {len(opened)} chunks, checksums right"
    except IndexNotFound as error:
        return Check("index", index is None, str(error), f"gba-qa index {option}")
    except (IndexCorrupt, IndexMismatch) as error:
        return Check("index", False, str(error), f"gba-qa index --rebuild {option}")
    except MissingDependency as error:
        return Check("index", False, str(error), install_command(error.extra))
    except GbaQAError as error:  # out of reach, or not ours to read: a rebuild would not help
        return Check("index", False, str(error))
    return Check("index", True, f"{place}: {held}")

"""Settings, from the first place that has them: arguments > GBA_QA_* environment > gba-qa.toml > defaults.

Read once at the edge (cli.py, ui.py, QA.load); inside, functions take what they use.
"""

from __future__ import annotations

import math
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from gba_qa.errors import UsageError

__all__ = ["Config"]

_YES = {"1", "true", "yes", "on"}
_NO = {"0", "false", "no", "off"}
_KINDS = {str: "a text", bool: "true or false", int: "a whole number", float: "a number"}
_SECRET = {"llm_key", "auth"}
_RANGES = {
    "answerable_share": (0.5, 0.999),
    "llm_timeout": (0.1, 3600),
    "port": (0, 65535),
    "max_upload_mb": (1, 1024),
    "questions_per_minute": (1, 1_000_000),
}
"""Lowest and highest value of a setting, both allowed."""


@dataclass(frozen=True, slots=True)
class Config:
    """All settings.

    >>> Config.load(environ={"GBA_QA_LLM_URL": "http://localhost:11434/v1"}, file=None).llm_url
    'http://localhost:11434/v1'
    """

    index: str = "index"
    """Folder or URL of the index."""
    embedder: str = "bundled"
    """`bundled`, `none` (keyword search alone), or the name or path of a sentence-transformers model."""
    ocr: bool = False
    """Whether `gba-qa index` reads scanned and garbled PDF pages by OCR (extra `ocr`)."""
    answerable_share: float = 0.95
    """Operating point of refusal: the share of the answerable questions that is to be answered (0.5 to 0.999)."""
    second_look: bool = False
    """Whether the bundled span reader reads question and passage together before one is answered or refused; some 15 ms a question."""
    llm_url: str = ""
    """Base URL of an OpenAI-compatible endpoint, e.g. http://localhost:11434/v1; empty: no LLM."""
    llm_model: str = ""
    llm_key: str = field(default="", repr=False)
    """Never logged, shown or stored."""
    llm_timeout: float = 30.0
    """Seconds to wait for the endpoint."""
    host: str = "127.0.0.1"
    port: int = 7860
    auth: str = field(default="", repr=False)
    """`user:password` for the chat page; needed on any address but this machine's own."""
    shared_uploads: bool = False
    """Whether uploads in the chat go into the shared index; by default each browser session has a private one."""
    max_upload_mb: int = 50
    questions_per_minute: int = 60
    """Per client of the chat page."""

    @classmethod
    def load(
        cls,
        *,
        environ: Mapping[str, str] | None = None,
        file: str | Path | None = "gba-qa.toml",
        **arguments: object,
    ) -> Config:
        """Gather the settings; arguments that are None do not count.  Raises UsageError for a value that can't be used."""
        environ = os.environ if environ is None else environ
        config = cls()
        if file is not None:
            config = config._with(_read(file), str(file), typed=True)
        names = {f.name for f in fields(cls)}
        found = {n: environ[f"GBA_QA_{n.upper()}"] for n in names if environ.get(f"GBA_QA_{n.upper()}")}
        config = config._with(found, "the environment")
        return config._with({k: v for k, v in arguments.items() if v is not None}, "the arguments")

    def _with(self, settings: Mapping[str, object], place: str, *, typed: bool = False) -> Config:
        known = {f.name: f for f in fields(self)}
        unknown = sorted(set(settings) - set(known))
        if unknown:
            raise UsageError(f"unknown setting {unknown[0]!r} in {place}; there are: {', '.join(sorted(known))}")
        values: dict[str, Any] = {k: _convert(k, v, type(getattr(self, k)), place, typed) for k, v in settings.items()}
        return replace(self, **values)


def _read(file: str | Path) -> dict[str, Any]:
    """What the file says; nothing where there is none."""
    try:
        return tomllib.loads(
            Path(file).read_text(encoding="utf-8-sig")
        )  # some editors begin a file with a byte order mark
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise UsageError(f"{file} can't be read ({error.strerror}); mend its permissions, or move it away") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: not valid TOML ({error})") from None


def _convert(name: str, value: object, kind: type, place: str, typed: bool) -> object:
    """`value` as a `kind`: it has that type already, or is written out as a string where values are not `typed`."""
    try:
        converted = _parsed(value, kind) if isinstance(value, str) and not typed else _typed(value, kind)
    except (ValueError, TypeError, OverflowError):
        shown = "" if name in _SECRET else f"{value!r}, "
        raise UsageError(f"{name} in {place} is {shown}not {_KINDS[kind]}") from None
    low, high = _RANGES.get(name, (-math.inf, math.inf))
    if isinstance(converted, int | float) and not low <= converted <= high:  # NaN is in no range
        raise UsageError(f"{name} in {place} is {value!r}; it is between {low} and {high}")
    return converted


def _parsed(value: str, kind: type) -> object:
    if kind is bool:
        if value.lower() not in _YES | _NO:
            raise ValueError
        return value.lower() in _YES
    return kind(value)


def _typed(value: object, kind: type) -> object:
    if kind is str and isinstance(value, os.PathLike):
        return os.fspath(value)
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise TypeError
    return value

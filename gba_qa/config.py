"""Settings, from the first place that has them: arguments > GBA_QA_* environment > gba-qa.toml > defaults.

Read once at the edge (cli.py, ui.py, QA.load); inside, functions take what they use.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from gba_qa.errors import UsageError

__all__ = ["Config"]


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
        if file is not None and Path(file).is_file():
            try:
                settings = tomllib.loads(Path(file).read_text(encoding="utf-8"))
            except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
                raise UsageError(f"{file}: not valid TOML ({error})") from None
            config = config._with(settings, str(file))
        names = {f.name for f in fields(cls)}
        found = {n: environ[f"GBA_QA_{n.upper()}"] for n in names if environ.get(f"GBA_QA_{n.upper()}")}
        config = config._with(found, "the environment")
        return config._with({k: v for k, v in arguments.items() if v is not None}, "the arguments")

    def _with(self, settings: Mapping[str, object], place: str) -> Config:
        known = {f.name: f for f in fields(self)}
        unknown = sorted(set(settings) - set(known))
        if unknown:
            raise UsageError(f"unknown setting {unknown[0]!r} in {place}; there are: {', '.join(sorted(known))}")
        values: dict[str, Any] = {k: _convert(k, v, type(getattr(self, k)), place) for k, v in settings.items()}
        return replace(self, **values)


def _convert(name: str, value: object, kind: type, place: str) -> object:
    try:
        if kind is bool and isinstance(value, str):
            return {
                "1": True,
                "true": True,
                "yes": True,
                "on": True,
                "0": False,
                "false": False,
                "no": False,
                "off": False,
            }[value.lower()]
        converted = kind(value)
    except (ValueError, TypeError, KeyError):
        raise UsageError(f"{name} in {place} is {value!r}, not a {kind.__name__}") from None
    if name == "answerable_share" and not 0.5 <= converted <= 0.999:
        raise UsageError(f"answerable_share in {place} is {converted}; it is a share between 0.5 and 0.999")
    if name == "port" and not 0 <= converted <= 65535:
        raise UsageError(f"port in {place} is {converted}; it is between 0 and 65535")
    return converted

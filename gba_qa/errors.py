"""Everything this package raises on purpose, as one tree, so that a caller can catch as narrowly as it likes.

GbaQAError
├── ReadError               a document could not be read; the message names it and says why
│   └── UnsupportedFormat   nothing here reads that kind of file
├── IndexNotFound           no index where one was named
├── IndexMismatch           the index was built by another embedder, chunker or format
├── IndexCorrupt            a file of the index is missing, cut short or changed
├── IndexLocked             another process is writing to the index
├── MissingDependency       an extra is not installed; `.extra` names it
├── AnswererError           the language model could not answer; `.retryable` says whether trying again may help
├── EvaluationError         a gold set or corpus file is malformed; the message names file and line
└── UsageError              an argument or setting has a value that can't be used
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

__all__ = [
    "AnswererError",
    "EvaluationError",
    "GbaQAError",
    "IndexCorrupt",
    "IndexLocked",
    "IndexMismatch",
    "IndexNotFound",
    "MissingDependency",
    "ReadError",
    "UnsupportedFormat",
    "UsageError",
    "install_command",
]

_ROOT = Path(__file__).resolve().parents[1]


class GbaQAError(Exception):
    """Base of all errors raised on purpose. The message is one line, fit for a user to read."""


class ReadError(GbaQAError):
    """A document could not be read. The message names the file and the reason."""


class UnsupportedFormat(ReadError):
    """No reader for this kind of file."""


class IndexNotFound(GbaQAError):
    """There is no index at the place named."""


class IndexMismatch(GbaQAError):
    """The index was built with something else than what it is now opened with."""


class IndexCorrupt(GbaQAError):
    """A file of the index is missing, truncated or does not match its checksum."""


class IndexLocked(GbaQAError):
    """Another process is writing to this index; the message says which."""


class MissingDependency(GbaQAError):
    """An optional package is not installed. `extra` names it; `install_command(extra)` is what installs it."""

    def __init__(self, message: str, *, extra: str) -> None:
        super().__init__(message)
        self.extra = extra


class AnswererError(GbaQAError):
    """The language model gave no usable answer. `retryable`: the same call may go through later."""

    def __init__(self, message: str, *, retryable: bool = False) -> None:
        super().__init__(message)
        self.retryable = retryable


class EvaluationError(GbaQAError):
    """A gold set or corpus file is malformed. The message names the file and the line."""


class UsageError(GbaQAError):
    """An argument or a setting has a value that can't be used."""


def install_command(extra: str = "") -> str:
    """What to type to install this package, with `extra`, into the Python that is running, from any folder.

    From a source tree its own files and the versions it pins are taken; else pip adds to the package that is installed.
    """
    pip = f"{_quoted(sys.executable or 'python')} -m pip install"
    wanted = f"[{extra}]" if extra else ""
    if (_ROOT / "pyproject.toml").is_file() and (_ROOT / "constraints.txt").is_file():
        return f"{pip} -c {_quoted(str(_ROOT / 'constraints.txt'))} -e {_quoted(f'{_ROOT}{wanted}')}"
    return f"{pip} {_quoted(f'gba-qa{wanted}')}"


def _quoted(word: str) -> str:
    """In the one kind of quotes that every shell takes, where the word has need of them."""
    return word if re.fullmatch(r"[\w@%+=:,./\\-]+", word) else f'"{word}"'

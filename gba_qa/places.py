"""Which file a source stands for, wherever the next run is started from, and whether that file is still there."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from gba_qa.index import DocumentInfo

__all__ = ["KNOWLEDGE", "absolute", "file_of", "is_file", "is_folder", "is_gone", "is_shipped", "is_there"]

KNOWLEDGE = "gba_qa/knowledge"  # how the shipped briefs are named as sources, wherever the package is installed


def absolute(path: str | Path) -> str:
    """The path from the root.  Links keep their names, except where `..` behind a link would lead elsewhere without them."""
    lexical = os.path.normpath(Path(path).absolute())
    if ".." in Path(path).parts:
        real = os.path.realpath(path)
        return lexical if os.path.realpath(lexical) == real else real
    return lexical


def file_of(source: str, path: str = "") -> str | None:
    """The absolute path of a source's file; None for a shipped brief, which has no place of its own.

    Where the index keeps no path, as those of earlier versions, the source is looked for from the folder of this process.
    """
    return None if is_shipped(source, path) else path or absolute(source)


def is_shipped(source: str, path: str = "") -> bool:
    """Whether a source is a brief of the package, not a file that the user named."""
    return not path and source.startswith(f"{KNOWLEDGE}/")


def is_gone(info: DocumentInfo) -> bool:
    """Whether the file of an entry was deleted or moved."""
    where = file_of(info.source, info.path)
    return where is not None and not is_there(where)


def is_there(path: str | Path) -> bool:
    """Whether something has this name; what may not be looked at counts as there, so that nothing is dropped for it."""
    try:
        Path(path).stat()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return False
    except OSError as error:
        return error.errno not in {errno.ELOOP, errno.ENAMETOOLONG}
    return True


def is_file(path: str | Path) -> bool:
    """Whether this is a plain file, or something that may not be looked at."""
    try:
        return Path(path).is_file()
    except OSError:
        return is_there(path)


def is_folder(path: str | Path) -> bool:
    """Whether this is a folder; not where that can't be found out."""
    try:
        return Path(path).is_dir()
    except OSError:
        return False

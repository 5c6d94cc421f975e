"""Files to Documents: one file per format family, a table from suffix to function.

>>> import tempfile, pathlib
>>> path = pathlib.Path(tempfile.mkdtemp()) / "note.md"
>>> _ = path.write_text("# 前海\\n\\n空置率為28.9%。", encoding="utf-8")
>>> document = read(path)
>>> document.title, document.text[document.blocks[1].start:document.blocks[1].end]
('前海', '空置率為28.9%。')
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path

from gba_qa.errors import GbaQAError, ReadError, UnsupportedFormat
from gba_qa.types import Document

__all__ = ["SUFFIXES", "read"]

# suffix → module : function(path, source); the modules are loaded when they are needed
SUFFIXES: Mapping[str, str] = {
    ".txt": "plain:read_plain",
    ".text": "plain:read_plain",
    ".md": "markdown:read_markdown",
    ".markdown": "markdown:read_markdown",
    ".pdf": "pdf:read_pdf",
    ".docx": "docx:read_docx",
    ".docm": "docx:read_docx",
    ".pptx": "slides:read_slides",
    ".pptm": "slides:read_slides",
    ".xlsx": "sheets:read_sheets",
    ".xlsm": "sheets:read_sheets",
    ".csv": "sheets:read_csv",
    ".tsv": "sheets:read_csv",
    ".epub": "epub:read_epub",
    ".doc": "legacy:read_legacy",
    ".rtf": "legacy:read_legacy",
    ".odt": "legacy:read_legacy",
    ".ppt": "legacy:read_legacy",
    ".odp": "legacy:read_legacy",
    ".xls": "legacy:read_legacy",
    ".ods": "legacy:read_legacy",
    ".wps": "legacy:read_legacy",
    ".html": "html:read_html",
    ".htm": "html:read_html",
    ".xhtml": "html:read_html",
}


def read(path: Path, *, source: str | None = None, ocr: bool = False) -> Document:
    """Read one file, by its suffix.  `source` is the path as the user gave it, when that differs.

    `ocr`: read the pages of a PDF that have no usable text layer from their picture.  Raises UnsupportedFormat for a suffix that isn't
    in the table, MissingDependency for OCR without its extra, else ReadError with the true reason; nothing else.
    """
    path = Path(path)
    name = source if source is not None else str(path)
    target = SUFFIXES.get(path.suffix.lower())
    if target is None:
        known = " ".join(sorted(SUFFIXES))
        raise UnsupportedFormat(
            f"{name}: no reader for {path.suffix or 'a file without a suffix'}; these are read: {known}"
        )
    try:
        if path.stat().st_size == 0:
            raise ReadError(f"{name}: the file is empty (0 bytes)")
        if ocr and target == "pdf:read_pdf":
            from gba_qa.readers.pdf import read_pdf

            return read_pdf(path, name, ocr=True)
        module, _, function = target.partition(":")
        reader: Callable[[Path, str], Document] = getattr(import_module(f"gba_qa.readers.{module}"), function)
        return reader(path, name)
    except (GbaQAError, ImportError):  # a broken installation is not a broken file
        raise
    except FileNotFoundError:
        raise ReadError(f"{name}: no such file") from None
    except OSError as error:
        raise ReadError(f"{name}: {error.strerror or error}") from error
    except (MemoryError, RecursionError) as error:
        raise ReadError(f"{name}: too large or too deeply nested to read ({type(error).__name__})") from error
    except Exception as error:  # a library's own complaint about a broken file
        raise ReadError(
            f"{name}: broken or not what its suffix says ({type(error).__name__}: {str(error)[:120]})"
        ) from error

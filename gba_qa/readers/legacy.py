"""Older office formats (.doc .rtf .odt .ppt .xls …), by way of LibreOffice where that is installed."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from gba_qa.errors import ReadError
from gba_qa.readers.docx import read_docx
from gba_qa.readers.limits import check_size
from gba_qa.readers.sheets import read_sheets
from gba_qa.readers.slides import read_slides
from gba_qa.types import Document

__all__ = ["read_legacy"]

_SECONDS = 120  # for one conversion
_TARGETS: Mapping[str, str] = {".ppt": "pptx", ".odp": "pptx", ".xls": "xlsx", ".ods": "xlsx"}  # the others become docx
_READERS = {"docx": read_docx, "pptx": read_slides, "xlsx": read_sheets}


def read_legacy(path: Path, source: str) -> Document:
    """Raises ReadError, saying what to install or to do, where there is no LibreOffice or it can't read the file."""
    check_size(path, source)
    office = shutil.which("soffice") or shutil.which("libreoffice")
    target = _TARGETS.get(path.suffix.lower(), "docx")
    if office is None:
        raise ReadError(
            f"{source}: {path.suffix} files are read by way of LibreOffice, which is not installed; install it, or save the file as .{target}"
        )
    with tempfile.TemporaryDirectory() as folder:
        command = [
            office,
            f"-env:UserInstallation=file://{folder}/profile",
            "--headless",
            "--norestore",
            "--convert-to",
            target,
            "--outdir",
            folder,
            str(path.resolve()),
        ]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=_SECONDS)  # noqa: S603  # no shell
        except subprocess.TimeoutExpired:
            raise ReadError(f"{source}: LibreOffice did not finish within {_SECONDS} s") from None
        except (subprocess.CalledProcessError, OSError) as error:
            raise ReadError(f"{source}: LibreOffice could not read it ({error})") from error
        made = Path(folder) / f"{path.stem}.{target}"
        if not made.exists():
            raise ReadError(f"{source}: LibreOffice could not read it; broken, or it needs a password")
        return _READERS[target](made, source)

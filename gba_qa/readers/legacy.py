"""Older office formats (.doc .rtf .odt .ppt .xls …), by way of LibreOffice where that is installed.

Each conversion has a folder of its own, with a copy of the file, a profile and a home: a LibreOffice that is running does not matter, nor
a home that can't be written, and nothing is left beside the file.  The profile forbids macros and what a file would fetch from elsewhere.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from gba_qa.errors import ReadError
from gba_qa.readers.docx import read_docx
from gba_qa.readers.html import read_html
from gba_qa.readers.limits import MOST_BYTES, check_size, open_zip
from gba_qa.readers.pdf_quality import is_chinese, page_fault
from gba_qa.readers.sheets import read_sheets
from gba_qa.readers.slides import read_slides
from gba_qa.types import Document

__all__ = ["read_legacy"]

_SECONDS = 120  # for one conversion; a thousand pages of Chinese text take 8
_MEMORY = 4_000_000_000  # bytes of address space that LibreOffice may take; one page takes 0.5 GB, a thousand 0.6
_TARGETS: Mapping[str, str] = {".ppt": "pptx", ".odp": "pptx", ".xls": "xlsx", ".ods": "xlsx"}  # the others become docx
_READERS = {"docx": read_docx, "pptx": read_slides, "xlsx": read_sheets}
_PROGRAMS = {"docx": "Writer", "pptx": "Impress", "xlsx": "Calc"}
_OPEN = frozenset({".odt", ".odp", ".ods"})
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# The streams that hold the text, as an OLE file's directory names them; CONTENTS is that of Microsoft Works.
_STREAMS: Mapping[str, tuple[str, ...]] = {
    "docx": ("WordDocument", "CONTENTS"),
    "pptx": ("PowerPoint Document",),
    "xlsx": ("Workbook", "Book"),
}
_SETTINGS = {
    "Common/Security/Scripting": (
        ("DisableMacrosExecution", "true"),
        ("MacroSecurityLevel", "3"),
        ("BlockUntrustedRefererLinks", "true"),  # else linked pictures are fetched, over the network too
    ),
    "Writer/Content/Update": (("Link", "2"),),  # never
    "Calc/Content/Update": (("Link", "2"),),
}


def read_legacy(path: Path, source: str) -> Document:
    """Raises ReadError, saying what to install or to do, where there is no LibreOffice or it can't read the file."""
    check_size(path, source)
    target = _TARGETS.get(path.suffix.lower(), "docx")
    kind = _kind(path, target)
    if kind == ".html":
        return read_html(path, source)
    if kind == f".{target}":
        return _READERS[target](path, source)
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        raise ReadError(
            f"{source}: {path.suffix} files are read by way of LibreOffice, which is not installed; install it, or save the file as .{target}"
        )
    if not kind:
        raise ReadError(f"{source}: broken or truncated, or not what its suffix says")
    if kind in _OPEN:
        open_zip(path, source).close()  # no zip bomb
    with tempfile.TemporaryDirectory(prefix="gba-qa-") as folder:
        room = Path(folder)
        shutil.copyfile(path, room / f"file{kind}")
        _convert(office, room, f"file{kind}", target, source)
        made = room / "made" / f"file.{target}"
        if not made.exists():
            raise ReadError(
                f"{source}: LibreOffice could not read it: broken, it needs a password, or LibreOffice's {_PROGRAMS[target]} is not installed"
            )
        document = _READERS[target](made, source)
    if page_fault(document.text, chinese=is_chinese([document.text])):  # a damaged file, read as if it were text
        raise ReadError(f"{source}: broken; LibreOffice made no sense of it")
    about = {key: value for key, value in document.meta.items() if key != "date"}  # that of the conversion
    return replace(document, meta={**about, "format": path.suffix.lower().lstrip(".")})


def _kind(path: Path, target: str) -> str:
    """The suffix that its content deserves, or "".  LibreOffice would take anything for text, and other things are saved as .doc too."""
    data = path.read_bytes()
    head = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    suffix = path.suffix.lower()
    if suffix in _OPEN and data.startswith(b"PK"):
        return suffix
    if suffix not in _OPEN:
        if data.startswith(_OLE) and any(name.encode("utf-16-le") in data for name in _STREAMS[target]):
            return suffix if suffix != ".rtf" else ".doc"
        if target == "docx" and head.startswith(b"{\\rtf"):
            return ".rtf"
        if data.startswith(b"PK"):
            return f".{target}"
        if head.startswith((b"<html", b"<!doctype html")):
            return ".html"
    return ""


def _convert(office: str, room: Path, name: str, target: str, source: str) -> None:
    """Leave made/file.TARGET in the room, if LibreOffice can.  Ends every process that it started."""
    profile = room / "profile" / "user"
    profile.mkdir(parents=True)
    (profile / "registrymodifications.xcu").write_text(_profile(), encoding="utf-8")
    command = [
        office,
        f"-env:UserInstallation={(room / 'profile').as_uri()}",
        "--headless",
        "--norestore",
        "--convert-to",
        target,
        "--outdir",
        str(room / "made"),
        str(room / name),
    ]
    posix = os.name == "posix"
    if posix:  # the shell's own limits, since a function run after the fork is not safe among threads
        bounds = f"ulimit -v {_MEMORY // 1024}; ulimit -f {MOST_BYTES // 512}"
        command = ["/bin/sh", "-c", f'{{ {bounds}; }} 2>/dev/null; exec "$@"', "sh", *command]
    homes = dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"), str(room))
    nothing = subprocess.DEVNULL
    try:
        process = subprocess.Popen(  # noqa: S603  # no shell reads the names
            command,
            stdin=nothing,
            stdout=nothing,
            stderr=nothing,
            env={**os.environ, **homes},
            start_new_session=posix,
        )
    except OSError as error:
        raise ReadError(f"{source}: LibreOffice could not be started ({error.strerror or error})") from error
    try:
        process.wait(_SECONDS)
    except subprocess.TimeoutExpired:
        raise ReadError(
            f"{source}: LibreOffice did not finish within {_SECONDS} s; save the file as .{target}"
        ) from None
    finally:
        if posix:  # `soffice` is a script: the program itself would live on
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        process.wait()


def _profile() -> str:
    items = "".join(
        f'<item oor:path="/org.openoffice.Office.{place}"><prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop></item>'
        for place, settings in _SETTINGS.items()
        for name, value in settings
    )
    return f'<?xml version="1.0" encoding="UTF-8"?><oor:items xmlns:oor="http://openoffice.org/2001/registry">{items}</oor:items>'

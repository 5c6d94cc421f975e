"""Bounds on what a container file may unpack to, checked before anything is unpacked."""

from __future__ import annotations

import zipfile
from pathlib import Path

from gba_qa.errors import ReadError

__all__ = ["MOST_BYTES", "check_size", "open_zip"]

MOST_BYTES = 300_000_000  # of one file, and of all that one container unpacks to; a 2,000-page book with its pictures is about 100 MB
_MOST_MEMBERS = 20_000
_RATIO = 200  # real documents pack to between 1 : 2 and 1 : 40
_SMALL = 5_000_000  # bytes; below that a high ratio does no harm


def check_size(path: Path, source: str) -> None:
    """Raises ReadError for a file too large to hold in memory."""
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise ReadError(f"{source}: too large ({size / 1e6:.0f} MB; at most {MOST_BYTES / 1e6:.0f} MB are read)")


def open_zip(path: Path, source: str) -> zipfile.ZipFile:
    """The container, after a look at what its directory says.  Raises ReadError when it is no zip file, or one that would burst."""
    check_size(path, source)
    try:
        container = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError) as error:
        head = path.read_bytes()[:8]
        if head.startswith(b"\xd0\xcf\x11\xe0"):
            raise ReadError(f"{source}: needs a password, or is an older format than its suffix says") from error
        why = "truncated or broken" if head.startswith(b"PK") else "not what its suffix says (no zip container)"
        raise ReadError(f"{source}: {why}") from error
    members = container.infolist()
    total = sum(member.file_size for member in members)
    burst = any(m.file_size > _SMALL and m.file_size > _RATIO * max(1, m.compress_size) for m in members)
    if len(members) > _MOST_MEMBERS or total > MOST_BYTES or burst:
        container.close()
        raise ReadError(f"{source}: refused, it unpacks to {total / 1e6:.0f} MB in {len(members)} parts (a zip bomb?)")
    return container

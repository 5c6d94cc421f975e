"""Bounds on what a container file may unpack to, checked before anything is unpacked."""

from __future__ import annotations

import re
import zipfile
import zlib
from pathlib import Path

from gba_qa.errors import ReadError

__all__ = ["MOST_BYTES", "MOST_TEXT", "check_size", "check_streams", "open_zip"]

MOST_BYTES = 300_000_000  # of one file, and of all that one container unpacks to; a 2,000-page book with its pictures is about 100 MB
MOST_TEXT = 20_000_000  # bytes of one text, page or XML part: ten thick books; lists and trees made of it take twenty times as much
_MOST_STREAM = 50_000_000  # bytes that one page's drawing commands may unpack to; a busy map has 5 MB
_MARKUP = (".xml", ".xhtml", ".html", ".htm", ".opf", ".ncx", ".rels")
_MOST_MEMBERS = 20_000
_RATIO = 200  # real documents pack to between 1 : 2 and 1 : 40
_SMALL = 5_000_000  # bytes; below that a high ratio does no harm


def check_size(path: Path, source: str, most: int = MOST_BYTES) -> None:
    """Raises ReadError for a file too large to hold in memory."""
    size = path.stat().st_size
    if size > most:
        raise ReadError(f"{source}: too large ({size / 1e6:.0f} MB; at most {most / 1e6:.0f} MB are read)")


def check_streams(path: Path, source: str) -> None:
    """Raises ReadError for a PDF with a stream, pictures aside, that unpacks to more than any page needs."""
    check_size(path, source)
    data = path.read_bytes()
    for match in _STREAM.finditer(data):
        header = data[max(0, match.start() - 400) : match.start()].rpartition(b" obj")[2]
        if b"/Image" in header or b"FlateDecode" not in header:
            continue
        if _unpacks_to(data, match.end(), header.count(b"FlateDecode")) > _MOST_STREAM:
            raise ReadError(
                f"{source}: refused, a part of it unpacks to more than {_MOST_STREAM / 1e6:.0f} MB (a decompression bomb?)"
            )


def _unpacks_to(data: bytes, start: int, times: int) -> int:
    """How many bytes a deflated stream has after unpacking it so many times; stops above the limit."""
    steps = [zlib.decompressobj() for _ in range(min(times, 4))]
    total = 0
    try:
        while start < len(data) and total <= _MOST_STREAM and not steps[0].eof:
            piece = data[start : start + (1 << 14)]  # unpacks to 16 MB at most, once
            start += len(piece)
            for step in steps:
                piece = step.decompress(piece, 1 << 25)
                if step.unconsumed_tail:
                    return _MOST_STREAM + 1
            total += len(piece)
    except zlib.error:
        return total
    return total


_STREAM = re.compile(rb"stream\r?\n")


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
    heavy = [m for m in members if m.filename.lower().endswith(_MARKUP) and m.file_size > 3 * MOST_TEXT]
    if heavy and not burst:
        container.close()
        most = 3 * MOST_TEXT / 1e6
        raise ReadError(
            f"{source}: too large ({heavy[0].filename} has {heavy[0].file_size / 1e6:.0f} MB; at most {most:.0f})"
        )
    if len(members) > _MOST_MEMBERS or total > MOST_BYTES or burst:
        container.close()
        raise ReadError(f"{source}: refused, it unpacks to {total / 1e6:.0f} MB in {len(members)} parts (a zip bomb?)")
    return container

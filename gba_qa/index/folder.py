"""How an index lies in a folder, and how a build takes its place.

    index/
      CURRENT            one line: the name of the generation that readers open
      lock               held by the writer while it works
      g000007/           one generation: never changed once CURRENT names it
        manifest.json    written last, with the checksums of the other files

A build writes the next generation beside the current one; replacing CURRENT, one rename, puts it in place.  All file names are the
constants below: nothing that is read from a folder is ever used as a path, and symlinks are refused.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

from gba_qa.errors import IndexCorrupt, IndexNotFound
from gba_qa.index.arrays import corrupt, plain_file, save_bytes, unreadable
from gba_qa.index.lock import hold_shared, is_free
from gba_qa.index.manifest import Manifest, rebuild_command

__all__ = [
    "ALWAYS",
    "CATALOG",
    "MANIFEST",
    "TOKENS",
    "VECTORS",
    "clean",
    "current",
    "files_of",
    "held_sources",
    "hold",
    "next_name",
    "point_to",
    "pointer_stamp",
    "read_manifest",
    "sync_folder",
]

POINTER, LOCK, MANIFEST, CATALOG = "CURRENT", "lock", "manifest.json", "catalog.sqlite"
ALWAYS = ("numbers.npy", "lengths.npy", "rows.npy", "counts.npy", "offsets.npy", "letters.npy", "bounds.npy")
VECTORS = ("vectors.npy",)
TOKENS = ("tokens.npy", "token_scales.npy", "token_offsets.npy", "token_sums.npy")
_NAME = re.compile(r"g(\d{6,12})\Z")
_TRIES = 200  # a reader that meets a generation while it is being removed looks again


def files_of(manifest: Manifest) -> tuple[str, ...]:
    """The files that a generation of this manifest has beside it."""
    return (CATALOG, *ALWAYS, *(VECTORS if manifest.dim else ()), *(TOKENS if manifest.token_dim else ()))


def current(root: Path) -> str | None:
    """The name of the current generation, None where there is no index.  IndexCorrupt where CURRENT names none."""
    try:
        with (root / POINTER).open("rb") as file:
            text = file.read(64).decode("ascii", "replace").strip()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except PermissionError as error:
        raise unreadable(root / POINTER, error) from None
    except OSError as error:
        raise IndexCorrupt(
            f"{root / POINTER} can't be read ({error.strerror}); rebuild with {rebuild_command(root)}"
        ) from None
    if not _NAME.match(text):
        raise IndexCorrupt(f"{root / POINTER} names no generation ({text!r}); rebuild with {rebuild_command(root)}")
    return text


def pointer_stamp(root: Path) -> tuple[int, int] | None:
    """Something that changes with every commit and costs microseconds to read; None where there is no index."""
    try:
        stat = (root / POINTER).stat()
    except OSError:
        return None
    return stat.st_ino, stat.st_mtime_ns


def hold(root: Path) -> tuple[Path, IO[bytes]]:
    """The folder of the current generation and its open manifest: while that is open no writer removes the generation.

    Raises IndexNotFound and IndexCorrupt.
    """
    for _ in range(_TRIES):
        name = current(root)
        if name is None:
            raise IndexNotFound(f"there is no index at {root}; build one with `gba-qa index PATH… --index {root}`")
        folder = root / name
        if folder.is_symlink():
            raise corrupt(folder / MANIFEST, "lies behind a symlink")
        try:
            flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
            file = os.fdopen(os.open(folder / MANIFEST, flags), "rb")
        except OSError as error:
            if current(root) != name:
                continue  # a newer generation took its place between the two reads
            raise unreadable(folder / MANIFEST, error) from None
        if hold_shared(file):
            return folder, file
        file.close()
        time.sleep(0.005)
    raise IndexCorrupt(f"{root}: its current generation is being removed; rebuild with {rebuild_command(root)}")


def read_manifest(folder: Path, file: IO[bytes]) -> Manifest:
    """Raises IndexCorrupt where the manifest is none or names other files than a generation has."""
    try:
        manifest = Manifest.from_json(file.read().decode("utf-8"))
    except (ValueError, TypeError, RecursionError) as error:
        raise corrupt(folder / MANIFEST, f"can't be read ({error})") from None
    manifest.check(folder.parent)
    if set(manifest.checksums) != set(files_of(manifest)):
        raise corrupt(folder / MANIFEST, "names other files than an index has")
    return manifest


def held_sources(root: Path) -> dict[str, str]:
    """The sources that an index names with their paths, whatever else of it is damaged or of another version; {} where there is none.

    Where CURRENT is damaged, the newest generation with a readable manifest counts.  IndexCorrupt where there is none.
    """
    try:
        names = [current(root) or ""]
    except IndexCorrupt:
        names = []
    if names == [""]:
        return {}
    names += sorted((e.name for e in root.iterdir() if _NAME.match(e.name) and not e.is_symlink()), reverse=True)
    for name in names:
        try:
            text = plain_file(root / name / MANIFEST).read_text(encoding="utf-8")
            return Manifest.from_json(text).paths()
        except (IndexCorrupt, OSError, ValueError, TypeError, RecursionError):
            continue
    raise IndexCorrupt(
        f"{root} can't say any more which files it held; name them: `gba-qa index --rebuild PATH… --index {root}`"
    )


def next_name(root: Path) -> str:
    """A name that no generation has had yet."""
    numbers = [int(m.group(1)) for entry in root.iterdir() if (m := _NAME.match(entry.name))]
    return f"g{max(numbers, default=0) + 1:06d}"


def point_to(root: Path, name: str) -> bool:
    """Make a generation the current one: the one moment at which an index changes.

    False where the system would not say that the change is on the disk: then the generation before must stay, since
    after a power cut CURRENT may name it again.
    """
    fresh = root / f"{POINTER}.new"
    save_bytes(fresh, name.encode("ascii") + b"\n")
    fresh.replace(root / POINTER)
    try:
        sync_folder(root)
    except OSError:
        return False
    return True


def clean(root: Path) -> None:
    """Remove half-built and former generations, except those that a reader still holds.  For the holder of the lock."""
    keep = current(root)
    for folder in sorted(root.iterdir()):
        if folder.name == keep or not _NAME.match(folder.name) or folder.is_symlink() or not folder.is_dir():
            continue
        with suppress(OSError):  # what can't be removed now is tried again by the next writer
            _remove(folder)


def _remove(folder: Path) -> None:
    try:
        file = (folder / MANIFEST).open("rb")
    except FileNotFoundError:
        shutil.rmtree(folder)
        return
    with file:
        if is_free(file):
            (folder / MANIFEST).unlink()  # first: a generation without a manifest is none
            shutil.rmtree(folder)


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk, where the system knows how."""
    if hasattr(os, "O_DIRECTORY"):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

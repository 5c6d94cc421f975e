"""Plain .npy files, written in blocks and read by memory map: never pickle, never a path that leads elsewhere.

Checksums are XXH3-128 (xxhash): they guard against disks and cut copies, not against people, since whoever can change a file can
change its checksum too.  A crafted folder is met by checks of type and shape instead.  At 5 GB/s and more the
files of 100,000 chunks are checked in a tenth of a second, which is why it is done at every opening.
"""

from __future__ import annotations

import errno
import math
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from gba_qa.errors import GbaQAError, IndexCorrupt
from gba_qa.index.manifest import rebuild_command

__all__ = [
    "blocks",
    "check_files",
    "checksum",
    "corrupt",
    "load_array",
    "plain_file",
    "save_array",
    "save_bytes",
    "unreadable",
]

_BUFFER = 4 << 20  # bytes read at a time
_BLOCK = 32 << 20  # bytes of an array written at a time


def corrupt(path: Path, why: str) -> IndexCorrupt:
    """The error for a damaged file `ROOT/GENERATION/NAME`, with the command that mends it."""
    return IndexCorrupt(f"the index file {path} {why}; rebuild with {rebuild_command(path.parent.parent)}")


def unreadable(path: Path, error: OSError) -> GbaQAError:
    """The error for a file of an index that the system does not hand out: damage, unless it is a matter of rights."""
    if error.errno in {errno.EACCES, errno.EPERM}:
        return GbaQAError(f"the index file {path} can't be read: {error.strerror}; it is for its owner to allow it")
    return corrupt(path, f"can't be read ({error.strerror})")


def plain_file(path: Path) -> Path:
    """The path back, if it is an ordinary file: a symlink could show a reader files outside the index."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        raise corrupt(path, "is missing") from None
    if not stat.S_ISREG(mode):
        raise corrupt(path, "is not an ordinary file")
    return path


def checksum(path: Path) -> str:
    """XXH3-128 of the content, as hex."""
    import xxhash

    digest = xxhash.xxh3_128()
    with path.open("rb", buffering=0) as file:
        while block := file.read(_BUFFER):
            digest.update(block)
    return str(digest.hexdigest())


def check_files(folder: Path, wanted: Mapping[str, str]) -> None:
    """Raise IndexCorrupt for the first file, by name, whose content is not what its checksum says."""
    names = sorted(wanted)
    with ThreadPoolExecutor(2) as pool:  # xxhash lets other threads run; two keep a disk busy
        sums = pool.map(checksum, [plain_file(folder / name) for name in names])
        for name, found in zip(names, sums, strict=True):
            if found != wanted[name]:
                raise corrupt(folder / name, f"has changed since it was written (checksum {found}, not {wanted[name]})")


def save_array(path: Path, shape: tuple[int, ...], dtype: DTypeLike, parts: Iterable[NDArray[Any]]) -> None:
    """Write an array of this shape, whose rows come in parts, and wait until it is on the disk.

    Written as a stream and not by memory map, since a full disk is then an OSError and not the end of the process.
    """
    kind = np.dtype(dtype)
    left = math.prod(shape)
    with path.open("xb") as file:
        header = {"descr": np.lib.format.dtype_to_descr(kind), "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, header)
        for part in parts:
            block = np.ascontiguousarray(part, dtype=kind)
            left -= block.size
            file.write(block.reshape(-1).view(np.uint8).data if block.size else b"")
        if left:
            raise ValueError(f"{path.name}: {left} values short of {shape}")
        file.flush()
        os.fsync(file.fileno())


def save_bytes(path: Path, content: bytes) -> None:
    """Write a file and wait until it is on the disk."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def load_array(path: Path, dtype: DTypeLike, shape: tuple[int | None, ...]) -> NDArray[Any]:
    """Memory-map an array, read only; None in `shape` takes any length.  IndexCorrupt where type or shape differ."""
    try:
        array = np.load(plain_file(path), mmap_mode="r", allow_pickle=False)
    except (IndexCorrupt, PermissionError):
        raise
    except Exception as error:  # numpy reads the header with Python's own tokenizer, which has errors of many kinds
        raise corrupt(path, f"can't be read ({error})") from None
    if not isinstance(array, np.ndarray):
        raise corrupt(path, "holds no array")
    fits = array.ndim == len(shape) and all(w is None or h == w for h, w in zip(array.shape, shape, strict=True))
    if array.dtype != np.dtype(dtype) or not fits or not array.flags.c_contiguous:
        raise corrupt(path, f"holds {array.dtype} {array.shape}, not {np.dtype(dtype)} {shape}")
    return array.view(np.ndarray)  # a plain view: slices of np.memmap are slow to make


def blocks(array: NDArray[Any], keep: NDArray[np.bool_] | None = None) -> Iterator[NDArray[Any]]:
    """The rows of an array (only those to keep) in parts of some 32 MB, so that copying it needs no more memory."""
    row_bytes = max(1, array.dtype.itemsize * math.prod(array.shape[1:]))
    step = max(1, _BLOCK // row_bytes)
    for start in range(0, len(array), step):
        part = array[start : start + step]
        yield part if keep is None else part[keep[start : start + step]]

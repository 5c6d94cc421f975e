"""Write an index folder: the next generation is built beside the current one, then takes its place at once."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from gba_qa.errors import GbaQAError, IndexCorrupt, ReadError, UsageError
from gba_qa.index.arrays import blocks, checksum, save_array, save_bytes
from gba_qa.index.catalog import chunk_key, create_catalog, drop_document, finish_catalog, store_document
from gba_qa.index.counting import TokenCounts
from gba_qa.index.faiss import load_generation
from gba_qa.index.folder import (
    CATALOG,
    LOCK,
    MANIFEST,
    clean,
    current,
    files_of,
    next_name,
    point_to,
    pointer_stamp,
    sync_folder,
)
from gba_qa.index.lexical import Postings, empty
from gba_qa.index.lock import WriterLock
from gba_qa.index.manifest import Manifest
from gba_qa.index.reader import Generation
from gba_qa.index.tokens import quantize, token_sum
from gba_qa.index.writer import Cached, IndexWriter
from gba_qa.types import Chunk, Document, Floats

__all__ = ["FolderWriter"]


class FolderWriter(IndexWriter):
    """Holds the lock of a folder from its making until `close`.  Use `open_writer`.

    Raises IndexLocked, IndexMismatch, IndexCorrupt (of the index that is there; not with `rebuild`, which looks at nothing of it), and
    GbaQAError where the folder can't be written.
    """

    def __init__(self, root: Path, wanted: Manifest, *, rebuild: bool, wait: float) -> None:
        self._root = root
        with _refusals(root):
            root.mkdir(parents=True, exist_ok=True)
            self._lock = WriterLock(root / LOCK)
            self._lock.acquire(wait)
        try:
            with _refusals(root), suppress(*((IndexCorrupt,) if rebuild else ())):  # a damaged CURRENT is replaced too
                clean(root)
            fresh = rebuild or current(root) is None
            self._base = None if fresh else load_generation(root, verify=True)
            if self._base is not None:
                _same_builder(self._base[1].manifest, wanted, root)
            super().__init__(self._base[1].manifest if self._base else wanted, must_commit=fresh)
            self._identity = replace(self._identity, fingerprint=wanted.fingerprint or self._identity.fingerprint)
        except BaseException:
            self._lock.release()
            raise
        self._build: _Build | None = None
        self._broken = False

    def cached(self, chunks: Sequence[Chunk]) -> list[Cached | None]:
        if self._base is None:
            return [None] * len(chunks)
        base = self._base[1]
        keys = [chunk_key(chunk) for chunk in chunks]
        numbers = base.catalog.numbers_by_key(keys)
        result: list[Cached | None] = []
        for key in keys:
            if key not in numbers:
                result.append(None)
                continue
            row = int(np.searchsorted(base.numbers, numbers[key]))
            vector = base.vectors.matrix[row] if base.vectors is not None else None
            result.append(Cached(vector, base.tokens.rows(row) if base.tokens is not None else None))
        return result

    def commit(self) -> bool:
        if self._broken:
            raise UsageError(f"writing to {self._root} failed before; open it again")
        if not self._changed:
            return False
        try:
            with _refusals(self._root):
                build: _Build | None = self._begin()
                assert build is not None
                manifest = build.finish(replace(self.manifest, created=datetime.now(UTC).isoformat(timespec="seconds")))
                durable = point_to(self._root, build.folder.name)
        except BaseException:
            self.rollback()
            self._broken = True
            raise
        self._build = build = None  # with it goes the last hold on the generation before
        self._changed = False
        self._reset(manifest)
        try:
            self._base = load_generation(self._root, verify=False)
            if durable:
                clean(self._root)
        except (OSError, GbaQAError):
            self._broken = True  # what was committed stands, but nothing can be built on it now
        return True

    def rollback(self) -> None:
        build, self._build = self._build, None
        if build is not None:
            build.close()
            with suppress(OSError, GbaQAError):
                if current(self._root) != build.folder.name:  # an interrupt may come just after it was put in place
                    shutil.rmtree(build.folder, ignore_errors=True)
        self._reset(self._base[1].manifest if self._base else replace(self._identity, documents={}))
        self._changed = self._base is None

    def close(self) -> None:
        self.rollback()
        self._base = None
        self._lock.release()

    def _insert(
        self, document: Document, chunks: Sequence[Chunk], vectors: Floats | None, tokens: list[Floats]
    ) -> None:
        with self._whole():
            self._begin().insert(document, chunks, vectors, tokens)

    def _remove(self, doc_id: str) -> None:
        with self._whole():
            self._begin().remove(doc_id)

    def _begin(self) -> _Build:
        if self._build is None:
            folder = self._root / next_name(self._root)
            folder.mkdir()
            self._build = _Build(folder, self._identity, *(self._base or ("", None)))
        return self._build

    @contextmanager
    def _whole(self) -> Iterator[None]:
        """After a write that failed half-way nothing more may be committed."""
        try:
            with _refusals(self._root):
                yield
        except (UsageError, ReadError):
            raise  # refused before anything was written
        except BaseException:
            self._broken = True
            raise


def _same_builder(here: Manifest, wanted: Manifest, root: Path) -> None:
    here.check(
        root,
        embedder=wanted.embedder,
        fingerprint=wanted.fingerprint,
        dim=wanted.dim,
        token_dim=wanted.token_dim,
        chunker=wanted.chunker,
    )


@contextmanager
def _refusals(root: Path) -> Iterator[None]:
    """Tell what the system refused as one line."""
    try:
        yield
    except (OSError, sqlite3.OperationalError) as error:
        reason = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
        before = "; it is as it was before" if pointer_stamp(root) is not None else ""
        raise GbaQAError(f"the index at {root} could not be written: {reason}{before}. {_remedy(error)}") from error


_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
_NO_FOLDER = {errno.EEXIST, errno.ENOTDIR}


def _remedy(error: OSError | sqlite3.OperationalError) -> str:
    """What to do about what the system refused."""
    number = error.errno if isinstance(error, OSError) else None
    if number in _FULL or "is full" in str(error):  # SQLite says it in words: "database or disk is full"
        return "Free space, or name another folder with --index"
    if number in _FORBIDDEN:
        return "Name a folder that you may write to with --index"
    if number in _NO_FOLDER:
        return "There is a file where a folder is needed: name a folder with --index"
    return "Name another folder with --index"


@dataclass
class _Build:
    """A generation in the making.  New rows are spooled to files, so that memory does not grow with the vectors."""

    folder: Path
    identity: Manifest
    base_name: str
    base: Generation | None
    catalog: sqlite3.Connection | None = None
    numbers: list[int] = field(default_factory=list)
    dropped: set[int] = field(default_factory=set)
    counts: TokenCounts = field(default_factory=TokenCounts)
    token_sizes: list[int] = field(default_factory=list)
    token_sums: list[int] = field(default_factory=list)
    spools: dict[str, IO[bytes]] = field(default_factory=dict)

    def insert(self, document: Document, chunks: Sequence[Chunk], vectors: Floats | None, tokens: list[Floats]) -> None:
        quantized = [quantize(rows, self.identity.token_dim) for rows in tokens]
        first = (
            max(int(self.base.numbers[-1]) if self.base and len(self.base.numbers) else 0, *self.numbers[-1:], 0) + 1
        )
        numbers = range(first, first + len(chunks))
        connection = self._writable()
        connection.execute("SAVEPOINT document")
        try:
            store_document(connection, document, zip(numbers, chunks, strict=True))
        except BaseException as error:
            connection.execute("ROLLBACK TO document")
            if isinstance(error, sqlite3.IntegrityError):
                raise UsageError(f"{document.source}: a chunk of another document has an id of its chunks") from None
            raise
        finally:
            connection.execute("RELEASE document")
        for chunk in chunks:
            self.counts.add(chunk)
        self.numbers.extend(numbers)
        if vectors is not None:
            self._spool("vectors").write(vectors.tobytes())
        for values, scales in quantized:
            self._spool("tokens").write(values.tobytes())
            self._spool("token_scales").write(scales.tobytes())
            self.token_sizes.append(len(values))
            self.token_sums.append(token_sum(values, scales))

    def remove(self, doc_id: str) -> None:
        self.dropped.update(drop_document(self._writable(), doc_id))

    def finish(self, manifest: Manifest) -> Manifest:
        """Write everything, the manifest last; the manifest as written comes back."""
        old_sums = dict(self.base.manifest.checksums) if self.base else {}
        if self.catalog is None and self.base is not None:
            self._link(CATALOG)
        else:
            finish_catalog(self._writable())
            self.catalog = None
            _sync(self.folder / CATALOG)
            old_sums.pop(CATALOG, None)
        if self.base is not None and not self.numbers and not self.dropped:
            for name in set(files_of(manifest)) - {CATALOG}:
                self._link(name)
        else:
            self._write_arrays(manifest)
            old_sums = {CATALOG: old_sums[CATALOG]} if CATALOG in old_sums else {}
        self.close()
        sums = {name: old_sums.get(name) or checksum(self.folder / name) for name in files_of(manifest)}
        manifest = replace(manifest, checksums=sums)
        save_bytes(self.folder / MANIFEST, manifest.to_json().encode("utf-8"))
        sync_folder(self.folder)
        return manifest

    def close(self) -> None:
        if self.catalog is not None:
            self.catalog.close()
            self.catalog = None
        for name, file in self.spools.items():
            file.close()
            (self.folder / f"{name}.spool").unlink(missing_ok=True)
        self.spools.clear()

    # ------------------------------------------------------------------ arrays

    def _write_arrays(self, manifest: Manifest) -> None:
        base, folder, n = self.base, self.folder, manifest.chunks
        keep = self._keep(base.numbers) if base else np.zeros(0, bool)
        fresh = np.array(self.numbers, dtype=np.int64)
        fresh_keep = self._keep(fresh)
        numbers = np.concatenate([base.numbers[keep] if base else fresh[:0], fresh[fresh_keep]])
        save_array(folder / "numbers.npy", (n,), np.int64, [numbers])
        _save_postings(folder, self.counts.merge(base.postings if base else empty(), keep, fresh_keep))
        if manifest.dim:
            new_rows = self._spooled("vectors", np.float32, (len(fresh), manifest.dim))
            old_rows = base.vectors.matrix if base and base.vectors else new_rows[:0]
            parts = chain(blocks(old_rows, keep), blocks(new_rows, fresh_keep))
            save_array(folder / "vectors.npy", (n, manifest.dim), np.float32, parts)
        if manifest.token_dim:
            self._write_tokens(manifest, keep, fresh_keep)

    def _write_tokens(self, manifest: Manifest, keep: NDArray[np.bool_], fresh_keep: NDArray[np.bool_]) -> None:
        base, folder, n = self.base.tokens if self.base else None, self.folder, manifest.chunks
        new_sizes = np.array(self.token_sizes, np.int64)
        old_sizes = np.diff(base.offsets) if base else new_sizes[:0]
        sizes = np.concatenate([old_sizes[keep], new_sizes[fresh_keep]])
        total, new_total = int(sizes.sum()), int(new_sizes.sum())
        old_sums = base.sums[keep] if base else np.zeros(0, np.uint64)
        sums = np.concatenate([old_sums, np.array(self.token_sums, np.uint64)[fresh_keep]])
        save_array(folder / "token_offsets.npy", (n + 1,), np.int64, [np.zeros(1, np.int64), np.cumsum(sizes)])
        save_array(folder / "token_sums.npy", (n,), np.uint64, [sums])
        old_mask, new_mask = np.repeat(keep, old_sizes), np.repeat(fresh_keep, new_sizes)
        for name, dtype, width in (("tokens", np.int8, (manifest.token_dim,)), ("token_scales", np.float16, ())):
            new = self._spooled(name, dtype, (new_total, *width))
            old = (base.values if name == "tokens" else base.scales) if base else new[:0]
            save_array(
                folder / f"{name}.npy", (total, *width), dtype, chain(blocks(old, old_mask), blocks(new, new_mask))
            )

    def _keep(self, numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
        return ~np.isin(numbers, np.array(sorted(self.dropped), dtype=np.int64))

    # ------------------------------------------------------------------ files

    def _writable(self) -> sqlite3.Connection:
        if self.catalog is None:
            source = self.folder.parent / self.base_name / CATALOG if self.base else None
            self.catalog = create_catalog(self.folder / CATALOG, source)
        return self.catalog

    def _spool(self, name: str) -> IO[bytes]:
        if name not in self.spools:
            self.spools[name] = (self.folder / f"{name}.spool").open("xb")
        return self.spools[name]

    def _spooled(self, name: str, dtype: Any, shape: tuple[int, ...]) -> NDArray[Any]:
        if name not in self.spools or 0 in shape:
            return np.zeros(shape, dtype)
        self.spools[name].flush()
        return np.memmap(self.folder / f"{name}.spool", dtype, "r", shape=shape).view(np.ndarray)

    def _link(self, name: str) -> None:
        """A file that does not change is shared with the generation before, where the file system can."""
        source, target = self.folder.parent / self.base_name / name, self.folder / name
        try:
            os.link(source, target, follow_symlinks=False)
        except OSError:
            shutil.copyfile(source, target)
            _sync(target)


def _save_postings(folder: Path, postings: Postings) -> None:
    save_array(folder / "lengths.npy", postings.lengths.shape, np.int32, [postings.lengths])
    save_array(folder / "rows.npy", postings.rows.shape, np.int32, blocks(postings.rows))
    save_array(folder / "counts.npy", postings.counts.shape, np.uint16, blocks(postings.counts))
    save_array(folder / "offsets.npy", postings.offsets.shape, np.int64, [postings.offsets])
    save_array(folder / "letters.npy", postings.letters.shape, np.uint8, [postings.letters])
    save_array(folder / "bounds.npy", postings.bounds.shape, np.int64, [postings.bounds])


def _sync(path: Path) -> None:
    with path.open("r+b") as file:
        os.fsync(file.fileno())

"""The index in a folder: SQLite for documents and chunks, memory-mapped arrays, FAISS for nearest vectors."""

from __future__ import annotations

import threading
import weakref
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from gba_qa.errors import IndexMismatch
from gba_qa.index.arrays import check_files, corrupt, load_array, unreadable
from gba_qa.index.catalog import SqliteCatalog
from gba_qa.index.dense import Vectors
from gba_qa.index.folder import CATALOG, MANIFEST, files_of, hold, pointer_stamp, read_manifest
from gba_qa.index.lexical import Postings
from gba_qa.index.manifest import Manifest
from gba_qa.index.reader import Generation, Index, LocalIndex
from gba_qa.index.sources import sources_by_document
from gba_qa.index.tokens import TokenRows

__all__ = ["FolderIndex", "load_generation"]


class FolderIndex(LocalIndex):
    """Reads the current generation of a folder; `refresh` turns to a newer one.  Written through `open_writer`.

    `verify` compares every file but the token vectors with its checksum (those are compared row by row as they are used).
    Raises IndexNotFound, IndexCorrupt, and IndexMismatch where another version's tokenizer built it.
    """

    def __init__(self, root: Path, *, verify: bool = True) -> None:
        self._root = root
        self._verify = verify
        self._refreshing = threading.Lock()
        self._seen = pointer_stamp(root)
        self._name, generation = load_generation(root, verify=verify)
        super().__init__(generation)

    def refresh(self) -> bool:
        """IndexMismatch where the newer one was built by another embedder; this one then goes on answering from the old."""
        if pointer_stamp(self._root) in (None, self._seen):
            return False
        with self._refreshing:
            seen = pointer_stamp(self._root)
            if seen in (None, self._seen):
                return False
            before = self._now().manifest
            name, generation = load_generation(self._root, verify=self._verify)
            after = generation.manifest
            if (after.embedder, after.fingerprint, after.dim) != (before.embedder, before.fingerprint, before.dim):
                raise IndexMismatch(
                    f"{self._root} was rebuilt with the embedder {after.embedder!r} while it was open with {before.embedder!r}; "
                    f"start again to use it"
                )
            self._seen, self._name, self._generation = seen, name, generation
            return True

    def snapshot(self) -> Index:
        return _Snapshot(self._root / self._name, self._now())

    def check(self) -> None:
        check_files(self._root / self._name, self._now().manifest.checksums)


class _Snapshot(LocalIndex):
    def __init__(self, folder: Path, generation: Generation) -> None:
        super().__init__(generation)
        self._folder = folder

    def check(self) -> None:
        check_files(self._folder, self._now().manifest.checksums)


def load_generation(root: Path, *, verify: bool) -> tuple[str, Generation]:
    """The name of the current generation and its content, held for as long as that object lives."""
    folder, file = hold(root)
    try:
        manifest = read_manifest(folder, file)
        if verify:
            check_files(folder, {n: s for n, s in manifest.checksums.items() if n != "tokens.npy"})
        generation = _load(folder, manifest, file)
        if verify:
            _check_bounds(folder, generation)
    except BaseException as error:
        file.close()
        if isinstance(error, OSError):
            raise unreadable(Path(error.filename or folder / MANIFEST), error) from None
        raise
    return folder.name, generation


def _load(folder: Path, manifest: Manifest, file: IO[bytes]) -> Generation:
    n = manifest.chunks
    postings = Postings(
        lengths=load_array(folder / "lengths.npy", np.int32, (n,)),
        rows=load_array(folder / "rows.npy", np.int32, (None,)),
        counts=load_array(folder / "counts.npy", np.uint16, (None,)),
        offsets=load_array(folder / "offsets.npy", np.int64, (None,)),
        letters=load_array(folder / "letters.npy", np.uint8, (None,)),
        bounds=load_array(folder / "bounds.npy", np.int64, (None,)),
    )
    vectors = tokens = None
    if manifest.dim:
        vectors = Vectors(load_array(folder / "vectors.npy", np.float32, (n, manifest.dim)))
    if manifest.token_dim:
        tokens = TokenRows(
            values=load_array(folder / "tokens.npy", np.int8, (None, manifest.token_dim)),
            scales=load_array(folder / "token_scales.npy", np.float16, (None,)),
            offsets=load_array(folder / "token_offsets.npy", np.int64, (n + 1,)),
            sums=load_array(folder / "token_sums.npy", np.uint64, (n,)),
            path=folder / "tokens.npy",
        )
    catalog = SqliteCatalog(folder / CATALOG, sources_by_document(manifest))
    numbers = load_array(folder / "numbers.npy", np.int64, (n,))
    size = sum((folder / name).stat().st_size for name in (MANIFEST, *files_of(manifest)))
    generation = Generation(manifest, catalog, numbers, postings, vectors, tokens, size)
    weakref.finalize(generation, _let_go, catalog, file)
    return generation


def _let_go(catalog: SqliteCatalog, file: IO[bytes]) -> None:
    catalog.close()
    file.close()


def _check_bounds(folder: Path, generation: Generation) -> None:
    """Numbers that point outside the arrays: only a crafted index has them, since checksums were right."""
    postings, tokens, n = generation.postings, generation.tokens, generation.manifest.chunks
    _ascending(folder / "offsets.npy", postings.offsets, len(postings.rows))
    _ascending(folder / "bounds.npy", postings.bounds, len(postings.letters))
    if len(postings.bounds) != len(postings.offsets) or len(postings.counts) != len(postings.rows):
        raise corrupt(folder / "bounds.npy", "does not fit the other files")
    if len(postings.rows) and not (int(postings.rows.min()) >= 0 and int(postings.rows.max()) < n):
        raise corrupt(folder / "rows.npy", "points outside the index")
    if tokens is not None:
        _ascending(folder / "token_offsets.npy", tokens.offsets, len(tokens.values))
        if len(tokens.scales) != len(tokens.values):
            raise corrupt(folder / "token_scales.npy", "does not fit tokens.npy")
    catalog = generation.catalog
    if isinstance(catalog, SqliteCatalog) and catalog.span() != _span(generation.numbers):
        raise corrupt(folder / CATALOG, "holds other chunks than the vectors and postings")


def _ascending(path: Path, array: NDArray[np.int64], end: int) -> None:
    if len(array) == 0 or array[0] != 0 or array[-1] != end or bool((np.diff(array) < 0).any()):
        raise corrupt(path, "does not fit the file it points into")


def _span(numbers: NDArray[np.int64]) -> tuple[int, int, int]:
    return (len(numbers), int(numbers[0]), int(numbers[-1])) if len(numbers) else (0, 0, 0)

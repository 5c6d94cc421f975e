"""What an index is made of and what made it: the one file of a generation that is written last and read first."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, get_args

from gba_qa.errors import IndexMismatch
from gba_qa.text import TOKENIZER_VERSION
from gba_qa.types import Language

__all__ = ["FORMAT", "DocumentInfo", "Manifest", "rebuild_command"]

FORMAT = 1  # raise it whenever the files of a generation change: older readers then ask for a rebuild


def rebuild_command(place: object) -> str:
    """The one command that mends an index, as errors name it.

    >>> rebuild_command("index")
    '`gba-qa index --rebuild --index index`'
    """
    return f"`gba-qa index --rebuild --index {place}`"


@dataclass(frozen=True, slots=True)
class DocumentInfo:
    """One source of the index.  Two sources with the same content share an `id`, and the chunks.

    `sha` is the hash of the file's bytes, `size` (bytes) and `mtime_ns` what its stat said: a fast check for "unchanged".
    `pages` is 0 where the format has none.  `read` is when it was read, ISO 8601, UTC.  `skipped` are the pages that the
    reader left out with its reasons, as it put them in `meta["skipped_pages"]`, `ocr` those it read by OCR (`meta["ocr_pages"]`).  `slug` is shared by the versions of one document in several languages.
    `path` is where the file lies, from the root: `source` is how the user named it, which another folder may give another meaning.  It is
    empty for what is no file of the user's, and in indexes of earlier versions.
    """

    id: str
    source: str
    sha: str = ""
    size: int = 0
    mtime_ns: int = 0
    title: str = ""
    language: Language = "en"
    pages: int = 0
    chunks: int = 0
    characters: int = 0
    date: str = ""
    slug: str = ""
    read: str = ""
    skipped: tuple[Any, ...] = ()
    ocr: tuple[Any, ...] = ()
    path: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """Names and versions of what built the index, its documents by source, and the checksums of its files.

    `token_dim` is 0 where no token vectors are stored, `dim` 0 where no vectors are.  `chunks` is their number.
    """

    embedder: str = ""
    fingerprint: str = ""
    dim: int = 0
    token_dim: int = 0
    chunker: str = ""
    tokenizer: str = TOKENIZER_VERSION
    format: int = FORMAT
    chunks: int = 0
    created: str = ""
    documents: Mapping[str, DocumentInfo] = field(default_factory=dict)
    checksums: Mapping[str, str] = field(default_factory=dict)

    def check(
        self,
        place: object,
        *,
        embedder: str | None = None,
        fingerprint: str | None = None,
        dim: int | None = None,
        token_dim: int | None = None,
        chunker: str | None = None,
    ) -> None:
        """Raise IndexMismatch, naming both sides and the command, where the index was built by something else.

        What is None is not compared; format and tokenizer always are, since every search depends on them.
        """
        self._same(place, "format", self.format, FORMAT)
        self._same(place, "tokenizer", self.tokenizer, TOKENIZER_VERSION)
        self._same(place, "embedder", self.embedder, embedder)
        if self.fingerprint and fingerprint and self.fingerprint != fingerprint:
            detail = f"fingerprint {self.fingerprint!r}, not {fingerprint!r}"
            raise IndexMismatch(
                f"{place} was built with another version of the embedder {self.embedder!r} ({detail}); "
                f"rebuild it with {rebuild_command(place)}"
            )
        self._same(place, "vector size", self.dim, dim)
        self._same(place, "token vector size", self.token_dim, token_dim)
        self._same(place, "chunker", self.chunker, chunker)

    def paths(self) -> dict[str, str]:
        """The path that is kept of each source, "" where none is, in order of the source."""
        return {source: self.documents[source].path for source in sorted(self.documents)}

    @staticmethod
    def _same(place: object, what: str, here: object, wanted: object | None) -> None:
        if wanted is not None and here != wanted:
            raise IndexMismatch(
                f"{place} was built with {what} {here!r}, not {wanted!r}; rebuild it with {rebuild_command(place)}"
            )

    def to_json(self) -> str:
        """As text that `from_json` reads back; sources in order, so that equal manifests are equal texts."""
        data = {f.name: getattr(self, f.name) for f in fields(self)}
        data["documents"] = {s: asdict(self.documents[s]) for s in sorted(self.documents)}
        data["checksums"] = dict(sorted(self.checksums.items()))
        return json.dumps(data, indent=1)  # ASCII: file names that are no UTF-8 (lone surrogates) survive

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        """Raises ValueError where the text is no manifest; one of another format comes back with that `format` and its sources."""
        data = json.loads(text)
        if not isinstance(data, dict) or not isinstance(data.get("format"), int):
            raise ValueError("not a manifest")
        if data["format"] != FORMAT:  # what a rebuild needs to know of it: which files it held
            held = data.get("documents")
            entries = held if isinstance(held, dict) else {}
            known = {s: DocumentInfo(id="", source=s, path=_path_in(entry)) for s, entry in entries.items()}
            return cls(format=data["format"], documents=known)
        documents = {}
        for source, entry in _mapping(data, "documents").items():
            documents[str(source)] = DocumentInfo(**_typed(DocumentInfo, {**entry, "source": source}))
        checksums = {str(k): str(v) for k, v in _mapping(data, "checksums").items()}
        plain = {k: v for k, v in data.items() if k not in ("documents", "checksums")}
        return cls(documents=documents, checksums=checksums, **_typed(cls, plain))


def _path_in(entry: object) -> str:
    path = entry.get("path") if isinstance(entry, dict) else None
    return path if isinstance(path, str) else ""


def _mapping(data: dict[str, Any], key: str) -> dict[str, Any]:
    value = data.get(key)
    if not isinstance(value, dict):
        raise ValueError(f"{key!r} is not an object")
    return value


def _typed(cls: type, data: dict[str, Any]) -> dict[str, Any]:
    """The known fields of a dataclass, each of the type that its default has; ValueError otherwise."""
    result: dict[str, Any] = {}
    kinds = {f.name: f.type for f in fields(cls)}
    for name, value in data.items():
        kind = str(kinds.get(name, ""))
        if kind == "int" and not (isinstance(value, int) and not isinstance(value, bool) and value >= 0):
            raise ValueError(f"{name!r} is {value!r}")
        if kind == "Language" and value not in get_args(Language):
            raise ValueError(f"{name!r} is {value!r}")
        if kind == "str" and not isinstance(value, str):
            raise ValueError(f"{name!r} is {value!r}")
        if kind.startswith("tuple"):
            if not isinstance(value, list):
                raise ValueError(f"{name!r} is {value!r}")
            value = tuple(value)
        if name in kinds:
            result[name] = value
    return result

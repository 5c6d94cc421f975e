"""Texts to vectors: the bundled bilingual model on onnxruntime, or any sentence-transformers model by name.

The bundled model puts English, Traditional and Simplified Chinese into one space; Traditional and Simplified forms of a
text give the same tokens, so the same vector.  It reads the first 512 tokens of a text (about 750 Chinese characters or
380 English words) and needs no torch and no network.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gba_qa.errors import GbaQAError, MissingDependency, install_command
from gba_qa.span_reader import SpanReader, load_additions
from gba_qa.types import Embedder, Floats

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["BUNDLED", "BundledEmbedder", "SentenceTransformerEmbedder", "load_bundled", "load_embedder"]

BUNDLED = "bundled"
ONCE = 32  # single texts whose vectors are kept
FOLDER = Path(__file__).parent / "models" / "gba-minilm-en-zh"


def load_embedder(name: str | None = None) -> Embedder:
    """The bundled model for None or "bundled", else the sentence-transformers model of that name or path.

    Raises GbaQAError when there is no such model, MissingDependency when sentence-transformers is not installed.

    >>> load_embedder().encode_query(["大灣區有幾多個城市？", "How many cities?"]).shape
    (2, 384)
    """
    return load_bundled() if name is None or name == BUNDLED else SentenceTransformerEmbedder(name)


def load_bundled(folder: Path | None = None, *, threads: int | None = None) -> BundledEmbedder:
    """The model in `folder` (default: the shipped one).  `threads`: texts encoded at a time; default GBA_QA_THREADS, else the cores."""
    folder = folder or FOLDER
    for needed in ("onnx/model.onnx", "tokenizer.json", "gba_qa.json"):
        if not (folder / needed).is_file():
            raise GbaQAError(
                f"{folder} lacks {needed}; reinstall with `{install_command()} --force-reinstall --no-deps`"
            )
    return BundledEmbedder(folder, threads or _threads())


def _threads() -> int:
    wanted = os.environ.get("GBA_QA_THREADS", "")
    if wanted and not (wanted.isdigit() and int(wanted) > 0):
        raise GbaQAError(
            f"GBA_QA_THREADS is {wanted!r}, not a number of threads from 1; unset it or `export GBA_QA_THREADS=4`"
        )
    return (
        int(wanted)
        if wanted
        else len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count() or 1
    )


class BundledEmbedder:
    """A folder as `training.export` writes it.  Safe to share between threads.

    Each text runs alone and texts run side by side, one on a core: int8 scales are taken over what runs together, so that
    a batch would let one text change another's vector, and no work goes into padding.
    """

    name = BUNDLED

    def __init__(self, folder: Path, threads: int) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        settings = json.loads((folder / "gba_qa.json").read_text(encoding="utf-8"))
        self.folder = folder
        self.threads = threads
        self.dim: int = settings["dim"]
        self.token_dim: int = settings["token_dim"]
        self.max_tokens: int = settings["max_tokens"]
        self._tokenizer: Tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(self.max_tokens)
        self._silent = frozenset(settings["silent"])
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        path = str(folder / "onnx" / "model.onnx")
        self._session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        # A question is asked for its vector by search, and for its token vectors by the reranker and the answerer.
        self._once = lru_cache(maxsize=ONCE)(self._encode_one)
        self._lock = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None

    @cached_property
    def fingerprint(self) -> str:
        """A hash of weights and tokenizer: two embedders with the same one give the same vectors."""
        digest = hashlib.sha256()
        for part in ("onnx/model.onnx", "tokenizer.json", "gba_qa.json"):
            digest.update((self.folder / part).read_bytes())
        return digest.hexdigest()[:16]

    @cached_property
    def span_reader(self) -> SpanReader | None:
        """The reader that shares this network's weights; None where the folder has no reader.npz.

        >>> passage = "The harbour was dredged in 1931. Anna Berg built its warehouses."
        >>> (found,) = load_bundled().span_reader.read("貨倉是誰建的？", passage, [(0, len(passage))])
        >>> passage[found.start : found.end]
        'Anna Berg'
        """
        file = self.folder / "reader.npz"
        return SpanReader(self._session.run, self._tokenizer, load_additions(file)) if file.is_file() else None

    def encode_query(self, texts: Sequence[str]) -> Floats:
        """Unit-length vectors, (n, dim)."""
        return self.encode_with_tokens(texts)[0]

    def encode_document(self, texts: Sequence[str]) -> Floats:
        """Unit-length vectors, (n, dim); the same as for queries."""
        return self.encode_with_tokens(texts)[0]

    def encode_tokens(self, texts: Sequence[str]) -> list[Floats]:
        """For each text the unit-length vectors of its meaningful tokens, (tokens, token_dim)."""
        return self.encode_with_tokens(texts)[1]

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        """Where in `text` the tokens stand whose vectors `encode_tokens` gives, in the same order."""
        encoding = self._tokenizer.encode(text)
        return [encoding.offsets[i] for i in self._said(encoding.ids)]

    def encode_with_tokens(self, texts: Sequence[str]) -> tuple[Floats, list[Floats]]:
        """Both in one pass.  Punctuation and stop words have no token vector, unless the text holds nothing else."""
        if isinstance(texts, str):
            raise TypeError("texts is one string; give a list of strings")
        if len(texts) == 1:
            return self._once(texts[0])
        ids = [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
        if len(ids) > 1 and self.threads > 1:
            order = sorted(range(len(ids)), key=lambda i: -len(ids[i]))  # long ones first, so that no core ends late
            done = dict(zip(order, self._workers().map(self._run, [ids[i] for i in order]), strict=True))
            found = [done[i] for i in range(len(ids))]
        else:
            found = [self._run(row) for row in ids]
        vectors = (
            np.concatenate([vector for vector, _ in found]) if found else np.zeros((0, self.dim), dtype=np.float32)
        )
        return vectors, [tokens for _, tokens in found]

    def _encode_one(self, text: str) -> tuple[Floats, list[Floats]]:
        vector, tokens = self._run(self._tokenizer.encode(text).ids)
        vector.flags.writeable = tokens.flags.writeable = False  # handed out more than once
        return vector, [tokens]

    def _workers(self) -> ThreadPoolExecutor:
        with self._lock:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self.threads, thread_name_prefix="gba-qa-embed")
            return self._pool

    def _run(self, ids: list[int]) -> tuple[Floats, Floats]:
        row = np.array([ids], dtype=np.int64)
        inputs = {"input_ids": row, "attention_mask": np.ones_like(row)}
        vector, tokens = self._session.run(["sentence_embedding", "token_vectors"], inputs)
        return vector, tokens[0][self._said(ids)]

    def _said(self, ids: list[int]) -> list[int]:
        """The positions of the meaningful tokens."""
        said = [i for i, token in enumerate(ids) if token not in self._silent]
        # Nothing but stop words ("what is it?"): all tokens between [CLS] and [SEP], or those two when the text is empty.
        return said or list(range(len(ids))[1:-1] if len(ids) > 2 else range(len(ids)))


class SentenceTransformerEmbedder:
    """Any sentence-transformers model, its vectors brought to unit length.  It has no token vectors."""

    def __init__(self, name: str) -> None:
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError as error:
            install = install_command("sentence-transformers")
            message = f"the embedder {name!r} needs sentence-transformers; install it with `{install}`"
            raise MissingDependency(message, extra="sentence-transformers") from error
        try:
            self._model: Any = SentenceTransformer(name)
        except Exception as error:
            hint = "give the folder of a downloaded model, or fetch it first with `hf download`; the bundled model needs neither"
            raise GbaQAError(f"cannot load the embedder {name!r} ({_first_line(error)}); {hint}") from error
        self.name = name
        self.dim = len(self._model.encode_query("?"))  # the method that tells it has another name in each major version

    @cached_property
    def fingerprint(self) -> str:
        """A hash of the vectors of three fixed texts: it tells two models apart, whatever their names."""
        probe = self.encode_document(["Greater Bay Area", "粵港澳大灣區", "粤港澳大湾区"])
        return hashlib.sha256(np.round(probe, 3).tobytes()).hexdigest()[:16]

    def encode_query(self, texts: Sequence[str]) -> Floats:
        """Unit-length vectors, (n, dim), with the model's own query prompt where it has one."""
        return self._encode(self._model.encode_query, texts)

    def encode_document(self, texts: Sequence[str]) -> Floats:
        """Unit-length vectors, (n, dim), with the model's own document prompt where it has one."""
        return self._encode(self._model.encode_document, texts)

    def _encode(self, encode: Any, texts: Sequence[str]) -> Floats:
        if not len(texts):
            return np.zeros((0, self.dim), dtype=np.float32)
        found: Floats = encode(list(texts), normalize_embeddings=True, show_progress_bar=False, convert_to_numpy=True)
        return np.asarray(found, dtype=np.float32)


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0][:200]

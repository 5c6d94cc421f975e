"""The bundled embedder as a SentenceTransformer, for code that wants one: losses, evaluators, other frameworks.

sentence-transformers reads the folder itself with `backend="onnx"` where optimum-onnx is installed; that cannot be installed beside
sentence-transformers 6, so this hands it a module of ours that runs the same graph.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from gba_qa.embed import BundledEmbedder, load_bundled
from gba_qa.errors import MissingDependency, install_command

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

__all__ = ["sentence_transformer"]


def sentence_transformer(embedder: BundledEmbedder | None = None) -> SentenceTransformer:
    """A SentenceTransformer whose `encode` gives the vectors of `embedder` (default: the shipped model), shape (n, dim).

    It runs on the CPU and has no weights to train.  Raises MissingDependency without sentence-transformers.
    """
    try:
        import torch
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.sentence_transformer.modules import InputModule
    except ImportError as error:
        message = f"a SentenceTransformer needs an extra: `{install_command('sentence-transformers')}`"
        raise MissingDependency(message, extra="sentence-transformers") from error

    class OnnxModule(InputModule):  # type: ignore[misc]
        """Texts to sentence vectors by the ONNX graph: the texts travel through as they are."""

        def __init__(self, embedder: BundledEmbedder) -> None:
            super().__init__()
            self.embedder = embedder
            self.max_seq_length = embedder.max_tokens

        def preprocess(self, inputs: list[str], prompt: str | None = None, **_: Any) -> dict[str, Any]:
            return {"texts": [(prompt or "") + text for text in inputs]}

        def forward(self, features: dict[str, Any], **_: Any) -> dict[str, Any]:
            # A copy: the vector of a single text is shared and must not be written to.
            return features | {"sentence_embedding": torch.tensor(self.embedder.encode_document(features["texts"]))}

        def get_embedding_dimension(self) -> int:
            return self.embedder.dim

        def save(self, output_path: str, *_: Any, **__: Any) -> None:
            """Copy the model's folder."""
            import shutil

            shutil.copytree(self.embedder.folder, Path(output_path), dirs_exist_ok=True)

    return SentenceTransformer(modules=[OnnxModule(embedder or load_bundled())], device="cpu")

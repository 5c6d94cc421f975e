"""The shipped graph read back into a trainable model, so that a new training goes on from what ships.

int8 rows and matrices come back within half a step of where they were, which the first batches of training even out.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from training.model import BilingualEncoder


def load_shipped(model: BilingualEncoder, folder: Path, rows: list[str]) -> None:
    """Fill `model`, whose word rows are for the strings `rows`, from what `folder` ships; a row it lacks stays as it is."""
    graph = onnx.load(folder / "onnx" / "model.onnx").graph
    held = {c.name: numpy_helper.to_array(c) for c in graph.initializer}
    vocab = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
    state = model.body.state_dict()
    words = state["embeddings.word_embeddings.weight"].numpy().copy()
    there = [(i, vocab[row]) for i, row in enumerate(rows) if row in vocab]
    ours, theirs = map(list, zip(*there, strict=True))
    words[ours] = (held["rows"] * held["row_scales"])[theirs]
    found: dict[str, np.ndarray] = {"embeddings.word_embeddings.weight": words}
    places = state["embeddings.position_embeddings.weight"].numpy().copy()
    # The graph holds positions and the one token type added together; the model keeps its token types apart.
    added = held["positions"].astype(np.float32) - state["embeddings.token_type_embeddings.weight"][0].numpy()
    places[: len(added)] = added
    found["embeddings.position_embeddings.weight"] = places
    found |= _normalized(held, "embeddings.LayerNorm", "embedding")
    layers = model.body.config.num_hidden_layers
    for i in range(layers):
        at, name = f"encoder.layer.{i}.", f"layer{i}."
        weight, bias = _matrix(held, name + "qkv"), held[name + "qkv.bias"]
        for part, (w, b) in zip(
            ("query", "key", "value"), zip(np.split(weight, 3), np.split(bias, 3), strict=True), strict=True
        ):
            found |= {f"{at}attention.self.{part}.weight": w, f"{at}attention.self.{part}.bias": b}
        for to, source in (("attention.output", "out"), ("intermediate", "wide"), ("output", "narrow")):
            found[f"{at}{to}.dense.weight"] = _matrix(held, name + source)
            found[f"{at}{to}.dense.bias"] = held[f"{name}{source}.bias"]
        found |= _normalized(held, at + "attention.output.LayerNorm", name + "middle")
        found |= _normalized(held, at + "output.LayerNorm", name + "done")
    state |= {name: torch.tensor(np.ascontiguousarray(value, dtype=np.float32)) for name, value in found.items()}
    model.body.load_state_dict(state)


def _matrix(held: dict[str, np.ndarray], name: str) -> np.ndarray:
    """One linear map as (out, in) floats."""
    weight = held[name + ".weight"].astype(np.float32) * held[name + ".scale"]
    return (weight * held[name + ".ease"][:, None]).T  # what the graph multiplies the input by


def _normalized(held: dict[str, np.ndarray], name: str, source: str) -> dict[str, np.ndarray]:
    return {name + ".weight": held[source + ".gain"], name + ".bias": held[source + ".shift"]}

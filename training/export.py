"""Last step: the shipped folder.  int8 ONNX, tokenizer, and what sentence-transformers needs to read the same folder."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from training import data, onnx_graph, vocabulary
from training.model import BilingualEncoder, encode
from training.weights import token_weights
from training.words import silent_ids

TOKEN_DIM = 96  # a chunk of 150 tokens is 14 kB in int8; 64 cost .01 of nDCG across languages, 128 gained .003


def export(prepared: Path, checkpoint: Path, out: Path, *, quantize: bool = True) -> None:
    """Write the folder `out` from the tokenizer and config in `prepared` and the weights in `checkpoint`."""
    model = BilingualEncoder(prepared).eval()
    model.load_state_dict(torch.load(checkpoint, weights_only=True)["model"])
    tokenizer = Tokenizer.from_file(str(prepared / "tokenizer.json"))
    weights = {name: value.float().numpy() for name, value in model.body.state_dict().items()}
    rows = json.loads((prepared / "rows.json").read_text(encoding="utf-8"))
    out.mkdir(parents=True, exist_ok=True)
    config = model.body.config
    onnx_graph.write(
        weights,
        principal_directions(model, tokenizer, calibration_texts()).numpy(),
        token_weights(prepared),
        out / "onnx" / "model.onnx",
        heads=config.num_attention_heads,
        layers=config.num_hidden_layers,
        positions=vocabulary.MAX_TOKENS,
        peaks=input_peaks(model, tokenizer, calibration_texts()) if quantize else None,
    )
    shutil.copy(prepared / "tokenizer.json", out / "tokenizer.json")
    _write_settings(out, rows, config.to_dict())


def _write_settings(out: Path, rows: list[str], config: dict[str, object]) -> None:
    kept = (
        "hidden_act",
        "hidden_size",
        "intermediate_size",
        "layer_norm_eps",
        "model_type",
        "num_attention_heads",
        "num_hidden_layers",
        "type_vocab_size",
    )
    special = {
        "unk_token": "[UNK]",
        "sep_token": "[SEP]",
        "pad_token": "[PAD]",
        "cls_token": "[CLS]",
        "mask_token": "[MASK]",
    }
    files: dict[str, object] = {
        "gba_qa.json": {
            "dim": 384,
            "token_dim": TOKEN_DIM,
            "max_tokens": vocabulary.MAX_TOKENS,
            "silent": sorted(silent_ids(rows)),
        },
        "config.json": {k: config[k] for k in kept}
        | {
            "architectures": ["BertModel"],
            "vocab_size": len(rows),
            "max_position_embeddings": vocabulary.MAX_TOKENS,
            "pad_token_id": 0,
        },
        "tokenizer_config.json": special
        | {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": vocabulary.MAX_TOKENS,
            "model_input_names": ["input_ids", "attention_mask"],
        },
        "special_tokens_map.json": special,
        "sentence_bert_config.json": {"max_seq_length": vocabulary.MAX_TOKENS, "do_lower_case": False},
        "modules.json": [
            {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for i, (path, kind) in enumerate(
                [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
            )
        ],
        "1_Pooling/config.json": {"word_embedding_dimension": 384, "pooling_mode_mean_tokens": True},
        "2_Normalize/config.json": {},
    }
    for name, content in files.items():
        path = out / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(
            json.dumps(content, ensure_ascii=False, indent=None if name == "gba_qa.json" else 1) + "\n",
            encoding="utf-8",
        )


def calibration_texts() -> list[str]:
    """Lines and passages of our own, both languages: what the int8 scales are fitted to."""
    lines = data.read_ours("sentences")[::15]
    passages = data.read_passages()[::4]
    return [p.en for p in lines] + [p.zh for p in lines] + [row[key] for row in passages for key in ("en", "zh-Hans")]


def input_peaks(model: BilingualEncoder, tokenizer: Tokenizer, texts: list[str]) -> dict[str, np.ndarray]:
    """For each Linear module of the body the largest |input| of each column over these texts."""
    peaks: dict[str, np.ndarray] = {}

    def watch(name: str) -> Callable[[torch.nn.Module, tuple[torch.Tensor, ...]], None]:
        def hook(_: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
            found = inputs[0].detach().float().abs().flatten(0, -2).amax(0).numpy()
            peaks[name] = np.maximum(peaks[name], found) if name in peaks else found

        return hook

    linears = [(name, module) for name, module in model.body.named_modules() if isinstance(module, torch.nn.Linear)]
    hooks = [module.register_forward_pre_hook(watch(name)) for name, module in linears]
    with torch.no_grad():
        for start in range(0, len(texts), 16):
            model.states(*encode(tokenizer, texts[start : start + 16]))
    for handle in hooks:
        handle.remove()
    return peaks


def principal_directions(model: BilingualEncoder, tokenizer: Tokenizer, texts: list[str]) -> torch.Tensor:
    """The `TOKEN_DIM` directions in which token states differ most, their common mean taken out, (TOKEN_DIM, 384).

    A projection learnt beside the rest in phase 2 was .05 of nDCG behind these across languages.
    """
    states: list[np.ndarray] = []
    with torch.no_grad():
        for start in range(0, len(texts), 32):
            ids, mask = encode(tokenizer, texts[start : start + 32])
            found = torch.nn.functional.normalize(model.states(ids, mask).float(), dim=-1)
            states.append(found[mask.bool()].numpy())
    vectors = np.concatenate(states)
    mean = vectors.mean(0) / np.linalg.norm(vectors.mean(0))
    centred = vectors - np.outer(vectors @ mean, mean)
    _, directions = np.linalg.eigh(centred.T @ centred)
    basis = directions[:, ::-1][:, :TOKEN_DIM].T
    return torch.tensor(np.ascontiguousarray(basis - np.outer(basis @ mean, mean)), dtype=torch.float32)

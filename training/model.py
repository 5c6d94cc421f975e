"""The network in training: the body over the bilingual rows, its pooled vectors and its token vectors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

WIDTHS = (16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512)  # tokens a row is padded to
HEIGHTS = (16, 32, 48, 64, 96, 128)  # rows a batch is padded to


class BilingualEncoder(nn.Module):
    """MiniLM's body over the bilingual rows."""

    def __init__(self, folder: Path, weights: np.ndarray | None = None) -> None:
        """From the files in `folder`; `weights` (rows,) is what each token counts in the sentence's mean, all alike without it."""
        super().__init__()
        from transformers import AutoModel

        # Eager attention: at these lengths the fused kernel's backward pass takes half of a CPU step.
        self.body = AutoModel.from_pretrained(folder, attn_implementation="eager", add_pooling_layer=False)
        for module in self.modules():
            if isinstance(module, nn.Dropout):
                module.p = 0.0
        words = self.body.get_input_embeddings().weight.shape[0]
        counts = torch.ones(words) if weights is None else torch.from_numpy(weights)
        self.register_buffer("weights", counts, persistent=False)
        object.__setattr__(self, "run", self.body)  # not a submodule of its own: the state must not hold the body twice

    def states(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Last hidden states, (n, tokens, 384)."""
        # Sparse gradients: a batch touches some 2,000 of 48,000 rows, and a dense update of all costs a fifth of a step.
        words = functional.embedding(ids, self.words, sparse=True)
        with torch.autocast("cpu", torch.bfloat16):
            return self.run(inputs_embeds=words, attention_mask=mask).last_hidden_state

    @property
    def words(self) -> Tensor:
        """The word rows, (rows, 384)."""
        return self.body.get_input_embeddings().weight

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Unit-length sentence vectors, (n, 384)."""
        return self.pooled(self.states(ids, mask), ids, mask)

    def pooled(self, states: Tensor, ids: Tensor, mask: Tensor) -> Tensor:
        """Unit-length sentence vectors of last hidden states, (n, 384): the weighted mean that is exported."""
        return pooled(states, mask * self.weights[ids])

    def token_vectors(self, states: Tensor) -> Tensor:
        """Unit-length token vectors, (n, tokens, 384); `export` makes them small."""
        return functional.normalize(states.float(), dim=-1)


def pooled(states: Tensor, mask: Tensor) -> Tensor:
    """The mean over the tokens, of unit length; `mask` (n, tokens) is what each counts."""
    weights = mask.unsqueeze(-1).float()
    return functional.normalize((states.float() * weights).sum(1) / weights.sum(1), dim=-1)


def encode(tokenizer: Tokenizer, texts: list[str]) -> tuple[Tensor, Tensor]:
    """Ids and mask of a batch; rows after the texts' own are filling, to be cut off: `vectors[:len(texts)]`.

    Both sides are rounded up to a few sizes: oneDNN compiles its kernels anew for each shape it has not met, and with
    shapes at random that took more than half of the time.
    """
    encodings = tokenizer.encode_batch(texts)
    longest = max(len(e.ids) for e in encodings)
    width = next(size for size in WIDTHS if size >= longest)
    height = next(size for size in HEIGHTS if size >= len(texts))
    ids = np.zeros((height, width), dtype=np.int64)
    mask = np.zeros((height, width), dtype=np.int64)
    mask[:, 0] = 1
    for i, encoding in enumerate(encodings):
        ids[i, : len(encoding.ids)] = encoding.ids
        mask[i, : len(encoding.ids)] = 1
    return torch.from_numpy(ids), torch.from_numpy(mask)


def optimizers(model: BilingualEncoder, *, rows: float, body: float) -> list[torch.optim.Optimizer]:
    """One for the word rows, one for the rest.  Rows learn ten times as fast as the body that must keep what it knows."""
    rest = [p for p in model.body.parameters() if p is not model.words]
    return [
        torch.optim.SparseAdam([model.words], lr=rows, betas=(0.9, 0.98)),
        torch.optim.AdamW(rest, lr=body, weight_decay=0.01, fused=True, betas=(0.9, 0.98)),
    ]

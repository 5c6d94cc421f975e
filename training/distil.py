"""Phase 1: the student reads Chinese (and English) and must give what the English teacher gives for the same meaning.

Loss: in-batch contrast of student and teacher in both directions (scale 20; the teacher's last vectors serve as further
negatives for nothing), plus the cosine to the teacher, plus English through the student so that it stays where it was.
"""

from __future__ import annotations

import json
import random
from collections import deque
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from training import data, loop, names, templates
from training.glosses import read_glosses
from training.model import BilingualEncoder, encode, optimizers, pooled
from training.onnx_weights import load_shipped
from training.prepare import teacher_folder
from training.weights import token_weights

SCALE = 20.0
MEMORY = 2048  # teacher vectors kept as negatives: the teacher stands still, so they never grow stale
ENGLISH = 8  # every eighth sentence goes through the student in English too: more holds it no better and costs time
PARAGRAPHS = 0.06  # runs of lines for each line: a run costs as much as five, and phase 2 is all passages
PATTERNS = 40_000  # questions made of patterns, an epoch


class Teacher:
    """all-MiniLM-L6-v2, frozen."""

    def __init__(self) -> None:
        from transformers import AutoModel

        folder = teacher_folder()
        self.body = AutoModel.from_pretrained(folder, add_pooling_layer=False).eval()
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.enable_truncation(256)
        self.tokenizer.no_padding()

    def __call__(self, texts: list[str]) -> Tensor:
        ids, mask = encode(self.tokenizer, texts)
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            return pooled(self.body(input_ids=ids, attention_mask=mask).last_hidden_state, mask)[: len(texts)]


def gather(shared: Path, rng: random.Random) -> list[data.Pair]:
    """One epoch: parallel lines and paragraphs balanced by source, our own lines, the dictionary's words."""
    parallel = data.read_parallel(shared)
    ours = data.read_ours("sentences") + data.read_ours("terms")
    ours += data.passage_pairs(data.read_passages())
    glosses = read_glosses(shared / "cedict.tsv.gz", [])
    words = [data.Pair("; ".join(found[:2]), word, "gloss") for word, found in glosses.items() if found]
    places = names.names()
    named = [*data.read_ours("terms"), *places]
    named += [data.Pair(found[0], word, "gloss") for word, found in glosses.items() if found]
    return (
        data.balanced(parallel + ours + words + places, rng)
        + templates.questions(named, PATTERNS, rng)
        + data.paragraphs(parallel, PARAGRAPHS, rng)
        + data.paragraphs(data.read_ours("sentences"), 1.0, rng)
    )


def distil(
    start: Path, shared: Path, out: Path, *, seed: int = 1, minutes: float | None = None, shipped: Path | None = None
) -> None:
    """Train from the folder `start`, or on from the weights in `shipped`; checkpoints and the result go to `out`."""
    rng = random.Random(seed)
    torch.manual_seed(seed)
    model, teacher = BilingualEncoder(start, token_weights(start)), Teacher()
    if shipped:
        load_shipped(model, shipped, json.loads((start / "rows.json").read_text(encoding="utf-8")))
    tokenizer = Tokenizer.from_file(str(start / "tokenizer.json"))
    tokenizer.enable_truncation(256)  # as the teacher
    plan = list(loop.batches(gather(shared, rng), lambda p: 8 + len(p.zh) // 2 + len(p.en) // 6, 8000, 128, rng))
    memory: deque[Tensor] = deque(maxlen=MEMORY // 128)

    def loss_of(batch: list[data.Pair]) -> tuple[Tensor, dict[str, float]]:
        target = teacher([p.en for p in batch])
        chinese = model(*encode(tokenizer, [p.zh for p in batch]))[: len(batch)]
        some = list(range(len(batch)))[::ENGLISH]
        english = model(*encode(tokenizer, [batch[i].en for i in some]))[: len(some)]
        near = 1 - (chinese * target).sum(-1).mean()
        kept = 1 - (english * target[some]).sum(-1).mean()
        contrast = _contrast(chinese, target, torch.cat(list(memory)) if memory else None)
        memory.append(target)
        loss = contrast + 3 * near + 3 * kept
        return loss, {"contrast": contrast.item(), "near": near.item(), "kept": kept.item()}

    loop.train(model, optimizers(model, rows=5e-4, body=8e-5), plan, loss_of, out, minutes=minutes)


def _contrast(student: Tensor, target: Tensor, memory: Tensor | None) -> Tensor:
    """Both directions.  Targets equal to one's own (a line that stands twice) are no negatives."""
    own = torch.arange(len(student))
    twins = (target @ target.T > 0.98) & ~torch.eye(len(target), dtype=torch.bool)
    scores = (SCALE * student @ target.T).masked_fill(twins, -1e4)
    forward = scores
    if memory is not None:
        far = SCALE * student @ memory.T
        forward = torch.cat([scores, far.masked_fill(target @ memory.T > 0.98, -1e4)], dim=1)
    return (functional.cross_entropy(forward, own) + functional.cross_entropy(scores.T, own)) / 2

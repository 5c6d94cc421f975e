"""Phase 2: questions find passages, by the pooled vector and by MaxSim over the token vectors.

Loss: contrast over all passages of the batch, the hard ones too, in both directions, once with pooled cosines and once with MaxSim
(a passage passes over the questions that it only seems to answer);
plus the teacher's vectors for whatever is English and for a few parallel lines, so that nothing learnt in phase 1 sinks.
"""

from __future__ import annotations

import random
import re
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from training import data, loop, questions
from training.distil import Teacher
from training.model import BilingualEncoder, encode, optimizers
from training.weights import token_weights
from training.words import silent_ids

SCALE = 20.0
LATE_SCALE = 24.0  # means of best cosines lie closer together than cosines
MOST_TOKENS = 176  # of a passage, in training
LINES = 24  # parallel lines a step that hold phase 1
HAN = re.compile("[\u3400-\u9fff]")


def retrieve(
    prepared: Path, distilled: Path, shared: Path, out: Path, *, seed: int = 2, minutes: float | None = None
) -> None:
    """Train on from the checkpoint of phase 1; the result goes to `out`."""
    import json

    rng = random.Random(seed)
    torch.manual_seed(seed)
    model, teacher = BilingualEncoder(prepared, token_weights(prepared)), Teacher()
    model.load_state_dict(torch.load(distilled / "checkpoint.pt", weights_only=True)["model"])
    tokenizer = Tokenizer.from_file(str(prepared / "tokenizer.json"))
    tokenizer.enable_truncation(MOST_TOKENS)
    rows = questions.gather(shared, rng)
    silent = torch.zeros(model.words.shape[0], dtype=torch.bool)
    silent[sorted(silent_ids(json.loads((prepared / "rows.json").read_text(encoding="utf-8"))))] = True
    plan = list(loop.batches(rows, lambda r: len(r.passage) // (1 if HAN.search(r.passage) else 3), 4200, 28, rng))
    lines = data.balanced([p for p in data.read_parallel(shared) if len(p.zh) < 60], rng)
    lines += data.read_ours("sentences") * 6 + data.passage_pairs(data.read_passages()) * 3
    lines += data.read_ours("terms") + data.read_ours("names")

    def late(states: Tensor, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Token vectors and which of them count: those that carry meaning."""
        return model.token_vectors(states), mask.bool() & ~silent[ids]

    def loss_of(batch: list[questions.Asked]) -> tuple[Tensor, dict[str, float]]:
        asked = [r.question for r in batch]
        nearly = list(dict.fromkeys(r.near for r in batch if r.near))
        held = list(dict.fromkeys([r.passage for r in batch] + [r.other for r in batch if r.other]))
        own = torch.tensor([held.index(r.passage) for r in batch])
        q_ids, q_mask = encode(tokenizer, asked + nearly)
        p_ids, p_mask = encode(tokenizer, held)
        q_states, p_states = model.states(q_ids, q_mask), model.states(p_ids, p_mask)
        every = len(asked) + len(nearly)
        q, p = model.pooled(q_states, q_ids, q_mask)[:every], model.pooled(p_states, p_ids, p_mask)[: len(held)]
        near = _contrast(SCALE * q @ p.T, own)
        (q_tokens, q_live), (p_tokens, p_live) = late(q_states, q_ids, q_mask), late(p_states, p_ids, p_mask)
        maxsim = _maxsim(q_tokens[:every], q_live[:every], p_tokens[: len(held)], p_live[: len(held)])
        tokens = _contrast(LATE_SCALE * maxsim, own)
        kept = _kept(teacher, asked + nearly + held, torch.cat([q, p]))
        some = rng.sample(lines, LINES)
        target = teacher([s.en for s in some])
        chinese = model(*encode(tokenizer, [s.zh for s in some]))[: len(some)]
        parallel = functional.cross_entropy(SCALE * chinese @ target.T, torch.arange(len(some))) + 3 * (
            1 - (chinese * target).sum(-1).mean()
        )
        loss = near + tokens + 2 * kept + 0.5 * parallel
        right = (maxsim[: len(asked)].argmax(1) == own).float().mean().item()
        return loss, {
            "pooled": near.item(),
            "maxsim": tokens.item(),
            "kept": kept.item(),
            "lines": parallel.item(),
            "first": right,
        }

    loop.train(model, optimizers(model, rows=1.5e-4, body=4e-5), plan, loss_of, out, minutes=minutes, warmup=60)


def _contrast(scores: Tensor, own: Tensor) -> Tensor:
    """Questions choose among all passages; passages that are asked for choose among the questions.

    Rows of `scores` after those of `own` are questions that no passage answers: only there to be passed over.
    """
    back = scores[:, own].T  # (len(own), questions)
    # Several questions of one passage are no negatives of each other.
    twins = (own[:, None] == own[None, :]) & ~torch.eye(len(own), dtype=torch.bool)
    back = back.masked_fill(functional.pad(twins, (0, len(scores) - len(own))), -1e4)
    return (
        functional.cross_entropy(scores[: len(own)], own) + functional.cross_entropy(back, torch.arange(len(own)))
    ) / 2


def _maxsim(query: Tensor, query_live: Tensor, passage: Tensor, passage_live: Tensor) -> Tensor:
    """(questions, passages): the mean over the live tokens of the question of the best cosine in the passage."""
    similarity = torch.einsum("qid,pjd->qpij", query, passage)
    similarity = similarity.masked_fill(~passage_live[None, :, None, :], -1.0)
    best = similarity.max(-1).values
    weights = query_live[:, None, :].float()
    return (best * weights).sum(-1) / weights.sum(-1).clamp(min=1.0)


def _kept(teacher: Teacher, texts: list[str], vectors: Tensor) -> Tensor:
    """Distance of the English texts from where the teacher has them; 0 where there are none."""
    english = [i for i, text in enumerate(texts) if not HAN.search(text)]
    if not english:
        return vectors.sum() * 0.0
    target = teacher([texts[i] for i in english])
    return 1 - (vectors[english] * target).sum(-1).mean()

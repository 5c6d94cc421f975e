"""The span reader: the embedder's own body with small low-rank additions (LoRA, Hu et al. 2022) reads question and passage together.

    python -m training.span_reader --minutes 58        # two cores; goes on from build/reader/checkpoint.pt

The body stays as it ships, so that embedder and reader share every weight but the additions.  The head says for each token whether the answer
starts or ends there ([CLS] for none), and from [CLS] whether there is one.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "16384")  # read when torch loads; see training.model.encode
import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

from eval.fitting import auroc
from training.model import BilingualEncoder
from training.onnx_weights import load_shipped
from training.reading import Read, Row, gather, tokenized

RANK = 16
BUDGET, MOST = 4096, 48  # tokens and rows of a batch
WIDTHS = (32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224)
RATE, WARMUP = 1e-3, 150
POOL = 1600  # rows sorted by length together
TELL_EVERY, SAVE_EVERY, MEASURE_EVERY = 50, 300, 1000  # steps


class Low(nn.Module):
    """A Linear that stays as it is, and what is learnt beside it: x A B."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.linear = linear.requires_grad_(False)
        self.a = nn.Parameter(torch.randn(linear.in_features, RANK) / linear.in_features**0.5)
        self.b = nn.Parameter(torch.zeros(RANK, linear.out_features))

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.linear(x) + (x @ self.a) @ self.b
        return out


class Reader(nn.Module):
    """Start and end logits of each token, and the log odds that the passage answers, from [CLS] question [SEP] passage [SEP]."""

    def __init__(self, encoder: BilingualEncoder) -> None:
        super().__init__()
        self.encoder = encoder.requires_grad_(False)
        for parent in list(encoder.body.modules()):
            for name, child in list(parent.named_children()):
                if isinstance(child, nn.Linear):
                    setattr(parent, name, Low(child))
        self.span = nn.Linear(384, 2)
        self.answers = nn.Linear(384, 1)

    def learnt(self) -> dict[str, Tensor]:
        """What is trained, by name."""
        return {name: value for name, value in self.named_parameters() if value.requires_grad}

    def forward(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        words = functional.embedding(ids, self.encoder.words)
        with torch.autocast("cpu", torch.bfloat16):
            states = self.encoder.run(inputs_embeds=words, attention_mask=mask).last_hidden_state
        states = states.float()
        return self.span(states), self.answers(states[:, 0]).squeeze(-1)


def batch_of(rows: Sequence[Row]) -> tuple[Tensor, Tensor]:
    """Ids and mask, padded to one of a few widths."""
    longest = max(len(r.ids) for r in rows)
    width = next(w for w in WIDTHS if w >= longest)
    ids, mask = np.zeros((len(rows), width), dtype=np.int64), np.zeros((len(rows), width), dtype=np.int64)
    for i, row in enumerate(rows):
        ids[i, : len(row.ids)] = row.ids
        mask[i, : len(row.ids)] = 1
    return torch.from_numpy(ids), torch.from_numpy(mask)


def loss_of(model: Reader, rows: Sequence[Row]) -> tuple[Tensor, dict[str, float]]:
    """Cross-entropy of start and end, none standing at [CLS], and of the yes or no."""
    ids, mask = batch_of(rows)
    span, answers = model(ids, mask)
    odds = torch.tensor([r.odds for r in rows])
    live = torch.zeros(ids.shape, dtype=torch.bool)
    right = torch.zeros((*ids.shape, 2), dtype=torch.bool)
    for i, row in enumerate(rows):
        live[i, 0] = True
        live[i, row.begins : len(row.ids) - 1] = True
        if row.spans is None:
            right[i, row.begins : len(row.ids) - 1] = True
        elif row.spans:
            for a, b in row.spans:
                right[i, a, 0] = right[i, b, 1] = True
        else:
            right[i, 0] = True
    span = span.masked_fill(~live[..., None], -1e4)
    shifted = torch.cat([(span[:, :1] - odds[:, None, None]), span[:, 1:]], 1)
    chosen = torch.logsumexp(shifted.masked_fill(~right, -1e4), 1) - torch.logsumexp(shifted, 1)
    yes = torch.tensor([float(r.spans is None or bool(r.spans)) for r in rows])
    told = functional.binary_cross_entropy_with_logits(answers + odds, yes)
    loss = -chosen.mean() + told
    return loss, {"span": -chosen.mean().item(), "told": told.item()}


def predict(model: Reader, rows: Sequence[Row]) -> list[tuple[float, float, int, int]]:
    """For each row: log odds that it answers, best span over none, and the span's tokens."""
    model.eval()
    found: list[tuple[float, float, int, int]] = [(0.0, 0.0, 0, 0)] * len(rows)
    order = sorted(range(len(rows)), key=lambda i: len(rows[i].ids))
    with torch.no_grad():
        for start in range(0, len(order), MOST):
            picked = order[start : start + MOST]
            span, answers = model(*batch_of([rows[i] for i in picked]))
            for j, i in enumerate(picked):
                a, b = rows[i].begins, len(rows[i].ids) - 1
                s, e = span[j, a:b, 0], span[j, a:b, 1]
                both = (s[:, None] + e[None, :]).masked_fill(
                    ~torch.ones(b - a, b - a, dtype=torch.bool).triu().tril(40), -1e4
                )
                best = int(both.argmax()) if b > a else 0
                value = float(both.max() - span[j, 0].sum()) if b > a else -20.0
                found[i] = (float(answers[j]), value, a + best // max(1, b - a), a + best % max(1, b - a))
    model.train()
    return found


def report(model: Reader, back: Sequence[Read], rows: Sequence[Row], name: str) -> None:
    """How well kinds are told apart on what was kept back, and how many spans touch the marked answer."""
    found = predict(model, rows)
    kinds = np.array([r.kind for r in back])
    line = []
    for positive, negative in (
        ("answered", "near miss"), ("answered", "without"), ("answered", "neighbour"), ("article", "article without"),
    ):  # fmt: skip
        for which in (0, 1):
            p = [f[which] for f, k in zip(found, kinds, strict=True) if k == positive]
            n = [f[which] for f, k in zip(found, kinds, strict=True) if k == negative]
            line.append(f"{negative} {auroc(p, n):.3f}")
    touched = [
        any(f[2] <= b and f[3] >= a for a, b in row.spans) for f, row in zip(found, rows, strict=True) if row.spans
    ]
    print(name, *line, f"spans {np.mean(touched):.3f}", flush=True)


def additions(learnt: dict[str, Tensor], layers: int = 6) -> dict[str, np.ndarray]:
    """What `Reader.learnt` gives, in fp16 under the names of the network's inputs: query, key and value side by side as one matrix."""
    held = {name: value.detach().float().numpy() for name, value in learnt.items()}
    found = {name: held[name] for name in ("span.weight", "span.bias", "answers.weight", "answers.bias")}
    for i in range(layers):
        at = f"encoder.body.encoder.layer.{i}."
        parts = [f"{at}attention.self.{name}" for name in ("query", "key", "value")]
        found[f"layer{i}.qkv.a"] = np.concatenate([held[part + ".a"] for part in parts], axis=1)
        rank, width = held[parts[0] + ".b"].shape
        joined = np.zeros((3 * rank, 3 * width), dtype=np.float32)
        for k, part in enumerate(parts):
            joined[k * rank : (k + 1) * rank, k * width : (k + 1) * width] = held[part + ".b"]
        found[f"layer{i}.qkv.b"] = joined
        for to, name in (("out", "attention.output.dense"), ("wide", "intermediate.dense"), ("narrow", "output.dense")):
            found |= {f"layer{i}.{to}.{side}": held[f"{at}{name}.{side}"] for side in ("a", "b")}
    return {name: value.astype(np.float16) for name, value in found.items()}


def batches(rows: Sequence[Row], rng: random.Random) -> Iterator[list[Row]]:
    """Batches of like length, without end."""
    while True:
        order = list(rows)
        rng.shuffle(order)
        for start in range(0, len(order), POOL):
            made: list[list[Row]] = [[]]
            for row in sorted(order[start : start + POOL], key=lambda r: len(r.ids)):
                if len(made[-1]) == MOST or (len(made[-1]) + 1) * len(row.ids) > BUDGET:
                    made.append([])
                made[-1].append(row)
            rng.shuffle(made)
            yield from made


def train(
    model: Reader,
    rows: Sequence[Row],
    folder: Path,
    minutes: float,
    seed: int,
    measure: Sequence[Read],
    measured: Sequence[Row],
) -> None:
    """By the clock, from the checkpoint in `folder` if there is one; linear warm-up, then linear decay."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "checkpoint.pt"
    learnt = model.learnt()
    optimizer = torch.optim.AdamW(learnt.values(), lr=RATE, weight_decay=0.01)
    step, spent = 0, 0.0
    if file.exists():
        state = torch.load(file, weights_only=True)
        for name, value in learnt.items():
            value.data.copy_(state["learnt"][name])
        optimizer.load_state_dict(state["optimizer"])
        step, spent = state["step"], state["spent"]
    began = time.monotonic() - spent

    def save() -> None:
        held = {name: value.detach() for name, value in learnt.items()}
        state = {"learnt": held, "optimizer": optimizer.state_dict(), "step": step, "spent": time.monotonic() - began}
        torch.save(state, file.with_suffix(".tmp"))
        file.with_suffix(".tmp").replace(file)

    sums: dict[str, float] = {}
    for batch in batches(rows, random.Random(seed + step)):
        progress = (time.monotonic() - began) / (60 * minutes)
        if progress >= 1:
            break
        for group in optimizer.param_groups:
            group["lr"] = RATE * min(1.0, (step + 1) / WARMUP) * (1 - 0.98 * progress)
        loss, parts = loss_of(model, batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(learnt.values(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        step += 1
        for name, part in parts.items():
            sums[name] = sums.get(name, 0.0) + part
        if step % TELL_EVERY == 0:
            told = " ".join(f"{name} {value / TELL_EVERY:.3f}" for name, value in sums.items())
            print(f"step {step} {progress:.1%} {told}", flush=True)
            sums = {}
        if step % SAVE_EVERY == 0:
            save()
        if step % MEASURE_EVERY == 0:
            report(model, measure, measured, f"step {step}")
    save()
    report(model, measure, measured, f"step {step}")


def main() -> None:
    """Train, measure on what was kept back, write reader.npz."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path("../shared/training"), help="folder of the raw text")
    parser.add_argument("--work", type=Path, default=Path("build/reader"), help="folder for the checkpoint")
    parser.add_argument(
        "--prepared", type=Path, default=Path("build/training/prepared"), help="what training.run prepared"
    )
    parser.add_argument(
        "--model", type=Path, default=Path("gba_qa/models/gba-minilm-en-zh"), help="the folder that ships"
    )
    parser.add_argument("--minutes", type=float, default=58)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=5)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    rng = random.Random(arguments.seed)
    tokenizer = Tokenizer.from_file(str(arguments.model / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    kept, back = gather(arguments.shared, rng)
    encoder = BilingualEncoder(arguments.prepared)
    load_shipped(encoder, arguments.model, json.loads((arguments.prepared / "rows.json").read_text(encoding="utf-8")))
    model = Reader(encoder)
    rows = [tokenized(read, tokenizer, rng) for read in kept]
    train(
        model,
        rows,
        arguments.work,
        arguments.minutes,
        arguments.seed,
        back,
        [tokenized(read, tokenizer) for read in back],
    )
    np.savez_compressed(arguments.model / "reader.npz", **additions(model.learnt()))


if __name__ == "__main__":
    main()

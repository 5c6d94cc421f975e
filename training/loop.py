"""What both phases share: seeded batches, a schedule, checkpoints that a stopped run goes on from."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import torch

from training.model import HEIGHTS, BilingualEncoder

Item = TypeVar("Item")
TELL_EVERY = 20
POOL = 40  # batches sorted by length together: like lengths waste no padding, and the order stays random


def batches(
    items: Sequence[Item], length: Callable[[Item], int], budget: int, most: int, rng: random.Random
) -> Iterator[list[Item]]:
    """Batches of like length, at most `most` items and about `budget` units of length each, cut where no row is filling."""
    order = list(items)
    rng.shuffle(order)
    for start in range(0, len(order), POOL * most):
        pool = sorted(order[start : start + POOL * most], key=length)
        made: list[list[Item]] = []
        batch: list[Item] = []
        for item in pool:
            full = len(batch) in HEIGHTS and (len(batch) + 1) * length(item) > budget
            if batch and (len(batch) == most or full):
                made.append(batch)
                batch = []
            batch.append(item)
        made.append(batch)
        rng.shuffle(made)
        yield from made


def train(
    model: BilingualEncoder,
    optimizers: list[torch.optim.Optimizer],
    plan: Sequence[Item],
    loss_of: Callable[[Item], tuple[torch.Tensor, dict[str, float]]],
    folder: Path,
    *,
    warmup: int = 200,
    save_every: float = 240.0,
    minutes: float | None = None,
) -> None:
    """Go through `plan` once, from the checkpoint in `folder` if there is one; linear warm-up, then linear decay.

    `minutes` bounds the run by the clock as well: the decay then follows whichever of plan and clock is further on.
    """
    folder.mkdir(parents=True, exist_ok=True)
    groups = [group for optimizer in optimizers for group in optimizer.param_groups]
    peaks = [float(group["lr"]) for group in groups]
    rest = [parameter for parameter in model.parameters() if parameter is not model.words]
    step, spent = 0, 0.0
    if (folder / "checkpoint.pt").exists():
        state = torch.load(folder / "checkpoint.pt", weights_only=True)
        model.load_state_dict(state["model"])
        for optimizer, held in zip(optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(held)
        groups = [group for optimizer in optimizers for group in optimizer.param_groups]
        step, spent = state["step"], state["spent"]
    model.train()
    # Not compiled: with batches of many shapes the compiler took minutes of a run of minutes.
    began = last = time.monotonic()
    sums: dict[str, float] = {}

    def save(done: int) -> None:
        clock = spent + time.monotonic() - began
        held = [optimizer.state_dict() for optimizer in optimizers]
        torch.save(
            {"model": model.state_dict(), "optimizers": held, "step": done, "spent": clock}, folder / "checkpoint.tmp"
        )
        (folder / "checkpoint.tmp").replace(folder / "checkpoint.pt")

    while step < len(plan):
        clock = spent + time.monotonic() - began
        progress = max(step / len(plan), clock / (60 * minutes) if minutes else 0.0)
        if progress >= 1:
            break
        rate = min(1.0, (step + 1) / warmup) * (1 - 0.97 * progress)
        for group, peak in zip(groups, peaks, strict=True):
            group["lr"] = peak * rate
        loss, parts = loss_of(plan[step])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(rest, 1.0)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad()
        for name, value in parts.items():
            sums[name] = sums.get(name, 0.0) + value
        step += 1
        if step % TELL_EVERY == 0:
            told = " ".join(f"{name} {value / TELL_EVERY:.4f}" for name, value in sums.items())
            print(
                f"{folder.name} step {step}/{len(plan)} {clock:.0f} s {told} threads {torch.get_num_threads()}",
                flush=True,
            )
            sums = {}
        if time.monotonic() - last > save_every:
            save(step)
            last = time.monotonic()
    save(step)

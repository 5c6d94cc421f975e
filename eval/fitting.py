"""Two small fits: a softmax over the candidates of a question, and a network for yes or no."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

__all__ = ["auroc", "fit_network", "fit_softmax"]


def fit_softmax(groups: Sequence[tuple[Array, NDArray[np.bool_], float]], *, ridge: float = 0.01) -> Array:
    """Weights (features,) under which the right candidates of each group get the most probability.

    A group is (features (n, f), which are right (n,), its weight).  Minimises the mean of -log of the probability of the right
    ones, plus `ridge` times the squared weights of features brought to unit spread.
    """
    groups = [g for g in groups if g[1].any() and not g[1].all()]
    x = np.concatenate([g[0] for g in groups])
    right = np.concatenate([g[1] for g in groups])
    starts = np.concatenate([[0], np.cumsum([len(g[0]) for g in groups])[:-1]])
    group_of = np.repeat(np.arange(len(groups)), [len(g[0]) for g in groups])
    importance = np.array([g[2] for g in groups])
    importance /= importance.sum()
    spread = x.std(axis=0)
    spread[spread < 1e-9] = np.inf
    x = x / spread

    def loss(w: Array) -> tuple[float, Array]:
        s = x @ w
        s -= np.maximum.reduceat(s, starts)[group_of]
        e = np.exp(s)
        p = e / np.add.reduceat(e, starts)[group_of]
        good = np.where(right, e, 0.0)
        total_good = np.add.reduceat(good, starts)
        q = good / total_good[group_of]
        value = -importance @ np.log(total_good / np.add.reduceat(e, starts))
        gradient = x.T @ ((p - q) * importance[group_of])
        return float(value + ridge * w @ w), gradient + 2 * ridge * w

    return _minimise(loss, np.zeros(x.shape[1])) / spread


def fit_network(
    x: Array,
    y: NDArray[np.bool_],
    weight: Array,
    *,
    units: int = 8,
    members: int = 10,
    decay: float = 25.0,
    farthest: float,
    kept_from_half: Sequence[int] = (),
) -> dict[str, object]:
    """A network with one hidden layer for the log odds of y: `members` small ones from different starts, their mean as one.

    Every other member does not see the features in the columns `kept_from_half`: one feature that tells much of what is fitted on, and less
    of what is met later, then decides half of the matter at most.

    Plain lists of numbers: mean and spread (features,) that x is standardised with, hidden (members * units, features),
    hidden_bias, out (members * units,) and bias.
    """
    from sklearn.neural_network import MLPClassifier

    mean, spread = x.mean(axis=0), x.std(axis=0)
    spread[spread < 1e-9] = 1e9
    z = np.clip((x - mean) / spread, -farthest, farthest)
    nets = [
        MLPClassifier((units,), activation="tanh", solver="lbfgs", alpha=decay, max_iter=500, random_state=seed)
        for seed in range(members)
    ]
    for number, net in enumerate(nets):
        blind = list(kept_from_half) if number % 2 else []
        seen = z.copy()
        seen[:, blind] = 0.0
        net.fit(seen, y, sample_weight=weight * len(weight) / weight.sum())
        net.coefs_[0][blind] = 0.0
    return {
        "mean": _short(mean),
        "spread": _short(spread),
        "hidden": [_short(row) for net in nets for row in net.coefs_[0].T],
        "hidden_bias": _short(np.concatenate([net.intercepts_[0] for net in nets])),
        "out": _short(np.concatenate([net.coefs_[1][:, 0] for net in nets]) / members),
        "bias": round(float(np.mean([net.intercepts_[1][0] for net in nets])), 4),
    }


def _short(values: Array) -> list[float]:
    return [float(f"{value:.4g}") for value in values]


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """Probability that a positive scores above a negative, ties half."""
    p, n = np.asarray(positive)[:, None], np.asarray(negative)[None, :]
    return float(((p > n) + 0.5 * (p == n)).mean())


def _minimise(loss: Callable[[Array], tuple[float, Array]], w: Array, *, steps: int = 400) -> Array:
    """L-BFGS with a backtracking line search: the losses are smooth and convex, or nearly so."""
    pairs: list[tuple[Array, Array]] = []
    value, gradient = loss(w)
    for _ in range(steps):
        if np.abs(gradient).max() < 1e-6:
            break
        direction = _direction(gradient, pairs)
        step = 1.0 if pairs else 1.0 / max(1.0, float(np.abs(gradient).sum()))
        slope = float(gradient @ direction)
        while step > 1e-10:
            new_value, new_gradient = loss(w + step * direction)
            if new_value <= value + 1e-4 * step * slope:
                break
            step /= 2
        else:
            break
        moved, turned = step * direction, new_gradient - gradient
        if moved @ turned > 1e-12:
            pairs = [*pairs[-9:], (moved, turned)]
        w, value, gradient = w + moved, new_value, new_gradient
    return w


def _direction(gradient: Array, pairs: Sequence[tuple[Array, Array]]) -> Array:
    q = gradient.copy()
    factors = []
    for moved, turned in reversed(pairs):
        a = (moved @ q) / (moved @ turned)
        factors.append(a)
        q -= a * turned
    if pairs:
        moved, turned = pairs[-1]
        q *= (moved @ turned) / (turned @ turned)
    for (moved, turned), a in zip(pairs, reversed(factors), strict=True):
        q += moved * (a - (turned @ q) / (moved @ turned))
    return -q

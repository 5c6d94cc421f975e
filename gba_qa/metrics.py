"""From records to measures, with 95 % confidence intervals; the ranking measures come from ir-measures.

Most measures are a sum over a sum of per-question numbers (a mean where the lower one counts questions), so that one bootstrap over
questions serves them; AUROC and the points of the curve of refusal are counted anew on the same resamples.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Report", "auroc", "bootstrap", "ranking", "refusal_curve", "refused_at"]

Row = Mapping[str, Any]
Column = tuple[Sequence[float], Sequence[float]]  # what is counted, and out of what, a question
SAMPLES = 1000  # bootstrap resamples: the interval's ends then move by less than half a point between seeds
WRONG_SHARES = (0.05, 0.08)  # of answerable questions refused: where the curve of refusal is read off

TABLE = {
    "recall@1": "recall@1",
    "recall@5": "recall@5",
    "mrr@10": "MRR",
    "ndcg@10": "nDCG@10",
    "contained": "contained",
    "right_sentence": "right sentence",
    "wrongly_refused": "wrongly refused",
    "refused": "refused",
    "auroc": "AUROC",
}


@dataclass(frozen=True, slots=True)
class Report:
    """A run: what it was about, and one row a question (see evaluate.Record)."""

    about: Mapping[str, Any]
    rows: tuple[Row, ...]

    def measures(self, rows: Sequence[Row] | None = None) -> dict[str, float]:
        """All measures over these rows (default: all); those that have nothing to count are left out."""
        rows = self.rows if rows is None else rows
        found = {name: sum(part) / sum(whole) for name, (part, whole) in _columns(rows).items()}
        positive, negative = _confidences(rows)
        if positive and negative:
            found["auroc"] = auroc(positive, negative)
            curve = refusal_curve(rows)
            found |= {f"refused_at_{share}": refused_at(curve, share) for share in WRONG_SHARES}
        return found

    def intervals(self, rows: Sequence[Row] | None = None) -> dict[str, tuple[float, float]]:
        """The 95 % bootstrap interval of each measure over these rows."""
        rows = self.rows if rows is None else rows
        return {name: bootstrap(part, whole) for name, (part, whole) in _columns(rows).items()} | _refusal_intervals(
            rows
        )

    def seconds(self) -> dict[str, float]:
        """Median and 95th percentile of the seconds that an answer took."""
        taken = [r["seconds"] for r in self.rows]
        return {"median": float(np.median(taken)), "p95": float(np.percentile(taken, 95))} if taken else {}

    def groups(self) -> dict[str, list[Row]]:
        """The rows by language (which names the script), pair, whether the scripts differ, kind and split; "all" first."""
        groups: dict[str, list[Row]] = {"all": list(self.rows)}
        for field in ("language", "pair", "scripts", "kind", "split"):
            named: dict[str, list[Row]] = {}
            for row in self.rows:
                if row[field] and not row[field].endswith("→ -"):
                    named.setdefault(f"{field}: {row[field]}", []).append(row)
            if len(named) > 1 or field in ("language", "pair"):
                groups |= dict(sorted(named.items()))
        return groups

    def to_json(self) -> dict[str, Any]:
        """The run as JSON-able values.  Only `seconds` differs between two runs of one commit."""
        groups = self.groups()
        return {
            "about": dict(self.about),
            "measures": {n: {k: round(v, 4) for k, v in self.measures(g).items()} for n, g in groups.items()},
            "intervals": {n: {k: _ends(v) for k, v in self.intervals(g).items()} for n, g in groups.items()},
            "refusal_curve": [[round(x, 4), round(y, 4)] for x, y in refusal_curve(self.rows)],
            "seconds": {name: round(value, 4) for name, value in self.seconds().items()},
            "rows": [{k: v for k, v in r.items() if k != "seconds"} for r in self.rows],
        }

    def table(self) -> str:
        """One readable table over the groups, then what is told once, and the intervals by language."""
        lines = [["", "n", *TABLE.values()]]
        for group, rows in self.groups().items():
            found = self.measures(rows)
            lines.append([group, str(len(rows)), *(_shown(found.get(name)) for name in TABLE)])
        widths = [max(_width(line[i]) for line in lines) for i in range(len(lines[0]))]
        parts = [", ".join(f"{k} {v}" for k, v in self.about.items() if v != ""), ""]
        parts += ["  ".join(_padded(c, w, left=i == 0) for i, (c, w) in enumerate(zip(line, widths, strict=True))).rstrip()
                  for line in lines]  # fmt: skip
        found = self.measures()
        told = ("recall@3", "recall@10", "first_contained", "right_document", "citation_recall", "citation_precision", "quote_exactness",
                "figures_held")  # fmt: skip
        parts += ["", "; ".join(f"{name.replace('_', ' ')} {found[name]:.3f}" for name in told if name in found)]
        if "auroc" in found:
            curve = "; ".join(f"{found[f'refused_at_{s}']:.3f} at {s:.0%} of the answerable" for s in WRONG_SHARES)
            parts.append(f"unanswerable questions refused: {curve} refused")
        for group, rows in self.groups().items():
            if group == "all" or group.startswith("language"):
                ends = self.intervals(rows)
                shown = [f"{n.replace('_', ' ')} {low:.3f}-{high:.3f}"
                         for n in ("recall@5", "contained", "wrongly_refused", "refused") if n in ends for low, high in [ends[n]]]  # fmt: skip
                parts.append(f"95 % intervals, {group}: {'; '.join(shown)}")
        taken = self.seconds()
        parts.append(
            f"seconds a question: median {taken['median']:.3f}, 95th percentile {taken['p95']:.3f}" if taken else ""
        )
        return "\n".join(parts)


def bootstrap(part: Sequence[float], whole: Sequence[float], *, seed: int = 0) -> tuple[float, float]:
    """The 95 % percentile interval of sum(part) / sum(whole) over resampled questions.

    >>> bootstrap([1.0, 1.0], [1.0, 1.0])
    (1.0, 1.0)
    """
    chosen = _resamples(len(part), seed)
    below = np.asarray(whole, dtype=np.float64)[chosen].sum(axis=1)
    above = np.asarray(part, dtype=np.float64)[chosen].sum(axis=1)
    values = above[below > 0] / below[below > 0]  # a resample in which there is nothing to count says nothing
    return _middle(values)


def _refusal_intervals(rows: Sequence[Row], *, seed: int = 0) -> dict[str, tuple[float, float]]:
    """The 95 % percentile intervals of AUROC and `refused_at`; none without both sorts of questions.

    A resample is told by how many questions of each sort it has at each confidence, which is all that either measure asks.
    """
    answerable = np.asarray([bool(r["answerable"]) for r in rows])
    if not rows or answerable.all() or not answerable.any():
        return {}
    steps, place = np.unique([float(r["confidence"]) for r in rows], return_inverse=True)
    found: dict[str, list[float]] = {name: [] for name in ("auroc", *(f"refused_at_{s}" for s in WRONG_SHARES))}
    for chosen in _resamples(len(rows), seed):
        positive = np.bincount(place[chosen[answerable[chosen]]], minlength=len(steps))
        negative = np.bincount(place[chosen[~answerable[chosen]]], minlength=len(steps))
        wrong, right = positive.cumsum(), negative.cumsum()  # refused with the threshold at each step
        if not wrong[-1] or not right[-1]:
            continue  # one sort alone: nothing to tell apart
        wins = float(positive @ (right - 0.5 * negative))
        found["auroc"].append(wins / float(wrong[-1] * right[-1]))
        for share in WRONG_SHARES:
            allowed = right[wrong / wrong[-1] <= share]
            found[f"refused_at_{share}"].append(float(allowed[-1] / right[-1]) if len(allowed) else 0.0)
    return {name: _middle(values) for name, values in found.items() if values}


def _resamples(size: int, seed: int) -> NDArray[np.int64]:
    """Questions drawn with replacement: (SAMPLES, size)."""
    return np.random.default_rng(seed).integers(0, size, size=(SAMPLES, size))


def _middle(values: Sequence[float] | NDArray[np.float64]) -> tuple[float, float]:
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """Probability that an answerable question gets the higher confidence; ties count half.

    >>> auroc([0.9, 0.8], [0.1, 0.8])
    0.875
    """
    wins = sum((p > n) + 0.5 * (p == n) for p in positive for n in negative)
    return wins / (len(positive) * len(negative))


def refusal_curve(rows: Sequence[Row]) -> list[tuple[float, float]]:
    """(answerable questions refused, unanswerable ones refused) at every threshold, rising; empty without both sorts."""
    positive, negative = _confidences(rows)
    if not positive or not negative:
        return []
    points = [(0.0, 0.0)]
    for value in sorted({*positive, *negative}):
        points.append((_share(positive, value), _share(negative, value)))
    return points


def refused_at(curve: Sequence[tuple[float, float]], share: float) -> float:
    """The most unanswerable questions that can be refused when at most this share of the answerable ones is.

    >>> refused_at([(0.0, 0.0), (0.0, 0.4), (0.1, 0.8), (1.0, 1.0)], 0.08)
    0.4
    """
    return max(y for x, y in curve if x <= share)


def _share(values: Sequence[float], limit: float) -> float:
    return sum(v <= limit for v in values) / len(values)


def _confidences(rows: Sequence[Row]) -> tuple[list[float], list[float]]:
    return [r["confidence"] for r in rows if r["answerable"]], [r["confidence"] for r in rows if not r["answerable"]]


def _columns(rows: Sequence[Row]) -> dict[str, Column]:
    """What is counted, and out of what, for each measure that has something to count."""
    answerable = [float(r["answerable"]) for r in rows]
    unanswerable = [1.0 - a for a in answerable]
    ranks = [r["rank"] if r["answerable"] else 0 for r in rows]
    columns: dict[str, Column] = {name: (values, answerable) for name, values in ranking(ranks).items()}
    for name in ("contained", "first_contained", "right_document", "right_sentence"):
        columns[name] = [float(r[name]) for r in rows], answerable
    columns["wrongly_refused"] = [float(r["refused"]) * a for r, a in zip(rows, answerable, strict=True)], answerable
    columns["refused"] = [float(r["refused"]) * u for r, u in zip(rows, unanswerable, strict=True)], unanswerable
    for name, part, whole in (
        ("citation_recall", "supported", "statements"),
        ("citation_precision", "precise", "cited"),
        ("quote_exactness", "exact", "citations"),
        ("figures_held", "figures_held", "statements"),
    ):
        if all(whole in r for r in rows):  # runs kept before `cited` was counted have no such precision
            columns[name] = [r[part] for r in rows], [r[whole] for r in rows]
    return {name: column for name, column in columns.items() if sum(column[1])}


def ranking(ranks: Sequence[int]) -> dict[str, list[float]]:
    """recall@k, MRR and nDCG@10 of each question, given the rank of its first right passage; 0 where none was found.

    >>> {name: values for name, values in ranking([1, 0, 3]).items() if name in ("recall@1", "ndcg@10")}
    {'recall@1': [1.0, 0.0, 0.0], 'ndcg@10': [1.0, 0.0, 0.5]}
    """
    import ir_measures
    from ir_measures import RR, R, nDCG

    named = {
        "recall@1": R @ 1,
        "recall@3": R @ 3,
        "recall@5": R @ 5,
        "recall@10": R @ 10,
        "mrr@10": RR @ 10,
        "ndcg@10": nDCG @ 10,
    }
    found = {name: [0.0] * len(ranks) for name in named}
    if not ranks:
        return found
    qrels = [ir_measures.Qrel(str(i), "right", 1) for i in range(len(ranks))]
    run = [
        ir_measures.ScoredDoc(str(i), "right" if place == rank else f"other {place}", 100.0 - place)
        for i, rank in enumerate(ranks)
        for place in range(1, 11)
    ]
    names = {measure: name for name, measure in named.items()}
    for metric in ir_measures.iter_calc(list(names), qrels, run):
        found[names[metric.measure]][int(metric.query_id)] = float(metric.value)
    return found


def _ends(interval: tuple[float, float]) -> list[float]:
    return [round(end, 4) for end in interval]


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _width(text: str) -> int:
    """Columns on a terminal: a Chinese character takes two."""
    return len(text) + sum(c >= "\u2e80" for c in text)


def _padded(text: str, width: int, *, left: bool) -> str:
    gap = " " * (width - _width(text))
    return text + gap if left else gap + text

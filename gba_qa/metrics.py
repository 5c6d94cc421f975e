"""From records to measures, with confidence intervals; the ranking measures come from ir-measures."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, median
from typing import Any

__all__ = ["Report", "auroc", "bootstrap", "refusal_curve"]

Row = Mapping[str, Any]
SAMPLES = 1000  # bootstrap resamples: the interval's ends then move by less than half a point between seeds


@dataclass(frozen=True, slots=True)
class Report:
    """A run: what it was about, and one row a question."""

    about: Mapping[str, Any]
    rows: tuple[Row, ...]

    def measures(self, rows: Sequence[Row] | None = None) -> dict[str, float]:
        """All measures over these rows (default: all); those that have nothing to count are left out."""
        rows = self.rows if rows is None else rows
        answerable = [r for r in rows if r["answerable"]]
        unanswerable = [r for r in rows if not r["answerable"]]
        found: dict[str, float] = {}
        if answerable:
            found |= _ranking(answerable)
            for name in ("contained", "first_contained", "right_document", "right_sentence"):
                found[name] = mean(float(r[name]) for r in answerable)
            found["wrongly_refused"] = mean(float(r["refused"]) for r in answerable)
        if unanswerable:
            found["refused"] = mean(float(r["refused"]) for r in unanswerable)
        if answerable and unanswerable:
            found["auroc"] = auroc([r["confidence"] for r in answerable], [r["confidence"] for r in unanswerable])
        for name, part, whole in (
            ("citation_recall", "supported", "statements"),
            ("citation_precision", "precise", "citations"),
            ("quote_exactness", "exact", "citations"),
            ("figures_held", "figures_held", "statements"),
        ):
            total = sum(r[whole] for r in rows)
            if total:
                found[name] = sum(r[part] for r in rows) / total
        seconds = sorted(r["seconds"] for r in rows)
        if seconds:
            found["median_seconds"] = median(seconds)
            found["p95_seconds"] = seconds[min(len(seconds) - 1, int(0.95 * len(seconds)))]
        return found

    def groups(self) -> dict[str, list[Row]]:
        """The rows by language, by language pair and by kind of question, in order of name; "all" first."""
        groups: dict[str, list[Row]] = {"all": list(self.rows)}
        for field in ("language", "pair", "kind"):
            named: dict[str, list[Row]] = {}
            for row in self.rows:
                named.setdefault(f"{field}: {row[field] or '-'}", []).append(row)
            if len(named) > 1 or field == "language":
                groups |= dict(sorted(named.items()))
        return {name: rows for name, rows in groups.items() if not name.endswith("→ -")}

    def to_json(self) -> dict[str, Any]:
        """The run as JSON-able values; times are left out of the rows, so that the same commit gives the same rows."""
        rows = [{k: v for k, v in r.items() if k != "seconds"} for r in self.rows]
        return {
            "about": dict(self.about),
            "measures": {n: _rounded(self.measures(g)) for n, g in self.groups().items()},
            "rows": rows,
        }

    def table(self) -> str:
        """One readable table; the numbers in brackets are 95 % bootstrap intervals over questions."""
        head = [
            "",
            "n",
            "recall@1",
            "recall@5",
            "nDCG@10",
            "contained",
            "right sent.",
            "wrongly ref.",
            "refused",
            "AUROC",
            "ms",
        ]
        names = [
            "recall@1",
            "recall@5",
            "ndcg@10",
            "contained",
            "right_sentence",
            "wrongly_refused",
            "refused",
            "auroc",
        ]
        lines = [head]
        for group, rows in self.groups().items():
            found = self.measures(rows)
            lines.append(
                [group, str(len(rows)), *(_shown(found.get(n)) for n in names), f"{1000 * found['median_seconds']:.0f}"]
            )
        widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
        text = "\n".join(
            "  ".join(c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(line, widths, strict=True)))
            for line in lines
        )
        found = self.measures()
        extra = [
            f"{name.replace('_', ' ')} {found[name]:.3f}"
            for name in ("citation_recall", "citation_precision", "quote_exactness", "figures_held")
            if name in found
        ]
        intervals = []
        for name, field in (("recall@5", "rank"), ("contained", "contained"), ("wrongly refused", "refused")):
            answerable = [r for r in self.rows if r["answerable"]]
            if answerable:
                low, high = bootstrap(answerable, lambda rows, f=field: mean(_value(r, f) for r in rows))  # type: ignore[misc]
                intervals.append(f"{name} [{low:.3f}, {high:.3f}]")
        about = ", ".join(f"{k} {v}" for k, v in self.about.items() if v != "")
        return f"{about}\n\n{text}\n\n{'; '.join(extra)}\n95 % intervals: {'; '.join(intervals)}"


def _value(row: Row, field: str) -> float:
    return float(0 < row["rank"] <= 5) if field == "rank" else float(row[field])


def bootstrap(
    rows: Sequence[Row], statistic: Callable[[Sequence[Row]], float], *, seed: int = 0
) -> tuple[float, float]:
    """The 95 % percentile interval of a statistic over resampled questions."""
    rng = random.Random(seed)
    values = sorted(statistic(rng.choices(rows, k=len(rows))) for _ in range(SAMPLES))
    return values[int(0.025 * SAMPLES)], values[int(0.975 * SAMPLES) - 1]


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """Probability that an answerable question gets the higher confidence; ties count half.

    >>> auroc([0.9, 0.8], [0.1, 0.8])
    0.875
    """
    wins = sum((p > n) + 0.5 * (p == n) for p in positive for n in negative)
    return wins / (len(positive) * len(negative))


def refusal_curve(rows: Sequence[Row]) -> list[tuple[float, float]]:
    """(answerable questions refused, unanswerable ones refused) at every threshold, rising."""
    positive = sorted(r["confidence"] for r in rows if r["answerable"])
    negative = sorted(r["confidence"] for r in rows if not r["answerable"])
    if not positive or not negative:
        return []
    points = [(0.0, 0.0)]
    for value in sorted({*positive, *negative}):
        points.append(
            (sum(p <= value for p in positive) / len(positive), sum(n <= value for n in negative) / len(negative))
        )
    return points


def _ranking(rows: Sequence[Row]) -> dict[str, float]:
    """recall@k, MRR and nDCG@10: each question has one need, met by the first right passage."""
    import ir_measures
    from ir_measures import RR, R, nDCG

    qrels = [ir_measures.Qrel(r["id"], "right", 1) for r in rows]
    run = [
        ir_measures.ScoredDoc(r["id"], "right" if rank == r["rank"] else f"other {rank}", 1000.0 - rank)
        for r in rows
        for rank in range(1, 41)
    ]
    wanted = {
        "recall@1": R @ 1,
        "recall@3": R @ 3,
        "recall@5": R @ 5,
        "recall@10": R @ 10,
        "mrr": RR @ 10,
        "ndcg@10": nDCG @ 10,
    }
    found = ir_measures.calc_aggregate(list(wanted.values()), qrels, run)
    return {name: float(found[measure]) for name, measure in wanted.items()}


def _rounded(found: Mapping[str, float]) -> dict[str, float]:
    return {k: round(v, 4) for k, v in found.items() if not k.endswith("_seconds")}


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"

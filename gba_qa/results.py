"""Keep the runs: one JSON file a commit, a README that is redrawn from them, and two runs side by side."""

from __future__ import annotations

import json
import random
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gba_qa.errors import EvaluationError
from gba_qa.metrics import Report, refusal_curve

__all__ = ["compare", "home", "save"]

HOME = Path("eval")
RESULTS, README, PLOT = HOME / "results", HOME / "README.md", HOME / "refusal.svg"
_BEGIN, _END = "<!-- results: drawn by `gba-qa eval --save` -->", "<!-- end of results -->"


def home() -> Path:
    """The folder of the shipped gold set and the results; it comes with the repository, not with the package."""
    if not (HOME / "gold.jsonl").is_file():
        raise EvaluationError(
            f"there is no {HOME / 'gold.jsonl'} below {Path.cwd()}; run this in the repository, or name a gold set with --gold"
        )
    return HOME


def save(report: Report) -> Path:
    """Write eval/results/<commit>.json and redraw the table and plot of eval/README.md; returns the file."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    about = report.about
    suffix = (
        ""
        if about["mode"] == "hybrid" and about["gold"] == "gold.jsonl"
        else f"-{Path(about['gold']).stem}-{about['mode']}"
    )
    path = RESULTS / f"{_commit()}{suffix}.json"
    data = report.to_json()
    path.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    if not suffix:
        PLOT.write_text(_plot(refusal_curve([r for r in report.rows if r["split"] != "dev"])), encoding="utf-8")
        _redraw(data, report, path)
    return path


def compare(left: str, right: str) -> str:
    """Two saved runs side by side, a paired test on the answers, and the questions that changed."""
    a, b = _read(left), _read(right)
    before, after = ({r["id"]: r for r in run["rows"]} for run in (a, b))
    shared = sorted(before.keys() & after.keys())
    if not shared:
        raise EvaluationError(f"{left} and {right} have no question in common")
    lines = [f"{'':22}{left:>12.12}{right:>12.12}{'change':>10}"]
    for name, value in a["measures"]["all"].items():
        other = b["measures"]["all"].get(name)
        if other is not None:
            lines.append(f"{name:22}{value:12.4f}{other:12.4f}{other - value:+10.4f}")
    gained = [i for i in shared if _right(after[i]) and not _right(before[i])]
    lost = [i for i in shared if _right(before[i]) and not _right(after[i])]
    lines.append(
        f"\n{len(gained)} questions gained, {len(lost)} lost; sign test p = {_sign_test(len(gained), len(lost)):.3f}"
    )
    for label, ids in (("gained", gained), ("lost", lost)):
        lines += [f"  {label} {i}: {after[i]['answer'][:100]}" for i in ids]
    return "\n".join(lines)


def _right(row: Mapping[str, Any]) -> bool:
    return bool(row["contained"]) if row["answerable"] else bool(row["refused"])


def _sign_test(gained: int, lost: int, *, samples: int = 20000) -> float:
    """Two-sided: how often a fair coin would split the changed questions at least so unevenly."""
    changed = gained + lost
    if changed == 0:
        return 1.0
    rng = random.Random(0)
    uneven = abs(gained - lost)
    return sum(abs(2 * rng.getrandbits(changed).bit_count() - changed) >= uneven for _ in range(samples)) / samples


def _read(name: str) -> dict[str, Any]:
    path = Path(name) if name.endswith(".json") else RESULTS / f"{name}.json"
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        there = ", ".join(sorted(p.stem for p in RESULTS.glob("*.json"))) or "none"
        raise EvaluationError(f"{path}: no such result; saved are: {there}") from None
    except ValueError as error:
        raise EvaluationError(f"{path}: not a saved result ({error})") from None
    return found


def _commit() -> str:
    try:
        done = subprocess.run(["git", "rev-parse", "--short=10", "HEAD"], capture_output=True, text=True, check=True)  # noqa: S607
    except (OSError, subprocess.CalledProcessError):
        return "uncommitted"
    return done.stdout.strip()


def _redraw(data: Mapping[str, Any], report: Report, path: Path) -> None:
    text = README.read_text(encoding="utf-8") if README.exists() else f"# Evaluation\n\n{_BEGIN}\n{_END}\n"
    names = ["recall@1", "recall@5", "ndcg@10", "contained", "right_sentence", "wrongly_refused", "refused", "auroc"]
    head = "| | n | " + " | ".join(n.replace("_", " ") for n in names) + " |"
    lines = [head, "|---" * (len(names) + 2) + "|"]
    for split in ("test", "dev"):
        part = Report(report.about, tuple(r for r in report.rows if r["split"] == split))
        for group, rows in part.groups().items():
            if group == "all" or group.startswith(("language", "kind")):
                found = part.measures(rows)
                cells = [f"{found[n]:.3f}" if n in found else "-" for n in names]
                lines.append(f"| {split}, {group} | {len(rows)} | " + " | ".join(cells) + " |")
    everything = data["measures"]["all"]
    lines.append(
        f"\nCitation recall {everything.get('citation_recall', 0):.3f}, precision {everything.get('citation_precision', 0):.3f}, "
        f"quote exactness {everything.get('quote_exactness', 0):.3f}, figures and names held {everything.get('figures_held', 0):.3f}. "
        f"From `{path.as_posix()}`, embedder {report.about['embedder']}.\n\n![Refusal](refusal.svg)"
    )
    drawn = f"{_BEGIN}\n" + "\n".join(lines) + f"\n{_END}"
    pattern = re.compile(re.escape(_BEGIN) + ".*?" + re.escape(_END), re.S)
    text = pattern.sub(lambda _: drawn, text) if pattern.search(text) else f"{text.rstrip()}\n\n{drawn}\n"
    README.write_text(text, encoding="utf-8")


def _plot(points: Sequence[tuple[float, float]]) -> str:
    """Unanswerable questions refused against answerable ones refused, as a small SVG."""
    size, edge = 320, 46
    path = " ".join(f"{edge + x * size:.1f},{edge / 2 + (1 - y) * size:.1f}" for x, y in points)
    ticks = "".join(
        f'<text x="{edge + t * size:.0f}" y="{size + edge:.0f}" text-anchor="middle">{t:.1f}</text>'
        f'<text x="{edge - 6}" y="{edge / 2 + (1 - t) * size + 4:.0f}" text-anchor="end">{t:.1f}</text>'
        for t in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size + 2 * edge} {size + 2 * edge}" width="420" font-family="sans-serif" font-size="11">'
        f'<rect width="100%" height="100%" fill="#fff"/>'
        f'<rect x="{edge}" y="{edge / 2}" width="{size}" height="{size}" fill="none" stroke="#999"/>'
        f'<polyline points="{path}" fill="none" stroke="#0b6e4f" stroke-width="2"/>{ticks}'
        f'<text x="{edge + size / 2}" y="{size + edge + 20}" text-anchor="middle">answerable questions refused</text>'
        f'<text transform="translate(12 {edge / 2 + size / 2}) rotate(-90)" text-anchor="middle">unanswerable questions refused</text></svg>\n'
    )

"""Measure the index and its neighbours: `python -m benchmarks [--sizes 1000,10000] [--engines gba-qa,langchain,haystack] [--json FILE]`."""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.engines import ENGINES

CPU_LIMIT = 3600  # seconds of one processor that a measurement may take; a million chunks take gba-qa some 300 to index
LIMIT = 6 * CPU_LIMIT  # seconds by the clock: on a machine that other jobs share, a sixth of a processor has to do
COLUMNS = (
    ("build_s", "index s", "{:.1f}"),
    ("disk_mb", "disk MB", "{:.0f}"),
    ("open_s", "open s", "{:.2f}"),
    ("first_ms", "first ms", "{:.0f}"),
    ("p50_ms", "p50 ms", "{:.1f}"),
    ("p95_ms", "p95 ms", "{:.1f}"),
    ("rss_mb", "memory MB", "{:.0f}"),
    ("found", "found", "{:.0%}"),
)
OWN = (
    ("en_p50_ms", "p50 English ms", "{:.1f}"),
    ("zh_p50_ms", "p50 Chinese ms", "{:.1f}"),
    ("dense_p50_ms", "dense p50 ms", "{:.1f}"),
    ("bm25_p50_ms", "BM25 p50 ms", "{:.1f}"),
    ("dense_recall", "of the true ten nearest", "{:.1%}"),
    ("build_cpu_s", "processor s to index", "{:.1f}"),
    ("build_rss_mb", "memory to build MB", "{:.0f}"),
    ("add_one_s", "add a document s", "{:.2f}"),
    ("delete_one_s", "delete it s", "{:.2f}"),
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--sizes",
        default="1000,10000,100000",
        help="chunks, by commas (1000000 is for gba-qa alone: the others need some 30 GB)",
    )
    parser.add_argument("--engines", default=",".join(ENGINES))
    parser.add_argument("--json", type=Path, help="where to write the numbers")
    options = parser.parse_args()
    _bound_children()
    results: list[dict[str, Any]] = []
    for size in map(int, options.sizes.split(",")):
        for name in options.engines.split(","):
            print(f"{name}, {size} chunks …", file=sys.stderr)
            results.append({"engine": name, "chunks": size, **measure(name, size)})
            if options.json:  # after each, since the next may take hours
                options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(table(results))


def _bound_children() -> None:
    """A measurement is ended by the system once it has used its share of a processor, however long the clock ran."""
    if sys.platform == "win32":  # there the clock alone
        return
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    most = CPU_LIMIT if hard == resource.RLIM_INFINITY else min(CPU_LIMIT, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (most, hard))  # each process counts its own


def measure(name: str, size: int) -> dict[str, Any]:
    """Build, then search in a fresh process; {"failed": why} where the engine did not come through."""
    with tempfile.TemporaryDirectory() as folder:
        result: dict[str, Any] = {}
        for what in ("build", "search"):
            command = [sys.executable, "-W", "ignore", "-m", "benchmarks.measure", what, name, str(size), folder]
            try:
                done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)
            except subprocess.TimeoutExpired:
                return {**result, "failed": f"{what}: not done in {LIMIT} s"}
            if sys.platform != "win32" and done.returncode == -signal.SIGXCPU:
                return {**result, "failed": f"{what}: not done in {CPU_LIMIT} s of processor time"}
            if done.returncode:
                return {**result, "failed": f"{what}: {(done.stderr.strip().splitlines() or ['?'])[-1]}"}
            result |= json.loads(done.stdout.splitlines()[-1])
        return result


def table(results: list[dict[str, Any]]) -> str:
    """Markdown: all engines, what they need as a multiple of this one, and what only this one is asked."""
    lines = [
        "| chunks | engine | " + " | ".join(title for _, title, _ in COLUMNS) + " |",
        "|---" * (2 + len(COLUMNS)) + "|",
    ]
    for row in results:
        cells = [form.format(row[key]) if key in row else row.get("failed", "") for key, _, form in COLUMNS]
        lines.append(f"| {row['chunks']:,} | {ENGINES[row['engine']].name} | " + " | ".join(cells) + " |")
    own = {row["chunks"]: row for row in results if row["engine"] == "gba-qa"}
    others = [row for row in results if row["engine"] != "gba-qa" and row["chunks"] in own]
    if others:
        lines += ["", "As multiples of gba-qa (above 1: it needs more):", ""]
        keys = [c for c in COLUMNS if c[0] != "found"]
        lines += [
            "| chunks | engine | " + " | ".join(title.rsplit(" ", 1)[0] for _, title, _ in keys) + " |",
            "|---" * (2 + len(keys)) + "|",
        ]
        for row in others:
            base = own[row["chunks"]]
            cells = [f"{row[k] / max(base[k], 1e-9):.1f}" if k in row and k in base else "" for k, _, _ in keys]
            lines.append(f"| {row['chunks']:,} | {ENGINES[row['engine']].name} | " + " | ".join(cells) + " |")
    if own:
        lines += [
            "",
            "gba-qa alone:",
            "",
            "| chunks | " + " | ".join(t for _, t, _ in OWN) + " |",
            "|---" * (1 + len(OWN)) + "|",
        ]
        for size, row in own.items():
            cells = [form.format(row[key]) if key in row else "" for key, _, form in OWN]
            lines.append(f"| {size:,} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()

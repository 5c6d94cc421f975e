"""The whole recipe: `python -m training.run`.  Every step skips itself when its result is there; a stopped one goes on.

prepare   vocabulary, tokenizer, warm-started rows
distil    phase 1, towards the English teacher
retrieve  phase 2, questions and passages, token vectors too
average   the mean of both phases' weights, and of those it went on from
export    the shipped folder
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "16384")  # read when torch loads; see training.model.encode
import torch


def main() -> None:
    """Read the arguments and go through the steps."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path("../shared/training"), help="folder of the raw text")
    parser.add_argument("--work", type=Path, default=Path("build/training"), help="folder for checkpoints")
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--distil-minutes", type=float, default=45)
    parser.add_argument("--retrieve-minutes", type=float, default=30)
    parser.add_argument(
        "--out", type=Path, default=Path("gba_qa/models/gba-minilm-en-zh"), help="the folder that ships"
    )
    parser.add_argument("--from-shipped", action="store_true", help="go on from the weights in --out, not from MiniLM")
    parser.add_argument("--seed", type=int, default=1, help="another one reads the text in another order")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)

    from training.average import average
    from training.distil import distil
    from training.export import export
    from training.lexicon import fetch
    from training.model import BilingualEncoder
    from training.onnx_weights import load_shipped
    from training.prepare import prepare
    from training.retrieval import retrieve

    work = arguments.work
    if not (work / "prepared" / "tokenizer.json").exists():
        prepare(arguments.shared, work / "prepared")
    if not (work / "distilled" / "done").exists():
        distil(
            work / "prepared",
            arguments.shared,
            work / "distilled",
            dictionary=fetch(work / "lexicon"),
            seed=arguments.seed,
            minutes=arguments.distil_minutes,
            shipped=arguments.out if arguments.from_shipped else None,
        )
        (work / "distilled" / "done").touch()
    if not (work / "retrieval" / "done").exists():
        retrieve(
            work / "prepared",
            work / "distilled",
            arguments.shared,
            work / "retrieval",
            seed=arguments.seed + 1,
            minutes=arguments.retrieve_minutes,
        )
        (work / "retrieval" / "done").touch()
    rows = json.loads((work / "prepared" / "rows.json").read_text(encoding="utf-8"))
    stages = [
        (rows, torch.load(work / phase / "checkpoint.pt", weights_only=True)["model"], weight)
        for phase, weight in (("distilled", 0.4), ("retrieval", 0.6))
    ]
    if arguments.from_shipped:
        model = BilingualEncoder(work / "prepared")
        load_shipped(model, arguments.out, rows)
        stages = [(rows, model.state_dict(), 0.4), *((rows, state, 0.6 * weight) for _, state, weight in stages)]
    torch.save({"model": average(stages, rows)}, work / "averaged.pt")
    export(work / "prepared", work / "averaged.pt", arguments.out)


if __name__ == "__main__":
    main()

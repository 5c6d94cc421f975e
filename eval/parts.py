"""What each part of the pipeline adds, on the shipped gold set: `python -m eval.parts --save`.

Each line takes something away from the default, or adds what is off by default, and asks all questions again.  Nothing is fitted anew, so a line says what the part
is worth to the pipeline as it is tuned.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gba_qa import QA, Config, ExtractiveAnswerer
from gba_qa.evaluate import run
from gba_qa.metrics import Report
from gba_qa.rereading import RereadingRetriever
from gba_qa.results import redraw
from gba_qa.retrieve import HybridRetriever

MEASURES = {
    "recall@1": "recall@1",
    "recall@5": "recall@5",
    "ndcg@10": "nDCG@10",
    "contained": "contained",
    "right_sentence": "right sentence",
    "wrongly_refused": "wrongly refused",
    "refused": "refused",
    "auroc": "AUROC",
}
COMMAND = "python -m eval.parts --save"


@dataclass(frozen=True)
class Part:
    """A line of the table: what is different from the default."""

    name: str
    embedder: str = "bundled"
    mode: str = "hybrid"
    rerank: bool = True
    parallels: bool = True
    reread: bool = True
    second_look: bool = False


PARTS = (
    Part("the default"),
    Part("a second look by the span reader", second_look=True),
    Part("found passages not read again", reread=False),
    Part("no token vectors in retrieval (no MaxSim)", rerank=False),
    Part("dense search alone", mode="dense"),
    Part("keyword search alone", mode="bm25"),
    Part("no embedder at all", embedder="none"),
    Part("parallel versions not left out", parallels=False),
)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m eval.parts", description=str(__doc__).split("\n", 1)[0])
    parser.add_argument("--save", action="store_true", help="redraw the table in eval/README.md")
    parser.add_argument("--split", default="test", help="all, dev or test")
    options = parser.parse_args(arguments)
    text = table(measured(options.split), options.split)
    print(text)
    if options.save:
        redraw("parts", COMMAND, text)


def measured(split: str) -> Iterator[tuple[str, Report]]:
    """The report of each line."""
    asked: dict[tuple[str, bool], QA] = {}
    for part in PARTS:
        key = part.embedder, part.second_look
        if key not in asked:
            asked[key] = QA.shipped(embedder=part.embedder, config=Config(second_look=part.second_look))
            run(qa=asked[key], split=split)  # so that no line pays for what is read for the first time
        qa = asked[key]
        found = HybridRetriever(qa.index, qa.embedder, rerank=part.rerank, parallels=part.parallels)
        reader = qa.answerer
        assert isinstance(reader, ExtractiveAnswerer)
        qa.retriever = RereadingRetriever(found, reader) if part.reread else found
        print(part.name, file=sys.stderr)
        yield part.name, run(qa=qa, mode=part.mode, split=split)


def table(reports: Iterator[tuple[str, Report]], split: str) -> str:
    """One line a part, in per cent; milliseconds are the median of one question."""
    lines = [
        f"| {split} questions, all languages | {' | '.join(MEASURES.values())} | ms |",
        "|---" * (len(MEASURES) + 2) + "|",
    ]
    for name, report in reports:
        found = report.measures()
        cells = [f"{100 * found[measure]:.1f}" for measure in MEASURES]
        lines.append(f"| {name} | {' | '.join(cells)} | {1000 * report.seconds()['median']:.0f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()

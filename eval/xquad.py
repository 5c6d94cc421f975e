"""Ask XQuAD's questions of its passages in every pair of languages: `python -m eval.xquad --save`.

1,190 questions, 240 passages, each in English, Simplified and Traditional Chinese (Artetxe, Ruder & Yogatama, ACL 2020, CC BY-SA
4.0; the Traditional text is the Simplified one converted).  A passage is right when it is the question's own; an answer is right
when it holds the gold answer in the language of the passage, since it is quoted from there.  Refusal is off: every question has
an answer.  The texts are for measuring alone and stay outside; of a run only the table is kept.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from statistics import mean, median
from typing import Any

from eval.questions import xquad_half
from gba_qa import QA, Config, ExtractiveAnswerer, load_embedder
from gba_qa.embed import FOLDER as MODEL
from gba_qa.errors import install_command
from gba_qa.evaluate import DEEPER, measure, right_rank
from gba_qa.goldset import Gold, read_corpus, read_gold
from gba_qa.metrics import ranking
from gba_qa.results import redraw
from gba_qa.retrieve import Mode
from training import evaluate as beside

FOLDER = Path("../shared/evaluation/xquad")
LANGUAGES = ("en", "zh-Hans", "zh-Hant")
MODES: tuple[Mode, ...] = ("bm25", "dense", "hybrid")
MEASURES = {"ndcg@10": "nDCG@10", "recall@1": "recall@1", "recall@5": "recall@5"}
COMMAND = "python -m eval.xquad --save"
PAIRS = (("en", "zh-Hans"), ("zh-Hans", "en"), ("en", "en"), ("zh-Hans", "zh-Hans"))  # of the table of embedders
# Multilingual models of others: MB of its files; nDCG@10, pooled vectors, on Belebele (English → Simplified passages, the reverse).
PUBLISHED = (
    ("potion-multilingual-128M", 512, 58, 54),
    ("static-similarity-mrl-multilingual-v1", 413, 67, 61),
    ("LaBSE", 1900, 74, 73),
    ("multilingual-e5-small", 471, 80, 73),
    ("paraphrase-multilingual-MiniLM-L12-v2", 471, 82, 78),
    ("bge-m3", 2300, 90, 90),
)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m eval.xquad", description=str(__doc__).split("\n", 1)[0])
    parser.add_argument(
        "--folder", type=Path, default=FOLDER, help="where corpus.LANGUAGE.jsonl and gold.LANGUAGE.jsonl are"
    )
    parser.add_argument("--embedder", default=None, help="as for `gba-qa index`; default: the bundled one")
    parser.add_argument("--every", type=int, default=1, help="ask every n-th question alone, to be quick")
    parser.add_argument("--save", action="store_true", help="redraw the table in eval/README.md")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(arguments)
    if not (options.folder / "corpus.en.jsonl").is_file():
        sys.exit(f"XQuAD is not in {options.folder}; name its folder with --folder")
    rows = []
    for row in run(options.folder, options.embedder, every=options.every):
        print(row, file=sys.stderr)
        rows.append(row)
    print(json.dumps(rows, ensure_ascii=False, indent=1) if options.json else table(rows))
    if options.save:
        redraw("xquad", COMMAND, table(rows))
        if options.embedder is None:
            redraw("embedders", COMMAND, embedders(rows, options.folder))


def run(folder: Path, embedder: str | None = None, *, every: int = 1) -> Iterator[dict[str, Any]]:
    """One row a pair and mode; answers are written in the hybrid one alone."""
    golds = {language: read_gold(folder / f"gold.{language}.jsonl")[::every] for language in LANGUAGES}
    for passages in LANGUAGES:
        corpus = read_corpus(folder / f"corpus.{passages}.jsonl")
        qa = QA.from_documents(corpus, embedder=embedder, config=Config())
        if isinstance(qa.answerer, ExtractiveAnswerer):
            qa.answerer.answerable_share = 1.0  # never refuses
        languages = {document.source: document.language for document in corpus}
        answers = {gold.id: gold.answers for gold in golds[passages]}
        for asked in LANGUAGES:
            questions = [replace(gold, answers=answers[gold.id]) for gold in golds[asked]]
            for mode in MODES:
                if mode == "dense" and qa.embedder is None:
                    continue
                found = _answered(qa, questions, languages) if mode == "hybrid" else _retrieved(qa, questions, mode)
                yield {"asked": asked, "passages": passages, "mode": mode, "questions": len(questions), **found}


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """One line a pair, the modes side by side."""
    modes = list(dict.fromkeys(row["mode"] for row in rows))
    head = [f"{title}, {mode}" for title in MEASURES.values() for mode in modes]
    head += ["answer in the first sentence", "answer in those shown", "ms a question"]
    lines = [f"| question → passage | {' | '.join(head)} |", "|---" * (len(head) + 1) + "|"]
    for asked, passages in dict.fromkeys((row["asked"], row["passages"]) for row in rows):
        found = {row["mode"]: row for row in rows if (row["asked"], row["passages"]) == (asked, passages)}
        cells = [f"{100 * found[mode][name]:.1f}" for name in MEASURES for mode in modes]
        hybrid = found["hybrid"]
        cells += [f"{100 * hybrid[name]:.1f}" for name in ("first_contained", "contained")] + [
            f"{1000 * hybrid['seconds']:.0f}"
        ]
        lines.append(f"| {asked} → {passages} | {' | '.join(cells)} |")
    return "\n".join(
        [
            *lines,
            "",
            f"In per cent; {rows[0]['questions']} questions a pair, the answers of the half of them that nothing was fitted on; refusal off.",
        ]
    )


def embedders(rows: Sequence[Mapping[str, Any]], folder: Path) -> str:
    """The bundled model beside keyword search, the English model it began from, and published ones.  `rows` are those of a run with it."""
    size = sum(file.stat().st_size for file in MODEL.rglob("*") if file.is_file()) / 1e6
    found = {(row["asked"], row["passages"], row["mode"]): 100 * row["ndcg@10"] for row in rows}
    each = _milliseconds(load_embedder().encode_query, folder)
    lines = [
        f"| embedder | MB | ms a question | {' | '.join(f'{a} → {b}' for a, b in PAIRS)} | measured on |",
        "|---" * 8 + "|",
    ]

    def line(name: str, size: str, each: str, figures: Sequence[float | None], where: str = "XQuAD") -> None:
        cells = ["-" if figure is None else f"{figure:.0f}" for figure in figures]
        lines.append(f"| {' | '.join([name, size, each, *cells, where])} |")

    for mode, told in (("dense", "pooled vectors"), ("hybrid", "whole retrieval")):
        line(f"bundled, {told}", f"{size:.0f}", each if mode == "dense" else "", [found[*pair, mode] for pair in PAIRS])
    line("none: keywords and the glossary", "0", "", [found[*pair, "bm25"] for pair in PAIRS])
    line("none: BM25 over words and characters", "0", "", _pooled(beside.bm25(folder.parent)))
    try:
        english = beside.English()
    except ImportError:
        print(f"all-MiniLM-L6-v2 is left out: `{install_command('train')}`", file=sys.stderr)
    else:
        figures = beside.pairs(english, folder.parent, PAIRS)
        line("all-MiniLM-L6-v2 (English)", "90", _milliseconds(english.encode_with_tokens, folder), _pooled(figures))
    for name, megabytes, over, back in PUBLISHED:
        line(name, str(megabytes), "", [over, back, None, None], "Belebele, published")
    return "\n".join(lines)


def _milliseconds(encode: Callable[[list[str]], object], folder: Path) -> str:
    """Median time of one question."""
    times = []
    for gold in read_gold(folder / "gold.en.jsonl")[:200]:
        started = time.perf_counter()
        encode([gold.question])
        times.append(time.perf_counter() - started)
    return f"{1000 * median(times):.1f}"


def _pooled(figures: Mapping[str, Any]) -> list[float | None]:
    return [100 * figures[f"{a}→{b}"].pooled for a, b in PAIRS]


def _retrieved(qa: QA, questions: Sequence[Gold], mode: Mode) -> dict[str, float]:
    started = time.perf_counter()
    ranks = [right_rank(gold, qa.search(gold.question, DEEPER, mode=mode)) for gold in questions]
    return _means(ranks) | {"seconds": (time.perf_counter() - started) / len(questions)}


def _answered(qa: QA, questions: Sequence[Gold], languages: Mapping[str, str]) -> dict[str, float]:
    rows = [asdict(measure(qa, gold, languages)) for gold in questions]
    # Which sentence answers was fitted on the other half.
    unseen = [
        row
        for row, gold in zip(rows, questions, strict=True)
        if xquad_half(gold.evidence[0].document, len(qa.documents())) == "test"
    ]
    held = {name: round(mean(row[name] for row in unseen), 4) for name in ("first_contained", "contained")}
    return _means([row["rank"] for row in rows]) | held | {"seconds": median(row["seconds"] for row in rows)}


def _means(ranks: Sequence[int]) -> dict[str, float]:
    return {name: round(mean(values), 4) for name, values in ranking(ranks).items()}


if __name__ == "__main__":
    main()

"""Measure an embedder on XQuAD and FLORES: `python -m training.evaluate`.  Never trained on, never used to choose a step.

Prints one Markdown table; the baselines (the English MiniLM, BM25 over characters) are measured in the same run.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
LANGUAGES = ("en", "zh-Hans", "zh-Hant")
FLORES = {"en": "eng_Latn", "zh-Hans": "zho_Hans", "zh-Hant": "zho_Hant"}
CANDIDATES = 100  # how many of the pooled vector's best the reranker sees
BLEND = 0.7  # weight of MaxSim beside the pooled cosine in the blended column


class Measured(Protocol):
    """What can be measured here."""

    def encode_with_tokens(self, texts: Sequence[str]) -> tuple[Floats, list[Floats]]: ...


@dataclass(frozen=True, slots=True)
class Ranking:
    """nDCG@10 over all questions of one language against the passages of another."""

    pooled: float
    reranked: float
    blended: float


def measure(embedder: Measured, folder: Path) -> dict[str, object]:
    """All figures of one embedder."""
    passages, questions, gold = _encoded(embedder, folder, LANGUAGES)
    figures: dict[str, object] = {}
    for asked in LANGUAGES:
        for held in LANGUAGES:
            figures[f"{asked}→{held}"] = _rank(questions[asked], passages[held], gold[asked])
    flores = {
        language: embedder.encode_with_tokens(
            (folder / "flores" / f"{code}.devtest").read_text(encoding="utf-8").splitlines()
        )[0]
        for language, code in FLORES.items()
    }
    for here, there in (("en", "zh-Hans"), ("zh-Hans", "en"), ("en", "zh-Hant")):
        nearest = (flores[here] @ flores[there].T).argmax(1)
        figures[f"flores {here}→{there}"] = float((nearest == np.arange(len(nearest))).mean())
    figures["same text, two scripts"] = float((passages["zh-Hans"][0] * passages["zh-Hant"][0]).sum(1).mean())
    return figures


def pairs(embedder: Measured, folder: Path, wanted: Sequence[tuple[str, str]]) -> dict[str, Ranking]:
    """Some pairs of languages alone, asked → held."""
    languages = list(dict.fromkeys(language for pair in wanted for language in pair))
    passages, questions, gold = _encoded(embedder, folder, languages)
    return {f"{asked}→{held}": _rank(questions[asked], passages[held], gold[asked]) for asked, held in wanted}


Encoded = dict[str, tuple[Floats, list[Floats]]]


def _encoded(
    embedder: Measured, folder: Path, languages: Sequence[str]
) -> tuple[Encoded, Encoded, dict[str, NDArray[np.int64]]]:
    """XQuAD's passages and questions in each language, and the place of each question's passage."""
    passages, questions, gold = {}, {}, {}
    for language in languages:
        corpus, rows = (_lines(folder / "xquad" / f"{name}.{language}.jsonl") for name in ("corpus", "gold"))
        place = {row["id"]: i for i, row in enumerate(corpus)}
        gold[language] = np.array([place[row["evidence"][0]["document"]] for row in rows])  # type: ignore[index]
        passages[language] = embedder.encode_with_tokens([str(row["text"]) for row in corpus])
        questions[language] = embedder.encode_with_tokens([str(row["question"]) for row in rows])
    return passages, questions, gold


def _lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _rank(
    questions: tuple[Floats, list[Floats]], passages: tuple[Floats, list[Floats]], gold: NDArray[np.int64]
) -> Ranking:
    cosine = questions[0] @ passages[0].T
    if not questions[1]:
        return Ranking(_ndcg(cosine, gold), 0.0, 0.0)
    near = np.argsort(-cosine, axis=1, kind="stable")[:, :CANDIDATES]
    late = np.full_like(cosine, -1.0)
    stacked = np.concatenate(passages[1])
    starts = np.cumsum([0] + [len(p) for p in passages[1]])[:-1]
    for i, query in enumerate(questions[1]):
        scores = np.maximum.reduceat(query @ stacked.T, starts, axis=1).mean(0)
        late[i, near[i]] = scores[near[i]]
    blend = np.where(late > -1, BLEND * late + (1 - BLEND) * cosine, -1)
    return Ranking(_ndcg(cosine, gold), _ndcg(late, gold), _ndcg(blend, gold))


def _ndcg(scores: Floats, gold: NDArray[np.int64]) -> float:
    """nDCG@10 with one right passage a question; ties go against us."""
    own = scores[np.arange(len(gold)), gold][:, None]
    rank = (scores >= own).sum(1)
    return float(np.where(rank <= 10, 1 / np.log2(rank + 1), 0).mean())


class English:
    """The baseline: all-MiniLM-L6-v2 as it comes, with its last states as token vectors."""

    def __init__(self) -> None:
        from training.distil import Teacher

        self.teacher = Teacher()

    def encode_with_tokens(self, texts: Sequence[str]) -> tuple[Floats, list[Floats]]:
        vectors = [self.teacher(list(texts[i : i + 16])).numpy() for i in range(0, len(texts), 16)]
        return np.concatenate(vectors).astype(np.float32), []


class Training:
    """A model still in training: a folder as `prepare` writes it, and a checkpoint over it."""

    def __init__(self, folder: Path, checkpoint: Path | None) -> None:
        import torch
        from tokenizers import Tokenizer

        from training.model import BilingualEncoder
        from training.weights import token_weights

        self.model = BilingualEncoder(folder, token_weights(folder)).eval()
        if checkpoint:
            self.model.load_state_dict(torch.load(checkpoint, weights_only=True)["model"])
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        from training.words import silent_ids

        self.silent = np.array(sorted(silent_ids(json.loads((folder / "rows.json").read_text(encoding="utf-8")))))

    def encode_with_tokens(self, texts: Sequence[str]) -> tuple[Floats, list[Floats]]:
        import torch

        from training.model import encode

        vectors: list[Floats] = []
        tokens: list[Floats] = []
        with torch.no_grad():
            for start in range(0, len(texts), 16):
                ids, mask = encode(self.tokenizer, list(texts[start : start + 16]))
                states = self.model.states(ids, mask)
                n = min(16, len(texts) - start)
                vectors.append(self.model.pooled(states, ids, mask)[:n].numpy())
                late = self.model.token_vectors(states)
                for row, present, vector in zip(ids[:n].numpy(), mask[:n].numpy(), late[:n].numpy(), strict=True):
                    keep = (present == 1) & ~np.isin(row, self.silent)
                    tokens.append(vector[keep if keep.any() else present == 1])
        return np.concatenate(vectors), tokens


def bm25(folder: Path) -> dict[str, object]:
    """BM25 over words and over single Han characters and their pairs, Traditional folded to Simplified."""
    import bm25s

    figures: dict[str, object] = {}
    for asked in LANGUAGES:
        for held in LANGUAGES:
            corpus = _lines(folder / "xquad" / f"corpus.{held}.jsonl")
            questions = _lines(folder / "xquad" / f"gold.{asked}.jsonl")
            place = {row["id"]: i for i, row in enumerate(corpus)}
            engine = bm25s.BM25()
            engine.index([_grams(str(row["text"])) for row in corpus], show_progress=False)
            scores = np.stack([engine.get_scores(_grams(str(row["question"]))) for row in questions])
            scores = scores - np.arange(scores.shape[1]) * 1e-9  # ties by order, as an index would
            gold = np.array([place[row["evidence"][0]["document"]] for row in questions])  # type: ignore[index]
            figures[f"{asked}→{held}"] = Ranking(_ndcg(scores, gold), 0.0, 0.0)
    return figures


@lru_cache(maxsize=1)
def _simplified() -> dict[int, str]:
    from training.characters import character_map

    return str.maketrans(character_map())


def _grams(text: str) -> list[str]:
    folded = text.translate(_simplified()).lower()
    out: list[str] = []
    for run in re.findall(r"[\u3400-\u9fff]+|[^\W\u3400-\u9fff]+", folded):
        out += [*run, *(run[i : i + 2] for i in range(len(run) - 1))] if run[0] >= "\u3400" else [run]
    return out


def table(columns: dict[str, dict[str, object]]) -> str:
    """The figures of several embedders side by side, in Markdown."""
    names = list(dict.fromkeys(name for figures in columns.values() for name in figures))
    lines = ["| | " + " | ".join(columns) + " |", "|---|" + "---|" * len(columns)]
    for name in names:
        cells = [_cell(figures.get(name)) for figures in columns.values()]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(value: object) -> str:
    if isinstance(value, Ranking):
        return f"{value.pooled:.3f}" + (f" / {value.reranked:.3f} / {value.blended:.3f}" if value.reranked else "")
    return f"{value:.4g}" if isinstance(value, float) else str(value if value is not None else "–")


def speed(embedder: object, folder: Path) -> dict[str, object]:
    """Milliseconds for a question alone (median of 200) and passages of 100-300 characters a second."""
    questions = [str(row["question"]) for row in _lines(folder / "xquad" / "gold.zh-Hans.jsonl")][:200]
    passages = [str(row["text"])[:200] for row in _lines(folder / "xquad" / "corpus.zh-Hans.jsonl")]
    times = []
    for question in questions:
        began = time.perf_counter()
        embedder.encode_query([question])  # type: ignore[attr-defined]
        times.append(time.perf_counter() - began)
    began = time.perf_counter()
    embedder.encode_document(passages)  # type: ignore[attr-defined]
    rate = len(passages) / (time.perf_counter() - began)
    return {"query, ms": float(np.median(times)) * 1000, "passages of 200 characters a second": rate}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--evaluation", type=Path, default=Path("../shared/evaluation"))
    parser.add_argument("--start", type=Path, help="a folder in training (as `prepare` writes it)")
    parser.add_argument("--checkpoint", type=Path, help="its checkpoint")
    parser.add_argument("--folder", type=Path, help="an exported folder other than the bundled one")
    parser.add_argument("--baselines", action="store_true")
    arguments = parser.parse_args()
    columns: dict[str, dict[str, object]] = {}
    if arguments.start:
        columns["training"] = measure(Training(arguments.start, arguments.checkpoint), arguments.evaluation)
    else:
        from gba_qa.embed import load_bundled

        embedder = load_bundled(arguments.folder)
        size = sum(f.stat().st_size for f in embedder.folder.rglob("*") if f.is_file())
        columns["ours"] = (
            measure(embedder, arguments.evaluation) | {"files, MB": size / 1e6} | speed(embedder, arguments.evaluation)
        )
    if arguments.baselines:
        columns["English MiniLM"] = measure(English(), arguments.evaluation)
        columns["BM25, characters"] = bm25(arguments.evaluation)
    print(
        "XQuAD nDCG@10: pooled / MaxSim on the pooled top 100 / blended.  FLORES: nearest neighbour is the translation.\n"
    )
    print(table(columns))


if __name__ == "__main__":
    main()

"""Fit what answering rests on, and write it down: `python -m eval.calibrate` (a few minutes on one core).

    choosing.json    which sentence answers: a softmax over the candidates of a question
    refusal.json     whether to answer at all: small networks, with the thresholds of their operating points
    eval/ablations.md   what each group of features is worth

Everything is fitted on development halves and reported on test halves.  The shipped gold set is always used; the papers and
XQuAD where they are at hand (`--papers`, `--xquad`): their text is read, never kept.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eval.fitting import Array, auroc, fit_network, fit_softmax
from eval.questions import Case, gold_cases, paper_cases, passage_cases, practice_cases, xquad_cases
from gba_qa.answer import choosing, refusal
from gba_qa.answer.choosing import choose, probabilities, score
from gba_qa.answer.features import passage_similarities
from gba_qa.answer.looking import look_again
from gba_qa.embed import load_embedder
from gba_qa.matching import holds_any

ANSWER = Path(choosing.__file__).parent
ABLATIONS = Path("eval/ablations.md")
SHARES = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.925, 0.95, 0.97, 0.98, 0.99, 0.999)

# What the choice rests on, by group, as the ablation table tells them.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "words of the sentence": ("overlap", "rare", "phrases", "attribute"),
    "words around it": ("around", "before", "after", "passage"),
    "rank of the passage": ("hit", "first", "rank"),
    "what is asked for": (
        "fits", "fits_figure", "fits_time", "fits_place", "fits_who", "fits_list", "fits_cause", "fits_how", "fits_meaning",
        "fits_compare", "fresh_figure", "lacks",
    ),
    "figures, years and names agree": (
        "figure_held", "figure_missing", "figure_absent", "name_held", "name_missing", "name_absent", "other_year", "other_place",
    ),
    "its form": ("row", "list", "new", "length", "asks"),
    "token vectors": ("similarity", "weakest", "similarity_back", "attribute_similarity", "met_35", "met_50", "met_65", "met_80"),
}  # fmt: skip
CHOOSING = tuple(name for group in GROUPS.values() for name in group)
REFUSING = (
    "overlap", "rare", "around", "before", "covered", "passage", "unknown", "rarest_missing", "phrases", "attribute", "attribute_near", "attribute_passage", "attribute_similarity",
    "fits", "fits_figure", "fits_time", "lacks", "figure_missing",
    "figure_absent", "name_missing", "name_absent", "other_year", "other_place", "elsewhere", "row", "similarity", "weakest", "similarity_back",
    "met_35", "met_50", "met_65", "met_80", "passage_similarity", "passage_weakest", "passage_met_35", "passage_met_50", "passage_met_65", "passage_met_80", "bm25", "dense", "maxsim", "sure", "gap", "cross", "cross_similarity", "cross_weakest", "cross_maxsim", "asked_names", "asked_figures",
    "asked_words",
)  # fmt: skip
READER = ("read_answers", "read_best", "read_inside")  # what the span reader adds
# By what is at hand: the models of refusal, what each looks at, and whether the span reader has looked.
MODELS: Mapping[str, Sequence[tuple[str, tuple[str, ...], bool]]] = {
    "keywords": (("keywords", REFUSING, False),),
    "vectors": (("vectors", REFUSING, False), ("reader", (*REFUSING, *READER), True)),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--papers", type=Path, default=Path("../shared/documents"))
    parser.add_argument("--xquad", type=Path, default=Path("../shared/evaluation/xquad"))
    parser.add_argument("--modes", default="keywords,vectors")
    parser.add_argument("--dry", action="store_true", help="write nothing")
    arguments = parser.parse_args()
    sections: dict[str, list[str]] = {}
    for mode in arguments.modes.split(","):
        started = time.perf_counter()
        embedder = load_embedder() if mode == "vectors" else "none"
        cases = gather(embedder, arguments.papers, arguments.xquad)
        print(f"{mode}: {len(cases)} questions read in {time.perf_counter() - started:.0f} s", flush=True)
        weights = fit_choosing(cases, CHOOSING)
        if not arguments.dry:
            _store(ANSWER / "choosing.json", mode, weights)
        if reader := getattr(embedder, "span_reader", None):
            reader.keep(10 * len(cases))  # the ablations rank the same candidates again and again
            with ThreadPoolExecutor() as pool:
                list(pool.map(partial(rank, weights=weights), cases))
        print(show_choosing(cases, weights), flush=True)
        for name, names, read in MODELS[mode]:
            found = {id(c): evidence_of(c, weights, read=read) for c in cases}
            model = fit_refusal(cases, found, names)
            print(f"{name}:\n{show_refusal(cases, found, model)}", flush=True)
            if not arguments.dry:
                _store(ANSWER / "refusal.json", name, model)
        sections[mode] = ablations(cases, weights)
        print(f"{mode}: done in {time.perf_counter() - started:.0f} s", flush=True)
    if not arguments.dry:
        # Read at the end: another run may have written the other mode's in the meantime.
        told = [
            line
            for mode, lines in sorted((_held(ABLATIONS) | sections).items())
            for line in ("", f"## {mode}", "", *lines)
        ]
        ABLATIONS.write_text("\n".join([*_ABOUT, *told, ""]), encoding="utf-8")
        print("wrote", ANSWER / "choosing.json", ANSWER / "refusal.json", "eval/ablations.md")


def gather(embedder: object, papers: Path, xquad: Path) -> list[Case]:
    """All cases that are at hand."""
    cases = gold_cases(embedder) + practice_cases(embedder) + passage_cases(embedder)
    if papers.is_dir():
        with tempfile.TemporaryDirectory() as work:
            cases += paper_cases(embedder, papers, Path(work))
    if xquad.is_dir():
        for language in ("en", "zh-Hans"):
            cases += xquad_cases(embedder, xquad, questions=language, passages=language, without=4)
        for pair in (("en", "zh-Hans"), ("zh-Hant", "en")):
            cases += xquad_cases(embedder, xquad, questions=pair[0], passages=pair[1], step=4, without=6)
    return cases


def fit_choosing(cases: Sequence[Case], names: Sequence[str], *, split: str = "dev") -> dict[str, float]:
    """The weights; each source counts alike, whatever its size."""
    used = [c for c in cases if c.split == split and c.answerable and c.right.any()]
    size = Counter(_group(c) for c in used)
    groups = [(_matrix(c.features, names), c.right, _share(c) / size[_group(c)]) for c in used]
    return {n: round(float(w), 4) for n, w in zip(names, fit_softmax(groups), strict=True)}


def _share(case: Case) -> float:
    """The shipped questions are what it is for, the others keep it general."""
    return 2.0 if _group(case) == "shipped" else 0.7


def show_choosing(cases: Sequence[Case], weights: Mapping[str, float]) -> str:
    lines = []
    for source in dict.fromkeys(c.source for c in cases):
        for split in ("dev", "test"):
            used = [c for c in cases if c.source == source and c.split == split and c.answerable and c.answers]
            if used:
                first, shown, number = right_answers(used, weights)
                lines.append(
                    f"  {source:16} {split:4} n {len(used):4} first {first:.3f} shown {shown:.3f} statements {number:.2f}"
                )
    return "\n".join(lines)


def right_answers(cases: Sequence[Case], weights: Mapping[str, float]) -> tuple[float, float, float]:
    """Share of questions whose answer stands in the first statement, in any that is shown; statements shown."""
    first = shown = number = 0
    for case in cases:
        ranked = rank(case, weights)
        if not ranked:
            continue
        chosen = choose([(case.candidates[i], s) for i, s, _ in ranked])
        number += len(chosen)
        first += holds_any(chosen[0].text, case.answers)
        shown += any(holds_any(c.text, case.answers) for c in chosen)
    return first / len(cases), shown / len(cases), number / len(cases)


def rank(
    case: Case, weights: Mapping[str, float], *, read: bool = True
) -> list[tuple[int, float, Mapping[str, float]]]:
    """Candidates best first: place, score, features; as `ExtractiveAnswerer.rank` has them, with the span reader or without."""
    scores = [score(f, weights) for f in case.features]
    order = sorted(enumerate(scores), key=lambda p: (-p[1], case.candidates[p[0]].rank, case.candidates[p[0]].start))
    candidates = [case.candidates[i] for i, _ in order]
    reader = case.answerer.reader if read else None
    looked = look_again(case.question, candidates, [s for _, s in order], reader)
    found = [(i, new, {**case.features[i], **more}) for (i, _), (new, more) in zip(order, looked, strict=True)]
    return sorted(found, key=lambda p: -p[1])


def evidence_of(case: Case, weights: Mapping[str, float], *, read: bool) -> dict[str, float] | None:
    """What refusal looks at; None where nothing was found."""
    ranked = rank(case, weights, read=read)
    if not ranked:
        return None
    best, _, found = ranked[0]
    chances = probabilities([s for _, s, _ in ranked])
    features = refusal.evidence(case.question, case.candidates[best], found, chances)
    return features | passage_similarities(case.question, case.candidates[best], case.answerer.tokens)


def fit_refusal(
    cases: Sequence[Case], evidence: Mapping[int, Mapping[str, float] | None], names: Sequence[str]
) -> dict[str, object]:
    """The model over these features, the thresholds that answer a given share of the shipped development questions, and its figures."""
    found = [(c, e) for c in cases if (e := evidence[id(c)]) is not None]
    used = [(c, e) for c, e in found if c.split == "dev"]
    size: dict[tuple[str, bool], int] = {}
    for case, _ in used:
        size[_group(case), case.answerable] = size.get((_group(case), case.answerable), 0) + 1
    x = _matrix([e for _, e in used], names)
    y = np.array([c.answerable for c, _ in used])
    importance = np.array([IMPORTANCE.get(_group(c), 0.15) / size[_group(c), c.answerable] for c, _ in used])

    # Questions put freely, whose words stand nowhere, the reader takes for unanswered much oftener in the gold set than among practice questions.
    reader = [names.index(name) for name in READER if name in names]

    def fitted(rows: NDArray[np.bool_]) -> dict[str, object]:
        network = fit_network(x[rows], y[rows], importance[rows], farthest=refusal.FARTHEST, kept_from_half=reader)
        return {"features": list(names), **network}

    model = fitted(np.ones(len(used), dtype=bool))
    network = refusal.Network(model)
    sure = {id(c): network(e) for c, e in found}
    # Thresholds come from networks that have not seen the fact asked about: its own are surer of the questions it was fitted on.
    folds = np.array([zlib.crc32(c.name.split("-")[0].encode()) % FOLDS for c, _ in used])
    answered = []
    for fold in range(FOLDS):
        blind = refusal.Network(fitted(folds != fold))
        answered += [
            blind(e)
            for (c, e), own in zip(used, folds == fold, strict=True)
            if own and c.answerable and c.source in {"gold", "practice", "papers"}
        ]
    answered.sort()
    model["operating_points"] = [
        [share, round(answered[min(len(answered) - 1, int((1 - share) * len(answered)))], 4)] for share in SHARES
    ]
    counts = {f"{s} {'answerable' if a else 'unanswerable'}": n for (s, a), n in sorted(size.items())}
    model["fitted_on"] = counts
    model["auroc"] = {
        f"{source} {split}": round(auroc(*sides), 3)
        for source in dict.fromkeys(c.source for c, _ in found)
        for split in ("dev", "test")
        if all(
            sides := tuple(
                [sure[id(c)] for c, _ in found if c.source == source and c.split == split and c.answerable == a]
                for a in (True, False)
            )
        )
    }
    return model


FOLDS = 5
# What each group of questions weighs: what ships is what it is for, the others keep it from leaning on one corpus.
IMPORTANCE: Mapping[str, float] = {
    "shipped": 3.0,
    "gold swapped": 0.7,
    "gold without": 0.7,
    "papers": 1.0,
    "passages": 1.0,
    "passages across": 0.5,
}


def _group(case: Case) -> str:
    return "shipped" if case.source in {"gold", "practice"} else case.source


def show_refusal(
    cases: Sequence[Case], evidence: Mapping[int, Mapping[str, float] | None], model: Mapping[str, object]
) -> str:
    lines = [f"  AUROC {model['auroc']}"]
    points = dict(model["operating_points"])  # type: ignore[call-overload]
    network = refusal.Network(model)
    sure = {id(c): network(e) if (e := evidence[id(c)]) is not None else 0.0 for c in cases}
    for share in (0.9, 0.925, 0.95, 0.97):
        row = []
        for source in dict.fromkeys(c.source for c in cases):
            for split in ("dev", "test"):
                used = [c for c in cases if c.source == source and c.split == split]
                refused = {a: [sure[id(c)] < points[share] for c in used if c.answerable == a] for a in (True, False)}
                row.append(f"{source} {split} " + "/".join(f"{np.mean(r):.2f}" if r else "-" for r in refused.values()))
        lines.append(f"  {share}: refused (answerable/unanswerable): " + "; ".join(row))
    return "\n".join(lines)


def ablations(cases: Sequence[Case], weights: Mapping[str, float]) -> list[str]:
    """A table: each group left out and the rest fitted anew."""
    columns = [
        (source, split)
        for source in dict.fromkeys(c.source for c in cases)
        for split in ("dev", "test")
        if any(c.source == source and c.split == split and c.answerable and c.answers for c in cases)
    ]
    lines = [
        "| left out | " + " | ".join(" ".join(column) for column in columns) + " |",
        "|---" * (1 + len(columns)) + "|",
    ]
    for group in ("nothing", *GROUPS):
        if group == "token vectors" and not any("similarity" in f for c in cases for f in c.features[:1]):
            continue
        names = [n for n in CHOOSING if n not in GROUPS.get(group, ())]
        fitted = weights if group == "nothing" else fit_choosing(cases, names)
        cells = []
        for source, split in columns:
            used = [c for c in cases if c.source == source and c.split == split and c.answerable]
            first, shown, _ = right_answers(used, fitted)
            cells.append(f"{100 * first:.1f} / {100 * shown:.1f}")
        lines.append(f"| {group} | " + " | ".join(cells) + " |")
    return lines


_ABOUT = [
    "# What each group of features is worth",
    "",
    "Share of the answerable questions (%) whose gold answer stands in the first sentence / in any of those shown, refusal off, passages",
    "retrieved by ourselves. Each row leaves one group of features out and fits the others anew on the development halves. Made by",
    "`python -m eval.calibrate`.",
]  # fmt: skip


def _matrix(rows: Sequence[Mapping[str, float]], names: Sequence[str]) -> Array:
    return np.array([[r.get(n, 0.0) for n in names] for r in rows], dtype=float)


def _held(path: Path) -> dict[str, list[str]]:
    """The tables of an earlier run, by mode: a run of one mode leaves the other's alone."""
    parts = path.read_text(encoding="utf-8").split("\n## ")[1:] if path.exists() else []
    return {part.split("\n", 1)[0]: part.split("\n", 1)[1].strip().splitlines() for part in parts}


def _store(path: Path, mode: str, value: object) -> None:
    held = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    held = {k: v for k, v in held.items() if k in {"keywords", "vectors"}} | {mode: value}
    path.write_text(json.dumps(held, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""Keep the runs: one JSON file a commit, a README that is redrawn from them, and two runs side by side."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import comb
from pathlib import Path
from typing import Any

from gba_qa.config import Config
from gba_qa.curve import draw_curve
from gba_qa.errors import EvaluationError
from gba_qa.goldset import fingerprint
from gba_qa.metrics import TABLE, Report, refusal_curve

__all__ = ["Comparison", "compare", "home", "redraw", "save"]

Row = Mapping[str, Any]
SHIPPED = "shipped"  # what a run names its knowledge where that is the shipped briefs
NUMBER, TRUTH = (int, float), (bool,)
FIELDS: dict[str, tuple[type, ...]] = {  # what a comparison needs of a row; any other may be missing
    "id": (str,),
    "rank": (int,),
    "confidence": NUMBER,
    **dict.fromkeys(
        ("answerable", "refused", "contained", "first_contained", "right_document", "right_sentence"), TRUTH
    ),
    **dict.fromkeys(("statements", "supported", "figures_held", "citations", "precise", "exact"), (int,)),
}
MOST_NAMED = 40  # changed questions that a comparison lists; its JSON has them all


def home() -> Path:
    """The folder of the shipped gold set and of the results: `eval/` here, else beside the package's source.

    Raises EvaluationError where there is neither: the gold set comes with the repository, not with the installed package.
    """
    for folder in (Path("eval"), Path(__file__).resolve().parents[1] / "eval"):
        if (folder / "gold.jsonl").is_file():
            return folder
    raise EvaluationError(
        f"there is no eval/gold.jsonl below {Path.cwd()}; run this in the repository, or name a gold set with --gold"
    )


def save(report: Report, *, tell: Callable[[str], object] | None = None) -> Path:
    """Write eval/results/<commit>.json; for the whole shipped set on the shipped briefs redraw the README's table and plot as well.

    Where the tree holds changes that are not committed, the file is <commit>-dirty, so that it never takes the place of the
    commit's own.  A run that is not of the default kind has what differs in its file name.  Answers from any but the shipped
    briefs are left out: their text is not ours to keep.  `tell` is handed the reason where the README is left as it is.
    """
    folder = home() / "results"
    folder.mkdir(exist_ok=True)
    unusual = _unusual(report.about)
    commit = _git("rev-parse", "--short=10", "HEAD").strip()
    dirty = _changed() if commit else []
    name = [
        commit or "uncommitted",
        *(["dirty"] if dirty else []),
        *(re.sub(r"[^\w.-]+", "_", part) for part in unusual),
    ]
    path = folder / ("-".join(name) + ".json")
    data = report.to_json()
    if report.about.get("knowledge") != SHIPPED:
        data["rows"] = [{k: v for k, v in row.items() if k != "answer"} for row in data["rows"]]
    rows = ",\n".join(json.dumps(row, ensure_ascii=False) for row in data.pop("rows"))
    head = json.dumps(data, ensure_ascii=False, indent=1).removesuffix("\n}")
    path.write_text(f'{head},\n "rows": [\n{rows}\n]}}\n', encoding="utf-8")
    if dirty:
        why = f"{' and '.join(dirty[:2])}{' and others' if dirty[2:] else ''} changed since {commit}; commit, then save again"
    else:
        why = f"this run is not the usual one: {', '.join(unusual)}" if unusual else ""
    if not why:
        _draw(report, path)
    elif tell:
        tell(f"eval/README.md is left as it is, since {why}")
    return path


def redraw(name: str, command: str, text: str) -> Path:
    """Replace the part of eval/README.md that a command draws, told by its marks; a part not there yet is put at the end."""
    path = home() / "README.md"
    old = path.read_text(encoding="utf-8") if path.exists() else "# Evaluation\n"
    begin, end = f"<!-- {name}: drawn by `{command}` -->", f"<!-- end of {name} -->"
    drawn = f"{begin}\n{text.strip()}\n{end}"
    pattern = re.compile(rf"<!-- {re.escape(name)}: drawn by .*?{re.escape(end)}", re.S)
    new = pattern.sub(lambda _: drawn, old) if pattern.search(old) else f"{old.rstrip()}\n\n{drawn}\n"
    path.write_text(new, encoding="utf-8")
    return path


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two saved runs: measures before and after, and the questions whose outcome changed, each with its answer now.

    All of it over the `shared` questions.  Left out are those that one run alone asked (`only`, how many) and those whose question,
    answers or evidence were changed between the two (`reworded`, their ids).  `about` is what the runs themselves differ in.
    """

    names: tuple[str, str]
    measures: Mapping[str, tuple[float, float]]
    changed: Mapping[str, tuple[Mapping[str, str], Mapping[str, str]]]
    """By outcome: the questions gained and those lost."""
    shared: int
    only: tuple[int, int]
    reworded: tuple[str, ...]
    about: Mapping[str, tuple[Any, Any]]

    def to_json(self) -> dict[str, Any]:
        changed = {
            outcome: {"gained": dict(gained), "lost": dict(lost), "p": round(sign_test(len(gained), len(lost)), 4)}
            for outcome, (gained, lost) in self.changed.items()
        }
        return {
            "runs": list(self.names),
            "shared": self.shared,
            "only": list(self.only),
            "reworded": list(self.reworded),
            "about": {name: list(pair) for name, pair in self.about.items()},
            "measures": {name: list(pair) for name, pair in self.measures.items()},
            "changed": changed,
        }

    def table(self) -> str:
        width = max(12, *(len(name) + 2 for name in self.names))
        left, right = self.names
        lines = [f"{self.shared} questions shared, {self.only[0]} only in {left}, {self.only[1]} only in {right}"]
        if self.reworded:
            named = f"{', '.join(self.reworded[:MOST_NAMED])}{', …' if self.reworded[MOST_NAMED:] else ''}"
            lines.append(f"{len(self.reworded)} left out, asked or judged otherwise in {right}: {named}")
        lines += [
            f"they differ in {name}: {' | '.join('none' if value == '' else str(value) for value in pair)}"
            for name, pair in self.about.items()
        ]
        lines += ["", f"{'':20}{left:>{width}}{right:>{width}}{'change':>10}"]
        lines += [f"{n:20}{a:{width}.4f}{b:{width}.4f}{b - a:+10.4f}" for n, (a, b) in self.measures.items()]
        for outcome, (gained, lost) in self.changed.items():
            p = sign_test(len(gained), len(lost))
            lines.append(
                f"\n{outcome}: {len(gained)} questions gained, {len(lost)} lost (paired sign test, p = {p:.3f})"
            )
            for label, answers in (("gained", gained), ("lost", lost)):
                lines += [f"  {label} {i}: {' '.join(a.split())[:100]}" for i, a in list(answers.items())[:MOST_NAMED]]
        return "\n".join(lines)


def compare(left: str, right: str) -> Comparison:
    """Set two saved runs side by side, over the questions that both asked.  Each is a commit in eval/results or a file.

    Rows kept before they had an `asked` are taken for the same question where they have the same id.
    """
    runs = _read(left), _read(right)
    before, after = ({r["id"]: r for r in run["rows"]} for run in runs)
    both = [i for i in before if i in after]
    reworded = tuple(
        i for i in both if _asked(before[i]) != _asked(after[i]) and _asked(before[i]) and _asked(after[i])
    )
    shared = [i for i in both if i not in set(reworded)]
    if not shared:
        why = f": {len(reworded)} have the same id but were changed between the two" if reworded else ""
        raise EvaluationError(f"{left} and {right} have no question in common{why}")
    old, new = (Report({}, tuple({**rows[i], "seconds": 0.0} for i in shared)).measures() for rows in (before, after))
    changed = {}
    for outcome, right_one in (("found in the first 5", _found), ("answered or refused rightly", _right)):
        ids = [i for i in shared if right_one(before[i]) != right_one(after[i])]
        gained = {i: str(after[i].get("answer", "")) for i in ids if right_one(after[i])}
        changed[outcome] = gained, {i: str(after[i].get("answer", "")) for i in ids if i not in gained}
    measures = {name: (value, new[name]) for name, value in old.items() if name in new}
    was, now = (run["about"] for run in runs)
    return Comparison(
        names=(Path(left).stem, Path(right).stem),
        measures=measures,
        changed=changed,
        shared=len(shared),
        only=(len(before) - len(both), len(after) - len(both)),
        reworded=reworded,
        about={name: (was[name], now[name]) for name in was if name in now and was[name] != now[name]},
    )


def sign_test(gained: int, lost: int) -> float:
    """Two-sided: how often a fair coin would split the changed questions at least so unevenly.

    >>> [sign_test(0, 0), sign_test(5, 0), sign_test(3, 1)]
    [1.0, 0.0625, 0.625]
    """
    changed, uneven = gained + lost, abs(gained - lost)
    return float(sum(comb(changed, k) for k in range(changed + 1) if abs(2 * k - changed) >= uneven) / 2**changed)


def _asked(row: Row) -> str:
    return str(row.get("asked") or "")


def _found(row: Row) -> bool:
    return 0 < int(row["rank"]) <= 5


def _right(row: Row) -> bool:
    return bool(row["contained"]) if row["answerable"] else bool(row["refused"])


def _read(name: str) -> dict[str, Any]:
    path = Path(name)
    if not name.endswith(".json"):
        path = home() / "results" / f"{name}.json"
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        there = ", ".join(sorted(p.stem for p in path.parent.glob("*.json"))) or "none"
        raise EvaluationError(f"{path}: no such result; saved there are: {there}") from None
    except (ValueError, RecursionError) as error:
        raise EvaluationError(f"{path}: not a saved result ({error})") from None
    if not isinstance(found, dict) or not isinstance(found.get("rows"), list):
        raise EvaluationError(f"{path}: not a saved result (it has no rows)")
    if not isinstance(found.setdefault("about", {}), dict):
        raise EvaluationError(f"{path}: not a saved result (its 'about' is not an object)")
    for number, row in enumerate(found["rows"], start=1):
        if not isinstance(row, dict):
            raise EvaluationError(f"{path}: not a saved result (row {number} is not an object)")
        for name, kinds in FIELDS.items():
            if type(row.get(name)) not in kinds:
                raise EvaluationError(f"{path}: not a saved result (row {number} has no {name!r}, or a strange one)")
    return found


def _changed() -> list[str]:
    """What the tree holds that the commit does not, but for what a run itself writes.

    Of files that git does not know those of the package alone count: a brief or a module there is part of what is measured, while
    notes and documents that lie about are not.
    """
    # What measuring writes itself measures nothing.
    made = ("results", "README.md", "refusal.svg", "floors.json", "ablations.md")
    written = [f":(exclude)eval/{name}" for name in made]
    known = _git("diff", "--name-only", "--no-renames", "-z", "--relative", "HEAD", "--", ".", *written)
    unknown = _git("ls-files", "--others", "--exclude-standard", "-z", "--", "gba_qa")
    return sorted({*known.split("\0"), *unknown.split("\0")} - {""})


def _git(*arguments: str) -> str:
    """What git says of the folder that holds eval/; nothing where it is no repository, or has no commit yet."""
    command = ["git", "--no-optional-locks", *arguments]
    try:
        done = subprocess.run(command, cwd=home().resolve().parent, capture_output=True, check=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.decode("utf-8", errors="replace")


def _unusual(about: Mapping[str, Any]) -> list[str]:
    """In what a run differs from the one that the README tells of, named so that two runs that differ have two names."""
    parts = []
    if about.get("gold fingerprint") != fingerprint(home() / "gold.jsonl"):
        parts.append(f"{Path(str(about.get('gold'))).stem}_{str(about.get('gold fingerprint'))[:8]}")
    if about.get("knowledge") != SHIPPED:
        name = Path(str(about.get("corpus") or "")).stem or about.get("index") or "documents"
        parts.append(f"{name}_{str(about.get('knowledge'))[:8]}")
    elif about.get("index"):
        parts.append(str(about["index"]))
    usual = {"mode": "hybrid", "split": "all", "embedder": Config().embedder, "answerer": "extractive"}
    parts += [str(about.get(name)) for name, value in usual.items() if about.get(name) != value]
    if about.get("answerable share") != Config().answerable_share:
        parts.append(f"share_{about.get('answerable share')}")
    return parts


def _draw(report: Report, path: Path) -> None:
    """The README's table, by half, and the plot of refusal on the test half."""
    lines = [f"| | n | {' | '.join(TABLE.values())} |", "|---" * (len(TABLE) + 2) + "|"]
    test = [r for r in report.rows if r["split"] != "dev"]
    for split, rows in (("test", test), ("dev", [r for r in report.rows if r["split"] == "dev"])):
        part = Report(report.about, tuple(rows))
        for group, chosen in part.groups().items():
            if chosen and (group == "all" or group.startswith(("language", "kind"))):
                found = part.measures(chosen)
                lines.append(f"| {split}, {group} | {len(chosen)} | {' | '.join(_cell(found, n) for n in TABLE)} |")
    whole, ends = report.measures(test), report.intervals(test)
    told = ("recall@5", "contained", "wrongly_refused", "refused")
    seconds = report.seconds()
    lines += [
        "",
        f"From `{path.relative_to(home().parent).as_posix()}`; embedder {report.about['embedder']}, "
        f"{report.about['documents']} documents, {report.about['chunks']} chunks; "
        f"{seconds['median']:.3f} s a question (median), {seconds['p95']:.3f} s (95th percentile).",
        "",
        "Test half, 95 % intervals: " + _join(f"{_words(n)} {ends[n][0]:.3f}-{ends[n][1]:.3f}" for n in told if n in ends),
        "",
        "Test half, citations: "
        + _join(f"{_words(n)} {whole[n]:.3f}" for n in ("citation_recall", "citation_precision", "quote_exactness", "figures_held") if n in whole),
    ]  # fmt: skip
    curve = refusal_curve(test)
    if curve:
        point = whole["wrongly_refused"], whole["refused"]
        (home() / "refusal.svg").write_text(draw_curve(curve, point), encoding="utf-8")
        lines += ["", "![Share of unanswerable questions refused against answerable ones refused](refusal.svg)"]
    redraw("results", "gba-qa eval --save", "\n".join(lines))


def _cell(found: Mapping[str, float], name: str) -> str:
    return f"{found[name]:.3f}" if name in found else "-"


def _words(name: str) -> str:
    return name.replace("_", " ")


def _join(parts: Iterable[str]) -> str:
    return "; ".join(parts) + "."

"""The house rules that a machine can check: imports point down, nothing heavy at import, nothing foreign in the tree."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "gba_qa"

BASE = {"types", "errors", "text"}
BELOW: dict[str, set[str]] = {  # part → what of this package it may import
    "errors": set(),
    "types": {"errors"},
    "text": {"types", "errors"},
    "variants": BASE,
    "quantities": BASE,
    "names": BASE,
    "sentences": BASE,
    "readers": BASE | {"sentences", "readers"},
    "chunking": BASE | {"sentences"},
    "span_reader": BASE,
    "embed": BASE | {"span_reader"},
    "models": BASE,
    "config": BASE,
    "rerank": BASE,
    "glossary": BASE,
    "retrieve": BASE | {"rerank", "variants", "glossary"},
    "rereading": BASE | {"answer", "retrieve"},
    "index": BASE | {"index"},
    "answer": BASE | {"sentences", "quantities", "names", "rerank", "span_reader", "variants", "glossary", "answer"},
}


def imports_of(path: Path) -> set[str]:
    """The parts of gba_qa that a file imports, TYPE_CHECKING blocks included."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module] if node.module != "gba_qa" else [f"gba_qa.{a.name}" for a in node.names]
        elif isinstance(node, ast.Import):
            names = [a.name for a in node.names]
        found |= {n.split(".")[1] for n in names if n.startswith("gba_qa.")}
    return found


@pytest.mark.parametrize("part", sorted(BELOW))
def test_imports_point_down(part: str) -> None:
    place = PACKAGE / part
    files = sorted(place.rglob("*.py")) if place.is_dir() else [PACKAGE / f"{part}.py"]
    for file in files:
        if file.is_file():
            assert imports_of(file) <= BELOW[part], file.name


@pytest.mark.parametrize(
    "statement",
    [
        "import gba_qa",
        "import gba_qa.cli",
        "from gba_qa import QA",
        "from gba_qa import load_embedder",
        "import gba_qa.index",
    ],
)
def test_importing_loads_nothing_heavy(statement: str) -> None:
    code = f"import sys; {statement}; print(sorted({{'torch', 'faiss', 'transformers', 'gradio', 'onnxruntime'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_every_package_that_is_imported_is_declared_and_pinned() -> None:
    """Not by way of another one, which may drop it."""
    imported = {
        name.split(".")[0]
        for file in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom) and not node.level
            else []
        )
    } - {"gba_qa", *sys.stdlib_module_names}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    lines = [
        *project["dependencies"],
        *(line for extra in set(extras) - {"bench", "train", "dev"} for line in extras[extra]),
    ]
    declared = {plain_name(re.split(r"[\[<>=]", line)[0]) for line in lines}
    pinned = {
        plain_name(line.split("==")[0]) for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    }
    packages = packages_distributions()
    for module in sorted(imported & set(packages)):  # an extra that is not installed has nothing to look up
        names = {plain_name(name) for name in packages[module]}
        assert names & declared, f"{module} comes with {names}, which pyproject.toml does not name"
        assert names & declared & pinned, f"{names} stands in no line of constraints.txt"
    assert {"numpy", "markdown_it", "starlette"} <= imported


def plain_name(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


def test_public_names_are_sorted_and_there() -> None:
    import gba_qa

    assert sorted(gba_qa.__all__) == sorted(set(gba_qa.__all__))
    for name in gba_qa.__all__:
        assert getattr(gba_qa, name) is not None


def test_no_pickle() -> None:
    for file in PACKAGE.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        assert not re.search(
            r"^\s*(?:import|from) (?:pickle|dill|joblib|marshal|shelve)\b|allow_pickle=True", text, re.M
        ), file

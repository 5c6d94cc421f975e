"""The house rules that a machine can check: imports point down, nothing heavy at import, nothing foreign in the tree."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
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
    "embed": BASE,
    "models": BASE,
    "config": BASE,
    "rerank": BASE,
    "glossary": BASE,
    "retrieve": BASE | {"rerank", "variants", "glossary"},
    "rereading": BASE | {"answer", "retrieve"},
    "index": BASE | {"index"},
    "answer": BASE | {"sentences", "quantities", "names", "rerank", "variants", "glossary", "answer"},
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

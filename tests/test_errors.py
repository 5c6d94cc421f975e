"""What an error tells the user to type."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import pytest

from gba_qa import errors
from gba_qa.errors import install_command

ROOT = Path(__file__).resolve().parents[1]


def test_the_command_installs_this_source_tree_into_this_python() -> None:
    assert shlex.split(install_command("ocr")) == [
        sys.executable, "-m", "pip", "install", "-c", f"{ROOT}/constraints.txt", "-e", f"{ROOT}[ocr]",
    ]  # fmt: skip
    assert shlex.split(install_command())[-1] == str(ROOT)


def test_without_a_source_tree_it_adds_to_the_installed_package(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(errors, "_ROOT", tmp_path)
    monkeypatch.setattr(sys, "executable", "/opt/my venv/bin/python")
    assert install_command("ocr") == '"/opt/my venv/bin/python" -m pip install "gba-qa[ocr]"'
    assert install_command() == '"/opt/my venv/bin/python" -m pip install gba-qa'


def test_no_message_names_another_python_s_pip() -> None:
    for file in [*(ROOT / "gba_qa").rglob("*.py"), ROOT / "README.md"]:
        if file.name not in {"errors.py", "doctor.py"}:
            assert not re.search(r"(?<!-m )pip install", file.read_text(encoding="utf-8")), file

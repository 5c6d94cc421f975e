"""What `gba-qa doctor` finds wrong, and that the command it names is the one that helps."""

from __future__ import annotations

import os
import shlex
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gba_qa import QA
from gba_qa.cli import app
from gba_qa.doctor import Check, examine
from gba_qa.errors import install_command


def found(name: str, index: str | None = None) -> Check | None:
    return next((check for check in examine(index) if check.name == name), None)


def follow(check: Check) -> None:
    """Run the command that a check names."""
    program, *arguments = shlex.split(check.command)
    assert program == "gba-qa"
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output


@pytest.fixture
def elsewhere(small_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An index of the small folder, by keywords alone, as the settings say, beside the folder that we are in."""
    for name in list(os.environ):
        if name.startswith("GBA_QA_") and name != "GBA_QA_THREADS":
            monkeypatch.delenv(name)
    monkeypatch.setenv("GBA_QA_EMBEDDER", "none")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    QA.build([small_folder], tmp_path / "my index", embedder="none")
    return tmp_path / "my index"


def test_all_is_well(elsewhere: Path) -> None:
    checks = list(examine(str(elsewhere)))
    assert all(check.ok for check in checks if check.needed)
    assert {"python", "faiss", "starlette", "markdown_it", "settings", "index"} <= {check.name for check in checks}
    assert checks[-1].detail == f"{elsewhere}: 3 documents, 6 chunks, checksums right"
    assert all(install_command(c.name.split()[-1]) == c.command for c in checks if c.name.startswith("extra "))


@pytest.mark.parametrize("named", [True, False])
def test_a_damaged_index_is_named_where_it_is(elsewhere: Path, monkeypatch: pytest.MonkeyPatch, named: bool) -> None:
    (elsewhere / "g000001" / "vectors.npy").unlink(missing_ok=True)
    (elsewhere / "g000001" / "numbers.npy").write_bytes(b"rubbish")
    if not named:
        monkeypatch.setenv("GBA_QA_INDEX", "../my index")
    place = str(elsewhere) if named else None
    check = found("index", place)
    assert check is not None and not check.ok and "has changed since it was written" in check.detail
    assert check.command == f"gba-qa index --rebuild --index '{place or '../my index'}'"
    follow(check)
    assert (after := found("index", place)) is not None and after.ok and "3 documents" in after.detail


def test_a_setting_that_can_not_be_used_is_no_fault_of_the_index(elsewhere: Path) -> None:
    Path("gba-qa.toml").write_text('port = "x"\n', encoding="utf-8")
    check = found("settings", str(elsewhere))
    assert check is not None and not check.ok and check.needed and check.command == ""
    assert check.detail.startswith("port in gba-qa.toml is 'x'")
    assert found("index", str(elsewhere)) is None
    assert CliRunner().invoke(app, ["doctor", "--index", str(elsewhere)]).exit_code == 1


def test_an_index_that_is_not_there_is_to_be_built_there(elsewhere: Path) -> None:
    check = found("index", "no where")
    assert check is not None and not check.ok and check.command == "gba-qa index --index 'no where'"
    follow(check)
    assert (after := found("index", "no where")) is not None and after.ok
    default = found("index")
    assert default is not None and default.ok  # the first question builds it


def test_an_index_by_another_embedder_than_the_settings_is_told(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch, small_folder: Path
) -> None:
    shutil.rmtree(elsewhere)
    QA.build([small_folder], elsewhere, embedder="bundled")
    check = found("index", str(elsewhere))
    assert check is not None and not check.ok and "was built with embedder " in check.detail
    asked = CliRunner().invoke(app, ["ask", "x y z?", "--index", str(elsewhere)])
    assert asked.exit_code == 1 and check.detail in asked.output
    follow(check)
    assert (after := found("index", str(elsewhere))) is not None and after.ok
    monkeypatch.delenv("GBA_QA_EMBEDDER")  # the default goes by what the index was built with
    assert (after := found("index", str(elsewhere))) is not None and after.ok


@pytest.mark.parametrize("name", ["CURRENT", "g000001/manifest.json", "g000001/numbers.npy"])
def test_an_index_that_may_not_be_read_is_not_to_be_rebuilt(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Refused by a stand-in, since the superuser is refused nothing."""
    io_open, os_open, closed = Path.open, os.open, elsewhere / name

    def refused(path: object, *arguments: object, **how: object) -> object:
        if path == closed:
            raise PermissionError(13, "Permission denied", str(path))
        return (io_open if how.pop("high", True) else os_open)(path, *arguments, **how)  # type: ignore[operator]

    monkeypatch.setattr(Path, "open", refused)
    monkeypatch.setattr(os, "open", lambda *a, **how: refused(*a, high=False, **how))
    check = found("index", str(elsewhere))
    assert check is not None and not check.ok and check.command == ""
    assert check.detail == f"the index file {closed} can't be read: Permission denied; it is for its owner to allow it"

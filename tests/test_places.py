"""One file is one document, from whatever folder and by whatever name it is indexed; nothing that is still there is dropped."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from gba_qa import QA, UsageError
from gba_qa.index import held_sources
from gba_qa.places import absolute, is_file, is_there
from tests.made_files import flowing_pdf


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"# Report\n\n{text}\n", encoding="utf-8")
    return path


def index(*paths: str | Path, place: str | Path, rebuild: bool = False) -> QA:
    return QA.build([str(p) for p in paths], place, embedder="none", rebuild=rebuild)


def summary(qa: QA) -> str:
    assert qa.report is not None
    return qa.report.summary()


def sources(qa: QA) -> list[str]:
    return [document.source for document in qa.documents()]


def found(qa: QA, word: str) -> list[str]:
    """The sources of the passages that hold the word."""
    return [hit.chunk.source for hit in qa.search(word, 9, mode="bm25") if word in hit.chunk.text]


def as_before(place: Path) -> None:
    """The index as versions wrote it that kept no path."""
    for path in place.glob("g*/manifest.json"):
        manifest = json.loads(path.read_text(encoding="utf-8"))
        for entry in manifest["documents"].values():
            del entry["path"]
        path.write_text(json.dumps(manifest), encoding="utf-8")


@pytest.fixture
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A/papers and B/papers: files of one name and of two."""
    write(tmp_path / "A" / "papers" / "report.txt", "The lighthouse burns acetylene.")
    write(tmp_path / "A" / "papers" / "nansha.txt", "南沙新區面積803平方公里。")
    write(tmp_path / "B" / "papers" / "report.txt", "The lighthouse burns paraffin.")
    monkeypatch.chdir(tmp_path / "A")
    index("papers", place="../index")
    return tmp_path


def test_two_collections_of_one_name_are_both_kept(two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(two / "B")
    qa = index("papers", place="../index")
    other = str(two / "B" / "papers" / "report.txt")
    assert summary(qa) == "1 read" and sources(qa) == sorted([other, "papers/nansha.txt", "papers/report.txt"])
    assert found(qa, "acetylene") == ["papers/report.txt"] and found(qa, "paraffin") == [other]
    assert found(qa, "南沙新區面積803平方公里") == ["papers/nansha.txt"]
    assert summary(index("papers", place="../index")) == "1 unchanged"
    write(two / "B" / "papers" / "report.txt", "The lighthouse burns electricity.")
    qa = index("papers", place="../index")
    assert not found(qa, "paraffin") and found(qa, "electricity") == [other] and found(qa, "acetylene")
    (two / "B" / "papers" / "report.txt").unlink()
    (two / "A" / "papers" / "nansha.txt").unlink()
    assert summary(index("papers", place="../index")) == "2 removed"
    monkeypatch.chdir(two / "A")
    qa = index("papers", place="../index")
    assert summary(qa) == "1 unchanged" and sources(qa) == ["papers/report.txt"]


def test_one_file_by_two_names_is_one_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(Path("S/toll.txt"), "The toll is 150 dollars.")
    Path("link").symlink_to("S")
    index("S", place="index")
    for name in (tmp_path / "S", "./S", "S/../S", "link", "link/../S/toll.txt"):
        qa = index(name, place="index")
        assert summary(qa) == "1 unchanged" and sources(qa) == ["S/toll.txt"], name
    write(Path("S/toll.txt"), "The toll is 180 dollars.")
    qa = index(tmp_path / "S", place="index")
    assert summary(qa) == "1 read" and not found(qa, "150") and found(qa, "180") == ["S/toll.txt"]
    Path("S/toll.txt").rename("S/fee.txt")
    qa = index("link", place="index")
    assert summary(qa) == "1 renamed" and sources(qa) == ["link/fee.txt"]


def test_what_lies_behind_a_link_that_was_turned_is_read_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(Path("v1/toll.txt"), "The toll is 150 dollars.")
    write(Path("v2/toll.txt"), "The toll is 180 dollars.")
    Path("current").symlink_to("v1")
    index("current", place="index")
    Path("current").unlink()
    Path("current").symlink_to("v2")
    qa = index("current", place="index")
    assert summary(qa) == "1 read" and not found(qa, "150") and found(qa, "180") == ["current/toll.txt"]


def test_a_folder_that_moved_with_its_index_goes_on(two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (two / "A").rename(two / "C")
    monkeypatch.chdir(two / "C")
    Path("papers/nansha.txt").unlink()
    qa = index("papers", place="../index")
    assert summary(qa) == "1 unchanged, 1 removed" and sources(qa) == ["papers/report.txt"]
    assert held_sources(two / "index") == {"papers/report.txt": str(two / "C" / "papers" / "report.txt")}


def test_an_index_of_the_version_before_is_updated(two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(two / "A")
    as_before(two / "index")
    qa = QA.load("../index", embedder="none")
    assert found(qa, "acetylene") == ["papers/report.txt"] and set(held_sources("../index").values()) == {""}
    Path("papers/nansha.txt").rename("papers/new.txt")
    qa = index(two / "A" / "papers", place="../index")
    new = str(two / "A" / "papers" / "new.txt")
    assert summary(qa) == "1 unchanged, 1 renamed" and sources(qa) == [new, "papers/report.txt"]
    assert held_sources("../index") == {new: new, "papers/report.txt": str(two / "A" / "papers" / "report.txt")}


def test_a_file_that_was_taken_for_two_before_becomes_one(two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As versions before left an index: the absolute name and the relative one, the second of them out of date."""
    monkeypatch.chdir(two / "A")
    place = two / "index" / "g000001" / "manifest.json"
    manifest = json.loads(place.read_text(encoding="utf-8"))
    report = manifest["documents"]["papers/report.txt"]
    full = str(two / "A" / "papers" / "report.txt")
    manifest["documents"][full] = {**report, "source": full}
    place.write_text(json.dumps(manifest), encoding="utf-8")
    as_before(two / "index")
    qa = index("papers", place="../index")
    assert summary(qa) == "2 unchanged, 1 removed" and sources(qa) == ["papers/nansha.txt", "papers/report.txt"]
    assert qa.report is not None and qa.report.files[-1].detail == "the same file as papers/report.txt"


def test_a_rebuild_from_another_folder_keeps_everything(two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(two / "A")
    shipped = len(QA.build((), "../index", embedder="none").documents()) - 2
    monkeypatch.chdir(two / "B")  # a file of the same relative name lies here
    qa = QA.build(index="../index", embedder="none", rebuild=True)
    assert summary(qa) == f"{shipped + 2} read" and found(qa, "acetylene") == ["papers/report.txt"]
    (two / "A" / "papers" / "nansha.txt").unlink()
    qa = QA.build(index="../index", embedder="none", rebuild=True)
    assert summary(qa) == f"{shipped + 1} read, 1 removed" and found(qa, "acetylene")
    shutil.rmtree(two / "A")
    monkeypatch.chdir(two)
    with pytest.raises(UsageError, match=r"none of the 1 files of index is where it was \(papers/report.txt\)"):
        QA.build(index="index", embedder="none", rebuild=True)
    assert len(QA.load("index", embedder="none").documents()) == shipped + 1


def test_a_rebuild_of_an_old_index_from_another_folder_is_refused(two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(two / "B")
    index("papers/report.txt", place="../index")
    as_before(two / "index")
    told = (
        r"1 of the 3 files of \.\./index can't be found \(papers/nansha.txt\); run this from the folder it was built in"
    )
    with pytest.raises(UsageError, match=told):
        QA.build(index="../index", embedder="none", rebuild=True)
    assert len(QA.load("../index", embedder="none").documents()) == 3
    monkeypatch.chdir(two / "A")
    assert summary(QA.build(index="../index", embedder="none", rebuild=True)) == "3 read"


def test_a_copy_of_a_brief_is_not_the_brief_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    before = sources(QA.build((), "index", embedder="none"))
    brief = Path(__file__).resolve().parents[1] / before[0]
    shutil.copy(brief, "copy.md")
    qa = index("copy.md", place="index")
    assert summary(qa) == "1 read" and sources(qa) == sorted([*before, "copy.md"])
    assert set(held_sources("index").values()) == {"", str(tmp_path / "copy.md")}


def test_the_picture_of_a_page_is_of_the_file_that_was_indexed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder, text in (("A", "The lighthouse burns acetylene gas."), ("B", "Another file altogether.")):
        (tmp_path / folder).mkdir()
        flowing_pdf(tmp_path / folder / "report.pdf", [text])
    monkeypatch.chdir(tmp_path / "A")
    qa = index("report.pdf", place="../index")
    citation = qa.ask("What does the lighthouse burn?").citations[0]
    assert citation.source == "report.pdf" and citation.page == 1
    here = qa.page_image(citation)
    for folder in (tmp_path / "B", tmp_path):
        monkeypatch.chdir(folder)
        there = QA.load(tmp_path / "index", embedder="none").page_image(citation)
        assert here is not None and there is not None and list(there.getdata()) == list(here.getdata())
    (tmp_path / "A").rename(tmp_path / "C")
    monkeypatch.chdir(tmp_path / "C")
    assert QA.load("../index", embedder="none").page_image(citation) is not None


@pytest.mark.parametrize("word", ["", "x\0y", "n" * 400, "missing", "file.txt/below"])
def test_what_can_not_be_is_not_there(word: str, tmp_path: Path) -> None:
    write(tmp_path / "file.txt", "x")
    assert is_there(tmp_path / word) is (word == "") and not is_file(tmp_path / word)
    assert is_file(tmp_path / "file.txt")


def test_an_absolute_path_leads_where_the_path_led(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "far" / "x.txt", "far")
    (tmp_path / "far" / "deep").mkdir()
    write(tmp_path / "near" / "x.txt", "near")
    (tmp_path / "near" / "link").symlink_to(tmp_path / "far" / "deep")
    monkeypatch.chdir(tmp_path / "near")
    assert absolute("x.txt") == absolute("./a/../x.txt") == str(tmp_path / "near" / "x.txt")
    assert absolute("link/../x.txt") == os.path.realpath(tmp_path / "far" / "x.txt")

"""Folders into an index: what is walked, what is done again, what is told."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from gba_qa import QA, GbaQAError, IndexCorrupt, UsageError
from gba_qa.indexing import build_index
from gba_qa.types import Floats
from tests.conftest import HashEmbedder


class CountingEmbedder(HashEmbedder):
    """Says how many texts it was given."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def encode_with_tokens(self, texts: Sequence[str]) -> tuple[Floats, list[Floats]]:
        self.texts += texts
        return super().encode_with_tokens(texts)


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def names(report_files: Sequence[object], status: str) -> list[str]:
    return [Path(f.source).name for f in report_files if f.status == status]  # type: ignore[attr-defined]


def test_a_thousand_unchanged_files_take_under_two_seconds(tmp_path: Path) -> None:
    folder, embedder = tmp_path / "docs", CountingEmbedder()
    for n in range(1000):
        write(folder / f"{n % 20}" / f"{n:04d}.md", f"# 第{n}號文件\n\n河岸市第{n}號文件說的是圖書館。\n")
    assert build_index([folder], tmp_path / "index", embedder).count("read") == 1000
    embedder.texts.clear()
    began = time.process_time()
    report = build_index([folder], tmp_path / "index", embedder)
    assert time.process_time() - began < 2.0
    assert report.summary() == "1000 unchanged" and embedder.texts == []


def test_only_what_changed_is_embedded_and_info_says_so(tmp_path: Path) -> None:
    folder, embedder = tmp_path / "docs", CountingEmbedder()
    write(folder / "kept.md", "# 甲\n\n甲說的是河流。\n")
    write(folder / "renamed.md", "# 乙\n\n乙說的是山。\n")
    write(folder / "touched.md", "# 戊\n\n戊說的是雲。\n")
    changed = write(folder / "changed.md", "# 丙\n\n丙說的是海。\n\n## 二\n\n第二節沒有改。\n")
    write(folder / "deleted.md", "# 丁\n\n丁說的是獨一無二的燈塔。\n")
    before = QA.build([folder], tmp_path / "index", embedder=embedder).info()
    assert (before["documents"], before["chunks"]) == (5, 6)
    embedder.texts.clear()
    (folder / "renamed.md").rename(folder / "new name.md")
    os.utime(folder / "touched.md", (1, 1))
    changed.write_text("# 丙\n\n丙說的是湖。\n\n## 二\n\n第二節沒有改。\n", encoding="utf-8")
    (folder / "deleted.md").unlink()
    qa = QA.build([folder], tmp_path / "index", embedder=embedder)
    assert [text for text in embedder.texts if "dimension" not in text] == ["丙\n丙說的是湖。"]
    assert qa.report is not None and qa.report.summary() == "1 read, 2 unchanged, 1 renamed, 1 removed"
    info = qa.info()
    assert (info["documents"], info["chunks"]) == (4, 5)
    assert sorted(Path(s["source"]).name for s in info["sources"]) == [
        "changed.md",
        "kept.md",
        "new name.md",
        "touched.md",
    ]
    assert not any(
        "燈塔" in h.chunk.text for mode in ("bm25", "dense") for h in qa.search("獨一無二的燈塔", 9, mode=mode)
    )
    assert not any("海" in h.chunk.text for h in qa.search("丙說的是海", 9, mode="dense"))


def test_one_content_at_two_places_is_embedded_once(tmp_path: Path) -> None:
    embedder = CountingEmbedder()
    for name in ("a.md", "b.md"):
        write(tmp_path / "docs" / name, "# 河岸市圖書館年報\n\n甲說的是河流。\n")
    qa = QA.build([tmp_path / "docs"], tmp_path / "index", embedder=embedder)
    assert embedder.texts == ["河岸市圖書館年報\n甲說的是河流。"] and len(qa.documents()) == 2 and len(qa.index) == 1


def test_folders_are_walked_in_order_without_what_is_hidden_or_outside(tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    text = "# {0}\n\n{0} stands here.\n"
    for name in (
        "b/z.md",
        "b/a/deep.md",
        "a.md",
        ".hidden.md",
        ".git/config.md",
        "__MACOSX/b/z.md",
        "b/~$z.md",
        "b/._z.md",
    ):
        write(folder / name, text.format(name))
    write(tmp_path / "outside" / "secret.md", "# Secret\n\nNobody shall read this.\n")
    (folder / "b" / "photo.JPG").write_bytes(b"a picture")
    (folder / "link.md").symlink_to(tmp_path / "outside" / "secret.md")
    (folder / "linked").symlink_to(tmp_path / "outside")
    (folder / "loop").symlink_to(folder)
    (folder / "inside.md").symlink_to(folder / "a.md")
    (folder / "dangling.md").symlink_to(folder / "nothing.md")
    report = build_index([folder], tmp_path / "index", HashEmbedder())
    assert [str(Path(f.source).relative_to(folder)) for f in report.files] == ["a.md", "b/z.md", "b/a/deep.md"]
    assert report.left_out == (str(folder / "b" / "photo.JPG"),)
    with pytest.raises(UsageError, match="no such file or folder"):
        build_index([folder / "missing"], tmp_path / "index", HashEmbedder())


def test_a_file_that_fails_keeps_what_it_had_and_stops_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    first = write(folder / "a.md", "# 甲\n\n甲說的是河流。\n")
    write(folder / "b.md", "# 乙\n\n乙說的是山。\n")
    (folder / "c.docx").write_bytes(b"PK\x03\x04 cut short")
    report = build_index([folder], tmp_path / "index", HashEmbedder())
    assert report.summary() == "2 read, 1 failed" and "truncated or broken" in report.failed[0].detail
    first.write_bytes(b"")
    write(folder / "d.md", "# 丁\n\n丁說的是燈塔。\n")
    seen: list[tuple[int, int, str]] = []
    report = build_index([folder], tmp_path / "index", HashEmbedder(), progress=lambda *step: seen.append(step))
    assert names(report.files, "failed") == ["a.md", "c.docx"] and names(report.files, "read") == ["d.md"]
    assert seen == [(0, 4, "a.md"), (1, 4, "b.md"), (2, 4, "c.docx"), (3, 4, "d.md"), (4, 4, "")]
    qa = QA.load(tmp_path / "index", embedder=HashEmbedder())
    assert any("河流" in h.chunk.text for h in qa.search("河流", 3))


@pytest.mark.parametrize("listed", [True, False])
def test_a_folder_that_may_not_be_read_is_told_and_keeps_what_it_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listed: bool
) -> None:
    """A folder without the right to enter it, and, where `listed`, with that to list it: `chmod 000` and `chmod 444`."""
    folder, locked = tmp_path / "docs", tmp_path / "docs" / "locked"
    write(folder / "a.md", "# 甲\n\n甲說的是河流。\n")
    write(locked / "b.md", "# 乙\n\n乙說的是山。\n")
    write(locked / "deep" / "c.md", "# 丙\n\n丙說的是海。\n")
    build_index([folder], tmp_path / "index", HashEmbedder())
    look, listing = os.stat, os.scandir

    def stat(path: Path, **how: bool) -> os.stat_result:
        if isinstance(path, Path) and locked in path.parents:
            raise PermissionError(13, "Permission denied", str(path))
        return look(path, **how)

    def scandir(path: str) -> object:
        if (Path(path) == locked and not listed) or locked in Path(path).parents:
            raise PermissionError(13, "Permission denied", str(path))
        return listing(path)

    monkeypatch.setattr(os, "stat", stat)
    monkeypatch.setattr(os, "scandir", scandir)
    report = build_index([folder], tmp_path / "index", HashEmbedder())
    assert report.summary() == ("1 unchanged, 2 failed" if listed else "1 unchanged, 1 failed")
    failed = [locked / "b.md", locked / "deep"] if listed else [locked]
    assert [f.source for f in report.failed] == [str(path) for path in failed]
    assert all(f.detail.startswith(f"{f.source}: Permission denied") for f in report.failed)
    report = build_index([locked / "b.md"], tmp_path / "index", HashEmbedder())
    assert report.summary() == "1 failed"
    monkeypatch.undo()
    assert len(QA.load(tmp_path / "index", embedder=HashEmbedder()).documents()) == 3


def rebuilt(place: Path, embedder: HashEmbedder) -> QA:
    """As `gba-qa index --rebuild --index …` does, which is what errors tell people to run."""
    return QA.build(index=place, embedder=embedder, rebuild=True)


def damage_vectors(generation: Path) -> None:
    (generation / "vectors.npy").write_bytes(b"rubbish")


def damage_pointer(generation: Path) -> None:
    (generation.parent / "CURRENT").write_text("nonsense")


def of_another_format(generation: Path) -> None:
    path = generation / "manifest.json"
    path.write_text(path.read_text().replace('"format": 1', '"format": 99'))


@pytest.mark.parametrize("damage", [damage_vectors, damage_pointer, of_another_format])
def test_the_command_that_an_error_names_reads_the_same_files_again(
    small_folder: Path, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    place, other = tmp_path / "index", HashEmbedder()
    QA.build([small_folder], place, embedder=HashEmbedder())
    damage(place / "g000001")
    with pytest.raises(GbaQAError, match="gba-qa index --rebuild --index"):
        QA.load(place, embedder=HashEmbedder())
    other.name = "other"
    (small_folder / "library.en.md").unlink()
    qa = rebuilt(place, other)
    assert {Path(d.source).name for d in qa.documents()} == {"harbour.zh-Hant.md", "orchard.zh-Hans.md"}
    assert qa.report is not None and qa.report.summary() == "2 read, 1 removed" and qa.info()["embedder"] == "other"


def test_a_rebuild_that_would_lose_everything_is_refused(small_folder: Path, tmp_path: Path) -> None:
    place = tmp_path / "index"
    QA.build([small_folder], place, embedder=HashEmbedder())
    small_folder.rename(tmp_path / "elsewhere")
    with pytest.raises(
        UsageError, match=r"none of the 3 files .* is where it was .*`gba-qa index --rebuild PATH… --index "
    ):
        rebuilt(place, HashEmbedder())
    assert len(QA.load(place, embedder=HashEmbedder()).documents()) == 3
    (place / "g000001" / "manifest.json").write_text("{")
    with pytest.raises(
        IndexCorrupt, match="can't say any more which files it held; name them: `gba-qa index --rebuild PATH"
    ):
        rebuilt(place, HashEmbedder())
    assert len(QA.build([tmp_path / "elsewhere"], place, embedder=HashEmbedder(), rebuild=True).documents()) == 3

"""Scanned pages: told, with what would read them; read by OCR on demand; marked as such.

What is made of the lines that an engine finds is tested with an engine that finds given ones; the real one where the extra is installed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pypdfium2 as pdfium
import pytest
from PIL import Image
from typer.testing import CliRunner

from gba_qa import QA, MissingDependency, ReadError
from gba_qa.cli import app
from gba_qa.errors import install_command
from gba_qa.indexing import build_index
from gba_qa.readers import ocr, read
from tests.conftest import HashEmbedder
from tests.made_files import HANT, placed_pdf

Line = tuple[float, float, float, float, str, float]  # left, top, right, bottom in points, text, confidence
GARBLED = [(60.0, 100.0 + 20 * i, "佛佛佛佛佛佛佛佛佛佛佛佛 釉釉釉釉", 12.0) for i in range(6)]
needs_rapidocr = pytest.mark.skipif(find_spec("rapidocr") is None, reason="needs the extra ocr")


def scanned(path: Path, *, of: Path | None = None, blank: int = 1) -> Path:
    """A PDF of pictures at 150 dots an inch: of the pages of another PDF, or blank ones."""
    if of is None:
        pictures = [Image.new("L", (1240, 1754), 255) for _ in range(blank)]
    else:
        source = pdfium.PdfDocument(of)
        pictures = [source[i].render(scale=150 / 72).to_pil().convert("L") for i in range(len(source))]
        source.close()
    pictures[0].save(path, save_all=True, append_images=pictures[1:], resolution=150)
    return path


def bound(path: Path, *parts: Path) -> Path:
    """All pages of several PDFs as one."""
    whole = pdfium.PdfDocument.new()
    for part in parts:
        source = pdfium.PdfDocument(part)
        whole.import_pages(source)
        source.close()
    whole.save(path)
    return path


class Engine:
    """Finds on each page in turn what it was given."""

    def __init__(self, pages: Sequence[Sequence[Line]]) -> None:
        self.pages = list(pages)
        self.asked = 0
        self.height = 842.0  # of a page, in points

    def __call__(self, picture: np.ndarray) -> SimpleNamespace:  # type: ignore[type-arg]
        assert picture.dtype == np.uint8 and picture.shape[2] == 3 and max(picture.shape) == 2000
        lines = self.pages[self.asked]
        self.asked += 1
        if not lines:
            return SimpleNamespace(txts=None, scores=None, boxes=None)
        scale = picture.shape[0] / self.height
        boxes = np.array([[(x0, y0), (x1, y0), (x1, y1), (x0, y1)] for x0, y0, x1, y1, _, _ in lines]) * scale
        return SimpleNamespace(txts=[line[4] for line in lines], scores=[line[5] for line in lines], boxes=boxes)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    made = Engine([])
    monkeypatch.setattr(ocr, "check_ocr", lambda: None)
    monkeypatch.setattr("gba_qa.indexing.check_ocr", lambda: None)
    monkeypatch.setattr(ocr, "_engine", lambda: made)
    yield made


def flow(x: float, y: float, sentences: Sequence[str], *, width: float = 230) -> list[Line]:
    return [(x, y + 16 * i, x + width, y + 16 * i + 12 + i % 2, text, 0.97) for i, text in enumerate(sentences)]


LEFT = [
    "The library of Riverside moved into its new",
    "building last spring, and its seats rose from",
    "300 to 520, as the librarian said at the time",
    "to all who had come to see the new reading",
    "rooms by the river and the light in them.",
]
RIGHT = [
    "In the first month 41,206 books were lent out",
    "to readers of all ages, or 12.5% more than in",
    "the old house by the bridge, where the rooms",
    "had been dark and where the desks had stood",
    "too near to each other for anyone to read.",
]


def test_lines_come_in_reading_order_and_the_page_is_named(tmp_path: Path, engine: Engine) -> None:
    mixed = [line for pair in zip(flow(50, 100, LEFT), flow(320, 100, RIGHT), strict=True) for line in pair]
    stamp: Line = (10, 300, 22, 400, "RECEIVED 2006", 0.99)
    smudge: Line = (50, 200, 280, 212, "tbe i e t c", 0.6)
    text = placed_pdf(tmp_path / "text.pdf", [[(60.0, 100.0 + 20 * i, s, 12.0) for i, s in enumerate(LEFT)]])
    garbled = placed_pdf(tmp_path / "garbled.pdf", [GARBLED])
    path = bound(tmp_path / "a.pdf", text, scanned(tmp_path / "s.pdf", blank=2), garbled)
    engine.pages = [[*mixed, stamp, smudge], [], flow(50, 100, RIGHT)]
    made = read(path, ocr=True)
    both = " ".join([*LEFT, *RIGHT])
    assert [made.page_at(made.text.index(start)) for start in (LEFT[0], RIGHT[0])] == [1, 2]
    second = made.text[made.pages[1] : made.pages[2]]
    assert " ".join(second.split()) == both
    assert " ".join(made.text[made.pages[3] :].split()) == " ".join(RIGHT)
    assert made.meta["ocr_pages"] == [2, 4]
    assert made.meta["skipped_pages"] == [[3, "scanned, and OCR found no text"]]
    assert engine.asked == 3
    plain = read(path)
    assert "ocr_pages" not in plain.meta and engine.asked == 3
    assert [page for page, _ in plain.meta["skipped_pages"]] == [2, 3, 4]  # type: ignore[attr-defined]


def test_two_pages_on_one_sheet_are_read_one_after_the_other(tmp_path: Path, engine: Engine) -> None:
    Image.new("L", (1754, 1240), 255).save(tmp_path / "sheet.pdf", resolution=150)
    left, right = (
        ["Contents", "Seal 54", "Notices 60"],
        ["CERTIFICATE", "I certify that the Club", "is this day incorporated"],
    )
    both = [*flow(60, 100, left, width=200), *flow(480, 100, right, width=250)]
    engine.pages = [both]
    engine.height = 595
    made = read(tmp_path / "sheet.pdf", ocr=True)
    assert " ".join(made.text.split()) == " ".join([*left, *right])
    assert made.pages == (0,)


def test_a_page_whose_fonts_are_missing_is_not_read_by_halves(tmp_path: Path, engine: Engine) -> None:
    good = [(60.0, 100.0 + 20 * i, s, 12.0) for i, s in enumerate(LEFT)]
    path = placed_pdf(tmp_path / "a.pdf", [good, GARBLED])
    engine.pages = [[(60, 100, 120, 112, "6893.00", 0.99), (60, 130, 90, 142, "USD", 0.99)]]
    assert read(path, ocr=True).meta["skipped_pages"] == [[2, "garbled text layer, and OCR found little of it"]]


def test_rubbish_that_the_engine_finds_is_no_text(tmp_path: Path, engine: Engine) -> None:
    engine.pages = [flow(50, 100, ["xqzt vbnm zzzz kkkk wwrr tttt pppp llkk"] * 8)]
    with pytest.raises(ReadError, match=r"scan\.pdf: scanned, and OCR found no words"):
        read(scanned(tmp_path / "scan.pdf"), ocr=True)


def test_an_indexed_file_is_read_again_for_its_scans_alone(tmp_path: Path, engine: Engine) -> None:
    docs, place = tmp_path / "docs", tmp_path / "index"
    docs.mkdir()
    text = placed_pdf(tmp_path / "text.pdf", [[(60.0, 100.0 + 20 * i, s, 12.0) for i, s in enumerate(LEFT)]])
    bound(docs / "a.pdf", text, scanned(tmp_path / "s.pdf", blank=2))
    placed_pdf(docs / "b.pdf", [[(60.0, 100.0 + 20 * i, s, 12.0) for i, s in enumerate(RIGHT)]])
    scan = (2, "scanned: no text layer"), (3, "scanned: no text layer")
    for status in ("read", "unchanged"):  # the second run tells of the pages as the first did
        report = build_index([docs], place, HashEmbedder())
        assert [(f.status, f.skipped, f.ocr) for f in report.files] == [(status, scan, ()), (status, (), ())]
    engine.pages = [flow(50, 100, RIGHT), []]
    report = build_index([docs], place, HashEmbedder(), ocr=True)
    left = ((3, "scanned, and OCR found no text"),)
    assert [(f.status, f.skipped, f.ocr) for f in report.files] == [("read", left, (2,)), ("unchanged", (), ())]
    for again in (True, False):  # what OCR could not read is not tried again, and what it read is kept
        report = build_index([docs], place, HashEmbedder(), ocr=again)
        assert [(f.status, f.skipped, f.ocr) for f in report.files] == [
            ("unchanged", left, (2,)),
            ("unchanged", (), ()),
        ]
    assert engine.asked == 2
    qa = QA.load(place, embedder=HashEmbedder())  # type: ignore[arg-type]
    assert {(Path(h.chunk.source).name, h.chunk.page) for h in qa.search("12.5% more", mode="bm25")} >= {("a.pdf", 2)}
    qa.close()


def test_the_command_line_tells_of_scans_and_of_ocr(
    tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan, place = scanned(tmp_path / "scan.pdf", blank=4), str(tmp_path / "index")
    command = ["index", str(scan), "--index", place, "--embedder", "none"]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 1 and "scanned: no text layer (all 4 pages)" in done.stderr
    assert "note: 1 files have scanned or garbled pages; OCR can read them: `gba-qa index --ocr`" in done.stderr
    engine.pages = [flow(50, 100, LEFT), flow(50, 100, RIGHT), [], flow(50, 100, RIGHT[:3])]
    done = CliRunner().invoke(app, [*command, "--ocr", "--report"])
    assert done.exit_code == 0, done.output
    assert "read by OCR: pages 1-2, 4" in done.stdout
    assert "page 3 not indexed: scanned, and OCR found no text" in done.stdout
    assert "can read them" not in done.output
    told = json.loads(CliRunner().invoke(app, [*command, "--json"]).stdout)
    assert told["files"][0]["ocr"] == [1, 2, 4]
    monkeypatch.setenv("GBA_QA_OCR", "true")
    engine.pages += [flow(50, 100, LEFT)]
    scanned(scan)
    assert "1 pages read by OCR" in CliRunner().invoke(app, command).stderr


def test_without_the_extra_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "find_spec", lambda name: None)
    scan = scanned(tmp_path / "scan.pdf")
    done = CliRunner().invoke(
        app, ["index", str(scan), "--ocr", "--index", str(tmp_path / "index"), "--embedder", "none"]
    )
    assert (done.exit_code, done.stderr) == (
        1,
        f"gba-qa: reading scanned pages needs an extra: `{install_command('ocr')}`\n",
    )
    assert not (tmp_path / "index").exists()
    with pytest.raises(MissingDependency):
        read(scan, ocr=True)
    with pytest.raises(ReadError, match="scanned: no text layer"):
        read(scan)


@needs_rapidocr
@pytest.mark.slow
def test_printed_pages_are_read_in_both_languages(tmp_path: Path) -> None:
    english = [
        (60.0 + 270 * c, 100.0 + 18 * i, s, 10.0) for c, side in enumerate((LEFT, RIGHT)) for i, s in enumerate(side)
    ]
    chinese = [(60.0, 100.0 + 24 * i, s, 14.0) for i, s in enumerate([HANT[:34], HANT[34:66], HANT[66:]])]
    made = read(scanned(tmp_path / "scan.pdf", of=placed_pdf(tmp_path / "text.pdf", [english, chinese])), ocr=True)
    assert made.meta["ocr_pages"] == [1, 2]
    assert " ".join(made.text[: made.pages[1]].split()) == " ".join([*LEFT, *RIGHT])
    assert "".join(made.text[made.pages[1] :].split()) == HANT

"""Whatever the bytes: a document, or one line that names the file; never another error, never for ever, never a burst of memory."""

from __future__ import annotations

import contextlib
import io
import os
import random
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import docx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from pptx import Presentation

from gba_qa import ReadError, UnsupportedFormat
from gba_qa.chunking import split
from gba_qa.readers import SUFFIXES, read
from gba_qa.readers.limits import MOST_TEXT
from tests.made_files import ENGLISH, HANS, HANT, flowing_pdf

LEGACY = {suffix for suffix, target in SUFFIXES.items() if target.startswith("legacy")}
MODERN = sorted(set(SUFFIXES) - LEGACY)


def make(folder: Path, suffix: str, paragraphs: list[str]) -> Path:
    """A file of this kind with these paragraphs in it."""
    path = folder / f"made{suffix}"
    body = "\n\n".join(paragraphs)
    if suffix == ".pdf":
        return flowing_pdf(path, paragraphs or [" "])
    if suffix in (".docx", ".docm"):
        word = docx.Document()
        for text in paragraphs:
            word.add_paragraph(text)
        word.save(str(path))
    elif suffix in (".pptx", ".pptm"):
        show = Presentation()
        for text in paragraphs:
            show.slides.add_slide(show.slide_layouts[5]).shapes.title.text = text
        show.save(str(path))
    elif suffix in (".xlsx", ".xlsm"):
        book = Workbook()
        for text in paragraphs:
            book.active.append([text, len(text), "x"])
        book.save(path)
    elif suffix in (".html", ".htm", ".xhtml"):
        path.write_text(
            "<html><body>" + "".join(f"<p>{t}</p>" for t in paragraphs) + "</body></html>", encoding="utf-8"
        )
    elif suffix == ".epub":
        with zipfile.ZipFile(path, "w") as book_file:
            book_file.writestr(
                "p.opf",
                '<package><manifest><item id="a" href="a.xhtml" media-type="text/html"/></manifest><spine><itemref idref="a"/></spine></package>',
            )
            book_file.writestr(
                "a.xhtml", "<html><body>" + "".join(f"<p>{t}</p>" for t in paragraphs) + "</body></html>"
            )
    elif suffix in (".csv", ".tsv"):
        path.write_text(
            "\n".join(f"{t.replace(',', '，')}{'	' if suffix == '.tsv' else ','}{len(t)}" for t in paragraphs),
            encoding="utf-8",
        )
    else:
        path.write_text(body, encoding="utf-8")
    return path


def test_the_table_of_formats_is_covered() -> None:
    assert {"txt", "md", "pdf", "docx", "pptx", "xlsx", "csv", "html", "epub", "doc"} <= {s[1:] for s in SUFFIXES}


@pytest.mark.parametrize("suffix", MODERN)
def test_reading_twice_gives_the_same_and_chunks_fit(tmp_path: Path, suffix: str) -> None:
    path = make(tmp_path, suffix, [HANT, HANS, ENGLISH])
    made, again = read(path), read(path)
    assert made == again
    squeezed = "".join(made.text.split())
    for sentence in ("新樓最大的好處是光線", "比旧馆同期多出12.5%", "12.5%morethanintheoldhouse"):
        assert sentence in squeezed
    check(made)


def check(made) -> None:  # type: ignore[no-untyped-def]
    assert all(a.end <= b.start for a, b in zip(made.blocks, made.blocks[1:], strict=False))
    assert list(made.pages) == sorted(made.pages)
    for chunk in split(made, size=60, overlap=15):
        assert made.text[chunk.start : chunk.end] == chunk.text and chunk.text.strip()


PARAGRAPH = st.lists(
    st.sampled_from(
        [
            *"館書河岸新樓有座位。！？，「」（）1230.%",
            "Library ",
            "of ",
            "Dr. ",
            "\t",
            "表一、",
            "• ",
            "| ",
            "# ",
            "<b>",
        ]
    ),
    min_size=1,
    max_size=60,
).map("".join)


@pytest.mark.parametrize(
    "suffix",
    [s for s in MODERN if s not in (".docm", ".pptm", ".xlsm", ".htm", ".xhtml", ".text", ".markdown", ".tsv")],
)
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(paragraphs=st.lists(PARAGRAPH, min_size=1, max_size=8))
def test_offsets_hold_for_any_text_in_any_format(tmp_path: Path, suffix: str, paragraphs: list[str]) -> None:
    try:
        made = read(make(tmp_path, suffix, paragraphs))
    except ReadError as error:
        assert "no text" in str(error) or "empty" in str(error)
        return
    check(made)


@pytest.mark.parametrize("suffix", MODERN)
def test_empty_truncated_noisy_and_misnamed_files(tmp_path: Path, suffix: str) -> None:
    whole = make(tmp_path, suffix, [HANT] * 20).read_bytes()
    rng = random.Random(7)
    noise = bytes(rng.randrange(256) for _ in range(5000))
    flipped = bytearray(whole)
    for _ in range(40):
        flipped[rng.randrange(len(flipped))] ^= 0xFF
    cases = {
        "zero": b"",
        "half": whole[: len(whole) // 2],
        "start": whole[:60],
        "noise": noise,
        "nulls": b"\0" * 5000,
        "flipped": bytes(flipped),
        "a pdf": b"%PDF-1.7\n%nothing else",
        "a zip": _zip({"a.txt": b"x"}),
        "a picture": b"\x89PNG\r\n\x1a\n" + noise,
        "old office": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + noise,
    }
    for name, data in cases.items():
        path = tmp_path / f"{name}{suffix}"
        path.write_bytes(data)
        begun = time.monotonic()
        try:
            check(read(path))
        except ReadError as error:
            assert path.name in str(error) and "\n" not in str(error)
        assert time.monotonic() - begun < 10
    with pytest.raises(ReadError, match=r"the file is empty \(0 bytes\)"):
        read(tmp_path / f"zero{suffix}")


def _zip(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as container:
        for name, data in members.items():
            container.writestr(name, data)
    return out.getvalue()


@pytest.mark.parametrize("suffix", [".docx", ".pptx", ".xlsx", ".epub"])
def test_zip_bombs_are_not_unpacked(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"bomb{suffix}"
    path.write_bytes(_zip({"word/document.xml": b" " * 60_000_000, "[Content_Types].xml": b"<Types/>"}))
    begun = time.monotonic()
    with pytest.raises(ReadError, match="zip bomb"):
        read(path)
    assert time.monotonic() - begun < 2


def _pdf(stream: bytes, filters: str) -> bytes:
    """One page with this drawing stream."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        b"<</Length %d/Filter%s>>stream\n%s\nendstream" % (len(stream), filters.encode(), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    out = b"%PDF-1.7\n"
    for number, body in enumerate(objects, start=1):
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    return out + b"trailer<</Size 6/Root 1 0 R>>\n%%EOF"


def _deflated(pattern: bytes, size: int) -> bytes:
    packer = zlib.compressobj(9)
    block = (pattern * (1 << 20))[: 1 << 20]
    return b"".join(packer.compress(block) for _ in range(size >> 20)) + packer.flush()


def test_a_pdf_that_bursts_is_not_unpacked(tmp_path: Path) -> None:
    drawing = b"BT /F 9 Tf 60 700 Td (The library is open) Tj ET\n"
    (tmp_path / "good.pdf").write_bytes(_pdf(zlib.compress(drawing), "/FlateDecode"))
    assert read(tmp_path / "good.pdf").text == "The library is open"
    nested = zlib.compress(zlib.compress(drawing))
    (tmp_path / "nested.pdf").write_bytes(_pdf(nested, "[/FlateDecode/FlateDecode]"))
    assert read(tmp_path / "nested.pdf").text == "The library is open"
    bombs = {
        "spaces": _pdf(_deflated(b" ", 200 << 20), "/FlateDecode"),
        "drawing": _pdf(_deflated(drawing, 100 << 20), "/FlateDecode"),
        "twice": _pdf(zlib.compress(_deflated(b" ", 200 << 20), 9), "[/FlateDecode/FlateDecode]"),
    }
    for name, data in bombs.items():
        (tmp_path / f"{name}.pdf").write_bytes(data)
        begun = time.process_time()
        with pytest.raises(ReadError, match="decompression bomb"):
            read(tmp_path / f"{name}.pdf")
        assert time.process_time() - begun < 2


@pytest.mark.parametrize("suffix", [".txt", ".md", ".html", ".csv"])
def test_a_text_without_end_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"long{suffix}"
    with path.open("wb") as file:
        file.truncate(MOST_TEXT + 1)
    with pytest.raises(ReadError, match="too large"):
        read(path)


def test_a_word_file_with_one_huge_part_is_refused(tmp_path: Path) -> None:
    rng = random.Random(1)
    part = b"".join(b"<w:t>%x</w:t>" % rng.getrandbits(40) for _ in range(3_200_000))
    (tmp_path / "long.docx").write_bytes(_zip({"word/document.xml": part}))
    with pytest.raises(ReadError, match=r"too large \(word/document\.xml has \d+ MB; at most 60\)"):
        read(tmp_path / "long.docx")


# Linux hands ru_maxrss down from the process that forked, which here is a pytest that has grown; VmHWM is this process's own.
MEASURED = """
import resource, sys
from pathlib import Path
from gba_qa.readers import read
read(Path(sys.argv[1]))
status = Path("/proc/self/status")
own = [line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM")] if status.exists() else []
print(int(own[0]) // 1024 if own else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1 << 20))
"""


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".txt", ".html", ".docx"])
def test_the_memory_that_reading_takes_is_bounded(tmp_path: Path, suffix: str) -> None:
    """A file of some megabytes of text, a hundred times what people have, within 1.5 GB."""
    path = make(tmp_path, suffix, [ENGLISH] * 12_000)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(path)], capture_output=True, text=True, env=environment, check=True
    )
    assert int(done.stdout) < 1500


@pytest.mark.parametrize(
    "payload",
    [
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        '<!DOCTYPE a [<!ENTITY a "{}"><!ENTITY b "{}">]><a>&b;</a>',
    ],
)
def test_xml_entities_open_nothing(tmp_path: Path, payload: str) -> None:
    payload = payload.format("ha" * 1000, "&a;" * 1000) if "{}" in payload else payload
    for name, path in (("a.epub", "p.opf"), ("b.epub", "a.xhtml")):
        (tmp_path / name).write_bytes(
            _zip(
                {
                    "p.opf": b'<package><manifest><item id="a" href="a.xhtml" media-type="text/html"/></manifest><spine><itemref idref="a"/></spine></package>',
                    "a.xhtml": b"<p>x</p>",
                    path: payload.encode(),
                }
            )
        )
        with contextlib.suppress(ReadError):
            assert "root:" not in (text := read(tmp_path / name).text) and len(text) < 100_000


@pytest.mark.parametrize(
    ("name", "make_it", "reason"),
    [
        ("locked.pdf", lambda p: _locked_pdf(p), "needs a password"),
        ("a.xyz", lambda p: p.write_text("x"), "no reader for .xyz"),
        ("none", lambda p: p.write_text("x"), "no reader for a file without a suffix"),
        ("gone.txt", lambda p: None, "no such file"),
        ("folder.txt", lambda p: p.mkdir(), "directory"),
        ("blank.docx", lambda p: docx.Document().save(str(p)), "no text"),
        ("blank.txt", lambda p: p.write_text(" \n\n "), "no text"),
    ],
)
def test_the_true_reason_is_told(tmp_path: Path, name: str, make_it: Callable[[Path], object], reason: str) -> None:
    make_it(tmp_path / name)
    with pytest.raises(ReadError, match=reason) as caught:
        read(tmp_path / name)
    assert name in str(caught.value)
    assert isinstance(caught.value, UnsupportedFormat) == reason.startswith("no reader")


def _locked_pdf(path: Path) -> None:
    from reportlab.lib.pdfencrypt import StandardEncryption
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(path), encrypt=StandardEncryption("secret", canPrint=0))
    canvas.drawString(50, 700, "hidden")
    canvas.save()


@pytest.mark.slow
def test_a_pdf_of_two_thousand_pages_in_bounded_time(tmp_path: Path) -> None:
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(tmp_path / "a.pdf"))
    for number in range(2000):
        for line in range(12):
            canvas.drawString(60, 760 - 16 * line, f"Page {number} line {line} is about the library and its readers.")
        canvas.showPage()
    canvas.save()
    begun = time.process_time()
    made = read(tmp_path / "a.pdf")
    assert time.process_time() - begun < 60
    assert len(made.pages) == 2000 and made.page_at(made.text.index("Page 1234 line 5")) == 1235

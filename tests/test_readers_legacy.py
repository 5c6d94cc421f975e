"""Older office formats: what LibreOffice makes of them, and what is told where it is missing, hangs or can't read them."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import threading
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import docx
import pytest

from gba_qa import ReadError
from gba_qa.readers import legacy, read
from gba_qa.types import Document
from tests.made_files import ENGLISH, HANS, HANT, fill_report

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
OLD_WORD = OLE + bytes(500) + "WordDocument".encode("utf-16-le") + bytes(500)  # as far as its directory tells
needs_office = pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")


def texts(document: Document, kind: str) -> list[str]:
    return [document.text[b.start : b.end] for b in document.blocks if b.kind == kind]


def refused(path: Path) -> str:
    with pytest.raises(ReadError) as caught:
        read(path)
    told = str(caught.value)
    assert told.startswith(f"{path}: ") and "\n" not in told
    return told.removeprefix(f"{path}: ")


def test_without_libreoffice_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    for name, data, modern in (
        ("a.doc", OLD_WORD, "docx"),
        ("b.rtf", rb"{\rtf1 text}", "docx"),
        ("c.xls", OLE + "Workbook".encode("utf-16-le"), "xlsx"),
        ("d.ppt", OLE + "PowerPoint Document".encode("utf-16-le"), "pptx"),
        ("e.doc", b"\xd0\xcf\x11\xe0 old", "docx"),
    ):
        (tmp_path / name).write_bytes(data)
        assert refused(tmp_path / name) == (
            f"{name[1:]} files are read by way of LibreOffice, which is not installed; install it, or save the file as .{modern}"
        )


def test_what_is_no_old_file_at_all_needs_no_libreoffice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    word = docx.Document()
    word.add_paragraph(HANT)
    word.save(str(tmp_path / "a.docx"))
    (tmp_path / "a.docx").rename(tmp_path / "renamed.doc")
    assert read(tmp_path / "renamed.doc").text == HANT
    page = f"<html><head><meta charset='gb18030'></head><body><h1>年報</h1><p>{HANS}</p></body></html>"
    (tmp_path / "web.doc").write_bytes(page.encode("gb18030"))
    assert texts(read(tmp_path / "web.doc"), "paragraph") == [HANS]


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A program in the place of LibreOffice, to be written by the test."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    program = folder / "soffice"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    yield program


def test_a_conversion_that_hangs_is_ended_with_all_its_processes(
    tmp_path: Path, office: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.write_text(f"#!/bin/sh\nsleep 300 &\necho $! > {tmp_path}/child\nwait\n")
    (tmp_path / "a.doc").write_bytes(OLD_WORD)
    monkeypatch.setattr(legacy, "_SECONDS", 2)
    begun = time.monotonic()
    assert refused(tmp_path / "a.doc") == "LibreOffice did not finish within 2 s; save the file as .docx"
    assert time.monotonic() - begun < 20
    child = int((tmp_path / "child").read_text())
    for _ in range(100):
        if not _lives(child):
            break
        time.sleep(0.1)
    assert not _lives(child)


def _lives(pid: int) -> bool:
    done = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return bool(done.stdout.strip()) and not done.stdout.strip().startswith("Z")


def test_a_conversion_that_fails_is_told_and_has_bounds(tmp_path: Path, office: Path) -> None:
    (tmp_path / "a.doc").write_bytes(OLD_WORD)
    why = "LibreOffice could not read it: broken, it needs a password, or LibreOffice's Writer is not installed"
    assert refused(tmp_path / "a.doc") == why
    office.write_text(f"#!/bin/sh\nulimit -f > {tmp_path}/limit\nulimit -v >> {tmp_path}/limit\n")
    assert refused(tmp_path / "a.doc") == why
    size, memory = (tmp_path / "limit").read_text().split()
    assert 0 < int(size) * 512 <= 700_000_000 and 0 < int(memory) * 1024 <= 4_000_000_000


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one document as .doc, .rtf and .odt."""
    folder = tmp_path_factory.mktemp("old")
    word = docx.Document()
    fill_report(word)
    word.add_heading("简体摘要", level=2)
    word.add_paragraph(HANS)
    word.add_paragraph(ENGLISH)
    word.save(str(folder / "made.docx"))
    for suffix in ("doc", "rtf", "odt"):
        profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
        command = [
            "soffice",
            profile,
            "--headless",
            "--convert-to",
            suffix,
            "--outdir",
            str(folder),
            str(folder / "made.docx"),
        ]
        subprocess.run(command, check=True, capture_output=True, timeout=300)
    return folder


@needs_office
@pytest.mark.parametrize("suffix", ["doc", "rtf", "odt"])
def test_headings_lists_tables_and_chinese_are_kept(old: Path, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"年報 #1 %20 'x'.{suffix.upper()}"
    shutil.copyfile(old / f"made.{suffix}", path)
    made = read(path)
    assert (made.title, made.source, made.language) == ("河岸圖書館年報", str(path), "zh-Hant")
    assert [(b.level, made.text[b.start : b.end]) for b in made.blocks if b.kind == "heading"] == [
        (1, "河岸圖書館年報"),
        (1, "新樓"),
        (2, "简体摘要"),
    ]
    assert texts(made, "paragraph") == [HANT, HANS, ENGLISH]
    assert texts(made, "list_item") == ["• 借書"]
    rows = [b for b in made.blocks if b.kind == "table_row"]
    assert [made.text[b.start : b.end] for b in rows] == ["成人 | 小說 | 3,400", "成人 | 地圖 | 225"]
    assert rows[0].context == "表一、館藏\n類別 | 項目 | 2022年"
    assert made.meta == {"format": suffix}
    assert read(path) == made
    assert list(tmp_path.iterdir()) == [path]  # no lock file was left beside it


@needs_office
def test_many_at_once_with_a_home_that_cannot_be_written(
    old: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.write_text("a file, so that nobody, not even root, can make a profile below it")
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(home))
    link = tmp_path / "linked.doc"
    link.symlink_to(old / "made.doc")
    with ThreadPoolExecutor(3) as pool:
        several = list(pool.map(read, [old / "made.doc", link, old / "made.doc"]))
    assert len({made.text for made in several}) == 1 and HANT in several[0].text


@needs_office
def test_broken_files_are_told_and_never_read_as_rubbish(old: Path, tmp_path: Path) -> None:
    rng = random.Random(3)
    noise = bytes(rng.randrange(256) for _ in range(5000))
    whole, rich = (old / "made.doc").read_bytes(), (old / "made.rtf").read_bytes()
    flipped = bytearray(whole)
    for _ in range(300):
        flipped[rng.randrange(len(flipped))] ^= 0xFF
    cases = {
        "half.doc": whole[: len(whole) // 2],
        "most.doc": whole[: len(whole) * 9 // 10],
        "noise.doc": noise,
        "headed.doc": OLE + noise,
        "named.doc": OLD_WORD + noise,
        "nulls.doc": bytes(5000),
        "text.doc": HANT.encode(),
        "half.rtf": rich[: len(rich) // 2],
        "noise.odt": b"PK\x03\x04" + noise,
    }
    for name, data in cases.items():
        (tmp_path / name).write_bytes(data)
        begun = time.monotonic()
        why = refused(tmp_path / name)
        assert "broken" in why and "Traceback" not in why
        assert time.monotonic() - begun < 60
    (tmp_path / "flipped.doc").write_bytes(flipped)
    try:
        assert read(tmp_path / "flipped.doc").text
    except ReadError as error:
        assert "broken" in str(error)


@needs_office
def test_nothing_is_fetched_that_a_file_points_to(tmp_path: Path) -> None:
    asked: list[str] = []

    class Server(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"fetched")

        do_HEAD = do_OPTIONS = do_PROPFIND = do_GET  # noqa: N815

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    (tmp_path / "secret.txt").write_text("the secret of another file")
    names = {
        "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
        "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
        "draw": "urn:oasis:names:tc:opendocument:xmlns:drawing:1.0",
        "xlink": "http://www.w3.org/1999/xlink",
    }
    spaces = " ".join(f'xmlns:{k}="{v}"' for k, v in names.items())
    web = f"http://127.0.0.1:{server.server_port}"
    links = "".join(
        f'<text:section text:name="s{i}"><text:section-source xlink:href="{to}"/><text:p>kept</text:p></text:section>'
        for i, to in enumerate([(tmp_path / "secret.txt").as_uri(), f"{web}/section"])
    )
    picture = f'<text:p><draw:frame text:anchor-type="as-char"><draw:image xlink:href="{web}/picture.png" xlink:actuate="onLoad"/></draw:frame></text:p>'
    manifest = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
    with zipfile.ZipFile(tmp_path / "a.odt", "w") as container:
        container.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        container.writestr(
            "content.xml",
            f'<office:document-content {spaces} office:version="1.2"><office:body><office:text><text:p>plain</text:p>{links}{picture}</office:text></office:body></office:document-content>',
        )
        container.writestr(
            "META-INF/manifest.xml",
            f'<m:manifest xmlns:m="{manifest}"><m:file-entry m:full-path="/" m:media-type="application/vnd.oasis.opendocument.text"/><m:file-entry m:full-path="content.xml" m:media-type="text/xml"/></m:manifest>',
        )
    try:
        assert read(tmp_path / "a.odt").text.split() == ["plain", "kept", "kept"]
    finally:
        server.shutdown()
        server.server_close()
    assert asked == []

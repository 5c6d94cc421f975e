"""The five papers and the real files, where they are at hand: read rightly, or refused with the true reason."""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import lru_cache
from pathlib import Path

import pytest

from gba_qa import ReadError
from gba_qa.chunking import split
from gba_qa.readers import read
from gba_qa.text import fold
from gba_qa.types import Document
from tests.conftest import PAPERS, SHARED
from tests.made_files import flowing_pdf

REAL = SHARED / "documents-real"
pytestmark = pytest.mark.skipif(not REAL.is_dir() or not PAPERS.is_dir(), reason="the shared documents are not at hand")

REFUSED = {
    "foshan_customs_declaration_BAD_FONTS_sc.pdf": "garbled text layer",
    "hkjc_memorandum_articles_SCANNED_two_up_en.pdf": "scanned: no text layer",
    "password_protected_needs_password.pdf": "needs a password",
}


@lru_cache(maxsize=64)
def real(name: str) -> Document:
    return read(REAL / name)


def squeeze(text: str) -> str:
    return re.sub(r"[\s,，、•\uf06c—_-]", "", fold(text))


def names() -> list[str]:
    return sorted(p.name for p in REAL.iterdir() if p.suffix not in (".md", ".jsonl")) if REAL.is_dir() else []


@pytest.mark.parametrize("name", names())
def test_every_real_file_is_read_or_refused_with_the_true_reason(name: str) -> None:
    if name in REFUSED:
        with pytest.raises(ReadError, match=REFUSED[name]):
            real(name)
        return
    made = real(name)
    assert "skipped_pages" not in made.meta
    assert not re.search(r"[\ue000-\uf8ff\ufffd\u200b\x00-\x08]", made.text)
    assert not re.search(r"[\u4e00-\u9fff]\n[\u4e00-\u9fff]", made.text.replace("\n\n", "")) or name.endswith(
        (".txt", ".html", ".docx", ".pdf")
    )
    expected = "en" if "_en." in name else "zh-Hans" if "_sc" in name else None
    assert expected in (None, made.language)
    for chunk in split(made):
        assert made.text[chunk.start : chunk.end] == chunk.text


def questions() -> list[dict[str, object]]:
    path = REAL / "questions.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []


@pytest.mark.parametrize("question", questions(), ids=lambda q: f"{q['file'][:20]}-{q['page']}")
def test_the_answers_stand_on_the_right_pages(question: dict[str, object]) -> None:
    made = real(str(question["file"]))
    text, page = made.text, question["page"]
    if made.pages and isinstance(page, int):
        text = text[made.pages[page - 1] : made.pages[page] if page < len(made.pages) else len(text)]
    body = squeeze(text)
    # One of the two answers gives its figures as the page prints them: some pages write them in Chinese characters.
    found = []
    for answer in (str(question["a_en"]), str(question["a_zh"])):
        figures = [squeeze(f) for f in re.findall(r"\d[\d, ]*(?:\.\d+)?%?", answer)]
        words = [squeeze(w) for w in re.findall(r"[\u4e00-\u9fff]{2,}", answer)]
        found.append(all(f in body for f in figures) if figures else any(w in body for w in words))
    assert any(found)


def paper(start: str) -> Document:
    return read(next(PAPERS.glob(f"{start}*.txt")))


def test_the_five_papers_keep_every_character_and_figure_of_their_text() -> None:
    for path in sorted(PAPERS.glob("*.txt")):
        before = path.read_text(encoding="utf-8")
        made = read(path)
        lost = Counter(squeeze(before)) - Counter(squeeze(made.text))
        assert sum(lost.values()) < 0.01 * len(squeeze(before)), path.name
        figures = re.findall(r"\d[\d,]*\.\d+%?|\d[\d,]*%|\d{2,}[\d,]*", before)
        missing = Counter(figures) - Counter(re.findall(r"\d[\d,]*\.\d+%?|\d[\d,]*%|\d{2,}[\d,]*", made.text))
        assert not [f for f in missing if f != "2019"], (
            path.name
        )  # the year of a copyright line that every page repeats


def test_no_sentence_of_the_papers_is_broken() -> None:
    for path in sorted(PAPERS.glob("*.txt")):
        made = read(path)
        assert "[" not in made.title and made.pages == ()
        broken = []
        for block in made.blocks:
            text = made.text[block.start : block.end]
            if block.kind == "paragraph" and re.search(r"[\u4e00-\u9fff，、]$", text):
                broken.append(text[-30:])
            assert not re.search(r"[\u4e00-\u9fff]\n[\u4e00-\u9fff]", text) or block.kind == "gloss"
        assert len(broken) <= 1, (path.name, broken)  # one paper ends in the middle of a sentence


def test_the_tables_of_the_papers() -> None:
    made = paper("qianhai")
    rows = [b for b in made.blocks if b.kind == "table_row" and b.context.startswith("表五")]
    assert len(rows) == 14
    groups = [b.context.split("\n")[0].rsplit(" › ", 1)[-1] for b in rows]
    assert Counter(groups) == {"深港合作": 3, "改革開放": 6, "現代服務業發展": 5}
    assert {b.context.split("\n")[1] for b in rows} == {"類別 | 指標 | 2022 年 | 2025 年"}
    vacancy = [b for b in made.blocks if b.kind == "table_row" and b.context.startswith("表三")]
    assert [re.findall(r"[\d.]+%", made.text[b.start : b.end]) for b in vacancy] == [
        ["28.9%", "23.2%", "15.1%", "17.1%"]
    ]
    assert sum(b.kind == "footnote" and made.text[b.start].isdigit() for b in made.blocks) == 7
    items = [b for b in paper("cross").blocks if b.kind == "list_item"]
    assert len([b for b in items if b.context.startswith("附表一")]) == 12
    assert len([b for b in items if b.context.startswith("附表二")]) == 15


def test_margin_glosses_and_photo_captions_stand_apart() -> None:
    made = paper("guangdong")
    glosses = [made.text[b.start : b.end].split("\n")[0] for b in made.blocks if b.kind == "gloss"]
    assert glosses == ["產業鏈", "全球價值鏈", "九大產業", "「1+1+7」"]
    assert sum(b.kind == "caption" for b in made.blocks) == 2
    assert "©" not in made.text and "｜" not in made.text


def test_the_papers_survive_being_made_into_pdf(tmp_path: Path) -> None:
    for path in sorted(PAPERS.glob("*.txt")):
        before = read(path)
        font = "STSong-Light" if before.language == "zh-Hans" else "MSung-Light"
        paragraphs = [before.text[b.start : b.end].replace("\n", " ") for b in before.blocks]
        made = read(flowing_pdf(tmp_path / f"{path.stem}.pdf", paragraphs, font=font, header="大灣區研究文集"))
        a, b = squeeze(before.text), squeeze(made.text)
        assert sum((Counter(a) - Counter(b)).values()) <= 0.01 * len(a), path.name
        figure = re.compile(r"\d[\d,]*(?:\.\d+)?%?")
        assert not Counter(figure.findall(before.text)) - Counter(figure.findall(made.text)), path.name
        long = [p for p in paragraphs if len(p) > 60]
        pages = [made.page_at(made.text.index(p[:36])) or 0 for p in long if p[:36] in made.text]
        assert len(made.pages) >= 3 and len(pages) > 0.9 * len(long)
        assert pages == sorted(pages), path.name

"""PDF: order, pages, furniture, footnotes, tables, pages that can't be read; the page as a picture."""

from __future__ import annotations

from pathlib import Path

import pytest

from gba_qa import ReadError
from gba_qa.readers import read
from gba_qa.readers.pages import page_image
from gba_qa.types import Document
from tests.made_files import ENGLISH, HANS, HANT, flowing_pdf, placed_pdf, table_pdf


def texts(document: Document, kind: str) -> list[str]:
    return [document.text[b.start : b.end] for b in document.blocks if b.kind == kind]


@pytest.mark.parametrize(
    ("body", "font", "language"),
    [(HANT, "MSung-Light", "zh-Hant"), (HANS, "STSong-Light", "zh-Hans"), (ENGLISH, "Times-Roman", "en")],
)
def test_paragraphs_come_back_whole_across_pages(tmp_path: Path, body: str, font: str, language: str) -> None:
    paragraphs = [f"{n}. {body}" for n in range(100, 132)]
    made = read(flowing_pdf(tmp_path / "a.pdf", paragraphs, font=font, header="Riverside 館刊 2024"))
    assert made.language == language and len(made.pages) >= 3
    for paragraph in paragraphs:
        assert paragraph in made.text
    assert "館刊" not in made.text and "- 2 -" not in made.text
    places = [made.page_at(made.text.index(p)) for p in paragraphs]
    assert places == sorted(places) and places[0] == 1 and places[-1] == len(made.pages)


def test_two_columns_are_read_one_after_the_other(tmp_path: Path) -> None:
    left = [f"左欄第{n:02d}行說的是圖書館在河邊的新樓" for n in range(1, 13)]
    right = [f"右欄第{n:02d}行說的是圖書館在山上的舊館" for n in range(1, 13)]
    page = [(60.0, 80.0, "兩個館的故事", 20.0)]
    page += [(60.0, 120.0 + 16 * i, text, 11.0) for i, text in enumerate(left)]
    page += [(320.0, 120.0 + 16 * i, text, 11.0) for i, text in enumerate(right)]
    made = read(placed_pdf(tmp_path / "a.pdf", [page]))
    assert made.title == "兩個館的故事"
    assert "".join(left) + "".join(right) in made.text


def test_footnotes_stand_apart_and_their_marks_are_gone(tmp_path: Path) -> None:
    page = [
        (60.0, 100.0, "河岸市的圖書館在去年春天遷入了新樓，閱覽座位增加到五百二十", 12.0),
        (60.0, 118.0, "個，借書量比舊館同期多出12.5%", 12.0),
        (231.0, 113.0, "1", 7.0),
        (236.0, 118.0, "，其中兒童書佔了一半。", 12.0),
        (60.0, 760.0, "1 見圖書館年報第三章，數字不包括電子書。", 8.0),
    ]
    made = read(placed_pdf(tmp_path / "a.pdf", [page]))
    assert texts(made, "footnote") == ["1 見圖書館年報第三章，數字不包括電子書。"]
    assert "增加到五百二十個，借書量比舊館同期多出12.5%，其中兒童書佔了一半。" in made.text.replace(" ", "")


def test_page_numbers_go_and_figures_stay(tmp_path: Path) -> None:
    pages = [
        [(60.0, 100.0, f"第{n}頁說的是河岸市的圖書館和它的讀者。", 12.0), (290.0, 810.0, str(n + 6), 9.0)]
        for n in range(1, 5)
    ]
    pages[2].append((60.0, 40.0, "1881", 12.0))
    made = read(placed_pdf(tmp_path / "a.pdf", pages))
    assert "1881" in made.text
    assert all(f"\n{n + 6}" not in made.text and not made.text.endswith(str(n + 6)) for n in range(1, 5))


def test_watermarks_go(tmp_path: Path) -> None:
    pages = [
        [(60.0, 100.0 + 20 * i, f"第{n}頁第{i}行說的是河岸市的圖書館。", 12.0) for i in range(8)]
        + [(200.0, 420.0, "內部文件 請勿外傳", 40.0)]
        for n in range(1, 6)
    ]
    made = read(placed_pdf(tmp_path / "a.pdf", pages))
    assert "請勿外傳" not in made.text and "第3頁第7行" in made.text


def test_text_outside_the_page_is_left_out(tmp_path: Path) -> None:
    made = read(
        placed_pdf(
            tmp_path / "a.pdf",
            [
                [
                    (60.0, 100.0, "這一行看得見。", 12.0),
                    (60.0, 1200.0, "這一行看不見。", 12.0),
                    (900.0, 100.0, "這也看不見。", 12.0),
                ]
            ],
        )
    )
    assert made.text == "這一行看得見。"


ROWS = [
    ["類別", "指標", "2021年", "2022年"],
    ["成人", "借書量", "31,200", "33,410"],
    ["", "座位", "300", "520"],
    ["兒童", "借書量", "7,300", "7,796"],
]


@pytest.mark.parametrize("grid", [True, False])
def test_tables_become_rows_with_caption_and_header(tmp_path: Path, grid: bool) -> None:
    made = read(
        table_pdf(
            tmp_path / "a.pdf",
            "表一、圖書館的主要指標",
            ROWS,
            before=HANT,
            after=HANT,
            spans=[((0, 1), (0, 2))] if grid else [],
            grid=grid,
        )
    )
    rows = [b for b in made.blocks if b.kind == "table_row"]
    second = "成人 | 座位 | 300 | 520" if grid else " | 座位 | 300 | 520"  # a cell ruled over two rows stands in both
    assert [made.text[b.start : b.end] for b in rows] == [
        "成人 | 借書量 | 31,200 | 33,410",
        second,
        "兒童 | 借書量 | 7,300 | 7,796",
    ]
    assert rows[0].context == "表一、圖書館的主要指標\n類別 | 指標 | 2021年 | 2022年"
    assert rows[1].context.startswith("表一、圖書館的主要指標" if grid else "表一、圖書館的主要指標 › 成人\n")
    assert texts(made, "paragraph") == [HANT, HANT]


def test_scans_and_garbled_pages_are_named_and_left_out(tmp_path: Path) -> None:
    from reportlab.pdfgen.canvas import Canvas

    path = tmp_path / "a.pdf"
    flowing = [(60.0, 100.0 + 20 * i, f"第{i}行說的是河岸市的圖書館和它的讀者們。", 12.0) for i in range(6)]
    garbled = [(60.0, 100.0 + 20 * i, "佛佛佛佛佛佛佛佛佛佛佛佛 釉釉釉釉", 12.0) for i in range(6)]
    made = read(placed_pdf(path, [flowing, garbled, flowing]))
    assert made.meta["skipped_pages"] == [[2, "garbled text layer: one character stands for many"]]
    assert "佛" not in made.text and made.page_at(len(made.text) - 1) == 3

    picture = tmp_path / "scan.pdf"
    canvas = Canvas(str(picture))
    for _ in range(2):
        canvas.drawInlineImage(_noise(), 0, 0, 300, 300)
        canvas.showPage()
    canvas.save()
    with pytest.raises(ReadError, match=r"scan\.pdf: scanned: no text layer \(all 2 pages\)"):
        read(picture)


def _noise():  # type: ignore[no-untyped-def]
    from PIL import Image

    return Image.effect_noise((60, 60), 60)


def test_a_page_is_shown_with_its_quote_marked(tmp_path: Path) -> None:
    path = flowing_pdf(tmp_path / "a.pdf", [HANT, HANS, ENGLISH], header="x")
    plain, marked, other = (page_image(path, 1, quote) for quote in ("", "比舊館同期多出12.5%。", "這句話不在裏面"))
    assert plain.size == marked.size == (1190, 1684)
    assert list(plain.getdata()) == list(other.getdata())
    changed = [i for i, (a, b) in enumerate(zip(plain.getdata(), marked.getdata(), strict=True)) if a != b]
    rows = {i // plain.size[0] for i in changed}
    assert changed and max(rows) - min(rows) < 80  # one or two lines of 11 points at twice the size


def test_a_page_picture_of_what_is_no_pdf_or_no_page_is_refused(tmp_path: Path) -> None:
    path = flowing_pdf(tmp_path / "a.pdf", [HANT])
    with pytest.raises(Exception, match="has 1 pages, not a page 7"):
        page_image(path, 7)
    (tmp_path / "b.pdf").write_text("no")
    with pytest.raises(ReadError, match=r"b\.pdf"):
        page_image(tmp_path / "b.pdf", 1)


def test_letters_that_stand_close_are_not_taken_for_one_printed_twice(tmp_path: Path) -> None:
    line = "Pacific coffee will still sell all the efficient official staff offers, silly as Illinois tariffs fill."
    twice = [(60.0, 100.0, line, 9.0), (60.2, 100.0, line, 9.0)]  # poor man's bold
    made = read(placed_pdf(tmp_path / "a.pdf", [twice], font="Helvetica"))
    assert made.text == line

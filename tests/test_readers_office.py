"""Word, PowerPoint, Excel, CSV, e-books and the older formats, each made here and read back."""

from __future__ import annotations

import zipfile
from pathlib import Path

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from openpyxl import Workbook
from pptx import Presentation
from pptx.util import Inches

from gba_qa.readers import read
from gba_qa.types import Document
from tests.made_files import ENGLISH, HANS, HANT, fill_report

W = nsdecls("w")


def texts(document: Document, kind: str) -> list[str]:
    return [document.text[b.start : b.end] for b in document.blocks if b.kind == kind]


def test_word_headings_lists_tables_in_order(tmp_path: Path) -> None:
    word = docx.Document()
    word.core_properties.title = "Word 文件範本"
    fill_report(word)
    word.add_heading("English summary", level=2)
    word.add_paragraph(ENGLISH)
    word.sections[0].header.paragraphs[0].text = "內部傳閱"
    word.save(str(tmp_path / "a.docx"))
    made = read(tmp_path / "a.docx")
    assert made.title == "河岸圖書館年報"  # not the template's
    assert [(b.level, made.text[b.start : b.end]) for b in made.blocks if b.kind == "heading"] == [
        (1, "河岸圖書館年報"),
        (1, "新樓"),
        (2, "English summary"),
    ]
    assert texts(made, "paragraph") == [HANT, ENGLISH]
    assert texts(made, "list_item") == ["• 借書"]
    rows = [b for b in made.blocks if b.kind == "table_row"]
    assert [made.text[b.start : b.end] for b in rows] == ["成人 | 小說 | 3,400", "成人 | 地圖 | 225"]
    assert rows[1].context == "表一、館藏\n類別 | 項目 | 2022年"
    assert made.meta["header"] == "內部傳閱" and "內部傳閱" not in made.text


def test_word_changes_are_read_as_accepted_and_boxes_once(tmp_path: Path) -> None:
    word = docx.Document()
    paragraph = word.add_paragraph("座位有")
    for piece in (
        f'<w:del {W} w:id="1" w:author="a"><w:r><w:delText>三百</w:delText></w:r></w:del>',
        f'<w:ins {W} w:id="2" w:author="a"><w:r><w:t>五百二十</w:t></w:r></w:ins>',
        f"<w:r {W}><w:t>個。</w:t></w:r>",
        f"<w:r {W}><w:rPr><w:vanish/></w:rPr><w:t>看不見</w:t></w:r>",
    ):
        paragraph._p.append(parse_xml(piece))
    box = word.add_paragraph("館外")._p
    content = f"<w:txbxContent {W}><w:p><w:r><w:t>文字方塊裏的話。</w:t></w:r></w:p></w:txbxContent>"
    mc = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    box.append(
        parse_xml(
            f'<w:r {W}><mc:AlternateContent {mc}><mc:Choice Requires="wps">{content}</mc:Choice><mc:Fallback>{content}</mc:Fallback></mc:AlternateContent></w:r>'
        )
    )
    word.save(str(tmp_path / "a.docx"))
    made = read(tmp_path / "a.docx")
    assert texts(made, "paragraph") == ["座位有五百二十個。", "館外", "文字方塊裏的話。"]


def test_slides_are_pages(tmp_path: Path) -> None:
    show = Presentation()
    first = show.slides.add_slide(show.slide_layouts[1])
    first.shapes.title.text = "河岸圖書館"
    first.placeholders[1].text = "新樓在河邊\n座位520個"
    second = show.slides.add_slide(show.slide_layouts[5])
    second.shapes.title.text = "館藏"
    table = second.shapes.add_table(2, 2, Inches(1), Inches(2), Inches(4), Inches(1)).table
    for at, text in {(0, 0): "類別", (0, 1): "冊數", (1, 0): "小說", (1, 1): "3,400"}.items():
        table.cell(*at).text = text
    second.notes_slide.notes_text_frame.text = "數字來自年報。"
    show.save(str(tmp_path / "a.pptx"))
    made = read(tmp_path / "a.pptx")
    assert made.title == "河岸圖書館" and len(made.pages) == 2
    assert texts(made, "list_item") == ["• 新樓在河邊", "• 座位520個"]
    assert texts(made, "table_row") == ["小說 | 3,400"] and texts(made, "footnote") == ["數字來自年報。"]
    assert [made.page_at(made.text.index(t)) for t in ("座位520個", "3,400", "數字來自年報")] == [1, 2, 2]


def test_sheets_show_numbers_as_a_reader_sees_them(tmp_path: Path) -> None:
    import datetime

    book = Workbook()
    sheet = book.active
    sheet.title = "館藏"
    for row in (
        ["表一 館藏與借閱"],
        ["項目", "冊數", "增長", "日期"],
        ["小說", 3400, 0.097, datetime.date(2022, 3, 1)],
        ["地圖", 225.5, 0.05, None],
        [],
        ["資料來源：圖書館年報第三章，不包括電子書"],
    ):
        sheet.append(row)
    sheet["B3"].number_format, sheet["C3"].number_format, sheet["C4"].number_format = "#,##0", "0.0%", "0%"
    hidden = book.create_sheet("草稿")
    hidden.append(["不要讀我"])
    hidden.sheet_state = "hidden"
    book.save(tmp_path / "館藏.xlsx")
    made = read(tmp_path / "館藏.xlsx")
    rows = [b for b in made.blocks if b.kind == "table_row"]
    assert [made.text[b.start : b.end] for b in rows] == ["小說 | 3,400 | 9.7% | 2022-03-01", "地圖 | 225.5 | 5% | "]
    assert rows[0].context == "表一 館藏與借閱\n項目 | 冊數 | 增長 | 日期"
    assert "不要讀我" not in made.text and "資料來源：圖書館年報第三章，不包括電子書" in made.text


@pytest.mark.parametrize(
    ("separator", "encoding"), [(",", "utf-8-sig"), (";", "utf-8"), ("\t", "gb18030"), ("|", "big5hkscs")]
)
def test_csv_separators_and_encodings(tmp_path: Path, separator: str, encoding: str) -> None:
    lines = [["館別", "冊數", "備考"], ["東館", "3100", "在河邊的新樓"], ["西館", "210", "在山上的舊樓"]]
    (tmp_path / "館.csv").write_bytes("\r\n".join(separator.join(line) for line in lines).encode(encoding))
    made = read(tmp_path / "館.csv")
    assert texts(made, "table_row") == ["東館 | 3100 | 在河邊的新樓", "西館 | 210 | 在山上的舊樓"]
    assert made.blocks[1].context == "館別 | 冊數 | 備考" and made.title == "館"


def test_epub_chapters_in_the_order_of_the_spine(tmp_path: Path) -> None:
    page = '<html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title></head><body><h1>{}</h1><p>{}</p></body></html>'
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata><dc:title>河岸的書</dc:title><dc:creator>館長</dc:creator></metadata>'
        '<manifest><item id="b" href="two.xhtml" media-type="application/xhtml+xml"/><item id="a" href="one.xhtml" media-type="application/xhtml+xml"/>'
        '<item id="n" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/></manifest><spine><itemref idref="n"/><itemref idref="a"/><itemref idref="b"/></spine></package>'
    )
    with zipfile.ZipFile(tmp_path / "a.epub", "w") as book:
        book.writestr(
            "META-INF/container.xml",
            '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="OEBPS/p.opf"/></rootfiles></container>',
        )
        book.writestr("OEBPS/p.opf", package)
        book.writestr("OEBPS/one.xhtml", page.format("第一章", HANT))
        book.writestr("OEBPS/two.xhtml", page.format("第二章", HANS))
        book.writestr("OEBPS/nav.xhtml", page.format("目錄", "第一章"))
    made = read(tmp_path / "a.epub")
    assert (made.title, made.meta["author"]) == ("河岸的書", "館長")
    assert texts(made, "heading") == ["第一章", "第二章"] and texts(made, "paragraph") == [HANT, HANS]

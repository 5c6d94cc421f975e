"""Files made by the tests: PDFs with Chinese in them (reportlab's built-in fonts need no font file), Word documents and the rest."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from docx.document import Document as WordDocument

__all__ = ["ENGLISH", "HANS", "HANT", "fill_report", "flowing_pdf", "placed_pdf", "table_pdf"]

HANT = (
    "河岸市的圖書館在去年春天遷入新樓，閱覽座位由三百個增加到五百二十個。"
    "館長說，新樓最大的好處是光線：讀者不必再為一張靠窗的桌子早起。"
    "開館首月的借書量是41,206冊，比舊館同期多出12.5%。"
)
HANS = (
    "河岸市的图书馆在去年春天迁入新楼，阅览座位由三百个增加到五百二十个。"
    "馆长说，新楼最大的好处是光线：读者不必再为一张靠窗的桌子早起。"
    "开馆首月的借书量是41,206册，比旧馆同期多出12.5%。"
)
ENGLISH = (
    "The library of Riverside moved into its new building last spring, and its seats rose from 300 to 520. "
    "The librarian says that the best of it is the light: nobody has to rise early for a table by the window. "
    "In the first month 41,206 books were lent, 12.5% more than in the old house."
)


@lru_cache(maxsize=1)
def _fonts() -> None:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont

    for name in ("MSung-Light", "STSong-Light"):
        pdfmetrics.registerFont(UnicodeCIDFont(name))


def placed_pdf(
    path: Path, pages: Sequence[Sequence[tuple[float, float, str, float]]], *, font: str = "MSung-Light", **about: str
) -> Path:
    """Each page a list of (x, y from the top, text, size) on A4, 595 by 842 points."""
    from reportlab.pdfgen.canvas import Canvas

    _fonts()
    canvas = Canvas(str(path), pagesize=(595, 842), invariant=1)
    canvas.setTitle(about.get("title", ""))
    for page in pages:
        for x, y, text, size in page:
            canvas.setFont(font, size)
            canvas.drawString(x, 842 - y, text)
        canvas.showPage()
    canvas.save()
    return path


def flowing_pdf(
    path: Path, paragraphs: Sequence[str], *, font: str = "MSung-Light", header: str = "", size: float = 11
) -> Path:
    """Paragraphs set and paged by reportlab, with a running header and page numbers."""
    from xml.sax.saxutils import escape

    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import Paragraph, SimpleDocTemplate

    _fonts()
    body = ParagraphStyle(
        "body",
        fontName=font,
        fontSize=size,
        leading=1.55 * size,
        wordWrap="CJK",
        firstLineIndent=2 * size,
        spaceAfter=6,
    )
    plain = ParagraphStyle("plain", parent=body, firstLineIndent=0)

    def furniture(canvas, template) -> None:  # type: ignore[no-untyped-def]
        canvas.setFont(font, 8)
        canvas.drawString(60, 812, header)
        canvas.drawString(290, 30, f"- {template.page} -")

    story = [Paragraph(escape(text), body if len(text) > 40 else plain) for text in paragraphs]
    SimpleDocTemplate(str(path), pagesize=(595, 842), invariant=1).build(
        story, onFirstPage=furniture, onLaterPages=furniture
    )
    return path


def table_pdf(
    path: Path,
    caption: str,
    rows: Sequence[Sequence[str]],
    *,
    before: str = "",
    after: str = "",
    spans: Sequence[tuple[tuple[int, int], tuple[int, int]]] = (),
    grid: bool = True,
) -> Path:
    """A caption and a table below it, ruled or not, between two paragraphs."""
    from reportlab.lib import colors
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Table, TableStyle

    _fonts()
    style = ParagraphStyle("body", fontName="MSung-Light", fontSize=11, leading=17, wordWrap="CJK", spaceAfter=6)
    commands = [("FONT", (0, 0), (-1, -1), "MSung-Light", 10), *(("SPAN", a, b) for a, b in spans)]
    if grid:
        commands.append(("GRID", (0, 0), (-1, -1), 0.5, colors.black))
    table = Table([list(row) for row in rows], style=TableStyle(commands), colWidths=[110] * len(rows[0]))
    story = [Paragraph(before, style), Paragraph(caption, style), table, Paragraph(after, style)]
    SimpleDocTemplate(str(path), pagesize=(595, 842), invariant=1).build(story)
    return path


def fill_report(word: WordDocument) -> None:
    """A title, a section with text and a list, and a captioned table with a cell over two rows."""
    word.add_heading("河岸圖書館年報", level=0)
    word.add_heading("新樓", level=1)
    word.add_paragraph(HANT)
    word.add_paragraph("借書", style="List Bullet")
    word.add_paragraph("表一、館藏", style="Caption")
    table = word.add_table(rows=3, cols=3)
    for row, cells in zip(
        table.rows, [["類別", "項目", "2022年"], ["成人", "小說", "3,400"], ["", "地圖", "225"]], strict=True
    ):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    table.cell(1, 0).merge(table.cell(2, 0))

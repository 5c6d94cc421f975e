"""Web pages: the article without its surroundings, tables and lists kept, encodings found out."""

from __future__ import annotations

from pathlib import Path

import pytest

from gba_qa import ReadError
from gba_qa.readers import read
from gba_qa.types import Document
from tests.made_files import ENGLISH, HANS, HANT


def page(tmp_path: Path, html: str, encoding: str = "utf-8") -> Document:
    path = tmp_path / "a.html"
    path.write_bytes(html.encode(encoding))
    return read(path)


def texts(document: Document, kind: str) -> list[str]:
    return [document.text[b.start : b.end] for b in document.blocks if b.kind == kind]


MENU = "".join(f'<li><a href="/{i}">欄目{i}：更多內容請按此</a></li>' for i in range(30))
ARTICLE = (
    f"<html><head><title>新樓開幕 | 河岸日報</title></head><body><nav><ul>{MENU}</ul></nav><div class='sidebar'><ul>{MENU}</ul></div>"
    f"<article><h1>新樓開幕</h1><p>{HANT}</p><h2>館藏</h2><ul><li>小說</li><li>地圖</li></ul><table><caption>表一、館藏</caption>"
    "<tr><th>類別</th><th>冊數</th></tr><tr><td rowspan='2'>成人</td><td>3,400</td></tr><tr><td>225</td></tr></table>"
    f"<p>{HANT}</p><p>{ENGLISH}</p></article><footer>版權所有 私隱政策</footer><script>alert('x')</script></body></html>"
)


def test_the_article_without_its_surroundings(tmp_path: Path) -> None:
    made = page(tmp_path, ARTICLE)
    assert made.title == "新樓開幕"
    assert texts(made, "paragraph") == [HANT, HANT, ENGLISH]
    assert [(b.level, made.text[b.start : b.end]) for b in made.blocks if b.kind == "heading"] == [
        (1, "新樓開幕"),
        (2, "館藏"),
    ]
    assert texts(made, "list_item") == ["- 小說", "- 地圖"]
    rows = [b for b in made.blocks if b.kind == "table_row"]
    assert [made.text[b.start : b.end] for b in rows] == ["成人 | 3,400", "成人 | 225"]
    assert rows[0].context == "表一、館藏\n類別 | 冊數"
    assert not any(word in made.text for word in ("欄目", "私隱", "alert"))


@pytest.mark.parametrize(
    ("body", "encoding", "language"),
    [
        (HANT, "big5hkscs", "zh-Hant"),
        (HANS, "gb18030", "zh-Hans"),
        (HANT, "utf-8", "zh-Hant"),
        (HANT, "utf-16", "zh-Hant"),
    ],
)
@pytest.mark.parametrize("declared", ["", "iso-8859-1", "right"])
def test_encodings_declared_undeclared_and_misdeclared(
    tmp_path: Path, body: str, encoding: str, language: str, declared: str
) -> None:
    tag = f'<meta charset="{encoding if declared == "right" else declared}">' if declared else ""
    made = page(tmp_path, f"<html><head>{tag}</head><body><p>{body}</p></body></html>", encoding)
    assert (made.text, made.language) == (body, language)


def test_a_page_that_is_no_article_is_read_whole(tmp_path: Path) -> None:
    rows = "".join(f"<tr><td>{n}.</td><td>第{n}號法案</td><td></td><td>{n}/2014</td></tr>" for n in range(1, 12))
    made = page(tmp_path, f"<html><body><p>議程</p><table>{rows}</table></body></html>")
    assert len(texts(made, "table_row")) == 11 and "3. | 第3號法案 |  | 3/2014" in made.text


def test_line_breaks_entities_zero_widths_and_hidden_text(tmp_path: Path) -> None:
    made = page(
        tmp_path,
        "<p>河&#x200b;岸&nbsp;圖\n書館<br>第二行 &lt;b&gt;</p><p style='display: none'>看不見</p><div>散文\n\n另一段</div>",
    )
    assert texts(made, "paragraph") == ["河岸 圖書館", "第二行 <b>", "散文", "另一段"]


def test_very_deep_and_very_broken_pages(tmp_path: Path) -> None:
    assert "河岸" in page(tmp_path, "<div>" * 5000 + "河岸" + "</div>" * 10).text
    assert "河岸" in page(tmp_path, "<p>河岸<table><tr><td>a<td>b<tr></b></i><td rowspan=999999 colspan=999999>c").text
    with pytest.raises(ReadError, match=r"a\.html"):
        page(tmp_path, "<html><head></head><body> \n </body></html>")

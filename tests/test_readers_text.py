"""Plain text and Markdown: encodings told apart, wrapped lines mended, structure kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from gba_qa import ReadError
from gba_qa.readers import read
from gba_qa.types import Document
from tests.made_files import ENGLISH, HANS, HANT

WRAPPED = """\
 河岸市圖書館的新樓

河岸市的圖書館在去年春天遷入了位於河東的新樓，閱覽座位也由三百個增加到

520 個。館長說，新樓最大的好處是光線，讀者不必再為一張靠窗的桌子早起，也

不必自備檯燈。
3

開館首月的借書量是 41,206 冊，比舊館同期多出 12.5%，其中兒童書佔了將近一

表一、館藏冊數

 2021 年 2022 年

小說 3,100 冊 3,400 冊

地圖 210 幅 225 幅

資料來源: 圖書館年報

半，其餘多半是小說和地圖。館方打算明年再添五萬冊書，並且把開放的時間延長

到晚上十時。
"""


def texts(document: Document, kind: str) -> list[str]:
    return [document.text[b.start : b.end] for b in document.blocks if b.kind == kind]


def write(path: Path, data: bytes | str) -> Path:
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


@pytest.mark.parametrize(
    ("body", "encoding", "language"),
    [
        (HANT, "utf-8", "zh-Hant"),
        (HANT, "utf-8-sig", "zh-Hant"),
        (HANT, "utf-16", "zh-Hant"),
        (HANT, "utf-16-le", "zh-Hant"),
        (HANT, "big5hkscs", "zh-Hant"),
        (HANT, "gb18030", "zh-Hant"),
        (HANS, "gb18030", "zh-Hans"),
        (HANS, "gb2312", "zh-Hans"),
        (HANS, "utf-16-be", "zh-Hans"),
        (ENGLISH, "ascii", "en"),
        (ENGLISH.replace("library", "“library”") + " Café – £5.", "cp1252", "en"),
        ("嗰個圖書館喺河邊，佢哋話係全港最靚嘅，啲書仲係新嘅。", "big5hkscs", "zh-Hant"),
    ],
)
def test_encodings_are_told_apart(tmp_path: Path, body: str, encoding: str, language: str) -> None:
    made = read(write(tmp_path / "a.txt", body.encode(encoding)))
    assert made.text == body
    assert made.language == language


def test_wrapped_lines_become_paragraphs_around_a_table(tmp_path: Path) -> None:
    made = read(write(tmp_path / "a.txt", WRAPPED))
    assert made.title == "河岸市圖書館的新樓"
    assert texts(made, "paragraph") == [
        "河岸市的圖書館在去年春天遷入了位於河東的新樓，閱覽座位也由三百個增加到 520 個。"
        "館長說，新樓最大的好處是光線，讀者不必再為一張靠窗的桌子早起，也不必自備檯燈。",
        "開館首月的借書量是 41,206 冊，比舊館同期多出 12.5%，其中兒童書佔了將近一半，其餘多半是小說和地圖。"
        "館方打算明年再添五萬冊書，並且把開放的時間延長到晚上十時。",
    ]
    rows = [b for b in made.blocks if b.kind == "table_row"]
    assert [made.text[b.start : b.end] for b in rows] == ["小說 3,100 冊 3,400 冊", "地圖 210 幅 225 幅"]
    assert rows[0].context == "表一、館藏冊數\n2021 年 | 2022 年"
    assert texts(made, "caption") == ["表一、館藏冊數", "資料來源: 圖書館年報"]


def test_wrapped_english_loses_its_line_end_hyphens_only(tmp_path: Path) -> None:
    lines = (
        "The new library of Riverside stands on the eastern bank, where the light is good all day and the inno-\n"
        "vation of its architects shows in a well-lit stair that leads from the hall to the roof. It is a cross-\n"
        "border project of the two towns, and both of them have paid for it in equal parts since the begin-\n"
        "ning. Nobody regrets it.\n"
    )
    made = read(write(tmp_path / "a.txt", lines * 2))
    assert "the innovation of its architects shows in a well-lit stair" in made.text
    assert "a cross-border project" in made.text and "since the beginning. Nobody regrets it." in made.text
    assert "-\n" not in made.text


def test_unwrapped_lines_stay_paragraphs(tmp_path: Path) -> None:
    made = read(write(tmp_path / "a.txt", f"河岸圖書館\n{HANT}\n{HANT}\n短的一段。\n"))
    assert texts(made, "paragraph") == [HANT, HANT, "短的一段。"]


def test_form_feeds_are_pages(tmp_path: Path) -> None:
    made = read(write(tmp_path / "a.txt", "第一頁說的是河流。\f第二頁說的是山。\f第三頁說的是海。"))
    assert [made.page_at(made.text.index(word)) for word in ("河流", "山。", "海。")] == [1, 2, 3]
    assert read(write(tmp_path / "b.txt", "沒有頁。")).pages == ()


def test_markdown_front_matter_headings_lists_and_tables(tmp_path: Path) -> None:
    made = read(
        write(
            tmp_path / "a.md",
            "---\ntitle: 河岸的書\nlanguage: zh-Hant\ndate: 2024-01-31\nsources: [年報, 訪問]\n---\n\n"
            "# 別的題目\n\n**新樓**在[河邊](https://example.org)，有\n五層。\n\n- 借書\n- 還書\n\n3. 參觀\n\n"
            "| 館 | 冊 |\n|---|---|\n| 東 | 3,100 |\n| 西 | 210 |\n",
        )
    )
    assert (made.title, made.language) == ("河岸的書", "zh-Hant")
    assert made.meta["sources"] == ["年報", "訪問"] and str(made.meta["date"]) == "2024-01-31"
    assert "新樓在河邊，有五層。" in made.text
    assert texts(made, "list_item") == ["- 借書", "- 還書", "3. 參觀"]
    assert texts(made, "table_row") == ["東 | 3,100", "西 | 210"]
    assert [b.context for b in made.blocks if b.kind == "table_row"] == ["館 | 冊"] * 2


def test_html_in_markdown_is_read(tmp_path: Path) -> None:
    html = "<table><tr><th>館</th><th>冊</th></tr><tr><td>東</td><td>3,100</td></tr></table>"
    made = read(write(tmp_path / "a.md", f"# 館\n\n<!-- 不要 -->\n\n{html}\n\n<p align='center'>在河邊。</p>\n"))
    assert texts(made, "table_row") == ["東 | 3,100"] and texts(made, "paragraph") == ["在河邊。"]


def test_front_matter_that_is_no_yaml_is_text(tmp_path: Path) -> None:
    assert "title: [unclosed" in read(write(tmp_path / "a.md", "---\ntitle: [unclosed\n---\n\nBody stands here.")).text


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("# 一、引言\n\n內容。", "note"),
        ("# Abstract\n\nWords.", "note"),
        ("河岸市圖書館年報\n\n內容在這裏。", "河岸市圖書館年報"),
        ("河岸市政府关于图书馆开放时间有关问题的通知\n\n内容在这里。", "河岸市政府关于图书馆开放时间有关问题的通知"),
        ("這是一句完整的話，所以不是題目。", "note"),
    ],
)
def test_titles_are_titles_or_the_files_name(tmp_path: Path, text: str, title: str) -> None:
    suffix = ".md" if text.startswith("#") else ".txt"
    assert read(write(tmp_path / f"note{suffix}", text)).title == title


def test_the_id_is_of_the_content_and_the_source_as_given(tmp_path: Path) -> None:
    one, two = write(tmp_path / "one.txt", "題目\n\n" + HANT), write(tmp_path / "two.txt", "題目\n\n" + HANT)
    assert read(one).id == read(two).id != read(write(tmp_path / "three.txt", "題目\n\n" + HANS)).id
    assert read(one, source="docs/一.txt").source == "docs/一.txt"
    assert read(one).source == str(one)


def test_compatibility_characters_are_mended(tmp_path: Path) -> None:
    made = read(write(tmp_path / "a.txt", "二零一零\uf98e⼤\u200b灣區有175 100人。"))
    assert made.text == "二零一零年大灣區有175 100人。"


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"a\.txt: not text"):
        read(write(tmp_path / "a.txt", bytes(range(256)) * 40))

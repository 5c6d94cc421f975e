"""Chunks: exact offsets, whole sentences, tables row by row with their header, headings as context."""

from __future__ import annotations

import dataclasses
import itertools

import pytest

from gba_qa.chunking import SIZE, split
from gba_qa.readers.markdown import markdown_parts
from gba_qa.readers.parts import compose
from gba_qa.sentences import split_sentences
from gba_qa.types import Document
from tests.made_files import ENGLISH, HANS, HANT

TABLE = "表一、館藏\n\n| 類別 | 2021年 | 2022年 |\n|---|---|---|\n| 小說 | 3,100 | 3,400 |\n| 地圖 | 210 | 225 |\n"


def document(markdown: str) -> Document:
    return compose(markdown_parts(markdown), source="note.md")


def test_each_chunk_is_the_text_at_its_offsets_and_whole_sentences() -> None:
    for body in (HANT, HANS, ENGLISH):
        made = document("# 河岸\n\n" + "\n\n".join([body] * 6))
        ends = {(s.start, s.end) for s in split_sentences(made.text)}
        starts, stops = {a for a, _ in ends}, {b for _, b in ends}
        chunks = split(made)
        assert len(chunks) > 1
        for chunk in chunks:
            assert made.text[chunk.start : chunk.end] == chunk.text
            assert chunk.start in starts and chunk.end in stops


def test_every_sentence_is_in_a_chunk() -> None:
    made = document("# 河岸\n\n" + "\n\n".join([HANT] * 5))
    chunks = split(made)
    for span in split_sentences(made.text)[1:]:  # the first is the heading, which is the title of all chunks
        assert any(c.start <= span.start and span.end <= c.end for c in chunks)


def test_a_sentence_longer_than_a_chunk_is_cut_at_its_commas_and_kept_whole() -> None:
    long = "，".join(f"第{i}層有閱覽室和書庫" for i in range(1, 90)) + "。"
    made = document(long)
    chunks = split(made, size=100, overlap=20)
    assert len(chunks) > 8 and all(sum("一" <= char <= "龥" for char in c.text) <= 100 for c in chunks)
    assert "".join(c.text for c in chunks) == made.text
    assert all(c.text.endswith(("，", "。")) for c in chunks)


def test_table_rows_stand_alone_with_caption_and_header_as_context() -> None:
    chunks = split(document("# 河岸\n\n## 館藏\n\n" + TABLE))
    rows = [c for c in chunks if c.context]
    assert [c.text for c in rows] == ["小說 | 3,100 | 3,400", "地圖 | 210 | 225"]
    assert {c.context for c in rows} == {"表一、館藏\n類別 | 2021年 | 2022年"}
    assert {c.heading for c in rows} == {"館藏"}


def test_the_sentence_that_leads_in_a_table_is_the_caption_it_lacks() -> None:
    table = "| 類別 | 2021年 |\n|---|---|\n| 小說 | 3,100 |\n"
    rows = [
        c
        for c in split(document(f"# 河岸\n\n河岸館有兩類書。下表列出兩類書的冊數。\n\n{table}\n完。\n\n{table}"))
        if c.context
    ]
    assert [c.context for c in rows] == ["下表列出兩類書的冊數。\n類別 | 2021年", "類別 | 2021年"]


def test_chunks_do_not_cross_headings_and_carry_their_path() -> None:
    chunks = split(document("# 圖書館\n\n## 新樓\n\n它在河邊。\n\n### 花園\n\n它在頂層。\n\n## 舊館\n\n它關了。"))
    assert [(c.heading, c.text) for c in chunks] == [
        ("新樓", "它在河邊。"),
        ("新樓 › 花園", "它在頂層。"),
        ("舊館", "它關了。"),
    ]


def test_a_heading_with_nothing_under_it_is_still_found() -> None:
    assert [c.text for c in split(document("# 館\n\n正文在此。\n\n## 附錄待補"))] == ["正文在此。", "附錄待補"]


def test_a_title_page_is_one_chunk_and_no_heading_of_what_follows() -> None:
    title = ["河岸市政府文化局", "圖書館未來十年研究", "（專題報告）", "河岸大學圖書館學系", "2031年5月"]
    lines = [*(f"## {line}" for line in title[:4]), title[4], "## 一、引言", HANT]
    made = document("\n\n".join(lines))
    paged = dataclasses.replace(made, title="圖書館未來十年研究", pages=(0, made.text.index("一、引言")))
    first, *others = split(paged)
    assert first.text.split("\n\n") == title and (first.page, first.heading) == (1, "")
    assert {(c.page, c.heading) for c in others} == {(2, "一、引言")}
    whole = dataclasses.replace(paged, pages=(0, len(made.text) - 1))  # the text begins below the title: no title page
    assert all(title[4] not in c.text or title[0] not in c.text for c in split(whole))


def test_ids_follow_from_content_and_place() -> None:
    first, again = split(document(HANT)), split(document(HANT))
    assert [c.id for c in first] == [c.id for c in again]
    assert not {c.id for c in first} & {c.id for c in split(document(HANS))}
    assert len({c.id for c in split(document("\n\n".join([HANT] * 9)))}) == len(
        split(document("\n\n".join([HANT] * 9)))
    )


def test_the_page_of_a_chunk_is_that_of_every_sentence_in_it() -> None:
    made = document(HANT + "\n\n" + HANS)
    second = made.text.index("馆长说")
    paged = dataclasses.replace(made, pages=(0, second - 5))  # the page breaks inside a sentence
    chunks = split(paged)
    assert [(c.page, c.text[:3]) for c in chunks] == [(1, "河岸市"), (2, "馆长说")]
    for chunk in chunks:
        assert {paged.page_at(chunk.start + s.start) for s in split_sentences(chunk.text)} == {chunk.page}


def test_overlap_repeats_whole_sentences() -> None:
    made = document("".join(f"第{i}句話說到了館裏的第{i}件事情。" for i in range(40)))
    chunks = split(made, size=80, overlap=30)
    for a, b in itertools.pairwise(chunks):
        assert a.start < b.start < a.end  # something is repeated
        assert made.text[b.start : a.end].endswith("。")


def test_impossible_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="overlap"):
        split(document(HANT), size=SIZE, overlap=SIZE)

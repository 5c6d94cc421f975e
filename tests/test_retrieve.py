"""The order of passages, beyond what the scores say."""

from __future__ import annotations

from pathlib import Path

import pytest

from gba_qa import QA, retrieve
from gba_qa.retrieve import HybridRetriever, Mode
from tests.conftest import HashEmbedder


def build(tmp_path: Path, embedder: HashEmbedder, **files: str) -> QA:
    folder = tmp_path / "docs"
    folder.mkdir()
    for name, text in files.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    return QA.build([folder], tmp_path / "index", embedder=embedder)


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("Which institute wrote the report?", "Riverside College"),
        ("報告由哪個機構撰寫？", "河岸大學"),
        ("报告由哪个机构撰写？", "河岸大學"),
    ],
)
def test_who_wrote_it_stands_where_it_begins(
    tmp_path: Path, embedder: HashEmbedder, monkeypatch: pytest.MonkeyPatch, question: str, told: str
) -> None:
    english = "# A survey of libraries\n\nRiverside College, May 2031\n\n" + "".join(
        f"## Branch {n}\n\nThe institute lends books. {'Readers come. ' * 60}\n\n" for n in range(8)
    )
    chinese = "# 圖書館調查\n\n河岸大學，2031年5月\n\n" + "".join(
        f"## 第{n}館\n\n這個機構出借圖書。{'讀者來了。' * 80}\n\n" for n in range(8)
    )
    qa = build(tmp_path, embedder, en=english, zh=chinese)

    def place() -> int:
        return next(i for i, hit in enumerate(qa.search(question, 50)) if told in hit.chunk.text)

    with_it = place()
    monkeypatch.setattr(retrieve, "FRONT", 0.0)
    assert with_it < place()


def test_rows_of_one_table_do_not_fill_the_page(tmp_path: Path, embedder: HashEmbedder) -> None:
    rows = "\n".join(f"| {n} – {n + 9} | {n}.5 |" for n in range(10, 90, 10))
    text = (
        "# 勞動調查\n\n## 發現\n\n調查發現曾在內地工作的香港居民人數為175100人，以男性居多，大多每週往返一次。\n\n"
        f"## 附表\n\n表一、曾在內地工作的香港居民人數\n\n| 年齡 | 曾在內地工作的香港居民人數 |\n|---|---|\n{rows}\n"
    )
    qa = build(tmp_path, embedder, a=text)
    hits = qa.search("曾在內地工作的香港居民人數是多少？", 20)
    assert sum(bool(hit.chunk.context) for hit in hits[:3]) <= 2 and any("175100" in h.chunk.text for h in hits[:3])
    assert sum(bool(hit.chunk.context) for hit in hits) == 8  # they wait, they are not lost


def test_a_page_in_both_languages_has_no_double_weight(tmp_path: Path, embedder: HashEmbedder) -> None:
    qa = build(
        tmp_path,
        embedder,
        both="# 稅務附註\n\n前海 Qianhai 稅務 tax 優惠 relief 香港居民 residents of Hong Kong 以外的附註甚多甚長，與題目無關。\n",
        english="# Tax\n\nIn Qianhai, residents of Hong Kong get relief from income tax above 15%.\n",
    )
    for question in ("What tax relief do residents of Hong Kong get in Qianhai?",):
        hits = qa.search(question, 2)
        shares = {Path(h.chunk.source).name: h.signals["bm25"] for h in hits}
        assert Path(hits[0].chunk.source).name == "english.md" and shares["both.md"] <= shares["english.md"] + 0.05


@pytest.mark.parametrize("question", ["How many cities has the GBA?", "How many cities has the Greater Bay Area?"])
@pytest.mark.parametrize("mode", ["hybrid", "bm25"])
def test_an_acronym_counts_as_what_it_stands_for(
    tmp_path: Path, embedder: HashEmbedder, question: str, mode: Mode
) -> None:
    qa = build(
        tmp_path,
        embedder,
        plans="# Plans\n\nThe plans came late, so the GBA asked its cities for patience.\n",
        region="# Region\n\nThe Greater Bay Area has eleven cities.\n",
        **{f"other{i}": f"# Other {i}\n\nThe trade of the Greater Bay Area grows.\n" for i in range(20)},
    )
    assert qa.search(question, 1, mode=mode)[0].chunk.source.endswith("region.md")


def test_an_acronym_that_the_texts_use_stays(tmp_path: Path, embedder: HashEmbedder) -> None:
    qa = build(
        tmp_path,
        embedder,
        one="# One\n\nThe GDP of the town rose.\n",
        two="# Two\n\nIts GDP is gross, its product domestic.\n",
    )
    assert qa.search("What of the town's GDP?", 1)[0].chunk.source.endswith("one.md")


@pytest.mark.parametrize("mode", ["bm25", "dense"])
def test_hits_of_one_search_are_told_what_hybrid_search_tells(
    tmp_path: Path, embedder: HashEmbedder, mode: Mode
) -> None:
    qa = build(
        tmp_path, embedder, town="# Town\n\nThe town has eleven parks.\n", river="# River\n\nThe river has no park.\n"
    )
    found = HybridRetriever(qa.index, embedder)
    alone = found.retrieve("How many parks has the town?", 5, mode=mode)
    told = found.with_signals("How many parks has the town?", alone)
    hybrid = {hit.chunk.id: hit for hit in found.retrieve("How many parks has the town?", 5)}
    assert [hit.chunk.id for hit in told] == [hit.chunk.id for hit in alone]
    for hit in told:
        assert hit.signals == pytest.approx(hybrid[hit.chunk.id].signals)
        assert hit.score == pytest.approx(hybrid[hit.chunk.id].score)

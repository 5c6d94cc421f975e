"""Two documents that disagree are both shown, with their dates; two that only speak of alike things are not set against each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from gba_qa import QA
from gba_qa.answer.candidates import collect
from gba_qa.answer.disagreeing import disagreeing
from gba_qa.answer.messages import say
from gba_qa.answer.question import analyse
from gba_qa.types import Answer, Chunk, Document, Hit

PAPERS = {
    "harbour-2021.en.md": ("2021", "In 2020 the vacancy rate of warehouses in Nansha was 12.4%."),
    "harbour-2023.en.md": ("2023-05", "In 2020 the vacancy rate of warehouses in Nansha was 17.9%."),
    "harbour-later.en.md": ("2024", "In 2022 the vacancy rate of warehouses in Nansha was 9.3%."),
    "harbour-else.en.md": ("2024", "In 2020 the vacancy rate of warehouses in Zhuhai was 5.6%."),
    "piers-a.en.md": ("2019", "The fishing village of Shekou has 8,274 moorings for boats."),
    "piers-b.en.md": ("2020", "The fishing village of Shekou has about 8,000 moorings for boats."),
    "tower-a.en.md": ("2018", "The clock tower of Foshan was built in 1911."),
    "tower-b.en.md": ("2022", "The clock tower of Foshan was built in 1915."),
    "hall-a.zh-Hant.md": ("2021-03", "2020年南沙會議中心的參觀人數為52萬人。"),
    "hall-b.zh-Hant.md": ("2022", "2020年南沙會議中心的參觀人數為61萬人。"),
    "school-a.zh-Hans.md": ("2021", "2020年珠海音乐学校的毕业生占全市的3.5%。"),
    "school-b.zh-Hans.md": ("2023", "| 2020年 | 珠海音乐学校的毕业生占全市 |\n|---|---|\n| 珠海 | 4.8% |"),
}


@pytest.fixture(scope="module")
def qa(tmp_path_factory: pytest.TempPathFactory) -> QA:
    folder = tmp_path_factory.mktemp("papers")
    for name, (date, text) in PAPERS.items():
        slug = name.split(".")[0]
        _write(folder / name, slug, date, text)
    return QA.build([folder], tmp_path_factory.mktemp("index") / "index", embedder="none")


def _write(path: Path, slug: str, date: str, text: str) -> None:
    language = path.name.split(".")[1]
    path.write_text(
        f'---\ntitle: "{slug}"\nlanguage: {language}\nslug: {slug}\ndate: "{date}"\n---\n\n# {slug}\n\n{text}\n',
        encoding="utf-8",
    )


def shown(answer: Answer) -> str:
    return "".join(s.text for s in answer.statements[:2])


@pytest.mark.parametrize(
    ("question", "figures"),
    [
        ("What was the vacancy rate of warehouses in Nansha in 2020?", {"12.4%": "harbour-2021, 2021", "17.9%": "harbour-2023, 2023-05"}),
        ("When was the clock tower of Foshan built?", {"1911": "tower-a, 2018", "1915": "tower-b, 2022"}),
        ("2020年南沙會議中心的參觀人數是多少？", {"52萬人": "hall-a，2021-03", "61萬人": "hall-b，2022"}),
        ("2020年珠海音乐学校的毕业生占全市多少？", {"3.5%": "school-a，2021", "4.8%": "school-b，2023"}),
    ],
)  # fmt: skip
def test_both_are_shown_and_dated(qa: QA, question: str, figures: dict[str, str]) -> None:
    answer = qa.ask(question)
    assert answer.note.startswith(say("disagree", answer.language))
    for figure, paper in figures.items():
        assert figure in shown(answer)
        assert paper in answer.note
    assert all(s.citations for s in answer.statements)
    assert len({c.doc_id for c in answer.citations[:3]}) >= 2


@pytest.mark.parametrize(
    "question",
    [
        "What was the vacancy rate of warehouses in Nansha in 2022?",
        "What was the vacancy rate of warehouses in Zhuhai in 2020?",
        "How many moorings for boats has the fishing village of Shekou?",
    ],
)
def test_another_year_place_or_rounding_is_no_disagreement(qa: QA, question: str) -> None:
    answer = qa.ask(question)
    assert not answer.abstained and say("disagree", answer.language) not in answer.note


@pytest.mark.parametrize(("slug", "differs"), [("hall-b", True), ("hall-a", False)])
def test_versions_of_one_paper_are_no_two_opinions(slug: str, differs: bool) -> None:
    """The same paper in another script, whatever a slip of the pen made of its figure."""
    texts = {"hall-a": "2020年南沙會議中心的參觀人數為52萬人。", slug + " ": "2020年南沙会议中心的参观人数为53万人。"}
    documents = {
        name: Document(name, text, name, f"{name}.md", "zh-Hant", meta={"slug": name.strip()})
        for name, text in texts.items()
    }
    chunks = [Chunk(n, n, t, 0, len(t), n, "", None, "zh-Hant", f"{n}.md") for n, t in texts.items()]
    best, other = collect([Hit(chunk, 0.8, "bm25") for chunk in chunks])
    question = analyse("2020年南沙會議中心的參觀人數是多少？")
    assert disagreeing(question, best, [other], documents.__getitem__) == (other if differs else None)


def test_shipped_briefs_do_not_contradict_each_other() -> None:
    qa = QA.shipped(embedder="none")
    for question in (
        "What was the office vacancy rate in Qianhai in Q3 2023?",
        "2025年前海要有多少家港資企業？",
        "粤港澳大湾区有多少个城市？",
    ):
        answer = qa.ask(question)
        assert not answer.abstained and say("disagree", answer.language) not in answer.note

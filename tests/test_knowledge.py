"""The shipped briefs: three parallel versions of each, and every fact of the papers in its place."""

from __future__ import annotations

import calendar
import json
import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
KNOWLEDGE = ROOT / "gba_qa" / "knowledge"
LANGUAGES = ("en", "zh-Hant", "zh-Hans")
SLUGS = sorted({path.name.split(".")[0] for path in KNOWLEDGE.glob("*.md")})
FACTS = [
    (f"{path.name}:{number}", json.loads(line))
    for path in sorted((ROOT / "eval").glob("facts-*.jsonl"))
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
    if line.strip()
]

_MONTHS = list(calendar.month_name)[1:]
_SCALES = {"萬億": 1e12, "万亿": 1e12, "億": 1e8, "亿": 1e8, "萬": 1e4, "万": 1e4,
           "trillion": 1e12, "billion": 1e9, "million": 1e6, "thousand": 1e3}  # fmt: skip
_NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")
_SCALE = re.compile(r"\s?(" + "|".join(_SCALES) + r")")
# 30-45萬 and 30 to 45 million: the first number takes the scale of the second.
_RANGE = re.compile(r"\s?(?:-|–|—|~|至|到|to)\s?(?=\d)")
_YEAR = re.compile(r"(?:19|20)\d\d")
# "may" and "march" are words too, so a month counts only beside a day or a year.
_MONTH = re.compile(rf"(?:(?<=\d )|\b)({'|'.join(_MONTHS)})\b(?= \d)|(?<=\d )({'|'.join(_MONTHS)})\b")


def figures(text: str) -> set[float]:
    """The values written in Arabic numerals: 58.64億 = 5.864 billion = 5864000000, "May 2021" = 2021年5月 = {5, 2021}."""
    text = _MONTH.sub(lambda match: str(_MONTHS.index(match[1] or match[2]) + 1), text)
    numbers = list(_NUMBER.finditer(text))
    values: set[float] = set()
    scale_after = 1.0
    for position in range(len(numbers) - 1, -1, -1):
        number = numbers[position]
        if scale := _SCALE.match(text, number.end()):
            scale_after = _SCALES[scale[1]]
        elif not (match := _RANGE.match(text, number.end())) or match.end() != numbers[position + 1].start():
            scale_after = 1.0
        elif _YEAR.fullmatch(number[0]):
            scale_after = 1.0  # "from 5 million in 2022 to 10 million"
        values.add(round(float(number[0].replace(",", "")) * scale_after, 4))
    return values


def brief(slug: str, language: str) -> tuple[dict[str, str | list[str]], str]:
    """Front matter and body.  The front matter is the plain YAML the briefs use: one value a line, one list."""
    text = (KNOWLEDGE / f"{slug}.{language}.md").read_text("utf-8")
    _, head, body = text.split("---\n", 2)
    meta: dict[str, str | list[str]] = {}
    key = ""
    for line in head.splitlines():
        if line.lstrip().startswith("- "):
            entry = meta.setdefault(key, [])
            assert isinstance(entry, list), f"{slug}.{language}.md: {key} is both a value and a list"
            entry.append(line.lstrip()[2:].strip().strip('"'))
        elif line.strip():
            key, _, value = line.partition(":")
            if value.strip():
                meta[key] = value.strip().strip('"').replace('\\"', '"')
    return meta, body


def blocks(body: str) -> list[str]:
    """The pieces between blank lines: headings, paragraphs, lists and tables."""
    return [block.strip() for block in re.split(r"\n\s*\n", body) if block.strip()]


def shape(block: str) -> str:
    """What a translation must keep: the level of a heading, the cells of each table row, the number of list items."""
    lines = block.splitlines()
    if lines[0].startswith("#"):
        return lines[0].split(" ")[0]
    if lines[0].startswith("|"):
        return "table " + " ".join(str(line.count("|") - 1) for line in lines)
    if items := [line for line in lines if re.match(r"(?:[-*]|\d+\.) ", line)]:
        return f"list {len(items)}"
    return "paragraph"


def test_there_are_briefs_and_facts() -> None:
    assert len(SLUGS) >= 25
    assert len(FACTS) >= 250
    assert max(Counter(fact["id"] for _, fact in FACTS).values()) == 1, "two facts share an id"


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("US$5.864 billion in 2022", "2022年的58.64億美元"),
        ("RMB 13.57 trillion", "13.57万亿元人民币"),
        ("10 million trips and 11,000 firms", "1000萬人次，11,000家"),
        ("30 to 45 million", "3000至4500万"),
        ("from 5.255 million in 2022 to 10 million", "2022年525.5萬，升至1,000萬"),
        ("US$28 billion to US$32 billion", "280億至320億美元"),
        ("on 6 September 2021, 28.9%", "2021年9月6日，28.9%"),
        ("in May 2021 it may fall; by March 2022", "2021年5月；2022年3月"),
    ],
)
def test_figures_are_equal_by_value(english: str, chinese: str) -> None:
    assert figures(english) == figures(chinese)


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("5.864 billion", "5.864億"),
        ("August 2021", "2021年9月"),
        ("11,000", "1.1"),
        ("30 and 45 million", "3000万和4500万"),
    ],
)
def test_figures_that_differ_are_told_apart(english: str, chinese: str) -> None:
    assert figures(english) != figures(chinese)


@pytest.mark.parametrize("slug", SLUGS)
def test_front_matter_is_complete(slug: str) -> None:
    dates = set()
    sources = set()
    for language in LANGUAGES:
        meta, body = brief(slug, language)
        assert (meta["slug"], meta["language"]) == (slug, language)
        assert meta["title"] == re.findall(r"^# (.+)$", body, re.M)[0]
        dates.add(meta["date"])
        sources.add(len(meta["sources"]))
    assert len(dates) == 1, f"the versions hold for different dates: {dates}"
    assert len(sources) == 1 and 0 not in sources, f"the versions name different numbers of sources: {sources}"


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_versions_are_parallel(slug: str, language: str) -> None:
    """Same headings, tables and lists in the same order, and the same figures in each of them."""
    english, chinese = blocks(brief(slug, "en")[1]), blocks(brief(slug, language)[1])
    assert [shape(block) for block in english] == [shape(block) for block in chinese]
    differences = [
        f"{one.splitlines()[0][:70]!r}: en {sorted(figures(one))}, {language} {sorted(figures(other))}"
        for one, other in zip(english, chinese, strict=True)
        if figures(one) != figures(other)
    ]
    assert not differences, "\n".join(differences)


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_brief_is_one_title_and_some_sections(slug: str, language: str) -> None:
    shapes = Counter(shape(block) for block in blocks(brief(slug, language)[1]))
    assert shapes["#"] == 1
    assert 2 <= shapes["##"] <= 6


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize(("language", "charset"), [("zh-Hant", "big5hkscs"), ("zh-Hans", "gb2312")])
def test_each_chinese_version_keeps_to_its_script(slug: str, language: str, charset: str) -> None:
    """GB 2312 has no Traditional-only character, Big5-HKSCS hardly a Simplified-only one."""

    def stray(char: str) -> bool:
        try:
            char.encode(charset)
        except UnicodeEncodeError:
            return True
        return False

    body = brief(slug, language)[1]
    assert not {char for char in body if "\u4e00" <= char <= "\u9fff" and stray(char)}


def test_every_fact_stands_in_its_brief() -> None:
    """The words or the figure of the fact, as written in the list, in all three versions of the brief it names."""
    bodies = {(slug, language): brief(slug, language)[1] for slug in SLUGS for language in LANGUAGES}
    missing = [
        f"{where} {fact['id']}: {fact['figure'][language]!r} is not in {fact['brief']}.{language}.md"
        for where, fact in FACTS
        for language in LANGUAGES
        if fact["figure"][language] not in bodies.get((fact["brief"], language), "")
    ]
    assert not missing, "\n".join(missing)


def test_every_brief_holds_a_listed_fact() -> None:
    listed = {fact["brief"] for _, fact in FACTS}
    assert not set(SLUGS) - listed, "briefs without a fact in eval/facts-*.jsonl"

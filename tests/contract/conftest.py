"""The engines, one after the other, and documents in three languages to put into them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from engines import Engine, Made

from gba_qa.index import Index, MemoryIndex
from gba_qa.types import Block, Chunk, Document, Language


@pytest.fixture(params=["folder", "memory", "milvus"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "folder":
        place: Any = tmp_path / "索引 index#1?%41"
    elif request.param == "memory":
        place = MemoryIndex()
    else:
        place = f"{request.getfixturevalue('milvus')}/test_{uuid.uuid4().hex}"
    made = Engine(request.param, place)
    yield made
    for reader in made.readers:
        reader.close()


@pytest.fixture
def make(embedder: Any) -> Callable[..., Made]:
    """Documents of one sentence a chunk, with the vectors of the tests' embedder."""

    def made(
        name: str,
        sentences: Sequence[str],
        *,
        source: str | None = None,
        language: Language = "en",
        heading: str = "",
        context: str = "",
    ) -> Made:
        text = "\n".join(sentences)
        starts = np.cumsum([0, *(len(s) + 1 for s in sentences[:-1])]).tolist() if sentences else []
        source = source or f"docs/{name}.md"
        blocks = tuple(Block("paragraph", a, a + len(s)) for a, s in zip(starts, sentences, strict=True))
        meta = {"date": "2024-05-01", "slug": name, "skipped_pages": [[3, "no text"]]}
        document = Document(
            name,
            text,
            f"Title of {name}",
            source,
            language,
            (0, len(sentences[0]) + 1) if len(sentences) > 1 else (),
            meta,
            blocks,
        )
        chunks = [
            Chunk(
                f"{name}-{i:03d}",
                name,
                s,
                a,
                a + len(s),
                document.title,
                heading,
                document.page_at(a),
                language,
                source,
                context,
            )
            for i, (a, s) in enumerate(zip(starts, sentences, strict=True))
        ]
        texts = [c.text for c in chunks]
        return document, chunks, embedder.encode_document(texts), embedder.encode_tokens(texts)

    return made


@pytest.fixture
def three(make: Callable[..., Made]) -> list[Made]:
    """One small document a language; every one says something that the others don't."""
    return [
        make(
            "en",
            [
                "Hong Kong residents may buy homes in the nine cities.",
                "The tax rate in Qianhai is 15%.",
                "Ships call at 128 ports.",
            ],
        ),
        make("hant", ["港澳居民可在九市購買住房。", "橫琴面積106平方公里。", "空置率升至28.9%。"], language="zh-Hant"),
        make(
            "hans",
            ["前海的税收优惠适用于香港居民。", "深圳湾口岸实行二十四小时通关。", "口岸每天开放。"],
            language="zh-Hans",
            heading="通关 › 口岸",
        ),
    ]


@pytest.fixture
def filled(engine: Engine, three: list[Made]) -> Index:
    with engine.write() as writer:
        for made in three:
            writer.add(*made, sha=f"sha-{made[0].id}", size=7, mtime_ns=9)
    return engine.read()

"""Read a gold set and a corpus file: JSON lines, UTF-8, each mistake told with file and line.

    {"id": "qh-07", "question": "…", "language": "zh-Hant", "answerable": true, "answers": ["28.9%"],
     "evidence": [{"document": "qianhai.md", "quote": "28.9%"}], "split": "test", "kind": "factual"}      gold, a line
    {"id": "p0", "title": "…", "text": "…", "language": "en"}                                             corpus, a line

`quote`, `split`, `kind`, `title` and a corpus line's `language` may be missing; other keys are passed over.  The chat's
`feedback.jsonl` is such a file: a line with a `thumb` whose `answerable` is null waits for a person to fill it in, and is left out.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from gba_qa.errors import EvaluationError
from gba_qa.text import detect_language, normalize
from gba_qa.types import Block, Document, Language

__all__ = ["Evidence", "Gold", "fingerprint", "read_corpus", "read_gold"]

LANGUAGES: tuple[str, ...] = get_args(Language)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where an answer stands: a file name or corpus id, and words of the passage (empty: anywhere in the document)."""

    document: str
    quote: str


@dataclass(frozen=True, slots=True)
class Gold:
    """One question.  `answers` are accepted spellings, any of them; `line` is where it stands in its file, from 1."""

    id: str
    question: str
    language: Language
    answerable: bool
    answers: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    split: str
    kind: str
    line: int

    @property
    def fingerprint(self) -> str:
        """Twelve hex digits of what is asked and what is right."""
        asked = [
            self.question,
            self.language,
            self.answerable,
            self.answers,
            [(e.document, e.quote) for e in self.evidence],
        ]
        return hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:12]


def read_gold(path: Path) -> list[Gold]:
    """The questions of a gold file, in order.  Raises EvaluationError, naming file and line."""
    seen: dict[str, int] = {}
    questions = []
    for number, row in _rows(path):
        where = f"{path}, line {number}"
        if "thumb" in row and row.get("answerable") is None:
            continue
        for name, kind in (("id", str), ("question", str), ("language", str), ("answerable", bool)):
            _need(isinstance(row.get(name), kind), where, f"{name!r} is {_told(row, name)}, not a {_KINDS[kind]}")
        _need(bool(row["id"].strip()), where, "the id is empty")
        _need(bool(row["question"].strip()), where, f"the question of {row['id']!r} is empty")
        _need(row["id"] not in seen, where, f"the id {row['id']!r} stands in line {seen.get(row['id'])} already")
        _need_language(row["language"], where)
        seen[row["id"]] = number
        answers, evidence = _strings(row, "answers", where), _evidence(row, where)
        if row["answerable"]:
            _need(bool(answers), where, f"{row['id']!r} is answerable but has no 'answers'")
            _need(bool(evidence), where, f"{row['id']!r} is answerable but has no 'evidence'")
        questions.append(
            Gold(
                id=row["id"],
                question=row["question"],
                language=row["language"],
                answerable=row["answerable"],
                answers=answers,
                evidence=evidence,
                split=str(row.get("split") or ""),
                kind=str(row.get("kind") or ""),
                line=number,
            )
        )
    if not questions:
        raise EvaluationError(f"{path}: no line is decided yet; fill in 'answerable', 'answers' and 'evidence'")
    return questions


def fingerprint(path: Path) -> str:
    """Sixteen hex digits of the file's content, whatever its line ends."""
    return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()[:16]


def read_corpus(path: Path) -> list[Document]:
    """Documents of a corpus file, one a line; a line break in `text` begins a paragraph.  The id is the document's source.

    Raises EvaluationError, naming file and line.
    """
    seen: dict[str, int] = {}
    documents = []
    for number, row in _rows(path):
        where = f"{path}, line {number}"
        for name in ("id", "text"):
            _need(isinstance(row.get(name), str), where, f"{name!r} is {_told(row, name)}, not a {_KINDS[str]}")
            _need(bool(row[name].strip()), where, f"{name!r} is empty")
        _need(row["id"] not in seen, where, f"the id {row['id']!r} stands in line {seen.get(row['id'])} already")
        seen[row["id"]] = number
        text = normalize(row["text"])
        language = row.get("language") or detect_language(text)
        _need_language(language, where)
        documents.append(
            Document(
                id=hashlib.sha256(f"{row['id']}\0{text}".encode()).hexdigest()[:16],
                text=text,
                title=str(row.get("title") or row["id"]),
                source=row["id"],
                language=language,
                blocks=tuple(Block("paragraph", *m.span()) for m in re.finditer(r"\S[^\n]*", text)),
            )
        )
    return documents


_HALF = re.compile("[\ud800-\udfff]")
_KINDS: dict[type, str] = {str: "string", bool: "boolean (true or false)"}


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise EvaluationError(f"{path}: {error.strerror or error}; name the file with --gold or --corpus") from None
    if not raw.strip():
        raise EvaluationError(f"{path}: the file is empty; it needs one JSON object a line")
    empty = True
    for number, line in enumerate(raw.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        if not line.strip():
            continue
        empty = False
        try:
            row = json.loads(line.decode("utf-8"))
        except UnicodeDecodeError as error:
            raise EvaluationError(
                f"{path}, line {number}: not UTF-8 (byte {error.start}); save the file as UTF-8"
            ) from None
        except ValueError as error:
            raise EvaluationError(f"{path}, line {number}: not valid JSON ({error})") from None
        except RecursionError:
            raise EvaluationError(f"{path}, line {number}: too deeply nested; each line is one flat {{…}}") from None
        _need(isinstance(row, dict), f"{path}, line {number}", "not a JSON object; each line is one {…}")
        half = _HALF.search(json.dumps(row, ensure_ascii=False)) if b"\\u" in line else None
        if half:
            raise EvaluationError(
                f"{path}, line {number}: \\u{ord(half.group()):04x} is half a character (a surrogate without its other half)"
            )
        yield number, row
    if empty:
        raise EvaluationError(f"{path}: the file is empty; it needs one JSON object a line")


def _strings(row: dict[str, Any], name: str, where: str) -> tuple[str, ...]:
    values = row.get(name) or []
    well = isinstance(values, list) and all(isinstance(v, str) and v.strip() for v in values)
    _need(well, where, f"{name!r} is {_told(row, name)}, not a list of strings with something in them")
    return tuple(values)


def _evidence(row: dict[str, Any], where: str) -> tuple[Evidence, ...]:
    values = row.get("evidence") or []
    _need(isinstance(values, list), where, f"'evidence' is {_told(row, 'evidence')}, not a list")
    found = []
    for value in values:
        well = isinstance(value, dict) and isinstance(value.get("document"), str) and bool(value["document"].strip())
        _need(well, where, "each piece of evidence is an object that names its 'document'")
        quote = value.get("quote") or ""
        _need(isinstance(quote, str), where, f"'quote' is {json.dumps(quote)[:40]}, not a string")
        found.append(Evidence(value["document"], quote))
    return tuple(found)


def _need_language(language: object, where: str) -> None:
    _need(language in LANGUAGES, where, f"the language is {language!r}, not one of {', '.join(LANGUAGES)}")


def _need(condition: bool, where: str, problem: str) -> None:
    if not condition:
        raise EvaluationError(f"{where}: {problem}")


def _told(row: dict[str, Any], name: str) -> str:
    return json.dumps(row[name], ensure_ascii=False)[:40] if name in row else "missing"

"""Uploads are private to their session, bounded, kept under generated names, and gone when it ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from gba_qa.chat import sessions as module
from gba_qa.chat.limits import RateLimiter
from gba_qa.chat.sessions import Session, Sessions, TooMany
from gba_qa.config import Config
from gba_qa.errors import ReadError
from gba_qa.qa import QA

A, B = "a" * 32, "b" * 32


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sessions(small_folder: Path, tmp_path: Path, clock: Clock) -> Sessions:
    qa = QA.build([small_folder], tmp_path / "index", embedder="none", config=Config(embedder="none"))
    return Sessions(qa, clock=clock)


def put(session: Session, text: str, name: str = "../../notes.txt") -> str:
    path = session.new_path(".txt")
    path.write_text(text, encoding="utf-8")
    return session.add(path, name).id


def test_only_the_session_that_uploaded_sees_it(sessions: Sessions) -> None:
    put(sessions.open(A), "The lighthouse of Po Toi was painted 417 times between 1990 and 2031.")
    question = "How many times was the lighthouse of Po Toi painted?"
    assert "417" in sessions.qa(A).ask(question).text
    for other in (B, None, ""):
        assert "417" not in sessions.qa(other).ask(question).text
        assert len(sessions.qa(other).documents()) == 3
    assert len(sessions.qa(A).documents()) == 4
    assert "1.25 million" in sessions.qa(A).ask("How many visitors did the library of Tai Po count in 2031?").text


def test_a_file_lies_under_a_generated_name_in_a_folder_for_this_user_alone(sessions: Sessions) -> None:
    session = sessions.open(A)
    put(session, "A note about tides and moons.")
    files = list(session.folder.iterdir())
    assert len(files) == 1
    assert "notes" not in files[0].name
    assert files[0].suffix == ".txt"
    assert session.folder.stat().st_mode & 0o077 == 0
    assert session.folder.parent.stat().st_mode & 0o077 == 0


def test_a_session_ends_when_it_is_silent(sessions: Sessions, clock: Clock) -> None:
    session = sessions.open(A)
    put(session, "The lighthouse of Po Toi was painted 417 times.")
    clock.now += module.IDLE_SECONDS - 1
    assert sessions.find(A) is session  # the page called in: another half an hour
    clock.now += module.IDLE_SECONDS - 1
    assert sessions.find(A) is session
    clock.now += module.IDLE_SECONDS + 1
    assert sessions.find(A) is None
    assert not session.folder.exists()
    assert sessions.qa(A) is sessions.shared


def test_all_folders_go_when_the_server_stops(sessions: Sessions) -> None:
    folders = [sessions.open(token).folder for token in (A, B)]
    sessions.close()
    assert not any(folder.exists() or folder.parent.exists() for folder in folders)


def test_limits(sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_DOCUMENTS", 2)
    monkeypatch.setattr(module, "MAX_SESSIONS", 1)
    monkeypatch.setattr(module, "MAX_CHARACTERS", 500)
    session = sessions.open(A)
    first = put(session, "One sentence about ferries.")
    with pytest.raises(TooMany):
        put(session, "A long text. " * 100)
    put(session, "One sentence about trams.")
    with pytest.raises(TooMany):
        put(session, "One sentence about buses.")
    assert len(list(session.folder.iterdir())) == 2  # what was refused is not kept
    session.remove(first)
    put(session, "One sentence about buses.")
    with pytest.raises(TooMany):
        sessions.open(B)


def test_a_file_that_cannot_be_read_is_not_kept(sessions: Sessions) -> None:
    session = sessions.open(A)
    path = session.new_path(".pdf")
    path.write_bytes(b"%PDF-1.4 nothing more")
    with pytest.raises(ReadError, match=r"broken\.pdf"):
        session.add(path, "broken.pdf")
    assert list(session.folder.iterdir()) == []


def test_the_same_file_twice_is_one_document(sessions: Sessions) -> None:
    session = sessions.open(A)
    assert put(session, "Same words.") == put(session, "Same words.")
    assert len(session.documents) == 1
    assert len(list(session.folder.iterdir())) == 1


def test_a_rate_limit_slides_and_counts_each_client_by_itself() -> None:
    clock = Clock()
    limiter = RateLimiter(2, seconds=60, clock=clock)
    assert [limiter.allow("a") for _ in range(3)] == [True, True, False]
    assert limiter.allow("b")
    clock.now = 59.9
    assert not limiter.allow("a")
    clock.now = 60.0
    assert limiter.allow("a")

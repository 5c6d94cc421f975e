"""Private uploads: for each browser session a folder, and a QA over the shared index and an index of its own in memory.

A session is known by a random cookie.  It ends when the page has not been heard of for half an hour (an open page calls in
every few minutes) or when the server stops; its folder and index go with it.
"""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path, PurePath

from gba_qa.errors import GbaQAError
from gba_qa.qa import QA
from gba_qa.types import Document

__all__ = ["MAX_DOCUMENTS", "ONE_READER", "Session", "Sessions", "TooMany"]

IDLE_SECONDS = 30 * 60.0
MAX_DOCUMENTS = 10  # a session
MAX_SESSIONS = 100  # with uploads, at once: each holds its vectors in memory
MAX_CHARACTERS = 3_000_000  # a session; about 2,000 pages, 60 MB of vectors

ONE_READER = threading.Lock()  # PDFium, which reads PDFs and draws their pages, is not safe to use from two threads


class TooMany(GbaQAError):
    """A limit on uploads is reached.  `key` names the phrase that says so (strings.json)."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


class Session:
    """The uploads of one browser.  `qa` answers from the shared documents and from these."""

    def __init__(self, qa: QA, folder: Path, now: float) -> None:
        self.qa = qa
        self.folder = folder
        self.seen = now
        self.documents: dict[str, Document] = {}
        self._paths: dict[str, Path] = {}
        self._contents: dict[str, str] = {}
        self.lock = threading.Lock()

    def new_path(self, suffix: str) -> Path:
        """Where the next upload goes: a generated name, of which only the suffix is the user's."""
        return self.folder / f"{secrets.token_hex(16)}{suffix}"

    def add(self, path: Path, name: str) -> Document:
        """Read a file that lies in the folder.  Raises ReadError with the reason, or TooMany; then the file is removed.

        Another file of the same name is numbered: `report (2).pdf`.  The same file once more stays one document.
        """
        try:
            with self.lock:
                content = hashlib.sha256(path.read_bytes()).hexdigest()
                for document in self.documents.values():
                    if self._contents[document.id] == content and document.source == name:
                        path.unlink()
                        return document
                if len(self.documents) >= MAX_DOCUMENTS:
                    raise TooMany("upload_many")
                with ONE_READER:
                    document = self.qa.add(path, source=self._free_name(name))
                self.documents[document.id] = document
                self._paths[document.id], self._contents[document.id] = path, content
                if sum(len(d.text) for d in self.documents.values()) > MAX_CHARACTERS:
                    self._forget(document.id)
                    raise TooMany("upload_many")
                return document
        except BaseException:
            self.discard(path)
            raise

    def discard(self, path: Path) -> None:
        """Forget a file that was not received whole, or could not be read."""
        path.unlink(missing_ok=True)

    def remove(self, doc_id: str) -> None:
        """Take a document out again and delete its file; nothing happens when it is not this session's."""
        with self.lock:
            if doc_id in self.documents:
                self._forget(doc_id)

    def _forget(self, doc_id: str) -> None:
        self.qa.remove(doc_id)
        del self.documents[doc_id]
        self._paths.pop(doc_id).unlink(missing_ok=True)

    def _free_name(self, name: str) -> str:
        taken = {document.source for document in self.documents.values()}
        stem, suffix = PurePath(name).stem, PurePath(name).suffix
        names = (name, *(f"{stem} ({n}){suffix}" for n in range(2, MAX_DOCUMENTS + 2)))
        return next(n for n in names if n not in taken)


class Sessions:
    """All sessions that have uploads.  Safe to use from several threads."""

    def __init__(self, qa: QA, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.shared = qa
        self._clock = clock
        self._sessions: dict[str, Session] = {}
        self._lock = threading.Lock()
        self._root: Path | None = None

    def qa(self, token: str | None) -> QA:
        """What answers this browser: its own QA where it has uploads, else the shared one."""
        session = self.find(token)
        return session.qa if session else self.shared

    def find(self, token: str | None) -> Session | None:
        """The session of a browser that has uploads; finding it keeps it alive."""
        self.sweep()
        with self._lock:
            session = self._sessions.get(token or "")
            if session:
                session.seen = self._clock()
            return session

    def open(self, token: str) -> Session:
        """The session of this browser, begun if need be.  Raises TooMany when too many others have uploads."""
        found = self.find(token)
        if found:
            return found
        with self._lock:
            if token not in self._sessions:
                if len(self._sessions) >= MAX_SESSIONS:
                    raise TooMany("upload_busy")
                if self._root is None:
                    self._root = Path(tempfile.mkdtemp(prefix="gba-qa-uploads-"))  # readable by this user alone
                folder = self._root / secrets.token_hex(16)
                folder.mkdir(mode=0o700)
                self._sessions[token] = Session(self.shared.private(), folder, self._clock())
            return self._sessions[token]

    def sweep(self) -> None:
        """End the sessions that have not been heard of for IDLE_SECONDS."""
        limit = self._clock() - IDLE_SECONDS
        with self._lock:
            ended = [token for token, session in self._sessions.items() if session.seen < limit]
            gone = [self._sessions.pop(token) for token in ended]
        for session in gone:
            shutil.rmtree(session.folder, ignore_errors=True)

    def close(self) -> None:
        """End all sessions and remove their folders."""
        with self._lock:
            self._sessions.clear()
            root, self._root = self._root, None
        if root is not None:
            with contextlib.suppress(OSError):
                shutil.rmtree(root)

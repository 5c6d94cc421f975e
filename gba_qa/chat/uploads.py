"""Uploads: the body streamed into the session's own folder under a generated name, then read.

Not by Gradio's own upload, which keeps what it is given under the user's name where other routes can serve it.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import shutil
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from gba_qa.chat.guard import UPLOAD_PATH, cookie_token
from gba_qa.chat.i18n import language_of, word
from gba_qa.chat.sessions import MAX_DOCUMENTS, ONE_READER, Sessions, TooMany
from gba_qa.config import Config
from gba_qa.errors import GbaQAError, ReadError
from gba_qa.indexing import build_index
from gba_qa.qa import QA
from gba_qa.readers import SUFFIXES
from gba_qa.types import Document, Language

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["shown_types", "upload_route"]

_REASON_LENGTH = 200


def shown_types() -> str:
    """The kinds of file that can be read, for people: `PDF, DOCX, HTML, TXT, MD`."""
    order = [".pdf", ".docx", ".pptx", ".xlsx", ".html", ".txt", ".md", ".csv"]
    return ", ".join(s[1:].upper() for s in order if s in SUFFIXES)


def upload_route(sessions: Sessions, config: Config) -> Any:
    """The route: POST the file's bytes, its name percent-encoded in `X-Filename`, the page's language in `X-Language`.

    200 with the document's id and title, or 4xx with `{"error": reason}` in that language.
    """
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    reading = asyncio.Semaphore(1)  # the others wait here, not in a thread each

    async def upload(request: Request) -> Response:
        ui = language_of(request.headers.get("x-language"))
        name = PurePath(unquote(request.headers.get("x-filename", "")).replace("\\", "/")).name[:200] or "document"

        def refuse(status: int, key: str, **values: object) -> Response:
            return JSONResponse({"error": word(key, ui, name=name, **values)}, status_code=status)

        if not _logged_in(request):
            return JSONResponse({"error": "not logged in"}, status_code=401)
        token = cookie_token(request.cookies)
        if token is None:
            return refuse(403, "upload_failed", reason="no session cookie")
        suffix = PurePath(name).suffix.lower()
        if suffix not in SUFFIXES:
            return refuse(415, "upload_type", types=shown_types())
        try:
            session = (
                sessions.open(token) if not config.shared_uploads else SharedUploads(sessions.shared, config.index)
            )
        except TooMany as error:
            return refuse(429, error.key, n=MAX_DOCUMENTS)
        path = session.new_path(suffix)
        try:
            complete = await _receive(request, path, config.max_upload_mb << 20)
        except Exception:  # the browser went away
            session.discard(path)
            raise
        if not complete:
            session.discard(path)
            return refuse(413, "upload_too_large", mb=config.max_upload_mb)
        try:
            async with reading:
                document = await asyncio.to_thread(session.add, path, name)
        except TooMany as error:
            return refuse(429, error.key, n=MAX_DOCUMENTS)
        except GbaQAError as error:
            return refuse(422, "upload_failed", reason=_reason(error, name))
        return JSONResponse(_described(document, name, ui))

    return Route(UPLOAD_PATH, upload, methods=["POST"])


class SharedUploads:
    """What an operator chose: uploads go into the shared index, for everyone, and stay (`gba-qa remove` takes them out)."""

    def __init__(self, qa: QA, index: str, folder: Path = Path("uploads")) -> None:
        self.qa = qa
        self.index = index
        self.folder = folder

    def new_path(self, suffix: str) -> Path:
        """A folder with a generated name; the file in it is given the user's name once it has been received whole."""
        folder = self.folder / secrets.token_hex(8)
        folder.mkdir(parents=True, mode=0o700)
        return folder / f"upload{suffix}"

    def add(self, path: Path, name: str) -> Document:
        """Index the file under its own name, of which only letters, digits, dots and dashes are kept.

        Raises ReadError with the reason, or IndexLocked; then nothing of the file is kept.
        """
        kept = path.with_name(re.sub(r"[^\w.-]+", "-", name).lstrip(".-") or path.name)
        try:
            path.rename(kept)
            with ONE_READER:
                report = build_index([kept], self.index, self.qa.embedder, wait=30.0)
            if report.failed:
                raise ReadError(f"{name}: {report.failed[0].detail}")
            self.qa.refresh()
            found = next((d for d in self.qa.documents() if Path(d.source) == kept), None)
            if found is None:
                raise ReadError(f"{name}: already there under another name")
            return self.qa.document(found.id)
        except BaseException:
            self.discard(path)
            raise

    def discard(self, path: Path) -> None:
        """Forget a file that was not received whole, or could not be read."""
        shutil.rmtree(path.parent, ignore_errors=True)


async def _receive(request: Request, path: Path, limit: int) -> bool:
    """Write the body to the path; False as soon as it is longer than the limit."""
    size = 0
    with path.open("xb") as file:
        async for piece in request.stream():
            size += len(piece)
            if size > limit:
                return False
            file.write(piece)
    return True


def _described(document: Document, name: str, ui: Language) -> dict[str, Any]:
    return {"id": document.id, "title": document.title, "message": word("upload_done", ui, name=name)}


def _reason(error: GbaQAError, name: str) -> str:
    """The error without the file's name in front of it: the phrase has that already."""
    return str(error).removeprefix(f"{name}: ")[:_REASON_LENGTH]


def _logged_in(request: Request) -> bool:
    """Whether the page's password, if it has one, was given: Gradio's own test, for a route beside its own."""
    app = request.app
    if getattr(app, "auth", None) is None:
        return True
    names = (f"access-token-{app.cookie_id}", f"access-token-unsecure-{app.cookie_id}")
    return any(request.cookies.get(name) in app.tokens for name in names if request.cookies.get(name))

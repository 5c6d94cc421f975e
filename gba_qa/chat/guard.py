"""What the server answers at all: a list of known paths, from this site only, with bounded bodies and strict headers.

Gradio serves many routes that this page has no use for (file serving, proxying, uploads, recording, monitoring …), and its
known holes lay in those.  Here everything that is not on the list is 404 before Gradio sees it.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from gba_qa.chat.limits import RateLimiter

__all__ = ["COOKIE", "UPLOAD_PATH", "Guard", "cookie_token"]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

COOKIE = "gba_qa_session"
UPLOAD_PATH = "/gba/upload"
MAX_BODY = 1 << 20  # bytes; a question with its history, or the turns of a long chat, stay well below
LOGINS = 10  # tries of a password a minute and client
CALLS_A_QUESTION = 10  # requests a minute and client for each question it may ask: passages, pages, lists, uploads
_TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")
_HASH = r"[A-Za-z0-9_-]{1,64}"
_READ = re.compile(
    r"/|/config|/theme\.css|/logout|/favicon\.ico|/robots\.txt"
    r"|/gba/[a-z0-9_-]+\.(?:css|js|svg)"
    r"|/(?:assets|static/js|static/img)/[A-Za-z0-9_][A-Za-z0-9_.@-]*"
    r"|/gradio_api/(?:info|config|app_id|login_check|user|startup-events|theme\.css|queue/data|queue/status)/?"
    rf"|/gradio_api/heartbeat/{_HASH}|/gradio_api/call/(?:v2/)?(?:ask|search)/{_HASH}"
)
_WRITE = re.compile(
    r"/login/?|/gba/upload|/gradio_api/(?:queue/join|component_server|cancel|reset|call/(?:v2/)?(?:ask|search))/?"
)
_MCP = re.compile(r"/gradio_api/mcp(?:/[a-z]*){0,2}")
_POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; manifest-src 'self'; worker-src 'self' blob:; "
    "form-action 'self'; base-uri 'self'; frame-ancestors 'none'; object-src 'none'"
)  # 'unsafe-eval': Gradio compiles the `js=` of its events.  Inline scripts run by nonce alone, so no injected handler does.
_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), payment=()"),
]
_OUTSIDE = re.compile(  # tags of Gradio's page that name other hosts or things that are not served
    r'<meta\s+(?:property="og:|name="twitter:)[^>]*>|<link[^>]*(?:preconnect|rel="manifest")[^>]*>|<script[^>]*src="https?://[^>]*></script>'
)


class Guard:
    """ASGI middleware.  `local_only` refuses requests by any name but this machine's own (DNS rebinding)."""

    def __init__(
        self,
        app: Any,
        *,
        local_only: bool = True,
        mcp: bool = False,
        max_upload: int = 0,
        head: str = "",
        questions: int = 60,
    ) -> None:
        self.app = app
        self.local_only = local_only
        self.mcp = mcp
        self.max_upload = max_upload
        self.head = head
        self._logins = RateLimiter(LOGINS)
        self._calls = RateLimiter(questions * CALLS_A_QUESTION)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":  # no web sockets here
            return
        refusal = self._refusal(scope)
        if refusal:
            await _refuse(send, *refusal)
            return
        limit = self.max_upload if scope["path"] == UPLOAD_PATH else MAX_BODY
        if int(_header(scope, b"content-length") or 0) > limit:
            await _refuse(send, 413, "too large")
            return
        respond = _Response(scope, send, self.head)
        await self.app(scope, _bounded(receive, limit), respond)

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        method, path = scope["method"], scope["path"]
        host = _header(scope, b"host")
        if self.local_only and not is_local(urlsplit(f"//{host}").hostname or ""):
            return 421, "this page is served to this machine only"
        origin = _header(scope, b"origin")
        tools = self.mcp and _MCP.fullmatch(path)
        if origin and urlsplit(origin).netloc != host and (tools or method == "POST"):
            return 403, "from another site"
        if tools:
            return None
        if method in {"GET", "HEAD"}:
            known = _READ.fullmatch(path)
        elif method == "POST":
            known = _WRITE.fullmatch(path)
            limiter = self._logins if path.startswith("/login") else self._calls
            if not limiter.allow(str((scope.get("client") or ("unknown",))[0])):
                return 429, "too many requests; wait a minute"
        else:
            return 405, "method not allowed"
        length = _header(scope, b"content-length")
        if length and not length.isdigit():
            return 400, "bad content-length"
        return None if known and ".." not in path else (404, "not found")


def is_local(host: str) -> bool:
    """Whether the name or address is this machine's own."""
    return host in {"localhost", "127.0.0.1", "::1"} or bool(re.fullmatch(r"127(?:\.\d{1,3}){3}", host))


def cookie_token(cookies: Any) -> str | None:
    """The session token among the cookies, or None where there is none of the right form."""
    token = cookies.get(COOKIE) if cookies else None
    return token if isinstance(token, str) and _TOKEN.fullmatch(token) else None


class _Response:
    """Sends a response on with the headers added, the page itself with its scripts marked and the cookie set."""

    def __init__(self, scope: Scope, send: Send, head: str) -> None:
        self.send = send
        self.head = head
        self.is_page = scope["path"] == "/"
        self.cookies = _header(scope, b"cookie")
        self.secure = scope.get("scheme") == "https"
        self.start: Message | None = None
        self.body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", []), *_HEADERS]
            kinds = {v for k, v in message["headers"] if k.lower() == b"content-type"}
            if self.is_page and any(kind.startswith(b"text/html") for kind in kinds):
                self.start = message
                return
            message["headers"].append((b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"))
        elif message["type"] == "http.response.body" and self.start is not None:
            self.body += message.get("body", b"")
            if message.get("more_body"):
                return
            await self._page()
            return
        await self.send(message)

    async def _page(self) -> None:
        assert self.start is not None
        nonce = secrets.token_urlsafe(18)
        page = _OUTSIDE.sub("", self.body.decode("utf-8"))
        page = page.replace("<head>", f"<head>{self.head}", 1)
        page = re.sub(r"<script(?=[\s>])", f'<script nonce="{nonce}"', page)
        body = page.encode("utf-8")
        headers = [(k, v) for k, v in self.start["headers"] if k.lower() not in {b"content-length", b"cache-control"}]
        headers += [
            (b"content-length", str(len(body)).encode()),
            (b"content-security-policy", _POLICY.format(nonce=nonce).encode()),
            (b"cache-control", b"no-store"),
        ]
        if not re.search(rf"(?:^|;\s*){COOKIE}={_TOKEN.pattern}(?:;|$)", self.cookies):
            cookie = f"{COOKIE}={secrets.token_urlsafe(24)}; Path=/; HttpOnly; SameSite=Lax"
            headers.append((b"set-cookie", (cookie + ("; Secure" if self.secure else "")).encode()))
        await self.send({**self.start, "headers": headers})
        await self.send({"type": "http.response.body", "body": body})


def _bounded(receive: Receive, limit: int) -> Receive:
    """The body, cut off with an error once it is longer than it may be (a body may come without its length)."""
    seen = 0

    async def bounded() -> Message:
        nonlocal seen
        message = await receive()
        if message["type"] == "http.request":
            seen += len(message.get("body", b""))
            if seen > limit:
                return {"type": "http.disconnect"}
        return message

    return bounded


def _header(scope: Scope, name: bytes) -> str:
    return next((v.decode("latin-1") for k, v in scope["headers"] if k.lower() == name), "")


async def _refuse(send: Send, status: int, reason: str) -> None:
    body = reason.encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode()), *_HEADERS]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})

"""Serve the chat: settings, address, password, port; start and stop."""

from __future__ import annotations

import atexit
import json
import os
import secrets
import shutil
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import Any

from gba_qa.chat.guard import Guard, is_local
from gba_qa.chat.quick import import_gradio
from gba_qa.config import Config
from gba_qa.errors import GbaQAError, IndexNotFound, MissingDependency, UsageError, install_command

__all__ = ["serve"]

PORTS_TRIED = 100
PAGE_LOADS = 3.0  # seconds that a browser gets before the warming up begins
UPLOAD_OVERHEAD = 1 << 16


def serve(
    *,
    host: str | None = None,
    port: int | None = None,
    auth: str | None = None,
    no_auth: bool = False,
    index: str | None = None,
    mcp: bool = False,
) -> None:
    """Serve the chat page until interrupted; prints its address once it answers.

    What is None comes from the settings (GBA_QA_HOST, GBA_QA_PORT, GBA_QA_AUTH …).  Raises UsageError for an address that
    others can reach without a password, unless `no_auth` says that this is meant, and for `mcp` with a password.
    """
    config = Config.load(host=host, port=port, auth=auth, index=index)
    user = _password(config, no_auth)
    if mcp and user:  # Gradio's tools call the server as a client of their own, which has no password to give
        raise UsageError(
            "the MCP tools don't work behind a password: leave out --mcp, or the password (--auth, GBA_QA_AUTH, `auth` in "
            "gba-qa.toml); where others reach the address, --no-auth and a proxy in front that asks for it"
        )
    chosen = _free_port(config.host, config.port)
    if chosen != config.port and config.port:
        print(f"Port {config.port} is taken; using {chosen} instead.", flush=True)
    _keep_gradio_quiet()
    # Opening the index and importing Gradio take a second or two each: side by side.
    with ThreadPoolExecutor(1) as pool:
        opening = pool.submit(_open, config, index)
        import_gradio()
        qa = opening.result()
    app, sessions = _launch(qa, config, chosen, user, mcp)
    atexit.register(sessions.close)
    atexit.register(shutil.rmtree, os.environ["GRADIO_TEMP_DIR"], ignore_errors=True)
    signal.signal(signal.SIGTERM, _stop)
    shown = "localhost" if config.host in {"0.0.0.0", "::", ""} else config.host  # noqa: S104  # compared, not bound
    print(f"GBA QA is ready: http://{f'[{shown}]' if ':' in shown else shown}:{chosen}", flush=True)
    try:
        with _warming(qa):
            app.block_thread()
    finally:
        sessions.close()


def _open(config: Config, index: str | None) -> Any:
    from gba_qa.index import open_index
    from gba_qa.qa import QA

    try:
        open_index(config.index).close()
    except IndexNotFound:
        if index is None:
            print("Building the index of the shipped knowledge. Once only; it takes some seconds.", flush=True)
    qa = QA.load(index, config=config)
    qa.search("粵港澳大灣區 Greater Bay Area", 1)  # so that the first question finds the index in memory
    return qa


@contextmanager
def _warming(qa: Any) -> Iterator[None]:
    """Meanwhile, once the page has had time to load, ask the example questions in the background."""
    from gba_qa.chat.examples import Examples

    stop = threading.Event()

    def warm() -> None:
        if not stop.wait(PAGE_LOADS):
            with suppress(GbaQAError):  # whatever is wrong, the one who asks is told
                Examples(qa).warm(stop)

    thread = threading.Thread(target=warm, name="gba-qa-warm", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(5)  # a thread that still computes while Python shuts down can crash it


def _launch(qa: Any, config: Config, port: int, user: tuple[str, str] | None, mcp: bool) -> tuple[Any, Any]:
    """Start the server; returns the running Blocks and the sessions."""
    import gradio as gr
    from starlette.middleware import Middleware

    from gba_qa.chat.i18n import gradio_translations
    from gba_qa.chat.page import build_page, head, routes
    from gba_qa.chat.sessions import Sessions

    if mcp:
        _need_mcp()
    sessions = Sessions(qa)
    blocks = build_page(qa, sessions, config)
    guard = Middleware(
        Guard,
        local_only=is_local(config.host),
        mcp=mcp,
        max_upload=(config.max_upload_mb << 20) + UPLOAD_OVERHEAD,
        head=head(),
        questions=config.questions_per_minute,
    )
    blocks.launch(
        server_name=config.host,
        server_port=port,
        auth=user,
        prevent_thread_lock=True,
        quiet=True,
        share=False,
        inbrowser=False,
        ssr_mode=False,
        pwa=False,
        mcp_server=mcp,
        enable_monitoring=False,
        run_history=False,
        show_error=False,
        footer_links=[],
        max_file_size="1kb",  # nothing is uploaded by Gradio's own way
        i18n=gr.I18n(**gradio_translations()),
        theme=gr.themes.Base(font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"]),
        app_kwargs={
            "routes": routes(sessions, config),
            "middleware": [guard],
            "docs_url": None,
            "redoc_url": None,
            "openapi_url": None,
        },
    )
    _forbid_other_origins(blocks.app)
    if mcp:
        _tell_mcp_in_json(blocks.mcp_server_obj)
    return blocks, sessions


def _forbid_other_origins(app: Any) -> None:
    """Take out the middleware by which Gradio lets pages of any other port of this machine read answers, cookies included.

    It stands around the Guard, which can't undo it: the stack is built once more, without it.
    """
    app.user_middleware = [m for m in app.user_middleware if m.cls.__name__ != "CustomCORSMiddleware"]
    app.middleware_stack = app.build_middleware_stack()


def _tell_mcp_in_json(server: Any) -> None:
    """Let the tools return JSON: Gradio would give a dictionary as Python prints it."""

    def results(data: Any, root_url: str) -> list[Any]:
        return [server.types.TextContent(type="text", text=json.dumps(output, ensure_ascii=False)) for output in data]

    server.postprocess_output_data = results


def _password(config: Config, no_auth: bool) -> tuple[str, str] | None:
    """User and password, or None.  Raises UsageError where they are needed and missing, or malformed."""
    if config.auth:
        user, separator, password = config.auth.partition(":")
        if not (user and separator and password):
            raise UsageError("auth is user:password, both not empty")
        return user, password
    if not is_local(config.host) and not no_auth:
        raise UsageError(
            f"{config.host} can be reached by others: set a password with --auth user:password (or GBA_QA_AUTH), "
            "or say --no-auth if everyone who reaches it may use it"
        )
    return None


def _free_port(host: str, wanted: int) -> int:
    """The wanted port if it is free, else the next free one; 0 takes any."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for port in range(wanted, min(wanted + PORTS_TRIED, 65536)) if wanted else (0,):
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except PermissionError:
                raise UsageError(f"port {port} needs more rights than this user has; choose one above 1023") from None
            except socket.gaierror:
                raise UsageError(f"{host!r} is not an address of this machine") from None
            except OSError as error:
                if error.errno == 99:  # EADDRNOTAVAIL
                    raise UsageError(f"{host!r} is not an address of this machine") from None
                continue
            return int(probe.getsockname()[1])
    raise UsageError(f"no free port from {wanted} to {wanted + PORTS_TRIED - 1}; name one with --port")


def _keep_gradio_quiet() -> None:
    """No analytics, no version check, no hub: set before Gradio is imported."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["GRADIO_NODE_SERVER_NAME"] = ""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    for name in ("GRADIO_SHARE", "GRADIO_SSR_MODE", "GRADIO_MCP_SERVER", "GRADIO_ALLOWED_PATHS", "GRADIO_ROOT_PATH"):
        os.environ.pop(name, None)
    # Nothing is served from it and nothing of the page goes into it: a name of its own, so that it can go when the server stops.
    os.environ["GRADIO_TEMP_DIR"] = str(
        Path(tempfile.gettempdir()) / f"gba-qa-gradio-{secrets.token_hex(8)}-{os.getpid()}"
    )


def _need_mcp() -> None:
    if find_spec("mcp") is None:
        raise MissingDependency(f"the MCP tools need an extra: `{install_command('mcp')}`", extra="mcp")


def _stop(signum: int, frame: FrameType | None) -> None:
    sys.exit(128 + signum)

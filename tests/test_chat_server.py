"""The running server over plain HTTP: what it answers, what it refuses, who may use it, and how fast it is."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from tests.chat_server import ROOT, Server, build_knowledge, environment, slack

VACANCY = "2023年第3季前海辦公樓的空置率是多少？"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_knowledge(tmp_path_factory.mktemp("chat") / "index")


@pytest.fixture(scope="module")
def server(index: Path) -> Iterator[Server]:
    server = Server("--index", str(index), GBA_QA_QUESTIONS_PER_MINUTE="100000", GBA_QA_MAX_UPLOAD_MB="1")
    yield server
    server.stop()


def fetch(
    server: Server, path: str, *, method: str = "GET", body: bytes | None = None, **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """One request, the path sent as it stands (http.client does not tidy it)."""
    place = urlsplit(server.url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=30)
    connection.putrequest(method, path, skip_host="Host" in headers)
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    if body is not None and "Content_Length" not in headers:
        connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body)
    response = connection.getresponse()
    answer = (response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
    connection.close()
    return answer


def post(server: Server, path: str, value: object, **headers: str) -> tuple[int, dict[str, str], bytes]:
    return fetch(
        server, path, method="POST", body=json.dumps(value).encode(), Content_Type="application/json", **headers
    )


def test_the_page_has_strict_headers_and_names_no_other_host(server: Server) -> None:
    status, headers, body = fetch(server, "/")
    assert status == 200
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    cookie = headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    text = body.decode()
    for tag in ("<script", "<link", "<img", "<iframe", "<meta"):
        for piece in text.split(tag)[1:]:
            assert "//" not in piece.split(">")[0].replace("http://www.w3.org", ""), piece[:200]
    again = fetch(server, "/", Cookie=cookie.split(";")[0])
    assert "set-cookie" not in again[1]


def test_all_its_own_files_are_served_and_nothing_else_there(server: Server) -> None:
    folder = ROOT / "gba_qa" / "chat" / "static"
    for file in folder.iterdir():
        status = fetch(server, f"/gba/{file.name}")[0]
        assert status == (200 if file.suffix in {".js", ".css", ".svg"} else 404), file.name


def probes() -> list[str]:
    secret = "/etc/passwd"
    base = [
        f"/file={secret}", f"/gradio_api/file={secret}", f"/gradio_api/file/{secret}", f"/file/{secret}",
        "/gradio_api/file=../../../../etc/passwd", "/gradio_api/file=..%2f..%2f..%2fetc%2fpasswd",
        "/gradio_api/file=%252e%252e%252fetc%252fpasswd", "/gradio_api/file=C:/Windows/win.ini",
        "/gradio_api/file=http://127.0.0.1:1/", "/gradio_api/file=file:///etc/passwd",
        f"/gradio_api/file={ROOT}/pyproject.toml", f"/gradio_api/file={ROOT}/gba_qa/chat/server.py",
        "/gradio_api/proxy=http://127.0.0.1:1/", "/proxy=http://169.254.169.254/latest/", "/gradio_api/proxy=https://example.com/",
        "/assets/../../../../etc/passwd", "/assets/..%2f..%2fetc/passwd", "/assets/%2e%2e/%2e%2e/index.html",
        "/static/../../../pyproject.toml", "/static/js/..%2f..%2f..%2fetc", "/svelte/../../etc/passwd", "/svelte/x.js",
        "/gradio_api/custom_component/0/client/component/..%2f..%2fetc", "/gradio_api/stream/a/b/c/playlist.m3u8",
        "/gradio_api/upload_progress?upload_id=x", "/monitoring", "/monitoring/summary", "/gradio_api/deep_link?session_hash=x",
        "/gradio_api/token", "/gradio_api/runs", "/gradio_api/dev/reload", "/gradio_api/vibe-code", "/gradio_api/openapi.json",
        "/gradio_api/profiling/summary", "/docs", "/redoc", "/openapi.json", "/manifest.json", "/pwa_icon", "/gba/../ui.py",
        "/gba/%2e%2e/ui.py", "/gba/strings.json", "/gba/server.py", "/gba/header.html", "//etc/passwd", "/.git/config",
        "/gradio_api/call/gba_rate/x", "/gradio_api/mcp/sse", "/login/huggingface", "/login/callback", "/gradio_api/login/huggingface",
        "/gradio_api/FILE=/etc/passwd", "/Gradio_API/file=/etc/passwd", "/gradio_api/file=/ETC/PASSWD",
        "/gradio_api/file=C:/x/secret.txt::$DATA", "/gradio_api/file=%5c%5chost%5cshare%5cx", "/gradio_api/file=/proc/self/environ",
        f"/gradio_api/file={ROOT}/ui.py%00.png", "/gradio_api/file=..%c0%af..%c0%afetc/passwd", "/gradio_api/file=....//....//etc/passwd",
    ]  # fmt: skip
    return base


@pytest.mark.parametrize("path", probes())
def test_nothing_outside_the_page_is_served(server: Server, path: str) -> None:
    for method in ("GET", "HEAD", "POST"):
        status, _, body = fetch(server, path, method=method, body=b"{}" if method == "POST" else None)
        assert status in {403, 404, 405}, (method, path, status)
        assert b"root:" not in body
        assert b"[project]" not in body


@pytest.mark.parametrize(
    "path",
    ["/gradio_api/upload", "/gradio_api/run/ask", "/gradio_api/api/ask", "/gradio_api/process_recording", "/gradio_api/vibe-edit",
     "/gradio_api/stream/x", "/gradio_api/run-history/connect", "/gradio_api/call/lambda", "/gradio_api/call/answer"],
)  # fmt: skip
def test_gradio_s_other_doors_are_shut(server: Server, path: str) -> None:
    assert post(server, path, {"data": []})[0] == 404
    assert fetch(server, path, method="PUT", body=b"{}")[0] == 405
    assert fetch(server, path, method="DELETE")[0] == 405


def component(server: Server) -> int:
    config = json.loads(fetch(server, "/config")[2])
    return next(c["id"] for c in config["components"] if c["props"].get("elem_id") == "gba-bridge")


def test_calls_take_no_paths_and_no_other_functions(server: Server) -> None:
    """The class of holes where a component's server function was called with somebody else's file or name."""
    bridge = component(server)

    def call(name: str, data: object, block: int = bridge) -> tuple[int, bytes]:
        status, _, body = post(
            server,
            "/gradio_api/component_server",
            {"data": data, "component_id": block, "fn_name": name, "session_hash": "x"},
        )
        return status, body

    assert call("gba_about", {"ui": "en"})[0] == 200
    for name in (
        "preprocess",
        "postprocess",
        "get_config",
        "__init__",
        "__class__",
        "gba_",
        "move_resource_to_block_cache",
    ):
        assert call(name, {"path": "/etc/passwd"})[0] in {404, 500}, name
    for doc in (
        "/etc/passwd",
        "../../pyproject.toml",
        f"{ROOT}/pyproject.toml",
        7,
        None,
        ["x"],
        {"path": "/etc/passwd"},
    ):
        for name in ("gba_passage", "gba_picture"):
            status, body = call(name, {"doc": doc, "start": 0, "end": 10, "path": "/etc/passwd"})
            assert (status, body) == (200, b"null"), (name, doc)
    for junk in (None, [], "text", 3, {"turns": 5}, {"turns": [[[]]]}, {"query": {"a": 1}}, {"from": "x", "to": []}):
        for name in ("gba_render", "gba_search", "gba_documents", "gba_export", "gba_rate", "gba_hello", "gba_remove"):
            assert call(name, junk)[0] == 200, (name, junk)


def test_requests_from_other_sites_and_under_other_names_are_refused(server: Server) -> None:
    port = urlsplit(server.url).port
    body = {"data": {}, "component_id": component(server), "fn_name": "gba_hello", "session_hash": "x"}
    assert post(server, "/gradio_api/component_server", body, Origin="http://evil.example")[0] == 403
    assert post(server, "/gradio_api/component_server", body, Origin=f"http://127.0.0.1:{port}")[0] == 200
    assert fetch(server, "/", Host="evil.example")[0] == 421  # DNS rebinding
    assert fetch(server, "/", Host=f"localhost:{port}")[0] == 200


def test_bodies_are_bounded(server: Server) -> None:
    assert fetch(server, "/gradio_api/queue/join", method="POST", body=b"", Content_Length="99999999999")[0] == 413
    assert fetch(server, "/gradio_api/queue/join", method="POST", body=b"", Content_Length="-1")[0] in {400, 413}
    assert fetch(server, "/gradio_api/component_server", method="POST", body=b"x" * (2 << 20))[0] == 413


# What Gradio's published holes have in common, one test a class.  Reading by path, proxying and traversal are probed above, calls of
# other functions of a component too, cross-site posts and DNS rebinding as well.


FILES = [
    {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}},
    {"path": "/etc/passwd", "url": "/gradio_api/file=/etc/passwd", "orig_name": "x", "meta": {"_type": "gradio.FileData"}, "is_stream": False},
    [{"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}],
    {"__type__": "update", "value": {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}},
]  # fmt: skip


def told(server: Server, endpoint: str, data: list[object]) -> str:
    """All that the server says to one call of an endpoint."""
    status, _, body = post(server, f"/gradio_api/call/{endpoint}", {"data": data})
    if status != 200:
        return body.decode()
    return fetch(server, f"/gradio_api/call/{endpoint}/{json.loads(body)['event_id']}")[2].decode()


@pytest.mark.parametrize("value", FILES)
def test_a_file_named_in_the_data_of_a_question_is_not_read(server: Server, value: object) -> None:
    """The class of CVE-2024-0964, -4941, -47868 and -51751: a path in the JSON of an event is copied to where it is served."""
    assert "root:" not in told(server, "ask", [value])
    assert "root:" not in told(server, "search", [value, 1, "bm25"])
    session = {
        "data": [value, json.dumps({"turns": [value], "doc_ids": [value]})],
        "fn_index": 0,
        "session_hash": "probe",
    }
    assert post(server, "/gradio_api/queue/join", session)[0] in {200, 400, 422, 500}
    assert b"root:" not in fetch(server, "/gradio_api/queue/data?session_hash=probe")[2]
    folder = next(Path(tempfile.gettempdir()).glob(f"gba-qa-gradio-*-{server.process.pid}"))
    assert [p for p in folder.rglob("*") if p.is_file()] == []  # and nothing was copied


def test_no_url_in_the_data_of_a_question_is_fetched(server: Server) -> None:
    """The class of CVE-2024-1183, -2206, -4325 and -47167: the server made to ask other servers."""
    with socket.socket() as sink:
        sink.bind(("127.0.0.1", 0))
        sink.listen()
        sink.settimeout(0.5)
        url = f"http://127.0.0.1:{sink.getsockname()[1]}/secret"
        for value in ({"path": url, "meta": {"_type": "gradio.FileData"}}, {"url": url, "path": url}, url):
            told(server, "ask", [value])
            bridge_call(server, "passage", {"doc": url, "path": url}, "p" * 32)
            bridge_call(server, "picture", {"doc": value}, "p" * 32)
        for path in (
            f"/gradio_api/proxy={url}",
            f"/gradio_api/file={url}",
            f"/proxy={url}",
            f"/gradio_api/stream/{url}",
        ):
            assert fetch(server, path)[0] == 404
        fetch(server, "/config", X_Direct_Url=url, X_Forwarded_Host=url, X_Gradio_Server=url)
        with pytest.raises(TimeoutError):
            sink.accept()


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "http://evil.example",
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "https://127.0.0.1",
    ],
)
def test_other_sites_may_neither_read_nor_write(server: Server, origin: str) -> None:
    """The class of CVE-2024-1727, -47084, -47165 and 2025-5320: cross-site requests, and origins that only look local."""
    for path in ("/", "/config", "/gradio_api/info", "/gba/main.js"):
        headers = fetch(server, path, Origin=origin)[1]
        assert "access-control-allow-origin" not in headers, path
        assert "access-control-allow-credentials" not in headers, path
    assert fetch(server, "/gradio_api/call/ask", method="OPTIONS", Origin=origin)[0] == 405  # no preflight is answered
    assert post(server, "/gradio_api/call/ask", {"data": ["x"]}, Origin=origin)[0] == 403
    assert upload(server, "note.txt", b"text", Origin=origin)[0] == 403


def test_one_client_s_headers_do_not_change_another_s_page(server: Server) -> None:
    """The class of CVE-2024-47870: the address of the server as one request names it, kept for all."""
    for name in ("X_Forwarded_Host", "X_Forwarded_Server", "X_Original_Url", "Forwarded"):
        fetch(server, "/", **{name: "evil.example"})
        fetch(server, "/config", **{name: "evil.example"})
    for path in ("/", "/config", "/gradio_api/info"):
        assert b"evil.example" not in fetch(server, path)[2]


@pytest.mark.parametrize(
    "path", ["/logout", "/login", "/", "/config", "/gradio_api/login_check", "/gradio_api/startup-events"]
)
def test_nobody_is_sent_to_another_site(server: Server, path: str) -> None:
    """The class of CVE-2024-4940, -8021 and 2026-28415: open redirects."""
    for query in (
        "_target_url=https://evil.example/",
        "_target_url=//evil.example",
        "next=//evil.example",
        "url=https://evil.example",
    ):
        status, headers, body = fetch(server, f"{path}?{query}")
        assert "evil.example" not in headers.get("location", ""), (path, query, status)
        assert b'href="https://evil' not in body
    assert "evil" not in fetch(server, "//evil.example/%2f..")[1].get("location", "")


def test_a_link_to_a_file_outside_is_not_followed(index: Path, tmp_path: Path) -> None:
    """Symbolic links in the folder the server runs in, beside the index and in the temporary folder: none is served."""
    secret = tmp_path / "secret.txt"
    secret.write_text("the-secret-of-the-harbour")
    home = tmp_path / "home"
    home.mkdir()
    for folder in (home, tmp_path):
        (folder / "link.txt").symlink_to(secret)
        (folder / "assets").symlink_to(tmp_path)
        (folder / "gba").symlink_to(tmp_path)
    server = Server("--index", str(index), cwd=home, TMPDIR=str(tmp_path))
    try:
        for path in ("/link.txt", "/assets/link.txt", "/assets/secret.txt", "/gba/secret.txt", "/gba/link.txt", "/static/img/link.txt",
                     f"/gradio_api/file={home}/link.txt", f"/gradio_api/file={secret}", "/gradio_api/file=link.txt"):  # fmt: skip
            assert fetch(server, path)[0] == 404, path
    finally:
        server.stop()


def test_long_names_and_odd_bodies_do_no_harm(server: Server) -> None:
    """The class of CVE-2024-8966 and 2025-0187: an upload whose form costs more to read than it should."""
    boundary = {"Content_Type": "multipart/form-data; boundary=" + "-" * 3000}
    start = time.monotonic()
    assert fetch(server, "/gradio_api/upload", method="POST", body=b"-" * 900_000, **boundary)[0] == 404
    assert upload(server, "x" * 20_000 + ".txt", b"The lighthouse has 9 windows.", Cookie=f"gba_qa_session={'n' * 32}")[
        0
    ] in {200, 415}
    assert post(server, "/gradio_api/queue/join", {"data": [], "fn_index": 10**9, "session_hash": "x"})[0] in {
        400,
        404,
        422,
        500,
    }
    assert fetch(server, "/gradio_api/queue/join", method="POST", body=b"[" * 900_000, Content_Type="application/json")[
        0
    ] in {400, 422, 500}
    assert time.monotonic() - start < 20
    assert fetch(server, "/")[0] == 200


def upload(server: Server, name: str, body: bytes, **headers: str) -> tuple[int, dict[str, Any]]:
    status, _, answer = fetch(
        server, "/gba/upload", method="POST", body=body,
        X_Filename=quote(name), X_Language="zh-Hans", **{"Cookie": f"gba_qa_session={'u' * 32}"} | headers,
    )  # fmt: skip
    return status, json.loads(answer) if answer[:1] == b"{" else {}


def test_uploads_are_checked(server: Server) -> None:
    status, said = upload(server, "../../../tmp/evil.txt", "灯塔共有417级台阶。".encode())
    assert status == 200
    assert not Path("/tmp/evil.txt").exists()
    assert "evil.txt" in said["message"]
    assert upload(server, "program.exe", b"MZ")[0] == 415
    assert upload(server, "no-suffix", b"text")[0] == 415
    assert upload(server, "empty.txt", b"")[0] == 422
    assert "1 MB" in upload(server, "big.txt", b"x" * ((1 << 20) + 1))[1]["error"]
    assert upload(server, "big.txt", b"x" * (3 << 20))[0] == 413
    assert upload(server, "note.txt", b"text", Cookie="other=1")[0] == 403
    assert upload(server, "note.txt", b"text", Origin="http://evil.example")[0] == 403


def bridge_call(server: Server, name: str, arguments: object, token: str) -> Any:
    body = {"data": arguments, "component_id": component(server), "fn_name": f"gba_{name}", "session_hash": "x"}
    status, _, answer = post(server, "/gradio_api/component_server", body, Cookie=f"gba_qa_session={token}")
    assert status == 200
    return json.loads(answer)


def test_shared_uploads_are_for_everyone_and_stay_when_the_operator_says_so(tmp_path: Path) -> None:
    """Only then: the setting is off unless it is given (the other tests run without it)."""
    from gba_qa.qa import QA

    place = build_knowledge(tmp_path / "index")
    start = {"GBA_QA_SHARED_UPLOADS": "1", "GBA_QA_MAX_UPLOAD_MB": "1"}
    server = Server("--index", str(place), cwd=tmp_path, **start)
    uploads = tmp_path / "uploads"
    try:
        assert 'data-hint="upload_hint_shared"' in json.dumps(json.loads(fetch(server, "/config")[2])).replace("\\", "")
        before = len(bridge_call(server, "documents", {}, "v" * 32)["ids"])
        text = "The lighthouse of Po Toi was painted 417 times between 1990 and 2031."
        status, said = upload(server, "../../小島 report.txt", text.encode())
        assert status == 200, said
        [kept] = [p for p in uploads.rglob("*") if p.is_file()]
        assert kept.name == "小島-report.txt"
        assert kept.parent.parent == uploads
        assert len(kept.parent.name) == 16
        assert uploads.joinpath(kept.parent.name).stat().st_mode & 0o077 == 0
        listed = bridge_call(server, "documents", {"ui": "en"}, "v" * 32)  # another browser's session
        assert len(listed["ids"]) == before + 1
        assert said["id"] in listed["ids"]
        assert "this browser only" not in listed["html"]
        bridge_call(server, "remove", {"doc": said["id"]}, "u" * 32)  # nobody takes it out from the page
        assert said["id"] in bridge_call(server, "documents", {}, "u" * 32)["ids"]

        assert upload(server, "empty.txt", b"")[0] == 422
        assert upload(server, "broken.pdf", b"%PDF-1.4 nothing more")[0] == 422
        assert upload(server, "big.txt", b"x" * ((1 << 20) + 1))[0] == 413
        assert [p for p in uploads.iterdir() if p != kept.parent] == []  # what was refused leaves nothing
        for path in (f"/uploads/{kept.parent.name}/{kept.name}", f"/gradio_api/file={kept}"):
            assert fetch(server, quote(path, safe="/="))[0] == 404
    finally:
        server.stop()
    assert kept.is_file()
    with contextlib.closing(QA.load(place, embedder="none")) as qa:
        assert "417" in qa.ask("How many times was the lighthouse of Po Toi painted?").text


# ---------- for programs ----------


def test_only_ask_and_search_are_listed(server: Server) -> None:
    listed = json.loads(fetch(server, "/gradio_api/info")[2])
    assert set(listed["named_endpoints"]) == {"/ask", "/search"}
    assert listed["unnamed_endpoints"] == {}


def test_the_two_endpoints_give_the_contract_s_json(server: Server, index: Path) -> None:
    from gradio_client import Client

    client = Client(server.url, verbose=False)
    answer = client.predict(VACANCY, api_name="/ask")
    assert set(answer) >= {"question", "language", "answer", "abstained", "statements", "citations", "hits", "seconds"}
    assert "28.9%" in answer["answer"]
    assert answer["language"] == "zh-Hant"
    assert set(answer["citations"][0]) >= {"number", "title", "source", "page", "start", "end", "quote"}
    command = [sys.executable, "-W", "ignore", "-m", "gba_qa", "ask", VACANCY, "--index", str(index), "--json"]
    told = json.loads(subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, check=True).stdout)
    assert {k: v for k, v in answer.items() if k != "seconds"} == {k: v for k, v in told.items() if k != "seconds"}
    hits = client.predict("Qianhai office vacancy", 3, "bm25", api_name="/search")
    assert [h["rank"] for h in hits] == [1, 2, 3]
    assert set(hits[0]) >= {"rank", "score", "doc_id", "source", "page", "text"}


def test_the_readme_s_example_runs(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    [code] = [block for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "gradio_client" in block]
    names: dict[str, Any] = {}
    exec(code.replace("http://127.0.0.1:7860", server.url), names)
    assert "28.9%" in capsys.readouterr().out
    assert len(names["hits"]) == 3


@pytest.mark.parametrize(
    ("endpoint", "data"), [("ask", [""]), ("ask", ["x" * 1001]), ("ask", [None]), ("search", ["q", 3, "magic"])]
)
def test_programs_are_told_what_is_wrong(server: Server, endpoint: str, data: list[object]) -> None:
    from gradio_client import Client
    from gradio_client.exceptions import AppError

    with pytest.raises((AppError, ValueError)):
        Client(server.url, verbose=False).predict(*data, api_name=f"/{endpoint}")


# ---------- who may use it ----------


def refuse(*arguments: str, **settings: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(ROOT / "ui.py"), *arguments],
        cwd=ROOT, env=environment(**settings), capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_public_address_needs_a_password_or_a_word() -> None:
    assert "--no-auth" in refuse("--host", "0.0.0.0")
    assert "--no-auth" in refuse(GBA_QA_HOST="0.0.0.0")
    assert "user:password" in refuse("--auth", "nocolon")
    assert "not an address of this machine" in refuse("--host", "203.0.113.7", "--no-auth")


def test_an_index_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    assert "gba-qa index" in refuse("--index", str(tmp_path / "none"))


def test_the_first_start_says_that_it_builds_and_the_second_does_not(tmp_path: Path) -> None:
    for wanted in (["Building the index of the shipped knowledge. Once only; it takes some seconds."], []):
        server = Server("--port", "0", cwd=tmp_path)
        server.stop()
        assert server.lines[:-1] == wanted


def test_with_a_password_nothing_is_told_before_it(index: Path) -> None:
    server = Server("--index", str(index), "--host", "0.0.0.0", GBA_QA_AUTH="reader:secret")
    try:
        for path in ("/config", "/gradio_api/info", "/gradio_api/queue/data?session_hash=x"):
            assert fetch(server, path)[0] == 401, path
        assert post(server, "/gradio_api/queue/join", {"data": [], "fn_index": 0, "session_hash": "x"})[0] == 401
        assert post(server, "/gradio_api/call/ask", {"data": ["x"]})[0] == 401
        status, _, _ = post(
            server,
            "/gradio_api/component_server",
            {"data": {}, "component_id": 1, "fn_name": "gba_about", "session_hash": "x"},
        )
        assert status == 401
        assert upload(server, "note.txt", b"text")[0] == 401
        assert b"office" not in fetch(server, "/")[2].lower()
        form = {"Content_Type": "application/x-www-form-urlencoded"}
        assert fetch(server, "/login", method="POST", body=b"username=reader&password=wrong", **form)[0] == 400
        status, headers, _ = fetch(server, "/login", method="POST", body=b"username=reader&password=secret", **form)
        assert status == 200
        cookie = headers["set-cookie"].split(";")[0]
        assert fetch(server, "/config", Cookie=cookie)[0] == 200
        tries = [
            fetch(server, "/login", method="POST", body=b"username=reader&password=x", **form)[0] for _ in range(12)
        ]
        assert tries[-1] == 429  # guessing is slow
    finally:
        server.stop()


def test_a_taken_port_is_said_plainly(index: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        server = Server("--index", str(index), "--port", str(port))
        try:
            assert server.lines[0] == f"Port {port} is taken; using {urlsplit(server.url).port} instead."
            assert fetch(server, "/")[0] == 200
        finally:
            server.stop()


def test_a_client_may_ask_so_many_questions_a_minute(index: Path) -> None:
    from gradio_client import Client
    from gradio_client.exceptions import AppError

    server = Server("--index", str(index), GBA_QA_QUESTIONS_PER_MINUTE="3")
    try:
        client = Client(server.url, verbose=False)
        for _ in range(3):
            client.predict(VACANCY, api_name="/ask")
        with pytest.raises(AppError, match="3 questions in a minute"):
            client.predict(VACANCY, api_name="/ask")
    finally:
        server.stop()


def test_stopping_leaves_no_upload_behind(index: Path, tmp_path: Path) -> None:
    server = Server("--index", str(index), TMPDIR=str(tmp_path))
    try:
        assert upload(server, "note.txt", b"The lighthouse has 417 steps.")[0] == 200
        assert [p for p in tmp_path.rglob("*") if p.is_file() and p.suffix == ".txt"]
    finally:
        server.stop()
    assert list(tmp_path.iterdir()) == []  # nor an empty folder


# ---------- speed ----------


@pytest.mark.slow
@pytest.mark.bundled
def test_twenty_people_at_once(bundled_index: Path) -> None:
    """Each asks five questions, one after the other, as a program does: p95 within a second, none fails."""
    busy = slack()  # before this test adds its own load
    server = Server("--index", str(bundled_index), GBA_QA_EMBEDDER="bundled", GBA_QA_QUESTIONS_PER_MINUTE="100000")
    try:
        seconds, errors = ask_together(server, people=20)
    finally:
        server.stop()
    p95 = statistics.quantiles(seconds, n=20)[-1]
    print(
        f"20 people, {len(seconds)} questions: median {statistics.median(seconds):.2f} s, p95 {p95:.2f} s, load {busy:.1f}"
    )
    assert errors == []
    assert len(seconds) == 100
    assert p95 <= 1.0 * busy


def ask_together(server: Server, *, people: int) -> tuple[list[float], list[str]]:
    """The seconds each of their questions took, and what went wrong.  It ends when all have asked all, after two minutes at most."""
    questions = [
        VACANCY,
        "Which cities belong to the Greater Bay Area?",
        "什么是前店后厂？",
        "橫琴2029年的目標是甚麼？",
        "Who won the World Cup?",
    ]
    seconds: list[float] = []
    errors: list[str] = []

    def person() -> None:
        for question in questions:
            start = time.perf_counter()
            try:
                status, _, body = post(server, "/gradio_api/call/ask", {"data": [question]})
                assert status == 200
                event = json.loads(body)["event_id"]
                _, _, stream = fetch(server, f"/gradio_api/call/ask/{event}")
                assert b"event: complete" in stream, stream[:200]
            except Exception as error:
                errors.append(repr(error))
            seconds.append(time.perf_counter() - start)

    threads = [threading.Thread(target=person, daemon=True) for _ in range(people)]
    for thread in threads:
        thread.start()
    end = time.monotonic() + 120
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    return seconds, errors

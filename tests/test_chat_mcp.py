"""The two MCP tools, over streamable HTTP, as a model's client calls them."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from gba_qa.errors import install_command
from tests.chat_server import ROOT, Server, build_knowledge, environment


def test_both_ways_to_start_the_chat_take_the_option(monkeypatch: pytest.MonkeyPatch) -> None:
    from typer.testing import CliRunner

    import gba_qa.chat
    import ui
    from gba_qa.cli import app

    asked: list[bool] = []
    monkeypatch.setattr(gba_qa.chat, "serve", lambda **options: asked.append(options["mcp"]))
    monkeypatch.setattr(ui, "serve", lambda **options: asked.append(options["mcp"]))
    for options, wanted in (["--mcp"], True), ([], False):
        assert CliRunner().invoke(app, ["serve", *options]).exit_code == 0
        assert ui.main(options) == 0
        assert asked[-2:] == [wanted, wanted]


def test_without_the_extra_it_is_one_line_with_the_command(tmp_path: Path) -> None:
    place = build_knowledge(tmp_path / "index")
    (tmp_path / "hidden" / "sitecustomize.py").parent.mkdir()
    (tmp_path / "hidden" / "sitecustomize.py").write_text(
        "import importlib.util as u\nfind = u.find_spec\nu.find_spec = lambda n, p=None: None if n == 'mcp' else find(n, p)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(ROOT / "ui.py"), "--mcp", "--index", str(place)],
        cwd=ROOT, env=environment(PYTHONPATH=f"{tmp_path / 'hidden'}{os.pathsep}{ROOT}"),
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == f"ui.py: the MCP tools need an extra: `{install_command('mcp')}`\n"


@pytest.mark.parametrize(
    ("options", "settings"), [(["--auth", "ann:secret-9"], {}), ([], {"GBA_QA_AUTH": "ann:secret-9"})]
)
def test_with_a_password_it_is_refused_before_anything_is_served(
    options: list[str], settings: dict[str, str], tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(ROOT / "ui.py"), "--mcp", *options],
        cwd=tmp_path, env=environment(**settings), capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1 and not done.stdout
    assert done.stderr.startswith("ui.py: the MCP tools don't work behind a password: leave out --mcp, or the password")
    assert len(done.stderr.splitlines()) == 1 and "secret-9" not in done.stderr


@pytest.mark.skipif(find_spec("mcp") is None, reason="needs the extra mcp")
def test_the_tools_are_ask_and_search_and_return_the_contract_s_json(tmp_path: Path) -> None:
    server = Server("--mcp", "--index", str(build_knowledge(tmp_path / "index")))
    try:
        # In a thread of its own: a browser test that ran before leaves its event loop in this one.
        with ThreadPoolExecutor(1) as pool:
            names, answer, hits = pool.submit(asyncio.run, talk(server.url)).result()
    finally:
        server.stop()
    assert names == ["ask", "search"]
    assert "28.9%" in answer["answer"]
    assert answer["citations"][0]["quote"]
    assert [hit["rank"] for hit in hits] == [1, 2]


async def talk(url: str) -> tuple[list[str], Any, Any]:
    from mcp import ClientSession
    from mcp.client.streamable_http import streamablehttp_client

    async with (
        streamablehttp_client(f"{url}/gradio_api/mcp/") as (read, write, _),
        ClientSession(read, write) as session,
    ):
        await session.initialize()
        tools = await session.list_tools()
        answer = await session.call_tool("ask", {"question": "2023年第3季前海辦公樓的空置率是多少？"})
        hits = await session.call_tool("search", {"query": "Qianhai office vacancy", "k": 2})
        return sorted(t.name for t in tools.tools), json.loads(answer.content[0].text), json.loads(hits.content[0].text)  # type: ignore[union-attr]

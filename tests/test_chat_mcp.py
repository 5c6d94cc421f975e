"""The two MCP tools, over streamable HTTP, as a model's client calls them."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.chat_server import Server, build_knowledge

pytest.importorskip("mcp", reason='the mcp extra is not installed: pip install "gba-qa[mcp]"')


def test_the_tools_are_ask_and_search_and_return_the_contract_s_json(tmp_path: Path) -> None:
    server = Server("--mcp", "--index", str(build_knowledge(tmp_path / "index")))
    try:
        names, answer, hits = asyncio.run(talk(server.url))
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

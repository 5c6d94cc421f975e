"""The browser chat: a Gradio page over `QA`, in parts.

server      address, password, port, start and stop
page        the Gradio Blocks: what is on the page and which function answers what
calls       what the page asks of the server beside questions: a passage, the list of sources, a page picture …
render      an answer as escaped HTML            passage   a piece of a document as escaped HTML
turns       a turn of the conversation as JSON, as the browser keeps it
sessions    private uploads, one folder and one index in memory a browser session
guard       what is served at all, security headers, body sizes      limits   questions a minute
api         /ask and /search for programs
i18n        the words of the page in three languages (strings.json)
static/     style sheet and scripts; no outside font, script or picture
"""

from __future__ import annotations

__all__ = ["serve"]


def serve(
    *,
    host: str | None = None,
    port: int | None = None,
    auth: str | None = None,
    no_auth: bool = False,
    index: str | None = None,
    mcp: bool = False,
) -> None:
    """Serve the chat page until interrupted; see `gba_qa.chat.server.serve`.  Gradio is loaded here and not before."""
    from gba_qa.chat.server import serve as start

    start(host=host, port=port, auth=auth, no_auth=no_auth, index=index, mcp=mcp)

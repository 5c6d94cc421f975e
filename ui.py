"""The browser chat: `python ui.py`, or `gba-qa serve`.

python ui.py                                       this machine only, http://127.0.0.1:7860
python ui.py --index papers-index --port 8000
python ui.py --host 0.0.0.0 --auth user:password   for others, with a password
"""

from __future__ import annotations

import argparse
import sys

from gba_qa.chat import serve
from gba_qa.errors import GbaQAError


def main(arguments: list[str] | None = None) -> int:
    """Serve until interrupted.  Returns 0, or 1 with the reason on stderr."""
    parser = argparse.ArgumentParser(prog="ui.py", description="Chat about Greater Bay Area policy in the browser.")
    parser.add_argument(
        "--index", help="folder or URL of the index (default: index/, built from the shipped knowledge)"
    )
    parser.add_argument("--host", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, help="port (default: 7860; the next free one if it is taken)")
    parser.add_argument("--auth", metavar="USER:PASSWORD", help="needed on any address but this machine's own")
    parser.add_argument("--no-auth", action="store_true", help="serve a public address without a password")
    parser.add_argument("--mcp", action="store_true", help="offer ask and search as MCP tools too (extra: mcp)")
    options = parser.parse_args(arguments)
    try:
        serve(**vars(options))
    except GbaQAError as error:
        print(f"ui.py: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())

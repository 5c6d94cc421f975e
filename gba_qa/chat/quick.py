"""Import Gradio in half the time.

While its components are defined, Gradio parses the source of each and rewrites the type stubs that lie beside it in
site-packages: 1.5 s of the 3 s that its import takes, for editors alone, and a write into an installed package.  It skips
that for classes whose file can't be found (`inspect.getfile` raises OSError), so here none can be while it is imported.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["import_gradio"]


def import_gradio() -> None:
    """`import gradio`, without the rewriting of its type stubs."""
    if "gradio" not in sys.modules:
        with _no_stubs():
            import gradio  # noqa: F401


@contextmanager
def _no_stubs() -> Iterator[None]:
    getfile = inspect.getfile

    def refusing(thing: Any) -> str:
        if sys._getframe(1).f_globals.get("__name__") == "gradio.component_meta":
            raise OSError("not now")
        return getfile(thing)

    inspect.getfile = refusing  # type: ignore[assignment]
    try:
        yield
    finally:
        inspect.getfile = getfile

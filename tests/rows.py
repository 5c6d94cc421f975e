"""Made-up rows of a report, for tests of what is computed from them."""

from __future__ import annotations

from typing import Any

from gba_qa.evaluate import Record


def row(identity: str, **values: Any) -> dict[str, Any]:
    """One answerable English question that was not found; `values` say what is different."""
    base: dict[str, Any] = dict.fromkeys(Record.__dataclass_fields__, 0)
    base |= dict.fromkeys(("refused", "contained", "first_contained", "right_document", "right_sentence"), False)
    base |= {
        "asked": "",
        "language": "en",
        "pair": "en → en",
        "scripts": "same",
        "kind": "",
        "split": "",
        "answerable": True,
        "confidence": 0.5,
    }
    return {**base, "seconds": 0.1, "answer": "", "id": identity, **values}

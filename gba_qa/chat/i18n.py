"""The words of the page in English, Traditional and Simplified Chinese: strings.json, one key a phrase.

The server renders in the language that the page names; the page switches its fixed parts by itself (static/i18n.js), from
the same table.
"""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.resources import files
from typing import get_args

from gba_qa.types import Language

__all__ = ["LANGUAGES", "gradio_translations", "language_of", "strings", "word"]

LANGUAGES: tuple[Language, ...] = get_args(Language)


def word(key: str, ui: Language, **values: object) -> str:
    """The phrase in that language, with its {places} filled.

    >>> word("page_number", "zh-Hant", n=3)
    '第 3 頁'
    """
    phrase = strings()[key][ui]
    return phrase.format(**values) if values else phrase


def language_of(value: object, default: Language = "en") -> Language:
    """The interface language for whatever a browser calls it.

    >>> [language_of(v) for v in ("zh-HK", "zh-TW", "zh-CN", "zh", "en-GB", "fr", None)]
    ['zh-Hant', 'zh-Hant', 'zh-Hans', 'zh-Hans', 'en', 'en', 'en']
    """
    tag = str(value or "").lower()
    if not tag.startswith("zh"):
        return "en" if tag.startswith("en") else default
    return "zh-Hant" if any(part in tag for part in ("hant", "-hk", "-mo", "-tw")) else "zh-Hans"


@lru_cache(maxsize=1)
def strings() -> dict[str, dict[Language, str]]:
    """All phrases: key → language → text."""
    text = files("gba_qa.chat").joinpath("strings.json").read_text(encoding="utf-8")
    return json.loads(text)  # type: ignore[no-any-return]


def gradio_translations() -> dict[str, dict[str, str]]:
    """The table as `gr.I18n` takes it: browser locale → key → text."""
    locales: dict[str, Language] = {
        "en": "en", "zh-HK": "zh-Hant", "zh-MO": "zh-Hant", "zh-TW": "zh-Hant", "zh-CN": "zh-Hans", "zh-SG": "zh-Hans",
        "zh": "zh-Hans",
    }  # fmt: skip
    return {
        locale: {key: phrases[language] for key, phrases in strings().items()} for locale, language in locales.items()
    }

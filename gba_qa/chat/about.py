"""The About panel: what the page knows, what it doesn't, how it answers, and the dates of its facts."""

from __future__ import annotations

from gba_qa.chat.escape import escape
from gba_qa.chat.i18n import word
from gba_qa.config import Config
from gba_qa.qa import QA
from gba_qa.types import Language

__all__ = ["about_html"]


def about_html(qa: QA, config: Config, ui: Language) -> str:
    """The panel's body.  The figures are those of the shared documents."""
    from gba_qa import __version__

    documents = qa.documents()
    counts = {language: sum(d.language == language for d in documents) for language in ("en", "zh-Hant", "zh-Hans")}
    languages = " · ".join(f"{word(f'lang_{name}', ui)} {n}" for name, n in counts.items() if n) or "–"
    dates = sorted({d.date for d in documents if d.date})
    span = (
        word("about_dates_unknown", ui)
        if not dates
        else dates[0]
        if len(dates) == 1
        else f"{dates[0]}\N{NO-BREAK SPACE}–\N{NO-BREAK SPACE}{dates[-1]}"
    )
    how = (
        word("about_llm", ui, model=config.llm_model or config.llm_url)
        if config.llm_url
        else word("about_extractive", ui)
    )
    sections = [
        ("about_what", word("about_knows", ui, documents=len(documents), languages=languages, dates=span)),
        ("about_limits", word("about_limits_text", ui)),
        ("about_how", f"{how} {word('about_privacy', ui)}"),
    ]
    body = "".join(f"<h3>{escape(word(key, ui))}</h3><p>{escape(text)}</p>" for key, text in sections)
    return f'{body}<p class="version">{escape(word("about_version", ui, version=__version__))}</p>'

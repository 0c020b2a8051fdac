"""Words: English in the source, 简体中文 in the catalogue, chosen by each reader.

`_` translates what the code says, `say` what a verb answered, `option` and `label` what a field is called, `tr`
data that is written in both languages (names of stages, criteria).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import streamlit as st
from babel.messages.pofile import read_po

from services.kit.errors import Message, Refusal
from services.kit.fields import Field
from services.kit.words import Wording
from services.settings import ROOT, settings
from ui import run

LANGUAGES: Final[Mapping[str, str]] = {"en": "English", "zh_CN": "简体中文"}
_CHOSEN: Final = "i18n.language"
_forced: ContextVar[str | None] = ContextVar("language", default=None)


def N_(message: str) -> str:  # noqa: N802 - the customary name of the gettext marker
    """Mark a message for the catalogue without translating it."""
    return message


def _(message: str) -> str:
    """Return a message in the reader's language; English where the catalogue has none."""
    return translate(message, language())


def translate(message: str, code: str) -> str:
    """Return a message in a language; what an administrator wrote in it comes before the catalogue."""
    own = message.translations.get(code) if type(message) is Wording else None
    return own or catalogue(code).get(message) or message


def language() -> str:
    """Return the reader's language: `en` or `zh_CN`."""
    forced = _forced.get()
    if forced is not None:
        return forced
    kept = run.kept()
    if kept is None:
        return settings().language
    found: str | None = kept.get(_CHOSEN)
    if found is None:
        found = kept[_CHOSEN] = st.session_state.get(_CHOSEN) or before_sign_in()
    return found


def before_sign_in() -> str:
    """Return the language for a reader who has chosen none: Chinese if the browser or the company says so."""
    from_browser = (st.context.locale or "").lower().replace("_", "-")
    return "zh_CN" if from_browser.startswith("zh") else settings().language


def choose(code: str) -> None:
    """Set the language of this session from here on."""
    if code in LANGUAGES:
        st.session_state[_CHOSEN] = code
        kept = run.kept()
        if kept is not None:
            kept[_CHOSEN] = code


@contextmanager
def using(code: str) -> Iterator[None]:
    """Speak a language inside the block, wherever there is no reader: exports, tests."""
    token = _forced.set(code)
    try:
        yield
    finally:
        _forced.reset(token)


def say(message: Message | Refusal) -> str:
    """Return what a verb answered as a sentence; parameters that are messages themselves are translated, too."""
    found = message.message if isinstance(message, Refusal) else message
    return _(found.text).format(**{name: _said(value) for name, value in found.params.items()})


def _said(value: Any) -> Any:
    if isinstance(value, Message | Refusal):
        return say(value)
    if isinstance(value, str):
        return _(value) if value else value
    if isinstance(value, list | tuple):
        return ("、" if language() == "zh_CN" else ", ").join(str(_said(one)) for one in value)
    return value.isoformat() if isinstance(value, date) and not isinstance(value, datetime) else value


def label(field: Field) -> str:
    """Return what a field is called."""
    return _(field.label)


def option(field: Field, code: str | None) -> str:
    """Return what a choice of a field is called; a code that is no longer offered stands for itself."""
    if code is None:
        return ""
    known = field.options or {}
    return _(known[code] if code in known else (field.retired or {}).get(code, code))


def named(name: str, said: str) -> str:
    """Return what is said under a name, with the reader's own colon."""
    return _("{name}: {said}").format(name=name, said=said)


def with_unit(name: str, unit: str) -> str:
    """Return a name with its unit, in the reader's own brackets."""
    return _("{name} ({unit})").format(name=name, unit=unit)


def gap() -> str:
    """Return what stands between two sentences: a space, or nothing after a full-width stop."""
    return "" if language() == "zh_CN" else " "


def tr(data: str | Mapping[str, str] | None) -> str:
    """Return data in the reader's language: {"en": …, "zh_CN": …} as it says, text by the catalogue if it is there."""
    if data is None:
        return ""
    if isinstance(data, Mapping):
        return data.get(language()) or data.get("en") or next(iter(data.values()), "")
    return _(data) if data else ""


@lru_cache(maxsize=8)
def catalogue(code: str) -> Mapping[str, str]:
    """Return message -> translation, read once in a process; empty for English."""
    folder = ROOT / "locale" / code / "LC_MESSAGES"
    found: dict[str, str] = {}
    for file in sorted(Path(folder).glob("*.po")):
        with file.open("rb") as stream:
            for entry in read_po(stream, locale=code):
                if entry.id and isinstance(entry.id, str) and isinstance(entry.string, str) and not entry.fuzzy:
                    found[entry.id] = entry.string
    return {message: text for message, text in found.items() if text}

"""Where an administrator says from when on something counts: one form, each threshold with its unit."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from services import thresholds
from services.kit.errors import Message
from services.kit.fields import ParseError, parse
from services.thresholds import FIELDS, SECTIONS
from ui import action, entry, page, session
from ui import format as fmt
from ui.i18n import _, say

_ROUND: Final = "thresholds.round"
_WRONG: Final = "thresholds.wrong"
_LEFT: Final = 1
"""Sections in the left column: the first is as long as the others together."""


def show() -> None:
    """Draw the page."""
    page.header(_("Thresholds"), caption=_("From when on something counts. What you set holds at once, everywhere."))
    now = session.ask(thresholds.get)
    wrong: dict[str, Message] = st.session_state.pop(_WRONG, {})
    left, right = st.columns(2, gap="large")
    for at, (title, names) in enumerate(SECTIONS.items()):
        with left if at < _LEFT else right:
            st.markdown(f"**{fmt.plain(_(title))}**")
            for name in names:
                _entry(name, now[name], wrong.get(name))
    if not page.may("setting.update"):
        return
    with st.container(horizontal=True, horizontal_alignment="right"):
        st.button(_("Back to the usual values"), key="thresholds_usual", on_click=_back)
        st.button(_("Save"), type="primary", key="thresholds_save", on_click=_save)


def _key(name: str) -> str:
    return f"thresholds.{st.session_state.get(_ROUND, 0)}.{name}"


def _entry(name: str, value: Any, problem: Message | None) -> None:
    field = FIELDS[name]
    with st.container(gap="xsmall"):
        entry.widget(field, value, key=_key(name))
        if field.help:
            st.caption(fmt.plain(_(field.help)))
        if problem:
            st.caption(f":red[:material/error: {fmt.plain(say(problem))}]")


def _save() -> None:
    """Read what was typed and set it; in a callback, so that nothing typed is lost when it is refused."""
    currency = session.database().settings.currency
    given: dict[str, Any] = {}
    wrong: dict[str, Message] = {}
    for name, field in FIELDS.items():
        try:
            given[name] = parse(field, st.session_state.get(_key(name)), currency=currency)
        except ParseError as error:
            wrong[name] = error.message
    if not wrong:
        outcome = action.attempt(thresholds.save, given)
        wrong = dict(outcome.fields)
        if not outcome.is_done and not wrong:
            action.announce(outcome.sentence)
            return
    if wrong:
        st.session_state[_WRONG] = wrong
        return
    action.announce(_("Thresholds saved"))
    _anew()


def _back() -> None:
    """Set all of them to what they were before anybody set any."""
    outcome = action.attempt(thresholds.save, thresholds.defaults())
    action.announce(_("Thresholds saved") if outcome.is_done else outcome.sentence)
    _anew()


def _anew() -> None:
    """Let the boxes show what is in force."""
    st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1

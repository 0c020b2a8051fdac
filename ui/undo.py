"""The line under the title that offers to take back what was just done."""

from __future__ import annotations

import streamlit as st

from services.kit import undo
from services.kit.entity import ENTITIES
from services.kit.undo import Kept, Undone
from ui import action
from ui import format as fmt
from ui.i18n import _, named, say

_KEPT = "undo.kept"
_SHOWN = 10


def line() -> None:
    """Draw the offer, and what an undo has left as it was; nothing if there is neither."""
    if offered := st.session_state.get(action.OFFER):
        sentence, reference = offered
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key="undo_line"):
            st.caption(fmt.plain(sentence), width="content")
            st.button(
                _("Undo"), key="undo", icon=":material/undo:", type="tertiary", on_click=take_back, args=(reference,)
            )
            st.button(_("Dismiss"), key="undo_dismiss", type="tertiary", on_click=_dismiss)
    if left := st.session_state.get(_KEPT):
        if isinstance(left, str):
            st.error(fmt.plain(left), icon=":material/error:")
        else:
            st.warning(_what_was_left(left), icon=":material/undo:")
        st.button(_("Dismiss"), key="undo_seen", type="tertiary", on_click=_dismiss)


def take_back(reference: str) -> None:
    """Undo a user action; for callbacks."""
    _dismiss()
    outcome = action.attempt(undo.undo, reference)
    if not outcome.is_done:
        st.session_state[_KEPT] = outcome.sentence
        return
    done: Undone = outcome.result
    if done.done:
        words = _("1 record is as it was before") if done.done == 1 else _("{n} records are as they were before")
        action.announce(words.format(n=fmt.number(done.done)))
    st.session_state[_KEPT] = done.kept


def _dismiss() -> None:
    st.session_state.pop(action.OFFER, None)
    st.session_state.pop(_KEPT, None)


def _what_was_left(left: list[Kept]) -> str:
    """Return which records were left as they are, each with its reason."""
    first = _("1 record was left as it is:") if len(left) == 1 else _("{n} records were left as they are:")
    lines = [fmt.plain(first.format(n=fmt.number(len(left))))]
    for one in left[:_SHOWN]:
        entity = ENTITIES.get(one.entity)
        what = one.title or (_(entity.one) if entity else _("A record"))
        lines.append(fmt.plain(named(what, say(one.reason))))
    if len(left) > _SHOWN:
        lines.append(fmt.plain(_("and {n} more").format(n=fmt.number(len(left) - _SHOWN))))
    return "  \n".join(lines)

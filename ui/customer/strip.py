"""How a customer stands: at most six states, each a colour, a word and a reason, and a way to where it can be read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import streamlit as st

from services.health import State
from ui import format as fmt
from ui.i18n import _, say

_COLORS: Final = {"green": "green", "amber": "orange", "red": "red", "blue": "blue", "gray": "gray"}
_SIGNS: Final = {
    "green": ":material/check_circle:",
    "amber": ":material/warning:",
    "red": ":material/error:",
    "blue": ":material/arrow_circle_right:",
    "gray": ":material/radio_button_unchecked:",
}
"""A second sign besides the colour."""


def show(states: Sequence[State], go_to: Callable[[str], None]) -> None:
    """Draw the states in one line that wraps; `go_to(tab)` is called in a callback."""
    with st.container(horizontal=True, gap="small", key="health_strip"):
        for state in states:
            with st.container(width=152, gap=None, key=f"health_{state.code}"):
                st.caption(fmt.plain(_(state.title)))
                color = _COLORS[state.color]
                st.button(
                    f":{color}[{_SIGNS[state.color]} **{fmt.plain(word(state))}**]",
                    type="tertiary",
                    key=f"state_{state.code}",
                    on_click=go_to,
                    args=(state.tab,),
                )
                st.caption(fmt.plain(reason(state)))


def word(state: State) -> str:
    """Return the word of a state; amounts as the reader writes them."""
    amounts: Any = state.word.params.get("amounts")
    if amounts is not None:
        return " + ".join(fmt.money(amount, currency, short=True) for amount, currency in amounts)
    return say(state.word)


def reason(state: State) -> str:
    """Return why it stands so."""
    return say(state.reason)

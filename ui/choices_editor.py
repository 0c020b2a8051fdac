"""The choices of a field in a dialog: rename, order, take back, add several at once.

Rows of plain inputs rather than a table editor, which loses what an input method is composing and hears nothing of a
row that is not complete (both measured).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import streamlit as st

from services.kit.errors import Message
from ui import dialog
from ui import format as fmt
from ui.i18n import _, say

_KEPT: Final = "choices"


def choices(given: Sequence[Mapping[str, Any]], problem: Message | None) -> None:
    """Draw the choices, `given` at first; `collected` returns what has become of them."""
    kept = dialog.state()
    if _KEPT not in kept:
        kept[_KEPT] = [dict(one, row=row) for row, one in enumerate(given)]
    rows = kept[_KEPT]
    st.markdown(f"**{_('Choices')}**")
    for place, one in enumerate(rows):
        _row(place, one, len(rows))
    st.text_area(
        _("More choices, one a line"),
        key=_key("more"),
        placeholder=_("English | 中文"),
        height=100,
    )
    if problem:
        st.caption(f":red[:material/error: {fmt.plain(say(problem))}]")


def collected() -> list[dict[str, Any]]:
    """Return the choices as the dialog holds them, those typed as lines last."""
    found = []
    for one in dialog.state().get(_KEPT, []):
        typed = {
            language: st.session_state.get(_key(f"{one['row']}.{language}"), one.get(language))
            for language in ("en", "zh")
        }
        found.append({"code": one["code"], **typed, "is_active": one["is_active"]})
    for line in str(st.session_state.get(_key("more")) or "").splitlines():
        english, _bar, chinese = (part.strip() for part in line.replace("｜", "|").partition("|"))
        if english or chinese:
            found.append({"en": english, "zh": chinese})
    return found


def _key(name: str) -> str:
    return dialog.key(f"choice.{name}")


def _row(place: int, one: Mapping[str, Any], count: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        for language, words in (("en", _("English")), ("zh", _("Chinese"))):
            st.text_input(
                words,
                one.get(language) or "",
                key=_key(f"{one['row']}.{language}"),
                placeholder=words,
                label_visibility="collapsed",
                max_chars=100,
                disabled=not one["is_active"],
            )
        st.button(
            "",
            icon=":material/arrow_upward:",
            key=_key(f"{one['row']}.up"),
            type="tertiary",
            help=_("Further up"),
            disabled=place == 0 or count == 1,
            on_click=_up,
            args=(place,),
        )
        st.button(
            "",
            icon=":material/block:" if one["is_active"] else ":material/undo:",
            key=_key(f"{one['row']}.active"),
            type="tertiary",
            help=_("No longer offer it") if one["is_active"] else _("Offer it again"),
            on_click=_turn,
            args=(place,),
        )


def _up(place: int) -> None:
    rows = dialog.state()[_KEPT]
    rows[place - 1], rows[place] = rows[place], rows[place - 1]


def _turn(place: int) -> None:
    one = dialog.state()[_KEPT][place]
    one["is_active"] = not one["is_active"]

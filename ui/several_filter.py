"""The filter by a field of several choices: any of some, all of them, or none chosen at all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import streamlit as st

from services.kit.fields import Field
from services.kit.query import Filter
from ui import page
from ui.i18n import N_, _, label, option
from ui.place import Place

_HOW: Final = {"in": N_("Any of these"), "has": N_("All of these"), "empty": N_("None chosen")}
"""Operator -> how the field is asked for."""


def draw(field: Field, place: Place, parsed: Sequence[Filter]) -> None:
    """Draw the choices and how they are asked for; `parsed` is what the address says."""
    chosen = [value for one in parsed for value in one.values]
    known = {**(field.options or {}), **(field.retired or {})}
    name = page.keep(place.name(f"f.{field.name}"), [one for one in chosen if one in known])
    page.keep(f"{name}.how", parsed[0].operator if parsed and parsed[0].operator in _HOW else "in")
    st.multiselect(
        label(field),
        list(known),
        key=name,
        format_func=lambda code: option(field, code),
        placeholder=_("Any"),
        disabled=st.session_state[f"{name}.how"] == "empty",
        on_change=_set,
        args=(field, place, name),
        select_all=False,
    )
    st.segmented_control(
        label(field),
        list(_HOW),
        key=f"{name}.how",
        format_func=lambda one: _(_HOW[one]),
        required=True,
        label_visibility="collapsed",
        on_change=_set,
        args=(field, place, name),
    )


def _set(field: Field, place: Place, name: str) -> None:
    how, chosen = st.session_state[f"{name}.how"], st.session_state[name]
    written = f"{how}:{','.join(chosen)}" if chosen else ""
    place.set(f"f.{field.name}", "empty:" if how == "empty" else written)

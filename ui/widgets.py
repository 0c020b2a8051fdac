"""Small shared pieces: facts in a row, a search that narrows a picker, a badge with a meaning."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import streamlit as st

from services.kit.entity import Entity
from services.kit.fields import Field
from ui.format import is_nothing, plain
from ui.i18n import option

# Meanings of codes as colours of badges: what is well, what waits, what is over. Anything else is ink on grey.
_BADGES: Final[Mapping[str, str]] = {
    "qualified": "green",
    "converted": "green",
    "won": "green",
    "in_force": "green",
    "completed": "green",
    "new": "blue",
    "contacted": "blue",
    "nurturing": "blue",
    "open": "blue",
    "in_approval": "orange",
    "unqualified": "gray",
    "lost": "gray",
    "void": "gray",
    "draft": "gray",
}


def badge_color(code: Any) -> str:
    """Return the badge colour of a status code."""
    return _BADGES.get(str(code), "gray")


def badge(field: Field, code: Any) -> None:
    """Show a choice as a small badge; nothing for nothing."""
    if not is_nothing(code):
        st.badge(plain(option(field, str(code))), color=badge_color(code))  # type: ignore[arg-type]


def facts(pairs: Sequence[tuple[str, str]]) -> None:
    """Show labels with their values in one wrapping line; what is empty is left out by the caller."""
    if pairs:
        st.markdown(" &ensp; ".join(f":gray[{plain(label)}] {plain(written)}" for label, written in pairs))


def fact_list(pairs: Sequence[tuple[str, str]]) -> None:
    """Show labels over their values, one below the other."""
    for label, written in pairs:
        st.caption(plain(label))
        st.text(written)


def added(entity: Entity, values: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the fields added by an administrator that say something in a record's values; a "no" says nothing."""
    names = [name for name, field in entity.fields.items() if field.is_custom]
    return tuple(name for name in names if not is_nothing(values.get(name)) and values[name] is not False)


def chart(drawn: Any, *, alt: str, key: str | None = None, on_select: str = "ignore") -> Any:
    """Draw an altair chart in the house's look; `alt` says in words what it shows."""
    return st.altair_chart(drawn, width="stretch", theme=None, alt=alt, key=key, on_select=on_select)  # type: ignore[call-overload]


def table(shown: Mapping[str, Any], columns: Mapping[str, Any], *, key: str, alt: str) -> None:
    """Draw a table as high as its rows; `alt` says in words what it shows."""
    st.dataframe(
        shown, hide_index=True, column_config=dict(columns), key=key, height="content", placeholder="", alt=alt
    )


def row_button(
    click: str, title: str, done: Callable[[Any], None], rows: Sequence[Any], width: Any = "small", **more: Any
) -> Any:
    """Return a column of a table whose cells are buttons: `done` is called with what the pressed row stands for."""
    return st.column_config.ButtonColumn(
        title, type="tertiary", width=width, key=click, on_click=_row_pressed, args=(click, done, tuple(rows)), **more
    )


def _row_pressed(click: str, done: Callable[[Any], None], rows: tuple[Any, ...]) -> None:
    pressed = st.session_state.get(click)
    if pressed is not None and 0 <= pressed["row"] < len(rows):
        done(rows[pressed["row"]])

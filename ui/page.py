"""The frame of a page: permission, title line, buttons, numbers, and what stands where there is nothing."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from services.kit.entity import Entity
from services.settings import ROOT
from ui import action, dialog, session, theme, undo
from ui.format import number, plain
from ui.i18n import _
from ui.menu import MENU

_TOOLBAR = "page.toolbar"
_GOING = "page.going"


def require(permission: str | None) -> None:
    """Stop the page with a sentence unless the actor's role includes the permission; first line of every page."""
    if not may(permission):
        st.title(_("Not for your role"))
        st.write(_("Your role does not include this page. Ask an administrator if you need it."))
        st.stop()
    if going := st.session_state.pop(_GOING, None):
        go(going[0], **going[1])
    theme.style()
    action.toast_what_was_done()
    dialog.resume(permission or "")


def may(permission: str | None) -> bool:
    """Say whether the actor's role includes a permission; None is always included."""
    return permission is None or session.actor().may(permission)


def header(title: str | Entity, *, count: int | None = None, caption: str | None = None) -> None:
    """Draw the title line: what this is, how many; what `toolbar()` gets stands at its right."""
    written = _(title.many) if isinstance(title, Entity) else title
    line = st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="page_header"
    )
    with line:
        with st.container(width="content", gap=None):
            st.title(plain(written) + (f" :gray[{number(count)}]" if count is not None else ""), anchor=False)
            if caption:
                st.caption(plain(caption))
        st.session_state[_TOOLBAR] = st.container(
            horizontal=True, horizontal_alignment="right", vertical_alignment="center", width="content"
        )
    undo.line()


def toolbar() -> Any:
    """Return the place for buttons at the right of the title line: `with page.toolbar(): …`."""
    return st.session_state[_TOOLBAR]


def button(  # noqa: PLR0913 - a button has many sides
    label: str,
    *,
    permission: str | None = None,
    key: str | None = None,
    primary: bool = False,
    icon: str | None = None,
    disabled: bool = False,
    help: str | None = None,  # noqa: A002 - the word the screen uses
    on_click: Callable[..., Any] | None = None,
    args: tuple[Any, ...] = (),
) -> bool:
    """Draw a button and say whether it was pressed; absent when the role does not include the permission."""
    if not may(permission):
        return False
    return st.button(
        label,
        key=key,
        type="primary" if primary else "secondary",
        icon=icon,
        disabled=disabled,
        help=help,
        on_click=on_click,
        args=args,
    )


def empty(text: str, *, caption: str | None = None) -> Any:
    """Say what would be here, and return the place for the first step: `with page.empty(…): page.button(…)`."""
    box = st.container(horizontal_alignment="center", gap="small", key=f"empty_{zlib.crc32(text.encode())}")
    with box:
        st.space("medium")
        st.markdown(f"**{plain(text)}**", text_alignment="center")
        if caption:
            st.caption(plain(caption), text_alignment="center")
        place = st.container(horizontal=True, horizontal_alignment="center")
        st.space("medium")
    return place


def numbers(figures: Sequence[tuple[str, str, str | None]]) -> None:
    """Draw one row of at most four figures: (label, value as written, what hovering tells)."""
    shown = figures[:4]
    key = zlib.crc32(repr([label for label, _written, _more in shown]).encode())
    with st.container(key=f"numbers_{key}"):
        columns = st.columns(len(shown))
    for column, (label, written, more) in zip(columns, shown, strict=True):
        column.metric(label, written, help=more)


def record_id(name: str = "id") -> int | None:
    """Return the record the address names by `?id=` (or another name); 0 when what stands there is no number."""
    written = st.query_params.get(name)
    if not written:
        return None
    return int(written) if written.isascii() and written.isdigit() and len(written) < 20 else 0  # noqa: PLR2004


def open_record(record_id_: int) -> None:
    """Put a record into the address: the page shows it on this or the next run."""
    st.query_params["id"] = str(record_id_)


def back_to_list() -> None:
    """Take the record out of the address; filters and place of the list are still in it."""
    gone = {"id", "tab", "section", "map"}
    rest = {name: st.query_params.get_all(name) for name in st.query_params if name not in gone}
    st.query_params.from_dict(rest)  # all at once: each change is a step of the browser's "back"


def keep(name: str, value: Any) -> str:
    """Set a widget's value from the address before it is drawn, since the address is the one truth; return its key."""
    if name not in st.session_state or st.session_state[name] != value:
        st.session_state[name] = value
    return name


def go(url_path: str, **parameters: Any) -> None:
    """Open another page of the menu, with parameters in its address; a list stands for several of one name."""
    entry = next(one for one in MENU if one.url_path == url_path)
    target = st.Page(ROOT / "pages" / entry.file, url_path=entry.url_path, default=entry.is_home)
    written = {
        name: [str(one) for one in value] if isinstance(value, list) else str(value)
        for name, value in parameters.items()
    }
    st.switch_page(target, query_params=written)


def go_later(url_path: str, **parameters: Any) -> None:
    """Open another page on the run that follows: for callbacks, in which a page cannot be left."""
    st.session_state[_GOING] = (url_path, parameters)


def not_found(back: str) -> None:
    """Say that there is no such record, with a way back, and stop."""
    st.title(_("Not found"), anchor=False)
    st.write(_("There is no such record, or you may not see it."))
    st.button(back, icon=":material/arrow_back:", on_click=back_to_list, key="back_to_list")
    st.stop()

"""Dialogs that stay open until they are closed: what is open stands in the session, not in a button's one run."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from importlib import import_module
from typing import Any, Literal

import streamlit as st

_OPEN = "dialog.open"
_AT = "dialog.at"
_DRAWN = "dialog.drawn"
_STATE = "dialog.state"
_COUNT = "dialog.count"

Width = Literal["small", "medium", "large"]


class Dialog:
    """A dialog that can be opened: call it in the body of a page, `later` it in a callback."""

    def __init__(self, title: Callable[..., str], width: Width, body: Callable[..., None]) -> None:
        """Take what makes the title, the width, and the function that draws it."""
        self.title, self.width, self.body = title, width, body
        update_wrapper(self, body)

    @property
    def path(self) -> str:
        """Return where it is found again: module and name."""
        return f"{self.body.__module__}:{self.body.__qualname__}"

    def __call__(self, *args: Any, **kwargs: Any) -> None:
        """Open it."""
        open_dialog(self.path, args, kwargs)

    def later(self, *args: Any, **kwargs: Any) -> None:
        """Open it on the run that follows the callback."""
        _remember(self.path, args, kwargs)


def dialog(title: Callable[..., str], *, width: Width = "small") -> Callable[[Callable[..., None]], Dialog]:
    """Make a function of a ui module a dialog; calling it opens it. `title` makes the title of the same arguments.

    The function is found again by its module and name on every full run, so it must not stand in a page file.
    Its arguments are kept in the session. It ends by `finish()`, in a callback by `close()`; a callback outside
    opens it by `name.later(…)`.
    """
    return lambda body: Dialog(title, width, body)


def open_dialog(path: str, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None) -> None:
    """Open the dialog `module:name`, and keep it open."""
    _remember(path, args, kwargs or {})
    _draw()


def open_later(path: str, *args: Any) -> None:
    """Open the dialog `module:name` on the run that follows the callback."""
    _remember(path, args, {})


def _remember(path: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    st.session_state[_OPEN] = (path, args, kwargs, st.session_state.get(_AT))
    # Widgets of one opening must not inherit what was typed in the one before: the number is part of their keys.
    st.session_state[_COUNT] = st.session_state.get(_COUNT, 0) + 1
    st.session_state[_STATE] = {}


def close() -> None:
    """Forget the open dialog and what it kept."""
    st.session_state.pop(_OPEN, None)
    st.session_state.pop(_STATE, None)


def finish() -> None:
    """Close the dialog and run the page anew (from the dialog's body; in a callback use `close`)."""
    close()
    st.rerun()


def state() -> dict[str, Any]:
    """Return what the open dialog keeps between its runs; gone when it closes."""
    return st.session_state.setdefault(_STATE, {})  # type: ignore[no-any-return]


def key(name: str) -> str:
    """Return a widget key that belongs to this opening of the dialog."""
    return f"{name}.{st.session_state.get(_COUNT, 0)}"


def is_open() -> bool:
    """Say whether a dialog is open."""
    return _OPEN in st.session_state


def resume(at: str) -> None:
    """Draw the dialog left open by an earlier run of the same page; called once by every page."""
    st.session_state[_AT] = at
    st.session_state[_DRAWN] = False
    kept = st.session_state.get(_OPEN)
    if kept is None:
        return
    if kept[3] != at:
        close()
        return
    _draw()


def _draw() -> None:
    if st.session_state.get(_DRAWN):  # one dialog a run is all there may be
        return
    st.session_state[_DRAWN] = True
    path, args, kwargs, _at = st.session_state[_OPEN]
    module, _colon, name = path.partition(":")
    found: Dialog = getattr(import_module(module), name)
    title, width, body = found.title, found.width, found.body

    @st.dialog(title(*args, **kwargs), width=width, on_dismiss=close)
    def shown() -> None:
        if not is_open():  # a callback has closed it: this is the dialog's own short run, the page must follow
            st.rerun()
        body(*args, **kwargs)

    shown()

"""Who is at the screen, and the door to the data.

The token in the cookie is looked up once in every run, of the whole script or of a fragment, and once more
before every write: an open page does not outlive its session.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Concatenate, Final, ParamSpec, TypeVar

import streamlit as st

from services import auth
from services.auth import SignedIn, SignedOut
from services.kit import custom
from services.kit.actor import SYSTEM, Actor
from services.kit.unit_of_work import Database, UnitOfWork
from services.settings import settings
from ui import cookie, run

P = ParamSpec("P")
T = TypeVar("T")

_SIGNED_IN: Final = "session.signed_in"
_SHARED: Final = "session.shared"
_FIELDS: Final = "session.fields"
_LOOKING: Final = "session.looking"


_given: list[Database] = []


def use(database: Database | None) -> None:
    """Work on this database instead of the one that the settings name; None takes it back. For tests."""
    _given[:] = [database] if database is not None else []


def database() -> Database:
    """Return the process's door to the data."""
    return _given[0] if _given else _from_settings()


@lru_cache(maxsize=1)
def _from_settings() -> Database:
    return Database.from_settings(settings())


def token() -> str | None:
    """Return what the browser sent when it opened this page's connection."""
    return st.context.cookies.get(cookie.name(database().settings))


def signed_in() -> SignedIn | None:
    """Return the live session of this run, or None; looked up once a run."""
    kept = run.kept()
    if kept is None:
        return _look_up()
    if _SIGNED_IN not in kept:
        kept[_SIGNED_IN] = _look_up()
    return kept[_SIGNED_IN]  # type: ignore[no-any-return]


def fields_in_force() -> custom.Definitions | None:
    """Return the fields that an administrator has added, as this run's session check has found them.

    None where there is no run: there a unit of work knows them.
    """
    kept = run.kept()
    if kept is None or kept.get(_LOOKING):
        return None
    found: custom.Definitions | None = kept.get(_FIELDS)
    if found is None:
        kept[_LOOKING] = True  # the check itself needs none of them
        try:
            who = signed_in()
            token = who.fields_token if who is not None else None
            found = kept[_FIELDS] = database().fields_of(token)
        finally:
            kept[_LOOKING] = False
    return found


custom.outside = fields_in_force


def _look_up() -> SignedIn | None:
    found = database().ask(SYSTEM, auth.resolve, token())
    if found is not None and found.is_due:
        database().run(SYSTEM, auth.touch, found.session_id)
    return found


def actor() -> Actor:
    """Return who acts in this run. Signed out inside a fragment: the page runs anew, which asks to sign in."""
    found = signed_in()
    if found is None:
        st.rerun()
    return found.actor


def verify() -> Actor:
    """Look again, right before a write. Raises SignedOut, a sentence to show."""
    found = _look_up()
    if found is None:
        raise SignedOut
    return found.actor


def ask(read: Callable[Concatenate[UnitOfWork, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a read as the actor."""
    shared: UnitOfWork | None = (run.kept() or {}).get(_SHARED)
    return read(shared, *args, **kwargs) if shared is not None else database().ask(actor(), read, *args, **kwargs)


@contextmanager
def one_state() -> Iterator[None]:
    """Answer all reads of the block from one state of the data: its figures agree, and it is one transaction."""
    kept = run.kept()
    if kept is None or _SHARED in kept:
        yield
        return
    with database().read(actor()) as uow:
        kept[_SHARED] = uow
        try:
            yield
        finally:
            kept.pop(_SHARED, None)


def forget() -> None:
    """Drop what was found in this run; after signing out."""
    kept = run.kept() or {}
    for name in (_SIGNED_IN, _FIELDS):
        kept.pop(name, None)

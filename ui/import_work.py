"""The work of an import on the screen: begun here or in the background, its progress, and its stop."""

from __future__ import annotations

import logging
from typing import Any, Final

import streamlit as st

from services import imports
from services.imports import Batch
from services.kit.errors import NotFound
from ui import action, dialog, session
from ui import format as fmt
from ui.i18n import _

_log = logging.getLogger("sandtable.import")
_FEW: Final = 2_000
"""Rows up to which one waits; a process of its own would take longer to start."""
_EVERY: Final = 1.5
"""Seconds between two looks at what goes on in the background."""


def batch_of(number: int | None) -> Batch | None:
    """Return an import as it stands; None if it is not there, or not the reader's to see."""
    if number is None:
        return None
    try:
        return session.ask(imports.get, number)
    except NotFound:
        return None


def is_busy(batch: Batch) -> bool:
    """Say whether a process is at work on it, as far as is known."""
    return batch.state == "working" and not batch.is_cut_off


def go(verb: Any, batch: Batch, **asked: Any) -> None:
    """Ask for the next stage and let it be worked at; why not is shown in place."""
    done = action.attempt(verb, batch.id, **asked)
    if not done.is_done:
        action.tell(done)
        return
    begin(batch.id, is_small=batch.total <= _FEW)


def begin(batch_id: int, *, is_small: bool) -> None:
    """Bring an import to its goal: here, or in the background."""
    if is_small:
        try:
            with st.spinner(_("One moment…")):
                imports.run_here(session.database(), batch_id)
        except Exception:  # noqa: BLE001 - the batch says that it broke off and can go on, and is shown next
            _log.exception("import %s broke off", batch_id)
    else:
        imports.launch(session.database(), batch_id)
    st.rerun()


def progress(batch_id: int) -> None:
    """Show how far it is, looked at again by itself, with the way to stop it."""
    st.fragment(_progress, run_every=_EVERY)(batch_id)


def _progress(batch_id: int) -> None:
    """Show how far it is; looked at again by itself."""
    batch = batch_of(batch_id)
    if batch is None or not is_busy(batch):
        st.rerun()
    st.progress(_share(batch), text=working(batch))
    st.caption(_("You may close this window: the work goes on, and stands in the import history."))
    if st.button(_("Stop"), key=dialog.key("import.stop"), icon=":material/stop:"):
        done = action.attempt(imports.stop, batch_id)
        if not done.is_done:
            action.tell(done)


def _share(batch: Batch) -> float:
    return min(batch.done / batch.total, 1.0) if batch.total else 0.0


def working(batch: Batch) -> str:
    """Return what goes on with an import, and how far it is."""
    said = {
        "read": _("Reading the file"),
        "check": _("Checking"),
        "store": _("Importing") if batch.stage == "check" else _("Checking"),
        "revert": _("Taking back"),
    }[batch.goal]
    if not batch.total:
        return said
    return _("{what}: {done} of {total} rows").format(
        what=said, done=fmt.number(min(batch.done, batch.total)), total=fmt.number(batch.total)
    )

"""The one road for writing: a verb, one transaction, and a sentence for whatever comes of it."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from services.kit.errors import Invalid, Message, Refusal
from services.kit.fields import Field
from services.kit.unit_of_work import UnitOfWork
from ui import session
from ui.format import plain
from ui.i18n import _, label, say

_DONE = "action.done"
OFFER = "action.offer"
"""Where the last action stands that can be undone: its sentence and what the audit calls it."""
_log = logging.getLogger("sandtable.action")


@dataclass(frozen=True)
class Outcome:
    """What came of a verb: its result, or the refusal, or the reference number of a fault of ours."""

    result: Any = None
    refusal: Refusal | None = None
    reference: str | None = None
    done_as: str | None = None
    """What the audit calls this user action, for undoing it."""

    @property
    def is_done(self) -> bool:
        """Say whether the verb went through and was committed."""
        return self.refusal is None and self.reference is None

    @property
    def fields(self) -> Mapping[str, Message]:
        """Return what is wrong by field name, for a form to show at its fields."""
        return self.refusal.fields if isinstance(self.refusal, Invalid) else {}

    @property
    def sentence(self) -> str:
        """Return what the reader is told when it did not go through."""
        if self.refusal is not None:
            return say(self.refusal)
        return _("Something went wrong on our side. Nothing was saved. Tell support this number: {reference}").format(
            reference=self.reference
        )


def attempt(verb: Callable[..., Any], *args: Any, **kwargs: Any) -> Outcome:
    """Run a verb in one transaction and return what came of it; show nothing."""
    try:
        result, done_as = session.database().run(session.verify(), _named, verb, *args, **kwargs)
        return Outcome(result, done_as=done_as)
    except Refusal as refusal:
        return Outcome(refusal=refusal)
    except Exception:  # noqa: BLE001 - whatever it is, the reader gets a number and keeps what was typed
        reference = secrets.token_hex(4).upper()
        _log.exception("reference %s", reference)
        return Outcome(reference=reference)


def _named(uow: UnitOfWork, verb: Callable[..., Any], *args: Any, **kwargs: Any) -> tuple[Any, str]:
    return verb(uow, *args, **kwargs), uow.reference


def act(
    done: str,
    verb: Callable[..., Any],
    *args: Any,
    then: Callable[[Any], None] | None = None,
    rerun: bool = True,
    labels: Mapping[str, Field] | None = None,
    can_undo: bool = False,
    **kwargs: Any,
) -> Any:
    """Run a verb; on success say `done`, call `then(result)` and run the page anew; else say why not, in place.

    With `rerun=False` (inside a callback, where the page runs anew anyhow) the result is returned. None means
    that it did not go through, or that the verb returns nothing. `labels` (an entity's fields) name the fields that
    do not hold. With `can_undo` the page offers to take it back, until the next action.
    """
    outcome = attempt(verb, *args, **kwargs)
    if not outcome.is_done:
        tell(outcome, labels)
        return None
    announce(done, outcome.done_as if can_undo else None)
    if then:
        then(outcome.result)
    if rerun:
        st.rerun()
    return outcome.result


def tell(outcome: Outcome, labels: Mapping[str, Field] | None = None) -> None:
    """Show in place why a verb did not go through; of several fields, each with its sentence."""
    named = labels or {}
    lines = [outcome.sentence]
    for name, message in outcome.fields.items():
        lines.append(f"{label(named[name])}: {say(message)}" if name in named else say(message))
    st.error("  \n".join(plain(line) for line in lines), icon=":material/error:")


def announce(done: str, done_as: str | None = None) -> None:
    """Keep a sentence for the next run, which shows it for a moment: a toast of this run would be lost.

    `done_as` names a user action that can be undone: the sentence stands under the title of the page, with a button,
    until the next action (ui/undo.py).
    """
    st.session_state.setdefault(_DONE, []).append(done)
    st.session_state[OFFER] = (done, done_as) if done_as else None


def toast_what_was_done() -> None:
    """Show what the last action announced."""
    for done in st.session_state.pop(_DONE, []):
        st.toast(plain(done), icon=":material/check:")

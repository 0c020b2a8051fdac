"""One box for what happened and what is next: on the page of whomever one talks to, and as a dialog from lists.

Typing, one press for the day of the next step, typing what it is, Enter: nothing else must be touched.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from functools import partial
from typing import Any, Final

import streamlit as st

from services import activities, customer_page
from services.activities import ACTIVITY
from services.kit import records
from services.kit.entity import ENTITIES
from services.kit.errors import Invalid, Message, NotFound
from ui import action, dialog, page, session
from ui import format as fmt
from ui.i18n import N_, _, label
from ui.server.addresses import DRAFTS_SCRIPT

_LAST_KIND: Final = "quick_log.kind"
# Our own words and numbers; what is typed stays in the browser (ui/server/drafts.js).
_DRAFT: Final = '<div data-sandtable-draft="{name}"></div><script src="{script}"></script>'
_CHIPS: Final[Mapping[int, str]] = {0: N_("Today"), 1: N_("Tomorrow"), 3: N_("In 3 days"), 7: N_("In a week")}
"""Days until the next step -> what the press says."""


def box(name: str, record: Any, *, customer_id: int | None = None, is_open: bool = True) -> None:
    """Draw the box for one record; what was typed stays when it is refused.

    `name` is the activity's link: `lead_id`, `customer_id`, `opportunity_id`; `customer_id` the company whose contacts
    can be named. A step that is due is done by it unless the tick is taken away; one still to come stays.
    """
    counter = f"{name}.log"
    number = st.session_state.setdefault(counter, 0)

    def key(part: str) -> str:
        return f"{counter}.{record.id}.{number}.{part}"

    with _drafted(name, record.id), st.form(key("form"), border=is_open):
        given = _fields(key, record, customer_id)
        save = st.form_submit_button(
            _("Log activity"),
            type="primary",
            shortcut="Ctrl+Enter",
            help=_("Ctrl+Enter saves from anywhere in the box."),
        )
    if save:
        _save({name: record.id, **given}, partial(_empty, counter, number))


@dialog.dialog(lambda _key, _record_id: _("Log activity"), width="medium")
def log(key: str, record_id: int) -> None:
    """Write down what happened with a record of a list (`key`: lead, customer, opportunity), and what is next."""
    try:
        record = session.ask(records.get, ENTITIES[key], record_id)
    except NotFound:
        st.error(fmt.plain(_("There is no such record, or you may not see it.")))
        return
    customer_id = record.id if key == "customer" else getattr(record, "customer_id", None)
    st.markdown(f"**{fmt.plain(record.name)}**")
    with _drafted(f"{key}_id", record_id), st.form(dialog.key("quick_log"), border=False):
        given = _fields(lambda part: dialog.key(f"quick_log.{part}"), record, customer_id)
        save = st.form_submit_button(_("Log activity"), type="primary", shortcut="Ctrl+Enter")
    if save:
        _save({f"{key}_id": record_id, **given}, dialog.close)


@contextmanager
def _drafted(name: str, record_id: int) -> Iterator[None]:
    """Let the browser keep what is typed inside the block until it is sent: in the dialog as on the record's page."""
    draft = f"draft_{session.actor().user_id}_{name}_{record_id}"
    with st.container(key=draft):
        yield
    st.html(_DRAFT.format(name=draft, script=DRAFTS_SCRIPT), unsafe_allow_javascript=True)


def _fields(key: Any, record: Any, customer_id: int | None) -> dict[str, Any]:
    """Draw the entries and return what `activities.log` is told."""
    fields = ACTIVITY.fields
    kinds = [code for code in fields["kind"].options or {} if code != "system"]
    kind = st.segmented_control(
        label(fields["kind"]),
        kinds,
        default=st.session_state.get(_LAST_KIND, "call"),
        required=True,
        format_func=lambda code: fmt.value(fields["kind"], code),
        label_visibility="collapsed",
        key=key("kind"),
    )
    summary = st.text_area(
        label(fields["summary"]),
        key=key("summary"),
        placeholder=_("What happened?"),
        label_visibility="collapsed",
        height=100,
    )
    contact_id = _contact(key, customer_id)
    planned = getattr(record, "next_step_on", None)
    is_done = False
    if planned is not None:
        words = _("Done: {what}").format(what=getattr(record, "next_step", None) or fmt.day(planned))
        is_done = st.checkbox(fmt.plain(words), value=planned <= fmt.today(), key=key("done"))
    # No pills: with one of them in focus Enter takes the choice away again, and Ctrl+Enter is what comes next.
    chip = st.radio(
        label(fields["next_step_on"]),
        list(_CHIPS),
        index=None,
        format_func=lambda days: _(_CHIPS[days]),
        horizontal=True,
        key=key("chip"),
    )
    day = st.date_input(
        label(fields["next_step_on"]),
        None,
        key=key("day"),
        format="YYYY-MM-DD",
        label_visibility="collapsed",
        width=150,
    )
    step = st.text_input(
        label(fields["next_step"]),
        key=key("step"),
        max_chars=fields["next_step"].max_length,
        placeholder=_("What is next?"),
        label_visibility="collapsed",
    )
    return {
        "kind": kind,
        "summary": (summary or "").strip(),
        "contact_id": contact_id,
        "next_step_on": _when(day, chip),
        "next_step": (step or "").strip() or None,
        "is_step_done": is_done,
    }


def _when(day: date | None, chip: int | None) -> date | None:
    """Return the day of the next step: one named counts more than one pressed."""
    if day is not None:
        return day
    return None if chip is None else fmt.today() + timedelta(days=chip)


def _contact(key: Any, customer_id: int | None) -> int | None:
    if customer_id is None or not page.may("contact.read"):
        return None
    people = dict(session.ask(customer_page.people, customer_id))
    if not people:
        return None
    chosen: int | None = st.selectbox(
        label(ACTIVITY.fields["contact_id"]),
        list(people),
        index=None,
        format_func=lambda one: people.get(one, str(one)),
        placeholder=_("With whom? (may be left out)"),
        label_visibility="collapsed",
        key=key("contact"),
    )
    return chosen


def _save(given: dict[str, Any], then: Any) -> None:
    st.session_state[_LAST_KIND] = given["kind"]
    if not given["summary"]:
        missing = Invalid({"summary": Message(N_("Write down what happened."))})
        action.tell(action.Outcome(refusal=missing), ACTIVITY.fields)
        return
    action.act(_("Activity logged"), activities.log, **given, labels=ACTIVITY.fields, then=lambda _activity: then())


def _empty(counter: str, number: int) -> None:
    st.session_state[counter] = number + 1

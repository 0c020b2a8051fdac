"""The list of leads: what one is reminded of as ready filters, and what can be done with the selected ones."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from services import leads
from services.kit.query import Filter
from services.leads import LEAD
from ui import format as fmt
from ui import grid, lead_dialogs, ownership_dialogs, page, quick_log, session
from ui.i18n import _, option
from ui.place import Place

_VIEW = "view"
_BY_DAY = ("today", "overdue", "unplanned")


def chosen() -> tuple[Filter, ...]:
    """Draw the ready filters with their counts and return the conditions of the chosen one."""
    place = Place(LEAD, None)
    written = place.get(_VIEW)
    counts = session.ask(leads.counts)
    key = page.keep("lead_view", written if written in leads.VIEWS else None)
    st.pills(
        _("Reminders"),
        [view for view in leads.VIEWS if counts.get(view, 1) or view == written],
        format_func=lambda view: _named(view, counts.get(view)),
        label_visibility="collapsed",
        key=key,
        on_change=_turn,
        args=(place, key),
    )
    return session.ask(leads.views)[written] if written in leads.VIEWS else ()


def _turn(place: Place, key: str) -> None:
    """Turn to a ready filter; what reminds of a day is shown by that day, most urgent first."""
    view = st.session_state[key] or ""
    place.set(_VIEW, view)
    place.set("sort", "next_step_on" if view in _BY_DAY else "")


def _named(view: str, count: int | None) -> str:
    name = _(leads.VIEWS[view])
    if count is None:
        return name
    return f"{name} {fmt.number(min(count, leads.CAP))}{'+' if count > leads.CAP else ''}"


def actions(selected: Sequence[int]) -> None:
    """Draw what can be done with the selected leads: one of them, or all at once."""
    if not selected:
        return
    with grid.actions(LEAD):
        if page.may("lead.update"):
            field = LEAD.fields["status"]
            st.menu_button(
                _("Change status"),
                [code for code in field.options or {} if code != "converted"],
                format_func=lambda code: option(field, code),
                key="leads_status",
                on_click=lambda: lead_dialogs.change_status(tuple(selected), st.session_state["leads_status"]),
            )
        if page.button(_("Assign"), permission="lead.assign", key="leads_assign"):
            lead_dialogs.assign(tuple(selected))
        ownership_dialogs.selected_actions("lead", selected)
        if len(selected) == 1:
            if page.button(_("Log activity"), permission="activity.create"):
                quick_log.log("lead", selected[0])
            if page.button(_("Convert"), permission="lead.convert"):
                lead_dialogs.convert(selected[0])

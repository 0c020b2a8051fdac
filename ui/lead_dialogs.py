"""What is done with leads: change the status, give them to people, take a conversion back."""

from __future__ import annotations

from typing import Any

import streamlit as st

from services import leads
from services.kit.entity import ENTITIES
from services.kit.errors import Refusal
from services.leads import LEAD
from ui import action, dialog, session
from ui import format as fmt
from ui.i18n import _, label, option, say
from ui.lead_convert import convert

__all__ = ["assign", "change_status", "convert", "take_back", "unqualify"]


# --- status -------------------------------------------------------------------------------------------------


def change_status(lead_ids: tuple[int, ...], status: str) -> None:
    """Set the status of leads; in a callback. Giving up asks for a reason first."""
    if status == "unqualified":
        unqualify.later(lead_ids)
        return
    action.act(_changed(len(lead_ids)), leads.set_status, lead_ids, status, rerun=False, can_undo=True)


def _changed(number: int) -> str:
    return _("1 record changed") if number == 1 else _("{n} records changed").format(n=number)


@dialog.dialog(lambda _lead_ids: _("Not worth following up"))
def unqualify(lead_ids: tuple[int, ...]) -> None:
    """Ask why leads are given up."""
    field = LEAD.fields["unqualified_reason"]
    reason = st.selectbox(
        label(field),
        list(field.options or {}),
        index=None,
        format_func=lambda code: option(field, code),
        key=dialog.key("unqualify.reason"),
        placeholder=_("Choose"),
    )
    st.caption(_("They stay in the list and can be taken up again at any time."))
    if st.button(_("Give up"), type="primary", key=dialog.key("unqualify.save"), disabled=reason is None):
        done = _changed(len(lead_ids))
        action.act(done, leads.set_status, lead_ids, "unqualified", reason=reason, then=_closing, can_undo=True)


# --- assignment ---------------------------------------------------------------------------------------------


@dialog.dialog(
    lambda lead_ids: _("Assign 1 lead") if len(lead_ids) == 1 else _("Assign {n} leads").format(n=len(lead_ids))
)
def assign(lead_ids: tuple[int, ...]) -> None:
    """Choose one person, or several among whom leads are dealt out."""
    people = {one.user_id: one for one in session.ask(leads.people)}
    chosen = st.multiselect(
        _("People"),
        list(people),
        format_func=lambda one: _said(people[one]),
        key=dialog.key("assign.people"),
        placeholder=_("Choose"),
        select_all=False,
    )
    ways = {"in_turn": _("In turn"), "least_busy": _("To whoever has least to do")}
    way = "in_turn"
    if len(chosen) > 1 and len(lead_ids) > 1:
        way = st.segmented_control(
            _("How"),
            list(ways),
            default="in_turn",
            required=True,
            format_func=lambda one: ways[one],
            key=dialog.key("assign.way"),
        )
    if st.button(_("Assign"), type="primary", key=dialog.key("assign.save"), disabled=not chosen):
        done = _("{n} assigned").format(n=len(lead_ids))
        action.act(done, leads.assign, lead_ids, chosen, way=way, then=_closing, can_undo=True)


def _said(person: leads.Person) -> str:
    return _("{name} · {n} open leads").format(name=person.name, n=fmt.number(person.open_leads))


# --- back ---------------------------------------------------------------------------------------------------


@dialog.dialog(lambda _lead_id: _("Take the conversion back"), width="medium")
def take_back(lead_id: int) -> None:
    """Show what taking a conversion back would do, or why it cannot be done."""
    try:
        plan = session.ask(leads.preview_revert, lead_id)
    except Refusal as refusal:
        st.error(fmt.plain(say(refusal)))
        return
    if plan.obstacles:
        st.warning(_("It cannot be taken back, since something was built on it since:"), icon=":material/lock:")
        st.markdown("\n".join(f"- {fmt.plain(say(one))}" for one in plan.obstacles))
        return
    lines = [
        _("{what} “{title}” goes to the recycle bin.").format(what=_(ENTITIES[key].one), title=title)
        for key, _id, title in plan.to_bin
    ]
    for key, name, now, then in plan.restored:
        field = ENTITIES[key].fields[name]
        words = _("{field}: “{now}” becomes “{then}” again.")
        lines.append(
            words.format(
                field=label(field), now=fmt.value(field, now), then=fmt.value(field, then) if then else _("empty")
            )
        )
    if plan.activities:
        lines.append(_("{n} activities belong to the lead alone again.").format(n=plan.activities))
    lines.append(_("The lead is open again."))
    st.markdown("  \n".join(fmt.plain(line) for line in lines))
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button(_("Cancel"), key=dialog.key("take_back.cancel")):
            dialog.finish()
        if st.button(_("Take back"), type="primary", key=dialog.key("take_back.yes")):
            action.act(_("Conversion taken back"), leads.revert_conversion, lead_id, then=_closing)


def _closing(_result: Any) -> None:
    dialog.close()

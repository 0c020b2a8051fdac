"""The dialog that converts a lead: into which customer, who the contact is, what goes where, with which opportunity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from services import duplicates, leads
from services.customers import CUSTOMER
from services.kit.entity import ENTITIES
from services.kit.errors import Refusal
from services.leads import LEAD, Line, Plan
from services.opportunities import OPPORTUNITY
from ui import action, dialog, form, session, twins
from ui import format as fmt
from ui.i18n import _, label, named, say

_NEW = 0
_SALE = ("name", "amount", "currency", "close_on")
_BET = ("name", "horizon", "market_size", "currency", "growth", "margin", "competition")
_CHOICE = "convert.take"


@dialog.dialog(lambda _lead_id: _("Convert lead"), width="medium")
def convert(lead_id: int) -> None:
    """Show what would be made of a lead, let the reader choose, and convert."""
    try:
        first = session.ask(leads.preview_conversion, lead_id)
    except Refusal as refusal:
        st.error(fmt.plain(say(refusal)))
        return
    st.markdown(f"**{fmt.plain(first.lead.name)}** · {fmt.plain(first.lead.company)}")
    way, customer_id, is_other = _customer(first)
    if way == "existing" and customer_id is None:
        return
    chosen: dict[str, Any] = {"customer_id": customer_id, "take": _taken()}
    plan = session.ask(leads.preview_conversion, lead_id, **chosen)
    chosen |= _contact(plan)
    if chosen.get("contact_id") != plan.contact_id or chosen["is_new_contact"]:
        plan = session.ask(leads.preview_conversion, lead_id, **chosen)
    _values(plan)
    filled = _opportunity()
    _consequences(plan, filled)
    if st.button(_("Convert lead"), type="primary", key=dialog.key("convert.save")):
        _convert(lead_id, filled, {**chosen, "even_if_twin": is_other})


def _convert(lead_id: int, filled: form.Filled | None, chosen: dict[str, Any]) -> None:
    if filled is None:
        action.act(_("Lead converted"), leads.convert, lead_id, **chosen, then=lambda _customer: dialog.close())
        return
    values = {name: value for name, value in filled.values.items() if value is not None}
    form.submit(_("Lead converted"), filled, _key_of(), leads.convert, lead_id, **chosen, opportunity=values)


# --- customer and contact -----------------------------------------------------------------------------------


def _customer(plan: Plan) -> tuple[str, int | None, bool]:
    """Let a customer be made or chosen; returns which way, which one, and whether it is another of the same name."""
    known = [twin for twin in plan.twins if not twin.is_masked]
    values = {name: getattr(plan.lead, name) for name in ("name", "company", "phone", "email")}
    twins.warn(session.ask(duplicates.look, values, entity=LEAD, but=plan.lead.id, tables=("customer",)))
    ways = {"new": _("Make a new customer"), "existing": _("Choose a customer that is there")}
    way = st.segmented_control(
        _("Customer"),
        list(ways),
        default="existing" if known else "new",
        required=True,
        format_func=lambda one: ways[one],
        key=dialog.key("convert.way"),
    )
    if way == "existing":
        first = known[0].customer_id if known else None
        return way, form.reference(CUSTOMER, _("Customer"), value=first, key="convert.customer"), False
    is_other = bool(plan.twins) and st.checkbox(
        _("This is another company of the same name"), key=dialog.key("convert.other")
    )
    return "new", None, is_other


def _contact(plan: Plan) -> dict[str, Any]:
    """Let the reader say who the person is, where somebody at the customer may be the same."""
    if not plan.candidates:
        return {"contact_id": None, "is_new_contact": True}
    reasons = {"name": _("same name"), "email": _("same e-mail"), "phone": _("same telephone")}
    words = {_NEW: _("Somebody new: {name}").format(name=plan.lead.name)}
    for one in plan.candidates:
        words[one.contact_id] = f"{one.name} ({', '.join(reasons[reason] for reason in one.reasons)})"
    ids = list(words)
    picked = st.selectbox(
        _("Contact"),
        ids,
        index=ids.index(plan.contact_id or _NEW),
        format_func=lambda one: words[one],
        key=dialog.key(f"convert.contact.{plan.customer_id}"),
        placeholder=_("Choose"),
    )
    return {"contact_id": picked or None, "is_new_contact": not picked}


# --- what goes where ----------------------------------------------------------------------------------------


def _taken() -> tuple[str, ...]:
    kept: dict[str, str] = dialog.state().setdefault(_CHOICE, {})
    for name in list(kept):
        written = st.session_state.get(dialog.key(f"{_CHOICE}.{name}"))
        kept[name] = kept[name] if written is None else written
    return tuple(name for name, side in kept.items() if side == "lead")


def _values(plan: Plan) -> None:
    """Show the values of the lead on their way: a choice where both have one, a line for all the others."""
    differing = [one for one in plan.lines if one.outcome in ("differs", "takes") and one.field != "next_step"]
    if differing:
        st.markdown(f"**{_('Both have a value: which one stays?')}**")
    for line in differing:
        _choice(plan, line)
    filled = [one for one in plan.lines if one.outcome in ("fills", "adds")]
    for key in ("customer", "contact", "opportunity"):
        part = [_written(one) for one in filled if one.entity == key and one.field != "next_step"]
        if part:
            st.caption(fmt.plain(named(_("{what} gets").format(what=_(ENTITIES[key].one)), " · ".join(part))))
    stays = [label(LEAD.fields[name]) for name in plan.stays]
    if stays:
        st.caption(fmt.plain(named(_("Stays on the lead"), " · ".join(stays))))


def _written(line: Line) -> str:
    field = ENTITIES[line.entity].fields[line.field]
    return named(label(field), fmt.value(field, line.value))


def _choice(plan: Plan, line: Line) -> None:
    field = ENTITIES[line.entity].fields[line.field]
    shown = {"theirs": fmt.value(field, line.there), "lead": fmt.value(field, line.value)}
    if line.field == "next_step_on":
        theirs = next((one.there for one in plan.lines if one.field == "next_step"), None)
        shown = {"theirs": f"{shown['theirs']} {theirs or ''}", "lead": f"{shown['lead']} {plan.lead.next_step or ''}"}
    words = {
        "theirs": _("Keep: {value}").format(value=shown["theirs"].strip()),
        "lead": _("From the lead: {value}").format(value=shown["lead"].strip()),
    }
    dialog.state().setdefault(_CHOICE, {}).setdefault(line.key, "theirs")
    st.segmented_control(
        f"{_(ENTITIES[line.entity].one)} · {label(field)}",
        list(words),
        default="theirs",
        required=True,
        format_func=lambda side: fmt.plain(words[side]),
        key=dialog.key(f"{_CHOICE}.{line.key}"),
    )


# --- opportunity --------------------------------------------------------------------------------------------


def _kind() -> str:
    return str(st.session_state.get(dialog.key("convert.opportunity"), "none"))


def _key_of() -> str:
    return f"convert.{_kind()}"


def _opportunity() -> form.Filled | None:
    """Let an opportunity be made as well: in the funnel by its sales facts, or on the sandbox by its strategic ones."""
    ways = {"none": _("None"), "sale": _("In the funnel"), "bet": _("On the sandbox")}
    if not session.actor().may("opportunity.create"):
        return None
    st.segmented_control(
        _("Opportunity"),
        list(ways),
        default="none",
        required=True,
        format_func=lambda one: ways[one],
        key=dialog.key("convert.opportunity"),
    )
    if _kind() == "none":
        return None
    first = {"currency": session.database().settings.currency, "horizon": "mid"}
    return form.fill(OPPORTUNITY, *(_SALE if _kind() == "sale" else _BET), defaults=first, key=_key_of())


def _consequences(plan: Plan, filled: form.Filled | None) -> None:
    """Say in sentences what pressing the button will do."""
    lines = []
    if plan.customer_id is None:
        lines.append(_("Customer “{name}” is made.").format(name=plan.customer))
    else:
        lines.append(_("It becomes part of the customer “{name}”.").format(name=plan.customer))
    lines.append(
        _("{name} becomes a contact.").format(name=plan.contact)
        if plan.contact_id is None
        else _("{name} is the contact.").format(name=plan.contact)
    )
    if filled is not None and filled.values.get("name"):
        lines.append(_("Opportunity “{name}” is made.").format(name=filled.values["name"]))
    if plan.activities:
        words = _("1 activity goes along.") if plan.activities == 1 else _("{n} activities go along.")
        lines.append(words.format(n=plan.activities))
    lines += _step(plan.lines)
    lines.append(_("As long as nothing is built on it, it can be taken back."))
    st.caption("  \n".join(fmt.plain(line) for line in lines))


def _step(lines: Sequence[Line]) -> list[str]:
    step = {one.field: one for one in lines if one.field in ("next_step_on", "next_step")}
    if not step or not all(one.is_kept for one in step.values()):
        return []
    day = step["next_step_on"].value if "next_step_on" in step else None
    what = step["next_step"].value if "next_step" in step else ""
    return [_("The next step goes along: {day} {what}").format(day=fmt.day(day), what=what or "")]

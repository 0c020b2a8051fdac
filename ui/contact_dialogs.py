"""What is done with the people of a customer: their card, who has left, who moves whom, who closes which gap."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from services import activities, contacts, power_map
from services.activities import ACTIVITY
from services.contacts import CONTACT
from services.kit import query, records
from services.kit.errors import NotFound
from services.power_map import PowerMap, edges, steps
from services.power_map.edges import INFLUENCE
from services.power_map.steps import MAP_STEP
from ui import action, dialog, form, page, session
from ui import format as fmt
from ui.i18n import _, label, option

STRENGTHS: Final = (1, 2, 3)


def _narrow(kept: dict[str, Any], key: str, name: str, offered: list[tuple[int, str]]) -> None:
    """Offer just these records in a picker of a form, before it is drawn."""
    place = dialog.key(f"{key}.{name}")
    kept.setdefault("options", {})[place] = offered
    kept.setdefault("is_large", {})[place] = False


def _names(found: PowerMap, but: int | None = None) -> list[tuple[int, str]]:
    """Return (id, name) of who is still there."""
    return [(one.id, one.name) for one in found.people if one.is_active and one.id != but]


# --- a person -----------------------------------------------------------------------------------------------


@dialog.dialog(
    lambda _customer_id, contact_id=None: _("New contact") if contact_id is None else _("Contact"), width="medium"
)
def person(customer_id: int, contact_id: int | None = None) -> None:
    """Show the card of a person at a customer, or an empty one; superiors are offered from the same customer."""
    kept = dialog.state()
    if "options" not in kept:
        try:
            found = session.ask(power_map.power_map, customer_id)
        except NotFound as refusal:
            st.error(fmt.plain(_(refusal.message.text)))
            return
        _narrow(kept, "form", "reports_to_id", _names(found, contact_id))
        _narrow(kept, "form", "covered_by_id", session.ask(steps.colleagues))
        kept["one"] = next((one for one in found.people if one.id == contact_id), None)
    one = kept.get("one")
    if one is not None:
        _about(customer_id, one)
    mode = "create" if contact_id is None else "edit"
    form.record.body(mode, CONTACT.key, contact_id, {}, {"customer_id": customer_id}, None)


def _about(customer_id: int, one: Any) -> None:
    """Say when somebody last spoke with them, and offer what is not a field: a conversation, their leaving."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if page.button(_("Log activity"), permission="activity.create", icon=":material/edit_note:", key="contact_log"):
            log(customer_id, one.id)
            st.rerun()
        if one.is_active and page.button(
            _("Has left"), permission="contact.update", icon=":material/person_off:", key="contact_left"
        ):
            leave(customer_id, one.id)
            st.rerun()
        last = _("No conversation on record.")
        if one.last_contact_on:
            last = _("Last contact {day}").format(day=fmt.day(one.last_contact_on))
        st.caption(fmt.plain(last))


def open_contact(contact_id: int) -> None:
    """Open the card of a contact from a list of all; in a callback."""
    try:
        contact = session.ask(records.get, CONTACT, contact_id)
    except NotFound:
        return
    person.later(contact.customer_id, contact_id)


@dialog.dialog(lambda _customer_id, _contact_id: _("Log activity"), width="medium")
def log(customer_id: int, contact_id: int) -> None:
    """Write down a conversation with a person."""
    filled = form.fill(ACTIVITY, "kind", "summary", "next_step_on", "next_step", defaults={"kind": "call"}, key="log")
    if st.button(_("Log activity"), type="primary", key=dialog.key("log.save")):
        form.submit(
            _("Activity logged"),
            filled,
            "log",
            activities.log,
            customer_id=customer_id,
            contact_id=contact_id,
            **filled.values,
        )


@dialog.dialog(lambda _customer_id, _contact_id: _("Has left"), width="small")
def leave(customer_id: int, contact_id: int) -> None:
    """Ask why and since when somebody has left, and who takes their place."""
    found = session.ask(power_map.power_map, customer_id)
    one = next((each for each in found.people if each.id == contact_id), None)
    if one is None:
        st.error(_("There is no such record, or you may not see it."))
        return
    st.markdown(f"**{fmt.plain(one.name)}**")
    filled = form.fill(CONTACT, "left_reason", "left_on", defaults={"left_on": fmt.today()}, key="leave")
    others = dict(_names(found, contact_id))
    successor = st.selectbox(
        _("Who takes their place"),
        list(others),
        index=None,
        format_func=lambda each: others[each],
        placeholder=_("Nobody yet"),
        key=dialog.key("leave.successor"),
    )
    if reports := [each.name for each in found.people if each.reports_to_id == contact_id and each.is_active]:
        st.caption(
            fmt.plain(_("Report to them: {names}").format(names=", ".join(reports)))
            + "  \n"
            + _("They go to the successor, else to the superior.")
        )
    st.caption(_("What is known of them stays; they no longer count on the power map."))
    if st.button(_("Has left"), type="primary", key=dialog.key("leave.save")):
        form.submit(
            _("Contact saved"),
            filled,
            "leave",
            contacts.leave,
            contact_id,
            reason=filled.values.get("left_reason") or "",
            on=filled.values.get("left_on"),
            successor_id=successor,
        )


# --- influence ----------------------------------------------------------------------------------------------


def strength(value: int) -> str:
    """Return a strength in words."""
    return {1: _("a little"), 2: _("clearly"), 3: _("strongly")}.get(value, str(value))


@dialog.dialog(lambda _customer_id: _("Add influence"), width="small")
def connect(customer_id: int) -> None:
    """Pick two people, how one moves the other, and how strongly."""
    found = session.ask(power_map.power_map, customer_id)
    names = dict(_names(found))
    shown: dict[str, Any] = {"format_func": lambda one: names[one], "placeholder": _("Choose"), "index": None}
    fields = INFLUENCE.fields
    source = st.selectbox(label(fields["from_id"]), list(names), key=dialog.key("edge.from"), **shown)
    kind = st.segmented_control(
        label(fields["kind"]),
        list(fields["kind"].options or {}),
        default="advises",
        required=True,
        format_func=lambda code: option(fields["kind"], code),
        key=dialog.key("edge.kind"),
    )
    target = st.selectbox(label(fields["to_id"]), list(names), key=dialog.key("edge.to"), **shown)
    much = st.segmented_control(
        label(fields["strength"]),
        STRENGTHS,
        default=2,
        required=True,
        format_func=strength,
        key=dialog.key("edge.strength"),
    )
    is_ready = source is not None and target is not None
    if st.button(_("Add influence"), type="primary", key=dialog.key("edge.save"), disabled=not is_ready):
        action.act(
            _("Influence added"),
            edges.connect,
            source,
            target,
            kind=kind,
            strength=much,
            then=lambda _edge: dialog.close(),
            labels=fields,
        )


# --- steps --------------------------------------------------------------------------------------------------


@dialog.dialog(lambda _step_id: _("Next step"), width="small")
def step(step_id: int) -> None:
    """Change who does what until when, or take the step back."""
    kept = dialog.state()
    if "step" not in kept:
        found = session.ask(records.get, MAP_STEP, step_id)
        values = {name: getattr(found, name) for name in ("what", "owner_id", "due_on")}
        kept["step"] = {"values": values, "version": found.version}
        _narrow(kept["step"], "step", "owner_id", session.ask(steps.colleagues))
    filled = form.fill(MAP_STEP, "what", "owner_id", "due_on", key="step")
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button(_("Take back"), key=dialog.key("step.drop")):
            action.act(_("Step taken back"), steps.drop, step_id, then=lambda _none: dialog.close())
        if st.button(_("Save"), type="primary", key=dialog.key("step.save")):
            form.submit(
                _("Next step saved"),
                filled,
                "step",
                records.update,
                MAP_STEP,
                step_id,
                filled.values,
                version=kept["step"]["version"],
            )


@dialog.dialog(lambda _step_id: _("Done"), width="small")
def done(step_id: int) -> None:
    """Ask what came of a step; it becomes a line of the customer's story."""
    found = session.ask(records.get, MAP_STEP, step_id)
    st.markdown(f"**{fmt.plain(found.what)}**")
    if found.contact_id is not None:
        names = session.ask(query.known_titles, CONTACT.key, [found.contact_id])
        st.caption(fmt.plain(names.get(found.contact_id, "")))
    filled = form.fill(ACTIVITY, "kind", "summary", defaults={"kind": "call"}, key="done")
    if st.button(_("Done"), type="primary", key=dialog.key("done.save")):
        form.submit(
            _("Done and logged"),
            filled,
            "done",
            steps.done,
            step_id,
            summary=filled.values.get("summary") or "",
            kind=filled.values.get("kind") or "note",
        )

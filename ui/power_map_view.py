"""The power map of a customer: how we stand and why, the picture, what is missing and who sees to it."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from services import power_map
from services.contacts import CONTACT
from services.customers import CUSTOMER
from services.kit import query, records
from services.kit.errors import NotFound
from services.kit.query import Query
from services.power_map import Gap, PowerMap, edges, steps
from services.power_map.edges import INFLUENCE
from ui import action, contact_dialogs, entry, grid, page, power_map_picture, session
from ui import format as fmt
from ui.i18n import _, option, say

BADGES: Final = {"red": "red", "amber": "orange", "green": "green"}
ICONS: Final = {"red": ":material/dangerous:", "amber": ":material/warning:", "green": ":material/check_circle:"}
_ZOOMS: Final = {"fit": None, "100": 1.0, "150": 1.5}
_COLUMNS: Final = ("name", "title", "role", "influence", "attitude", "coverage", "mobile", "is_active")


def show(customer_id: int) -> None:
    """Draw the map of one customer, to be read and to be worked on."""
    try:
        found = session.ask(power_map.power_map, customer_id)
    except NotFound:
        page.empty(
            _("Nobody to show"), caption=_("The people of a customer are shown to those who look after the customer.")
        )
        return
    if not found.people:
        with page.empty(_("Nobody is on the map yet."), caption=_("Begin with the person you know best.")):
            _new_contact(customer_id, is_primary=True)
        return
    standing(found)
    with st.container(horizontal=True, vertical_alignment="center"):
        _new_contact(customer_id)
        if len(found.people) > 1:
            page.button(
                _("Add influence"),
                permission="influence.create",
                icon=":material/arrow_split:",
                key="new_influence",
                on_click=contact_dialogs.connect.later,
                args=(customer_id,),
            )
        st.button(
            _("Present"),
            icon=":material/present_to_all:",
            key="map_present",
            on_click=page.go_later,
            args=("contacts",),
            kwargs={"map": customer_id},
        )
        zoom = st.segmented_control(
            _("Size"),
            list(_ZOOMS),
            default="fit",
            required=True,
            format_func=lambda one: _("Fit") if one == "fit" else f"{one}%",
            key="map_zoom",
            label_visibility="collapsed",
        )
    power_map_picture.draw(found, zoom=_ZOOMS[zoom or "fit"], width=power_map_picture.WIDE)
    _missing(found)
    _everybody(customer_id)
    _influences(found)


def present(customer_id: int) -> None:
    """Draw the map alone, in letters to be read from afar."""
    try:
        found = session.ask(power_map.power_map, customer_id)
        customer = session.ask(records.get, CUSTOMER, customer_id)
    except NotFound:
        page.not_found(_("Back to the contacts"))
    page.header(customer.name)
    with page.toolbar():
        st.button(
            _("Back to the customer"),
            icon=":material/arrow_back:",
            key="map_back",
            on_click=page.go_later,
            args=("customers",),
            kwargs={"id": customer_id, "tab": "map"},
        )
    standing(found)
    wide, high = power_map_picture.PRESENTED
    power_map_picture.draw(found, zoom=None, width=wide, largest=1.7, height=high)


def standing(found: PowerMap) -> None:
    """Say how we stand, why, and by which rule."""
    color = found.standing.color
    words = {"red": _("Red"), "amber": _("Amber"), "green": _("Green")}
    st.markdown(
        f":{BADGES[color]}-badge[{ICONS[color]} {fmt.plain(words[color])}] {fmt.plain(say(found.standing.reason))}",
        help=_(power_map.RULE),
    )


def _new_contact(customer_id: int, *, is_primary: bool = False) -> None:
    page.button(
        _("New contact"),
        permission="contact.create",
        icon=":material/person_add:",
        primary=is_primary,
        key="new_contact",
        on_click=contact_dialogs.person.later,
        args=(customer_id,),
    )


# --- what is missing ----------------------------------------------------------------------------------------


def _missing(found: PowerMap) -> None:
    """List the gaps, each with its step: one press makes it mine, due in two weeks."""
    st.subheader(_("What is missing"), anchor=False)
    if not found.gaps and not found.steps:
        st.caption(_("Nothing: everybody who decides is known, covered and spoken to."))
        return
    for number, gap in enumerate(found.gaps):
        _gap(found, gap, number)
    open_gaps = {(gap.code, gap.contact_id) for gap in found.gaps}
    rest = [one for one in found.steps if (one.gap, one.contact_id) not in open_gaps]
    for one in rest:
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f":material/task_alt: {fmt.plain(one.what)} :gray[{fmt.plain(_('The gap is closed.'))}]")
            _step(one)


def _gap(found: PowerMap, gap: Gap, number: int) -> None:
    mark = ":red[:material/error:]" if gap.is_serious else ":gray[:material/info:]"
    under_way = found.step_for(gap)
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key=f"gap_{number}"
    ):
        st.markdown(f"{mark} {fmt.plain(say(gap.says))} :gray[{fmt.plain(say(gap.step))}]", width="stretch")
        if under_way is not None:
            _step(under_way)
            return
        page.button(
            _("Plan it"),
            help=_("Makes it your next step, due in two weeks"),
            permission="map_step.create",
            icon=":material/add_task:",
            key=f"plan_{gap.code}_{gap.contact_id or 0}",
            on_click=_take_on,
            args=(found.customer_id, gap),
        )


def _take_on(customer_id: int, gap: Gap) -> None:
    outcome = action.attempt(steps.take_on, customer_id, gap.code, what=say(gap.step)[:200], contact_id=gap.contact_id)
    action.announce(_("Planned: yours, due in two weeks") if outcome.is_done else outcome.sentence)


def _step(one: Any) -> None:
    """Show who is on it until when, to be changed or done."""
    is_late = one.due_on < fmt.today()
    when = f"{one.owner} · {fmt.days_from_today(one.due_on)}"
    with st.container(horizontal=True, width="content", vertical_alignment="center"):
        st.markdown(f":{'red' if is_late else 'blue'}-badge[:material/event: {fmt.plain(when)}]", width="content")
        page.button(
            _("Change"),
            permission="map_step.update",
            key=f"step_{one.id}",
            on_click=contact_dialogs.step.later,
            args=(one.id,),
        )
        page.button(
            _("Done"),
            permission="map_step.update",
            icon=":material/check:",
            key=f"done_{one.id}",
            on_click=contact_dialogs.done.later,
            args=(one.id,),
        )


# --- lists --------------------------------------------------------------------------------------------------


def _everybody(customer_id: int) -> None:
    """List the people, those who have left as well: the picture in words, and the way in by keyboard."""
    st.subheader(_(CONTACT.many), anchor=False)
    asked = Query(columns=_COLUMNS, limit=200).where("customer_id", "in", customer_id)
    found = session.ask(query.page, CONTACT, asked)
    grid.table(CONTACT, found, key="customer_contact", opens=lambda one: contact_dialogs.person.later(customer_id, one))


def _influences(found: PowerMap) -> None:
    if not found.edges:
        return
    st.subheader(_("Influence beside the line of command"), anchor=False)
    names = {one.id: one.name for one in found.people}
    kinds = INFLUENCE.fields["kind"]
    for edge in found.edges:
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(
                f"{fmt.plain(names[edge.from_id])} **{fmt.plain(entry.lower(option(kinds, edge.kind)))}** "
                f"{fmt.plain(names[edge.to_id])} :gray[{fmt.plain(contact_dialogs.strength(edge.strength))}]",
                width="stretch",
            )
            page.button(
                _("Remove"),
                permission="influence.delete",
                icon=":material/close:",
                key=f"edge_{edge.id}",
                on_click=_disconnect,
                args=(edge.id,),
            )


def _disconnect(influence_id: int) -> None:
    outcome = action.attempt(edges.disconnect, influence_id)
    action.announce(_("Influence removed") if outcome.is_done else outcome.sentence)

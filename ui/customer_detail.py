"""A customer on one page: who they are, how they stand, what happened, what is next, and all that hangs on them."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from services import customer_page
from services.contracts import CONTRACT
from services.customer_page import Head
from services.customers import CUSTOMER
from services.kit import query
from services.kit.entity import Entity
from services.kit.errors import NotFound
from services.opportunities import OPPORTUNITY
from ui import form, grid, history, merge, page, power_map_view, profile_view, quick_log, session, subject
from ui import format as fmt
from ui.customer import actions, dues, group, story, strip
from ui.i18n import _, label, tr

_FACTS: Final = ("industry", "region", "source", "employees", "founded_in", "revenue", "phone", "website", "address")
_TAB: Final = "tab"


def show(customer_id: int) -> None:
    """Draw the page of one customer, or say that there is none."""
    try:
        head = session.ask(customer_page.head, customer_id)
    except NotFound:
        merge.point_on(CUSTOMER, customer_id)
        page.not_found(_("Back to the customers"))
    st.button(
        _("Customers"), icon=":material/arrow_back:", type="tertiary", on_click=page.back_to_list, key="back_to_list"
    )
    page.header(head.customer.name, caption=_standing(head))
    with page.toolbar():
        actions.show(head)
    strip.show(head.states, go_to)
    _draw(head, _chosen(head))


def go_to(tab: str) -> None:
    """Open a tab; in a callback. One that the reader is not offered is the first one."""
    st.query_params[_TAB] = tab


def _standing(head: Head) -> str:
    """Return level, owner, group and pool in one line."""
    customer = head.customer
    parts = [_("Level {level}").format(level=customer.level)] if customer.level else []
    if head.owner is not None:
        parts.append(head.owner)
    elif head.pool is not None:
        parts.append(
            _("In the pool “{pool}” since {when}").format(pool=tr(head.pool), when=fmt.ago(customer.pooled_at))
        )
    else:
        parts.append(_("In the public pool"))
    if head.parent is not None:
        parts.append(_("part of {name}").format(name=head.parent))
    if customer.is_locked:
        parts.append(_("locked: the pool leaves it alone"))
    elif head.returns is not None:
        left = head.returns.left
        parts.append(_("back to the pool tonight") if left <= 0 else _("back to the pool in {n} days").format(n=left))
    return " · ".join(parts)


# --- tabs ---------------------------------------------------------------------------------------------------


def _tabs(head: Head) -> dict[str, str]:
    """Return the tabs that the reader is offered, with how many there are behind each."""
    counts = head.counts

    def counted(words: str, key: str) -> str:
        return f"{words} {fmt.number(counts[key])}" if counts.get(key) else words

    found = {"overview": _("Overview")}
    if "contact" in counts:
        found["map"] = counted(_("Contacts and power map"), "contact")
    if "opportunity" in counts:
        found["opportunity"] = counted(_("Opportunities"), "opportunity")
    if "contract" in counts:
        found["contract"] = counted(_("Contracts"), "contract")
    if "instalment" in counts:
        found["collections"] = counted(_("Collections"), "instalment")
    if "profile" in counts:
        found["profile"] = counted(_("Profiles"), "profile")
    found["history"] = _("History")
    return found


def _chosen(head: Head) -> str:
    """Draw the tabs and return the open one, which the address names; the others are not computed."""
    offered = _tabs(head)
    written = st.query_params.get(_TAB, "")
    key = page.keep("customer_tab", written if written in offered else "overview")
    st.segmented_control(
        _("Section"),
        list(offered),
        required=True,
        format_func=lambda one: offered[one],
        label_visibility="collapsed",
        key=key,
        on_change=lambda: go_to(st.session_state[key]),
    )
    return str(st.session_state[key])


def _draw(head: Head, tab: str) -> None:
    customer_id = head.customer.id
    match tab:
        case "map":
            power_map_view.show(customer_id)
        case "opportunity":
            columns = ("name", "stage_id", "horizon", "amount", "currency", "close_on", "owner_id")
            _children(OPPORTUNITY, head, columns, "opportunities")
        case "contract":
            columns = ("number", "name", "stage", "amount", "received", "currency", "end_on")
            _children(CONTRACT, head, columns, "contracts")
        case "collections":
            dues.show(customer_id)
        case "profile":
            profile_view.show(customer_id)
        case "history":
            history.show(CUSTOMER, customer_id)
        case _:
            _overview(head)


def _overview(head: Head) -> None:
    """Draw what happened, and beside it what is next, the box to write, the facts, the group."""
    customer = head.customer
    left, right = st.container(key="customer_page").columns([5, 3], gap="large")
    with right:
        subject.next_step(customer)
        if page.may("activity.create"):
            quick_log.box("customer_id", customer, customer_id=customer.id if head.is_reached else None)
        _facts(customer)
        if head.has_group:
            group.show(customer.id)
    with left:
        story.show(customer.id)


def _facts(customer: Any) -> None:
    fields = CUSTOMER.fields
    names = [*_FACTS, *(name for name in CUSTOMER.writable if fields[name].is_custom), "notes"]
    row = {name: getattr(customer, name) for name in {*names, "currency"}}
    targets = [(name, fields[name].entity) for name in names if fields[name].entity and row[name] is not None]
    for name, target in targets:
        row[f"{name}_title"] = session.ask(query.titles, target or "", [row[name]]).get(row[name])
    lines = [
        f":gray[{fmt.plain(label(fields[name]))}] &ensp;{fmt.plain(fmt.value(fields[name], row[name], row))}"
        for name in names
        if not fmt.is_nothing(row[name])
    ]
    if lines:
        st.markdown("  \n".join(lines))


def _children(entity: Entity, head: Head, columns: tuple[str, ...], goes_to: str) -> None:
    """List what hangs on the customer; the name opens it."""
    customer_id = head.customer.id
    found = session.ask(customer_page.listed, entity, customer_id, columns)
    new = _("New {what}").format(what=_(entity.one)[:1].lower() + _(entity.one)[1:])
    if not found.ids:
        place = page.empty(_("None yet"))
    else:
        grid.table(entity, found, key=f"customer_{entity.key}", opens=lambda one: page.go_later(goes_to, id=one))
        place = st.container()
        if found.is_capped:
            st.caption(_("The newest {n} are shown.").format(n=len(found.ids)))
    with place:
        if head.is_reached and page.button(
            new, permission=f"{entity.key}.create", icon=":material/add:", key=f"new_{entity.key}"
        ):
            form.create(entity, fixed={"customer_id": customer_id})

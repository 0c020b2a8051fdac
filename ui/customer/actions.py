"""What can be done with one customer beside editing it: into and out of the pool, group, lock, merge, delete, why."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from services import ownership, pools
from services.customer_page import Head
from services.customers import CUSTOMER
from services.kit.errors import NotFound, Refusal
from ui import action, dialog, form, merge, ownership_dialogs, page, session
from ui import format as fmt
from ui.customer import group
from ui.i18n import _, say
from ui.listing import delete


def show(head: Head) -> None:
    """Draw the buttons of the title line: claim or edit, and the menu of the rest."""
    customer = head.customer
    if "claim" in head.may and customer.owner_id is None:
        st.button(
            _("Claim"),
            type="primary",
            icon=":material/pan_tool:",
            key="customer_claim",
            on_click=ownership_dialogs.claim,
            args=("customer", (customer.id,)),
        )
    if "update" in head.may and page.button(_("Edit"), icon=":material/edit:", key="customer_edit"):
        form.edit(CUSTOMER, customer.id)
    offered = _offered(head)
    st.menu_button(
        _("More"),
        list(offered),
        format_func=lambda code: offered[code][0],
        icon=":material/more_horiz:",
        key="customer_more",
        on_click=lambda: _chosen(offered),
    )


def _chosen(offered: dict[str, tuple[str, Callable[[], None]]]) -> None:
    code = st.session_state.get("customer_more")
    if code in offered:
        offered[code][1]()


def _offered(head: Head) -> dict[str, tuple[str, Callable[[], None]]]:
    """Return what the reader may do to this customer: code -> words, what a press does."""
    customer = head.customer
    is_owned = customer.owner_id is not None
    found: dict[str, tuple[str, Callable[[], None]]] = {}
    if "update" in head.may:
        found["parent"] = (_("Part of …"), partial(group.choose.later, customer.id, customer.parent_id))
    if "assign" in head.may:
        words = _("Hand over") if is_owned else _("Assign")
        ask = ownership_dialogs.transfer if is_owned else ownership_dialogs.assign
        found["transfer"] = (words, partial(ask.later, "customer", (customer.id,)))
    if head.is_reached:
        found["collaborators"] = (_("Collaborators"), partial(ownership_dialogs.helpers.later, customer.id))
    if "release" in head.may and is_owned:
        found["release"] = (
            _("Release to the pool"),
            partial(ownership_dialogs.release.later, "customer", (customer.id,)),
        )
    if "lock" in head.may and is_owned:
        words = _("Unlock") if customer.is_locked else _("Lock: the pool leaves it alone")
        found["lock"] = (words, partial(_lock, customer.id, is_locked=not customer.is_locked))
    if "merge" in head.may:
        found["merge"] = (_("Merge with another"), partial(other.later, customer.id))
    if "delete" in head.may:
        found["delete"] = (_("Delete"), partial(delete.later, "customer", (customer.id,)))
    found["owners"] = (_("Owners so far"), partial(ownership_dialogs.owners.later, "customer", customer.id))
    found["history"] = (_("History"), partial(_go_to, "history"))
    found["why"] = (_("Why can I see this?"), partial(why.later, customer.id))
    return found


def _go_to(tab: str) -> None:
    st.query_params["tab"] = tab


def _lock(customer_id: int, *, is_locked: bool) -> None:
    done = _("Locked") if is_locked else _("Unlocked")
    action.act(done, pools.set_locked, "customer", [customer_id], is_locked=is_locked, rerun=False)


@dialog.dialog(lambda _customer_id: _("Merge with another"))
def other(customer_id: int) -> None:
    """Choose the other customer, then compare."""
    chosen = form.reference(CUSTOMER, _("Customer"), key="merge_with")
    is_itself = chosen == customer_id
    if is_itself:
        st.caption(_("This is the customer itself; choose another."))
    if st.button(_("Compare"), type="primary", key=dialog.key("merge_with.next"), disabled=chosen is None or is_itself):
        merge.compare.later("customer", (customer_id, chosen))
        st.rerun()


@dialog.dialog(lambda _customer_id: _("Why can I see this?"))
def why(customer_id: int) -> None:
    """Say why the reader may see it."""
    try:
        st.write(fmt.plain(say(session.ask(ownership.explain, CUSTOMER, customer_id))))
    except (NotFound, Refusal) as refusal:
        st.error(fmt.plain(say(refusal)))

"""The group a customer belongs to: a small tree, and what the group comes to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from services import hierarchy
from services.customers import CUSTOMER
from services.hierarchy import Group, Node, Sum
from ui import action, dialog, form, page, session
from ui import format as fmt
from ui.i18n import _, named


def show(customer_id: int) -> None:
    """Draw the tree and its sums; nothing where a customer stands alone in the reader's sight."""
    found = session.ask(hierarchy.group, customer_id)
    if found is None:
        return
    with st.container(key="customer_group", gap="small"):
        st.markdown(f"**{fmt.plain(_('Group'))}**")
        with st.container(gap=None):
            for number, node in enumerate(found.nodes):
                _node(node, number)
        st.caption("  \n".join(fmt.plain(line) for line in _sums(found)))
        st.button(
            _("Show all in the list"),
            type="tertiary",
            icon=":material/list:",
            key="group_list",
            on_click=page.go_later,
            args=("customers",),
            kwargs={"f.parent_id": f"under:{found.root_id}"},
        )


def _node(node: Node, number: int) -> None:
    indent = "\u2003" * node.depth + ("└ " if node.depth else "")
    if node.more:
        st.markdown(f":gray[{indent}{fmt.plain(_('{n} more').format(n=fmt.number(node.more)))}]")
    elif node.id is None:
        st.markdown(f":gray[{indent}{fmt.plain(_('a company you may not see'))}]")
    elif node.is_here:
        st.markdown(f"{indent}**{fmt.plain(node.name)}**")
    else:
        with st.container(horizontal=True, gap=None, vertical_alignment="center"):
            if indent:
                st.markdown(f":gray[{indent}]", width="content")
            st.button(
                fmt.plain(node.name),
                type="tertiary",
                key=f"group_{number}_{node.id}",
                help=fmt.plain(node.owner) if node.owner else None,
                on_click=page.go_later,
                args=("customers",),
                kwargs={"id": node.id},
            )


def _sums(found: Group) -> list[str]:
    lines = [_("{n} companies that you may see").format(n=fmt.number(found.customers))]
    lines += _line(_("Open opportunities"), found.open)
    lines += _line(_("Contracts in effect"), found.contracts)
    lines += _line(_("Overdue"), found.overdue)
    return lines


def _line(title: str, sums: Mapping[str, Sum]) -> list[str]:
    if not sums:
        return []
    count = fmt.number(sum(one.count for one in sums.values()))
    amounts = " + ".join(fmt.money(one.amount, currency, short=True) for currency, one in sums.items() if one.amount)
    return [named(title, f"{count} · {amounts}" if amounts else count)]


@dialog.dialog(lambda _customer_id, _parent_id: _("Part of"))
def choose(customer_id: int, parent_id: int | None) -> None:
    """Choose of which company this one is part."""
    chosen = form.reference(CUSTOMER, _("Part of"), value=parent_id, key="parent")
    st.caption(_("Leave it empty if it stands on its own. What is part of this company stays part of it."))
    if st.button(_("Save"), type="primary", key=dialog.key("parent.save")):
        values: dict[str, Any] = {"parent_id": chosen}
        action.act(
            _("Customer saved"),
            CUSTOMER.verb("update"),
            customer_id,
            values,
            labels=CUSTOMER.fields,
            then=lambda _customer: dialog.close(),
        )

"""What a customer owes and has paid: its instalments, what is open first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import streamlit as st

from services import customer_page
from services.collections import figures
from ui import format as fmt
from ui import page, session
from ui.i18n import _

_MOST = 200


def show(customer_id: int) -> None:
    """Draw the instalments as a table; the contract's number opens it."""
    rows = session.ask(customer_page.dues, customer_id, limit=_MOST)
    if not rows:
        page.empty(_("No instalments yet"), caption=_("They are planned on the page of a contract."))
        return
    for line in _totals(rows):
        st.markdown(line)
    _table(rows)
    if len(rows) == _MOST:
        st.caption(_("What is open and the newest {n} are shown.").format(n=_MOST))


def _totals(rows: Sequence[Any]) -> list[str]:
    """Return for each currency what is paid, what is open and what is overdue, of the rows shown."""
    lines = []
    for currency in dict.fromkeys(row.currency for row in rows):
        own = [row for row in rows if row.currency == currency]
        owed = [row for row in own if row.effective == "active"]
        overdue = sum(row.unpaid for row in owed if row.timing == "overdue")
        parts = [
            f"{fmt.plain(_('Paid'))} **{fmt.plain(fmt.money(sum(row.paid for row in own), currency))}**",
            f"{fmt.plain(_('Unpaid'))} **{fmt.plain(fmt.money(sum(row.unpaid for row in owed), currency))}**",
        ]
        if overdue:
            parts.append(f":red[{fmt.plain(_('Overdue'))} **{fmt.plain(fmt.money(overdue, currency))}**]")
        lines.append(" &emsp; ".join(parts))
    return lines


def _table(rows: Sequence[Any]) -> None:
    kind = st.column_config
    today = fmt.today()
    states = [_state(row, today) for row in rows]
    contract_ids = tuple(row.contract_id for row in rows)
    shown = pa.table(
        {
            "number": [row.number for row in rows],
            "label": [row.label or _("No. {n}").format(n=row.sequence) for row in rows],
            "due_on": pa.array([row.due_on for row in rows], pa.date32()),
            "amount": [fmt.money(row.amount, row.currency) for row in rows],
            "paid": [fmt.money(row.paid, row.currency) for row in rows],
            "unpaid": [fmt.money(row.unpaid, row.currency) if row.unpaid else fmt.NOTHING for row in rows],
            "state": [[one] for one in states],
        }
    )
    colors = {state: _color(row) for state, row in zip(states, rows, strict=True)}
    st.dataframe(
        shown,
        hide_index=True,
        key="customer_dues",
        alt=_("Instalments"),
        height="content" if len(rows) <= 17 else 18 * 33 + 3,  # noqa: PLR2004 - as in the lists of the grid
        column_config={
            "number": kind.ButtonColumn(
                _("Contract"), type="tertiary", alignment="left", key="dues_open", on_click=_open, args=(contract_ids,)
            ),
            "label": kind.TextColumn(_("What for")),
            "due_on": kind.DateColumn(_("Due on"), format="YYYY-MM-DD", width=110),
            "amount": kind.TextColumn(_("Amount"), alignment="right"),
            "paid": kind.TextColumn(_("Paid"), alignment="right"),
            "unpaid": kind.TextColumn(_("Unpaid"), alignment="right"),
            "state": kind.MultiselectColumn(
                _("State"), options=list(colors), color=list(colors.values()), width="medium"
            ),
        },
    )


def _state(row: Any, today: Any) -> str:
    if row.effective == "void":
        return _(figures.EFFECTIVE["void"])
    if row.settled == "full":
        return _(figures.SETTLED["full"])
    if row.effective == "pending":
        return _(figures.EFFECTIVE["pending"])
    if row.timing == "overdue":
        days = (today - row.due_on).days
        said = _("overdue by 1 day") if days == 1 else _("overdue by {n} days").format(n=days)
        return said[:1].upper() + said[1:]
    return _(figures.TIMING[row.timing])


def _color(row: Any) -> str:
    if row.effective != "active":
        return "gray"
    if row.settled == "full":
        return "green"
    return {"overdue": "red", "due_soon": "orange"}.get(row.timing, "blue")


def _open(contract_ids: tuple[int, ...]) -> None:
    pressed = st.session_state.get("dues_open")
    if pressed is not None and 0 <= pressed["row"] < len(contract_ids):
        page.go_later("contracts", id=contract_ids[pressed["row"]])

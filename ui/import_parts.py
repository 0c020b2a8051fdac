"""Parts of the dialogs that bring files in: rows shown, columns sent to fields, errors by cell, the link to a file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

import streamlit as st

from services.kit.entity import Entity
from services.kit.transfer import mapping
from services.kit.transfer.mapping import IGNORE
from services.kit.transfer.outcome import CellError
from services.kit.transfer.reading import Table
from ui import action, dialog, page, session
from ui import format as fmt
from ui.i18n import _, label, say
from ui.server.addresses import FILES

_PREVIEW: Final = 5
_NARROW: Final = 3
"""Mapping boxes in a row."""


def rows(table: Table) -> None:
    """Show the first rows as they came."""
    shown = [[_text(cell) for cell in row.cells] for row in table.rows[:_PREVIEW]]
    st.dataframe(
        {f"{at + 1}. {heading}": [row[at] for row in shown] for at, heading in enumerate(table.header)},
        hide_index=True,
        height="content",
    )


def _text(cell: Any) -> str:
    return "" if cell is None else str(cell)


def columns(entity: Entity, header: Sequence[str], total: int, found: Mapping[str, str]) -> dict[str, str]:
    """Let every column be sent to a field, what is recognised being chosen; return {heading: field}."""
    st.caption(_("{n} rows. Where does each column go?").format(n=fmt.number(total)))
    if not found:
        st.warning(_("No column was recognised. Choose where each one goes."))
    choices = [IGNORE, *mapping.targets(entity)]
    chosen = {}
    digest = hashlib.sha256("\x1f".join(header).encode()).hexdigest()[:8]
    for start in range(0, len(header), _NARROW):
        for at, place in enumerate(st.columns(_NARROW)[: len(header) - start], start):
            heading = header[at]
            known = found.get(heading, IGNORE)
            chosen[heading] = place.selectbox(
                fmt.plain(heading),
                choices,
                index=choices.index(known) if known in choices else 0,
                format_func=lambda name: _("Not imported") if name == IGNORE else label(entity.fields[name]),
                key=dialog.key(f"import.map.{digest}.{at}"),
                placeholder=_("Choose"),
            )
    return chosen


def mode(entity: Entity, names: frozenset[str]) -> tuple[Any, str | None]:
    """Let it be chosen what happens to records that are there already; return the mode and what they are known by."""
    modes = {
        "create": _("Only new records"),
        "both": _("New ones, and change those that are there"),
        "update": _("Only change those that are there"),
    }
    matches = [name for name in entity.match if name in names]
    if not matches or not page.may(f"{entity.key}.update"):
        return "create", None
    chosen: Any = st.segmented_control(
        _("What to do"),
        list(modes),
        default="create",
        required=True,
        format_func=lambda one: modes[one],
        key=dialog.key("import.mode"),
    )
    if chosen == "create":
        return chosen, None
    return chosen, st.selectbox(
        _("Recognised by"),
        matches,
        format_func=lambda name: label(entity.fields[name]),
        key=dialog.key("import.match"),
        placeholder=_("Choose"),
    )


def missing_customers(entity: Entity, names: frozenset[str]) -> bool:
    """Ask whether customers that are named but not there are to be made."""
    if entity.key == "customer" or "customer_id" not in names or not page.may("customer.create"):
        return False
    return st.checkbox(_("Make customers that are not there yet"), key=dialog.key("import.missing"))


def fraction(name: str, heading: str) -> bool:
    """Ask whether the small numbers of a percent column are fractions."""
    return st.checkbox(
        _("{column}: 0.12 means 12 %").format(column=fmt.plain(heading)), key=dialog.key(f"import.fraction.{name}")
    )


def errors(found: Sequence[CellError]) -> None:
    """Show what is wrong by row and column."""
    st.dataframe(
        {
            _("Row"): [error.row for error in found],
            _("Column"): [error.column for error in found],
            _("In the file"): [error.value for error in found],
            _("What is wrong"): [say(error.message) for error in found],
        },
        hide_index=True,
    )


def counts(created: int, updated: int, unchanged: int, bad: int) -> str:
    """Return what an import does as a sentence."""
    return _("{created} new, {updated} changed, {unchanged} unchanged, {bad} rows with errors").format(
        created=created, updated=updated, unchanged=unchanged, bad=bad
    )


def link(file_name: str, done: action.Outcome) -> None:
    """Draw the link to a file, or say why there is none. It works once."""
    if not done.is_done:
        action.tell(done)
        return
    st.link_button(
        _("Download {name}").format(name=fmt.plain(file_name)),
        f"{FILES}/{done.result}",
        type="primary",
        icon=":material/download:",
    )
    st.caption(_("The link works once, for five minutes, in this browser."))


def session_id() -> int:
    """Return the session to which a file is offered."""
    found = session.signed_in()
    return found.session_id if found else 0

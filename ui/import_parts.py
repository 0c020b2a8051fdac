"""Parts of the dialogs that bring files in: rows shown, columns sent to fields, errors by cell, the link to a file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

import streamlit as st

from services.imports import Batch
from services.kit import query
from services.kit.entity import Entity
from services.kit.errors import Refusal
from services.kit.transfer import importing, mapping
from services.kit.transfer.cells import shown as shown_as
from services.kit.transfer.dates import ORDERS
from services.kit.transfer.mapping import IGNORE, NOTES
from services.kit.transfer.outcome import CellError
from services.kit.transfer.reading import Table
from services.kit.transfer.text_files import DELIMITERS, ENCODINGS
from ui import action, dialog, page, session
from ui import format as fmt
from ui.i18n import _, label, option, say, tr
from ui.server.addresses import FILES

Said = Mapping[str, Any]
"""What was chosen before. While the work goes on nothing to choose is on the screen, and the framework forgets it."""

_PREVIEW: Final = 5
_NARROW: Final = 3
"""Mapping boxes in a row."""
_SAMPLES: Final = 2
_SAMPLE: Final = 60
_OFFERED: Final = 50
_LINES: Final = 20
"""Errors on a phone."""


def recognised(entity: Entity, head: Table, known: Mapping[str, str], said: Said) -> Mapping[str, str]:
    """Return where columns go to begin with, without those that go into the notes for want of a field."""
    if said.get("rest") != "notes":
        return known
    try:
        by_name = mapping.match_columns(entity, head).plain()
    except Refusal:
        by_name = {}
    return {heading: IGNORE if name == NOTES != by_name.get(heading) else name for heading, name in known.items()}


def rows(table: Table) -> None:
    """Show the first rows as they came."""
    shown = [[shown_as(cell) for cell in row.cells] for row in table.rows[:_PREVIEW]]
    st.dataframe(
        {f"{at + 1}. {heading}": [row[at] for row in shown] for at, heading in enumerate(table.header)},
        hide_index=True,
        height="content",
    )


def columns(entity: Entity, table: Table, total: int, found: Mapping[str, str]) -> dict[str, str]:
    """Let every column be sent to a field, what is recognised being chosen; return {heading: field}.

    Several columns may go into one field; under each stands a cell of it.
    """
    header = table.header
    st.caption(_("Rows: {n}. Where does each column go?").format(n=fmt.number(total)))
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
                format_func=lambda name: _target(entity, name),
                key=dialog.key(f"import.map.{digest}.{at}"),
                placeholder=_("Choose"),
            )
            place.caption(fmt.plain(_sample(table, at)) or _("Blank in the first rows"))
    _required(entity, frozenset(chosen.values()))
    return chosen


def _target(entity: Entity, name: str) -> str:
    if name == IGNORE:
        return _("Not imported")
    return f"{label(entity.fields[name])} *" if name in importing.required(entity) else label(entity.fields[name])


def _sample(table: Table, at: int) -> str:
    """Return the first cells of a column that say anything."""
    texts = dict.fromkeys(shown_as(row.cells[at]).strip() for row in table.rows)
    shown = " · ".join([text for text in texts if text][:_SAMPLES])
    shown = shown if len(shown) <= _SAMPLE else shown[: _SAMPLE - 1] + "…"
    return shown.replace("@", "\u2060@\u2060")  # an address of mail would become a link


def _required(entity: Entity, chosen: frozenset[str]) -> None:
    """Say which fields new records need, and which of them no column goes into."""
    names = importing.required(entity)
    if not names:
        return
    missing = [label(entity.fields[name]) for name in names if name not in chosen]
    st.caption(_("New records need the fields marked *."))
    if missing:
        st.caption(
            _("No column goes into: {fields}.").format(fields=fmt.plain(", ".join(missing))) + " :material/warning:"
        )


def rest(entity: Entity, header: Sequence[str], chosen: Mapping[str, str], said: Said) -> bool:
    """Ask whether columns that have no field are to be written into the notes."""
    left = [heading for heading in header if chosen.get(heading, IGNORE) == IGNORE]
    if not left or NOTES not in mapping.targets(entity):
        return False
    return st.checkbox(
        _("Write the columns that are not imported into the notes ({n})").format(n=len(left)),
        value=said.get("rest") == "notes",
        key=dialog.key("import.rest"),
    )


def dates(said: Said) -> str:
    """Ask how dates are written, since the file leaves it open; "" for not said yet."""
    orders = ["", *ORDERS]
    return st.selectbox(
        _("Days and months: which comes first?"),
        orders,
        index=orders.index(said.get("dates") or ""),
        format_func=lambda one: _(ORDERS[one]) if one else _("Please choose"),
        key=dialog.key("import.dates"),
    )


def unknown(
    entity: Entity, found: Mapping[str, Mapping[str, int]], headings: Mapping[str, str], said: Said
) -> tuple[dict[str, dict[str, str]], str]:
    """Let cells that are no choice of ours be read as one.

    Returns {heading: {cell: value}}, and “empty” if the others are to leave the field blank.
    """
    values: dict[str, dict[str, str]] = {}
    asked = {name: cells for name, cells in found.items() if name in headings and cells}
    was_lenient = said.get("unknown") == "empty"
    if not asked and not was_lenient:
        return values, ""
    with st.expander(_("What we do not know ({n})").format(n=sum(map(len, asked.values()))), expanded=True):
        for name, cells in asked.items():
            offered = _offered(entity, name)
            words = ["", *offered]
            before = (said.get("values") or {}).get(headings[name], {})
            st.caption(fmt.plain(headings[name]) + " → " + fmt.plain(label(entity.fields[name])))
            for start in range(0, len(cells), _NARROW):
                some = list(cells.items())[start : start + _NARROW]
                for at, (place, (cell, count)) in enumerate(zip(st.columns(_NARROW), some, strict=False), start):
                    shown = f"{cell} ({fmt.number(count)})" if count else cell
                    chosen = place.selectbox(
                        fmt.plain(shown),
                        words,
                        index=words.index(before[cell]) if before.get(cell) in words else 0,
                        format_func=partial(_as_read, offered),
                        key=dialog.key(f"import.value.{name}.{at}"),
                    )
                    if chosen:
                        values.setdefault(headings[name], {})[cell] = chosen
        is_lenient = st.checkbox(
            _("Leave the field blank where we do not know it"), value=was_lenient, key=dialog.key("import.unknown")
        )
    return values, "empty" if is_lenient else ""


def _as_read(offered: Mapping[str, str], one: str) -> str:
    return offered[one] if one else _("Leave as it is")


def _offered(entity: Entity, name: str) -> dict[str, str]:
    """Return what a cell may be read as: the word that the import understands, and what it is called here."""
    field = entity.fields[name]
    if field.options is not None:
        return {code: option(field, code) for code in field.options}
    if field.entity is None:
        return {}
    return {title: tr(title) for _id, title in session.ask(query.options, field.entity, limit=_OFFERED)}


def sheet(batch: Batch, names: Sequence[str]) -> str | None:
    """Let the sheet of a workbook be chosen; None: the first one with a table."""
    said = batch.asked.get("sheet")
    # "" and not None: a box in which nothing is chosen shows a cross that takes away what is not there.
    sheets = list(dict.fromkeys(("", *names, said or "")))
    chosen = st.selectbox(
        _("Sheet"),
        sheets,
        index=sheets.index(said or ""),
        format_func=lambda one: one or _("The first one with a table"),
        # Of two tabs the one that has been left alone follows the other.
        key=dialog.key(f"import.sheet.{batch.id}.{said}"),
    )
    return chosen or None


def text_form(batch: Batch) -> tuple[str | None, str | None]:
    """Let encoding and delimiter of a text file be chosen by hand; None: as it was found."""
    said_encoding, said_delimiter = batch.asked.get("encoding"), batch.asked.get("delimiter")
    # The command line knows more of both.
    encodings = list(dict.fromkeys(("", *ENCODINGS, said_encoding or "")))
    delimiters = list(dict.fromkeys(("", *DELIMITERS, said_delimiter or "")))
    with st.expander(_("Garbled, or all in one column?")):
        left, right = st.columns(2)
        encoding = left.selectbox(
            _("Encoding"),
            encodings,
            index=encodings.index(said_encoding or ""),
            format_func=lambda one: one.upper() if one else _("As it was found"),
            key=dialog.key(f"import.encoding.{batch.id}.{said_encoding}"),
        )
        names = {"comma": _("Comma"), "semicolon": _("Semicolon"), "tab": _("Tab"), "bar": "|"}
        delimiter = right.selectbox(
            _("Between the cells stands"),
            delimiters,
            index=delimiters.index(said_delimiter or ""),
            format_func=lambda one: names.get(one, one) if one else _("As it was found"),
            key=dialog.key(f"import.delimiter.{batch.id}.{said_delimiter}"),
        )
    return encoding or None, delimiter or None


def mode(entity: Entity, names: frozenset[str], said: Said) -> tuple[Any, str | None]:
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
        default=said.get("mode", "create"),
        required=True,
        format_func=lambda one: modes[one],
        key=dialog.key("import.mode"),
    )
    if chosen == "create":
        return chosen, None
    return chosen, st.selectbox(
        _("Recognised by"),
        matches,
        index=matches.index(said["match"]) if said.get("match") in matches else 0,
        format_func=lambda name: label(entity.fields[name]),
        key=dialog.key("import.match"),
        placeholder=_("Choose"),
    )


def for_pool(entity: Entity, names: frozenset[str], said: Said) -> bool:
    """Ask whose new records are that name no owner: the reader's, or nobody's; return whether they are nobody's."""
    if "owner_id" in names or not entity.is_pooled or not page.may(f"{entity.key}.assign"):
        return False
    owners = {"me": _("You"), "pool": _("Nobody: into the public pool")}
    chosen = st.segmented_control(
        _("New ones belong to"),
        list(owners),
        default="pool" if said.get("for_pool") else "me",
        required=True,
        format_func=lambda one: owners[one],
        key=dialog.key("import.owner"),
    )
    return chosen == "pool"


def missing_customers(entity: Entity, names: frozenset[str], said: Said) -> bool:
    """Ask whether customers that are named but not there are to be made."""
    if entity.key == "customer" or "customer_id" not in names or not page.may("customer.create"):
        return False
    return st.checkbox(
        _("Make customers that are not there yet"),
        value=bool(said.get("create_missing")),
        key=dialog.key("import.missing"),
    )


def fraction(name: str, heading: str, said: Said) -> bool:
    """Ask whether the small numbers of a percent column are fractions."""
    return st.checkbox(
        _("{column}: 0.12 means 12 %").format(column=fmt.plain(heading)),
        value=name in said.get("fractions", ()),
        key=dialog.key(f"import.fraction.{name}"),
    )


def mending(good: int) -> str:
    """Return what to do about errors, where so many rows could be taken."""
    if good:
        return _("Mend the file and choose it again, or import the good rows alone.")
    return _("Mend the file and choose it again.")


def errors(found: Sequence[CellError], *, are_all: bool) -> None:
    """Show what is wrong by row and column: a table, and on a phone, where its last column would not be seen, lines.

    Few of these: what one does next stands below them.
    """
    with st.container(key="when_narrow_import_errors"):
        st.markdown("\n".join(f"- {_line(error)}" for error in found[:_LINES]))
        _first_ones(are_all=are_all and len(found) <= _LINES)
    with st.container(key="when_wide_import_errors"):
        _table(found)
        _first_ones(are_all=are_all)


def _first_ones(*, are_all: bool) -> None:
    if not are_all:
        st.caption(_("These are the first ones; the file has them all."))


def _line(error: CellError) -> str:
    """Return where it is and what was written there, and then, on a line of its own, what is wrong."""
    cell = f"“{error.value}”" if error.value else ""
    parts = (_("Row {row}").format(row=error.row), error.column, cell)
    where = " · ".join(fmt.plain(part) for part in parts if part)
    return f":gray[{where}]  \n  {fmt.plain(say(error.message))}"


def _table(found: Sequence[CellError]) -> None:
    st.dataframe(
        {
            _("Row"): [error.row for error in found],
            _("Column"): [error.column for error in found],
            _("In the file"): [error.value for error in found],
            _("What is wrong"): [say(error.message) for error in found],
        },
        hide_index=True,
        column_config={
            _("Row"): st.column_config.NumberColumn(width=70),
            _("Column"): st.column_config.TextColumn(width=130),
            _("In the file"): st.column_config.TextColumn(width=130),
            _("What is wrong"): st.column_config.TextColumn(width=620),
        },
    )


def counts(created: int, updated: int, unchanged: int, bad: int) -> str:
    """Return what an import does as a sentence."""
    return _("{created} new, {updated} changed, {unchanged} unchanged, {bad} with errors").format(
        created=fmt.number(created), updated=fmt.number(updated), unchanged=fmt.number(unchanged), bad=fmt.number(bad)
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

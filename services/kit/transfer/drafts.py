"""Drafts: rows of a file on their way to become records, each cell parsed by its field's kind."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from zoneinfo import ZoneInfo

from db.types import N_
from services.kit import words
from services.kit.errors import Message, Refusal
from services.kit.fields import check, is_blank, parse
from services.kit.transfer.cells import Trouble
from services.kit.transfer.mapping import Column, Mapped
from services.kit.transfer.outcome import CellError
from services.kit.transfer.reading import Row, Table
from services.kit.words import compared

_LOST: Final = 10**15
_SCIENTIFIC: Final = re.compile(r"^[+-]?\d(?:\.\d+)?e\+?\d{1,3}$", re.IGNORECASE)
_PLAIN: Final = re.compile(r"^[-+(]?[\d,.\s]+\)?$")
_TEXTS: Final = frozenset({"text", "long_text", "phone", "email"})
_SHOWN: Final = 100
NARROW: Final = frozenset({"integer", "percent"})
"""Kinds whose columns hold 32 bits."""


@dataclass
class Draft:
    """One row: typed values by field, and what is wrong by field ("" for the whole row)."""

    row: Row
    values: dict[str, Any] = field(default_factory=dict)
    written: dict[str, Any] = field(default_factory=dict)
    """Cells of references as the file has them, by field."""
    wrong: dict[str, Message] = field(default_factory=dict)
    currency: str = ""
    """Currency in which its amounts were read."""
    record_id: int | None = None
    """The record it changes; None: a new one."""

    @property
    def is_good(self) -> bool:
        """Say whether nothing is wrong."""
        return not self.wrong


@dataclass(frozen=True)
class Habits:
    """How cells are read that do not say it themselves."""

    currency: str
    zone: ZoneInfo
    fractions: frozenset[str] = frozenset()
    """Percent fields whose plain numbers are fractions."""


def drafts_of(table: Table, mapped: Mapped, habits: Habits) -> list[Draft]:
    """Return a draft for every row. Blank cells set nothing."""
    choices, first, habits = order_of(mapped, habits)
    return [_draft(row, first, choices, habits) for row in table.rows]


def order_of(mapped: Mapped, habits: Habits) -> tuple[dict[str, dict[str, str]], list[Column], Habits]:
    """Return the codes of choices by field, the columns in the order they are read, and the habits of this file."""
    heading_currency = next((column.currency for column in mapped.columns if column.currency), None)
    choices = {
        column.field.name: words.codes(column.field.options) for column in mapped.columns if column.field.options
    }
    first = sorted(mapped.columns, key=lambda column: column.field.kind != "currency")
    return choices, first, replace(habits, currency=heading_currency or habits.currency)


def _draft(row: Row, columns: list[Column], choices: dict[str, dict[str, str]], habits: Habits) -> Draft:
    draft = Draft(row, currency=habits.currency)
    if row.problem:
        draft.wrong[""] = row.problem
    for column in columns:
        cell = row.cells[column.position]
        name = column.field.name
        if column.field.kind == "reference" and not isinstance(cell, Trouble):
            if not is_blank(cell):
                draft.written[name] = cell
            continue
        value, problem = read_cell(column, cell, choices.get(name), draft.currency, habits)
        if problem is not None:
            draft.wrong[name] = problem
        elif value is not None:
            draft.values[name] = value
            if column.field.kind == "currency":
                draft.currency = value
    return draft


def read_cell(
    column: Column, cell: Any, codes: dict[str, str] | None, currency: str, habits: Habits
) -> tuple[Any, Message | None]:
    """Return the typed value of a cell, None if it is blank, and what is wrong with it.

    This is what a cell means; columns.py only decides the plain cases of many at once.
    """
    if isinstance(cell, Trouble):
        return None, cell.message
    if is_blank(cell):
        return None, None
    try:
        value = _value(column, cell, codes, currency, habits)
    except Refusal as refusal:
        return None, refusal.message
    problem = check(column.field, value)
    if problem is None and column.field.kind in NARROW and abs(value or 0) >= 2**31:
        problem = Message(N_("This number is too large."))
    return (None, problem) if problem is not None else (value, None)


def _value(column: Column, cell: Any, codes: dict[str, str] | None, currency: str, habits: Habits) -> Any:
    kind = column.field.kind
    if kind in _TEXTS:
        return parse(column.field, _as_text(cell))
    if codes is not None:
        code = codes.get(compared(cell if not isinstance(cell, float) or not cell.is_integer() else int(cell)))
        return code if code is not None else parse(column.field, cell)
    if isinstance(cell, datetime | date) and kind not in ("day", "instant"):
        raise Refusal(N_("“{value}” is a date; {expected} is expected."), value=str(cell), expected=column.field.label)
    if kind == "percent" and column.field.name in habits.fractions and not (isinstance(cell, str) and "%" in cell):
        cell = _hundredfold(cell)
    if kind == "instant":
        return _instant(column, cell, habits.zone)
    if kind == "money" and column.scale and (not isinstance(cell, str) or _PLAIN.match(cell)):
        cell = f"{_plain(cell)}{column.scale}"
    return parse(column.field, cell, currency=currency)


def _instant(column: Column, cell: Any, zone: ZoneInfo) -> Any:
    """Read a moment; one that names no zone is meant in the company's."""
    if isinstance(cell, str):
        try:
            cell = datetime.fromisoformat(cell.strip())
        except ValueError:
            cell = parse(replace(column.field, kind="day"), cell)
    if isinstance(cell, date) and not isinstance(cell, datetime):
        cell = datetime.combine(cell, time())
    return parse(column.field, cell.replace(tzinfo=zone) if isinstance(cell, datetime) and not cell.tzinfo else cell)


def _as_text(cell: Any) -> Any:
    """Return a cell for a text field; refuse numbers of which the spreadsheet has already lost digits."""
    if isinstance(cell, bool | datetime | date):
        return str(cell)
    if isinstance(cell, int | float) and (not math.isfinite(cell) or abs(cell) >= _LOST):
        raise Refusal(
            N_(
                "This number has more than 15 digits, of which the spreadsheet has lost some. "
                "Format the column as text and enter it again."
            )
        )
    if isinstance(cell, str) and _SCIENTIFIC.match(cell.strip()):
        raise Refusal(
            N_(
                "“{value}” was shortened by a spreadsheet program and its digits are lost. "
                "Format the column as text and enter it again."
            ),
            value=cell,
        )
    return cell


def _plain(cell: Any) -> str:
    return repr(cell) if isinstance(cell, float) else str(cell).strip()


def _hundredfold(cell: Any) -> Any:
    """Return a fraction as a percentage; what is no number stays, for the parser to refuse."""
    try:
        return f"{Decimal(str(cell).strip().replace(',', '')) * 100:f}%"
    except InvalidOperation:
        return cell


def look_like_fractions(table: Table, mapped: Mapped) -> frozenset[str]:
    """Return percent fields whose plain numbers all lie between -1 and 1, some with decimals.

    0.12 may mean 12 % or 0.12 %. It is read as it stands, as a form would read it; this is told, and whoever
    imports may say that fractions are meant. A cell formatted as a percentage says it itself.
    """
    found = set()
    for column in mapped.columns:
        if column.field.kind != "percent":
            continue
        plain = [_number(row.cells[column.position]) for row in table.rows if not is_blank(row.cells[column.position])]
        numbers = [one for one in plain if one is not None]
        if numbers and all(abs(one) <= 1 for one in numbers) and any(one != int(one) for one in numbers):
            found.add(column.field.name)
    return frozenset(found)


def _number(cell: Any) -> float | None:
    if isinstance(cell, bool) or (isinstance(cell, str) and "%" in cell):
        return None
    try:
        value = float(cell)
    except (TypeError, ValueError):
        return None
    return value if math.isfinite(value) else None


def errors_of(drafts: list[Draft], mapped: Mapped) -> list[CellError]:
    """Return what is wrong by row and column, in the order of the file."""
    places = {column.field.name: column for column in mapped.columns}
    found = []
    for draft in drafts:
        for name, message in draft.wrong.items():
            column = places.get(name)
            cell = draft.row.cells[column.position] if column else ""
            shown = "" if cell is None else str(cell)
            shown = shown if len(shown) <= _SHOWN else shown[: _SHOWN - 1] + "…"
            found.append((draft.row.number, column.position if column else -1, column, shown, message))
    found.sort(key=lambda one: one[:2])
    return [
        CellError(row, column.heading if column else "", shown, message) for row, _, column, shown, message in found
    ]

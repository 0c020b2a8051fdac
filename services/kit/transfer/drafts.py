"""Drafts: rows of a file on their way to become records, each cell parsed by its field's kind."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from zoneinfo import ZoneInfo

from db.types import N_
from services.kit import several, words
from services.kit.errors import Message, Refusal
from services.kit.fields import Field, check, is_blank, parse
from services.kit.transfer import dates, gathering
from services.kit.transfer.cells import NOTHING_IN_TEXT, Trouble, says_nothing, shown
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
        name = column.field.name
        cell = row.cells[column.position]
        if column.parts or column.spare:
            cell = gathering.gathered(column, row.cells.__getitem__, can_be_read(choices, habits))
        if column.field.kind == "reference" and not isinstance(cell, Trouble):
            cell = instead_of(column, cell)
            if not says_nothing(cell):
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
    if column.values:
        cell = instead_of(column, cell)
    if is_blank(cell) or (cell.__class__ is str and _is_nothing(column.field, cell, codes)):
        return None, None
    try:
        value = _value(column, cell, codes, currency, habits)
    except Refusal as refusal:
        return None, refusal.message
    problem = check(column.field, value)
    if problem is None and column.field.kind in NARROW and abs(value or 0) >= 2**31:
        problem = Message(N_("This number is too large."))
    return (None, problem) if problem is not None else (value, None)


def instead_of(column: Column, cell: Any) -> Any:
    """Return what is to be read instead of a cell."""
    if not column.values or cell is None or isinstance(cell, Trouble):
        return cell
    if isinstance(cell, float) and cell.is_integer():
        return column.values.get(compared(int(cell)), cell)
    return column.values.get(compared(cell), cell)


def _is_nothing(field: Field, cell: str, codes: dict[str, str] | None) -> bool:
    """Say whether a text stands for nothing; names and long texts are taken at their word."""
    if field.kind in ("text", "long_text") and codes is None:
        return not field.required and field.kind == "text" and cell.strip() in NOTHING_IN_TEXT
    if codes is not None and compared(cell) in codes:
        return False
    if field.kind == several.KIND and not several.pieces(cell):
        return True
    if field.kind == "day" and cell.startswith("0000-00-00"):
        return True
    return says_nothing(cell) and not (field.kind == "flag" and cell.strip() == "-")


def can_be_read(choices: Mapping[str, Mapping[str, str]], habits: Habits) -> Callable[[Column, Any], bool]:
    """Return what says whether a cell can be read in a column."""

    def can(column: Column, cell: Any) -> bool:
        codes = choices.get(column.field.name)
        value, problem = read_cell(column, cell, dict(codes) if codes else None, habits.currency, habits)
        return problem is None and value is not None

    return can


def _value(column: Column, cell: Any, codes: dict[str, str] | None, currency: str, habits: Habits) -> Any:
    kind = column.field.kind
    if kind in _TEXTS:
        return parse(column.field, _as_text(cell))
    if kind == several.KIND:
        return _several(column, cell, codes or {})
    if codes is not None:
        code = codes.get(compared(cell if not isinstance(cell, float) or not cell.is_integer() else int(cell)))
        if code is None and column.is_lenient:
            return None
        return code if code is not None else _none_of(column, cell)
    if isinstance(cell, datetime | date) and kind not in ("day", "instant"):
        raise Refusal(N_("“{value}” is a date; {expected} is expected."), value=str(cell), expected=column.field.label)
    if kind == "percent" and column.field.name in habits.fractions and not (isinstance(cell, str) and "%" in cell):
        cell = _hundredfold(cell)
    if kind == "day":
        return dates.read(column.field, cell, column.dates)
    if kind == "instant":
        found = dates.moment(column.field, cell, column.dates)
        return parse(column.field, found if found.tzinfo else found.replace(tzinfo=habits.zone))
    if kind == "money" and column.scale and (not isinstance(cell, str) or _PLAIN.match(cell)):
        cell = f"{_plain(cell)}{column.scale}"
    return parse(column.field, cell, currency=currency)


def _several(column: Column, cell: Any, codes: Mapping[str, str]) -> tuple[str, ...] | None:
    """Return the codes of a cell with several choices; all that is none of them is told at once."""
    known, unknown = told_apart(column, cell, codes)
    if unknown and not column.is_lenient:
        raise Refusal(
            N_("“{value}” is not one of the choices: {choices}. Write several with a comma between them."),
            value=unknown,
            choices=list((column.field.options or {}).values()),
        )
    return several.kept(known)


def told_apart(column: Column, cell: Any, codes: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """Return the codes that a cell names, and what in it is no choice."""
    whole = int(cell) if isinstance(cell, float) and cell.is_integer() else cell
    parts = [one for one in several.pieces(whole) if not says_nothing(one) or compared(one) in codes]
    read = {one: compared(instead_of(column, one)) for one in parts}
    return [codes[word] for word in read.values() if word in codes], [one for one in parts if read[one] not in codes]


def _none_of(column: Column, cell: Any) -> Any:
    """Parse what no label names; what is no choice is told with all that are."""
    try:
        return parse(column.field, cell)
    except Refusal as refusal:
        if column.field.kind != "choice":
            raise
        raise Refusal(
            N_("“{value}” is not one of the choices: {choices}."),
            value=refusal.message.params["value"],
            choices=list((column.field.options or {}).values()),
        ) from refusal


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


def _place(column: Column, row: Row) -> int:
    """Return where a row's cell of a column stands: of several, the first one that is filled."""
    filled = (part.position for part in column.parts if not is_blank(row.cells[part.position]))
    return next(filled, column.position)


def _heading(column: Column | None, place: int) -> str:
    if column is None:
        return ""
    return next((part.heading for part in column.parts if part.position == place), column.heading)


def errors_of(drafts: list[Draft], mapped: Mapped) -> list[CellError]:
    """Return what is wrong by row and column, in the order of the file."""
    places = {column.field.name: column for column in mapped.columns}
    found = []
    for draft in drafts:
        for name, message in draft.wrong.items():
            column = places.get(name)
            cell = draft.row.cells[_place(column, draft.row)] if column else ""
            value = shown(cell)
            value = value if len(value) <= _SHOWN else value[: _SHOWN - 1] + "…"
            place = _place(column, draft.row) if column else -1
            found.append((draft.row.number, place, _heading(column, place), value, message))
    found.sort(key=lambda one: one[:2])
    return [CellError(row, heading, shown, message) for row, _, heading, shown, message in found]

"""Dates as files have them: the day or the month first, two digits for the year, months by name, day numbers.

Which comes first is decided for a column by all its cells: 31/01/2026 can be read in one way only. Where they leave it
open, another column of the same file decides; where none does, each such cell is refused until somebody says it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from db.types import N_, Options
from services.kit.errors import Message, Refusal
from services.kit.fields import Field, clean_text, parse
from services.kit.transfer.mapping import Mapped

ORDERS: Final[Options] = {
    "dmy": N_("Day first: 31/01/2026"),
    "mdy": N_("Month first: 01/31/2026"),
    "ymd": N_("Year first: 26/01/31"),
}
STARTS: Final = r"^\s*[0-9０-９]{1,2}[^0-9０-９]"
"""How a date begins of which the cells have to be looked at; no other says anything about the order."""
OPEN: Final = "?"
"""The order of a column that its cells leave open."""

_PARTS: Final = re.compile(r"^(\d{1,4})([-/.,\s])\s?(\d{1,2})\2\s?(\d{1,4})(?:[T,\s]+\d{1,2}:.*)?$")
_NAMED: Final = re.compile(
    r"^(?:[a-z]{3,9},?\s+)?(?:(?P<day>\d{1,2})(?:st|nd|rd|th)?[-/.,\s]+(?P<month>[a-z]{3,9})|"
    r"(?P<month2>[a-z]{3,9})[-/.,\s]+(?P<day2>\d{1,2})(?:st|nd|rd|th)?)[-/.,\s]+(?P<year>\d{4}|\d{2})(?:[T,\s]+\d.*)?$"
)
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LONG_MONTHS: Final = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_EPOCH: Final = date(1899, 12, 30)
"""Day 0 of spreadsheets, for days after February 1900, of which they believe that it had 29."""
_FIRST, _LAST = 10_000, 80_000
"""Day numbers of 1927 and 2119: other numbers in a column of dates are no days."""
_PIVOT: Final = 69
"""26 is 2026, 69 is 1969."""
_FULL_YEAR: Final = 4


def read(field: Field, cell: Any, order: str) -> date:
    """Return the day that a cell means. Raises Refusal."""
    if isinstance(cell, datetime | date):
        made: date = parse(field, cell)
        return made
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        if _FIRST <= cell < _LAST:
            return _EPOCH + timedelta(days=int(cell))
        cell = int(cell) if float(cell).is_integer() else cell
    written = _written(cell)
    if found := _readings(written):
        return _chosen(cell, found, order)
    if (day := _by_name(written)) is not None:
        return day
    if written.isdigit() and len(written) == 5 and _FIRST <= int(written) < _LAST:  # noqa: PLR2004 - a day number
        return _EPOCH + timedelta(days=int(written))
    _refuse_unreal(cell, written)
    return parse(field, cell)  # type: ignore[no-any-return]


def moment(field: Field, cell: Any, order: str) -> datetime:
    """Return the moment that a cell means; midnight where it names a day alone. Raises Refusal."""
    if isinstance(cell, str):
        try:
            return datetime.fromisoformat(cell.strip())
        except ValueError:
            cell = read(field, cell, order)
    if isinstance(cell, date) and not isinstance(cell, datetime):
        cell = datetime.combine(cell, time())
    made: datetime = parse(field, cell)
    return made


def decided(cells: Iterable[Any]) -> str:
    """Return the order in which the cells of a column are written: `?` if they leave it open, "" if it is no matter."""
    found = [one for one in (_readings(_written(cell)) for cell in cells if isinstance(cell, str)) if one]
    if not found:
        return ""
    fits = {order: sum(order in one for one in found) for order in ORDERS}
    if all(one.get("dmy") == one.get("mdy") is not None for one in found):
        return ""
    whole = [order for order in ("dmy", "mdy") if fits[order] == len(found)]
    if len(whole) == 1:
        return whole[0]
    return "ymd" if not whole and fits["ymd"] == len(found) else OPEN


def settled(mapped: Mapped, cells: Callable[[int], Iterable[Any]]) -> tuple[Mapped, list[Message], list[str]]:
    """Return the columns with the order of their dates, what is to be told of it, and the fields that leave it open.

    `cells` gives the cells of a column of the file, each different one at least once.
    """
    days = [column for column in mapped.columns if column.field.kind in ("day", "instant") and not column.dates]
    orders = {}
    for column in days:
        positions = [part.position for part in column.parts] or [column.position]
        orders[column.field.name] = decided(cell for position in positions for cell in cells(position))
    known = {order for order in orders.values() if order in ORDERS}
    notes = []
    for name, order in orders.items():
        if order == OPEN and len(known) == 1:
            orders[name] = next(iter(known))
        if orders[name] in ORDERS:
            text = N_("The dates of “{column}” are read so: {order}.")
            notes.append(Message(text, {"column": mapped.heading(name), "order": ORDERS[orders[name]]}))
    columns = tuple(
        replace(column, dates=orders[column.field.name]) if orders.get(column.field.name) else column
        for column in mapped.columns
    )
    left = sorted(name for name, order in orders.items() if order == OPEN)
    return replace(mapped, columns=columns), notes, left


def _written(cell: Any) -> str:
    return unicodedata.normalize("NFKC", clean_text(cell)).casefold()


def _readings(written: str) -> dict[str, date]:
    """Return what a date of three numbers may mean, by order; the year with four digits first means one thing only."""
    match = _PARTS.match(written)
    if match is None or len(match[1]) == _FULL_YEAR or len(match[1]) > 2 or len(match[4]) not in (2, _FULL_YEAR):  # noqa: PLR2004
        return {}
    first, second, third = int(match[1]), int(match[3]), match[4]
    ways = {"dmy": (third, second, first), "mdy": (third, first, second)}
    if len(third) < _FULL_YEAR and len(match[1]) == 2:  # noqa: PLR2004
        ways["ymd"] = (match[1], second, int(third))
    if match[2] == ".":
        ways.pop("mdy")  # dots are written with the day first, or with the year
    made = {}
    for order, (year, month, day) in ways.items():
        try:
            made[order] = date(_year(year), month, day)
        except ValueError:
            continue
    return made


def _year(written: str) -> int:
    year = int(written)
    return year if len(written) == _FULL_YEAR else year + (2000 if year < _PIVOT else 1900)


def _chosen(cell: Any, found: Mapping[str, date], order: str) -> date:
    if order in ORDERS:
        if order in found:
            return found[order]
        raise Refusal(N_("“{value}” is not a date: the others of this column are written otherwise ({order})."),
                      value=cell, order=ORDERS[order])  # fmt: skip
    if len({day for name, day in found.items() if name != "ymd" or len(found) == 1}) == 1:
        return next(iter(found.values()))
    raise Refusal(
        N_("“{value}” may have the day or the month first. Say how days are written, or write the year first."),
        value=cell,
    )


def _by_name(written: str) -> date | None:
    """Read 31-Jan-26 and January 31st, 2026."""
    match = _NAMED.match(written)
    if match is None:
        return None
    word = match["month"] or match["month2"]
    short = word[:3]
    if short not in _MONTHS or word not in (short, "sept", _LONG_MONTHS[_MONTHS.index(short)]):
        return None
    try:
        return date(_year(match["year"]), _MONTHS.index(short) + 1, int(match["day"] or match["day2"]))
    except ValueError:
        return None


def _refuse_unreal(cell: Any, written: str) -> None:
    """Say of a day that no calendar has, such as 1900-02-29, that this is what is wrong."""
    match = re.match(r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T\s].*)?$", written)
    if match is None:
        return
    try:
        date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError as error:
        raise Refusal(N_("There is no day “{value}” in the calendar."), value=cell) from error

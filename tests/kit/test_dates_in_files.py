"""Dates in files: the order is decided by the cells of the column, by another column, or by who imports."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.errors import Refusal
from services.kit.fields import Field
from services.kit.transfer import dates

OPEN = "“05/03/26” may have the day or the month first. Say how days are written, or write the year first."
DAY = Field("d", "day", "D")


def read(cell: Any, order: str = "") -> date | str:
    try:
        return dates.read(DAY, cell, order)
    except Refusal as refusal:
        return str(refusal)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("31-01-26", date(2026, 1, 31)),
        ("1/31/2026 2:35 PM", date(2026, 1, 31)),
        ("31.1.26", date(2026, 1, 31)),
        ("31-Jan-26", date(2026, 1, 31)),
        ("January 31st, 2026", date(2026, 1, 31)),
        ("Sat, 31 Jan 2026", date(2026, 1, 31)),
        ("31/12/69", date(1969, 12, 31)),
        ("2026-01-31T00:00:00.000Z", date(2026, 1, 31)),
        ("2026年1月31日", date(2026, 1, 31)),
        ("20260131", date(2026, 1, 31)),
        (20260131.0, date(2026, 1, 31)),
        (45351.0, date(2024, 2, 29)),
        ("45351", date(2024, 2, 29)),
        ("3/3/2024", date(2024, 3, 3)),
        ("0001-01-01", date(1, 1, 1)),
        ("9999-12-31", date(9999, 12, 31)),
        ("1900-02-29", "There is no day “1900-02-29” in the calendar."),
        ("1-2-3", "“1-2-3” is not a date; write it as 2026-01-31."),
        ("soon", "“soon” is not a date; write it as 2026-01-31."),
        ("05/03/26", OPEN),
    ],
)
def test_a_date_is_read_as_it_is_usually_written(cell: Any, expected: date | str) -> None:
    assert expected == read(cell)


@pytest.mark.parametrize(
    ("cells", "order"),
    [
        (["05/03/2024", "31/01/2024"], "dmy"),
        (["05/03/2024", "01/31/2024"], "mdy"),
        (["31-01-26", "26-01-31"], "dmy"),
        (["75-01-31", "75-12-12"], "ymd"),
        (["05/03/2024"], "?"),
        (["31/01/2024", "01/31/2024", "05/03/2024"], "?"),
        (["03/03/2024", "2024-01-31", "n/a", None], ""),
        (["99/99/2024", "31/01/2024"], "dmy"),
    ],
)
def test_all_cells_of_a_column_decide_its_order(cells: list[Any], order: str) -> None:
    assert order == dates.decided(cells)


@given(days=st.lists(st.dates(date(1970, 1, 1), date(2068, 12, 31)), min_size=1), order=st.sampled_from(["dmy", "mdy"]))
def test_days_written_in_one_order_are_read_in_it_or_left_open(days: list[date], order: str) -> None:
    pattern = "%d/%m/%Y" if order == "dmy" else "%m/%d/%Y"
    cells = [day.strftime(pattern) for day in days]
    found = dates.decided(cells)
    assert found in (order, "", dates.OPEN)
    if found != dates.OPEN:
        assert days == [read(cell, found) for cell in cells]
    assert days == [read(cell, order) for cell in cells]


def test_a_cell_against_the_order_that_was_said_is_an_error() -> None:
    assert date(2026, 5, 3) == read("05/03/26", "mdy")
    assert "“31/01/2026” is not a date: the others of this column are written otherwise" in str(
        read("31/01/2026", "mdy")
    )

"""A cell is shown as the spreadsheet shows it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.kit.errors import Message
from services.kit.transfer.cells import Trouble, shown, written_as


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (None, ""),
        (19020.0, "19020"),
        (-3.0, "-3"),
        (0.35, "0.35"),
        (float("inf"), "inf"),
        ("007", "007"),
        ("  two  lines\n", "  two  lines\n"),
        (True, "True"),
        (datetime(2026, 1, 31), "2026-01-31"),  # noqa: DTZ001 - a workbook's cell has no zone
        (datetime(2026, 1, 31, 8, 30, tzinfo=UTC).replace(tzinfo=None), "2026-01-31 08:30:00"),
        (date(2026, 1, 31), "2026-01-31"),
        (Trouble("#REF!", Message("wrong")), "#REF!"),
    ],
)
def test_a_cell_is_shown_as_in_the_spreadsheet(cell: Any, expected: str) -> None:
    assert expected == shown(cell)


@pytest.mark.parametrize(("cell", "expected"), [(7.0, "7"), (7.5, "7.5"), (" a \n b ", "a b"), ("７", "７")])
def test_a_cell_is_written_in_a_line(cell: Any, expected: str) -> None:
    assert expected == written_as(cell)

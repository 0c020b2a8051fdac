"""Odd workbooks: headings in two rows, merged cells, formats that hide digits; other kinds are refused by name."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
import xlsxwriter

from services.kit.errors import Refusal
from services.kit.transfer.reading import read_table


def workbook(fill: Callable[[Any, Any], None]) -> bytes:
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target)
    fill(book, book.add_worksheet("Table"))
    book.close()
    return target.getvalue()


def archive(**members: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as made:
        for name, content in members.items():
            made.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return target.getvalue()


def test_headings_in_two_rows_are_put_together() -> None:
    def fill(_book: Any, page: Any) -> None:
        page.merge_range("A1:A2", "Name")
        page.merge_range("B1:C1", "Contact")
        page.merge_range("D1:E1", "2025")
        page.merge_range("F1:G1", "2026")
        page.write_row("B2", ["Phone", "Mail", "Offers", "Orders", "Offers", "Orders"])
        page.write_row("A3", ["Acme", "12345", "a@b.example", 1, 2, 3, 4])

    table = read_table(workbook(fill), "a.xlsx")
    assert ("Name", "Phone", "Mail", "2025 Offers", "2025 Orders", "2026 Offers", "2026 Orders") == table.header
    assert [(3, ("Acme", "12345", "a@b.example", 1, 2, 3, 4))] == [(row.number, row.cells) for row in table.rows]
    assert "The headings stand in two rows, 1 and 2." in map(str, table.notes)


def test_merged_cells_stand_in_every_row_that_they_span() -> None:
    def fill(_book: Any, page: Any) -> None:
        page.write_row("A1", ["Company", "Name"])
        page.merge_range("A2:A4", "Acme")
        page.write_column("B2", ["Ann", "Bob", "Cid", "Dan"])
        page.write("A5", "Borg")

    table = read_table(workbook(fill), "a.xlsx")
    assert [("Acme", "Ann"), ("Acme", "Bob"), ("Acme", "Cid"), ("Borg", "Dan")] == [row.cells for row in table.rows]
    assert "Merged cells: their value was read in every row they span. Areas: 1." in map(str, table.notes)


def test_zeros_before_a_number_that_only_its_format_shows_are_kept() -> None:
    def fill(book: Any, page: Any) -> None:
        zeros = book.add_format({"num_format": "00000"})
        page.write_row("A1", ["Code", "Amount"])
        page.write_number("A2", 123, zeros)
        page.write_number("A3", 1234567, zeros)
        page.write_number("B2", 123)

    table = read_table(workbook(fill), "a.xlsx")
    assert [("00123", 123), ("1234567", None)] == [row.cells for row in table.rows]


def test_a_total_at_the_end_of_a_sheet_is_no_record() -> None:
    def fill(_book: Any, page: Any) -> None:
        page.write_row("A1", ["Name", "Amount"])
        page.write_row("A2", ["Acme", 5])
        page.write_row("A3", ["Total", 5])

    rows = read_table(workbook(fill), "a.xlsx").rows
    assert [False, True] == [bool(row.problem) for row in rows]


OTHERS = {
    "OpenDocument": (
        archive(mimetype="application/vnd.oasis.opendocument.spreadsheet", content_dot_xml="<x/>"),
        "“a.xlsx” is an OpenDocument file. Open it and save it as .xlsx.",
    ),
    ".xlsb": (archive(xl__workbook_dot_bin=""), "“a.xlsx” is in the .xlsb format. Open it and save it as .xlsx."),
    ".xls": (
        b"\xd0\xcf\x11\xe0" + b"." * 99 + "Workbook".encode("utf-16-le"),
        "“a.xlsx” is in the old .xls format. Open it and save it as .xlsx.",
    ),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_other_kinds_of_workbooks_are_named_with_what_to_do(kind: str) -> None:
    content, reason = OTHERS[kind]
    with pytest.raises(Refusal) as refused:
        read_table(content, "a.xlsx")
    assert reason == str(refused.value)

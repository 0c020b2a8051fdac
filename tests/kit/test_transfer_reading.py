"""Every kind of file is read right or refused with the reason."""

from __future__ import annotations

import io
import random
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from services.kit.errors import Refusal
from services.kit.transfer.cells import Trouble
from services.kit.transfer.reading import read_table

CHINESE = '客户名称,电话,金额\n深圳市华为科技有限公司,075512345678,1.2万\n上海联通分公司,+8613800138000,"1,234"\n'
TRADITIONAL = "客戶名稱,電話\n台灣積體電路製造股份有限公司,02-123\n鴻海精密工業,03-456\n"


def workbook(fill: Any, **options: Any) -> bytes:
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, options)
    fill(book)
    book.close()
    return target.getvalue()


def simple(*rows: list[Any]) -> bytes:
    def fill(book: Any) -> None:
        page = book.add_worksheet("Table")
        for at, row in enumerate(rows):
            page.write_row(at, 0, row)

    return workbook(fill)


def refusal(content: bytes, name: str = "file.csv") -> str:
    with pytest.raises(Refusal) as refused:
        read_table(content, name)
    return str(refused.value)


def rezipped(content: bytes, **more: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
        for name, member in more.items():
            new.writestr(name.replace("__", "/").replace("_dot_", "."), member)
    return target.getvalue()


def notes(content: bytes, name: str = "file.xlsx") -> str:
    return "\n".join(str(note) for note in read_table(content, name).notes)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"])
def test_chinese_text_is_read_in_every_encoding(encoding: str) -> None:
    table = read_table(CHINESE.encode(encoding), "file.csv")
    assert ("客户名称", "电话", "金额") == table.header
    assert ("深圳市华为科技有限公司", "075512345678", "1.2万") == table.rows[0].cells
    assert ("上海联通分公司", "+8613800138000", "1,234") == table.rows[1].cells


def test_rare_characters_survive_gb18030() -> None:
    assert (
        "𠮷田㐂"
        == read_table("名称,数\n𠮷田㐂,1\n北京中关村软件园发展公司,2\n".encode("gb18030"), "f").rows[0].cells[0]
    )


def test_traditional_chinese_is_read_from_big5() -> None:
    assert "鴻海精密工業" == read_table(TRADITIONAL.encode("big5"), "f").rows[1].cells[0]


def test_western_text_is_read_and_said_to_be_guessed() -> None:
    table = read_table("Name,Ort\nMüller,Köln\nJosé,São\n".encode("cp1252"), "f")
    assert ("Müller", "Köln") == table.rows[0].cells
    assert "Windows-1252" in str(table.notes[0])


def test_two_encodings_in_one_file_are_refused_with_the_line() -> None:
    assert "line 3" in refusal("客户名称,电话\n华为,1\n".encode() + "上海联通公司,2\n".encode("gbk"))


@pytest.mark.parametrize(("delimiter", "name"), [(",", "comma"), (";", "semicolon"), ("\t", "tab"), ("|", "bar")])
def test_the_delimiter_is_found(delimiter: str, name: str) -> None:
    content = f'a{delimiter}b\n1{delimiter}"x{delimiter}\ny"\n'.encode()
    assert ("1", f"x{delimiter}\ny") == read_table(content, name).rows[0].cells


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_may_end_in_any_way(end: str) -> None:
    assert [2, 3] == [row.number for row in read_table(end.join(["a,b", "1,2", "3,4"]).encode(), "f").rows]


@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        (b"", "a.csv", "is empty"),
        (b"\n , ,\n\n", "a.csv", "is empty"),
        (b"a,b\n", "a.csv", "headings but no rows"),
        (b"a,b,A \n1,2,3\n", "a.csv", "same heading more than once: “a”, “A”"),
        (b"\x89PNG\r\n\x1a\n0000", "a.xlsx", "PNG"),
        (b"%PDF-1.7 ...", "a.xlsx", "PDF"),
        (b"\xff\xd8\xff\xe0....", "a.xlsx", "JPEG"),
        (b"\x1f\x8b\x08....", "a.csv", "gzip"),
        (random.Random(7).randbytes(5000), "a.csv", "no spreadsheet"),
        (b"<html><table><tr><td>x</table>", "a.xls", "web page"),
        (b"<?xml version='1.0'?><Workbook/>", "a.xls", "XML"),
        (b"PK\x03\x04 and then nothing", "a.xlsx", "damaged"),
        (b"PK\x05\x06", "a.xlsx", "damaged"),
        (b"\xd0\xcf\x11\xe0" + b"." * 99 + "EncryptedPackage".encode("utf-16-le"), "a.xlsx", "password"),
        (b"\xd0\xcf\x11\xe0" + b"." * 99 + "Workbook".encode("utf-16-le"), "a.xls", "old .xls format"),
        (b"\xd0\xcf\x11\xe0" + b"." * 99, "a.doc", "OLE"),
        (b'a,b\n1,2\n3,"x\n5,6\n', "a.csv", "line 3"),
        (b"a,b\n1," + b"x" * 40_000 + b"\n", "a.csv", "Row 2, column “B”"),
        (b",".join(b"c%d" % n for n in range(300)) + b"\n1\n", "a.csv", "300 columns"),
    ],
)
def test_what_is_no_table_is_refused_with_the_reason(content: bytes, name: str, reason: str) -> None:
    assert reason in refusal(content, name)


def test_a_heading_may_read_like_the_beginning_of_an_archive() -> None:
    assert ("PK", "Name") == read_table(b"PK,Name\n1,One\n", "a.csv").header


def test_a_truncated_workbook_is_damaged() -> None:
    assert "damaged" in refusal(simple(["a"], [1])[:2000], "a.xlsx")


def test_a_word_document_is_told_from_a_workbook() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    assert "Word" in refusal(target.getvalue(), "a.xlsx")


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = rezipped(simple(["a"], [1]), xl__media__big_dot_bin=b"\0" * 30_000_000)
    assert len(bomb) < 100_000
    assert "would unpack to" in refusal(bomb, "a.xlsx")


def test_a_workbook_of_thousands_of_parts_is_refused() -> None:
    parts = {f"xl__p{n}": b"x" for n in range(2_001)}
    assert "would unpack to" in refusal(rezipped(simple(["a"], [1]), **parts), "a.xlsx")


def test_a_workbook_too_wide_is_refused() -> None:
    assert "301 columns" in refusal(simple([f"c{n}" for n in range(301)], [1]), "a.xlsx")


def test_a_text_file_named_xlsx_is_read_and_told() -> None:
    assert "in truth a text file" in notes(b"a,b\n1,2\n")


def test_cells_of_a_workbook_keep_their_types() -> None:
    def fill(book: Any) -> None:
        page = book.add_worksheet()
        page.write_row(0, 0, ["text", "number", "percent", "day", "yes"])
        page.write_string(1, 0, "007")
        page.write_number(1, 1, 1.5)
        page.write_number(1, 2, 0.125, book.add_format({"num_format": "0.0%"}))
        page.write_datetime(1, 3, date(2024, 2, 29), book.add_format({"num_format": "yyyy-mm-dd"}))
        page.write_boolean(1, 4, True)  # noqa: FBT003

    assert ("007", 1.5, "12.5%", date(2024, 2, 29), True) == read_table(workbook(fill), "a.xlsx").rows[0].cells


def test_errors_and_uncomputed_formulas_are_troubles_of_their_cell() -> None:
    book = openpyxl.Workbook()
    page: Any = book.active
    page.append(["a", "b"])
    page["A2"], page["B2"] = 3, "=A2*2"
    page["A3"] = "#REF!"
    page["A3"].data_type = "e"
    target = io.BytesIO()
    book.save(target)
    rows = read_table(target.getvalue(), "a.xlsx").rows
    assert isinstance(rows[0].cells[1], Trouble)
    assert "never computed" in str(rows[0].cells[1].message)
    assert isinstance(rows[1].cells[0], Trouble)
    assert "#REF!" in str(rows[1].cells[0].message)


def test_a_computed_formula_gives_its_value_and_is_told() -> None:
    def fill(book: Any) -> None:
        page = book.add_worksheet()
        page.write_row(0, 0, ["a"])
        page.write_formula(1, 0, "=1+1", None, 2)

    assert 2.0 == read_table(workbook(fill), "a.xlsx").rows[0].cells[0]
    assert "Formulas: 1" in notes(workbook(fill))


def test_merged_headings_are_refused_and_merged_cells_told() -> None:
    def headings(book: Any) -> None:
        page = book.add_worksheet()
        page.merge_range(0, 0, 0, 1, "both")
        page.write_row(1, 0, [1, 2])

    def cells(book: Any) -> None:
        page = book.add_worksheet()
        page.write_row(0, 0, ["a", "b"])
        page.merge_range(1, 0, 2, 0, "same")
        page.write_column(1, 1, [1, 2])

    assert "merged headings" in refusal(workbook(headings), "a.xlsx")
    assert "Merged cells" in notes(workbook(cells))


def test_sheets_rows_and_macros_are_told() -> None:
    def fill(book: Any) -> None:
        book.add_worksheet("Empty")
        page = book.add_worksheet("Data")
        page.write_row(0, 0, ["a"])
        page.write_row(1, 0, [1])
        page.set_row(1, None, None, {"hidden": True})
        book.add_worksheet("Secret").hide()

    said = notes(rezipped(workbook(fill), xl__vbaProject_dot_bin=b"x"))
    assert "Sheet “Data” was read" in said
    assert "Hidden sheets were not read: Secret" in said
    assert "Hidden rows were read, too: 1" in said
    assert "macros" in said


def test_a_sheet_can_be_chosen_by_name() -> None:
    def fill(book: Any) -> None:
        for name in ("One", "Two"):
            book.add_worksheet(name).write_column(0, 0, [name, 1])

    assert ("Two",) == read_table(workbook(fill), "a.xlsx", sheet="Two").header
    with pytest.raises(Refusal, match="no sheet “Three”"):
        read_table(workbook(fill), "a.xlsx", sheet="Three")


def test_row_numbers_are_those_of_the_file_and_odd_rows_are_told() -> None:
    table = read_table(b"\n\na,b,\n1,2,x\n\n3,4\n5,6,7,8\nTotal,9\n", "f")
    assert [4, 6, 7, 8] == [row.number for row in table.rows]
    assert [7, 8] == [row.number for row in table.rows if row.problem]
    said = "\n".join(map(str, table.notes))
    assert "found in row 3" in said
    assert "Column C has no heading" in said
    assert "looks like a total" in str(table.rows[-1].problem)


def test_an_invisible_nul_is_removed_and_told() -> None:
    table = read_table(b"a,b\nx\x00y,2\n", "f")
    assert "xy" == table.rows[0].cells[0]
    assert "NUL" in str(table.notes[-1])


def test_a_file_that_is_not_there_or_a_folder_is_a_sentence(tmp_path: Path) -> None:
    for path, reason in ((tmp_path / "none.csv", "There is no file"), (tmp_path, "is a folder")):
        with pytest.raises(Refusal, match=reason):
            read_table(path)

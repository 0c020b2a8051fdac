"""Odd and hostile text files: each comes in right, or is refused with a sentence that says what to do."""

from __future__ import annotations

import gzip

import pytest

from services.kit.errors import Refusal
from services.kit.transfer.cells import TextForm
from services.kit.transfer.reading import open_table, read_table

RIGHT: dict[str, tuple[bytes, list[tuple[object, ...]], str]] = {
    "lines that end in CR alone": (b"Name,Phone\rAcme,0755\r", [("Acme", "0755")], ""),
    "UTF-16 without a mark": ("Name,电话\n华为技术,1\n".encode("utf-16-be"), [("华为技术", "1")], ""),
    "UTF-32": ("Name,电话\n华为技术,1\n".encode("utf-32"), [("华为技术", "1")], ""),
    "NUL": (b"Name,Phone\nAc\x00me,1\n", [("Acme", "1")], "Invisible NUL characters were removed."),
    "the last line cut short": (
        b"Name,Phone,City\nAcme,1,Rome\nBorg",
        [("Acme", "1", "Rome"), ("Borg", None, None)],
        "The last row, 3, has 1 of 3 cells: the file may have been cut off.",
    ),
    "several lines cut short": (
        b"Name,Phone,City\nAcme,1\nBorg,2,Rome\nCorp",
        [("Acme", "1", None), ("Borg", "2", "Rome"), ("Corp", None, None)],
        "Rows with fewer cells than headings: 2, the first is row 2. What is missing is taken as blank.",
    ),
    "CRLF in quotes": (b'Name,Notes\r\nAcme,"one\r\ntwo"\r\n', [("Acme", "one\r\ntwo")], ""),
    "the delimiter said above": (b"sep=;\nName;Phone\nAcme, Inc;1\n", [("Acme, Inc", "1")], "found in row 2"),
    "a title above": (b"Customers 2026,,\n\nName,City,Phone\nAcme,Rome,1\n", [("Acme", "Rome", "1")], "found in row 3"),
    "a remark below": (
        "名称,数\n华为公司,1\n准确率: 96.50%,\n".encode(),
        [("华为公司", "1"), ("准确率: 96.50%", None)],
        "Row 3 looks like a remark",
    ),
    "characters lost before": ("Name,Phone\nAc\ufffdme,1\n".encode(), [("Ac\ufffdme", "1")], "Line 2 has the sign"),
    "emoji as heading": ("Name,📞\nAcme,1\n".encode(), [("Acme", "1")], ""),
    "UTF-7, which is ASCII": (b"Name,City\nAcme,M+APw-nchen\n", [("Acme", "M+APw-nchen")], ""),
    "one column": (b"Name\nAcme\nBorg\n", [("Acme",), ("Borg",)], ""),
}
REFUSED: dict[str, tuple[bytes, str]] = {
    "an open quotation mark": (b'Name,Phone\nAcme,1\n"Borg,2\n', "near line 3: a quotation mark is not closed"),
    "gzip with another name": (gzip.compress(b"Name\nAcme\n", mtime=0), "a gzip file. Save the table as .xlsx or .csv"),
    "JSON": (b'[{"Name": "Acme"}]', "a JSON file. Save the table as .xlsx or .csv"),
    "a lone surrogate": (b"Name\nAc\xed\xa0\x80me\n", "Line 2 of “list.csv” has bytes that do not fit its encoding"),
    "a heading of 10 MB": (b"Name," + b"x" * 10_000_000 + b"\nA,1\n", "holds more than 32 KB. Shorten it."),
    "20,000 columns": (b",".join(b"c%d" % n for n in range(20_000)) + b"\n1\n", "at most 200 can be read"),
    "headings alone": (b"Name,Phone\n", "has headings but no rows"),
    "one heading twice": (b"Name,NAME\nA,B\n", "same heading more than once"),
}


@pytest.mark.parametrize("what", RIGHT)
def test_an_odd_file_comes_in_right(what: str) -> None:
    content, expected, told = RIGHT[what]
    table = read_table(content, "list.csv")
    assert expected == [row.cells for row in table.rows]
    assert told in "\n".join(map(str, table.notes))
    assert bool(told) == bool(table.notes)


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_come_in_is_refused_with_what_to_do(what: str) -> None:
    content, reason = REFUSED[what]
    with pytest.raises(Refusal) as refused:
        read_table(content, "list.csv")
    assert reason in str(refused.value)


def test_a_total_below_is_no_record() -> None:
    rows = read_table('Name,Amount,Share\nTotal,1,2\n合计,"¥1,234.50",100%\n'.encode(), "list.csv").rows
    told = "This row looks like a total, not like a record. Take it out of the file."
    assert [None, told] == [str(row.problem) if row.problem else None for row in rows]
    assert [None] == [row.problem for row in read_table(b"Name,City\nTotal,Paris\n", "list.csv").rows]


def test_encoding_and_delimiter_may_be_said_where_they_are_not_found() -> None:
    content = "名前;値,段\n東京電力;1,5\n".encode("shift_jis")
    table = open_table(content, "list.csv", how=TextForm("shift_jis", "semicolon"))
    assert (("名前", "値,段"), [("東京電力", "1,5")]) == (table.header, [row.cells for row in table.rows])


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        (TextForm("utf-8"), "is not written in utf-8: line 2 cannot be read so. Choose another encoding."),
        (TextForm("klingon"), "There is no encoding “klingon”. There are for instance: utf-8, gb18030, big5"),
        (TextForm("latin-1", "::"), "“::” is no delimiter. There are: comma, semicolon, tab, bar."),
    ],
)
def test_what_is_said_wrongly_of_a_text_file_is_told(how: TextForm, reason: str) -> None:
    with pytest.raises(Refusal) as refused:
        open_table(b"Name\nM\xfcller\n", "list.csv", how=how)
    assert reason in str(refused.value)


def test_a_heading_alone_above_one_other_column_is_no_title() -> None:
    table = read_table(b"Name,\nAcme,Rome\n", "list.csv")
    assert ("Name",) == table.header
    assert "Column B has no heading" in str(table.notes[-1])

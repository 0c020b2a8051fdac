"""Many cells read at once are read as one by one: the same values, the same refusals, for every kind."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit import words
from services.kit.errors import Message
from services.kit.fields import KINDS, Field
from services.kit.transfer.cells import Trouble
from services.kit.transfer.columns import TYPES, read_column
from services.kit.transfer.drafts import Habits, read_cell
from services.kit.transfer.mapping import Column
from services.kit.transfer.staging import cells_of, column_of

OPTIONS = {"key": "A · key", "other": "Other"}
FACTS: dict[str, dict[str, Any]] = {
    "text": {"max_length": 20},
    "email": {"max_length": 40},
    "phone": {"max_length": 20},
    "integer": {"minimum": 0},
    "rating": {"minimum": 1, "maximum": 5},
    "percent": {"minimum": -10_000},
    "choice": {"options": OPTIONS},
}
ODD = [
    "", " ", "　", "007", "-0", "+5", "1,234.50", "1234.5", "0.005", "-0.01", "12 %", "12%", "1.2万",
    "3亿", "(5)", "1E5", "1.38E+10", "1e-3", ".5", "5.", "１２３", "−7", "99999999999", "2147483648",
    "9007199254740993", "123456789012.99", "nan", "inf", "Infinity", "true", "yes", "是", "否", "0", "1",
    "A · key", "key", "other", "KEY", "CNY", "usd", "XYZ", "2026-01-31", "2026/1/31", "2026年1月31日",
    "20260131", "31.1.2026", "2026-13-01", "2026-01-31T08:00:00", "0001-01-01", "a@b.example", "a@b",
    "a@b..c", "a@b.c.", "ü@b.example", "+86 138 0013 8000", "075512345678", "(0755) 123-45", "1234",
    "12345", "call me", "ext 5 123 45", "é", "e\u0301", "a  b", " a ", "a\u200bb", "a\tb", "a\nb", "“x”",
    "上海 科技", "㐂𠮷", "x" * 21, "中" * 21, "=1+1", "a\u00a0b", "'x", "ﬁ", "Ａ", "\u2028", "\x1f",
    "1\u00a0000", "Select", "--None--", "N/A", "null", "-", "(select)", "NULL", "n/A", "05/03/26", "31-Jan-26", "45351",
]  # fmt: skip
TEXTS = st.one_of(
    st.sampled_from(ODD),
    st.text(max_size=25).filter(lambda text: text.isprintable() or text.isascii()),
    st.from_regex(r"-?[0-9]{1,14}(\.[0-9]{1,4})?", fullmatch=True),
    st.from_regex(r"[0-9+() ./-]{3,12}", fullmatch=True),
    st.from_regex(r"[a-z.]{1,5}@[a-z.]{1,5}\.[a-z]{1,3}", fullmatch=True),
)
FLOATS = st.one_of(
    st.floats(allow_nan=False).map(lambda one: one + 0.0),  # no -0.0: a column knows it as 0.0
    st.integers(-(10**16), 10**16).map(float),
    st.integers(-(10**9), 10**9).map(lambda n: n / 100),
    st.sampled_from([0.0, -0.0, 0.005, 1.005, 1e15, 999_999_999_999_999.0, 2.0**31, 13_800_000_000.0, float("inf")]),
)
OTHERS = st.one_of(
    st.booleans(),
    st.integers(-(10**18), 10**18),
    st.just(date(2026, 1, 31)),
    st.just(datetime(2026, 1, 31, 8, 30)),  # noqa: DTZ001 - as a spreadsheet has it
    st.just(time(8, 30)),
    st.just(timedelta(hours=30)),
    st.just(Trouble("#REF!", Message("The spreadsheet shows the error {error} here.", {"error": "#REF!"}))),
)
COLUMNS = st.one_of(
    st.lists(st.none() | TEXTS, max_size=30),
    st.lists(st.none() | FLOATS, max_size=30),
    st.lists(st.none() | TEXTS | FLOATS | OTHERS, max_size=30),
)


@pytest.mark.parametrize("kind", sorted(KINDS - {"reference"}))
@given(cells=COLUMNS, scale=st.sampled_from(["", "", "万"]), mixed=st.booleans(), fractions=st.booleans())
def test_a_column_is_read_as_its_cells_are(
    kind: str, cells: list[Any], scale: str, *, mixed: bool, fractions: bool
) -> None:
    field = Field("f", kind, "F", **FACTS.get(kind, {}))
    column = Column(0, "F", field, scale if kind == "money" else "")
    codes = words.codes(OPTIONS) if kind == "choice" else None
    habits = Habits("CNY", ZoneInfo("Asia/Shanghai"), frozenset({"f"} if fractions and kind == "percent" else ()))
    currencies: Any = ["CNY" if at % 3 else "JPY" for at in range(len(cells))] if mixed else "CNY"
    expected = [
        read_cell(column, cell, codes, currencies[at] if mixed else "CNY", habits) for at, cell in enumerate(cells)
    ]
    found = read_column(column, column_of(cells), codes, currencies, habits)
    assert [value for value, _ in expected] == found.values.to_pylist()
    assert {at: str(wrong) for at, (_, wrong) in enumerate(expected) if wrong} == {
        at: str(wrong) for at, wrong in found.wrong.items()
    }
    assert found.values.type == TYPES.get(kind, found.values.type)


@given(cells=COLUMNS)
def test_cells_come_back_from_the_disk_as_they_were(cells: list[Any]) -> None:
    found = cells_of(column_of(cells))
    assert [(type(cell), str(cell)) for cell in cells] == [(type(cell), str(cell)) for cell in found]

"""Lines that Arrow puts together are the very ones that Python's own module writes."""

from __future__ import annotations

import csv
import io
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.transfer import csv_lines

CELLS = st.one_of(
    st.none(),
    st.text(st.characters(codec="utf-8"), max_size=6),
    st.sampled_from(["", " ", '"', '""', "a,b", "line\nline", "\r", "盛昌,科技", "'=1+1", "\x00", "\u2028"]),
    st.integers(),
    st.floats(allow_nan=False),
    st.decimals(allow_nan=False, allow_infinity=False, places=2),
    st.booleans(),
)


def written(columns: list[list[Any]]) -> bytes:
    """Return what Python's own module writes."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows(zip(*columns, strict=True))
    return buffer.getvalue().encode()


@given(st.integers(1, 4).flatmap(lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), max_size=6)))
def test_they_are_those_of_the_module(rows: list[list[Any]]) -> None:
    columns = [list(column) for column in zip(*rows, strict=True)]
    if columns:
        assert written(columns) == csv_lines.lines(columns)


def test_half_a_character_is_written_as_it_is() -> None:
    assert b"\xed\xa0\x80,1\r\n" == csv_lines.lines([["\ud800"], [1]])


@pytest.mark.parametrize(("start", "end"), [(0, 3), (1, 3), (1, 2), (3, 3)])
def test_a_part_of_an_array_is_joined_alone(start: int, end: int) -> None:
    texts = ["a", "盛昌", "c"]
    assert "".join(texts[start:end]).encode() == csv_lines.joined(pa.array(texts).slice(start, end - start))

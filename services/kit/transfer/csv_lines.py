"""Lines of a .csv file, put together column by column by Arrow: what the `csv` module writes, in half the time."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any, Final

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

_END: Final = "\r\n"
_SPECIAL: Final = '[",\r\n]'


def lines(columns: Sequence[Sequence[Any]]) -> bytes:
    """Return columns of texts, numbers and None as lines in UTF-8; a cell is quoted where it has to be."""
    if len(columns) > 1:  # a lone cell that is empty is quoted, so that its line is none to be skipped
        try:
            cells = [_cells(column) for column in columns]
        except (pa.ArrowException, UnicodeError):  # half a character
            return _by_hand(columns)
        made = pc.binary_join_element_wise(*cells, pa.scalar(","))
        return joined(pc.binary_join_element_wise(made, pa.scalar(_END), pa.scalar("")))
    return _by_hand(columns)


def joined(texts: Any) -> bytes:
    """Return the texts of an Arrow array, none of them null, one after the other: as they lie in its memory."""
    if not len(texts):
        return b""
    _, offsets, data = texts.buffers()
    places = memoryview(offsets).cast("i")
    return bytes(memoryview(data)[places[texts.offset] : places[texts.offset + len(texts)]])


def _cells(column: Sequence[Any]) -> Any:
    if not set(map(type, column)) <= {str, type(None)}:
        column = [None if one is None else str(one) for one in column]
    texts = pc.fill_null(pa.array(column, pa.string()), "")
    special = pc.match_substring_regex(texts, _SPECIAL)
    if not pc.any(special).as_py():
        return texts
    quote = pa.scalar('"')
    quoted = pc.binary_join_element_wise(quote, pc.replace_substring(texts, '"', '""'), quote, pa.scalar(""))
    return pc.if_else(special, quoted, texts)


def _by_hand(columns: Sequence[Sequence[Any]]) -> bytes:
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows(zip(*columns, strict=True))
    return buffer.getvalue().encode("utf-8", "surrogatepass")

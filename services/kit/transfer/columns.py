"""Columns: many cells of one field become typed values at once.

What a cell means is said by `drafts.read_cell` alone. Here the plain cells of text and numbers are decided by
Arrow; of all others each different one is asked of `read_cell` once. Nothing is refused here: what is not plain,
out of bounds or odd goes to `read_cell`, whose sentence is the one the user reads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from services.kit import money
from services.kit.errors import Message
from services.kit.transfer.cells import NOTHING_IN_TEXT, Trouble
from services.kit.transfer.drafts import NARROW, Habits, read_cell
from services.kit.transfer.mapping import Column
from services.kit.transfer.staging import cells_of

TYPES: Final[Mapping[str, Any]] = {
    "integer": pa.int64(),
    "rating": pa.int64(),
    "money": pa.int64(),
    "percent": pa.int64(),
    "reference": pa.int64(),
    "id": pa.int64(),
    "number": pa.float64(),
    "flag": pa.bool_(),
    "day": pa.date32(),
    "instant": pa.timestamp("us", "UTC"),
    "choices": pa.list_(pa.string()),
}
"""Arrow type by kind; text where none is named."""


_FEW: Final = 8
"""A column with this many equal cells for each different one is read by its different cells."""
_CENTS: Final = 2
_EXACT: Final = 1e12
"""Up to here an amount with two decimals is told apart from its neighbours by a float."""
_LOST: Final = 1e15

# Printable ASCII, Latin letters with their accents on, Chinese characters and their punctuation: the same in NFC,
# neither space nor invisible. Compare fields.clean_text.
_PLAIN: Final = r"[!-~\x{C0}-\x{17F}\x{3400}-\x{4DBF}\x{4E00}-\x{9FFF}，。（）：；、“”《》·—]"
_LINE: Final = rf"^{_PLAIN}+(?: {_PLAIN}+)*$"
_SHORTENED: Final = r"^[+-]?[0-9](?:\.[0-9]+)?[eE]\+?[0-9]{1,3}$"
_PHONE: Final = r"^(?:[()+./#-]*[0-9]){5}[0-9()+./#-]*(?: [0-9()+./#-]+)*$"
_EMAIL: Final = r"^[0-9A-Za-z._%+'-]+@[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)+$"
_WHOLE: Final = r"^-?[0-9]{1,9}$"
_NOTHING: Final = pa.array(sorted(NOTHING_IN_TEXT), pa.string())
_AMOUNT: Final = r"^-?[0-9]{1,12}(?:\.[0-9]{1,2})?$"
_REAL: Final = r"^-?[0-9]{1,12}(?:\.[0-9]{1,12})?$"


@dataclass
class Read:
    """Typed values of a column, null where there is none, and what is wrong by position."""

    values: Any
    wrong: dict[int, Message]


def read_column(
    column: Column, cells: Any, codes: dict[str, str] | None, currency: str | Sequence[str], habits: Habits
) -> Read:
    """Return the typed values of a staged column. `currency` is that of all rows, or one for each."""
    type_ = TYPES.get(column.field.kind, pa.string())
    decided, values = _plain_ones(column, cells, codes, currency, habits, type_)
    if decided is None:
        return _by_different(column, cells, codes, currency, habits, type_)
    left = pc.and_not(pc.is_valid(cells), decided)
    places = np.flatnonzero(left.to_numpy(zero_copy_only=False))
    if not len(places):
        return Read(values, {})
    of_each = currency if isinstance(currency, str) else [currency[int(at)] for at in places]
    rest = _by_different(column, cells.take(pa.array(places)), codes, of_each, habits, type_)
    wrong = {int(places[at]): message for at, message in rest.wrong.items()}
    return Read(pc.replace_with_mask(values, left, rest.values), wrong)


def _by_different(
    column: Column,
    cells: Any,
    codes: dict[str, str] | None,
    currency: str | Sequence[str],
    habits: Habits,
    type_: Any,
) -> Read:
    """Ask `read_cell` once for every different cell."""
    is_one = isinstance(currency, str)
    if pa.types.is_struct(cells.type) or not is_one:
        return _one_by_one(column, cells_of(cells), codes, currency, habits, type_)
    encoded = cells.dictionary_encode()
    answers = [read_cell(column, cell, codes, str(currency), habits) for cell in encoded.dictionary.to_pylist()]
    values = pa.array([answer[0] for answer in answers], type_).take(encoded.indices)
    bad = {at: answer[1] for at, answer in enumerate(answers) if answer[1] is not None}
    if not bad:
        return Read(values, {})
    indices = encoded.indices.to_pylist()
    return Read(values, {at: bad[index] for at, index in enumerate(indices) if index in bad})


def _one_by_one(
    column: Column,
    cells: Sequence[Any],
    codes: dict[str, str] | None,
    currency: str | Sequence[str],
    habits: Habits,
    type_: Any,
) -> Read:
    known: dict[Any, tuple[Any, Message | None]] = {}
    values, wrong = [], {}
    for at, cell in enumerate(cells):
        of_row = currency if isinstance(currency, str) else currency[at]
        if isinstance(cell, Trouble):
            answer = read_cell(column, cell, codes, of_row, habits)
        else:
            key = (cell.__class__, cell, of_row)
            answer = known.get(key) or read_cell(column, cell, codes, of_row, habits)
            known[key] = answer
        values.append(answer[0])
        if answer[1] is not None:
            wrong[at] = answer[1]
    return Read(pa.array(values, type_), wrong)


# --- plain cells --------------------------------------------------------------------------------------------


def _plain_ones(
    column: Column,
    cells: Any,
    codes: dict[str, str] | None,
    currency: str | Sequence[str],
    habits: Habits,
    type_: Any,
) -> tuple[Any, Any]:
    """Return which cells are plain, and their values with nulls elsewhere; (None, None) if none are looked for."""
    decide = _DECIDERS.get(column.field.kind)
    if decide is None or codes is not None or column.scale or column.values or column.field.name in habits.fractions:
        return None, None
    if pa.types.is_struct(cells.type) or not len(cells):
        return None, None
    if pa.types.is_string(cells.type) and cells.slice(0, 2_000).unique().__len__() * _FEW < min(len(cells), 2_000):
        return None, None
    if column.field.kind == "money" and not _are_cents(currency):
        return None, None
    plain, values = decide(column, cells)
    if type_ == pa.int64():
        plain = pc.and_(plain, _within(column, values))
    plain = pc.fill_null(plain, False)  # noqa: FBT003 - pyarrow's own signature
    return plain, pc.if_else(plain, values, pa.scalar(None, type_))


def _are_cents(currency: str | Sequence[str]) -> bool:
    used = {currency} if isinstance(currency, str) else set(currency)
    return all(money.digits(one) == _CENTS for one in used)


def _within(column: Column, values: Any) -> Any:
    low, high = column.field.minimum, column.field.maximum
    found = pc.is_valid(values)
    if column.field.kind in NARROW:
        found = pc.and_(found, pc.less(pc.abs(values), 2**31))
    if low is not None:
        found = pc.and_(found, pc.greater_equal(values, low))
    if high is not None:
        found = pc.and_(found, pc.less_equal(values, high))
    return found


def _texts(column: Column, cells: Any) -> tuple[Any, Any]:
    kind = column.field.kind
    if pa.types.is_floating(cells.type):
        if kind == "email":
            return pa.array(np.zeros(len(cells), bool)), pa.nulls(len(cells), pa.string())
        least = 10_000 if kind == "phone" else 0
        whole = _whole(cells, limit=_LOST, least=least)
        plain, values = whole[0], pc.cast(whole[1], pa.string())
    else:
        pattern = {"phone": _PHONE, "email": _EMAIL}.get(kind, _LINE)
        plain = pc.match_substring_regex(cells, pattern)
        plain = pc.and_not(plain, pc.match_substring_regex(cells, _SHORTENED))
        values = cells
    if kind == "text" and not column.field.required and pa.types.is_string(cells.type):
        plain = pc.and_not(plain, pc.is_in(cells, value_set=_NOTHING))
    if column.field.max_length:
        plain = pc.and_(plain, pc.less_equal(pc.utf8_length(values), column.field.max_length))
    return plain, values


def _whole(cells: Any, *, limit: float, least: float | None = None) -> tuple[Any, Any]:
    """Return which floats are whole numbers below a limit, and the numbers."""
    written = cells.to_numpy(zero_copy_only=False)
    with np.errstate(invalid="ignore"):
        plain = (np.abs(written) < limit) & (np.rint(written) == written)
        if least is not None:
            plain &= written >= least
        numbers = np.where(plain, written, 0).astype(np.int64)
    return pa.array(plain), pa.array(numbers)


def _integers(_column: Column, cells: Any) -> tuple[Any, Any]:
    if pa.types.is_floating(cells.type):
        return _whole(cells, limit=1e9)
    plain = pc.fill_null(pc.match_substring_regex(cells, _WHOLE), False)  # noqa: FBT003
    return plain, pc.cast(pc.if_else(plain, cells, "0"), pa.int64())


def _hundredths(_column: Column, cells: Any) -> tuple[Any, Any]:
    """Read amounts and percentages with at most two decimals; a third one rounds, which is not done here."""
    if pa.types.is_floating(cells.type):
        written = cells.to_numpy(zero_copy_only=False)
        plain = None
    else:
        plain = pc.fill_null(pc.match_substring_regex(cells, _AMOUNT), False)  # noqa: FBT003
        written = pc.cast(pc.if_else(plain, cells, "0"), pa.float64()).to_numpy(zero_copy_only=False)
    with np.errstate(invalid="ignore", over="ignore"):
        hundredths = np.rint(written * 100)
        exact = (np.abs(written) < _EXACT) & (hundredths / 100 == written)
        numbers = np.where(exact, hundredths, 0).astype(np.int64)
    is_exact = pa.array(exact)
    return (is_exact if plain is None else pc.and_(plain, is_exact)), pa.array(numbers)


def _reals(_column: Column, cells: Any) -> tuple[Any, Any]:
    if pa.types.is_floating(cells.type):
        return pc.is_finite(cells), cells
    plain = pc.fill_null(pc.match_substring_regex(cells, _REAL), False)  # noqa: FBT003
    return plain, pc.cast(pc.if_else(plain, cells, "0"), pa.float64())


_DECIDERS: Final[Mapping[str, Callable[[Column, Any], tuple[Any, Any]]]] = {
    "text": _texts,
    "long_text": _texts,
    "phone": _texts,
    "email": _texts,
    "integer": _integers,
    "rating": _integers,
    "money": _hundredths,
    "percent": _hundredths,
    "number": _reals,
}

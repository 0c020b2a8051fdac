"""Which rows of a list are worth comparing: those that share enough rare keys, whichever field was spoiled.

Every field gives several keys (its whole, its halves, its sound, its words), so that one error anywhere leaves others
intact. A key weighs by its rarity; rows whose shared keys weigh enough are a candidate pair. Keys that very many
rows share are left out, so that the work grows with the rows, not with their square.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
from scipy import sparse

from db.characters import CJK, sound
from db.company_names import canonical, company_parts, skeleton, trade_name
from services.duplicates import columns as kinds
from services.duplicates.columns import Column

_ENOUGH: Final = 0.72
"""Share of the weight of a key that one row alone has."""
_MOST_EACH: Final = 80
"""Candidates of one row, the heaviest."""
_CHUNK: Final = 2_000
_FEW: Final = 300
"""So few rows are all compared with one another."""
_WORK: Final = 60_000_000
"""Entries of the product of keys that one list may cost."""
_LEAST_COMMON: Final = 40
_MOST_COMMON: Final = 500


def candidates(columns: Sequence[Column]) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of candidate pairs, (smaller, larger), each pair once."""
    rows = len(columns[0].codes)
    if rows <= _FEW:
        low, high = np.triu_indices(rows, 1)
        return low.astype(np.int64), high.astype(np.int64)
    matrix = _weighed(_keyed(columns), rows)
    if matrix is None:
        nothing = np.zeros(0, dtype=np.int64)
        return nothing, nothing
    enough = _ENOUGH * math.log(max(rows, 2))
    firsts, seconds = [], []
    other = matrix.T.tocsr()
    for start in range(0, rows, _CHUNK):
        shared = (matrix[start : start + _CHUNK] @ other).tocsr()
        for a, b in _heaviest(shared, start, enough):
            firsts.append(a)
            seconds.append(b)
    one, two = np.concatenate(firsts), np.concatenate(seconds)
    low, high = np.minimum(one, two), np.maximum(one, two)
    unique = np.unique(low * rows + high)
    return unique // rows, unique % rows


def _heaviest(shared: Any, start: int, enough: float) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    indptr, indices, data = shared.indptr, shared.indices, shared.data
    for at in range(shared.shape[0]):
        found = slice(indptr[at], indptr[at + 1])
        ids, weights = indices[found], data[found]
        kept = (weights >= enough) & (ids != start + at)
        ids, weights = ids[kept], weights[kept]
        if len(ids) > _MOST_EACH:
            ids = ids[np.argpartition(-weights, _MOST_EACH)[:_MOST_EACH]]
        yield np.full(len(ids), start + at, dtype=np.int64), ids.astype(np.int64)


def _weighed(keyed: tuple[list[int], list[int], int], rows: int) -> Any:
    """Return rows x keys, each key by the square root of its weight; None if nothing is shared."""
    at_row, at_key, number = keyed
    if not at_row:
        return None
    row, key = np.array(at_row), np.array(at_key)
    pairs = np.unique(row * number + key)
    row, key = pairs // number, pairs % number
    counts = np.bincount(key, minlength=number)
    common = _commonest(counts, rows)
    kept = (counts[key] > 1) & (counts[key] <= common)
    if not kept.any():
        return None
    row, key = row[kept], key[kept]
    weights = np.sqrt(np.log(rows / counts[key]))
    return sparse.csr_matrix((weights, (row, key)), shape=(rows, number))


def _commonest(counts: np.ndarray, rows: int) -> int:
    """Return how many rows may share a key at most, so that the work stays within bounds."""
    common = max(min(_MOST_COMMON, rows // 4), 2)
    while common > _LEAST_COMMON and float((counts[counts <= common].astype(np.float64) ** 2).sum()) > _WORK:
        common = int(common * 0.8)
    return common


def _keyed(columns: Sequence[Column]) -> tuple[list[int], list[int], int]:
    """Return rows, keys and the number of keys."""
    numbers: dict[tuple[str, str], int] = {}
    at_row: list[int] = []
    at_key: list[int] = []
    for column in columns:
        space = column.kind if column.kind == kinds.PERSON else column.name
        of_value = [[numbers.setdefault((space, key), len(numbers)) for key in _keys(column, v)] for v in column.values]
        for row, code in enumerate(column.codes.tolist()):
            for key in of_value[code]:
                at_row.append(row)
                at_key.append(key)
    return at_row, at_key, len(numbers)


def _keys(column: Column, value: str) -> set[str]:
    if not value:
        return set()
    return _MADE.get(column.kind, _of_text)(value)


def _of_person(value: str) -> set[str]:
    if CJK.search(value):
        return {value, f"~{sound(value)}"}
    found = {value, f"^{value[:3]}", f"${value[-3:]}", f"~{skeleton(value)}"}
    return found | {word for word in value.split() if len(word) > 1}


def _of_company(value: str) -> set[str]:
    parts = company_parts(value)
    rest = parts.rest
    found = {parts.key, f"={rest}", f"~{parts.block}"}
    if CJK.search(rest):
        trade = trade_name(canonical(rest))
        found |= {f"t{trade}", f"s{sound(trade)}"} | {f"b{trade[at : at + 2]}" for at in range(len(trade) - 1)}
        return found | {f"c{canonical(rest)}"}
    return found | {f"w{word}" for word in parts.words if len(word) > 2} | {f"{rest[:5]}^"}  # noqa: PLR2004


def _of_number(value: str) -> set[str]:
    half = (len(value) + 1) // 2
    return {value, f"^{value[:half]}", f"${value[-half:]}", f"%{''.join(sorted(value))}"}


def _of_day(value: str) -> set[str]:
    if len(value) != 8:  # noqa: PLR2004 - yyyymmdd
        return {value, f"^{value[:4]}", f"${value[-4:]}"}
    year, month, day = value[:4], value[4:6], value[6:]
    return {value, f"{year}{min(month, day)}{max(month, day)}", f"m{year}{month}", f"d{year}{day}", f"y{month}{day}"}


def _of_code(value: str) -> set[str]:
    return {value, f"%{''.join(sorted(value))}"}


def _of_text(value: str) -> set[str]:
    if CJK.search(value):
        bare = value.replace(" ", "")
        return {f"={bare}"} | {bare[at : at + 2] for at in range(len(bare) - 1)}
    words = value.split()
    found = {f"={''.join(sorted(value.replace(' ', '')))}", *(word for word in words if len(word) > 1)}
    return found | {f"~{skeleton(word)}" for word in words if len(word) > 3 and word.isalpha()}  # noqa: PLR2004


_MADE: Final = {
    kinds.PERSON: _of_person,
    kinds.COMPANY: _of_company,
    kinds.NUMBER: _of_number,
    kinds.PHONE: _of_number,
    kinds.EMAIL: lambda value: {value, f"@{value.partition('@')[0]}"},
    kinds.DOMAIN: lambda value: {value},
    kinds.DAY: _of_day,
    kinds.CODE: _of_code,
    kinds.TEXT: _of_text,
}

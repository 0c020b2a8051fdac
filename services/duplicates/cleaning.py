"""Clean a list before it comes in: which rows of a file are there twice, or which pairs of names are one company."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from db.types import N_
from services.duplicates import columns as kinds
from services.duplicates import companies, listing
from services.duplicates.columns import Column, as_text, column, name_kind
from services.duplicates.company_names import judge
from services.duplicates.listing import Pair
from services.duplicates.verdict import NONE, REASONS
from services.kit.errors import Refusal
from services.kit.transfer.cells import Trouble
from services.kit.transfer.mapping import position_of
from services.kit.transfer.reading import Table, read_table

PAIR_HEADER = ("row_a", "row_b", "tier", "reasons")
NAMES_HEADER = ("row", "tier", "reasons")


@dataclass(frozen=True)
class Columns:
    """Which columns of a file say what, by their headings."""

    name: tuple[str, ...]
    exact: tuple[str, ...] = ()
    """What tells rows apart by itself: a tax number, an identity number, a mail address."""
    compare: tuple[str, ...] = ()


def read(path: Path, *, sheet: str | None = None) -> Table:
    """Return the table in a file. Raises Refusal."""
    return read_table(path, sheet=sheet)


def pairs(table: Table, wanted: Columns) -> list[Pair]:
    """Return the pairs of rows that are perhaps one, in the order of the rows. Raises Refusal for unknown columns.

    Whether names are those of companies or of persons, and what the other columns hold, is told from the values.
    """
    names = [_cells(table, heading) for heading in wanted.name]
    if not names:
        raise Refusal(N_("Say which columns hold the name."))
    kind = name_kind(names)
    made = [column(heading, cells, kind=kind) for heading, cells in zip(wanted.name, names, strict=True)]
    made += [column(heading, _cells(table, heading), is_exact=True) for heading in _once(wanted.exact, wanted.name)]
    made += [column(heading, _cells(table, heading)) for heading in _once(wanted.compare, wanted.name + wanted.exact)]
    return companies.pairs(made) if kind == kinds.COMPANY else listing.persons(made)


def judged(table: Table, one: str, other: str) -> Iterator[tuple[int, str, str]]:
    """Yield row, tier and reasons of the two names that stand on each row. Raises Refusal for unknown columns."""
    firsts, seconds = _cells(table, one), _cells(table, other)
    return (_judged(at, as_text(x), as_text(y)) for at, (x, y) in enumerate(zip(firsts, seconds, strict=True), 1))


def _judged(at: int, one: str, other: str) -> tuple[int, str, str]:
    if not one or not other:
        return at, NONE, ""
    verdict = judge(one, other)
    return at, verdict.tier, "; ".join(REASONS[code] for code in verdict.reasons)


def lines(found: Sequence[Pair]) -> Iterator[tuple[int, int, str, str]]:
    """Yield what is written of each pair; rows are counted from 1 after the header."""
    for pair in found:
        yield pair.a + 1, pair.b + 1, pair.tier, "; ".join(said(kind, heading) for kind, heading in pair.reasons)


def said(kind: str, heading: str) -> str:
    """Return a reason in words."""
    return f"{_WORDS[kind]} {heading}".strip() if kind in _WORDS else REASONS[kind]


_WORDS = {
    "same": "same",
    "similar": "similar",
    "partly": "partly the same",
    "swapped": "changed places:",
    "through": "both like a third row",
}


def _once(headings: Sequence[str], already: Sequence[str]) -> list[str]:
    return [heading for heading in dict.fromkeys(headings) if heading not in already]


def _cells(table: Table, heading: str) -> list[Any]:
    at = position_of(table, heading)
    return [None if isinstance(row.cells[at], Trouble) else row.cells[at] for row in table.rows]


def columns_of(written: str | None) -> tuple[str, ...]:
    """Return the headings in a comma-separated text."""
    return tuple(part.strip() for part in (written or "").split(",") if part.strip())


__all__ = ["NAMES_HEADER", "PAIR_HEADER", "Column", "Columns", "columns_of", "judged", "lines", "pairs", "read"]

"""Normalising: a block of cells becomes typed values and, later, what follows from them. Pure: no database.

Whoever does it, this process or one of its helpers, finds the block on disk and leaves the result beside it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from db.search import tokens
from services.kit import custom, several
from services.kit.entity import model_of
from services.kit.errors import Message
from services.kit.fields import Field, is_blank
from services.kit.transfer import gathering
from services.kit.transfer.cells import Trouble, says_nothing, written_as
from services.kit.transfer.columns import read_column
from services.kit.transfer.drafts import Habits, can_be_read, instead_of, order_of, told_apart
from services.kit.transfer.mapping import Column, Mapped
from services.kit.transfer.staging import Staged, cells_of, column_of, message_of, plain, read_arrow, write_arrow

VALUE: Final = "v_"
WRITTEN: Final = "w_"


@dataclass(frozen=True)
class Plan:
    """How the blocks of a file are read; the same for all of them, and small enough to be handed to a helper."""

    columns: tuple[Column, ...]
    """In the order they are read: the currency before the amounts."""
    choices: Mapping[str, Mapping[str, str]]
    habits: Habits
    table: str
    instead: Mapping[str, Any] = field(default_factory=dict)
    """Intake.instead, where records are only made."""
    searched: tuple[str, ...] = ()
    """Fields whose words are found by the search, in the order of the tokens."""
    by_names: Mapping[str, Field] = field(default_factory=dict)
    """Those of several choices, which are found by the names of what was chosen."""


def plan_of(
    mapped: Mapped, habits: Habits, table: str, searched: Sequence[str], instead: Mapping[str, Any] | None = None
) -> Plan:
    """Return the plan of a file."""
    choices, first, habits = order_of(mapped, habits)
    several_of = {one.field.name: one.field for one in first if one.field.kind == several.KIND}
    by_names = {name: several_of[name] for name in searched if name in several_of}
    return Plan(tuple(first), choices, habits, table, instead or {}, tuple(searched), by_names)


@dataclass
class Seen:
    """What was seen of a block on the way: told of the file as a whole."""

    shares: dict[str, list[float]] = field(default_factory=dict)
    """Of percent fields: how many plain numbers, how many between -1 and 1, how many with decimals."""
    unknown: dict[str, Counter[str]] = field(default_factory=dict)
    """Of choices: what is none of them, and how often."""
    completed: Counter[str] = field(default_factory=Counter)
    """How many rows had a field filled by what else is known of them."""

    def add(self, other: Seen) -> None:
        """Count another block in."""
        for name, counts in other.shares.items():
            before = self.shares.get(name, [0, 0, 0])
            self.shares[name] = [a + b for a, b in zip(before, counts, strict=True)]
        for name, cells in other.unknown.items():
            self.unknown.setdefault(name, Counter()).update(cells)
        self.completed.update(other.completed)


# --- cells to values ----------------------------------------------------------------------------------------


def normalise(staged: Staged, number: int, plan: Plan, target: Path) -> Seen:
    """Write the typed values of a block to `target`; return what was seen of it.

    Columns: `number`, `currency` (of the row), `wrong` (JSON by field, or null), `v_<field>` typed, `w_<field>`
    for a reference as it is written.
    """
    block = staged.block(number)
    count = block.num_rows
    wrong: dict[int, dict[str, Message]] = {
        at: {"": message_of(json.loads(problem))}
        for at, problem in enumerate(block.column("problem").to_pylist())
        if problem
    }
    made: dict[str, Any] = {}
    currency: str | list[str] = plan.habits.currency
    seen = Seen()
    for column in plan.columns:
        name = column.field.name
        cells = _gathered(block, column, plan) if column.parts or column.spare else _array(block, column)
        if column.field.kind == "reference":
            made[WRITTEN + name] = _written(column, cells, wrong)
            continue
        codes = plan.choices.get(name)
        read = read_column(column, cells, dict(codes) if codes else None, currency, plan.habits)
        made[VALUE + name] = read.values
        for at, message in read.wrong.items():
            wrong.setdefault(at, {})[name] = message
        if column.field.kind == "currency":
            currency = _currencies(read.values, plan.habits.currency)
        if column.field.kind == "percent":
            seen.shares[name] = _share(cells)
        if codes and column.field.kind == "choice":
            seen.unknown[name] = _unknown(column, cells, read.values)
        elif codes and column.field.kind == several.KIND:
            seen.unknown[name] = _unknown_among(column, cells, codes)
    told = [
        json.dumps({name: plain(message) for name, message in wrong[at].items()}, ensure_ascii=False)
        if at in wrong
        else None
        for at in range(count)
    ]
    _complete(made, wrong, plan, count, seen)
    of_row = pa.array([currency] * count if isinstance(currency, str) else currency, pa.string())
    table = pa.table(
        {"number": block.column("number"), "currency": of_row, "wrong": pa.array(told, pa.string()), **made}
    )
    write_arrow(target, table)
    return seen


def _array(block: Any, column: Column) -> Any:
    found = block.column(f"c{column.position}")
    return found.chunk(0) if found.num_chunks == 1 else pa.concat_arrays(found.chunks)


def _complete(
    made: dict[str, Any], wrong: Mapping[int, Mapping[str, Message]], plan: Plan, count: int, seen: Seen
) -> None:
    """Fill required fields that are blank from others of the row."""
    for name, sources in plan.instead.items():
        key = (WRITTEN if name.endswith("_id") else VALUE) + name
        column = made.get(key)
        blank = range(count) if column is None else pc.indices_nonzero(pc.is_null(column)).to_pylist()
        if not len(blank):
            continue
        lists = [(made[VALUE + source].to_pylist(), make) for source, make in sources if VALUE + source in made]
        values = [None] * count if column is None else column.to_pylist()
        for at in blank:
            if name in wrong.get(at, ()):
                continue
            values[at] = next((one for known, make in lists if (one := make(known[at]))), None)
            seen.completed[name] += values[at] is not None
        made[key] = pa.array(values, pa.string())


def _gathered(block: Any, column: Column, plan: Plan) -> Any:
    """Return the cells that several columns become."""
    positions = [part.position for one in (column, *column.spare) for part in one.parts]
    lists = {at: cells_of(block.column(f"c{at}")) for at in positions}
    reads = can_be_read(plan.choices, plan.habits)
    made = [
        gathering.gathered(column, lambda at, row=row: lists[at][row], reads)  # type: ignore[misc]
        for row in range(block.num_rows)
    ]
    return column_of(made)


def _unknown(column: Column, cells: Any, values: Any) -> Counter[str]:
    """Return the cells of a choice that are none of it, whether they are errors or left out."""
    left = cells.filter(pc.and_(pc.is_valid(cells), pc.is_null(values)))
    if not len(left):
        return Counter()
    odd = [one for one in cells_of(left) if not isinstance(one, Trouble) and not says_nothing(instead_of(column, one))]
    return Counter(written_as(one) for one in odd)


def _unknown_among(column: Column, cells: Any, codes: Mapping[str, str]) -> Counter[str]:
    """Return what stands in cells of several choices and is none of them."""
    found: Counter[str] = Counter()
    for cell in cells_of(cells.filter(pc.is_valid(cells))):
        if not isinstance(cell, Trouble):
            found.update(told_apart(column, cell, codes)[1])
    return found


def _written(column: Column, cells: Any, wrong: dict[int, dict[str, Message]]) -> Any:
    found: list[str | None] = []
    name = column.field.name
    for at, cell in enumerate(cells_of(cells)):
        if isinstance(cell, Trouble):
            wrong.setdefault(at, {})[name] = cell.message
            found.append(None)
        else:
            cell = instead_of(column, cell)  # noqa: PLW2901
            found.append(None if says_nothing(cell) else written_as(cell))
    return pa.array(found, pa.string())


def _currencies(values: Any, usual: str) -> str | list[str]:
    found = pc.fill_null(values, usual)
    used = found.unique().to_pylist()
    one: str = used[0]
    return one if len(used) == 1 else list(found.to_pylist())


def _share(cells: Any) -> list[float]:
    """Return how many plain numbers there are, how many lie between -1 and 1, how many have decimals."""
    numbers = [_number(cell) for cell in cells_of(cells) if not isinstance(cell, Trouble) and not is_blank(cell)]
    found = [one for one in numbers if one is not None]
    return [len(found), sum(abs(one) <= 1 for one in found), sum(one != int(one) for one in found)]


def _number(cell: Any) -> float | None:
    if isinstance(cell, bool) or (isinstance(cell, str) and "%" in cell):
        return None
    try:
        value = float(cell)
    except (TypeError, ValueError):
        return None
    return value if abs(value) != float("inf") and value == value else None  # noqa: PLR0124 - NaN


# --- what follows from values -------------------------------------------------------------------------------


def derive(source: Path, plan: Plan, target: Path) -> None:
    """Write what a record keeps beside its values: normal forms, search tokens, added fields as JSON."""
    write_arrow(target, pa.table(derived_of(read_arrow(source), plan)))


def derived_of(table: Any, plan: Plan) -> dict[str, Any]:
    """Return what follows from the values of a block, by column; empty where a table has no such thing."""
    model: Any = model_of(plan.table)
    lists: dict[str, list[Any]] = {}

    def values(name: str) -> list[Any]:
        if name not in lists:
            key = VALUE + name
            lists[name] = table.column(key).to_pylist() if key in table.column_names else [None] * table.num_rows
        return lists[name]

    def texts_of(name: str) -> list[Any]:
        by_names = plan.by_names.get(name)
        found = values(name)
        return found if by_names is None else [custom.searched_text(by_names, one) if one else None for one in found]

    made: dict[str, Any] = {}
    if hasattr(model, "derived_columns"):
        sources = {name: values(name) for name in model.forms}
        made |= {name: pa.array(found, pa.string()) for name, found in model.derived_columns(sources).items()}
    if plan.searched:
        found = [tokens(*texts) for texts in zip(*(texts_of(name) for name in plan.searched), strict=True)]
        made["search_tokens"] = pa.array(found, pa.string())
    return made

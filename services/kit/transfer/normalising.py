"""Normalising: a block of cells becomes typed values and, later, what follows from them. Pure: no database.

Whoever does it, this process or one of its helpers, finds the block on disk and leaves the result beside it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from db.search import tokens
from services.kit.entity import model_of
from services.kit.errors import Message
from services.kit.fields import is_blank
from services.kit.transfer.cells import Trouble
from services.kit.transfer.columns import read_column
from services.kit.transfer.drafts import Habits, order_of
from services.kit.transfer.mapping import Column, Mapped
from services.kit.transfer.references import written_as
from services.kit.transfer.staging import Staged, cells_of, message_of, plain, read_arrow, write_arrow

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
    searched: tuple[str, ...] = ()
    """Fields whose words are found by the search, in the order of the tokens."""


def plan_of(mapped: Mapped, habits: Habits, table: str, searched: Sequence[str]) -> Plan:
    """Return the plan of a file."""
    choices, first, habits = order_of(mapped, habits)
    return Plan(tuple(first), choices, habits, table, tuple(searched))


# --- cells to values ----------------------------------------------------------------------------------------


def normalise(staged: Staged, number: int, plan: Plan, target: Path) -> dict[str, list[float]]:
    """Write the typed values of a block to `target`; return what its plain percentages look like, by field.

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
    shares = {}
    for column in plan.columns:
        name, cells = column.field.name, _array(block, column)
        if column.field.kind == "reference":
            made[WRITTEN + name] = _written(name, cells, wrong)
            continue
        codes = plan.choices.get(name)
        read = read_column(column, cells, dict(codes) if codes else None, currency, plan.habits)
        made[VALUE + name] = read.values
        for at, message in read.wrong.items():
            wrong.setdefault(at, {})[name] = message
        if column.field.kind == "currency":
            currency = _currencies(read.values, plan.habits.currency)
        if column.field.kind == "percent":
            shares[name] = _share(cells)
    told = [
        json.dumps({name: plain(message) for name, message in wrong[at].items()}, ensure_ascii=False)
        if at in wrong
        else None
        for at in range(count)
    ]
    of_row = pa.array([currency] * count if isinstance(currency, str) else currency, pa.string())
    table = pa.table(
        {"number": block.column("number"), "currency": of_row, "wrong": pa.array(told, pa.string()), **made}
    )
    write_arrow(target, table)
    return shares


def _array(block: Any, column: Column) -> Any:
    found = block.column(f"c{column.position}")
    return found.chunk(0) if found.num_chunks == 1 else pa.concat_arrays(found.chunks)


def _written(name: str, cells: Any, wrong: dict[int, dict[str, Message]]) -> Any:
    found: list[str | None] = []
    for at, cell in enumerate(cells_of(cells)):
        if isinstance(cell, Trouble):
            wrong.setdefault(at, {})[name] = cell.message
            found.append(None)
        else:
            found.append(None if is_blank(cell) else written_as(cell))
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

    made: dict[str, Any] = {}
    if hasattr(model, "derived_columns"):
        sources = {name: values(name) for name in model.forms}
        made |= {name: pa.array(found, pa.string()) for name, found in model.derived_columns(sources).items()}
    if plan.searched:
        found = [tokens(*texts) for texts in zip(*(values(name) for name in plan.searched), strict=True)]
        made["search_tokens"] = pa.array(found, pa.string())
    return made

"""Lists narrowed by what few may have: gathered by the index of the field where they are few.

Of fields of several choices: for what few have, either database would rather walk through the whole list in its
order, expecting to meet some soon (0.4 to 2 s at 200,000 rows); for what many have, it would gather half of the table
first. So it is counted before, by the index and up to FEW. Of fields of one value PostgreSQL knows which are rare.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Table, UnaryExpression, func, literal_column, select
from sqlalchemy.sql.operators import custom_op

from db.base import table_of
from db.custom import Among, bound_codes
from db.within import within
from services.kit import several
from services.kit.alternatives import is_indexed
from services.kit.conditions import criterion
from services.kit.entity import Entity
from services.kit.fields import Field

FEW: Final = 5_000

Conditions = Sequence[tuple[str, str]]


def places(fields: Mapping[str, Field], conditions: Conditions) -> list[int]:
    """Return the places of conditions (field, operator) on fields of several choices."""
    return [at for at, (name, _operator) in enumerate(conditions) if fields[name].kind == several.KIND]


def codes(field_: Field, operator: str, given: Sequence[str]) -> list[str]:
    """Return the codes that are asked for; having none is a code of its own (db/custom.py)."""
    if operator == "filled":
        return [*(field_.options or {}), *(field_.retired or {})]
    return [""] if operator == "empty" else list(given)


def criteria(
    entity: Entity, conditions: Conditions, *, is_few: bool, is_sqlite: bool, is_counted: bool = False
) -> list[ColumnElement[bool]]:
    """Return the criteria of the rows that have what is asked for; `condition_<place>` is bound to the codes.

    What is counted is met in no order: SQLite takes the index then, however many there are.
    """
    by_index = is_few or (is_counted and is_sqlite)
    found = _criteria(entity, conditions, by_index=by_index, is_sqlite=is_sqlite)
    model: Any = entity.model
    return [within(model.id, select(model.id).where(*found))] if found and is_few else found[1:]


def number(entity: Entity, conditions: Conditions, *, is_sqlite: bool) -> Select[int]:
    """Return the select of how many rows have what is asked for, whoever may see them, counted up to FEW.

    It decides how the rows are asked for, and is told to nobody.
    """
    model: Any = entity.model
    found = _criteria(entity, conditions, by_index=True, is_sqlite=is_sqlite)
    return select(func.count()).select_from(select(model.id).where(*found).limit(FEW).subquery())


# --- what SQLite is not left to decide, of columns of one value each --------------------------------------------

_BY_INDEX: Final = frozenset({"in", "is", "empty", "filled", "from", "to"})
_NUMBERS: Final = frozenset({"reference", "flag", "money", "percent", "integer", "number", "rating"})


def by_column(entity: Entity, conditions: Conditions, sort: str, *, is_whole: bool) -> list[tuple[int, ...]]:
    """Return the places of conditions that an index answers, together those of one column.

    SQLite knows how many rows have a value on average only. So of what is rare it walks through the list, and of what
    is common it sorts half of it: at a million customers of whom nobody owns any, those of a colleague by name took
    1.6 s. Where the index has the rows in the order of the list it is left to decide: by the column itself, and for
    whoever sees all (`is_whole`) of a choice or an owner by the date of change.
    """
    found: dict[str, list[int]] = {}
    for at, (name, operator) in enumerate(conditions):
        is_listed = is_whole and sort == "updated_at" and is_indexed(entity, name) and operator in ("in", "is", "empty")
        if operator in _BY_INDEX and _leads(entity, name) and name != sort and not is_listed:
            found.setdefault(name, []).append(at)
    return [tuple(places) for places in found.values()]


def _leads(entity: Entity, name: str) -> bool:
    """Say whether an index begins with the column."""
    field_ = entity.fields[name]
    if field_.is_custom:
        return field_.kind == "choice"
    return field_.kind != several.KIND and name in _leading(table_of(entity.model))


@lru_cache(maxsize=256)
def _leading(table: Table) -> frozenset[str]:
    return frozenset(str(getattr(next(iter(index.expressions)), "name", "")) for index in table.indexes)


def along(entity: Entity, condition: tuple[str, str], place: int) -> ColumnElement[bool]:
    """Return a condition as an index answers it: SQLite looks nothing up for IS NOT NULL."""
    name, operator = condition
    column = entity.column(name)
    if operator == "filled":
        least: ColumnElement[Any] = literal_column(str(-(2**63)) if entity.fields[name].kind in _NUMBERS else "''")
        any_value: ColumnElement[bool] = column >= least
        return any_value
    return criterion(column, operator, f"condition_{place}")


def is_across(operator: str, *, is_sqlite: bool) -> bool:
    """Say whether a database would look a condition up where `across` has it asked of each row instead.

    PostgreSQL does so only of what is not empty, for which the index of what few have looks cheap to it.
    """
    return operator in _BY_INDEX if is_sqlite else operator == "filled"


def across(entity: Entity, condition: tuple[str, str], place: int, *, is_sqlite: bool = True) -> ColumnElement[bool]:
    """Return a condition for which no index is taken: many rows fit, and are met along another."""
    column = entity.column(condition[0])
    if not is_sqlite:
        return func.num_nulls(column) == 0  # "is not null" would let an index in that holds nothing else
    bare: Any = UnaryExpression(column, operator=custom_op("+"), type_=column.type)
    return criterion(bare, condition[1], f"condition_{place}")


def counted(entity: Entity, criteria: Sequence[ColumnElement[bool]]) -> Select[int]:
    """Return the select of how many live rows there are, whoever may see them, counted up to FEW."""
    model: Any = entity.model
    found = select(model.id).where(model.deleted_at.is_(None), *criteria).limit(FEW)
    return select(func.count()).select_from(found.subquery())


def gathered(entity: Entity, criteria: Sequence[ColumnElement[bool]]) -> ColumnElement[bool]:
    """Return the criterion by which rows are found first, and put in order then."""
    model: Any = entity.model
    return within(model.id, select(model.id).where(model.deleted_at.is_(None), *criteria))


def _criteria(entity: Entity, conditions: Conditions, *, by_index: bool, is_sqlite: bool) -> list[ColumnElement[bool]]:
    """Return the criteria, that of live rows first: they are those that are indexed."""
    model: Any = entity.model
    found: list[ColumnElement[bool]] = [model.deleted_at.is_(None)]
    asked = places(entity.fields, conditions)
    for at in asked:
        name, operator = conditions[at]
        column = entity.column(name)
        if is_sqlite and operator in ("empty", "filled"):
            found.append(column.is_(None) if operator == "empty" else column.is_not(None))
        else:
            found.append(Among(column, bound_codes(f"condition_{at}"), every=operator == "has", by_index=by_index))
    return found if asked else []

"""Lists narrowed by fields of several choices: gathered by the index of the field where few have what is asked for.

For what few have, either database would rather walk through the whole list in its order, expecting to meet some soon
(0.4 to 2 s at 200,000 rows); for what many have, it would gather half of the table first. So it is counted before, by
the index and up to FEW.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, func, select

from db.custom import Among, bound_codes
from db.within import within
from services.kit import several
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

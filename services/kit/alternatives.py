"""Lists narrowed to any of several values: the newest rows of each value are read along the index of the column.

Asked for all of the values at once a database either sorts every row that has one of them or walks through the whole
list to meet them: 110 to 250 ms at 300,000 rows on SQLite, as long for values that few have as for those that many
have. Read one by one, each from the beginning of its own rows, it is the same for both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, bindparam

from db.base import table_of
from services.kit.entity import Entity

MOST: Final = 40
"""Parts that are read one by one."""


class Apart(NamedTuple):
    """Which condition is read value by value."""

    place: int
    number: int
    """How many values there are."""


def apart_in(entity: Entity, conditions: Sequence[tuple[str, str]], values: Sequence[Sequence[Any]]) -> Apart | None:
    """Return the first condition that asks for any of several values of a column indexed with the date of change."""
    for place, ((name, operator), given) in enumerate(zip(conditions, values, strict=True)):
        if operator == "in" and 1 < len(given) <= MOST and is_indexed(entity, name):
            return Apart(place, len(given))
    return None


def is_indexed(entity: Entity, name: str) -> bool:
    """Say whether db/base.py or db/custom.py has made an index of the column, the date of change, and the key."""
    field_ = entity.fields[name]
    if field_.is_custom:
        return field_.kind == "choice"
    if "deleted_at" not in table_of(entity.model).c:
        return name in ("owner_id", "team_id")
    return name in ("owner_id", "team_id") or field_.kind == "choice" or field_.recurring


def criteria(entity: Entity, conditions: Sequence[tuple[str, str]], apart: Apart) -> list[ColumnElement[bool]]:
    """Return a criterion for each value, bound by `bound`."""
    column = entity.column(conditions[apart.place][0])
    return [column == bindparam(_name(apart.place, at), type_=column.type) for at in range(apart.number)]


def bound(apart: Apart | None, values: Sequence[Sequence[Any]]) -> Mapping[str, Any]:
    """Return the values by the names under which the criteria ask for them."""
    return {} if apart is None else {_name(apart.place, at): value for at, value in enumerate(values[apart.place])}


def _name(place: int, at: int) -> str:
    return f"condition_{place}_{at}"

"""What points at the rows of a table: read from the tables themselves, so that later ones come along unasked."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final, NamedTuple

from sqlalchemy import Column, ColumnElement, Table, and_

from db.base import Base

_LOGS: Final = frozenset({"audit_entry", "conversion", "import_row", "merge", "reminder_state"})
"""Say what was done to which record at the time, or what one person was reminded of: they are never rewritten."""


class Link(NamedTuple):
    """A column that holds ids of another table; of a table for several entities, beside the entity's name."""

    table: Table
    column: Column[Any]
    entity: Column[Any] | None = None
    """The column that says which entity the id belongs to, as in (entity, record_id)."""

    @property
    def name(self) -> str:
        """Return the column's name."""
        return str(self.column.name)

    @property
    def is_record(self) -> bool:
        """Say whether the rows are records with a version and a recycle bin."""
        return "deleted_at" in self.table.c and "version" in self.table.c

    def of(self, key: str, criterion: ColumnElement[bool]) -> ColumnElement[bool]:
        """Return a criterion on the column, for rows that point at the entity `key`."""
        return criterion if self.entity is None else and_(self.entity == key, criterion)


@lru_cache(maxsize=64)
def pointing_at(key: str) -> tuple[Link, ...]:
    """Return every column that may hold an id of the table `key`, by table and column name."""
    found: list[Link] = []
    for table in Base.metadata.tables.values():
        if table.name in _LOGS:
            continue
        found += [
            Link(table, column)
            for column in table.columns
            if any(one.column.table.name == key and one.column.name == "id" for one in column.foreign_keys)
        ]
        if "entity" in table.c and "record_id" in table.c:
            found.append(Link(table, table.c.record_id, table.c.entity))
    return tuple(sorted(found, key=lambda one: (one.table.name, one.name)))

"""What hangs on records that are merged: every row of every table that points at them.

The tables say it themselves (services/kit/links.py). A row whose twin hangs on the kept record already, so that a
unique index would refuse it, stays with its own record and goes to the recycle bin with it; so does what hangs on
such a row, and an edge that would lead from the kept record to itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Index, Table, UniqueConstraint, and_, select, true

from db.base import table_of
from services.kit.entity import Entity
from services.kit.links import Link, pointing_at
from services.kit.unit_of_work import UnitOfWork

_DEMOTED: Final[Mapping[str, Mapping[str, Any]]] = {"contact": {"is_primary": False}}
"""Table -> what a row gives up so as not to clash with its twin, instead of staying behind."""


@dataclass
class Hanging:
    """Rows that point at the records that go."""

    moved: dict[Link, dict[int, int]] = field(default_factory=dict)
    """Link -> {row: the record it points at now}; they will point at the kept record."""
    left: dict[str, set[int]] = field(default_factory=dict)
    """Table -> rows that stay behind."""
    demoted: dict[str, set[int]] = field(default_factory=dict)
    """Table -> rows that give something up."""

    @property
    def moved_counts(self) -> dict[str, int]:
        """Return how many rows of each table move."""
        found: dict[str, set[int]] = {}
        for link, rows in self.moved.items():
            found.setdefault(link.table.name, set()).update(rows)
        return {name: len(rows) for name, rows in found.items() if rows}

    @property
    def left_counts(self) -> dict[str, int]:
        """Return how many rows of each table stay behind."""
        return {name: len(rows) for name, rows in self.left.items() if rows}


def given_up(table: str) -> Mapping[str, Any]:
    """Return the values that a demoted row gets."""
    return _DEMOTED[table]


def look(uow: UnitOfWork, entity: Entity, keep_id: int, other_ids: Sequence[int]) -> Hanging:
    """Return what points at the records that go. One query a column that may, and one a unique index on it."""
    found = Hanging()
    group = {keep_id, *other_ids}
    links = [link for link in pointing_at(entity.key) if "id" in link.table.c]
    for link in links:
        rows = _rows(uow, entity, link, other_ids)
        if link.table is table_of(entity.model):
            rows = {one: to for one, to in rows.items() if one not in group}
        clashing = _clashing(uow, entity, link, keep_id, other_ids) & rows.keys()
        clashing |= _to_itself(uow, links, link, group) & rows.keys()
        if clashing and link.table.name in _DEMOTED:
            found.demoted.setdefault(link.table.name, set()).update(clashing)
        elif clashing:
            found.left.setdefault(link.table.name, set()).update(clashing)
        found.moved[link] = rows
    _leave_what_hangs_on_what_is_left(uow, found)
    for link, rows in found.moved.items():
        stays = found.left.get(link.table.name, set())
        found.moved[link] = {one: to for one, to in rows.items() if one not in stays}
    return found


def _rows(uow: UnitOfWork, entity: Entity, link: Link, ids: Sequence[int]) -> dict[int, int]:
    pointing = select(link.table.c.id, link.column).where(link.of(entity.key, link.column.in_(ids)))
    return {row[0]: row[1] for row in uow.session.execute(pointing.order_by(link.table.c.id))}


def _clashing(uow: UnitOfWork, entity: Entity, link: Link, keep_id: int, other_ids: Sequence[int]) -> set[int]:
    """Return the rows that a unique index would refuse at the kept record; the kept record's own come first."""
    found: set[int] = set()
    table = link.table
    for one in (*table.constraints, *table.indexes):
        is_unique = isinstance(one, UniqueConstraint) or (isinstance(one, Index) and bool(one.unique))
        if not is_unique or not isinstance(one, UniqueConstraint | Index):
            continue
        names = [str(column.name) for column in one.columns]
        if link.name not in names:
            continue
        others = [table.c[name] for name in names if name not in (link.name, getattr(link.entity, "name", None))]
        where = one.dialect_options["postgresql"].get("where") if isinstance(one, Index) else None
        rows = uow.session.execute(
            select(table.c.id, link.column, *others)
            .where(
                and_(link.of(entity.key, link.column.in_([keep_id, *other_ids])), true() if where is None else where)
            )
            .order_by(link.column != keep_id, table.c.id)
        )
        taken: set[tuple[Any, ...]] = set()
        for row in rows:
            key = tuple(row[2:])
            if None in key:
                continue
            if key in taken:
                found.add(row[0])
            taken.add(key)
    return found


def _to_itself(uow: UnitOfWork, links: Sequence[Link], link: Link, group: set[int]) -> set[int]:
    """Return the rows of an edge table whose both ends would be the kept record."""
    ends = [one for one in links if one.table is link.table and one.entity is None]
    if len(ends) < 2 or link.entity is not None:  # noqa: PLR2004 - an edge has two ends
        return set()
    both = select(link.table.c.id).where(*(one.column.in_(group) for one in ends))
    return set(uow.session.execute(both).scalars())


def _leave_what_hangs_on_what_is_left(uow: UnitOfWork, found: Hanging) -> None:
    """Keep the rows of a row that stays behind with it: the findings of a profile that the kept customer has, too."""
    for name in list(found.left):
        for link in pointing_at(name):
            if link.entity is None and "id" in link.table.c and link.table.name != name:
                _leave(uow, found, link.table, link.column.in_(found.left[name]))


def _leave(uow: UnitOfWork, found: Hanging, table: Table, criterion: Any) -> None:
    moving = {one for link, rows in found.moved.items() if link.table is table for one in rows}
    if moving:
        staying = set(uow.session.execute(select(table.c.id).where(criterion)).scalars()) & moving
        found.left.setdefault(table.name, set()).update(staying)

"""The merge itself, in one transaction, with all that it takes to undo it in the audit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Table, insert, select

from db.base import Base, table_of
from db.models import DuplicatePair, Merge, User
from db.types import N_
from services.contacts import CONTACT
from services.customers import CUSTOMER
from services.kit import audit, permissions, query, records, recycle_bin
from services.kit.entity import ENTITIES, Entity, model_of
from services.kit.errors import Refusal
from services.kit.reversal.moves import repoint
from services.kit.unit_of_work import UnitOfWork
from services.leads import LEAD
from services.merging import hanging, proposal
from services.merging.hanging import Hanging

MERGEABLE: Final = {entity.key: entity for entity in (LEAD, CUSTOMER, CONTACT)}
"""Entities whose records may be merged."""
_KEPT_FIGURES: Final = ("last_activity_at",)
"""Figures that follow from what hangs on a record and are set without a trace: the latest of all is kept."""


@dataclass(frozen=True)
class Merged:
    """What came of a merge."""

    record: Any
    reference: str
    """The user action, for `undo`."""
    moved: Mapping[str, int]
    """Table -> rows that point at the kept record now."""


@dataclass(frozen=True)
class Past:
    """A merge that stands."""

    reference: str
    into_id: int
    into: str
    names: tuple[str, ...]
    """Of the records that went into it."""
    at: datetime
    by: str | None


def merge(
    uow: UnitOfWork,
    entity: Entity,
    keep_id: int,
    other_ids: Sequence[int],
    values: Mapping[str, Any] | None = None,
    *,
    versions: Mapping[int, int] | None = None,
    twins: Sequence[tuple[int, int]] = (),
) -> Merged:
    """Make one record of several: what hangs on the others hangs on the kept one, they go to the recycle bin.

    `values` are the kept record's typed values (`Preview.values`), as proposed if not given; `versions` those that
    were looked at; `twins` pairs of contacts (kept, other) to merge along with their customers. `undo` of the
    action's reference takes it back exactly. Raises Forbidden, NotFound, Invalid, and Refusal when one of the
    records has been changed meanwhile or the merge makes no sense.
    """
    group = proposal.take(uow, entity, [keep_id, *other_ids], lock=True)
    if entity.key not in MERGEABLE:
        raise Refusal(N_("Records of this kind cannot be merged."))
    if any(one.version != (versions or {}).get(one.id, one.version) for one in group):
        raise Refusal(N_("One of them has been changed in the meantime. Look at the values again."))
    kept = next(one for one in group if one.id == keep_id)
    others = [one for one in group if one.id != keep_id]
    if problems := proposal.obstacles(entity, kept, others):
        raise Refusal(problems[0].text, **problems[0].params)
    if values is None:
        values = {line.name: line.proposed for line in proposal.lines(entity, kept, others)}
    figures = {name: max(dates) for name in _KEPT_FIGURES if (dates := _figures(group, name))}
    gone = [one.id for one in others]
    uow.session.flush()
    found = hanging.look(uow, entity, keep_id, gone)
    _demote(uow, found)
    moved = _move(uow, found, keep_id)
    _leave(uow, found)
    recycle_bin.put(uow, entity, gone)
    _remember(uow, entity, keep_id, gone)
    _give(uow, entity, keep_id, values)
    _give_figures(uow, entity, keep_id, figures)
    refuse_circle(uow, entity, keep_id)
    for keep, other in twins:
        merge(uow, CONTACT, keep, [other])
    kept = records.get(uow, entity, keep_id, action="merge")
    return Merged(kept, uow.reference, moved)


def _figures(group: Sequence[Any], name: str) -> list[Any]:
    return [value for one in group if (value := getattr(one, name, None)) is not None]


def _demote(uow: UnitOfWork, found: Hanging) -> None:
    """Let a row give up what the kept record has already, such as being the primary contact."""
    for name, ids in found.demoted.items():
        model: Any = model_of(name)
        for record in uow.session.execute(select(model).where(model.id.in_(ids))).scalars():
            for field, value in hanging.given_up(name).items():
                setattr(record, field, value)
    uow.session.flush()


def _move(uow: UnitOfWork, found: Hanging, keep_id: int) -> dict[str, int]:
    """Let all rows point at the kept record, by one statement a column."""
    counts = found.moved_counts
    for link, rows in found.moved.items():
        if rows:
            repoint(uow, link.table, link.name, list(rows), rows, keep_id)
    return counts


def _leave(uow: UnitOfWork, found: Hanging) -> None:
    """Put what stays behind into the bin, where it has one."""
    for name, ids in found.left.items():
        if name in ENTITIES and ids:
            live = select(Base.metadata.tables[name].c.id).where(
                Base.metadata.tables[name].c.id.in_(ids), Base.metadata.tables[name].c.deleted_at.is_(None)
            )
            recycle_bin.put(uow, ENTITIES[name], list(uow.session.execute(live).scalars()))


def _remember(uow: UnitOfWork, entity: Entity, keep_id: int, gone: Sequence[int]) -> None:
    """Write down where the records went, and that pairs of them are decided."""
    row = {
        "entity": entity.key,
        "into_id": keep_id,
        "reference": uow.reference,
        "at": uow.now,
        "by_id": uow.actor.user_id,
    }
    uow.session.execute(insert(Merge), [{**row, "record_id": one} for one in gone])
    group = [keep_id, *gone]
    pairs = table_of(DuplicatePair)
    open_ = select(pairs.c.id, pairs.c.state).where(
        pairs.c.entity == entity.key, pairs.c.a_id.in_(group), pairs.c.b_id.in_(group), pairs.c.state == "open"
    )
    decided = {found[0]: found[1] for found in uow.session.execute(open_)}
    if decided:
        repoint(uow, pairs, "state", list(decided), decided, "merged")


def _give(uow: UnitOfWork, entity: Entity, keep_id: int, values: Mapping[str, Any]) -> None:
    """Give the kept record its values, by the entity's own verb."""
    kept = records.get(uow, entity, keep_id, action="update")
    changed = {name: value for name, value in values.items() if getattr(kept, name) != value}
    if changed:
        entity.verb("update")(uow, keep_id, changed)
    uow.session.flush()


def _give_figures(uow: UnitOfWork, entity: Entity, keep_id: int, figures: Mapping[str, Any]) -> None:
    """Set the latest of the figures that nobody edits, and write the merge itself into the audit."""
    table: Table = table_of(entity.model)
    kept = records.get(uow, entity, keep_id, action="merge")
    also = {name: [getattr(kept, name), value] for name, value in figures.items() if getattr(kept, name) != value}
    if also:
        uow.session.execute(
            table.update().where(table.c.id == keep_id).values({n: new for n, (_, new) in also.items()})
        )
        uow.session.expire(kept)
    audit.note(uow, entity, "merge", keep_id, also=also)


def refuse_circle(uow: UnitOfWork, entity: Entity, keep_id: int) -> None:
    """Refuse a hierarchy in which a record would lie below itself."""
    permissions.require(uow, f"{entity.key}.merge")
    table = table_of(entity.model)
    for column in table.c:
        if not any(one.column.table is table for one in column.foreign_keys):
            continue
        seen = {keep_id}
        above = uow.session.execute(select(column).where(table.c.id == keep_id)).scalar_one()
        while above is not None and above not in seen:
            seen.add(above)
            above = uow.session.execute(select(column).where(table.c.id == above)).scalar_one_or_none()
        if above == keep_id:
            raise Refusal(N_("One of them lies below the other in the hierarchy. Choose another “part of” first."))


# --- afterwards ---------------------------------------------------------------------------------------------


def moved_to(uow: UnitOfWork, entity: Entity, record_id: int) -> tuple[int, str | None] | None:
    """Return (id, name) of what a merged record went into, and that again; the name only if one may read it.

    None for a record that was not merged.
    """
    permissions.require(uow, f"{entity.key}.read")
    here, seen = record_id, {record_id}
    while True:
        into = uow.session.execute(
            select(Merge.into_id).where(Merge.entity == entity.key, Merge.record_id == here)
        ).scalar_one_or_none()
        if into is None or into in seen:
            break
        here = into
        seen.add(into)
    if here == record_id:
        return None
    return here, query.known_titles(uow, entity.key, [here]).get(here)


def recent(uow: UnitOfWork, entity: Entity, *, limit: int = 20) -> list[Past]:
    """Return the latest merges into records that the actor may merge, newest first."""
    permissions.require(uow, f"{entity.key}.merge")
    model: Any = entity.model
    title = getattr(model, entity.title)
    gone = model.__table__.alias()
    references = (
        select(Merge.reference, Merge.into_id, Merge.at)
        .join(model, model.id == Merge.into_id)
        .where(Merge.entity == entity.key, permissions.scope(uow, entity, "merge"), model.deleted_at.is_(None))
        .order_by(Merge.at.desc(), Merge.id.desc())
        .limit(limit * 3)
        .subquery()
    )
    rows = uow.session.execute(
        select(Merge.reference, Merge.into_id, title, gone.c[entity.title], Merge.at, User.name)
        .join(model, model.id == Merge.into_id)
        .join(gone, gone.c.id == Merge.record_id)
        .outerjoin(User, User.id == Merge.by_id)
        .where(
            Merge.entity == entity.key,
            Merge.reference.in_(select(references.c.reference)),
        )
        .order_by(Merge.at.desc(), Merge.id.desc())
    )
    found: dict[tuple[str, int], Past] = {}
    for reference, into_id, into, name, at, by in rows:
        past = found.get((reference, into_id))
        names = (*(past.names if past else ()), str(name))
        found[reference, into_id] = Past(reference, into_id, str(into), names, at, by)
    return list(found.values())[:limit]

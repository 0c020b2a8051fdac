"""The recycle bin: what is deleted goes there with all below it, and comes back with what went along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, cast, exists, func, literal, select, union_all

from db.base import Record, table_of
from db.models import Merge, User
from db.types import N_
from services.kit import permissions
from services.kit.conditions import escape_like
from services.kit.entity import ENTITIES, Entity
from services.kit.errors import Message, Refusal
from services.kit.prepared import prepared
from services.kit.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Gone:
    """What lies in the recycle bin by itself: what went with something above it comes back with that."""

    id: int
    title: str
    at: datetime
    by: str | None
    below: Mapping[str, int]
    """Entity -> how many went along with it, directly below it."""


def in_bin(uow: UnitOfWork, entity: Entity, *, search: str = "", limit: int = 200) -> list[Gone]:
    """Return what lies in the recycle bin, newest first; `search` is part of the name.

    What was merged into another is not here: it comes back by undoing the merge. One query, and one for each
    kind of children.
    """
    permissions.require(uow, f"{entity.key}.restore")
    statement = prepared(uow, _select_gone, entity.key)
    if search.strip():
        title: Any = getattr(entity.model, entity.title)
        statement = statement.where(cast(title, String).ilike(f"%{escape_like(search.strip())}%", escape="\\"))
    rows = uow.session.execute(statement.limit(limit)).all()
    below = _below(uow, entity, {row[0]: row[4] for row in rows})
    return [Gone(row[0], "" if row[1] is None else str(row[1]), row[2], row[3], below.get(row[0], {})) for row in rows]


def _select_gone(uow: UnitOfWork, key: str) -> Any:
    entity = ENTITIES[key]
    model: Any = entity.model
    return (
        select(model.id, getattr(model, entity.title), model.deleted_at, User.name, model.deleted_in)
        .outerjoin(User, User.id == model.updated_by_id)
        .where(model.deleted_at.is_not(None), permissions.scope(uow, entity, "restore"), *_by_itself(entity))
        .order_by(model.deleted_at.desc(), model.id.desc())
    )


def counts(uow: UnitOfWork, *, most: int = 1_000) -> dict[str, int]:
    """Return how many records of each entity the actor may bring back, at most `most` of each."""
    permissions.require(uow, "recycle_bin.read")
    statement = prepared(uow, _select_counts, most)
    return {row[0]: row[1] for row in uow.session.execute(statement)} if statement is not None else {}


def _select_counts(uow: UnitOfWork, most: int) -> Any:
    asked = []
    for entity in ENTITIES.values():
        if not uow.actor.may(f"{entity.key}.restore"):
            continue
        model: Any = entity.model
        found = select(model.id).where(
            model.deleted_at.is_not(None), permissions.scope(uow, entity, "restore"), *_by_itself(entity)
        )
        asked.append(select(literal(entity.key), func.count()).select_from(found.limit(most).subquery()))
    return union_all(*asked) if asked else None


def _by_itself(entity: Entity) -> list[ColumnElement[bool]]:
    """Return the criteria of what neither went along with a record above it nor was merged into another."""
    model: Any = entity.model
    found = [~exists().where(Merge.entity == entity.key, Merge.record_id == model.id)]
    for above in ENTITIES.values():
        for link in {child.link for child in above.children if child.entity == entity.key}:
            parent = table_of(above.model).alias()
            found.append(~exists().where(parent.c.id == getattr(model, link), parent.c.deleted_in == model.deleted_in))
    return found


def _below(uow: UnitOfWork, entity: Entity, went_in: Mapping[int, str | None]) -> dict[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = {}
    for child in entity.children:
        model: Any = ENTITIES[child.entity].model
        link = getattr(model, child.link)
        rows = uow.session.execute(
            select(link, model.deleted_in, func.count())
            .where(link.in_(went_in), model.deleted_at.is_not(None))
            .group_by(link, model.deleted_in)
        )
        for record_id, reference, number in rows:
            if reference == went_in[record_id]:
                here = found.setdefault(record_id, {})
                here[child.entity] = here.get(child.entity, 0) + number
    return found


def refuse_merged(uow: UnitOfWork, entity: Entity, record_id: int) -> None:
    """Refuse to bring back by itself what was merged: all that hung on it hangs on another now."""
    merged = select(Merge.id).where(Merge.entity == entity.key, Merge.record_id == record_id)
    if uow.session.execute(merged).first() is not None:
        raise Refusal(N_("It was merged into another record. Undo the merge instead."))


def put(uow: UnitOfWork, entity: Entity, ids: Sequence[int]) -> None:
    """Put records and all below them into the bin; the caller has asked for permission. Raises what `kept` refuses."""
    model: Any = entity.model
    if entity.kept:
        entity.kept(uow, ids)
    for start in range(0, len(ids), 500):
        # Held: nobody adds anything below them from here on (rules.is_below).
        wanted = select(model).where(model.id.in_(ids[start : start + 500])).order_by(model.id)
        records = uow.session.execute(wanted.with_for_update(of=model)).scalars().all()
        for record in records:
            record.deleted_at, record.deleted_in = uow.now, uow.reference
    uow.session.flush()
    for child in entity.children:
        target = ENTITIES[child.entity]
        child_model: Any = target.model
        below = (
            uow.session.execute(
                select(child_model.id).where(
                    getattr(child_model, child.link).in_(ids), child_model.deleted_at.is_(None)
                )
            )
            .scalars()
            .all()
        )
        if below:
            put(uow, target, below)


def refuse_orphan(uow: UnitOfWork, entity: Entity, record: Record) -> None:
    """Refuse to bring back a record while the one it belongs to lies in the bin."""
    for above in ENTITIES.values():
        for child in above.children:
            parent_id = getattr(record, child.link) if child.entity == entity.key else None
            if parent_id is None:
                continue
            model: Any = above.model
            alive = select(model.id).where(model.id == parent_id, model.deleted_at.is_(None))
            if uow.session.execute(alive).first() is None:
                raise Refusal(
                    N_("What it belongs to lies in the recycle bin: bring that back first ({what})."),
                    what=Message(above.one),
                )


def restore_children(uow: UnitOfWork, entity: Entity, ids: Sequence[int], went_in: str | None) -> None:
    """Bring back what lies below records and went into the bin with them, by the same user action."""
    for child in entity.children:
        target = ENTITIES[child.entity]
        model: Any = target.model
        records = (
            uow.session.execute(select(model).where(getattr(model, child.link).in_(ids), model.deleted_in == went_in))
            .scalars()
            .all()
        )
        for record in records:
            record.deleted_at, record.deleted_in = None, None
        uow.session.flush()
        if records:
            restore_children(uow, target, [record.id for record in records], went_in)

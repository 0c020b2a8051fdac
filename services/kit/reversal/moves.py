"""What a merge let point elsewhere points again where it did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table, delete, select

from db.base import Base, table_of
from db.models import Merge
from db.types import N_
from services.kit import audit, permissions
from services.kit.entity import ENTITIES
from services.kit.errors import Refusal
from services.kit.reversal.reach import typed
from services.kit.reversal.steps import CHANGED, CHUNK, Step, Work
from services.kit.unit_of_work import UnitOfWork


def part(uow: UnitOfWork, some: Sequence[Step], work: Work) -> None:
    """Begin to take back a merge: the actor must reach what was kept, and nothing may have swallowed it since."""
    for step in some:
        entity = ENTITIES[step.entity]
        permissions.require(uow, f"{entity.key}.merge")
        model: Any = entity.model
        here = select(model).where(model.id == step.record_id, permissions.scope(uow, entity, "merge"))
        kept = uow.session.execute(here.with_for_update(of=model)).scalar_one_or_none()
        if kept is None or kept.deleted_at is not None:
            raise Refusal(N_("What was kept has been deleted or merged itself since. Undo that first."))
        table = table_of(entity.model)
        kinds = {name: (typed(table, name, old), typed(table, name, new)) for name, (old, new) in step.fields.items()}
        back = {name: old for name, (old, new) in kinds.items() if getattr(kept, name) == new}
        if back:
            uow.session.execute(table.update().where(table.c.id == kept.id).values(back))
            uow.session.expire(kept)
        uow.session.execute(delete(Merge).where(Merge.reference == work.reference))


def move_back(uow: UnitOfWork, some: Sequence[Step], work: Work) -> None:
    """Let rows point again where they pointed before a merge, unless they have moved on; no rule hangs on that."""
    uow.session.flush()
    table = Base.metadata.tables[some[0].entity]
    name = next(iter(some[0].fields))
    column = table.c[name]
    here = select(table.c.id, column).where(table.c.id.in_([step.record_id for step in some])).with_for_update()
    now = {row[0]: row[1] for row in uow.session.execute(here)}
    going: dict[Any, list[int]] = {}
    for step in some:
        old, new = step.fields[name]
        if now.get(step.record_id) == new:
            going.setdefault(old, []).append(step.record_id)
            work.did(step)
        elif step.record_id in now and table.name in ENTITIES:
            work.keep(step, CHANGED)
    for old, ids in going.items():
        repoint(uow, table, name, ids, {one: now[one] for one in ids}, old)


def repoint(uow: UnitOfWork, table: Table, name: str, ids: Sequence[int], before: Mapping[int, Any], to: Any) -> None:
    """Let rows point elsewhere by one statement, versions raised, the old values in the audit."""
    values: dict[str, Any] = {name: to}
    if "version" in table.c:
        values |= {"version": table.c.version + 1, "updated_at": uow.now, "updated_by_id": uow.actor.user_id}
    for start in range(0, len(ids), CHUNK):
        uow.session.execute(table.update().where(table.c.id.in_(ids[start : start + CHUNK])).values(values))
    audit.note(
        uow,
        table.name,
        "repoint",
        None,
        count=len(ids),
        names=[name],
        values={name: to},
        before={one: [before[one]] for one in ids},
    )
    uow.session.expire_all()

"""What was made goes to the recycle bin, what was deleted comes back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy import update as sql_update

from services.kit import audit, permissions, records, recycle_bin
from services.kit.entity import ENTITIES, Entity
from services.kit.reversal.reach import built_upon, differs, edited, guarded, reached
from services.kit.reversal.steps import BUILT_UPON, CHANGED, NOT_HERE, UNREACHED, Step, Work
from services.kit.unit_of_work import UnitOfWork


def to_bin(uow: UnitOfWork, some: Sequence[Step], work: Work) -> None:
    """Put what was made, or brought back, into the bin, unless it has been changed or built upon since."""
    entity = ENTITIES.get(some[0].entity)
    if entity is None:
        for step in some:
            work.keep(step, NOT_HERE)
        return
    uow.session.flush()
    found = reached(uow, entity, some, ("create", "delete"), work)
    changed = edited(uow, some, work)
    built = built_upon(uow, entity.key, [step.record_id for step in some])
    for step in some:
        record = found.get(step.record_id)
        if record is None:
            work.keep(step, UNREACHED)
        elif record.deleted_at is not None:
            work.did(step)
        elif record.id in changed or (step.fields and differs(record, step.fields)):
            work.keep(step, CHANGED)
        elif record.id in built:
            work.keep(step, BUILT_UPON)
        else:
            guarded(uow, step, work, _delete, entity, record.id)


def _delete(uow: UnitOfWork, entity: Entity, record_id: int) -> None:
    if entity.has_own("delete"):
        entity.verb("delete")(uow, record_id)
    else:
        recycle_bin.put(uow, entity, [record_id])


def all_to_bin(uow: UnitOfWork, some: Sequence[Step], work: Work) -> None:
    """Put what one statement made into the bin by one statement; a version above the first tells of a change."""
    entity = ENTITIES[some[0].entity]
    if entity.has_own("delete"):
        to_bin(uow, some, work)
        return
    model: Any = entity.model
    ids = [step.record_id for step in some]
    action = "create" if work.is_own else "delete"
    reached = (model.id.in_(ids), permissions.scope(uow, entity, action))
    asked = select(model.id, model.version, model.deleted_at).where(*reached).order_by(model.id)
    rows = {row[0]: row for row in uow.session.execute(asked.with_for_update(of=model))}
    built = built_upon(uow, entity.key, ids)
    going: list[Step] = []
    for step in some:
        row = rows.get(step.record_id)
        if row is None:
            work.keep(step, UNREACHED)
        elif row.deleted_at is None and row.version != 1:
            work.keep(step, CHANGED)
        elif row.deleted_at is None and step.record_id in built:
            work.keep(step, BUILT_UPON)
        elif row.deleted_at is None:
            going.append(step)
    wanted = [step.record_id for step in going]
    if not wanted:
        return
    if entity.kept:
        entity.kept(uow, wanted)
    gone = {"deleted_at": uow.now, "deleted_in": uow.reference, "version": 2}
    uow.session.execute(
        sql_update(model).where(model.id.in_(wanted)).values(gone).execution_options(synchronize_session=False)
    )
    audit.note(uow, entity, "bulk_delete", None, count=len(wanted), ids=wanted)
    for step in going:
        work.did(step)


def bring_back(uow: UnitOfWork, some: Sequence[Step], work: Work) -> None:
    """Bring back what was deleted, parents first; children come along with them."""
    entity = ENTITIES.get(some[0].entity)
    if entity is None:
        for step in some:
            work.keep(step, NOT_HERE)
        return
    uow.session.flush()
    found = reached(uow, entity, some, ("delete", "restore"), work)
    for step in some:
        record = found.get(step.record_id)
        if record is None:
            work.keep(step, UNREACHED)
        elif record.deleted_at is None:
            work.did(step)
        elif record.deleted_in != work.reference:
            work.keep(step, CHANGED)
        else:
            guarded(uow, step, work, _restore, entity, record)


def _restore(uow: UnitOfWork, entity: Entity, record: Any) -> None:
    if entity.has_own("restore"):
        entity.verb("restore")(uow, record.id)
    else:
        records.bring_back(uow, entity, record)

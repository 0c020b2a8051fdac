"""Which records of an action the actor reaches, and which have been changed since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Date, Numeric, Table, select, true

from db.base import Record, table_of
from db.models import AuditEntry
from db.types import UtcDateTime
from services.kit import custom, permissions
from services.kit.entity import ENTITIES, Entity, model_of, title_column
from services.kit.errors import Refusal
from services.kit.links import pointing_at
from services.kit.reversal.steps import Step, Work
from services.kit.unit_of_work import UnitOfWork


def reached(
    uow: UnitOfWork, entity: Entity, some: Sequence[Step], actions: tuple[str, str], work: Work
) -> dict[int, Any]:
    """Return the records, deleted ones too, that the actor reaches: `actions` for one's own deed, and for another's.

    What a merge has moved is reached by whoever may undo the merge (moves.py asks): until it is undone to its end,
    people stand at companies that lie in the bin.
    """
    model: Any = entity.model
    within: ColumnElement[bool] = true()
    if not work.is_merge:
        action = actions[0] if work.is_own else actions[1]
        if not uow.actor.may(f"{entity.key}.{action}"):
            return {}
        within = permissions.scope(uow, entity, action)
    statement = (
        select(model)
        .where(model.id.in_([step.record_id for step in some]), within)
        .order_by(model.id)
        .with_for_update(of=model)
        .execution_options(populate_existing=True)
    )
    return {record.id: record for record in uow.session.execute(statement).scalars()}


def changed_since(uow: UnitOfWork, key: str, ids: Sequence[int], after: int, *besides: str) -> set[int]:
    """Return those records of which the audit has a change after its entry `after`, other than actions `besides`."""
    entry = AuditEntry
    later = (entry.entity == key, entry.id > after, entry.reference.not_in([*besides, uow.reference]))
    found = set(uow.session.execute(select(entry.record_id).where(*later, entry.record_id.in_(ids))).scalars())
    many = select(entry.changes).where(*later, entry.record_id.is_(None), entry.action == "bulk_update")
    for changes in uow.session.execute(many).scalars():
        found |= {int(one) for one in changes.get("before", {})} & set(ids)
    return {one for one in found if one is not None}


def edited(uow: UnitOfWork, some: Sequence[Step], work: Work) -> set[int]:
    """Return those of the records that somebody has changed since the action."""
    if work.is_merge:
        return set()
    return changed_since(uow, some[0].entity, [step.record_id for step in some], work.after, work.reference)


def typed(table: Table, name: str, raw: Any) -> Any:
    """Return a value of the audit as its column holds it."""
    if raw is None or custom.is_custom(name):
        return raw
    kind = table.c[name].type
    if isinstance(kind, UtcDateTime):
        return datetime.fromisoformat(raw)
    if isinstance(kind, Date):
        return date.fromisoformat(raw)
    return Decimal(raw) if isinstance(kind, Numeric) else raw


def value_of(record: Any, name: str) -> Any:
    """Return a value of a record to be compared with one of the audit; of an added field, as JSON holds it."""
    if custom.is_custom(name):
        return (record.custom or {}).get(custom.code_of(name))
    return getattr(record, name)


def put(record: Any, name: str, value: Any) -> None:
    """Give a record a value of the audit."""
    if not custom.is_custom(name):
        setattr(record, name, value)
        return
    code = custom.code_of(name)
    kept = {key: one for key, one in (record.custom or {}).items() if key != code}
    record.custom = kept if value in (None, False) else {**kept, code: value}


def guarded(uow: UnitOfWork, step: Step, work: Work, take: Any, *args: Any) -> None:
    """Take back one record in a savepoint of its own; a refusal keeps it as it is."""
    try:
        with uow.session.begin_nested():
            take(uow, *args)
            uow.session.flush()
    except Refusal as refusal:
        fields = getattr(refusal, "fields", {})
        work.keep(step, next(iter(fields.values()), refusal.message))
        return
    work.did(step)


def titles(uow: UnitOfWork, wanted: Sequence[tuple[str, int]]) -> dict[tuple[str, int], str]:
    """Return the names of records, deleted ones too, as far as the actor may read them."""
    found: dict[tuple[str, int], str] = {}
    for key in {key for key, _id in wanted if key in ENTITIES and uow.actor.may(f"{key}.read")}:
        model: Any = model_of(key)
        ids = [one for name, one in wanted if name == key]
        rows = uow.session.execute(
            select(model.id, title_column(key)).where(model.id.in_(ids), permissions.scope(uow, ENTITIES[key]))
        )
        found |= {(key, row[0]): str(row[1]) for row in rows}
    return found


def differs(record: Record, fields: Mapping[str, tuple[Any, Any]]) -> bool:
    """Say whether a record made by the action has other values than the action left."""
    table = table_of(type(record))
    if any(custom.is_custom(name) and value_of(record, name) != fields[name][1] for name in fields):
        return True
    return any(
        getattr(record, column.name) != typed(table, column.name, fields.get(column.name, (None, None))[1])
        for column in table.columns
        if column.info.get("audited") and (column.name in fields or column.server_default is None)
    )


def built_upon(uow: UnitOfWork, key: str, ids: Sequence[int]) -> set[int]:
    """Return those records at which live records point that are not among them."""
    found: set[int] = set()
    for link in pointing_at(key):
        if not link.is_record:
            continue
        others = [link.table.c.id.not_in(ids)] if link.table.name == key else []
        pointing = select(link.column).where(
            link.of(key, link.column.in_(ids)), link.table.c.deleted_at.is_(None), *others
        )
        found |= set(uow.session.execute(pointing.distinct()).scalars())
    return found

"""Changed fields get their old values back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import select

from db.base import table_of
from services.kit import records
from services.kit.entity import ENTITIES, Entity, model_of
from services.kit.errors import Refusal
from services.kit.reversal.reach import edited, guarded, put, reached, typed, value_of
from services.kit.reversal.steps import CHANGED, LEADS_NOWHERE, NOT_HERE, UNREACHED, Step, Work
from services.kit.unit_of_work import UnitOfWork

_BY_OWNER: Final = frozenset({"pool_id", "pooled_at", "received_at", "previous_owner_id"})


def set_back(uow: UnitOfWork, some: Sequence[Step], work: Work) -> None:
    """Give changed records their old values, unless somebody has changed them since."""
    entity = ENTITIES.get(some[0].entity)
    if entity is None:
        for step in some:
            work.keep(step, NOT_HERE)
        return
    uow.session.flush()
    table = table_of(entity.model)
    found = reached(uow, entity, some, ("update", "update"), work)
    changed = edited(uow, some, work)
    pending: list[tuple[Step, Any, dict[str, Any]]] = []
    for step in some:
        record = found.get(step.record_id)
        if record is None or (record.deleted_at is not None and record.deleted_in != work.reference):
            work.keep(step, UNREACHED)
            continue
        same = [name for name, (_old, new) in step.fields.items() if value_of(record, name) == typed(table, name, new)]
        if record.id in changed or (len(same) < len(step.fields) and not work.is_merge):
            work.keep(step, CHANGED)
            continue
        if len(same) < len(step.fields):
            work.keep(step, CHANGED)
        pending.append((step, record, {name: typed(table, name, step.fields[name][0]) for name in same}))
    alive = _alive(uow, entity, pending)
    for step, record, values in pending:
        nowhere = [n for n, value in values.items() if value is not None and n in alive and value not in alive[n]]
        if nowhere:
            work.keep(step, LEADS_NOWHERE)
        elif values:
            guarded(uow, step, work, _store_back, entity, record, values, work)


def _alive(uow: UnitOfWork, entity: Entity, pending: Sequence[tuple[Step, Any, dict[str, Any]]]) -> dict[str, set[int]]:
    """Return, for each reference that goes back, which of the records it would point to are live."""
    found: dict[str, set[int]] = {}
    for name in {name for _step, _record, values in pending for name in values}:
        target = entity.fields[name].entity if name in entity.fields else None
        if not target:
            continue
        model: Any = model_of(target)
        wanted = {values[name] for _step, _record, values in pending if values.get(name) is not None}
        live = select(model.id).where(model.id.in_(wanted), model.deleted_at.is_(None))
        found[name] = set(uow.session.execute(live).scalars())
    return found


def _store_back(uow: UnitOfWork, entity: Entity, record: Any, values: dict[str, Any], work: Work) -> None:
    """Give a record its old values: by its own verb where it has one, since more may follow from them."""
    if entity.has_own("update") and entity.went_back is None and not work.is_merge:
        by_verb = {name: value for name, value in values.items() if name in entity.writable}
        follows = {"team_id"} if "owner_id" in by_verb else set()
        if values.keys() - by_verb.keys() - follows:
            raise Refusal(NOT_HERE.text)
        entity.verb("update")(uow, record.id, by_verb)
        return
    with uow.session.no_autoflush:
        for name, value in values.items():
            put(record, name, value)
        if entity.went_back:
            entity.went_back(uow, record)
    wrong = entity.check(uow, record) if entity.check else {}
    if wrong:
        message = next(iter(wrong.values()))
        raise Refusal(message.text, **message.params)
    records.store(uow, entity, record)
    late = {name: value for name, value in values.items() if name in _BY_OWNER and value_of(record, name) != value}
    if late:  # a change of owner has set them to now
        for name, value in late.items():
            put(record, name, value)
        records.store(uow, entity, record)

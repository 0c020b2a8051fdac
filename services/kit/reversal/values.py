"""Changed fields get their old values back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from db.base import table_of
from services.kit import records
from services.kit.entity import ENTITIES, Entity, model_of
from services.kit.errors import Refusal
from services.kit.reversal.reach import edited, guarded, put, reached, typed, value_of
from services.kit.reversal.steps import CHANGED, LEADS_NOWHERE, NOT_HERE, UNREACHED, Step, Work
from services.kit.unit_of_work import UnitOfWork

Going = tuple[Step, Any, dict[str, Any]]
"""A record with the values it gets back."""
_FOLLOWS: Final = frozenset({"team_id"})
"""Follows from the owner."""
_BY_OWNER: Final = frozenset({"pool_id", "pooled_at", "received_at", "previous_owner_id"})


def set_back(uow: UnitOfWork, some: Sequence[Step], work: Work) -> None:
    """Give changed records their old values, unless somebody has changed them since."""
    entity = ENTITIES.get(some[0].entity)
    if entity is None:
        for step in some:
            work.keep(step, NOT_HERE)
        return
    uow.session.flush()
    pending = _unchanged(uow, entity, some, work)
    alive = _alive(uow, entity, pending, work)
    going: list[Going] = []
    for step, record, values in pending:
        if any(value is not None and n in alive and value not in alive[n] for n, value in values.items()):
            work.keep(step, LEADS_NOWHERE)
        elif _may_be_set(uow, entity, record, values, work):
            going.append((step, record, values))
        else:
            guarded(uow, step, work, _by_verb, entity, record, values)
    _store_all(uow, entity, going, work)


def _unchanged(uow: UnitOfWork, entity: Entity, some: Sequence[Step], work: Work) -> list[Going]:
    """Return the records that are as the action left them, with the values they get; keep the others."""
    table = table_of(entity.model)
    found = reached(uow, entity, some, ("update", "update"), work)
    changed = edited(uow, some, work)
    pending: list[Going] = []
    for step in some:
        record = found.get(step.record_id)
        if record is None or (record.deleted_at is not None and record.deleted_in != work.reference):
            work.keep(step, UNREACHED)
            continue
        same = [name for name, (_old, new) in step.fields.items() if value_of(record, name) == typed(table, name, new)]
        if record.id in changed or len(same) < len(step.fields):
            work.keep(step, CHANGED)
        if same and record.id not in changed and (work.is_merge or len(same) == len(step.fields)):
            pending.append((step, record, {name: typed(table, name, step.fields[name][0]) for name in same}))
    return pending


def _may_be_set(uow: UnitOfWork, entity: Entity, record: Any, values: dict[str, Any], work: Work) -> bool:
    """Say whether old values may be set as they are; else the entity's own verb must set them, since more follows."""
    if work.is_merge or entity.went_back is not None or not entity.has_own("update"):
        return True
    is_entered = values.keys() <= {*entity.writable, *_FOLLOWS}
    return is_entered and entity.together is not None and entity.together(uow, record, values) is not None


def _store_all(uow: UnitOfWork, entity: Entity, going: Sequence[Going], work: Work) -> None:
    """Give records their old values together; if one of them cannot have them, each by itself."""
    try:
        with uow.session.begin_nested():
            with uow.session.no_autoflush:
                for _step, record, values in going:
                    _set(uow, entity, record, values)
            uow.session.flush()
            _set_late(going)
            uow.session.flush()
    except (Refusal, IntegrityError, StaleDataError):
        for step, record, values in going:
            guarded(uow, step, work, _store_back, entity, record, values)
    else:
        for step, _record, _values in going:
            work.did(step)


def _alive(uow: UnitOfWork, entity: Entity, pending: Sequence[Going], work: Work) -> dict[str, set[int]]:
    """Return, for each reference that goes back, which of the records it would point to are live, or will be."""
    found: dict[str, set[int]] = {}
    for name in {name for _step, _record, values in pending for name in values}:
        target = entity.fields[name].entity if name in entity.fields else None
        if not target:
            continue
        model: Any = model_of(target)
        wanted = {values[name] for _step, _record, values in pending if values.get(name) is not None}
        is_live = or_(model.deleted_at.is_(None), model.deleted_in == work.reference)
        live = select(model.id).where(model.id.in_(wanted), is_live)
        found[name] = set(uow.session.execute(live).scalars())
    return found


def _by_verb(uow: UnitOfWork, entity: Entity, record: Any, values: dict[str, Any]) -> None:
    entered = {name: value for name, value in values.items() if name in entity.writable}
    if values.keys() - entered.keys() - (_FOLLOWS if "owner_id" in entered else frozenset()):
        raise Refusal(NOT_HERE.text)
    entity.verb("update")(uow, record.id, entered)


def _store_back(uow: UnitOfWork, entity: Entity, record: Any, values: dict[str, Any]) -> None:
    with uow.session.no_autoflush:
        _set(uow, entity, record, values)
    records.store(uow, entity, record)
    _set_late([(None, record, values)])
    records.store(uow, entity, record)


def _set(uow: UnitOfWork, entity: Entity, record: Any, values: dict[str, Any]) -> None:
    """Set old values, what follows from them, and refuse what the entity's own rules refuse."""
    for name, value in values.items():
        put(record, name, value)
    if entity.went_back:
        entity.went_back(uow, record)
    wrong = entity.check(uow, record) if entity.check else {}
    if wrong:
        message = next(iter(wrong.values()))
        raise Refusal(message.text, **message.params)


def _set_late(going: Sequence[tuple[Any, Any, dict[str, Any]]]) -> None:
    """Set again what a change of owner has set to now."""
    for _step, record, values in going:
        for name in _BY_OWNER & values.keys():
            if value_of(record, name) != values[name]:
                put(record, name, values[name])

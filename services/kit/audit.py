"""Every write leaves who, when, what was and what is, in the same transaction."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import event, insert, inspect
from sqlalchemy.orm import Mapper, Session, UOWTransaction

from db.base import CUSTOM, Customizable, Record
from db.models import AuditEntry

if TYPE_CHECKING:
    from services.kit.entity import Entity
    from services.kit.unit_of_work import UnitOfWork


def listen(uow: UnitOfWork) -> None:
    """Write an entry for every record that this unit of work makes or changes, and sign the record."""
    session = uow.session

    @event.listens_for(session, "before_flush")
    def _sign(session: Session, _context: UOWTransaction, _instances: object) -> None:
        for target in session.new:
            if isinstance(target, Record):
                target.created_at = target.created_at or uow.now
                target.created_by_id = target.created_by_id or uow.actor.user_id
                target.updated_at = target.updated_at or uow.now
                target.updated_by_id = target.updated_by_id or uow.actor.user_id
        for target in session.dirty:
            if isinstance(target, Record) and session.is_modified(target):
                target.updated_at = uow.now
                target.updated_by_id = uow.actor.user_id

    @event.listens_for(session, "after_flush")
    def _record(session: Session, _context: UOWTransaction) -> None:
        rows = [_entry(uow, "create", target, _created(target)) for target in session.new if _is_audited(target)]
        rows += [
            _entry(uow, _kind_of(changes), target, changes)
            for target in session.dirty
            if _is_audited(target) and (changes := _changed(target))
        ]
        if rows:
            session.connection().execute(insert(AuditEntry), rows)


def note(
    uow: UnitOfWork,
    entity: Entity | str,
    action: str,
    record_id: int | None,
    *,
    count: int = 1,
    **changes: Any,
) -> None:
    """Write an entry for something that is no change of a column: an export, a bulk statement, a sign-in."""
    uow.session.execute(
        insert(AuditEntry).values(
            at=uow.now,
            actor_id=uow.actor.user_id,
            reference=uow.reference,
            action=action,
            entity=entity if isinstance(entity, str) else entity.key,
            record_id=record_id,
            count=count,
            changes=plain(changes),
        )
    )


def _is_audited(target: object) -> bool:
    return isinstance(target, Record)


def _columns(target: Any) -> list[str]:
    mapper: Mapper[Any] = inspect(type(target))
    return [
        attribute.key
        for attribute in mapper.column_attrs
        if attribute.columns[0].info.get("audited") or attribute.key == "deleted_at"
    ]


def _created(target: Any) -> dict[str, Any]:
    values = {name: getattr(target, name) for name in _columns(target)}
    changes = {name: [None, value] for name, value in values.items() if value is not None}
    return _by_field(target, changes)


def _changed(target: Any) -> dict[str, Any]:
    state = inspect(target)
    changes = {}
    for name in _columns(target):
        history = state.attrs[name].history
        if history.has_changes():
            old = history.deleted[0] if history.deleted else None
            new = history.added[0] if history.added else None
            if old != new:
                changes[name] = [old, new]
    return _by_field(target, changes)


def _by_field(target: Any, changes: dict[str, Any]) -> dict[str, Any]:
    """Return the changes with each added field by its own name, as if it were a column."""
    if isinstance(target, Customizable) and "custom" in changes:
        old, new = (one or {} for one in changes.pop("custom"))
        codes = [code for code in {**old, **new} if old.get(code) != new.get(code)]
        changes |= {CUSTOM + code: [old.get(code), new.get(code)] for code in codes}
    return changes


def _kind_of(changes: dict[str, Any]) -> str:
    if "deleted_at" in changes:
        return "restore" if changes["deleted_at"][1] is None else "delete"
    return "update"


def _entry(uow: UnitOfWork, action: str, target: Any, changes: dict[str, Any]) -> dict[str, Any]:
    return {
        "at": uow.now,
        "actor_id": uow.actor.user_id,
        "reference": uow.reference,
        "action": action,
        "entity": target.__tablename__,
        "record_id": target.id,
        "count": 1,
        "changes": plain(changes),
    }


def plain(value: Any) -> Any:
    """Return a value as JSON holds it: days and instants as text, numbers with a point as text."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value

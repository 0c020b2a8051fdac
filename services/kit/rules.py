"""What must hold of a record to be stored: known fields, values of their kind, references that lead somewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, false, select, true

from db.base import Record
from db.models.pooled import Pooled
from db.types import N_
from services.kit import permissions
from services.kit.entity import ENTITIES, Entity
from services.kit.errors import Forbidden, Invalid, Message
from services.kit.fields import check
from services.kit.unit_of_work import UnitOfWork

_MISSING: Final = Message(N_("There is no such record, or you may not see it."))


def asked_of(entity: Entity, values: Mapping[str, Any]) -> list[str]:
    """Return the fields that a new record is held to.

    Those that an administrator has added only if whoever makes it knows of them, as forms and files do: what makes
    a customer of a lead is not stopped by a question it never asked.
    """
    return [name for name in entity.writable if name in values or not entity.fields[name].is_custom]


def refuse_unknown(entity: Entity, values: Mapping[str, Any]) -> None:
    """Refuse fields that no form and no file may set."""
    unknown = set(values) - set(entity.writable)
    if unknown:
        raise Forbidden(f"{entity.key}.update:{','.join(sorted(unknown))}")


def refused(entity: Entity, values: Mapping[str, Any]) -> dict[str, Message]:
    """Return what is wrong with typed values by themselves, whatever record gets them, by field name."""
    wrong = {name: problem for name, value in values.items() if (problem := check(entity.fields[name], value))}
    return wrong | {
        name: Message(N_("Please fill this in."))
        for name, value in values.items()
        if value in (None, "", ()) and entity.is_required(name)
    }


def is_below(entity: Entity, name: str, target: Entity) -> bool:
    """Say whether records of an entity go to the recycle bin along with what they point at by a field."""
    return any(child.entity == entity.key and child.link == name for child in target.children)


def hold_parents(uow: UnitOfWork, entity: Entity, rows: Sequence[Mapping[str, Any]]) -> None:
    """Hold what new rows will hang on, so that it is not put into the recycle bin meanwhile. Raises Invalid."""
    for parent in ENTITIES.values():
        for name in {child.link for child in parent.children if child.entity == entity.key}:
            wanted = sorted({row[name] for row in rows if row.get(name) is not None})
            model: Any = parent.model
            for start in range(0, len(wanted), 1_000):
                some = wanted[start : start + 1_000]
                live = select(model.id).where(model.id.in_(some), model.deleted_at.is_(None)).order_by(model.id)
                held = live.with_for_update(read=True, key_share=True, of=model)
                if len(uow.session.execute(held).all()) < len(some):
                    raise Invalid({name: _MISSING})


def problems(entity: Entity, record: Record, names: Iterable[str]) -> dict[str, Message]:
    """Return what is wrong with some fields of a record by themselves, by field name."""
    wrong: dict[str, Message] = {}
    for name in names:
        problem = check(entity.fields[name], getattr(record, name))
        if problem is None and getattr(record, name) in (None, "", ()) and entity.is_required(name):
            problem = Message(N_("Please fill this in."))
        if problem:
            wrong[name] = problem
    return wrong


def validate(uow: UnitOfWork, entity: Entity, record: Record, names: Iterable[str]) -> None:
    """Refuse a record some of whose fields do not hold, all at once. Raises Invalid."""
    names = list(names)
    wrong = problems(entity, record, names)
    wrong |= _dangling(uow, entity, record, [name for name in names if name not in wrong])
    if not wrong and entity.check:
        wrong = dict(entity.check(uow, record))
    if wrong:
        raise Invalid(wrong)


def _dangling(uow: UnitOfWork, entity: Entity, record: Record, names: Sequence[str]) -> dict[str, Message]:
    """Return the references that point to nothing the actor may read."""
    wrong = {}
    for name in names:
        field = entity.fields[name]
        value = getattr(record, name)
        if field.kind != "reference" or value is None or (name == "owner_id" and entity.is_owned):
            continue
        target = ENTITIES.get(field.entity or "")
        if target is None:
            continue
        model: Any = target.model
        is_part = is_below(entity, name, target)
        found = select(model.id).where(model.id == value, model.deleted_at.is_(None))
        statement = found.where(_reached(uow, target, is_part=is_part))
        if is_part:
            # Whoever puts the parent into the recycle bin waits for this child, or this waits and finds it gone.
            statement = statement.with_for_update(read=True, key_share=True, of=model)
        with uow.session.no_autoflush:  # else a reference to nothing reaches the table first, and breaks its law
            is_there = uow.session.execute(statement).first() is not None
        if not is_there:
            wrong[name] = _why_not(uow, target, found) if is_part else _MISSING
    return wrong


def _reached(uow: UnitOfWork, target: Entity, *, is_part: bool) -> ColumnElement[bool]:
    """Return the criterion of the records that a reference may name: seen, and where it is to be a part, open to it."""
    if target.key in permissions.KNOWN_TO_ALL:
        return true()
    return permissions.extending(uow, target) if is_part else permissions.scope(uow, target, is_row_by_row=True)


def _why_not(uow: UnitOfWork, target: Entity, found: Select[Any]) -> Message:
    """Return why nothing may be added to a record: as little as there is to know of one that may not be seen."""
    model: Any = target.model
    is_pooled = model.pool_id.is_not(None) if issubclass(model, Pooled) else false()
    with uow.session.no_autoflush:
        row = uow.session.execute(
            found.where(_reached(uow, target, is_part=False)).with_only_columns(is_pooled)
        ).first()
    if row is None:
        return _MISSING
    if row[0]:
        return Message(N_("It lies in the public pool. Claim it first."))
    return Message(N_("You may only read it. Ask its owner to let you write there."))

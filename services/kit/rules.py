"""What must hold of a record to be stored: known fields, values of their kind, references that lead somewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select, true

from db.base import Record
from db.types import N_
from services.kit import permissions
from services.kit.entity import ENTITIES, Entity
from services.kit.errors import Forbidden, Invalid, Message
from services.kit.fields import check
from services.kit.unit_of_work import UnitOfWork


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


def problems(entity: Entity, record: Record, names: Iterable[str]) -> dict[str, Message]:
    """Return what is wrong with some fields of a record by themselves, by field name."""
    wrong: dict[str, Message] = {}
    for name in names:
        problem = check(entity.fields[name], getattr(record, name))
        if problem is None and getattr(record, name) in (None, "") and entity.is_required(name):
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
        if field.kind != "reference" or value is None or name == "owner_id":
            continue
        target = ENTITIES.get(field.entity or "")
        if target is None:
            continue
        model: Any = target.model
        seen = true() if target.key in permissions.KNOWN_TO_ALL else permissions.scope(uow, target)
        statement = select(model.id).where(model.id == value, model.deleted_at.is_(None), seen)
        if uow.session.execute(statement).first() is None:
            wrong[name] = Message(N_("There is no such record, or you may not see it."))
    return wrong

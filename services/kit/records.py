"""The common verbs of every entity: get, create, update, delete to the recycle bin, restore, in bulk."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import insert, select
from sqlalchemy import update as sql_update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from db.base import Owned, Searchable
from db.custom import Changed, index_name
from db.models import AuditEntry, User
from db.models.pooled import Pooled
from db.search import tokens
from db.types import N_
from services.kit import audit, custom, giving, masking, owners, permissions, recycle_bin, rules
from services.kit.entity import Entity
from services.kit.errors import Conflict, Invalid, Message, NotFound, Refusal
from services.kit.fields import Field
from services.kit.unit_of_work import UnitOfWork

_TOGETHER: Final = 500
_LARGEST_ID: Final = 2**63 - 1


def get(uow: UnitOfWork, entity: Entity, record_id: Any, *, action: str = "read", lock: bool = False) -> Any:
    """Return one record within the actor's scope for `action`.

    `lock` holds the row until the end of the unit of work (PostgreSQL; SQLite has one writer anyhow).
    Raises Forbidden, and NotFound alike for missing, deleted and out of scope.
    """
    permissions.require(uow, f"{entity.key}.{action}")
    if not isinstance(record_id, int) or not 0 < record_id <= _LARGEST_ID:
        raise NotFound
    model: Any = entity.model
    statement = select(model).where(
        model.id == record_id, model.deleted_at.is_(None), permissions.scope(uow, entity, action, is_row_by_row=True)
    )
    if lock:
        statement = statement.with_for_update(of=model)
    found = uow.session.execute(statement).scalar_one_or_none()
    if found is None:
        raise NotFound
    if uow.is_reading:
        masking.conceal(uow, entity.key, found)
    return found


def create(uow: UnitOfWork, entity: Entity, values: Mapping[str, Any], *, also: Mapping[str, Any] | None = None) -> Any:
    """Make a record from typed values; the actor owns it unless they may assign and name somebody else.

    `also` holds what only a verb may set, not a form. Raises Forbidden, Invalid.
    """
    permissions.require(uow, f"{entity.key}.create")
    rules.refuse_unknown(entity, values)
    record = entity.model(**values, **(also or {}))
    if isinstance(record, Owned):
        _set_owner(uow, entity, record, values.get("owner_id", uow.actor.user_id))
    if "currency" in entity.fields and not record.currency:  # type: ignore[attr-defined]
        record.currency = uow.settings.currency  # type: ignore[attr-defined]
    _apply_defaults(record)
    rules.validate(uow, entity, record, rules.asked_of(entity, values))
    return store(uow, entity, record)


def update(
    uow: UnitOfWork, entity: Entity, record_id: int, values: Mapping[str, Any], *, version: int | None = None
) -> Any:
    """Change a record; `version` is the one the values were entered against.

    Raises Forbidden, NotFound, Invalid, and Conflict when somebody else saved in between.
    """
    record = get(uow, entity, record_id, action="update", lock=True)
    rules.refuse_unknown(entity, values)
    changed = {name: value for name, value in values.items() if getattr(record, name) != value}
    if version is not None and record.version != version:
        _raise_conflict(uow, record, values)
    if "owner_id" in changed and entity.is_owned:
        giving.refuse(uow, entity, [record])
        _set_owner(uow, entity, record, changed.pop("owner_id"))
    for name, value in changed.items():
        setattr(record, name, value)
    rules.validate(uow, entity, record, changed)
    return store(uow, entity, record)


def store(uow: UnitOfWork, entity: Entity, record: Any) -> Any:
    """Flush a record; a broken constraint or a lost race becomes a sentence."""
    fields = entity.fields  # asked before: a broken constraint may end the transaction
    try:
        with uow.session.begin_nested():
            uow.session.add(record)
            uow.session.flush()
    except StaleDataError as error:
        raise Conflict(theirs={}, yours={}, version=record.version) from error
    except IntegrityError as error:
        raise _as_refusal(entity, fields, error) from error
    return record


def delete(uow: UnitOfWork, entity: Entity, record_id: int, *, version: int | None = None) -> None:
    """Put a record and its children into the recycle bin.

    Raises Forbidden, NotFound, Conflict, and what `Entity.kept` of the record or of a child refuses.
    """
    record = get(uow, entity, record_id, action="delete", lock=True)
    if version is not None and record.version != version:
        raise Conflict(theirs={}, yours={}, version=record.version)
    recycle_bin.put(uow, entity, [record.id])


def restore(uow: UnitOfWork, entity: Entity, record_id: int) -> Any:
    """Bring a record back from the recycle bin with the children that went with it.

    Raises Forbidden, NotFound, Invalid, and Refusal while the record above it lies in the bin itself.
    """
    permissions.require(uow, f"{entity.key}.restore")
    model: Any = entity.model
    record = uow.session.execute(
        select(model).where(
            model.id == record_id, model.deleted_at.is_not(None), permissions.scope(uow, entity, "restore")
        )
    ).scalar_one_or_none()
    if record is None:
        raise NotFound
    recycle_bin.refuse_merged(uow, entity, record.id)
    bring_back(uow, entity, record)
    return record


def bring_back(uow: UnitOfWork, entity: Entity, record: Any) -> None:
    """Bring back a record with the children that went with it; the caller has asked for permission.

    Raises Invalid where something else has taken its place, and Refusal while the record above it lies in the bin.
    """
    recycle_bin.refuse_orphan(uow, entity, record)
    went_in = record.deleted_in
    record.deleted_at, record.deleted_in = None, None
    store(uow, entity, record)
    recycle_bin.restore_children(uow, entity, [record.id], went_in)


def bulk_update(uow: UnitOfWork, entity: Entity, ids: Sequence[int], values: Mapping[str, Any]) -> int:
    """Set the same typed values on many records; all of them or none. Returns how many.

    One statement, versions raised, one audit entry; record by record where a statement would pass rules by, and by
    the entity's own verb where it has one. Raises Forbidden, Invalid, and NotFound if any id is out of scope.
    """
    permissions.require(uow, f"{entity.key}.update")
    rules.refuse_unknown(entity, values)
    if entity.has_own("update") and entity.together is None:
        wanted = sorted(set(ids))
        for record_id in wanted:
            entity.verb("update")(uow, record_id, values)
        return len(wanted)
    if _has_rules(entity, values):
        return _update_together(uow, entity, sorted(set(ids)), values)
    wrong = rules.refused(entity, values)
    if wrong:
        raise Invalid(wrong)
    model: Any = entity.model
    within = (model.id.in_(ids), model.deleted_at.is_(None), permissions.scope(uow, entity, "update"))
    before = {
        row[0]: [*row[1:]]
        for row in uow.session.execute(
            select(model.id, *(entity.column(n) for n in values)).where(*within).with_for_update(of=model)
        )
    }
    if len(before) != len(set(ids)):
        raise NotFound
    uow.session.execute(
        sql_update(model)
        .where(model.id.in_(before))
        .values(
            **_set_of(entity, values), version=model.version + 1, updated_at=uow.now, updated_by_id=uow.actor.user_id
        )
        .execution_options(synchronize_session=False)
    )
    audit.note(
        uow, entity, "bulk_update", None, count=len(before), values=dict(values), names=list(values), before=before
    )
    return len(before)


def _update_together(uow: UnitOfWork, entity: Entity, ids: Sequence[int], values: Mapping[str, Any]) -> int:
    """Set values on records some hundred at a time, each held to the rules; what all share is looked up once."""
    model: Any = entity.model
    for start in range(0, len(ids), _TOGETHER):
        some = ids[start : start + _TOGETHER]
        within = (model.id.in_(some), model.deleted_at.is_(None), permissions.scope(uow, entity, "update"))
        statement = select(model).where(*within).order_by(model.id).with_for_update(of=model)
        found = uow.session.execute(statement.execution_options(populate_existing=True)).scalars().all()
        if len(found) != len(some):
            raise NotFound
        if "owner_id" in values and entity.is_owned:
            giving.refuse(uow, entity, [one for one in found if one.owner_id != values["owner_id"]])
        with uow.session.no_autoflush:
            singly = [
                record for place, record in enumerate(found) if not _set(uow, entity, record, values, start + place)
            ]
            store_all(uow, entity, found)
        for record in singly:
            entity.verb("update")(uow, record.id, values)
    return len(ids)


def _set(uow: UnitOfWork, entity: Entity, record: Any, values: Mapping[str, Any], place: int) -> bool:
    """Set values on one of many records; False where only the entity's own verb may."""
    given = values if entity.together is None else entity.together(uow, record, values)
    if given is None:
        return False
    if entity.is_owned and "owner_id" in given and record.owner_id != given["owner_id"]:
        _set_owner(uow, entity, record, given["owner_id"])
    for name, value in given.items():
        if name != "owner_id" or not entity.is_owned:
            setattr(record, name, value)
    # The same values on all: the first one's fields and references say it for every one.
    rules.validate(uow, entity, record, values if place == 0 else ())
    return True


def store_all(uow: UnitOfWork, entity: Entity, found: Sequence[Any]) -> None:
    """Flush records together; a broken constraint or a lost race becomes a sentence."""
    fields = entity.fields
    try:
        with uow.session.begin_nested():
            uow.session.flush()
    except StaleDataError as error:
        raise Conflict(theirs={}, yours={}, version=found[0].version) from error
    except IntegrityError as error:
        raise _as_refusal(entity, fields, error) from error


def _has_rules(entity: Entity, values: Mapping[str, Any]) -> bool:
    """Say whether setting these values takes more than a statement: checks, references, or what follows from them."""
    model: Any = entity.model
    # The search tokens follow from these, and so does a customer's compared name.
    searched = model.searched_columns() if issubclass(model, Searchable) else ()
    return bool(
        entity.check
        or entity.together
        or values.keys() & {*searched, *getattr(model, "forms", ())}
        or any(_is_followed(entity.fields[name]) for name in values)
    )


def _is_followed(field_: Field) -> bool:
    """Say whether more than a statement is due when this field changes."""
    is_added = field_.is_custom and (field_.unique or field_.searchable)
    return field_.kind == "reference" or is_added


def _set_of(entity: Entity, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a statement over many rows sets: columns, and `custom` with the added fields changed in it."""
    columns, kept = custom.split(entity, values)
    codes = [custom.code_of(name) for name in values if name not in columns]
    if codes:
        model: Any = entity.model
        columns["custom"] = Changed(model.custom, kept, [code for code in codes if code not in kept])
    return columns


def bulk_insert(uow: UnitOfWork, entity: Entity, rows: Sequence[Mapping[str, Any]], *, because: str) -> int:
    """Insert many rows of typed, checked values by one statement; one audit entry that says `because`.

    The caller has validated the rows (fields.check); versions, dates, signatures and search tokens are added
    here.
    """
    permissions.require(uow, f"{entity.key}.create")
    if not rows:
        return 0
    rules.hold_parents(uow, entity, rows)
    uow.session.execute(insert(entity.model), completed(uow, entity, rows))
    audit.note(uow, entity, "bulk_create", None, count=len(rows), because=because)
    return len(rows)


def bulk_create(uow: UnitOfWork, entity: Entity, rows: Sequence[Mapping[str, Any]], *, because: str) -> list[int]:
    """Insert as `bulk_insert` does and return the ids in the order of the rows."""
    permissions.require(uow, f"{entity.key}.create")
    if not rows:
        return []
    rules.hold_parents(uow, entity, rows)
    model: Any = entity.model
    statement = insert(model).returning(model.id, sort_by_parameter_order=True)
    ids = list(uow.session.execute(statement, completed(uow, entity, rows)).scalars())
    audit.note(uow, entity, "bulk_create", None, count=len(ids), because=because, ids=ids)
    return ids


def completed(uow: UnitOfWork, entity: Entity, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return rows with all that the ORM would have added."""
    model: Any = entity.model
    common = {
        "version": 1,
        "created_at": uow.now,
        "updated_at": uow.now,
        "created_by_id": uow.actor.user_id,
        "updated_by_id": uow.actor.user_id,
    }
    made = [{**defaults_of(model), **common, **_derived(model, row), **_packed(entity, row)} for row in rows]
    if issubclass(model, Pooled):
        owners.complete(uow, entity.key, made)
    if issubclass(model, Searchable):
        searched = model.searched_columns()
        for row in made:
            more = custom.searched_texts(entity.key, row.get("custom"))
            row["search_tokens"] = tokens(*(row.get(name) for name in searched), *more)
    return made


def _packed(entity: Entity, row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a row whose added fields stand in `custom`; every row has the same columns then."""
    if not entity.is_customizable or "custom" in row:
        return row
    columns, kept = custom.split(entity, row)
    return {**columns, "custom": kept}


def history(uow: UnitOfWork, entity: Entity, record_id: int, *, limit: int = 100) -> list[dict[str, Any]]:
    """Return who changed what on a record the actor may read, newest first."""
    hidden = masking.hidden_of(uow, entity.key, get(uow, entity, record_id))
    entry = AuditEntry
    rows = uow.session.execute(
        select(entry.at, User.name, entry.action, entry.changes)
        .outerjoin(User, User.id == entry.actor_id)
        .where(entry.entity == entity.key, entry.record_id == record_id)
        .order_by(entry.id.desc())
        .limit(limit)
    )
    return [
        {"at": at, "by": by, "action": action, "changes": {n: one for n, one in changes.items() if n not in hidden}}
        for at, by, action, changes in rows
    ]


# --- inside -------------------------------------------------------------------------------------------------


def defaults_of(model: Any) -> dict[str, Any]:
    """Return the constant column defaults, for statements that bypass the ORM."""
    return {
        column.name: column.default.arg
        for column in model.__table__.columns
        if column.default is not None and column.default.is_scalar
    }


def _derived(model: Any, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a model keeps beside its values because it follows from them, as a customer's compared name."""
    derive = getattr(model, "derived", None)
    return dict(derive(row)) if derive else {}


def _apply_defaults(record: Any) -> None:
    for name, value in defaults_of(type(record)).items():
        if getattr(record, name) is None:
            setattr(record, name, value)


def _set_owner(uow: UnitOfWork, entity: Entity, record: Any, owner_id: int | None) -> None:
    record.team_id = giving.team_of(uow, entity, owner_id)
    record.owner_id = owner_id


def _raise_conflict(uow: UnitOfWork, record: Any, values: Mapping[str, Any]) -> None:
    theirs = {name: getattr(record, name) for name, value in values.items() if getattr(record, name) != value}
    if not theirs:
        return
    by = uow.session.execute(select(User.name).where(User.id == record.updated_by_id)).scalar_one_or_none()
    yours = {name: values[name] for name in theirs}
    raise Conflict(theirs=theirs, yours=yours, version=record.version, by=by)


def _as_refusal(entity: Entity, fields: Mapping[str, Field], error: IntegrityError) -> Refusal:
    """Turn a broken unique constraint into a sentence at its field."""
    said = str(error.orig)
    for name, field_ in fields.items():
        if field_.is_custom:
            if re.search(rf"\b{index_name(entity.key, custom.code_of(name), unique=True)}\b", said):
                return Invalid({name: Message(N_("This is taken already."))})
            continue
        if f"uq_{entity.key}_{name}" in said or f"{entity.key}.{name}" in said:
            return Invalid({name: Message(N_("This is taken already."))})
    return Refusal(N_("This would break a rule of the data: {rule}"), rule=said.splitlines()[0][:200])

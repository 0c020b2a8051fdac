"""Changing: many records get values of their own by few statements, as the ORM would set them one by one.

Versions are raised, the changes stand in the audit record by record, and what follows from values (normal forms, search
tokens) follows. What needs more than a statement, as another owner, is not for here: storing.py sees to it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import insert, select

from db.base import Searchable, table_of
from db.keyed import Keyed
from db.models import AuditEntry
from db.search import tokens
from services.kit import audit, custom, permissions
from services.kit.entity import Entity
from services.kit.transfer import bulk
from services.kit.unit_of_work import UnitOfWork

TOGETHER: Final = 2_000
"""Records of one portion."""


def change(uow: UnitOfWork, entity: Entity, wanted: Mapping[int, Mapping[str, Any]]) -> None:
    """Set typed, checked values on records by id, at most TOGETHER; the caller has asked for permission and scope.

    Raises IntegrityError of SQLAlchemy or of the driver where a constraint refuses one, and nothing is changed.
    """
    permissions.require(uow, f"{entity.key}.update")
    model: Any = entity.model
    names = sorted({name for values in wanted.values() for name in values})
    kept = set(names) | _sources(entity, names)
    stored = _stored(uow, entity, sorted(wanted), sorted(kept))
    by_sort: dict[frozenset[str], list[int]] = {}
    for record_id, values in wanted.items():
        differing = frozenset(name for name, value in values.items() if stored[record_id][name] != value)
        if differing:
            by_sort.setdefault(frozenset(_following(entity, differing)), []).append(record_id)
    entries: list[dict[str, Any]] = []
    for follows, ids in by_sort.items():
        rows = [{**stored[one], **wanted[one]} for one in ids]
        columns = {name: [row[name] for row in rows] for name in names if not custom.is_custom(name)}
        if any(custom.is_custom(name) for name in names):
            columns["custom"] = [
                _custom(entity, row["custom"], wanted[one]) for one, row in zip(ids, rows, strict=True)
            ]
            for row, kept_now in zip(rows, columns["custom"], strict=True):
                row["custom"] = kept_now
        columns |= _derived(model, entity, rows, follows)
        bulk.update(uow, table_of(model), ids, columns)
        entries += _entries(uow, entity, {one: (stored[one], wanted[one]) for one in ids})
    if entries:
        uow.session.connection().execute(insert(AuditEntry), entries)


def _sources(entity: Entity, names: Collection[str]) -> set[str]:
    """Return what has to be known of a record so that what follows from some fields can be made anew."""
    found: set[str] = set()
    model: Any = entity.model
    if issubclass(model, Searchable) and _is_searched(entity, names):
        found |= set(model.searched_columns())
    if entity.is_customizable and (found or any(custom.is_custom(name) for name in names)):
        found.add("custom")
    return found


def _is_searched(entity: Entity, names: Collection[str]) -> bool:
    model: Any = entity.model
    return not {*model.searched_columns(), *custom.added(entity.key).searched}.isdisjoint(names)


def _following(entity: Entity, names: Collection[str]) -> set[str]:
    """Return what follows from a change of some fields: columns with normal forms, and the tokens."""
    model: Any = entity.model
    found = {name for name in names if issubclass(model, Keyed) and name in model.forms}
    if issubclass(model, Searchable) and _is_searched(entity, names):
        found.add("search_tokens")
    return found


def _stored(uow: UnitOfWork, entity: Entity, ids: Sequence[int], names: Sequence[str]) -> dict[int, dict[str, Any]]:
    """Return what the records have now, and hold them until the end of the unit of work."""
    model: Any = entity.model
    columns = [model.custom if name == "custom" else entity.column(name) for name in names]
    statement = select(model.id, *columns).where(model.id.in_(ids)).order_by(model.id).with_for_update(of=model)
    rows = uow.session.execute(statement)
    return {row[0]: dict(zip(names, row[1:], strict=True)) for row in rows}


def _custom(entity: Entity, before: Mapping[str, Any] | None, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `custom` holds once some added fields are set."""
    given = {
        custom.code_of(name): custom.encode(entity.fields[name], value)
        for name, value in values.items()
        if custom.is_custom(name)
    }
    return {code: raw for code, raw in {**(before or {}), **given}.items() if raw is not None}


def _derived(model: Any, entity: Entity, rows: Sequence[Mapping[str, Any]], follows: Collection[str]) -> dict[str, Any]:
    """Return the columns that follow from new values."""
    found: dict[str, Any] = {}
    forms = [name for name in follows if name != "search_tokens"]
    if forms:
        found |= model.derived_columns({name: [row[name] for row in rows] for name in forms})
    if "search_tokens" in follows:
        searched = model.searched_columns()
        found["search_tokens"] = [
            tokens(*(row[name] for name in searched), *custom.searched_texts(entity.key, row.get("custom")))
            for row in rows
        ]
    return found


def _entries(
    uow: UnitOfWork, entity: Entity, changed: Mapping[int, tuple[Mapping[str, Any], Mapping[str, Any]]]
) -> list[dict[str, Any]]:
    """Return the audit entries of records, each with what was and what is."""
    table = table_of(entity.model)
    audited = {column.name for column in table.columns if column.info.get("audited")}
    common = {
        "at": uow.now, "actor_id": uow.actor.user_id, "reference": uow.reference, "action": "update",
        "entity": entity.key, "count": 1,
    }  # fmt: skip
    found = []
    for record_id, (before, values) in changed.items():
        changes: dict[str, Any] = {}
        for name, value in values.items():
            old = before[name]
            if custom.is_custom(name):
                old, value = (custom.encode(entity.fields[name], one) for one in (old, value))  # noqa: PLW2901
            elif name not in audited:
                continue
            if old != value:
                changes[name] = [old, value]
        if changes:
            found.append({**common, "record_id": record_id, "changes": audit.plain(changes)})
    return found

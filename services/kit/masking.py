"""Fields that a pool hides: what lies in it shows itself to the pool's members, but not how to reach it.

Whoever reads everything of its kind sees them; so does anybody whose it is or who works on it, since then it lies in
no pool. Hidden values are neither shown nor filtered, searched or exported by.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ColumnElement, String, bindparam, case, not_, or_, select
from sqlalchemy.orm.attributes import set_committed_value

from db.base import table_of
from db.custom import CustomValue
from db.models import Pool
from db.within import within
from services.kit import custom, shared
from services.kit.actor import Reach

if TYPE_CHECKING:
    from services.kit.entity import Entity
    from services.kit.unit_of_work import UnitOfWork

HIDEABLE: Final[Mapping[str, tuple[str, ...]]] = {
    "customer": ("phone", "website", "address", "tax_number", "revenue", "employees", "next_step", "notes"),
    "lead": ("phone", "email", "title", "next_step", "notes"),
}
"""Entity -> fields of the table that its pools may hide, beside those that an administrator has added."""


def is_masked(uow: UnitOfWork, key: str) -> bool:
    """Say whether fields may be hidden from the reader at all."""
    return key in HIDEABLE and uow.actor.reach(f"{key}.read") is not Reach.ALL


def hideable(key: str) -> tuple[str, ...]:
    """Return the fields that pools may hide, those that an administrator has added as well, retired ones last."""
    added = custom.added(key)
    return (*HIDEABLE.get(key, ()), *((*added.fields, *added.retired) if key in HIDEABLE else ()))


def may_be_hidden(key: str, name: str) -> bool:
    """Say whether pools may hide a field."""
    return name in HIDEABLE.get(key, ()) or (key in HIDEABLE and custom.is_custom(name))


def shown(column: Any, pool_id: Any) -> ColumnElement[Any]:
    """Return a column whose value is nothing where the row's pool hides it."""
    name = custom.PREFIX + column.code if isinstance(column, CustomValue) else column.key
    return case((within(pool_id, shared.hiding(name)), None), else_=column).label(name)


def is_shown(pool_id: Any, *names: str) -> ColumnElement[bool]:
    """Return the criterion of the rows whose pool hides none of these fields; of what lies in no pool all are shown."""
    return or_(pool_id.is_(None), not_(within(pool_id, shared.hiding(*names))))


def found_openly(entity: Entity) -> ColumnElement[bool]:
    """Return the criterion of rows that a search may find: by nothing hidden, else by their title (`search_text`)."""
    table = table_of(entity.model)
    names = [name for name in HIDEABLE[entity.key] if table.c[name].info.get("searchable")]
    names += custom.added(entity.key).searched
    title: Any = table.c[entity.title]
    by_title = title.ilike(bindparam("search_text", type_=String()), escape="\\")
    return or_(is_shown(table.c.pool_id, *names), by_title)


def hidden_of(uow: UnitOfWork, key: str, record: Any) -> frozenset[str]:
    """Return the fields of a record that the reader may not see. One query for what lies in a pool."""
    if not is_masked(uow, key) or record.pool_id is None:
        return frozenset()
    found = uow.session.execute(select(Pool.hidden).where(Pool.id == record.pool_id)).scalar_one_or_none()
    return frozenset(name for name in found or () if may_be_hidden(key, name))


def conceal(uow: UnitOfWork, key: str, record: Any) -> None:
    """Take the hidden values out of a record that is only read; nothing of it is ever written."""
    hidden = hidden_of(uow, key, record)
    for name in hidden:
        if not custom.is_custom(name):
            set_committed_value(record, name, None)
    codes = {custom.code_of(name) for name in hidden if custom.is_custom(name)}
    if codes:
        kept = {code: raw for code, raw in (record.custom or {}).items() if code not in codes}
        set_committed_value(record, "custom", kept)

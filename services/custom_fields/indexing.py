"""What the database keeps for added fields beside their values: indexes, uniqueness, search words."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import bindparam, func, select
from sqlalchemy import update as sql_update
from sqlalchemy.exc import IntegrityError

from db import custom as columns
from db.base import CUSTOM_INDEX, Searchable, table_of
from db.models import CustomField
from db.models.custom_field import CUSTOMIZED
from db.search import tokens
from db.types import N_
from services.kit import audit, custom, permissions
from services.kit.entity import ENTITIES
from services.kit.errors import Invalid, Message
from services.kit.unit_of_work import UnitOfWork

_CHUNK: Final = 2_000


# --- indexes ------------------------------------------------------------------------------------------------


def keep(uow: UnitOfWork, row: CustomField) -> None:
    """Make or drop the indexes of a field as its definition says. Raises Invalid where present values clash."""
    table = table_of(ENTITIES[row.entity].model)
    connection = uow.session.connection()
    dialect = connection.dialect.name
    facts = custom.field_of(row)
    there = _present(uow, table.name)
    for unique, is_wanted in ((False, row.is_active and facts.filterable), (True, row.is_active and row.is_unique)):
        if (columns.index_name(table.name, row.code, unique=unique) in there) == is_wanted:
            continue
        if not is_wanted:
            connection.exec_driver_sql(columns.drop_index(table, row.code, unique=unique))
            continue
        if unique:
            _refuse_clashes(uow, row)
        try:
            with connection.begin_nested():  # the session's own would not reach a connection used past it
                connection.exec_driver_sql(columns.create_index(dialect, table, row.code, row.kind, unique=unique))
        except IntegrityError as error:  # somebody saved the same value between our look and the index
            _refuse_clashes(uow, row)
            raise Invalid({"is_unique": Message(N_("Some records have the same."))}) from error
        if dialect == "postgresql":
            connection.exec_driver_sql(f'ANALYZE "{table.name}"')  # else the planner knows nothing of the values


def _present(uow: UnitOfWork, table: str) -> set[str]:
    if uow.is_sqlite:
        asked = "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = ?"
        rows = uow.session.connection().exec_driver_sql(asked, (table,))
    else:
        asked = "SELECT indexname FROM pg_indexes WHERE schemaname = current_schema() AND tablename = %s"
        rows = uow.session.connection().exec_driver_sql(asked, (table,))
    return {row[0] for row in rows if row[0].startswith(CUSTOM_INDEX)}


def _refuse_clashes(uow: UnitOfWork, row: CustomField) -> None:
    model: Any = ENTITIES[row.entity].model
    value = columns.CustomValue(model.custom, row.code, row.kind)
    rows = uow.session.execute(
        select(value, func.count())
        .where(model.deleted_at.is_(None), value.is_not(None))
        .group_by(value)
        .having(func.count() > 1)
        .order_by(func.count().desc(), value)
        .limit(5)
    ).all()
    if rows:
        named = [f"{one[0]} ({one[1]})" for one in rows]
        raise Invalid(
            {"is_unique": Message(N_("Some records have the same; mend them first: {values}"), {"values": named})}
        )


def wrong_indexes(uow: UnitOfWork) -> list[str]:
    """Return the names of indexes that are missing or left over, for the doctor."""
    permissions.require(uow, "custom_field.read")
    wanted: set[str] = set()
    for row in uow.session.execute(select(CustomField).where(CustomField.is_active)).scalars():
        if custom.field_of(row).filterable:
            wanted.add(columns.index_name(row.entity, row.code))
        if row.is_unique:
            wanted.add(columns.index_name(row.entity, row.code, unique=True))
    there = {name for key in CUSTOMIZED for name in _present(uow, key)}
    return sorted(wanted ^ there)


def mend(uow: UnitOfWork) -> list[str]:
    """Make missing indexes and drop those left over; return their names. Raises Forbidden, Invalid."""
    permissions.require(uow, "custom_field.update")
    wrong = wrong_indexes(uow)
    for row in uow.session.execute(select(CustomField).order_by(CustomField.id)).scalars():
        keep(uow, row)
    for name in wrong_indexes(uow):
        uow.session.connection().exec_driver_sql(f"DROP INDEX IF EXISTS {name}")
    return wrong


# --- search -------------------------------------------------------------------------------------------------


def rebuild_search(uow: UnitOfWork, key: str, *, after: int = 0, limit: int = _CHUNK) -> int | None:
    """Write the search words of some records anew, from the id `after` on; return the last id, None at the end.

    For records saved before a field was made searchable, or after it ceased to be. It changes nothing that anybody
    entered, so versions and dates stay.
    """
    permissions.require(uow, "custom_field.update")
    model: Any = ENTITIES[key].model
    if not issubclass(model, Searchable):
        return None
    names = model.searched_columns()
    rows = uow.session.execute(
        select(model.id, model.search_tokens, model.custom, *(getattr(model, name) for name in names))
        .where(model.id > after)
        .order_by(model.id)
        .limit(limit)
    ).all()
    fresh = [(row[0], row[1], tokens(*row[3:], *custom.searched_texts(key, row[2]))) for row in rows]
    changed = [{"of": record_id, "words": new} for record_id, old, new in fresh if old != new]
    if changed:
        table = table_of(model)
        statement = sql_update(table).where(table.c.id == bindparam("of")).values(search_tokens=bindparam("words"))
        uow.session.connection().execute(statement, changed)
    if len(rows) == limit:
        return int(rows[-1][0])
    audit.note(uow, "custom_field", "rebuild_search", None, of=key)
    return None

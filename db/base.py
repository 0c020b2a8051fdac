"""What every table shares: key, version, who and when, recycle bin, owner, search tokens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Index, Integer, MetaData, String, Table, Text, event
from sqlalchemy.orm import DeclarativeBase, Mapped, Mapper, declared_attr, mapped_column

from db import search
from db.types import N_, Id, Json, UtcDateTime, instant, reference

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """All tables; constraints are named so that migrations can name them too."""

    metadata = MetaData(naming_convention=NAMING)

    def __init__(self, **values: Any) -> None:
        """Take the values by name: of columns, and of fields that an administrator has added."""
        for name, value in values.items():
            if not hasattr(type(self), name) and not (isinstance(self, Customizable) and name.startswith(CUSTOM)):
                message = f"{type(self).__name__} has no “{name}”"
                raise TypeError(message)
            setattr(self, name, value)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Index what lists are sorted and filtered by; what lies in the recycle bin stays out of these indexes."""
        super().__init_subclass__(**kwargs)
        table = cls.__dict__.get("__table__")
        if table is None:
            return
        live = {}
        if "deleted_at" in table.c:
            is_live = table.c.deleted_at.is_(None)
            live = {"sqlite_where": is_live, "postgresql_where": is_live}
            is_gone = table.c.deleted_at.is_not(None)  # the recycle bin, which holds little
            gone = {"sqlite_where": is_gone, "postgresql_where": is_gone}
            Index(f"ix_{table.name}_deleted_at_id", table.c.deleted_at, table.c.id, **gone)
            if issubclass(cls, Owned):
                scope_index(table, "owner_id")
                scope_index(table, "team_id")
        for column in table.columns:
            if column.info.get("sortable"):
                Index(f"ix_{table.name}_{column.name}_id", column, table.c.id, **live)
            elif live and (column.info.get("kind") == "choice" or column.info.get("recurring")):
                # The page of a filtered list and its count, each by one look into the index.
                Index(f"ix_{table.name}_{column.name}_updated_at_id", column, table.c.updated_at, table.c.id, **live)


def table_of(model: type[Any]) -> Table:
    """Return the table of a mapped class."""
    table: Table = model.__table__
    return table


def scope_index(table: Table, name: str, **where: Any) -> None:
    """Index what a scope asks for, in the order in which lists show it, with all that narrows a list at the end.

    A count looks at the index alone then, and a filtered page leaves alone what does not fit: of a million customers
    those of a level that a manager sees took 400 ms of which each was fetched, and take 15. Not limited to live rows,
    since SQLite uses no such index for "own or my team's": the date of deletion stands at the end, too.
    """
    first = (table.c[name], table.c.updated_at, table.c.id, table.c.deleted_at)
    more = [column for column in table.columns if narrows(column) and column.name != name]
    Index(f"ix_{table.name}_{name}_updated_at_id", *first, *more, **where)


def narrows(column: Any) -> bool:
    """Say whether lists are filtered by a column, so that it stands in the indexes of the scopes."""
    return column.info.get("kind") == "choice" or any(column.info.get(fact) for fact in ("recurring", "narrowing"))


class Key:
    """A 64-bit key made by the database."""

    id: Mapped[int] = mapped_column(Id, primary_key=True, sort_order=-100, info={"kind": "id", "label": N_("Id")})


class Record(Key):
    """A business record: versioned, dated, signed, and deleted only into the recycle bin."""

    version: Mapped[int] = mapped_column(Integer, nullable=False, sort_order=90)
    created_at: Mapped[datetime] = instant(N_("Created"), required=True, audited=False, sort_order=91)
    updated_at: Mapped[datetime] = instant(N_("Changed"), required=True, audited=False, sortable=True, sort_order=92)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime, sort_order=95)
    deleted_in: Mapped[str | None] = mapped_column(String(32), sort_order=96)
    """Reference of the user action that deleted it; what went together comes back together."""

    # No foreign key: users are never removed from the table, and every bulk insert would pay for two look-ups.
    created_by_id: Mapped[int | None] = mapped_column(Id, sort_order=93)
    updated_by_id: Mapped[int | None] = mapped_column(Id, sort_order=94)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:
        """Check the version on every update (optimistic locking)."""
        return {"version_id_col": cls.version}


class Owned:
    """A record somebody answers for; the owner's team is kept beside it, since scopes ask for it."""

    @declared_attr
    def owner_id(cls) -> Mapped[int | None]:
        """Return the person responsible; empty means public pool."""
        return reference(N_("Owner"), "user.id", index=False, narrowing=True, sort_order=80, active_history=True)

    @declared_attr
    def team_id(cls) -> Mapped[int | None]:
        """Return the team it is counted for."""
        return reference(N_("Team"), "team.id", index=False, narrowing=True, sort_order=81)


class Customizable:
    """A record that carries the values of the fields an administrator has added (docs/adr/0022)."""

    custom: Mapped[dict[str, Any]] = mapped_column(
        Json, nullable=False, default=dict, server_default="{}", sort_order=89, info={"audited": True}
    )
    """{code of the field: value as JSON holds it}; blank values are absent."""

    def __getattr__(self, name: str) -> Any:
        """Return the value of the field `c_<code>`, typed: whatever reads fields by name reads these, too."""
        if name.startswith(CUSTOM) and read_custom is not None:
            return read_custom(self, name)
        raise AttributeError(name)

    def __setattr__(self, name: str, value: Any) -> None:
        """Set a column, or the value of the field `c_<code>`."""
        if name.startswith(CUSTOM) and write_custom is not None:
            write_custom(self, name, value)
        else:
            super().__setattr__(name, value)


CUSTOM: Final = "c_"
"""Beginning of the names of fields that an administrator has added."""
CUSTOM_INDEX: Final = "cf_"
"""Beginning of the names of their indexes, which no model knows."""
read_custom: Callable[[Any, str], Any] | None = None
write_custom: Callable[[Any, str, Any], None] | None = None
searched_custom: Callable[[Any], list[str]] | None = None
"""What the services know of these fields; they hand it in (services/kit/custom.py)."""


class Searchable:
    """A record found by its searchable columns through `search_tokens` (db/search.py)."""

    search_tokens: Mapped[str] = mapped_column(Text, nullable=False, default="", sort_order=99)

    @classmethod
    def searched_columns(cls) -> tuple[str, ...]:
        """Return the names of the columns whose text is searched."""
        return tuple(column.name for column in table_of(cls).columns if column.info.get("searchable"))


@event.listens_for(Searchable, "before_insert", propagate=True)
@event.listens_for(Searchable, "before_update", propagate=True)
def _fill_search_tokens(_mapper: Mapper[Any], _connection: Any, target: Any) -> None:
    more = searched_custom(target) if searched_custom is not None and isinstance(target, Customizable) else ()
    target.search_tokens = search.tokens(*(getattr(target, name) for name in target.searched_columns()), *more)

"""Make what is kept beside the records anew when its making has changed: normal forms and search words.

They follow from a record's values, by code that gets better. A marker in the database says by which version they were
made; where the code's is another, `refresh` goes through all records in portions that commit by themselves, so that it
may be stopped at any moment and goes on from there, and nobody waits for a lock for long.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import bindparam, select, update

from db import normal, search
from db.base import Base, Customizable, Searchable, table_of
from db.keyed import Keyed
from services import company
from services.kit import custom, permissions
from services.kit.actor import SYSTEM
from services.kit.unit_of_work import Database, UnitOfWork

MARKER: Final = "made_by"
_PORTION: Final = 2_000


def version() -> str:
    """Return what the stored forms depend on."""
    return f"{normal.version()}/{search.VERSION}"


def refresh(database: Database) -> int:
    """Make normal forms and search words anew where their version is another; return how many records changed."""
    changed = 0
    while (done := database.run(SYSTEM, refresh_portion)) is not None:
        changed += done
    return changed


def refresh_portion(uow: UnitOfWork, *, portion: int = _PORTION) -> int | None:
    """Go through the next records; return how many of them changed, None when nothing is left. Raises Forbidden."""
    permissions.require(uow, "setting.update")
    marker = company.get(uow, MARKER)
    if marker["version"] == version() and marker["table"] is None:
        return None
    begun = marker if marker["towards"] == version() else {**marker, "table": None, "after": 0}
    tables = sorted(_kept())
    table = begun["table"] or tables[0]
    # A table that is there no more has nothing to be made anew.
    changed, last = _portion(uow, _kept()[table], begun["after"], portion) if table in _kept() else (0, None)
    if last is not None:
        following: dict[str, Any] = {"table": table, "after": last}
    else:
        later = [one for one in tables if one > table]
        following = {"table": later[0] if later else None, "after": 0}
    is_done = following["table"] is None
    company.set_value(
        uow,
        MARKER,
        {"version": version() if is_done else marker["version"], "towards": version(), **following},
    )
    return changed


def _kept() -> dict[str, Any]:
    """Return the models that keep such forms, by table."""
    models = [mapper.class_ for mapper in Base.registry.mappers]
    return {table_of(one).name: one for one in models if issubclass(one, Searchable | Keyed)}


def _portion(uow: UnitOfWork, model: Any, after: int, portion: int) -> tuple[int, int | None]:
    """Make a portion anew; return how many records differed and the last id, None if there was none."""
    sources = set(model.forms) if issubclass(model, Keyed) else set()
    targets = {name for _, names in model.forms.values() for name in names} if issubclass(model, Keyed) else set()
    searched = model.searched_columns() if issubclass(model, Searchable) else ()
    wanted = sorted({"id", *sources, *targets, *searched})
    wanted += ["search_tokens"] * bool(searched) + ["custom"] * issubclass(model, Customizable)
    rows = uow.session.execute(
        select(*(getattr(model, name) for name in wanted)).where(model.id > after).order_by(model.id).limit(portion)
    ).all()
    changes = [change for row in rows if (change := _change(model, dict(zip(wanted, row, strict=True)), searched))]
    if changes:
        table = table_of(model)
        names = sorted(changes[0].keys() - {"row_id"})
        # Nobody changed these records: no version, no date, no audit.
        uow.session.connection().execute(
            update(table).where(table.c.id == bindparam("row_id")).values({name: bindparam(name) for name in names}),
            changes,
        )
    return len(changes), rows[-1][wanted.index("id")] if rows else None


def _change(model: Any, row: dict[str, Any], searched: tuple[str, ...]) -> dict[str, Any]:
    """Return all that is kept of a record if any of it differs, else nothing."""
    made: dict[str, Any] = model.derived(row) if issubclass(model, Keyed) else {}
    if searched:
        more = custom.searched_texts(table_of(model).name, row["custom"]) if "custom" in row else ()
        made["search_tokens"] = search.tokens(*(row[name] for name in searched), *more)
    return {"row_id": row["id"], **made} if any(row[name] != value for name, value in made.items()) else {}

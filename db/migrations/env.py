"""Alembic's entry: migrate the connection handed in by `db.migrate`, or the one named by the settings."""

from __future__ import annotations

import os
from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection

from db import models  # noqa: F401 - fills the metadata
from db.base import Base
from db.engine import WRITE, make_engine
from db.types import UtcDateTime


def _render_item(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    # Migrations speak stock SQLAlchemy, so that an old one does not change when our types do.
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, sa.JSON):
        autogen.imports.add("from sqlalchemy.dialects import postgresql")
        return "sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')"
    return False


def _include_object(_object: Any, name: str | None, kind: str, _reflected: bool, _other: Any) -> bool:  # noqa: FBT001
    # The search index is made by hand on both databases (db/search.py).
    is_search = bool(name) and (
        (kind == "index" and str(name).startswith("ix_") and str(name).endswith("_search"))
        or (kind == "table" and "_search" in str(name))
    )
    # Indexes of added fields come and go with their definitions (db/custom.py).
    return not is_search and not (kind == "index" and str(name).startswith("cf_"))


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        render_item=_render_item,
        include_object=_include_object,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


_given = context.config.attributes.get("connection")
if _given is not None:
    _run(_given)
else:
    _engine = make_engine(os.environ.get("SANDTABLE_DATABASE_URL", "sqlite:///data/sandtable.db"))
    with _engine.execution_options(**{WRITE: True}).connect() as _connection:
        _run(_connection)
        _connection.commit()

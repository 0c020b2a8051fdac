"""What a database is asked, and how SQLite goes about it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, event

Statement = tuple[str, Any]
"""Its text, and the values in it."""


def heard(engine: Engine) -> list[Statement]:
    """Return a list in which all stands that is asked from now on."""
    asked: list[Statement] = []
    event.listen(engine, "before_cursor_execute", lambda *said: asked.append((said[2], said[3])))
    return asked


def plan(engine: Engine, statement: Statement) -> list[str]:
    """Return the steps that SQLite takes for a statement."""
    text, values = statement
    with engine.connect() as connection:
        return [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)]

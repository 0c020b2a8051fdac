"""How values are spread, as the planner of SQLite has to be told; PostgreSQL finds out by itself.

Without it SQLite believes every index to be equally good: the contacts of one role that a seller sees, 21 ms with a
million customers when it knows, did not come in minutes. What it finds by looking at a thousand entries of an index
misleads it as well (420 ms), so all are counted: 3.7 s for 3.4 GB.
"""

from __future__ import annotations

import logging
from typing import Final

from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from db.engine import WRITE

_LOG: Final = logging.getLogger("sandtable.statistics")


def count(engine: Engine, *tables: str) -> int:
    """Count how values are spread in some tables, or in all of them; return how many have been looked at.

    Others read on meanwhile and wait to write. Connections made before know of it when they are made anew.
    """
    if engine.dialect.name != "sqlite":
        return 0
    with engine.connect().execution_options(**{WRITE: True}) as connection, connection.begin():
        for table in tables:
            connection.execute(text(f'ANALYZE "{table}"'))
        if not tables:
            connection.execute(text("ANALYZE"))
        known = connection.execute(text("SELECT count(DISTINCT tbl) FROM sqlite_stat1")).scalar_one()
    if engine.url.database not in (None, "", ":memory:"):
        engine.dispose()
    return len(tables) or int(known)


def count_in_passing(engine: Engine, *tables: str) -> None:
    """Do as `count`; where others write for too long, leave it to the night."""
    try:
        count(engine, *tables)
    except OperationalError:
        _LOG.warning("how values are spread could not be counted now, since others write; it is by night")


def are_missing(engine: Engine) -> bool:
    """Say whether SQLite has never been told."""
    if engine.dialect.name != "sqlite":
        return False
    with engine.connect() as connection:
        return not connection.execute(text("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'")).first()

"""PostgreSQL databases that are emptied instead of made anew: making one copies nine hundred files.

A copy of the template took half a second of computing for each of a thousand tests (measured), emptying one takes
some milliseconds. What cannot be emptied for certain, because its shape has changed or somebody is still connected,
is thrown away.
"""

from __future__ import annotations

import time
import uuid
from typing import Any, Final

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

_LARGE: Final = 256 * 1024
"""Bytes of a table from which on it is truncated; rows of smaller ones are deleted, which is quicker."""
_SHAPE: Final = text("""
    SELECT md5(concat_ws('|',
        (SELECT string_agg(version_num, ',') FROM alembic_version),
        (SELECT string_agg(c.oid::text, ',' ORDER BY c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
            WHERE nspname NOT LIKE 'pg\\_%'),
        (SELECT string_agg(nspname, ',' ORDER BY nspname) FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%'),
        (SELECT count(*) || ' ' || max(oid) FROM pg_constraint),
        (SELECT count(*) || ' ' || max(oid) FROM pg_proc),
        (SELECT count(*) || ' ' || max(oid) FROM pg_trigger),
        (SELECT string_agg(concat_ws(' ', attrelid, attnum, attname, atttypid, attnotnull, atthasdef, attisdropped), ','
            ORDER BY attrelid, attnum) FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
            JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname NOT LIKE 'pg\\_%')
    ))
""")
_EMPTY: Final = text(f"""
DO $$
DECLARE one record;
BEGIN
    SET LOCAL session_replication_role = replica;  -- in whatever order: no foreign key is asked
    FOR one IN
        SELECT oid::regclass AS name, pg_relation_size(oid) AS size FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'alembic_version'
            AND pg_relation_size(oid) > 0
    LOOP
        IF one.size > {_LARGE} THEN
            EXECUTE format('TRUNCATE %s CASCADE', one.name);
        ELSE
            EXECUTE format('DELETE FROM %s', one.name);
        END IF;
    END LOOP;
    PERFORM setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
        FROM pg_sequences WHERE last_value IS NOT NULL;
END $$
""")
_OTHERS: Final = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
_PATIENCE: Final = 100


def administer(url: URL, statement: str) -> None:
    """Run a statement outside of any transaction."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


class Emptied:
    """The database of a worker: taken by one test at a time, and empty whenever it is taken."""

    def __init__(self, server: URL, template: str) -> None:
        """Make nothing yet. The template has no rows but its version."""
        self._server, self._template = server, template
        self._name: str | None = None
        self._shape: Any = None

    def take(self) -> URL:
        """Return the address of a migrated database without rows, whose ids begin at 1."""
        if self._name is None:
            self._name = f"test_{uuid.uuid4().hex[:12]}"
            copy = f"CREATE DATABASE {self._name} TEMPLATE {self._template} STRATEGY FILE_COPY"
            administer(self._server, copy)
            self._shape = self._asked(lambda connection: connection.execute(_SHAPE).scalar_one())
        return self._server.set(database=self._name)

    def give_back(self) -> None:
        """Empty it, or throw it away where that cannot be done."""
        try:
            is_empty = self._name is not None and self._asked(self._empty)
        except DBAPIError:  # no table of versions any more, or no right to do it
            is_empty = False
        if not is_empty:
            self.end()

    def end(self) -> None:
        """Throw it away."""
        if self._name is not None:
            administer(self._server, f"DROP DATABASE IF EXISTS {self._name} WITH (FORCE)")
            self._name = None

    def _asked(self, ask: Any) -> Any:
        engine = create_engine(self._server.set(database=self._name), isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                return ask(connection)
        finally:
            engine.dispose()

    def _empty(self, connection: Connection) -> bool:
        connection.exec_driver_sql(f"SELECT pg_terminate_backend(pid) {_OTHERS}").all()
        for _ in range(_PATIENCE):
            if not connection.exec_driver_sql(f"SELECT 1 {_OTHERS} LIMIT 1").first():
                break
            time.sleep(0.02)
        else:
            return False
        if connection.execute(_SHAPE).scalar_one() != self._shape:
            return False
        connection.execute(_EMPTY)
        return True

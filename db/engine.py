"""One engine per process: SQLite tuned for several writers, PostgreSQL for many."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url

WRITE = "sandtable_write"
"""Execution option of a connection that is going to write."""


def make_engine(url: str | URL, *, schema: str | None = None, **options: Any) -> Engine:
    """Return an engine for a SQLite or PostgreSQL address.

    `schema` names the PostgreSQL schema of this company (one company, one schema).
    """
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        return _sqlite(address, **options)
    if address.drivername == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
    # prepare_threshold=None: after five uses psycopg prepares a statement, and PostgreSQL's generic plan
    # then took a search from 0.2 ms to 1,900 ms (measured); poolers want it off, too.
    # No parallel plans and no compiling: starting them took 10 to 20 ms of queries that take 3 (measured), and a
    # portal has many readers at once rather than one long query.
    tuned = "-c timezone=UTC -c jit=off -c max_parallel_workers_per_gather=0"
    connect: dict[str, Any] = {"prepare_threshold": None, "options": tuned}
    if schema:
        connect["options"] += f" -c search_path={schema}"
    return create_engine(
        address, connect_args=connect, **{"pool_size": 20, "max_overflow": 20, "pool_pre_ping": True, **options}
    )


def tune_for_loading(engine: Engine) -> None:
    """Let connections made from now on suit a process that loads many rows and shows no pages.

    SQLite copies what was committed into the table every 4 MB by itself, and waits for the disk each time: half of
    the time of an import on a busy machine (60 s against 30 for 100,000 rows, measured). So this is done every 64 MB.
    Pages are kept in memory of our own, a bounded amount, instead of mapping the file.
    """
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def _tune(connection: sqlite3.Connection, _record: object) -> None:
        for pragma in ("cache_size=-262144", "mmap_size=0", "wal_autocheckpoint=16000"):
            connection.execute(f"PRAGMA {pragma}").close()


def _sqlite(address: URL, **options: Any) -> Engine:
    if address.database and address.database != ":memory:":
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        address,
        connect_args={"timeout": 30, "check_same_thread": False},
        **({} if address.database in (None, "", ":memory:") else {"pool_size": 20, "max_overflow": 20}),
        **options,
    )

    @event.listens_for(engine, "connect")
    def _tune(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, below
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "foreign_keys=ON",
            "synchronous=NORMAL",
            "busy_timeout=30000",
            "cache_size=-65536",
            "mmap_size=1073741824",
            "temp_store=MEMORY",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A deferred transaction that reads first and writes later fails at once with "database is locked"
        # whatever the timeout (4 of 10 tries, measured); BEGIN IMMEDIATE waits its turn.
        is_writing = connection.get_execution_options().get(WRITE, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing else "BEGIN")

    return engine

"""One engine per process: SQLite tuned for several writers, PostgreSQL for many."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final

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


LOG_PAGES: Final = 16_000
"""Pages of SQLite's log, 64 MB, after which a process that loads many rows has them copied into the table."""
_PAGE: Final = 4_096
_MUCH: Final = 4
_PATIENCE: Final = 30_000
_MOMENT: Final = 100
"""Milliseconds that a writer waits for another; and that all wait for a reader, so that the log may begin anew."""
_WAIT: Final = 5.0
"""Seconds that a process which loads many rows waits for its log to be copied before it writes on."""


def tune_for_loading(engine: Engine) -> None:
    """Let connections made from now on suit a process that loads many rows and shows no pages.

    SQLite copies what was committed into the table every 4 MB by itself, and waits for the disk each time: half of
    the time of an import on a busy machine (60 s against 30 for 100,000 rows, measured). A process that loads does it
    when it sees fit, by `write_back`. Pages are kept in memory of our own, a bounded amount; the file is not mapped.
    """
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def _tune(connection: sqlite3.Connection, _record: object) -> None:
        for pragma in ("cache_size=-262144", "mmap_size=0", f"wal_autocheckpoint={LOG_PAGES}"):
            connection.execute(f"PRAGMA {pragma}").close()


def write_back(engine: Engine) -> None:
    """Copy SQLite's log into the table and begin it anew, if it has grown long; nothing on other databases.

    By itself SQLite begins the log anew only if nobody reads at the end of a copy and nobody has written meanwhile.
    With others at work beside an import that never happened: the log of a million rows grew to 17 GB. So most is
    copied while all go on, and the rest while they wait for a moment. Where somebody reads, or copies the log in our
    stead as whoever commits does, it is tried again the next time; only a log four times as long is waited for.
    """
    log = Path(f"{engine.url.database}-wal")
    if engine.dialect.name != "sqlite" or not engine.url.database or not log.exists():
        return
    size = log.stat().st_size / (LOG_PAGES * _PAGE)
    if size < 1:
        return
    raw: Any = engine.raw_connection()
    end = monotonic() + (_WAIT if size > _MUCH else 0)
    try:
        raw.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        raw.execute(f"PRAGMA busy_timeout={_MOMENT}").fetchall()
        while raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] and monotonic() < end:
            sleep(_MOMENT / 1_000)
    finally:
        raw.execute(f"PRAGMA busy_timeout={_PATIENCE}").fetchall()
        raw.close()


@contextmanager
def unmapped(connection: Connection) -> Iterator[None]:
    """Read without mapping SQLite's file into memory: whoever goes through all of it holds no more than a page cache.

    The map makes short queries quick, but all that was touched counts as this process's own: 1.1 GB for an export of
    a million rows.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    mapped = connection.exec_driver_sql("PRAGMA mmap_size").scalar_one()
    connection.exec_driver_sql("PRAGMA mmap_size=0").close()
    try:
        yield
    finally:
        connection.exec_driver_sql(f"PRAGMA mmap_size={mapped}").close()


def _sqlite(address: URL, **options: Any) -> Engine:
    if address.database and address.database != ":memory:":
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        address,
        connect_args={"timeout": 30, "check_same_thread": False},
        # Made anew now and then: a connection keeps what it once knew of how values are spread (db/statistics.py).
        **(
            {}
            if address.database in (None, "", ":memory:")
            else {"pool_size": 20, "max_overflow": 20, "pool_recycle": 900}
        ),
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
            f"busy_timeout={_PATIENCE}",
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

"""What an operator asks of a database: is it sound, keep a copy, bring one back."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, func, null, select, text
from sqlalchemy.engine import make_url

from db import migrate
from db.base import Base, table_of
from db.search import tokens
from db.types import N_
from services import collections, custom_fields
from services.kit import custom
from services.kit.actor import SYSTEM
from services.kit.errors import Message, Refusal
from services.kit.unit_of_work import Database, UnitOfWork

_SAMPLE: Final = 500
_CHUNK: Final = 1024 * 1024


def doctor(database: Database) -> list[Message]:
    """Return what is wrong with a database: its shape, the money's ledger, the search index. Empty if sound."""
    if not migrate.is_current(database.engine):
        return [Message(N_("The database is not in the newest shape. Run: python cli.py migrate"))]
    found = database.ask(SYSTEM, _ledger) + database.ask(SYSTEM, _search) + database.ask(SYSTEM, _fields)
    if database.engine.dialect.name == "sqlite":
        found += _integrity(database.engine)
    return found


def _ledger(uow: UnitOfWork) -> list[Message]:
    wrong = collections.ledger_differences(uow)
    if wrong.empty:
        return []
    return [Message(N_("Sums of money kept beside the ledger differ from it: {count} records."), {"count": len(wrong)})]


def _search(uow: UnitOfWork) -> list[Message]:
    """Compare the index with the records: how many there are, and the tokens of the newest."""
    found = []
    for mapper in Base.registry.mappers:
        model: Any = mapper.class_
        table = table_of(model)
        if "search_tokens" not in table.columns:
            continue
        names = model.searched_columns()
        kept = [table.c.custom] if "custom" in table.columns else [null()]
        rows = uow.session.execute(
            select(model.search_tokens, *kept, *(getattr(model, name) for name in names))
            .order_by(model.id.desc())
            .limit(_SAMPLE)
        )
        wrong = sum(row[0] != tokens(*row[2:], *custom.searched_texts(table.name, row[1])) for row in rows)
        if wrong:
            found.append(
                Message(
                    N_("The search words of {count} records in “{table}” are out of date."),
                    {"count": wrong, "table": table.name},
                )
            )
        if uow.is_sqlite and not _is_index_whole(uow, table.name):
            found.append(Message(N_("The search index of “{table}” differs from its records."), {"table": table.name}))
    return found


def _fields(uow: UnitOfWork) -> list[Message]:
    """Compare the indexes of added fields with their definitions: lists rely on them, and so does uniqueness."""
    wrong = custom_fields.wrong_indexes(uow)
    if not wrong:
        return []
    said = N_("Indexes of custom fields are missing or left over: {names}. Run: python cli.py doctor --mend")
    return [Message(said, {"names": ", ".join(wrong)})]


def _is_index_whole(uow: UnitOfWork, table: str) -> bool:
    records = uow.session.execute(select(func.count()).select_from(text(f'"{table}"'))).scalar_one()
    indexed = uow.session.execute(select(func.count()).select_from(text(f'"{table}_search_docsize"'))).scalar_one()
    return bool(records == indexed)


def _integrity(engine: Engine) -> list[Message]:
    with engine.connect() as connection:
        said = [row[0] for row in connection.exec_driver_sql("PRAGMA quick_check")]
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    found = [] if said == ["ok"] else [Message(N_("The database file is damaged: {reason}"), {"reason": said[0]})]
    if broken:
        found.append(Message(N_("Links that lead nowhere: {count}."), {"count": len(broken)}))
    return found


# --- backup -------------------------------------------------------------------------------------------------


def backup(database: Database, target: Path) -> str:
    """Copy a SQLite database to a file while it is in use; write and return its SHA-256.

    By the backup interface alone: a copy of the file by itself was unusable 30 times of 30 (measured).
    Raises Refusal for PostgreSQL and for a target that exists.
    """
    source = _file_of(database.settings.database_url)
    if target.exists():
        raise Refusal(N_("“{name}” is there already; name another file."), name=str(target))
    if not source.exists():
        raise Refusal(N_("There is no file “{name}”."), name=str(source))
    half = target.with_name(f".{target.name}.part")
    with _told(target):
        half.unlink(missing_ok=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(source)) as here, closing(sqlite3.connect(half)) as there:
            here.backup(there)
            # The copy stands alone: one file, nothing left in a log beside it.
            there.execute("PRAGMA journal_mode=DELETE")
        digest = _digest(half)
        half.replace(target)
        _beside(target).write_text(f"{digest}  {target.name}\n", encoding="utf-8")
    return digest


def restore(database: Database, source: Path) -> Path | None:
    """Replace a SQLite database by a backup, checked first; return where the replaced one was kept.

    The server must not be running. Raises Refusal for PostgreSQL, a file that is no backup or has changed.
    """
    target = _file_of(database.settings.database_url)
    if not source.is_file():
        raise Refusal(N_("There is no file “{name}”."), name=str(source))
    if _beside(source).is_file():
        expected = _beside(source).read_text(encoding="utf-8").split()[0]
        if expected != _digest(source):
            raise Refusal(
                N_("“{name}” is not what was backed up: its checksum differs. Nothing was changed."), name=source.name
            )
    _refuse_no_database(source)
    database.engine.dispose()
    with _told(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.with_name(f".{target.name}.part")
        fresh.unlink(missing_ok=True)
        with closing(sqlite3.connect(source)) as here, closing(sqlite3.connect(fresh)) as there:
            here.backup(there)
        kept = _put_aside(target)
        fresh.replace(target)
    return kept


def _put_aside(target: Path) -> Path | None:
    """Move the database out of the way, with what its log holds."""
    if not target.exists():
        return None
    with closing(sqlite3.connect(target, timeout=5)) as connection:
        try:
            connection.execute("PRAGMA journal_mode=DELETE")  # needs the file alone: fails while a server runs
        except sqlite3.OperationalError as error:
            raise Refusal(N_("The database is in use. Stop the server and try again.")) from error
    kept = target.with_name(f"{target.name}.before-restore")
    target.replace(kept)
    for suffix in ("-wal", "-shm"):
        target.with_name(target.name + suffix).unlink(missing_ok=True)
    return kept


def _refuse_no_database(source: Path) -> None:
    try:
        with closing(sqlite3.connect(f"file:{source.resolve()}?mode=ro", uri=True)) as connection:
            said = connection.execute("PRAGMA quick_check").fetchone()[0]
            tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    except sqlite3.DatabaseError:
        said, tables = "", set()
    if said != "ok" or not {"alembic_version", "audit_entry"} <= tables:
        raise Refusal(N_("“{name}” is no backup of this portal. Nothing was changed."), name=source.name)


def _file_of(address: str) -> Path:
    url = make_url(address)
    if url.get_backend_name() != "sqlite":
        raise Refusal(N_("This copies SQLite files only. For PostgreSQL use its own tools: pg_dump and pg_restore."))
    if not url.database or url.database == ":memory:":
        raise Refusal(N_("A database in memory cannot be copied."))
    return Path(url.database)


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")


def _digest(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(_CHUNK):
            found.update(part)
    return found.hexdigest()


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise Refusal(N_("“{name}” cannot be written: {reason}."), name=str(path), reason=str(error)) from error

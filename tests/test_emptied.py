"""A PostgreSQL database that was emptied is as good as a new one, or it is not used again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL

from services.kit.unit_of_work import Database
from tests.conftest import settings_for
from tests.emptied import Emptied
from tests.factories import World


@pytest.fixture
def emptied(postgresql_url: URL, postgresql_template: str) -> Iterator[Emptied]:
    """Return the keeper of a database of this test's own."""
    keeper = Emptied(postgresql_url, postgresql_template)
    yield keeper
    keeper.end()


def _do(address: URL, statement: str) -> list[object]:
    engine = create_engine(address, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        done = connection.execute(text(statement))
        rows = list(done.scalars()) if done.returns_rows else []
    engine.dispose()
    return rows


def _filled(address: URL) -> list[str]:
    names = _do(address, "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'")
    return [str(name) for name in names if _do(address, f"SELECT 1 FROM {name} LIMIT 1")]


def _fill(address: URL, customers: int) -> int:
    database = Database.from_settings(settings_for(address))
    world = World(database)
    made = [world.customer(name=f"Customer {number}").id for number in range(customers)]
    database.engine.dispose()
    return int(made[0])


@pytest.mark.parametrize("customers", [1, 300], ids=["deleted", "truncated"])
def test_rows_are_gone_and_ids_begin_anew(emptied: Emptied, customers: int) -> None:
    first = emptied.take()
    assert ["alembic_version"] == _filled(first)
    assert 1 == _fill(first, customers)
    emptied.give_back()
    again = emptied.take()
    assert (first, ["alembic_version"]) == (again, _filled(again))
    assert 1 == _fill(again, 1)


@pytest.mark.parametrize(
    "change",
    [
        "CREATE INDEX more ON customer (notes)",
        "ALTER TABLE customer ADD COLUMN more text",
        "CREATE TABLE more (id int)",
        "CREATE SCHEMA more",
        "UPDATE alembic_version SET version_num = '0001'",
        "DROP TABLE alembic_version",
    ],
)
def test_another_shape_is_thrown_away(emptied: Emptied, change: str) -> None:
    first = emptied.take()
    _do(first, change)
    emptied.give_back()
    assert first != emptied.take()


def test_whoever_is_still_connected_is_cut_off(emptied: Emptied) -> None:
    first = emptied.take()
    left = create_engine(first)
    with left.connect() as connection:
        connection.exec_driver_sql("SELECT 1 FROM customer FOR UPDATE")  # a transaction that nobody will end
        emptied.give_back()
        assert first == emptied.take()
        connection.invalidate()
    left.dispose()

"""One company, one schema; and what SQLite has committed is written back while others go on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from db import engine as engines
from db import migrate
from db.engine import make_engine, tune_for_loading, unmapped, write_back
from services.customers import CUSTOMER
from services.kit import query
from services.kit.unit_of_work import Database
from tests.conftest import settings_for
from tests.factories import World


def test_two_companies_in_one_database_do_not_see_each_other(postgresql_database: Database) -> None:
    url = postgresql_database.engine.url
    worlds = []
    for schema in ("north", "south"):
        engine = make_engine(url, schema=schema)
        migrate.upgrade(engine)
        worlds.append(World(Database(engine, settings_for(url), postgresql_database.clock)))
    worlds[0].customer()
    assert [1, 0] == [world.ask(query.count, CUSTOMER) for world in worlds]
    for world in worlds:
        world.database.engine.dispose()


@pytest.fixture
def loading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """Return an engine that loads rows, with a log that is soon called long."""
    monkeypatch.setattr(engines, "LOG_PAGES", 40)
    monkeypatch.setattr(engines, "_WAIT", 0.2)
    engine = make_engine(f"sqlite:///{tmp_path / 'some.db'}")
    tune_for_loading(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE some (what BLOB)")
    yield engine
    engine.dispose()


def _log(engine: Engine) -> int:
    return Path(f"{engine.url.database}-wal").stat().st_size


def _fill(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO some VALUES (randomblob(500000))")


def _of(engine: Engine, what: str) -> Any:
    with engine.begin() as connection:
        return connection.exec_driver_sql(what).scalar()


def test_a_long_log_is_begun_anew_and_a_short_one_is_left_alone(loading: Engine) -> None:
    short = _log(loading)
    write_back(loading)
    assert short == _log(loading)
    _fill(loading)
    assert _log(loading) > short
    write_back(loading)
    assert (0, 1) == (_log(loading), _of(loading, "SELECT count(*) FROM some"))


def test_whoever_reads_for_long_holds_nobody_up_and_the_log_is_begun_anew_afterwards(loading: Engine) -> None:
    with loading.connect() as reader:
        assert reader.exec_driver_sql("SELECT count(*) FROM some").scalar() == 0
        _fill(loading)
        write_back(loading)
        assert _log(loading) > 0
        _fill(loading)
        assert reader.exec_driver_sql("SELECT count(*) FROM some").scalar() == 0
    write_back(loading)
    assert (0, 2) == (_log(loading), _of(loading, "SELECT count(*) FROM some"))
    assert _of(loading, "PRAGMA busy_timeout") == 30_000


def test_whoever_reads_all_of_a_file_does_not_map_it_and_leaves_the_connection_as_it_was(database: Database) -> None:
    is_sqlite = database.engine.dialect.name == "sqlite"
    with database.engine.connect() as connection:

        def mapped() -> Any:
            return connection.exec_driver_sql("PRAGMA mmap_size").scalar_one() if is_sqlite else None

        def cut_off() -> None:
            with unmapped(connection):
                assert (0 if is_sqlite else None) == mapped()
                raise ValueError("cut off")

        before = mapped()
        with pytest.raises(ValueError, match="cut off"):
            cut_off()
        assert before == mapped()

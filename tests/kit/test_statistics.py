"""SQLite is told how values are spread: by night, and when many rows have come in; PostgreSQL sees to it itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from db import statistics
from db.engine import WRITE, make_engine
from services import imports, jobs
from services.customers import CUSTOMER
from services.imports import work
from services.kit.actor import SYSTEM
from tests.factories import World


def _known(world: World) -> dict[str, int]:
    """Return the tables of which SQLite has been told, with the rows that it was told of."""
    with world.database.engine.connect() as connection:
        if statistics.are_missing(world.database.engine):
            return {}
        rows = connection.exec_driver_sql("SELECT tbl, max(CAST(stat AS INTEGER)) FROM sqlite_stat1 GROUP BY tbl")
        return {row[0]: row[1] for row in rows}


def test_a_job_counts_how_values_are_spread(world: World) -> None:
    is_sqlite = world.database.engine.dialect.name == "sqlite"
    for number in range(3):
        world.customer(name=f"Customer {number}")
    assert is_sqlite is statistics.are_missing(world.database.engine)
    found = jobs.run(world.database, "statistics")
    assert found is not None
    if not is_sqlite:
        assert {"tables": 0} == found
        return
    known = _known(world)
    assert (len(known), 3) == (found["tables"], known["customer"])
    assert not statistics.are_missing(world.database.engine)


def test_where_somebody_writes_for_long_it_is_left_to_the_night(sqlite_world: World) -> None:
    engine = sqlite_world.database.engine
    with engine.connect().execution_options(**{WRITE: True}) as other, other.begin():
        impatient = make_engine(engine.url)
        event.listen(impatient, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout=1"))
        with pytest.raises(OperationalError):
            statistics.count(impatient)
        statistics.count_in_passing(impatient)
        impatient.dispose()
    assert statistics.are_missing(engine)
    statistics.count_in_passing(engine)
    assert not statistics.are_missing(engine)


@pytest.mark.parametrize(("rows", "is_told"), [(4, True), (3, False)])
def test_an_import_of_many_rows_counts_them(
    sqlite_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int, *, is_told: bool
) -> None:
    monkeypatch.setattr(work, "_MANY", 4)
    path = tmp_path / "in.csv"
    path.write_text("\n".join(["Name", *(f"Company {number}" for number in range(rows))]), encoding="utf-8")
    database: Any = sqlite_world.database
    number = database.run(SYSTEM, imports.bring, CUSTOMER, path, path.name, folder=tmp_path / "kept", goal="store")
    imports.run_here(database, number)
    assert ({"customer": rows} if is_told else {}) == {
        table: count for table, count in _known(sqlite_world).items() if table == "customer"
    }

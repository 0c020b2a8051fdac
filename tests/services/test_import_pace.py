"""The pace of an import: long transactions while nobody else writes, short ones beside others."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from services.customers import CUSTOMER
from services.imports import pace
from services.imports.pace import Pace
from services.kit import records
from services.kit.actor import SYSTEM
from services.kit.unit_of_work import Database

ROWS = 2_500
SPEED = 0.1
"""Seconds that a part takes here."""


class Time:
    """A time that passes by sleeping alone; others do something meanwhile."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.meanwhile: Callable[[], object] = lambda: None

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.meanwhile()


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    made = Time()
    monkeypatch.setattr(pace, "time", made)
    return made


def settled(one: Pace) -> int:
    """Return how many parts go together after a while."""
    for _ in range(12):
        one.after(one.parts, one.parts * SPEED)
    return one.parts


def save(database: Database) -> None:
    database.run(SYSTEM, records.create, CUSTOMER, {"name": "Beside"})


def test_transactions_grow_and_are_short_while_others_write(database: Database, time: Time) -> None:
    is_sqlite = database.engine.dialect.name == "sqlite"
    with Pace(database.engine, ROWS) as one:
        assert (1, 16) == (one.parts, settled(one))
        time.meanwhile = lambda: save(database)
        assert (8 if is_sqlite else 16) == settled(one)
        time.meanwhile = lambda: None
        if is_sqlite:
            one.after(one.parts, one.parts * SPEED)
            assert one.parts == 8  # who has just saved is taken to be there still
        time.now += pace._FOR
        assert settled(one) == 16


def test_no_transaction_takes_more_rows_than_fit_into_memory(database: Database, time: Time) -> None:
    with Pace(database.engine, ROWS) as one:
        for _ in range(12):
            one.after(one.parts, 0.0)
        assert one.parts * ROWS == pace._MOST
        assert time.now == 1_000.0  # whose transactions are short keeps nobody waiting


def test_a_slow_disk_makes_transactions_small_at_once(database: Database, time: Time) -> None:  # noqa: ARG001
    with Pace(database.engine, ROWS) as one:
        assert settled(one) == 16
        one.after(16, 16.0)
        assert one.parts == 1

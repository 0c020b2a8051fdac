"""Duplicates: the check at entry beside one indexed query, the scan of the base, lists of persons and companies."""

from __future__ import annotations

import resource
import tempfile
import time
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bench import data
from bench.lists import leader
from bench.report import Report, Row, side_by_side
from db import normal
from db.models import Customer
from services import duplicates
from services.duplicates import cleaning
from services.duplicates.scanning import find
from services.kit.transfer.reading import Row as FileRow
from services.kit.transfer.reading import Table
from services.kit.unit_of_work import Database, UnitOfWork
from tests.duplicates.persons import EASY, HARD, MANY, listed, measured

TIMES_POINT = 3.0
RECALL, PRECISION, SECONDS = 0.97, 0.99, 60.0
_SCANNED = 200_000
"""Larger bases are scanned in the background, not in a bench."""


def run(report: Report, sizes: list[int]) -> None:
    """Measure the normal forms, lists, and the check and the scan on both engines."""
    _forms(report)
    _persons(report)
    with tempfile.TemporaryDirectory(prefix="sandtable-bench-") as name, data.postgresql(Path(name)) as fresh:
        for engine in ("SQLite", "PostgreSQL"):
            for size in sizes:
                url = f"sqlite:///{name}/{size}.db" if engine == "SQLite" else fresh(f"duplicates_{size}")
                with data.filled(url, size) as (database, _):
                    _check(report, f"Duplicates, {size:,} customers on {engine}", database, size)


def _forms(report: Report) -> None:
    rows = list(data.rows(20_000))
    for what, form, name in (
        ("key and block of a company's name", normal.company_forms, "name"),
        ("telephone number", normal.phone_key, "phone"),
        ("tax number", normal.tax_key, "tax_number"),
    ):
        values = [row[name] for row in rows]
        started = time.perf_counter()
        for value in values:
            form(value)
        taken = (time.perf_counter() - started) / len(values) * 1e6
        report.add(Row("Normal forms, one value after another", what, taken, "µs"))


def _persons(report: Report) -> None:
    wanted = cleaning.Columns(
        ("given_name", "surname"), ("soc_sec_id",), ("date_of_birth", "postcode", "address_1", "suburb")
    )
    for what, level in (("1 duplicate each, lightly", EASY), ("up to 5, spoiled", MANY), ("up to 9, badly", HARD)):
        rows, true = listed(level, 20260615)
        table = Table("list", tuple(rows[0]), tuple(FileRow(at, tuple(one.values())) for at, one in enumerate(rows, 2)))
        started = time.perf_counter()
        found = {(pair.a + 1, pair.b + 1) for pair in cleaning.pairs(table, wanted)}
        seconds = time.perf_counter() - started
        told = measured(found, true)
        goals = {
            f"recall ≥ {RECALL}": told["recall"] >= RECALL,
            f"precision ≥ {PRECISION}": told["precision"] >= PRECISION,
            f"≤ {SECONDS:.0f} s": seconds <= SECONDS,
        }
        note = f"recall {told['recall']:.4f}, precision {told['precision']:.4f}"
        report.add(Row("Persons, 5,000 rows", what, seconds, "s", goals=goals, note=note))


def _check(report: Report, group: str, database: Database, size: int) -> None:
    with database.read(leader()) as uow:
        known = uow.session.execute(
            select(Customer.name, Customer.phone, Customer.tax_number).where(Customer.id == size // 2)
        ).one()
    name = known.name

    def look(**given: Any) -> Any:
        return lambda: database.ask(leader(), duplicates.look, given, entity="customer")

    times = side_by_side(
        {
            "point": lambda: database.ask(leader(), _point, "nobody"),
            "found point": lambda: database.ask(leader(), _point, normal.company_key(name)),
            "name, new": look(name="厦门雪豹能源有限公司"),
            "name, there already": look(name=name),
            "name, phone and tax number": look(name=name, phone=known.phone, tax_number=known.tax_number),
        },
        seconds=3.0,
        most=2_000,
    )
    goal = f"≤ {TIMES_POINT:.0f} × one indexed query"
    for what, point in (
        ("name, new", "point"),
        ("name, there already", "found point"),
        ("name, phone and tax number", "found point"),
    ):
        beside = {point: times[point]}
        met = times[what] <= TIMES_POINT * times[point]
        report.add(Row(group, f"check: {what}", times[what], beside=beside, goals={goal: met}))
    if size <= _SCANNED:
        started = time.perf_counter()
        pairs = database.ask(leader(), find, "customer")
        seconds = time.perf_counter() - started
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        report.add(Row(group, "scan", seconds, "s", note=f"{len(pairs):,} pairs, peak of the process {peak:,.0f} MB"))


def _point(uow: UnitOfWork, key: str) -> Any:
    """Ask for one customer by an index, as plainly as our door allows."""
    return uow.session.execute(select(Customer.id, Customer.name).where(Customer.name_key == key)).all()

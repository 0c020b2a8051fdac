"""Every filter of customers in every order, for whoever sees all, two teams, or their own and the pool.

On a base that has been used for years, and on one that an import has just left: all customers in the pool, nobody's,
changed at a few instants. A line has the slowest of its orders and readers.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench import data
from bench.lists import MOST_MS, leader, manager, seller
from bench.report import Report, Row, median_ms
from services.customers import CUSTOMER
from services.kit import query
from services.kit.query import Query, parse_filter
from services.kit.unit_of_work import Database

ASKED = {
    "level": ("in:A", "in:A,B", "empty:", "filled:"),
    "industry": ("is:Software", "has:oft", "has:Fishery", "empty:", "filled:"),
    "region": ("is:North", "has:es", "empty:", "filled:"),
    "owner_id": ("in:1", "in:40", "in:1,20", "empty:", "filled:"),
    "team_id": ("in:1", "in:4", "empty:", "filled:"),
    "parent_id": ("in:400", "under:400", "empty:", "filled:"),
    "next_step_on": ("from:2026-06-01", "to:2026-01-05", "from:2031-01-01", "empty:", "filled:"),
}
"""Field a list of customers is filtered by -> conditions as an address writes them: what few have, many, none, all."""


def run(report: Report, sizes: list[int]) -> None:
    """Measure all on both engines."""
    with tempfile.TemporaryDirectory(prefix="sandtable-bench-") as name, data.postgresql(Path(name)) as fresh:
        for size in sizes:
            for kind, is_imported in (("used for years", False), ("just imported", True)):
                for engine in ("SQLite", "PostgreSQL"):
                    url = f"sqlite:///{name}/base.db" if engine == "SQLite" else fresh("base")
                    with data.filled(url, size, is_imported=is_imported) as (database, _seconds):
                        measure(report, f"Filters of {size:,} customers, {kind}, on {engine}", database)
                    for rest in Path(name).glob("base.db*"):
                        rest.unlink()


def measure(report: Report, group: str, database: Database) -> None:
    """Add a line for each condition."""
    assert set(ASKED) == set(CUSTOMER.filters)  # noqa: S101 - a filter that is offered is measured
    for name, conditions in ASKED.items():
        for written in conditions:
            taken = dict(_taken(database, name, written))
            slowest = max(taken, key=lambda one: taken[one])
            over = sum(one > MOST_MS for one in taken.values())
            goals = {f"≤ {MOST_MS:.0f} ms": not over}
            note = f"{slowest}; {over} of {len(taken)} over"
            report.add(Row(group, f"{name} {written}", taken[slowest], goals=goals, note=note))


def _taken(database: Database, name: str, written: str) -> Iterator[tuple[str, float]]:
    """Yield who asked in which order, and how long a page with its count took, in ms."""
    wanted = parse_filter(CUSTOMER, name, written)
    sorts = [one for one in CUSTOMER.fields if CUSTOMER.fields[one].sortable]
    for reader in (leader(), manager(), seller()):
        for sort in sorts:
            for is_down in (False, True):
                asked = Query(sort=sort, descending=is_down, filters=(wanted,))
                took = median_ms(
                    lambda reader=reader, asked=asked: database.ask(reader, query.page, CUSTOMER, asked),  # type: ignore[misc]
                    seconds=0.05,
                    least=3,
                    most=20,
                )
                yield f"{reader.role} by {sort}{' down' * is_down}", took

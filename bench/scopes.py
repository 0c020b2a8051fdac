"""Lists of what hangs on customers, for those who see little of it, much, and what a big team has, on both engines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bench import floor
from bench.data import anew
from bench.lists import MOST_MS, seller
from bench.report import Report, Row, side_by_side
from bench.search import manager, newcomer
from services.activities import ACTIVITY
from services.contacts import CONTACT
from services.contracts import CONTRACT
from services.kit import query
from services.kit.actor import Actor
from services.kit.entity import Entity
from services.kit.query import Query
from services.kit.unit_of_work import Database
from services.opportunities import OPPORTUNITY

FILTERED: dict[Entity, Query] = {
    CONTACT: Query().where("role", "in", "decider"),
    ACTIVITY: Query().where("kind", "in", "call"),
    OPPORTUNITY: Query().where("stage_id", "in", 1),
    CONTRACT: Query().where("stage", "in", "approved"),
}


def run(report: Report, sizes: list[int]) -> None:
    """Measure pages and counts of every kind for every reader."""
    for engine, size, database in floor.loaded(sizes):
        measure(report, f"What hangs on {size:,} customers, on {engine}", database)


def measure(report: Report, group: str, database: Database) -> None:
    """Add a line for each kind, reader and question."""
    for entity, narrowed in FILTERED.items():
        for reader in (newcomer(), seller(), manager()):
            first = database.ask(reader, query.page, entity)
            for what, ask in _asked(database, entity, reader, narrowed, first).items():
                taken = side_by_side({"": ask}, least=3, seconds=0.5)[""]
                note = f"{first.count:,}{'+' if first.is_capped else ''} rows"
                goals = {f"≤ {MOST_MS:.0f} ms": taken <= MOST_MS}
                report.add(Row(group, f"{entity.many}, {what}, {reader.name}", taken, goals=goals, note=note))


def _asked(
    database: Database, entity: Entity, reader: Actor, narrowed: Query, first: query.Page
) -> dict[str, Callable[[], Any]]:
    found: dict[str, Callable[[], Any]] = {
        "page 1": lambda: database.ask(reader, query.page, entity),
        "page 1 anew": lambda: anew(database, reader, query.page, entity),
        "filter": lambda: database.ask(reader, query.page, entity, narrowed),
        "count": lambda: database.ask(reader, query.count, entity),
    }
    if first.next_cursor:
        following = Query(cursor=first.next_cursor)
        found["next page"] = lambda: database.ask(reader, query.page, entity, following)
    return found

"""The page of one customer at several sizes, on both engines: what its head, its timeline and its tabs cost.

Child tables grow with the customers: two contacts and two activities for each, an opportunity, a contract with an
instalment and a receipt for some. The customers looked at have all of these, the same number at every size.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

from sqlalchemy import event

from bench import data
from bench.lists import GROWTH, leader, seller
from bench.report import Report, Row, side_by_side
from db.models import Activity, Allocation, Contact, Contract, Instalment, Opportunity, Pipeline, Receipt, Stage
from services import customer_page, hierarchy, timeline
from services.contracts import CONTRACT
from services.kit.actor import Actor
from services.kit.unit_of_work import Database, UnitOfWork
from services.opportunities import OPPORTUNITY

LOOKED_AT = 50
"""Customers that are opened in turn; each has all kinds of children."""
SHARE = 10
"""One customer in so many has an opportunity and a contract."""
MOST_QUERIES = 12


@dataclass
class Place:
    """A filled database and which customers are opened in it."""

    size: int
    seconds: float
    database: Database
    ids: dict[str, list[int]]
    """Reader -> customers."""


def run(report: Report, sizes: list[int]) -> None:
    """Measure all sizes of an engine in turns, so that growth is a ratio of calls made side by side."""
    with tempfile.TemporaryDirectory(prefix="sandtable-bench-") as name, data.postgresql(Path(name)) as fresh:
        for engine in ("SQLite", "PostgreSQL"):
            with ExitStack() as stack:
                places = []
                for size in sizes:
                    url = f"sqlite:///{name}/page{size}.db" if engine == "SQLite" else fresh(f"bench_page_{size}")
                    database, seconds = stack.enter_context(data.filled(url, size))
                    seconds += data.load_children(database, children(size))
                    places.append(Place(size, seconds, database, _looked_at(database)))
                _engine(report, engine, places)


# --- what hangs on the customers ----------------------------------------------------------------------------


def children(number: int) -> Iterator[tuple[Any, Iterator[dict[str, Any]]]]:
    """Yield (model, rows) for as many customers."""
    yield Pipeline, iter([{"id": 1, "name": "Sales", "is_default": True}])
    kinds = ("open", "won", "lost")
    yield (
        Stage,
        iter([{"id": n, "pipeline_id": 1, "name": k, "kind": k, "position": n} for n, k in enumerate(kinds, 1)]),
    )
    yield Contact, _contacts(number)
    yield Activity, _activities(number)
    for model, made in (
        (Opportunity, _opportunity),
        (Contract, _contract),
        (Instalment, _instalment),
        (Receipt, _receipt),
        (Allocation, _allocation),
    ):
        yield model, (made(one) for one in range(SHARE, number + 1, SHARE))


def _opportunity(one: int) -> dict[str, Any]:
    return {**_sale(one), "name": f"Opportunity {one}", "pipeline_id": 1, "stage_id": one % 3 + 1}


def _contract(one: int) -> dict[str, Any]:
    signed = data.NOW.date() - timedelta(days=one % 700)
    said = {"name": f"Contract {one}", "number": f"C{one}", "stage": "approved", "received": 5_000}
    return {**_sale(one), **said, "signed_on": signed}


def _instalment(one: int) -> dict[str, Any]:
    due = data.NOW.date() - timedelta(days=one % 90)
    return {"id": one, "contract_id": one, "sequence": 1, "due_on": due, "amount": 10_000, "paid": 5_000}


def _receipt(one: int) -> dict[str, Any]:
    day = data.NOW.date() - timedelta(days=one % 60)
    amounts = {"amount": 5_000, "currency": "CNY", "allocated": 5_000}
    return {"id": one, "contract_id": one, "received_on": day, **amounts}


def _allocation(one: int) -> dict[str, Any]:
    return {"id": one, "receipt_id": one, "instalment_id": one, "amount": 5_000}


def _contacts(number: int) -> Iterator[dict[str, Any]]:
    roles = cycle(("decider", "evaluator", "user"))
    for one in range(1, 2 * number + 1):
        yield {
            "id": one,
            "customer_id": (one + 1) // 2,
            "name": f"Contact {one}",
            "role": next(roles),
            "influence": one % 5 + 1,
            "attitude": str(one % 5 - 2),
            "is_primary": one % 2 == 1,
            "is_active": True,
        }


def _activities(number: int) -> Iterator[dict[str, Any]]:
    for one in range(1, 2 * number + 1):
        at = data.NOW - timedelta(hours=one % 17_000 + 1)
        customer = (one + 1) // 2
        yield {
            "id": one,
            "customer_id": customer,
            "contact_id": one,
            "kind": "call",
            "summary": f"Talked about order {one}",
            "happened_at": at,
            "owner_id": customer % data.USERS + 1,
        }


def _sale(one: int) -> dict[str, Any]:
    return {
        "id": one,
        "customer_id": one,
        "amount": 10_000,
        "currency": "CNY",
        "owner_id": one % data.USERS + 1,
        "team_id": one % data.USERS % data.TEAMS + 1,
    }


# --- what is measured ---------------------------------------------------------------------------------------


def _looked_at(database: Database) -> dict[str, list[int]]:
    """Return customers with everything on them, spread over the table, for those who open them."""
    found = {}
    for reader in (leader(), seller()):
        narrowed = "" if reader.role == "leader" else f" AND c.owner_id = {reader.user_id}"
        with database.engine.connect() as connection:
            rows = connection.exec_driver_sql(
                "SELECT c.id FROM customer c JOIN contract k ON k.customer_id = c.id "
                f"WHERE c.owner_id IS NOT NULL{narrowed} ORDER BY k.id"
            )
            ids = [row[0] for row in rows]
        found[reader.role] = ids[:: max(len(ids) // LOOKED_AT, 1)][:LOOKED_AT]
    return found


def _head(uow: UnitOfWork, customer_id: int) -> Any:
    return customer_page.head(uow, customer_id)


def _overview(uow: UnitOfWork, customer_id: int) -> Any:
    """Ask what the page asks when it opens."""
    found = customer_page.head(uow, customer_id)
    timeline.timeline(uow, customer_id)
    customer_page.people(uow, customer_id)
    if found.has_group:
        hierarchy.group(uow, customer_id)
    return found


def _children_tab(entity: Any) -> Callable[[UnitOfWork, int], Any]:
    def ask(uow: UnitOfWork, customer_id: int) -> Any:
        return customer_page.listed(uow, entity, customer_id, entity.grid)

    return ask


CASES: dict[str, Callable[[UnitOfWork, int], Any]] = {
    "the page as it opens": _overview,
    "its head alone": _head,
    "timeline": timeline.timeline,
    "tab of opportunities": _children_tab(OPPORTUNITY),
    "tab of contracts": _children_tab(CONTRACT),
    "tab of collections": customer_page.dues,
}


def _engine(report: Report, engine: str, places: list[Place]) -> None:
    rows: dict[int, list[Row]] = {place.size: [] for place in places}
    groups = {
        place.size: f"Customer page, {place.size:,} customers on {engine} (loaded in {place.seconds:.0f} s)"
        for place in places
    }
    for reader in (leader(), seller()):
        for what, ask in CASES.items():
            taken = side_by_side({str(place.size): _turns(place, reader, ask) for place in places}, seconds=1.0)
            for place in places:
                rows[place.size].append(_row(groups[place.size], f"{what}, as {reader.role}", taken, place, places))
    for place in places:
        for row in rows[place.size]:
            report.add(row)
        _queries(report, groups[place.size], place)


def _turns(place: Place, reader: Actor, ask: Callable[[UnitOfWork, int], Any]) -> Callable[[], Any]:
    ids = cycle(place.ids[reader.role])
    return lambda: place.database.ask(reader, ask, next(ids))


def _row(group: str, what: str, taken: dict[str, float], place: Place, places: list[Place]) -> Row:
    ours = taken[str(place.size)]
    goals = {}
    if place is not places[0]:
        growth = ours / taken[str(places[0].size)]
        goals[f"growth ≤ {GROWTH} × ({growth:.2f})"] = growth <= GROWTH
    return Row(group, what, ours, "ms", {}, goals)


def _queries(report: Report, group: str, place: Place) -> None:
    """Count the statements of the page as it opens; the screen adds none."""
    counted: list[str] = []

    def count(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        counted.append(statement)

    event.listen(place.database.engine, "before_cursor_execute", count)
    place.database.ask(leader(), _overview, place.ids["leader"][0])
    event.remove(place.database.engine, "before_cursor_execute", count)
    number = len([one for one in counted if one.lstrip().upper().startswith(("SELECT", "WITH"))])
    report.add(Row(group, "queries as it opens", number, "", {}, {f"≤ {MOST_QUERIES}": number <= MOST_QUERIES}))

"""Lists and search of customers at several sizes, on both engines, beside the raw query and Django admin."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import event

from bench import data, peer_django
from bench.data import anew
from bench.report import Report, Row, median_ms, side_by_side
from db.search import query_tokens
from services.customers import CUSTOMER
from services.kit import cursors, query
from services.kit.actor import Actor, Reach
from services.kit.permissions import grants_of
from services.kit.query import Query
from services.kit.unit_of_work import Database

SEARCHES = {
    "two Chinese characters, common": "科技",
    "two Chinese characters": "海盛",
    "three Latin letters": "nov",
    "rare": data.RARE,
}
MOST_MS = 20.0
SEARCH_MS = 50.0
TIMES_RAW = 10.0
TIMES_DJANGO = 20.0
GROWTH = 1.5
MILLION = 1_000_000
_COLUMNS = (
    "c.id, c.name, c.level, c.industry, c.region, c.owner_id, u.name, c.next_step_on, c.last_activity_at, c.version"
)
_FROM = 'FROM customer c LEFT JOIN "user" u ON u.id = c.owner_id WHERE c.deleted_at IS NULL'


def leader() -> Actor:
    """Return somebody who sees everything."""
    return Actor(user_id=1, name="Leader", role="leader", grants=grants_of("leader"))


def seller() -> Actor:
    """Return somebody who sees their own and the public pool."""
    return Actor(user_id=20, name="Seller", role="sales", grants=grants_of("sales"), team_id=4, tree_ids=frozenset({4}))


def manager() -> Actor:
    """Return somebody who sees two teams."""
    grants = {**grants_of("sales_manager"), "customer.read": Reach.TREE}
    return Actor(user_id=3, name="Manager", role="sales_manager", grants=grants, team_id=3, tree_ids=frozenset({3, 4}))


@dataclass
class Place:
    """A filled database with what it is measured beside."""

    size: int
    seconds: float
    database: Database
    raw: _Raw
    admin: peer_django.Admin


def run(report: Report, sizes: list[int]) -> None:
    """Measure all sizes of an engine in turns, so that growth is a ratio of calls made side by side."""
    with tempfile.TemporaryDirectory(prefix="sandtable-bench-") as name, data.postgresql(Path(name)) as fresh:
        for engine in ("SQLite", "PostgreSQL"):
            with ExitStack() as stack:
                places = []
                for size in sizes:
                    url = f"sqlite:///{name}/{size}.db" if engine == "SQLite" else fresh(f"bench_{size}")
                    database, seconds = stack.enter_context(data.filled(url, size))
                    raw = _Raw(database)
                    stack.callback(raw.connection.close)
                    places.append(Place(size, seconds, database, raw, peer_django.Admin(database.engine.url)))
                _engine(report, engine, places)


def _engine(report: Report, engine: str, places: list[Place]) -> None:
    rows: dict[int, list[Row]] = {place.size: [] for place in places}
    groups = {
        place.size: f"Customers, {place.size:,} on {engine} (loaded in {place.seconds:.0f} s)" for place in places
    }
    for what, asked in _pages().items():
        _case(rows, groups, what, places, asked)
    for who in (manager(), seller()):
        _readers(rows, groups, who, places)
    for what, written in SEARCHES.items():
        _search(rows, groups, (what, written), places)
    for place in places:
        for row in rows[place.size]:
            report.add(row)
        _queries(report, groups[place.size], place.database)


Asked = Callable[[Place], tuple[Query, Callable[[], Any], str]]
"""Makes what one place is asked: our query, the same by hand, the address of the same page of Django's."""


def _pages() -> dict[str, Asked]:
    level = Query().where("level", "in", "A")
    part, nobody = Query().where("industry", "has", "oft"), Query().where("industry", "has", "Fishery")
    by_part = "AND c.industry LIKE '%%{}%%'"  # doubled for psycopg; the same to LIKE

    def following(place: Place) -> tuple[Query, Callable[[], Any], str]:
        start = place.database.ask(leader(), query.page, CUSTOMER)
        return Query(cursor=start.next_cursor), place.raw.after(start), "?p=2"

    def halfway(place: Place) -> tuple[Query, Callable[[], Any], str]:
        middle = _middle(place.database)
        address = f"?p={place.size // 2 // query.PAGE}"
        return Query(cursor=middle.next_cursor), place.raw.after(middle), address

    return {
        "page 1": lambda place: (Query(), place.raw.page(), "?"),
        "filter level = A": lambda place: (level, place.raw.page("AND c.level = 'A'"), "?level=A"),
        "filter industry has “oft”": lambda place: (
            part,
            place.raw.page(by_part.format("oft")),
            "?industry__icontains=oft",
        ),
        "filter industry has what nobody has": lambda place: (
            nobody,
            place.raw.page(by_part.format("Fishery")),
            "?industry__icontains=Fishery",
        ),
        "next page": following,
        "middle page": halfway,
    }


def _case(rows: dict[int, list[Row]], groups: dict[int, str], what: str, places: list[Place], ask: Asked) -> None:
    asked = {place.size: ask(place) for place in places}
    calls: dict[str, Callable[[], Any]] = {}
    for place in places:
        wanted, by_hand, _ = asked[place.size]
        database = place.database
        calls[f"ours {place.size}"] = lambda database=database, wanted=wanted: (  # type: ignore[misc]
            database.ask(leader(), query.page, CUSTOMER, wanted).frame
        )
        calls[f"raw {place.size}"] = by_hand
    taken = side_by_side(calls, seconds=1.5)
    for place in places:
        ours, raw = taken[f"ours {place.size}"], taken[f"raw {place.size}"]
        address = asked[place.size][2]
        django = median_ms(lambda: place.admin.get(address), seconds=0.3, least=2, most=20)  # noqa: B023 - called at once
        goals = {
            f"≤ {MOST_MS:.0f} ms": ours <= MOST_MS,
            f"≤ {TIMES_RAW:.0f} × raw ({ours / raw:.1f})": ours <= TIMES_RAW * raw,
            **_growth(taken, place, places),
        }
        if place.size >= MILLION:
            goals[f"≥ {TIMES_DJANGO:.0f} × faster than Django ({django / ours:.0f})"] = django >= TIMES_DJANGO * ours
        rows[place.size].append(Row(groups[place.size], what, ours, "ms", {"raw": raw, "Django": django}, goals))


def _growth(taken: dict[str, float], place: Place, places: list[Place]) -> dict[str, bool]:
    if place is places[0]:
        return {}
    growth = taken[f"ours {place.size}"] / taken[f"ours {places[0].size}"]
    return {f"growth ≤ {GROWTH} × ({growth:.1f})": growth <= GROWTH}


def _readers(rows: dict[int, list[Row]], groups: dict[int, str], who: Actor, places: list[Place]) -> None:
    calls: dict[str, Callable[[], Any]] = {
        f"ours {place.size}": lambda place=place: place.database.ask(who, query.page, CUSTOMER).frame  # type: ignore[misc]
        for place in places
    }
    taken = side_by_side(calls)
    for place in places:
        ours = taken[f"ours {place.size}"]
        # No growth is asked of these: what a seller owns is counted up to the cap, and at 10,000 rows they own few.
        goals = {f"≤ {MOST_MS:.0f} ms": ours <= MOST_MS}
        rows[place.size].append(Row(groups[place.size], f"page 1 as {who.role}", ours, goals=goals))


def _search(rows: dict[int, list[Row]], groups: dict[int, str], case: tuple[str, str], places: list[Place]) -> None:
    what, written = case
    asked = Query(search=written)
    for place in places:
        hits = place.database.ask(leader(), query.page, CUSTOMER, asked)
        calls = {
            "ours": lambda place=place: anew(place.database, leader(), query.page, CUSTOMER, asked).frame,  # type: ignore[misc]
            "raw": place.raw.search(written),
        }
        taken = side_by_side(calls)
        django = median_ms(lambda: place.admin.get(f"?q={written}"), seconds=0.3, least=2, most=20)  # noqa: B023
        ours = taken["ours"]
        rows[place.size].append(
            Row(
                groups[place.size],
                f"search “{written}”, {what}",
                ours,
                "ms",
                {"raw": taken["raw"], "Django": django},
                {f"≤ {SEARCH_MS:.0f} ms": ours <= SEARCH_MS},
                f"{hits.count:,}{'+' if hits.is_capped else ''} hits",
            )
        )


def _middle(database: Database) -> query.Page:
    """Return a page that begins in the middle of the list, found as a reader would who paged that far."""
    with database.engine.connect() as connection:
        total = connection.exec_driver_sql("SELECT count(*) FROM customer").scalar_one()
        skip = f"SELECT updated_at, id FROM customer ORDER BY updated_at DESC, id DESC LIMIT 1 OFFSET {total // 2}"
        at, record_id = connection.exec_driver_sql(skip).one()
    iso = str(at) if "+" in str(at) else f"{at}+00:00"
    cursor = cursors.encode({"key": iso, "id": record_id, "nulls": False})
    return replace(database.ask(leader(), query.page, CUSTOMER, Query(cursor=cursor)))


class _Raw:
    """The same page and the same capped count, written by hand and fetched through the bare driver."""

    def __init__(self, database: Database) -> None:
        self.connection: Any = database.engine.raw_connection()
        self.is_sqlite = database.engine.dialect.name == "sqlite"
        self.mark = "?" if self.is_sqlite else "%s"

    def _fetch(self, statement: str, parameters: tuple[Any, ...] = ()) -> list[Any]:
        cursor = self.connection.cursor()
        cursor.execute(statement, parameters)
        found: list[Any] = cursor.fetchall()
        cursor.close()
        return found

    def count(self) -> int:
        return int(self._fetch("SELECT count(*) FROM customer")[0][0])

    def _counted(self, where: str, parameters: tuple[Any, ...] = ()) -> None:
        inner = f"SELECT 1 FROM customer c WHERE c.deleted_at IS NULL {where} LIMIT {query.COUNT_CAP + 1}"
        self._fetch(f"SELECT count(*) FROM ({inner}) n", parameters)

    def page(self, where: str = "", order: str = "c.updated_at DESC, c.id DESC") -> Callable[[], None]:
        def call() -> None:
            self._fetch(f"SELECT {_COLUMNS} {_FROM} {where} ORDER BY {order} LIMIT {query.PAGE + 1}")
            self._counted(where)

        return call

    def after(self, page: query.Page) -> Callable[[], None]:
        cursor = cursors.decode(page.next_cursor)
        assert cursor is not None  # noqa: S101
        at = cursor["key"].replace("T", " ").replace("+00:00", "") if self.is_sqlite else cursor["key"]
        where = f"AND (c.updated_at, c.id) < ({self.mark}, {self.mark})"

        def call() -> None:
            order = "c.updated_at DESC, c.id DESC"
            self._fetch(
                f"SELECT {_COLUMNS} {_FROM} {where} ORDER BY {order} LIMIT {query.PAGE + 1}", (at, cursor["id"])
            )
            self._counted("")

        return call

    def search(self, written: str) -> Callable[[], None]:
        wanted = query_tokens(written)
        if self.is_sqlite:
            condition = "AND c.id IN (SELECT rowid FROM customer_search WHERE customer_search MATCH ?)"
            parameters: tuple[Any, ...] = (" AND ".join(f'"{token}"' for token in wanted),)
        else:
            condition, parameters = "AND sandtable_tokens(c.search_tokens) @> %s", (wanted,)

        def call() -> None:
            self._fetch(f"SELECT {_COLUMNS} {_FROM} {condition} ORDER BY c.id DESC LIMIT {query.PAGE + 1}", parameters)
            self._counted(condition, parameters)

        return call


def _queries(report: Report, group: str, database: Database) -> None:
    """Count the statements of a page of 5 and of a page of 50 rows."""
    counted: list[str] = []

    def count(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            counted.append(statement)

    event.listen(database.engine, "before_cursor_execute", count)
    figures = []
    for limit in (5, 50):
        counted.clear()
        database.ask(leader(), query.page, CUSTOMER, Query(limit=limit))
        figures.append(len(counted))
    event.remove(database.engine, "before_cursor_execute", count)
    goals = {"list ≤ 4": figures[1] <= 4, "none grows with rows": figures[0] == figures[1]}
    report.add(Row(group, "queries of a list page", figures[1], "", {}, goals))

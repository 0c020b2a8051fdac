"""One box over everything: what is typed is looked for among customers, contacts, leads and all the rest."""

from __future__ import annotations

from sqlalchemy import text

from bench import data, floor
from bench.data import anew
from bench.lists import leader, seller
from bench.report import Report, Row, side_by_side
from db.models import Customer
from services import registry, search
from services.kit.actor import Actor
from services.kit.permissions import grants_of
from services.kit.unit_of_work import Database

MOST_MS = 50.0
TYPED = {
    "two Chinese characters, common": "科技",
    "two Chinese characters": "海盛",
    "rare name": data.RARE,
    "rare person": floor.RARE_PERSON,
    "pinyin, common": "keji",
    "pinyin": "haisheng",
    "initials": "hskj",
    "three Latin letters, common": "nov",
    "three Latin letters, of people": "emm",
    "code": "K0004321",
    "beginning of a code": "K00",
    "nothing": "饕餮",
}
"""What it is -> what is typed; a part of a telephone number is taken from a customer."""


def newcomer() -> Actor:
    """Return a seller who has few customers."""
    return Actor(
        user_id=floor.NEWCOMER,
        name="Few",
        role="sales",
        grants=grants_of("sales"),
        team_id=1,
        tree_ids=frozenset({1}),
    )


def manager() -> Actor:
    """Return somebody who sees three teams of eight."""
    grants, teams = grants_of("sales_manager"), frozenset({3, 4, 5})
    return Actor(user_id=3, name="Manager", role="sales_manager", grants=grants, team_id=3, tree_ids=teams)


def run(report: Report, sizes: list[int]) -> None:
    """Measure every kind of word, as a leader, a seller, one who has little and a manager, on both engines."""
    assert registry.ALL  # noqa: S101 - all kinds are searched
    for engine, size, database in floor.loaded(sizes):
        measure(report, f"Search of everything, {size:,} customers on {engine}", database)


def measure(report: Report, group: str, database: Database) -> None:
    """Add a line for each word and reader."""
    with database.engine.connect() as connection:
        number = connection.execute(text("SELECT max(id) FROM customer")).scalar_one()
        phone = str(connection.execute(Customer.__table__.select().where(Customer.id == number // 2)).one().phone)
    typed = {**TYPED, "part of a phone": phone[-7:], "last four of a phone": phone[-4:]}
    for reader in (leader(), seller(), newcomer(), manager()):
        for what, written in typed.items():
            found = database.ask(reader, search.find, written)
            taken = side_by_side(
                {"": lambda reader=reader, written=written: anew(database, reader, search.find, written)},  # type: ignore[misc]
                least=3,
                seconds=0.3,
            )[""]
            hits = sum(len(group.hits) for group in found)
            note = f"{hits} hits of {len(found)} kinds"
            goals = {f"≤ {MOST_MS:.0f} ms": taken <= MOST_MS}
            report.add(Row(group, f"“{written}”, {what}, {reader.name}", taken, goals=goals, note=note))

"""Wherever the words of a search are looked for first, a list shows the rows that have them, once, newest first."""

from __future__ import annotations

import pytest
from sqlalchemy import event

from db import search as db_search
from db.search import query_alternatives
from services import collaborators
from services.contacts import CONTACT
from services.customers import CUSTOMER
from services.kit import prepared, query, searching, seeing
from services.kit.actor import Actor
from services.kit.query import Query
from services.kit.unit_of_work import UnitOfWork
from services.opportunities import OPPORTUNITY
from tests.factories import World

WORDS = ("华为", "huawei", "nova", "hw", "138", "不存在", "nothing")
NAMES = ("上海华为技术有限公司", "Nova Steel", "北京华威机械有限公司", "Huawei Nova")
PLACES = {
    "the first place": {},
    "the newest hits, then all": {"HITS": 2},
    "piece by piece, the rest of a rare word": {"PIECE": 0, "STRETCH": 2, "PIECES": 2, "STRETCHES": 1},
    "stretch by stretch to the end": {"PIECE": 1, "STRETCH": 2, "PIECES": 1, "STRETCHES": 1, "RARE": 0},
    "all of a rare word": {"PIECES": 0, "STRETCHES": 0},
    "common for some, rare for others": {"PIECE": 1, "STRETCH": 1, "PIECES": 1, "STRETCHES": 0, "RARE": 4},
    "the index, with one's own": {"SOME": 100},
    "gathered": {"LITTLE": 100, "SOME": 100},
}
"""Where hits are found -> what leads there, beside LITTLE and SOME of nothing."""
WHERE = {"PIECE": db_search, "STRETCH": db_search, "LITTLE": seeing, "SOME": seeing}


def filled(world: World) -> dict[str, Actor]:
    """Make readers with all reasons to see, and rows of all names for and beside each of them."""
    top = world.team()
    below, beside = world.team(parent_id=top.id), world.team()
    readers = {
        "leader": world.actor("leader"),
        "manager": world.actor("sales_manager", team_id=top.id),
        "seller": world.actor(team_id=below.id),
        "stranger": world.actor(team_id=beside.id),
    }
    seller, stranger = readers["seller"], readers["stranger"]
    for number in range(12):
        by = (seller, stranger)[number % 2]
        customer = world.customer(by=by, name=NAMES[number % 4], phone=f"138001380{number:02d}")
        if number == 5:
            world.do(collaborators.share, customer.id, seller.user_id, by=stranger)
        world.contact(customer, by=by, name=NAMES[(number + 1) % 4])
        world.opportunity(by=by, customer_id=customer.id, name=NAMES[(number + 2) % 4])
    for name in NAMES:
        world.customer(name=f"{name} of the pool")
    world.do(CUSTOMER.verb("delete"), world.customer(by=seller, name=NAMES[0]).id)
    return readers


def paged(world: World, entity: object, word: str, by: Actor) -> list[int]:
    found: list[int] = []
    cursor = None
    while True:
        page = world.ask(query.page, entity, Query(search=word, cursor=cursor, limit=2), by=by)
        found += page.ids
        cursor = page.next_cursor
        if cursor is None:
            return found


def plainly(uow: UnitOfWork, entity: object, word: str) -> list[int]:
    """Return the newest first of what is visible and has all the tokens of one alternative, found one by one."""
    rows = query.frame(uow, entity, Query(columns=("name",)))  # type: ignore[arg-type]
    wanted = [set(one) for one in query_alternatives(word)]
    model = entity.model  # type: ignore[attr-defined]
    stored = {one: set(uow.session.get(model, int(one)).search_tokens.split()) for one in rows.index}
    return sorted((one for one, has in stored.items() if any(tokens <= has for tokens in wanted)), reverse=True)


@pytest.mark.parametrize("place", PLACES)
def test_every_place_brings_the_same_rows_in_the_same_order(
    world: World, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    readers = filled(world)
    monkeypatch.setattr(prepared, "_kept", {})
    for name, value in {"LITTLE": 0, "SOME": 0, **PLACES[place]}.items():
        monkeypatch.setattr(WHERE.get(name, searching), name, value)
    numbers = set()
    for entity in (CUSTOMER, CONTACT, OPPORTUNITY):
        for reader, by in readers.items():
            for word in WORDS:
                expected, told = world.ask(plainly, entity, word, by=by), (entity.key, reader, word)
                assert expected == paged(world, entity, word, by), told
                assert len(expected) == world.ask(query.count, entity, Query(search=word), by=by), told
                numbers.add(len(expected))
    assert 0 in numbers
    assert max(numbers) >= 8


def test_a_search_narrowed_by_a_filter_is_looked_for_in_both_places(world: World) -> None:
    found = [world.customer(name=f"Nova {number}", level="AB"[number % 2]) for number in range(6)]
    asked = Query(search="nova", limit=2).where("level", "in", "A")
    first = world.ask(query.page, CUSTOMER, asked)
    assert [found[4].id, found[2].id] == list(first.ids)
    assert 3 == first.count
    following = world.ask(query.page, CUSTOMER, Query(**{**vars(asked), "cursor": first.next_cursor}))
    assert ([found[0].id], None) == (list(following.ids), following.next_cursor)


def test_on_postgresql_the_index_answers_words_and_places_together(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = world.database.engine
    if engine.dialect.name == "sqlite":
        return
    readers = filled(world)
    monkeypatch.setattr(prepared, "_kept", {})
    monkeypatch.setattr(seeing, "LITTLE", 0)
    monkeypatch.setattr(seeing, "SOME", 0)
    asked: list[tuple[str, object]] = []
    event.listen(engine, "before_cursor_execute", lambda *said: asked.append((said[2], said[3])))
    for entity in (CUSTOMER, CONTACT):
        asked.clear()
        world.ask(query.page, entity, Query(search="华为"), is_counted=False, by=readers["seller"])
        statement, values = asked[-1]
        with engine.connect() as connection:
            # Of so few rows the planner would read all, by whatever other index.
            others = "SELECT indexname FROM pg_indexes WHERE tablename = %s AND indexname !~ '^pk_|_search$'"
            for (name,) in connection.exec_driver_sql(others, (entity.key,)).all():
                connection.exec_driver_sql(f"DROP INDEX {name}")
            for kind in ("seqscan", "indexscan", "indexonlyscan"):
                connection.exec_driver_sql(f"SET LOCAL enable_{kind} = off")
            plan = [row[0] for row in connection.exec_driver_sql(f"EXPLAIN {statement}", values)]  # type: ignore[arg-type]
        by_index = [one for one in plan if "Index Cond" in one and "sandtable_tokens(search_tokens)" in one]
        # The word everywhere, and the word in a place.
        assert [False, True] == sorted("(ARRAY[(id >>" in one for one in by_index), "\n".join(plan)

"""A list narrowed to any of several values shows what has one of them, page by page, read along an index each."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services import activities
from services.activities import ACTIVITY
from services.contacts import CONTACT
from services.customers import CUSTOMER
from services.kit import alternatives, prepared, query, records, seeing
from services.kit.actor import SYSTEM, Actor
from services.kit.query import Query
from services.kit.shapes import Order
from tests.factories import World
from tests.kit.test_seeing import filled, paged
from tests.services.test_custom_fields import define
from tests.statements import heard, plan

LEVELS = ("A", "B", "C", "A", None, "B", "C", "A", "C", "B", None, "A")


def people(world: World) -> dict[str, Actor]:
    """Return who looks: somebody who sees all, a team's head, somebody who sees their own."""
    team = world.team()
    seller = world.actor(team_id=team.id)
    return {"all": SYSTEM, "team": world.actor("sales_manager", team_id=team.id), "own": seller}


@pytest.mark.parametrize("descending", [True, False])
def test_every_page_of_several_values_begins_where_the_one_before_ended(world: World, *, descending: bool) -> None:
    readers = people(world)
    made = [world.customer(by=readers["own"], level=level) for level in LEVELS]
    world.do(records.delete, CUSTOMER, made[0].id)
    asked = Query(sort="updated_at", descending=descending).where("level", "in", "A", "B")
    wanted = [one.id for one in made[1:] if one.level in ("A", "B")]
    for name, by in readers.items():
        assert (wanted[::-1] if descending else wanted) == paged(world, CUSTOMER, asked, by), name
        assert len(wanted) == world.ask(query.page, CUSTOMER, Query(**{**vars(asked), "limit": 2}), by=by).count, name


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    levels=st.lists(st.sampled_from("ABC"), max_size=5),
    sources=st.lists(st.sampled_from(["referral", "website", "tender"]), max_size=4),
    by=st.sampled_from(["all", "team", "own"]),
)
def test_any_values_of_two_conditions_bring_what_has_one_of_each(
    stocked: tuple[World, dict[str, Actor], list[Any]], levels: list[str], sources: list[str], by: str
) -> None:
    world, readers, made = stocked
    asked = Query().where("level", "in", *levels).where("source", "in", *sources)
    wanted = [one.id for one in reversed(made) if one.level in levels and one.source in sources]
    assert wanted == paged(world, CUSTOMER, asked, readers[by])


@pytest.fixture
def stocked(world: World) -> tuple[World, dict[str, Actor], list[Any]]:
    """Return customers of every kind and who may see them all."""
    readers = people(world)
    sources = ("referral", "website", "tender", None, "website")
    made = [
        world.customer(by=readers["own"], level=LEVELS[at % len(LEVELS)], source=sources[at % len(sources)])
        for at in range(20)
    ]
    return world, readers, made


def test_owners_and_added_choices_are_read_apart_as_well(world: World) -> None:
    define(
        world,
        kind="choice",
        label_en="Stage of life",
        options=[{"en": "Young", "zh": "幼"}, {"en": "Old", "zh": "老"}, {"en": "Ripe", "zh": "熟"}],
    )
    owners = [world.actor(), world.actor(), world.actor()]
    codes = ("young", "old", "ripe", None)
    made = [world.customer(by=owners[at % 3], c_stage_of_life=codes[at % 4]) for at in range(12)]
    by_owner = Query().where("owner_id", "in", owners[0].user_id, owners[2].user_id)
    by_code = Query().where("c_stage_of_life", "in", "young", "ripe")
    assert [one.id for one in reversed(made) if one.owner_id != owners[1].user_id] == paged(
        world, CUSTOMER, by_owner, SYSTEM
    )
    assert [one.id for at, one in reversed(list(enumerate(made))) if at % 2 == 0] == paged(
        world, CUSTOMER, by_code, SYSTEM
    )


@pytest.mark.parametrize("few", [1, 100])
def test_what_is_seen_through_a_parent_is_read_apart_within_its_scope(
    world: World, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    readers = filled(world)
    monkeypatch.setattr(prepared, "_kept", {})
    monkeypatch.setattr(seeing, "FEW", few)
    for entity, asked in {
        CONTACT: Query(sort="updated_at", descending=True).where("role", "in", "decider", "user"),
        ACTIVITY: Query(sort="updated_at", descending=True).where("kind", "in", "call", "note"),
    }.items():
        name = asked.filters[0].field
        for reader, by in readers.items():
            everything = world.ask(query.frame, entity, Query(columns=(name,)), by=by)
            wanted = sorted(everything.index[everything[name].isin(asked.filters[0].values)])
            assert wanted == sorted(paged(world, entity, asked, by)), (entity.key, reader)
    assert activities.ACTIVITY.sort != "id"


def test_only_several_values_of_an_indexed_column_are_read_apart() -> None:
    fields = (("level", "in"), ("region", "has"), ("source", "in"))
    assert alternatives.Apart(2, 2) == alternatives.apart_in(CUSTOMER, fields, [("A",), ("x",), ("website", "tender")])
    assert alternatives.Apart(0, 2) == alternatives.apart_in(CUSTOMER, fields[:1], [("A", "B")])
    assert alternatives.apart_in(CUSTOMER, fields[:1], [()]) is None
    assert alternatives.apart_in(CUSTOMER, fields[:1], [("A",) * (alternatives.MOST + 1)]) is None
    assert alternatives.apart_in(CUSTOMER, (("parent_id", "in"),), [(1, 2)]) is None


def test_the_newest_of_each_value_are_read_from_the_beginning_of_its_index(sqlite_world: World) -> None:
    """SQLite alone: with a dozen rows PostgreSQL reads the table whatever is asked."""
    asked = heard(sqlite_world.database.engine)
    wanted = Query().where("level", "in", "A", "B")
    sqlite_world.ask(query.page, CUSTOMER, wanted)
    page = next(one for one in asked if "LIMIT" in one[0] and "customer.name" in one[0])
    steps = plan(sqlite_world.database.engine, page)
    assert 2 == sum("INDEX ix_customer_level_updated_at_id (level=?)" in line for line in steps), steps
    assert Order("updated_at", descending=True) == Order(CUSTOMER.sort, CUSTOMER.descending)

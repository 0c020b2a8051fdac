"""A list's statement is kept; whose rows it brings, and which of them, is decided anew every time it runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from services.customers import CUSTOMER
from services.kit import prepared, query, selects
from services.kit.actor import Actor, Reach
from services.kit.errors import Forbidden, Refusal
from services.kit.query import Query
from tests.factories import World


def names(world: World, by: Actor, asked: Query | None = None) -> list[str]:
    """Return the names on a page, sorted."""
    return sorted(world.ask(query.page, CUSTOMER, asked, by=by).columns["name"])


def test_each_reader_of_the_same_list_gets_their_own_rows_and_count(world: World) -> None:
    team = world.team()
    ann, bob = world.actor(team_id=team.id), world.actor(team_id=team.id)
    for owner, name in ((ann, "Hers 1"), (ann, "Hers 2"), (bob, "His 1"), (bob, "His 2"), (bob, "His 3")):
        world.customer(by=owner, name=name)
    for _again in range(2):
        assert ["Hers 1", "Hers 2"] == names(world, ann)
        assert ["His 1", "His 2", "His 3"] == names(world, bob)
        assert [2, 3] == [world.ask(query.page, CUSTOMER, Query(limit=1), by=one).count for one in (ann, bob)]
        assert [2, 3] == [world.ask(query.count, CUSTOMER, by=one) for one in (ann, bob)]


def test_what_was_granted_and_taken_back_shows_at_once(world: World) -> None:
    team = world.team()
    manager, seller = world.actor("sales_manager", team_id=team.id), world.actor(team_id=team.id)
    world.customer(by=seller, name="Theirs")
    world.customer(by=manager, name="Own")
    bound = replace(manager, grants={**manager.grants, "customer.read": Reach.OWN})
    blind = replace(manager, grants={**manager.grants, "customer.read": Reach.NONE})
    wide = replace(manager, grants={**manager.grants, "customer.read": Reach.ALL})
    elsewhere = replace(manager, tree_ids=frozenset())
    for _again in range(2):
        assert ["Own", "Theirs"] == names(world, manager)
        assert ["Own"] == names(world, bound)
        assert ["Own"] == names(world, elsewhere)
        assert ["Own", "Theirs"] == names(world, wide)
        with pytest.raises(Forbidden):
            names(world, blind)


def test_the_same_list_with_other_values_brings_other_rows(world: World) -> None:
    ann = world.actor()
    for level, name, revenue in (("A", "Alpha 甲", 100), ("B", "Beta 乙", 200), ("C", "Gamma", None)):
        world.customer(by=ann, level=level, name=name, revenue=revenue)
    for _again in range(2):
        assert ["Alpha 甲"] == names(world, ann, Query().where("level", "in", "A"))
        assert ["Beta 乙", "Gamma"] == names(world, ann, Query().where("level", "in", "B", "C"))
        assert [] == names(world, ann, Query().where("level", "in"))
        assert ["Beta 乙"] == names(world, ann, Query().where("revenue", "from", 150))
        assert ["Alpha 甲", "Beta 乙"] == names(world, ann, Query().where("revenue", "from", 50))
        assert ["Alpha 甲"] == names(world, ann, Query().where("revenue", "from", 50).where("revenue", "to", 150))
        assert ["Gamma"] == names(world, ann, Query().where("revenue", "empty"))
        assert ["Alpha 甲"] == names(world, ann, Query(search="alpha"))
        assert ["Gamma"] == names(world, ann, Query(search="gamma"))
        assert ["Beta 乙"] == names(world, ann, Query(search="b"))
        assert [] == names(world, ann, Query(search="%"))


@pytest.mark.parametrize("descending", [False, True])
def test_every_page_begins_where_the_one_before_ended(world: World, *, descending: bool) -> None:
    ann = world.actor()
    for at in range(7):
        world.customer(by=ann, name=f"C{at}", next_step_on=None if at > 3 else date(2026, 5, 1 + at // 2))
    for _again in range(2):
        met: list[str] = []
        cursor: str | None = None
        for _page in range(4):
            asked = Query(sort="next_step_on", descending=descending, limit=2, cursor=cursor)
            found = world.ask(query.page, CUSTOMER, asked, by=ann)
            met += found.columns["name"]
            cursor = found.next_cursor
        assert cursor is None
        filled, empty = [f"C{at}" for at in range(4)], [f"C{at}" for at in range(4, 7)]
        assert ([*filled[::-1], *empty[::-1]] if descending else [*filled, *empty]) == met


def test_a_condition_nobody_offers_is_refused_before_anything_is_made(world: World) -> None:
    for name, operator in (("nothing", "in"), ("level", "from"), ("search_tokens", "is")):
        with pytest.raises(Refusal):
            world.ask(query.page, CUSTOMER, Query().where(name, operator, "A"), by=world.actor())


def test_what_is_typed_makes_no_new_statement(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    def counting(*facts: object) -> object:
        made.append(facts)
        return first_rows(*facts)  # type: ignore[arg-type]

    first_rows = selects.first_rows
    monkeypatch.setattr(prepared, "_kept", {})
    monkeypatch.setattr(selects, "first_rows", counting)
    ann = world.actor()
    for level in ("A", "B"):
        world.customer(by=ann, level=level)
    for written in ("alpha", "beta", "gamma"):
        names(world, ann, Query(search=written))
    for level in ("A", "B"):
        names(world, ann, Query().where("level", "in", level))
    assert 2 == len(made)


def test_a_page_as_a_frame_says_the_same(world: World) -> None:
    ann = world.actor()
    customer = world.customer(by=ann, name="One", revenue=5)
    found = world.ask(query.page, CUSTOMER, by=ann)
    assert [customer.id] == list(found.ids) == list(found.frame.index)
    assert ["One"] == list(found.frame["name"])
    empty = world.ask(query.page, CUSTOMER, Query().where("level", "in"), by=ann)
    assert (0, list(found.frame.columns)) == (len(empty.frame), list(empty.frame.columns))

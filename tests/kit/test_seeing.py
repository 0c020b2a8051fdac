"""However a list is asked of somebody who sees rows through their parents, it shows the same rows in the same order."""

from __future__ import annotations

import pytest

from services import collaborators
from services.activities import ACTIVITY
from services.contacts import CONTACT
from services.contracts import CONTRACT
from services.kit import permissions, prepared, query, seeing
from services.kit.actor import Actor
from services.kit.query import Query
from services.kit.unit_of_work import UnitOfWork
from services.opportunities import OPPORTUNITY
from tests.factories import World
from tests.statements import heard

WAYS = {
    "gathered": (100, 100, 100),
    "many": (1, 100, 100),
    "many, counted in part": (1, 2, 100),
    "many, broad": (1, 2, 2),
    "sparse": (100, 2, 100),
    "sparse, counted in part": (100, 2, 3),
}
"""What is asked -> FEW, PARENTS, MOST that lead to it."""


def filled(world: World) -> dict[str, Actor]:
    """Make readers with all reasons to see, and rows of each kind for and beside each of them."""
    top = world.team()
    below, beside = world.team(parent_id=top.id), world.team()
    readers = {
        "manager": world.actor("sales_manager", team_id=top.id),
        "seller": world.actor(team_id=below.id),
        "stranger": world.actor(team_id=beside.id),
    }
    seller, stranger = readers["seller"], readers["stranger"]
    for number in range(7):
        by = (seller, stranger, seller)[number % 3]
        customer = world.customer(by=by)
        if number == 1:
            world.do(collaborators.share, customer.id, seller.user_id, by=stranger)
        world.contact(customer, by=by, name=f"Person {number % 4}", role=("decider", None)[number % 2])
        world.activity(by=by, customer_id=customer.id, kind=("call", "note")[number % 2])
        world.activity(by=by, lead_id=world.lead(by=by).id)
        opportunity = world.opportunity(by=by, customer_id=customer.id, horizon=("short", "mid")[number % 2])
        world.activity(by=by, opportunity_id=opportunity.id)
        world.contract(customer, by=by)
    return readers


def as_if(monkeypatch: pytest.MonkeyPatch, world: World, **numbers: int) -> None:
    """Set from how many on something is asked otherwise, with nothing known of before."""
    monkeypatch.setattr(prepared, "_kept", {})
    world.database.briefly.forget()
    for name, value in numbers.items():
        monkeypatch.setattr(seeing, name, value)


def gathered(uow: UnitOfWork, entity: object) -> list[int]:
    return sorted(uow.session.execute(query.visible(uow, entity)).scalars())


def paged(world: World, entity: object, asked: Query, by: Actor) -> list[int]:
    found: list[int] = []
    cursor = None
    while True:
        page = world.ask(query.page, entity, Query(**{**vars(asked), "cursor": cursor, "limit": 3}), by=by)
        found += page.ids
        cursor = page.next_cursor
        if cursor is None:
            return found


@pytest.mark.parametrize("how", WAYS)
def test_every_way_shows_the_same_rows_and_counts_no_more_than_there_are(
    world: World, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    readers = filled(world)
    few, parents, most = WAYS[how]
    filters = {
        CONTACT: Query().where("role", "in", "decider"),
        ACTIVITY: Query().where("kind", "in", "call"),
        OPPORTUNITY: Query().where("horizon", "in", "mid"),
        CONTRACT: Query().where("stage", "in", "draft"),
    }
    expected = {
        (entity, reader, asked): (paged(world, entity, asked, by), world.ask(query.count, entity, asked, by=by))
        for entity, narrowed in filters.items()
        for reader, by in readers.items()
        for asked in (Query(), narrowed)
    }
    as_if(monkeypatch, world, FEW=few, PARENTS=parents, MOST=most)
    for (entity, reader, asked), (ids, number) in expected.items():
        by, told = readers[reader], (entity.key, reader, how)
        assert ids == paged(world, entity, asked, by), told
        if not asked.filters:
            assert sorted(ids) == world.ask(gathered, entity, by=by), told
        page = world.ask(query.page, entity, Query(**{**vars(asked), "limit": 2}), by=by)
        assert min(2, few, number) <= page.count <= number, told
        assert page.is_capped or page.count == number, told


def test_each_way_is_taken_by_somebody(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    readers = filled(world)
    kinds = []
    for few, parents, most in WAYS.values():
        as_if(monkeypatch, world, FEW=few, PARENTS=parents, MOST=most)
        kinds.append(world.ask(seeing.way, CONTACT, by=readers["seller"]))
    assert [
        seeing.Way("gathered"),
        seeing.Way("many"),
        seeing.Way("many", 2),
        seeing.Way("many", 2, is_broad=True),
        seeing.Way("sparse"),
        seeing.Way("sparse", 3, is_broad=True),
    ] == kinds
    assert seeing.Way() == world.ask(seeing.way, CONTACT, by=world.actor("leader"))
    assert not world.ask(permissions.keys, CONTACT, by=world.actor("finance"))


def test_a_picker_offers_what_a_list_shows(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    readers = filled(world)
    offered = {name: world.ask(query.options, "contact", by=by) for name, by in readers.items()}
    as_if(monkeypatch, world, FEW=1)
    assert offered == {name: world.ask(query.options, "contact", by=by) for name, by in readers.items()}


def test_children_are_looked_up_by_their_parents_one_after_the_other(world: World) -> None:
    seller = world.actor()
    with world.database.read(seller) as uow:
        (owned, *_) = permissions.keys(uow, CONTACT)
        said = str(owned.compile(world.database.engine))
    is_sqlite = world.database.engine.dialect.name == "sqlite"
    assert (
        f"JOIN contact ON contact.customer_id {'IN (anon_1.id, anon_1.id)' if is_sqlite else '= ANY (ARRAY['}" in said
    )


def test_whoever_has_come_to_see_more_is_shown_it_though_it_is_asked_as_for_few(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    seller = world.actor()
    customer = world.customer(by=seller)
    as_if(monkeypatch, world, FEW=2, PARENTS=100, MOST=100)
    assert paged(world, CONTACT, Query(), seller) == []
    made = [world.contact(customer, by=seller, name=f"Person {number}").id for number in range(5)]
    said = heard(world.database.engine)
    assert world.ask(seeing.way, CONTACT, by=seller) == seeing.Way("gathered")
    assert not any("contact" in text for text, _values in said)
    assert sorted(paged(world, CONTACT, Query(), seller)) == made
    world.database.briefly.forget()
    assert world.ask(seeing.way, CONTACT, by=seller) == seeing.Way("many")

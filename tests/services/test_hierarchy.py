"""What the hierarchy of companies promises: no circles, a tree one can read, sums of what one may see."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import event, update

from db.models import Customer
from services import contracts, hierarchy
from services.collections import INSTALMENT
from services.customers import CUSTOMER
from services.hierarchy import Sum
from services.kit import query, records
from services.kit.errors import Invalid, NotFound, Refusal
from services.kit.query import Query
from services.kit.unit_of_work import UnitOfWork
from tests.factories import World
from tests.races import at_once


def under(world: World, parent: Any, name: str, **values: Any) -> Any:
    """Make a customer that is part of another."""
    return world.customer(name=name, parent_id=parent.id, **values)


def test_a_company_is_not_part_of_itself_be_it_through_others(world: World) -> None:
    top = world.customer(name="Top")
    middle = under(world, top, "Middle")
    low = under(world, middle, "Low")
    with pytest.raises(Invalid) as refusal:
        world.do(CUSTOMER.verb("update"), top.id, {"parent_id": top.id})
    assert "not part of itself" in str(refusal.value)
    with pytest.raises(Invalid) as refusal:
        world.do(CUSTOMER.verb("update"), top.id, {"parent_id": low.id})
    assert "Low is part of Top itself" in str(refusal.value)


def test_of_two_who_close_a_circle_at_once_one_is_refused(world: World) -> None:
    one, other = world.customer(), world.customer()
    pairs = [(one, other), (other, one)]

    def act(number: int) -> Any:
        customer, parent = pairs[number]
        return world.do(CUSTOMER.verb("update"), customer.id, {"parent_id": parent.id})

    results = at_once(2, act)
    assert 1 == sum(isinstance(one, Refusal) for one in results)
    parents = [world.ask(records.get, CUSTOMER, one_.id).parent_id for one_ in (one, other)]
    assert 1 == parents.count(None)


def test_a_customer_alone_has_no_group(world: World) -> None:
    assert world.ask(hierarchy.group, world.customer().id) is None


def test_the_tree_shows_the_way_up_those_beside_and_those_below(world: World) -> None:
    ann = world.actor(name="Ann")
    top = world.customer(name="Top", level="A", owner_id=ann.user_id)
    middle = under(world, top, "Middle")
    under(world, top, "Aunt")
    here = under(world, middle, "Here")
    under(world, middle, "Sister")
    under(world, here, "Child")
    gone = under(world, here, "Gone")
    world.do(records.delete, CUSTOMER, gone.id)
    found = world.ask(hierarchy.group, here.id)
    assert [("Top", 0), ("Middle", 1), ("Here", 2), ("Child", 3), ("Sister", 2)] == [
        (one.name, one.depth) for one in found.nodes
    ]
    assert ["Here"] == [one.name for one in found.nodes if one.is_here]
    assert ("Ann", "A") == (found.nodes[0].owner, found.nodes[0].level)
    assert (top.id, 6) == (found.root_id, found.customers)


def test_of_many_the_first_are_shown_and_the_rest_counted(world: World) -> None:
    top = world.customer(name="Top")
    for number in range(15):
        under(world, top, f"Part {number:02d}")
    found = world.ask(hierarchy.group, top.id)
    assert ([f"Part {n:02d}" for n in range(12)], 3) == (
        [one.name for one in found.nodes[1:-1]],
        found.nodes[-1].more,
    )
    assert 16 == found.customers


def test_sums_are_of_the_whole_group_by_currency_as_far_as_the_reader_sees(world: World) -> None:
    team = world.team()
    ann, bob = world.actor(team_id=team.id), world.actor(team_id=world.team().id)
    boss = world.actor("leader")
    top = world.customer(by=boss, owner_id=ann.user_id)
    part = world.customer(by=boss, owner_id=bob.user_id, parent_id=top.id)
    for customer in (top, part):
        world.opportunity(customer_id=customer.id, amount=500, currency="EUR")
        contract = world.contract(customer, amount=1_000)
        world.make(INSTALMENT, contract_id=contract.id, due_on=date(2026, 6, 1), amount=400)
        world.do(contracts.approve, contract.id)
    whole = world.ask(hierarchy.group, part.id, by=boss)
    assert ({"EUR": Sum(2, 1_000)}, {"CNY": Sum(2, 2_000)}, {"CNY": Sum(2, 800)}) == (
        whole.open,
        whole.contracts,
        whole.overdue,
    )
    own = world.ask(hierarchy.group, part.id, by=bob)
    assert (1, {"EUR": Sum(1, 500)}, {"CNY": Sum(1, 1_000)}, {"CNY": Sum(1, 400)}) == (
        own.customers,
        own.open,
        own.contracts,
        own.overdue,
    )
    assert [(None, "", False), (part.id, part.name, True)] == [(one.id, one.name, one.is_here) for one in own.nodes]
    with pytest.raises(NotFound):
        world.ask(hierarchy.group, top.id, by=bob)


def test_the_list_can_be_narrowed_to_a_group(world: World) -> None:
    top = world.customer(name="Top")
    middle = under(world, top, "Middle")
    low = under(world, middle, "Low")
    other = world.customer(name="Other")
    asked = Query(filters=(query.parse_filter(CUSTOMER, "parent_id", f"under:{top.id}"),))
    assert {top.id, middle.id, low.id} == set(world.ask(query.page, CUSTOMER, asked).ids)
    both = Query().where("parent_id", "under", middle.id, other.id)
    assert {middle.id, low.id, other.id} == set(world.ask(query.frame, CUSTOMER, both).index)
    assert 2 == world.ask(query.count, CUSTOMER, Query().where("parent_id", "under", middle.id))


def test_a_circle_in_old_data_ends_nowhere(world: World) -> None:
    one = world.customer(name="One")
    other = under(world, one, "Other")

    def close(uow: UnitOfWork) -> None:
        uow.session.execute(update(Customer).where(Customer.id == one.id).values(parent_id=other.id))

    world.do(close)
    assert {"One", "Other"} == {node.name for node in world.ask(hierarchy.group, one.id).nodes}


def test_a_thousand_parts_cost_the_questions_of_one(world: World) -> None:
    top = world.customer(name="Top")
    row = {"currency": "CNY", "parent_id": top.id}

    def questions() -> int:
        seen: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            seen.append(statement)

        event.listen(world.database.engine, "before_cursor_execute", note)
        world.ask(hierarchy.group, top.id)
        event.remove(world.database.engine, "before_cursor_execute", note)
        return len([one for one in seen if "SELECT" in one])

    world.do(records.bulk_insert, CUSTOMER, [{"name": "Part 0", **row}], because="test")
    few = questions()
    rows = [{"name": f"Part {number}", **row} for number in range(1, 1_000)]
    world.do(records.bulk_insert, CUSTOMER, rows, because="test")
    assert (4, 4) == (few, questions())
    assert 1_001 == world.ask(hierarchy.group, top.id).customers

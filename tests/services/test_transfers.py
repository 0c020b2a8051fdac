"""Handing over: what goes along, who stays, quotas, and what the history says."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from db.models import Contract
from services import collaborators, ownership, transfers
from services.contracts import CONTRACT
from services.customers import CUSTOMER
from services.kit import query, records
from services.kit.actor import Actor
from services.kit.errors import Forbidden, Invalid, NotFound
from services.leads import LEAD
from services.opportunities import OPPORTUNITY
from services.pools import QUOTA
from services.transfers import Choice
from tests.factories import World
from tests.pools.making import set_columns

DUE = date(2026, 7, 1)


@pytest.fixture
def team(world: World) -> tuple[Actor, Actor, Actor]:
    """Return two sellers and their manager."""
    of = world.team().id
    return (
        world.actor(name="Ann", team_id=of),
        world.actor(name="Bob", team_id=of),
        world.actor("sales_manager", name="Max", team_id=of),
    )


def owner(world: World, entity: Any, record: Any) -> int | None:
    return world.ask(records.get, entity, record.id).owner_id


def test_what_is_chosen_goes_along_and_the_rest_stays(world: World, team: Any) -> None:
    ann, bob, manager = team
    customer = world.customer(by=ann, name="Acme Ltd", next_step_on=DUE, next_step="Visit")
    made = {
        OPPORTUNITY: world.opportunity(by=ann, customer_id=customer.id),
        CONTRACT: world.contract(customer, by=ann),
        LEAD: world.lead(by=ann, company="ACME"),
    }
    done = world.contract(customer, by=ann)
    set_columns(world, Contract, done.id, stage="completed")
    theirs = world.opportunity(by=manager, customer_id=customer.id)
    found = world.ask(transfers.preview, "customer", [customer.id], by=manager)
    assert (1, {"opportunity": 2, "contract": 1, "lead": 1, "next_step": 1}) == (found.records, dict(found.along))
    choice = Choice((bob.user_id,), frozenset({"opportunity", "lead"}), "New region")
    assert [True] == [
        one.is_done for one in world.do(transfers.transfer, "customer", [customer.id], choice, by=manager)
    ]
    assert [bob.user_id, bob.user_id, ann.user_id, bob.user_id] == [
        owner(world, CUSTOMER, customer), *(owner(world, entity, one) for entity, one in made.items()),
    ]  # fmt: skip
    assert (ann.user_id, manager.user_id) == (owner(world, CONTRACT, done), owner(world, OPPORTUNITY, theirs))
    assert (None, None) == tuple(
        getattr(world.ask(records.get, CUSTOMER, customer.id), name) for name in ("next_step_on", "next_step")
    )
    (handed, made_) = world.ask(ownership.history, CUSTOMER, customer.id, by=manager)
    assert ("transferred", "Ann", "Bob", "New region", "Max") == (
        handed.kind, handed.from_name, handed.to_name, handed.reason, handed.by,
    )  # fmt: skip
    assert ("created", None, "Ann") == (made_.kind, made_.from_name, made_.to_name)


def test_the_next_step_goes_along_when_it_is_chosen(world: World, team: Any) -> None:
    ann, bob, manager = team
    customer = world.customer(by=ann, next_step_on=DUE)
    world.do(transfers.transfer, "customer", [customer.id], Choice((bob.user_id,)), by=manager)
    assert DUE == world.ask(records.get, CUSTOMER, customer.id).next_step_on


def test_the_former_owner_may_stay_for_a_while(world: World, team: Any) -> None:
    ann, bob, manager = team
    customer = world.customer(by=ann)
    until = world.database.clock.now().date() + timedelta(days=30)
    choice = Choice((bob.user_id,), stays=True, stays_until=until, reason="Handing over")
    world.do(transfers.transfer, "customer", [customer.id], choice, by=manager)
    (helper,) = world.ask(collaborators.of_customer, customer.id, by=bob)
    assert ("Ann", False, until, "Handing over") == (helper.name, helper.can_write, helper.until_on, helper.reason)
    assert [customer.id] == list(world.ask(query.frame, CUSTOMER, by=ann).index)


def test_a_full_quota_refuses_its_row_and_no_other(world: World, team: Any) -> None:
    ann, bob, manager = team
    mine = [world.customer(by=ann).id for _ in range(3)]
    world.make(QUOTA, kind="customer", user_id=bob.user_id, at_most=2)
    results = world.do(transfers.transfer, "customer", mine, Choice((bob.user_id,)), by=manager)
    assert [True, True, False] == [one.is_done for one in results]
    assert str(results[2].message).startswith("Bob has 0 of at most 2.")


def test_a_quota_of_the_team_together_is_shared_by_all_who_are_given_to(world: World) -> None:
    here, there = world.team(), world.team()
    ann = world.actor(team_id=there.id)
    bob, eve = world.actor(team_id=here.id), world.actor(team_id=here.id)
    mine = [world.customer(by=ann).id for _ in range(4)]
    world.make(QUOTA, kind="customer", team_id=here.id, at_most=3, is_together=True)
    choice = Choice((bob.user_id, eve.user_id))
    assert 3 == sum(one.is_done for one in world.do(transfers.transfer, "customer", mine, choice))


def test_one_out_of_reach_is_told_like_one_that_is_not_there(world: World, team: Any) -> None:
    ann, bob, manager = team
    foreign, mine = world.customer(by=world.actor(team_id=world.team().id)), world.customer(by=ann)
    choice = Choice((bob.user_id,))
    results = world.do(transfers.transfer, "customer", [foreign.id, 999_999, mine.id], choice, by=manager)
    assert [False, False, True] == [one.is_done for one in results]
    assert str(results[0].message) == str(results[1].message)
    assert ("", "") == (results[0].title, results[1].title)


def test_nobody_is_given_to_who_is_out_of_reach_or_gone(world: World, team: Any) -> None:
    ann, _bob, manager = team
    customer = world.customer(by=ann)
    outside, clerk = world.user(), world.user("finance", team_id=manager.team_id)
    for to in (outside.id, clerk.id, 999_999):
        with pytest.raises(Invalid):
            world.do(transfers.transfer, "customer", [customer.id], Choice((to,)), by=manager)
    with pytest.raises(Forbidden):
        world.do(transfers.transfer, "customer", [customer.id], Choice((manager.user_id,)), by=ann)


def test_a_leavers_work_is_dealt_out_to_the_last(world: World, team: Any) -> None:
    ann, bob, manager = team
    eve = world.actor(name="Eve", team_id=manager.team_id)
    customers = [world.customer(by=ann) for _ in range(4)]
    of_customer = [world.opportunity(by=ann, customer_id=one.id) for one in customers]
    alone = [world.opportunity(by=ann) for _ in range(2)]
    leads = [world.lead(by=ann) for _ in range(2)]
    contract = world.contract(customers[0], by=ann)
    counts = world.ask(transfers.estate, ann.user_id, by=manager).counts
    assert {"customer": 4, "lead": 2, "opportunity": 6, "contract": 1} == dict(counts)
    went = world.do(transfers.hand_over, ann.user_id, [bob.user_id, eve.user_id], reason="Leaves", by=manager)
    assert dict(counts) == went
    owners = [owner(world, CUSTOMER, one) for one in customers]
    assert [bob.user_id, eve.user_id] * 2 == owners
    assert owners == [owner(world, OPPORTUNITY, one) for one in of_customer]
    assert {bob.user_id: 1, eve.user_id: 1} == {owner(world, OPPORTUNITY, one): 1 for one in alone}
    assert {bob.user_id, eve.user_id} == {owner(world, LEAD, one) for one in leads}
    assert owners[0] == owner(world, CONTRACT, contract)
    assert {"customer": 0, "lead": 0, "opportunity": 0, "contract": 0} == dict(
        world.ask(transfers.estate, ann.user_id, by=manager).counts
    )


def test_a_leaver_of_another_team_is_not_there(world: World, team: Any) -> None:
    _ann, bob, manager = team
    stranger = world.user(team_id=world.team().id)
    with pytest.raises(NotFound):
        world.do(transfers.hand_over, stranger.id, [bob.user_id], by=manager)
    with pytest.raises(Invalid):
        world.do(transfers.hand_over, bob.user_id, [bob.user_id], by=manager)

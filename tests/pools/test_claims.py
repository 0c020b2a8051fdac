"""Claiming: one winner, a result for each, limits that hold."""

from __future__ import annotations

import pytest

from db.models import Customer
from services import pools
from services.customers import CUSTOMER
from services.kit import query, records
from services.kit.errors import Forbidden, Invalid, NotFound
from services.leads import LEAD
from services.ownership import Result
from services.pools import QUOTA
from tests.factories import World
from tests.pools.making import Member, change_pool, changes, first_pool, later, many, owners_of, pool


def reasons(results: list[Result]) -> list[str | None]:
    return [None if one.is_done else str(one.message) for one in results]


def test_who_claims_owns_and_the_history_says_so(world: World) -> None:
    ann = world.actor(team_id=world.team().id)
    customer = world.customer()
    (result,) = world.do(pools.claim, "customer", [customer.id], by=ann)
    claimed = world.ask(records.get, CUSTOMER, customer.id, by=ann)
    assert result.is_done
    assert (ann.user_id, ann.team_id, None, None) == (
        claimed.owner_id, claimed.team_id, claimed.pool_id, claimed.pooled_at,
    )  # fmt: skip
    assert world.database.clock.now() == claimed.received_at
    assert [(None, ann.user_id, "claimed")] == [(one.from_id, one.to_id, one.kind) for one in changes(world)]


def test_whoever_comes_too_late_is_told_who_was_first(world: World) -> None:
    ann, bob = world.actor(name="Ann"), world.actor()
    customer = world.customer()
    world.do(pools.claim, "customer", [customer.id], by=ann)
    assert ["Ann was first and has it now."] == reasons(world.do(pools.claim, "customer", [customer.id], by=bob))


def test_a_colleagues_customer_that_was_never_in_ones_pool_is_not_told(world: World) -> None:
    ann, bob = world.actor(name="Ann"), world.actor()
    owned = world.customer(by=ann)
    missing = 999_999
    told = reasons(world.do(pools.claim, "customer", [owned.id, missing], by=bob))
    assert ["There is no such record, or you may not see it."] * 2 == told


def test_one_refused_row_stops_no_other(world: World) -> None:
    ann, bob = world.actor(name="Ann"), world.actor()
    first, second, third = (world.customer() for _ in range(3))
    world.do(pools.claim, "customer", [second.id], by=ann)
    results = world.do(pools.claim, "customer", [first.id, second.id, 10**18, third.id], by=bob)
    assert [True, False, False, True] == [one.is_done for one in results]
    assert {first.id: bob.user_id, second.id: ann.user_id, third.id: bob.user_id} == owners_of(
        world, [first.id, second.id, third.id]
    )


def test_so_many_a_day_and_no_more(world: World) -> None:
    ann = world.actor()
    ids = many(world, 5)
    change_pool(world, first_pool(world).id, claims_a_day=2)
    results = world.do(pools.claim, "customer", ids, by=ann)
    assert [True, True, False, False, False] == [one.is_done for one in results]
    assert "as many from this pool today" in str(results[2].message)
    assert [(2, 2, 0)] == [(one.most, one.claimed, one.left) for one in world.ask(pools.allowances, "customer", by=ann)]
    later(world, days=1)
    assert 2 == sum(one.is_done for one in world.do(pools.claim, "customer", ids[2:], by=ann))


def test_what_is_assigned_does_not_count_as_claimed(world: World) -> None:
    team = world.team()
    ann, manager = world.actor(team_id=team.id), world.actor("sales_manager", team_id=team.id)
    ids = many(world, 4)
    change_pool(world, first_pool(world).id, claims_a_day=1)
    assert all(one.is_done for one in world.do(pools.assign, "customer", ids[:3], ann.user_id, by=manager))
    assert [0] == [one.claimed for one in world.ask(pools.allowances, "customer", by=ann)]
    assert [True] == [one.is_done for one in world.do(pools.claim, "customer", ids[3:], by=ann)]


def test_the_former_owner_waits_even_if_a_manager_released_it(world: World) -> None:
    team = world.team()
    ann, bob = world.actor(team_id=team.id), world.actor(team_id=team.id)
    manager = world.actor("sales_manager", team_id=team.id)
    customer = world.customer(by=ann)
    change_pool(world, first_pool(world).id, ban_days=10)
    world.do(pools.release, "customer", [customer.id], "Too far", by=manager)
    assert ["You owned it before: you may claim it again from 2026-06-25."] == reasons(
        world.do(pools.claim, "customer", [customer.id], by=ann)
    )
    later(world, days=9)
    assert [False] == [one.is_done for one in world.do(pools.claim, "customer", [customer.id], by=ann)]
    assert [True] == [one.is_done for one in world.do(pools.claim, "customer", [customer.id], by=manager)]
    world.do(pools.release, "customer", [customer.id], "Never mind", by=manager)
    assert [True] == [one.is_done for one in world.do(pools.claim, "customer", [customer.id], by=bob)]


def test_the_ban_ends_by_itself(world: World) -> None:
    ann = world.actor()
    customer = world.customer(by=ann)
    change_pool(world, first_pool(world).id, ban_days=10)
    world.do(pools.release, "customer", [customer.id], "Too far", by=ann)
    later(world, days=10)
    assert [True] == [one.is_done for one in world.do(pools.claim, "customer", [customer.id], by=ann)]


def test_new_arrivals_are_protected_from_claims_but_not_from_being_assigned(world: World) -> None:
    ann = world.actor()
    first, second = world.customer(), world.customer()
    change_pool(world, first_pool(world).id, protected_days=3)
    assert ["New arrivals rest a while: nobody may claim it before 2026-06-18."] == reasons(
        world.do(pools.claim, "customer", [first.id], by=ann)
    )
    assert world.do(pools.assign, "customer", [second.id], ann.user_id)[0].is_done
    later(world, days=3)
    assert world.do(pools.claim, "customer", [first.id], by=ann)[0].is_done


def test_members_alone_see_a_closed_pool_and_claim_from_it(world: World) -> None:
    top = world.team()
    below = world.team(parent_id=top.id)
    inside, outside = world.actor(team_id=below.id), world.actor(team_id=world.team().id)
    closed = pool(world, name="North", members=[Member(team_id=top.id)])
    customer = world.customer(by=inside)
    world.do(pools.release, "customer", [customer.id], "Too small", by=inside)
    assert closed.id == world.ask(records.get, CUSTOMER, customer.id).pool_id
    assert [customer.id] == list(world.ask(query.frame, CUSTOMER, by=inside).index)
    assert [] == list(world.ask(query.frame, CUSTOMER, by=outside).index)
    assert [False] == [one.is_done for one in world.do(pools.claim, "customer", [customer.id], by=outside)]
    assert [True] == [one.is_done for one in world.do(pools.claim, "customer", [customer.id], by=inside)]


def test_a_change_of_members_takes_effect_at_once(world: World) -> None:
    team = world.team()
    ann = world.actor(team_id=team.id)
    closed = pool(world, name="North", members=[Member(team_id=team.id)])
    customer = world.customer(by=ann)
    world.do(pools.release, "customer", [customer.id], "Too small", by=ann)
    seen = [world.ask(query.page, CUSTOMER, by=ann).count]
    facts = {"name": "North", "is_for_all": False}
    world.do(pools.save, closed.id, facts, members=[Member(user_id=world.user().id)])
    seen.append(world.ask(query.page, CUSTOMER, by=ann).count)
    world.do(pools.save, closed.id, facts, members=[Member(user_id=ann.user_id)])
    seen.append(world.ask(query.page, CUSTOMER, by=ann).count)
    assert [1, 0, 1] == seen


def test_administrators_of_a_pool_hand_out_to_its_members_alone(world: World) -> None:
    team = world.team()
    head, member = world.actor(team_id=team.id), world.actor(team_id=team.id)
    stranger = world.actor(team_id=world.team().id)
    pool(world, name="North", members=[Member(team_id=team.id), Member(user_id=head.user_id, is_admin=True)])
    first, second = (world.customer(by=head) for _ in range(2))
    world.do(pools.release, "customer", [first.id, second.id], "To the team", by=head)
    assert [True] == [one.is_done for one in world.do(pools.assign, "customer", [first.id], member.user_id, by=head)]
    assert [False] == [
        one.is_done for one in world.do(pools.assign, "customer", [second.id], stranger.user_id, by=head)
    ]
    with pytest.raises(Forbidden):
        world.do(pools.assign, "customer", [second.id], head.user_id, by=member)


def test_a_manager_assigns_within_the_tree_alone(world: World) -> None:
    team = world.team()
    manager, other = world.actor("sales_manager", team_id=team.id), world.actor(team_id=world.team().id)
    customer = world.customer()
    assert [False] == [
        one.is_done for one in world.do(pools.assign, "customer", [customer.id], other.user_id, by=manager)
    ]
    with pytest.raises(NotFound):
        world.do(pools.assign, "customer", [customer.id], 999_999, by=manager)


def test_releasing_asks_for_a_reason_and_is_for_ones_own(world: World) -> None:
    ann, bob = world.actor(), world.actor()
    customer = world.customer(by=ann)
    with pytest.raises(Invalid):
        world.do(pools.release, "customer", [customer.id], "  ", by=ann)
    assert [False] == [one.is_done for one in world.do(pools.release, "customer", [customer.id], "No", by=bob)]
    assert [True] == [one.is_done for one in world.do(pools.release, "customer", [customer.id], "Too far", by=ann)]
    released = world.ask(records.get, CUSTOMER, customer.id)
    assert (None, None, ann.user_id) == (released.owner_id, released.team_id, released.previous_owner_id)
    assert [("released", "Too far", ann.user_id)] == [(one.kind, one.reason, one.by_id) for one in changes(world)]


def test_nobody_takes_more_than_the_quota(world: World) -> None:
    ann = world.actor(name="Ann")
    world.make(QUOTA, kind="customer", user_id=ann.user_id, at_most=2)
    ids = many(world, 3)
    results = world.do(pools.claim, "customer", ids, by=ann)
    assert [True, True, False] == [one.is_done for one in results]
    assert str(results[2].message).startswith("Ann has 0 of at most 2.")
    with pytest.raises(Invalid, match="at most 2"):
        world.customer(by=ann)
    assert [False] == [one.is_done for one in world.do(pools.assign, "customer", ids[2:], ann.user_id)]


def test_a_quota_of_the_team_together_holds_besides(world: World) -> None:
    team = world.team()
    ann, bob = world.actor(team_id=team.id), world.actor(team_id=team.id)
    world.make(QUOTA, kind="customer", team_id=team.id, at_most=2, is_together=True)
    ids = many(world, 3)
    assert all(one.is_done for one in world.do(pools.claim, "customer", ids[:2], by=ann))
    assert [False] == [one.is_done for one in world.do(pools.claim, "customer", ids[2:], by=bob)]


def test_the_won_need_not_count(world: World) -> None:
    ann = world.actor()
    world.make(QUOTA, kind="customer", at_most=1, counts_won=False)
    won = world.customer(by=ann)
    contract = world.contract(won, by=ann)
    from db.models import Contract
    from tests.pools.making import set_columns

    set_columns(world, Contract, contract.id, stage="approved")
    (free,) = many(world, 1)
    assert [True] == [one.is_done for one in world.do(pools.claim, "customer", [free], by=ann)]


def test_leads_have_pools_of_their_own(world: World) -> None:
    ann = world.actor()
    lead = world.lead()
    assert [True] == [one.is_done for one in world.do(pools.claim, "lead", [lead.id], by=ann)]
    assert ann.user_id == world.ask(records.get, LEAD, lead.id, by=ann).owner_id
    assert first_pool(world, "lead").id != first_pool(world).id


def test_what_lies_in_a_pool_is_read_but_not_changed_before_it_is_claimed(world: World) -> None:
    ann = world.actor()
    customer = world.customer()
    assert world.ask(records.get, CUSTOMER, customer.id, by=ann)
    with pytest.raises(NotFound):
        world.do(CUSTOMER.verb("update"), customer.id, {"name": "Mine"}, by=ann)


def test_what_lies_in_the_bin_is_not_claimed(world: World) -> None:
    customer = world.customer()
    world.do(CUSTOMER.verb("delete"), customer.id)
    assert [False] == [one.is_done for one in world.do(pools.claim, "customer", [customer.id], by=world.actor())]


def test_whoever_may_not_claim_is_refused(world: World) -> None:
    customer = world.customer()
    for role in ("finance", "viewer"):
        with pytest.raises(Forbidden):
            world.do(pools.claim, "customer", [customer.id], by=world.actor(role))
    assert {customer.id: None} == owners_of(world, [customer.id])


def test_the_owner_in_the_form_leaves_by_the_same_road(world: World) -> None:
    ann, bob = world.actor(), world.actor()
    customer = world.customer(by=ann)
    world.do(CUSTOMER.verb("update"), customer.id, {"owner_id": bob.user_id})
    world.do(CUSTOMER.verb("update"), customer.id, {"owner_id": None})
    world.do(CUSTOMER.verb("update"), customer.id, {"owner_id": ann.user_id})
    made = [(one.kind, one.from_id, one.to_id, one.pool_id) for one in changes(world)]
    pool_id = first_pool(world).id
    assert [
        ("transferred", ann.user_id, bob.user_id, None),
        ("released", bob.user_id, None, pool_id),
        ("assigned", None, ann.user_id, pool_id),
    ] == made
    assert bob.user_id == world.ask(records.get, CUSTOMER, customer.id).previous_owner_id
    assert Customer.__tablename__ == changes(world)[0].entity

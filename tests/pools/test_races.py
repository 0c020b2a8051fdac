"""Many at once, on both databases: one winner each, limits never passed, nothing followed up and taken away."""

from __future__ import annotations

import random
from typing import Any

from sqlalchemy import func, select

from db.models import ClaimCount, Customer, OwnerChange
from services import activities, pools
from services.kit.errors import Refusal
from services.kit.unit_of_work import UnitOfWork
from services.pools import QUOTA
from tests.factories import World
from tests.pools.making import Rule, change_pool, changes, first_pool, later, many, owners_of, pool
from tests.races import at_once

WORKERS = 16
CUSTOMERS = 1_000
BATCH = 50


def claim_all(world: World, actor: Any, ids: list[int], seed: int) -> set[int]:
    """Claim every customer in an order of one's own, in batches; return those that were won."""
    order = random.Random(seed).sample(ids, len(ids))
    won: set[int] = set()
    for start in range(0, len(order), BATCH):
        results = world.do(pools.claim, "customer", order[start : start + BATCH], by=actor)
        won |= {one.record_id for one in results if one.is_done}
    return won


def histories(world: World) -> int:
    def counted(uow: UnitOfWork) -> int:
        return uow.session.scalar(select(func.count(func.distinct(OwnerChange.record_id)))) or 0

    return world.ask(counted)


def test_sixteen_claim_a_thousand_and_each_has_one_winner(world: World) -> None:
    people = [world.actor() for _ in range(WORKERS)]
    ids = many(world, CUSTOMERS)
    won = at_once(WORKERS, lambda n: claim_all(world, people[n], ids, n))
    assert CUSTOMERS == sum(len(one) for one in won) == len(set().union(*won))
    assert {one: people[n].user_id for n, mine in enumerate(won) for one in mine} == owners_of(world, ids)
    assert (CUSTOMERS, CUSTOMERS) == (len(changes(world, "claimed")), histories(world))


def test_sixteen_under_a_limit_never_pass_it(world: World) -> None:
    people = [world.actor() for _ in range(WORKERS // 2)]
    ids = many(world, CUSTOMERS)
    change_pool(world, first_pool(world).id, claims_a_day=30)
    # Each person claims from two browsers at once.
    won = at_once(WORKERS, lambda n: claim_all(world, people[n % len(people)], ids, n))

    def counted(uow: UnitOfWork) -> dict[int, int]:
        return dict(uow.session.execute(select(ClaimCount.user_id, ClaimCount.claimed)).all())

    held = {person.user_id: 0 for person in people}
    for owner in owners_of(world, ids).values():
        if owner is not None:
            held[owner] += 1
    assert dict.fromkeys(held, 30) == held == world.ask(counted)
    assert 30 * len(people) == sum(len(one) for one in won)


def test_sixteen_under_a_quota_never_pass_it(world: World) -> None:
    team = world.team()
    people = [world.actor(team_id=team.id) for _ in range(WORKERS // 2)]
    ids = many(world, 300)
    world.make(QUOTA, kind="customer", at_most=20)
    world.make(QUOTA, kind="customer", team_id=team.id, at_most=90, is_together=True)
    at_once(WORKERS, lambda n: claim_all(world, people[n % len(people)], ids, n))
    held: dict[int, int] = {}
    for owner in owners_of(world, ids).values():
        if owner is not None:
            held[owner] = held.get(owner, 0) + 1
    assert 90 == sum(held.values())
    assert max(held.values()) <= 20


def test_nothing_is_both_followed_up_and_taken_back_at_the_same_moment(world: World) -> None:
    ann = world.actor()
    pool(world, name="Strict", rules=[Rule("activity", 30)])
    customers = [world.customer(by=ann) for _ in range(40)]
    later(world, days=40)

    def act(n: int) -> Any:
        if n == 0:
            return sum(world.do(pools.recycle).values())
        done = set()
        for customer in customers[n - 1 :: 4]:
            try:
                world.do(activities.log, kind="call", summary="Talked", customer_id=customer.id, by=ann)
            except Refusal:
                continue
            done.add(customer.id)
        return done

    recycled, *followed = at_once(5, act)
    kept = set().union(*followed)
    ids = [customer.id for customer in customers]
    assert kept == {one for one, owner in owners_of(world, ids).items() if owner == ann.user_id}
    assert len(ids) - len(kept) == recycled == len(changes(world, "recycled"))


def test_two_jobs_at_once_take_each_record_back_once(world: World) -> None:
    ann = world.actor()
    pool(world, name="Strict", rules=[Rule("activity", 30)])
    for _ in range(30):
        world.customer(by=ann)
    later(world, days=40)
    at_once(4, lambda _n: world.do(pools.recycle))

    def left(uow: UnitOfWork) -> int:
        return uow.session.scalar(select(func.count()).where(Customer.owner_id.is_not(None))) or 0

    assert (0, 30) == (world.ask(left), len(changes(world, "recycled")))

"""When something goes back to the pool, and what is left alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.models import Contract, Customer, Lead, Opportunity
from services import leads, pipelines, pools
from services.customers import CUSTOMER
from services.kit import records
from services.kit.errors import Forbidden, Invalid, Refusal
from services.kit.unit_of_work import UnitOfWork
from services.pipelines import PIPELINE, STAGE
from services.pools import Member, Rule
from services.pools.rules import is_due
from tests.conftest import NOW
from tests.factories import World
from tests.pools.making import changes, first_pool, later, many, owners_of, pool, set_columns


def days_left(world: World, record: Any, key: str = "customer") -> int | None:
    found = world.ask(pools.returns, key, [record.id])
    return found[record.id].left if record.id in found else None


def recycled(world: World) -> int:
    return sum(world.do(pools.recycle).values())


def test_it_goes_back_on_the_day_that_was_announced_and_not_before(world: World) -> None:
    customer = world.customer(by=world.actor())
    pool(world, rules=[Rule("activity", 30)])
    assert 30 == days_left(world, customer)
    later(world, days=29)
    assert (1, 0) == (days_left(world, customer), recycled(world))
    later(world, days=1)
    assert (0, 1) == (days_left(world, customer), recycled(world))
    assert [None] == list(owners_of(world, [customer.id]).values())


def test_days_are_those_of_the_companys_zone(world: World) -> None:
    """Noon in Shanghai plus 13 hours is the next day there, still the same day in UTC."""
    customer = world.customer(by=world.actor())
    pool(world, rules=[Rule("activity", 1)])
    later(world, hours=11)
    assert (1, 0) == (days_left(world, customer), recycled(world))
    later(world, hours=2)
    assert (0, 1) == (days_left(world, customer), recycled(world))


def test_an_activity_begins_the_count_anew(world: World) -> None:
    ann = world.actor()
    customer = world.customer(by=ann)
    pool(world, rules=[Rule("activity", 30)])
    later(world, days=29)
    world.activity(by=ann, customer_id=customer.id)
    assert 30 == days_left(world, customer)


def test_who_receives_it_has_the_whole_time(world: World) -> None:
    ann, bob = world.actor(), world.actor()
    customer = world.customer(by=ann)
    pool(world, rules=[Rule("activity", 30)])
    later(world, days=29)
    world.do(CUSTOMER.verb("update"), customer.id, {"owner_id": bob.user_id})
    assert 30 == days_left(world, customer)


def test_without_an_opportunity_it_goes_back_however_often_one_calls(world: World) -> None:
    ann = world.actor()
    with_one, without = world.customer(by=ann), world.customer(by=ann)
    pool(world, rules=[Rule("opportunity", 30)], spares_open=False)
    later(world, days=20)
    world.opportunity(by=ann, customer_id=with_one.id)
    world.activity(by=ann, customer_id=without.id)
    assert (30, 10) == (days_left(world, with_one), days_left(world, without))


def test_not_won_counts_from_the_last_sale(world: World) -> None:
    ann = world.actor()
    sold, never = world.customer(by=ann), world.customer(by=ann)
    contract = world.contract(sold, by=ann)
    pool(world, rules=[Rule("won", 365)], spares_won=False)
    later(world, days=100)
    set_columns(world, Contract, contract.id, stage="approved", signed_on=(NOW + timedelta(days=60)).date())
    assert (325, 265) == (days_left(world, sold), days_left(world, never))


def test_of_several_rules_the_first_to_come_counts(world: World) -> None:
    customer = world.customer(by=world.actor())
    pool(world, rules=[Rule("activity", 60), Rule("opportunity", 20), Rule("won", 90)])
    found = world.ask(pools.returns, "customer", [customer.id])[customer.id]
    assert ("opportunity", 20, 20) == (found.rule, found.days, found.left)


def test_days_may_differ_by_level_and_what_has_none_stays(world: World) -> None:
    ann = world.actor()
    key, normal, none = (world.customer(by=ann, level=level) for level in ("A", "C", None))
    pool(world, rules=[Rule("activity", None, {"A": 90, "C": 10})])
    assert (90, 10, None) == (days_left(world, key), days_left(world, normal), days_left(world, none))
    later(world, days=50)
    assert 1 == recycled(world)
    assert [None] == list(owners_of(world, [normal.id]).values())


def test_the_locked_the_won_and_those_with_an_open_opportunity_are_spared(world: World) -> None:
    ann = world.actor()
    locked, won, open_, plain = (world.customer(by=ann) for _ in range(4))
    world.do(pools.set_locked, "customer", [locked.id], is_locked=True)
    set_columns(world, Contract, world.contract(won, by=ann).id, stage="in_force")
    world.opportunity(by=ann, customer_id=open_.id)
    pool(world, rules=[Rule("activity", 10)])
    later(world, days=100)
    assert [None, None, None, -90] == [days_left(world, one) for one in (locked, won, open_, plain)]
    assert 1 == recycled(world)
    assert [plain.id] == [
        one for one, owner in owners_of(world, [locked.id, won.id, open_.id, plain.id]).items() if not owner
    ]


def test_a_lost_opportunity_spares_nothing(world: World) -> None:
    ann = world.actor()
    customer = world.customer(by=ann)
    pipeline = world.make(PIPELINE, name="Sale", is_default=True)
    lost = world.make(STAGE, pipeline_id=pipeline.id, name="Lost", kind="lost")
    made = world.opportunity(by=ann, customer_id=customer.id)
    set_columns(world, Opportunity, made.id, pipeline_id=pipeline.id, stage_id=lost.id)
    pool(world, rules=[Rule("activity", 10)])
    assert 10 == days_left(world, customer)
    assert pipelines.PIPELINE is PIPELINE


def test_leads_go_back_too_but_not_those_that_are_done(world: World) -> None:
    ann = world.actor()
    fresh, done = world.lead(by=ann), world.lead(by=ann)
    set_columns(world, Lead, done.id, status="unqualified")
    pool(world, kind="lead", name="Leads", rules=[Rule("activity", 10)])
    later(world, days=20)
    assert {"customer": 0, "lead": 1} == world.do(pools.recycle)
    assert (None, ann.user_id) == tuple(world.ask(records.get, leads.LEAD, one.id).owner_id for one in (fresh, done))


def test_each_person_has_one_pool_the_nearest(world: World) -> None:
    top = world.team()
    team = world.team(parent_id=top.id)
    ann, bob, eve = world.actor(team_id=team.id), world.actor(team_id=team.id), world.actor(team_id=world.team().id)
    own = {one.user_id: world.customer(by=one) for one in (ann, bob, eve)}
    common = first_pool(world)
    of_top = pool(world, name="Top", members=[Member(team_id=top.id)], rules=[Rule("activity", 10)])
    of_ann = pool(world, name="Ann", members=[Member(user_id=ann.user_id)], rules=[Rule("activity", 20)])
    later(world, days=30)
    assert 2 == recycled(world)
    lying = {user: world.ask(records.get, CUSTOMER, one.id).pool_id for user, one in own.items()}
    assert {ann.user_id: of_ann.id, bob.user_id: of_top.id, eve.user_id: None} == lying
    world.do(pools.release, "customer", [own[eve.user_id].id], "Far", by=eve)
    assert common.id == world.ask(records.get, CUSTOMER, own[eve.user_id].id).pool_id


def test_the_job_changes_nothing_when_it_runs_again(world: World) -> None:
    ann = world.actor()
    for _ in range(3):
        world.customer(by=ann)
    pool(world, rules=[Rule("activity", 10)])
    later(world, days=10)
    assert (3, 0) == (recycled(world), recycled(world))
    assert [(ann.user_id, None, None)] * 3 == [
        (one.from_id, one.to_id, one.by_id) for one in changes(world, "recycled")
    ]


def test_a_pool_whose_recycling_is_off_takes_nothing_back(world: World) -> None:
    customer = world.customer(by=world.actor())
    made = pool(world, rules=[Rule("activity", 10)])
    world.do(pools.set_recycling, made.id, is_on=False)
    later(world, days=100)
    assert (None, 0) == (days_left(world, customer), recycled(world))


def test_the_dry_run_says_exactly_what_the_night_does(world: World) -> None:
    ann = world.actor(name="Ann")
    old = [world.customer(by=ann, name=f"Old {n}") for n in range(3)]
    made = pool(world, rules=[Rule("activity", 30)])
    world.do(pools.set_recycling, made.id, is_on=False)
    later(world, days=25)
    world.customer(by=ann)
    later(world, days=5)
    tried = world.ask(pools.dry_run, made.id)
    assert (3, {one.id for one in old}) == (tried.count, {one.record_id for one in tried.rows})
    assert {("Ann", "activity", 30, 0)} == {
        (one.owner, one.rule.rule, one.rule.days, one.rule.left) for one in tried.rows
    }
    assert 0 == recycled(world), "a dry run takes nothing back"
    world.do(pools.set_recycling, made.id, is_on=True)
    assert tried.count == recycled(world)


def test_other_rules_are_tried_before_they_are_saved(world: World) -> None:
    ann = world.actor()
    world.customer(by=ann)
    made = pool(world, rules=[Rule("activity", 30)], warning_days=5)
    later(world, days=20)
    counts = [world.ask(pools.dry_run, made.id, rules=[Rule("activity", days)]) for days in (20, 24, 30)]
    assert [(1, 0), (0, 1), (0, 0)] == [(one.count, one.warned) for one in counts]


def test_the_owner_is_warned_so_many_days_before(world: World) -> None:
    ann, bob = world.actor(), world.actor()
    customer = world.customer(by=ann, name="Soon")
    world.customer(by=bob)
    pool(world, rules=[Rule("activity", 30)], warning_days=7)
    later(world, days=22)
    assert 0 == world.ask(pools.warned, by=ann).count
    later(world, days=1)
    found = world.ask(pools.warned, by=ann)
    assert (1, [("Soon", customer.id, 7)]) == (
        found.count, [(one.title, one.record_id, one.rule.left) for one in found.rows],
    )  # fmt: skip


def test_what_older_versions_left_without_a_pool_is_put_into_one(world: World) -> None:
    (stray,) = many(world, 1)
    set_columns(world, Customer, stray, pool_id=None, pooled_at=None)
    world.do(pools.recycle)
    assert first_pool(world).id == world.ask(records.get, CUSTOMER, stray).pool_id


# --- the one law: SQL and days agree ------------------------------------------------------------------------

moment = st.integers(0, 60)


@settings(max_examples=25)
@given(data=st.data())
def test_what_the_criterion_finds_is_what_the_days_say(data: Any, sqlite_world: World) -> None:
    """`is_due` (one statement over all) and `returns` (day by day) are one rule said twice."""
    world = sqlite_world
    ann = world.actor()
    rows = [
        {
            "level": data.draw(st.sampled_from(["A", "B", None])),
            "received": data.draw(moment),
            "activity": data.draw(st.none() | moment),
            "opportunity": data.draw(st.none() | moment),
            "hours": data.draw(st.integers(0, 23)),
        }
        for _ in range(6)
    ]
    ids = []
    for row in rows:
        customer = world.customer(by=ann, level=row["level"])
        ids.append(customer.id)
        shift = timedelta(hours=row["hours"])
        set_columns(
            world,
            Customer,
            customer.id,
            received_at=NOW - timedelta(days=row["received"]) - shift,
            last_activity_at=None if row["activity"] is None else NOW - timedelta(days=row["activity"]) - shift,
        )
        if row["opportunity"] is not None:
            made = world.opportunity(by=ann, customer_id=customer.id)
            set_columns(world, Opportunity, made.id, created_at=NOW - timedelta(days=row["opportunity"]) - shift)
    rules = tuple(
        Rule(
            kind,
            data.draw(st.none() | st.integers(1, 50)),
            data.draw(st.dictionaries(st.sampled_from("AB"), st.integers(1, 50))),
        )
        for kind in ("activity", "opportunity", "won")
    )
    rules = tuple(one for one in rules if one.days or one.days_by_level)
    made = pool(world, name=f"P{ids[0]}", members=[Member(user_id=ann.user_id)], rules=rules, spares_open=False)
    ahead = data.draw(st.integers(0, 5))
    if not rules:
        return

    def found(uow: UnitOfWork) -> set[int]:
        from sqlalchemy import select

        terms = pools.rules_of(uow, "customer")[made.id]
        return set(
            uow.session.scalars(select(Customer.id).where(Customer.id.in_(ids), is_due(uow, terms, ahead=ahead)))
        )

    days = {one: found.left for one, found in world.ask(pools.returns, "customer", ids).items()}
    assert {one for one, left in days.items() if left <= ahead} == world.ask(found)


# --- settings -----------------------------------------------------------------------------------------------


def test_the_last_enabled_pool_stays_and_a_full_one_is_emptied_first(world: World) -> None:
    customer = world.customer()
    common = first_pool(world)
    with pytest.raises(Refusal, match="empty it into another"):
        world.do(pools.disable, common.id)
    other = pool(world, name="Other")
    assert 1 == world.do(pools.empty, common.id, other.id)
    assert other.id == world.ask(records.get, CUSTOMER, customer.id).pool_id
    world.do(pools.disable, common.id)
    with pytest.raises(Refusal, match="empty it into another"):
        world.do(pools.POOL.verb("delete"), other.id)
    world.do(pools.claim, "customer", [customer.id], by=world.actor())
    with pytest.raises(Refusal, match="last enabled pool"):
        world.do(pools.disable, other.id)
    world.do(pools.enable, common.id)
    world.do(pools.POOL.verb("delete"), other.id)


def test_a_pool_for_nobody_and_rules_without_days_are_refused(world: World) -> None:
    with pytest.raises(Invalid, match="Nobody could see it"):
        world.do(pools.save, None, {"name": "Closed", "kind": "customer", "is_for_all": False})
    with pytest.raises(Invalid, match="after how many days"):
        pool(world, rules=[Rule("activity", None)])
    with pytest.raises(Invalid, match="no such rule"):
        pool(world, kind="lead", rules=[Rule("opportunity", 10)])
    with pytest.raises(Refusal, match="no rule"):
        world.do(pools.set_recycling, pool(world, name="Bare").id, is_on=True)


def test_administrators_alone_set_pools_up(world: World) -> None:
    for role in ("sales", "sales_manager", "leader", "finance", "viewer"):
        with pytest.raises(Forbidden):
            world.do(pools.save, None, {"name": "Mine", "kind": "customer"}, by=world.actor(role))
    assert world.do(pools.save, None, {"name": "Ours", "kind": "customer"}, by=world.actor("administrator")).id

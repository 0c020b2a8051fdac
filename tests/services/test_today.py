"""What today promises: my own steps and sales, the money and contracts in my scope, counted and capped."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import event

from services import collections, contracts, leads, opportunities
from services import today as service
from services.kit.actor import Actor
from services.pipelines import PIPELINE, STAGE
from tests.conftest import NOW
from tests.factories import World
from tests.pools.making import Member, Rule, pool

TODAY = date(2026, 6, 15)


def waiting(world: World, actor: Actor) -> Any:
    """Return what waits for somebody."""
    return world.ask(service.today, by=actor)


def test_due_next_steps_of_my_own_leads_and_customers_wait(world: World) -> None:
    ann, bob = world.actor(), world.actor()
    world.lead(by=ann, company="Late", next_step_on=TODAY - timedelta(days=2))
    world.customer(by=ann, name="Now", next_step_on=TODAY)
    world.customer(by=ann, name="Later", next_step_on=TODAY + timedelta(days=1))
    world.customer(by=bob, name="Foreign", next_step_on=TODAY)
    gone = world.lead(by=ann, next_step_on=TODAY)
    world.do(leads.convert, gone.id, by=ann)
    steps = waiting(world, ann).next_steps
    assert [2, 0] == [one.days for one in steps.rows][:2]
    assert "Foreign" not in {one.name for one in steps.rows}
    assert "Later" not in {one.name for one in steps.rows}


def test_sales_past_their_close_date_or_stalled_wait(world: World) -> None:
    ann = world.actor()
    pipeline = world.make(PIPELINE, name="Sales", is_default=True)
    stage = world.make(STAGE, pipeline_id=pipeline.id, name="New", kind="open", days_allowed=10)
    for name, age, close_on in (
        ("Past", 1, TODAY - timedelta(days=1)),
        ("Stalled", 11, None),
        ("Fresh", 9, TODAY + timedelta(days=9)),
    ):
        values = {"name": name, "amount": 1, "close_on": close_on, "pipeline_id": stage.pipeline_id}
        world.do(opportunities.create, values, at=NOW - timedelta(days=age), by=ann)
    found = waiting(world, ann).opportunities
    assert (["Past", "Stalled"], [1, 0], 2) == (
        [one.name for one in found.rows],
        [one.days for one in found.rows],
        found.count,
    )


def test_money_approvals_and_endings_in_scope_wait(world: World) -> None:
    contract = world.contract(world.customer(), number="K-1", amount=100, end_on=TODAY + timedelta(days=30))
    world.do(
        collections.add_instalments, contract.id, [(TODAY + timedelta(days=7), 40), (TODAY + timedelta(days=8), 60)]
    )
    world.do(contracts.submit, contract.id)
    finance, viewer = world.actor("finance"), world.actor("viewer")
    before = waiting(world, finance)
    assert (1, 0, 0) == (before.approvals.count, before.money.count, before.endings.count)
    assert 0 == waiting(world, viewer).approvals.count
    world.do(contracts.approve, contract.id)
    after = waiting(world, finance)
    assert (0, 1, 1) == (after.approvals.count, after.money.count, after.endings.count)
    assert [40] == [one.unpaid for one in after.money.rows]


def test_lists_are_capped_and_say_how_many_there_are(world: World) -> None:
    ann = world.actor()
    for _ in range(service.MOST + 3):
        world.lead(by=ann)
    unplanned = waiting(world, ann).unplanned
    assert (service.MOST, service.MOST + 3) == (len(unplanned.rows), unplanned.count)


def test_nothing_waits_for_somebody_new(world: World) -> None:
    assert waiting(world, world.actor()).is_clear


def test_what_goes_back_to_the_pool_is_warned_of(world: World) -> None:
    ann = world.actor()
    customer = world.customer(by=ann, name="Soon")
    lead = world.lead(by=ann)
    for kind in ("customer", "lead"):
        pool(world, name=kind, kind=kind, rules=[Rule("activity", 5 if kind == "customer" else 6)])
    found = waiting(world, ann).returns
    assert (2, [("customer", customer.id, 5), ("lead", lead.id, 6)]) == (
        found.count, [(one.key, one.record_id, one.rule.left) for one in found.rows],
    )  # fmt: skip


def test_today_takes_at_most_twelve_queries(world: World) -> None:
    ann = world.actor(team_id=world.team().id)
    for kind in ("customer", "lead"):
        pool(world, name=kind, kind=kind, members=[Member(user_id=ann.user_id)], rules=[Rule("activity", 5)])
    counted: list[str] = []
    event.listen(
        world.database.engine, "before_cursor_execute", lambda _c, _k, statement, *_rest: counted.append(statement)
    )
    waiting(world, ann)
    assert 12 >= len([one for one in counted if one.lstrip().upper().startswith("SELECT")])

"""The map of a customer as it is kept: read in scope, edges and steps, and stages that demand it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from services import activities, company, contacts, opportunities, power_map, today
from services.contacts import CONTACT
from services.kit import records
from services.kit.actor import Actor
from services.kit.errors import Forbidden, Invalid, NotFound, Refusal
from services.opportunities import OPPORTUNITY
from services.pipelines import PIPELINE, STAGE
from services.power_map import edges, steps
from services.power_map.edges import INFLUENCE
from services.power_map.steps import MAP_STEP
from tests.conftest import NOW
from tests.factories import World
from tests.races import at_once


def customer_with_map(world: World, by: Actor, **facts: Any) -> tuple[Any, Any]:
    """Make a customer and a decider of its."""
    customer = world.customer(by=by)
    facts = {"role": "decider", "attitude": "1", "influence": 5, "coverage": "multiple", **facts}
    return customer, world.contact(customer, name="Decider", **facts)


def codes(world: World, customer: Any) -> list[str]:
    return [gap.code for gap in world.ask(power_map.power_map, customer.id).gaps]


def test_the_map_shows_people_standing_edges_gaps_and_steps(world: World) -> None:
    ann = world.actor(name="Ann")
    customer, decider = customer_with_map(world, ann, covered_by_id=ann.user_id)
    buyer = world.contact(customer, name="Buyer", role="approver", influence=3, reports_to_id=decider.id)
    world.do(edges.connect, buyer.id, decider.id, kind="blocks", strength=3, by=ann)
    world.do(activities.log, kind="call", summary="Talked", contact_id=decider.id, by=ann)
    world.do(steps.take_on, customer.id, "not_rated", what="Ask", contact_id=buyer.id, by=ann)
    found = world.ask(power_map.power_map, customer.id, by=ann)
    assert ["Decider", "Buyer"] == [one.name for one in found.people]
    assert ("Ann", NOW.date(), 1) == (
        found.people[0].covered_by, found.people[0].last_contact_on, found.people[0].attitude,
    )  # fmt: skip
    assert [(buyer.id, decider.id, "blocks", 3)] == [(e.from_id, e.to_id, e.kind, e.strength) for e in found.edges]
    assert ("green", "green") == (found.standing.color, world.ask(power_map.status, customer.id, by=ann).color)
    gap = next(one for one in found.gaps if one.code == "not_rated")
    step = found.step_for(gap)
    assert step is not None
    assert ("Ann", NOW.date() + timedelta(days=14), "Ask") == (step.owner, step.due_on, step.what)
    assert None is found.step_for(next(one for one in found.gaps if one.code == "not_covered"))


def test_the_questions_asked_do_not_grow_with_the_people(world: World) -> None:
    ann = world.actor()
    customer, decider = customer_with_map(world, ann)

    def asked() -> int:
        count = 0

        def listen(*_: object) -> None:
            nonlocal count
            count += 1

        event.listen(world.database.engine, "before_cursor_execute", listen)
        world.ask(power_map.power_map, customer.id, by=ann)
        event.remove(world.database.engine, "before_cursor_execute", listen)
        return count

    before = asked()
    for number in range(12):
        one = world.contact(customer, reports_to_id=decider.id, name=f"P{number}")
        world.do(edges.connect, one.id, decider.id)
    assert (before, True) == (asked(), before <= 6)


def test_the_map_is_shown_to_whoever_sees_the_customers_people_alone(world: World) -> None:
    ann, bob = world.actor(), world.actor()
    customer, decider = customer_with_map(world, ann)
    pooled = world.customer()
    world.contact(pooled)
    for one in (customer.id, 999_999, 0, -1, 2**63):
        with pytest.raises(NotFound):
            world.ask(power_map.power_map, one, by=bob)
        with pytest.raises(NotFound):
            world.do(steps.take_on, one, "nobody", what="X", by=bob)
    with pytest.raises(NotFound):
        world.ask(power_map.status, customer.id, by=bob)
    with pytest.raises(NotFound):
        world.do(edges.connect, decider.id, world.contact(customer).id, by=bob)
    assert None is world.ask(power_map.status, pooled.id, by=bob)
    for role in ("finance", "viewer"):
        with pytest.raises(Forbidden):
            world.ask(power_map.power_map, customer.id, by=world.actor(role))


def test_influence_said_again_is_set_anew_and_stays_within_the_customer(world: World) -> None:
    ann = world.actor()
    customer, decider = customer_with_map(world, ann)
    buyer = world.contact(customer)
    first = world.do(edges.connect, buyer.id, decider.id, strength=1, by=ann)
    again = world.do(edges.connect, buyer.id, decider.id, strength=3, by=ann)
    assert (first.id, 3) == (again.id, again.strength)
    with pytest.raises(Invalid, match="two different"):
        world.do(edges.connect, buyer.id, buyer.id, by=ann)
    with pytest.raises(Invalid, match="same customer"):
        world.do(edges.connect, buyer.id, world.contact(world.customer(by=ann)).id, by=ann)
    for strength in (0, 4):
        with pytest.raises(Invalid):
            world.do(edges.connect, decider.id, buyer.id, strength=strength, by=ann)
    world.do(edges.disconnect, first.id, by=ann)
    assert () == tuple(world.ask(power_map.power_map, customer.id).edges)


def test_who_is_deleted_takes_the_edges_along_and_brings_them_back(world: World) -> None:
    ann = world.actor()
    customer, decider = customer_with_map(world, ann)
    buyer = world.contact(customer)
    edge = world.do(edges.connect, buyer.id, decider.id)
    world.do(contacts.delete, buyer.id)
    with pytest.raises(NotFound):
        world.ask(records.get, INFLUENCE, edge.id)
    world.do(contacts.restore, buyer.id)
    assert [edge.id] == [one.id for one in world.ask(power_map.power_map, customer.id).edges]


# --- steps ----------------------------------------------------------------------------------------------------


def test_a_gap_is_taken_on_once_and_by_one_of_many_at_once(world: World) -> None:
    customer, _ = customer_with_map(world, world.actor())
    people = [world.actor("leader", name=f"Leader {number}") for number in range(6)]
    outcomes = at_once(
        6, lambda number: world.do(steps.take_on, customer.id, "no_gatekeeper", what="Ask", by=people[number])
    )
    refused = [one for one in outcomes if isinstance(one, Refusal)]
    assert (5, 1) == (len(refused), len(world.ask(power_map.power_map, customer.id).steps))
    assert all("is on it already" in str(one) for one in refused)


def test_a_step_done_is_a_line_of_the_story_and_of_the_person(world: World) -> None:
    ann = world.actor()
    customer, decider = customer_with_map(world, ann)
    step = world.do(steps.take_on, customer.id, "never_met", what="Call", contact_id=decider.id, by=ann)
    assert "never_met" in codes(world, customer)
    world.do(steps.done, step.id, summary="Had lunch", kind="visit", by=ann)
    story = world.ask(activities.timeline, customer_id=customer.id, by=ann).iloc[0]
    assert ("visit", "Had lunch", "Decider") == (story["kind"], story["summary"], story["contact"])
    found = world.ask(power_map.power_map, customer.id)
    assert ([], False) == (list(found.steps), "never_met" in codes(world, customer))
    with pytest.raises(Refusal, match="already"):
        world.do(steps.done, step.id, summary="Again", by=ann)


def test_a_step_has_an_owner_who_works_here_and_its_own_day(world: World) -> None:
    ann, bob = world.actor(), world.actor(name="Bob")
    customer, _ = customer_with_map(world, ann)
    day = date(2026, 7, 1)
    step = world.do(steps.take_on, customer.id, "no_gatekeeper", what="Ask", owner_id=bob.user_id, due_on=day, by=ann)
    assert (bob.user_id, day) == (step.owner_id, step.due_on)
    for owner in (999_999, world.user(is_active=False).id):
        with pytest.raises(Invalid):
            world.do(steps.take_on, customer.id, "single", what="Ask", owner_id=owner, by=ann)
    with pytest.raises(Refusal):
        world.do(steps.take_on, customer.id, "whim", what="Ask", by=ann)
    world.do(steps.drop, step.id, by=ann)
    assert () == tuple(world.ask(power_map.power_map, customer.id).steps)
    with pytest.raises(NotFound):
        world.ask(records.get, MAP_STEP, step.id)


def test_for_how_long_a_key_person_may_go_unheard_is_the_companys_choice(world: World) -> None:
    customer, decider = customer_with_map(world, world.actor())
    world.do(activities.log, kind="call", summary="X", contact_id=decider.id, happened_at=NOW - timedelta(days=40))
    assert "stale" not in codes(world, customer)
    world.do(company.set_value, "map_stale_days", 30)
    assert "stale" in codes(world, customer)


# --- stages that demand a map ---------------------------------------------------------------------------------


def gate(world: World) -> tuple[int, int]:
    """Make a pipeline whose second stage needs a map; return both stages."""
    pipeline = world.make(PIPELINE, name="Sales", is_default=True)
    first = world.make(STAGE, pipeline_id=pipeline.id, name="New", kind="open", position=1)
    second = world.make(STAGE, pipeline_id=pipeline.id, name="Offer", kind="open", position=2, requires_map=True)
    return first.id, second.id


def test_a_stage_that_demands_a_map_is_entered_with_one_only(world: World) -> None:
    _first, second = gate(world)
    ann = world.actor()
    customer = world.customer(by=ann)
    sale = world.opportunity(by=ann, customer_id=customer.id, amount=1)
    with pytest.raises(Refusal, match="nobody is on it"):
        world.do(opportunities.move, sale.id, second, by=ann)
    contact = world.contact(customer, name="Li Lei", role="decider")
    with pytest.raises(Refusal, match=r"the attitude of Li Lei.*the influence of Li Lei"):
        world.do(opportunities.move, sale.id, second, by=ann)
    world.do(CONTACT.verb("update"), contact.id, {"attitude": "-1", "influence": 4}, by=ann)
    world.do(opportunities.move, sale.id, second, by=ann)
    assert second == world.ask(records.get, OPPORTUNITY, sale.id, by=ann).stage_id


def test_no_other_door_leads_into_such_a_stage(world: World) -> None:
    first, second = gate(world)
    ann = world.actor()
    customer = world.customer(by=ann)
    with pytest.raises(Refusal, match="power map"):
        world.opportunity(by=ann, customer_id=customer.id, stage_id=second)
    with pytest.raises(Refusal, match="choose the customer"):
        world.do(opportunities.move, world.opportunity(by=ann, stage_id=first).id, second, by=ann)
    only = world.make(PIPELINE, name="Projects")
    world.make(STAGE, pipeline_id=only.id, name="Start", kind="open", requires_map=True)
    sale = world.opportunity(by=ann, customer_id=customer.id, stage_id=first)
    with pytest.raises(Refusal, match="power map"):
        world.do(OPPORTUNITY.verb("update"), sale.id, {"pipeline_id": only.id}, by=ann)


def test_who_may_not_see_the_people_is_not_told_their_names(world: World) -> None:
    _first, second = gate(world)
    ann, bob = world.actor(), world.actor()
    customer = world.customer(by=ann)
    world.contact(customer, name="Secret Person", role="decider")
    sale = world.opportunity(by=bob, amount=1)
    world.do(OPPORTUNITY.verb("update"), sale.id, {"customer_id": customer.id})
    with pytest.raises(Refusal, match="not complete") as refusal:
        world.do(opportunities.move, sale.id, second, by=bob)
    assert "Secret" not in str(refusal.value)


def test_a_step_that_is_due_waits_on_its_owners_day(world: World) -> None:
    ann, bob = world.actor(), world.actor()
    customer, _ = customer_with_map(world, ann)
    for gap, owner, days in (("no_gatekeeper", ann, -1), ("single", bob, 0), ("no_supporter", ann, 1)):
        world.do(
            steps.take_on,
            customer.id,
            gap,
            what=gap,
            owner_id=owner.user_id,
            due_on=NOW.date() + timedelta(days=days),
            by=ann,
        )
    rows = world.ask(today.today, by=ann).next_steps.rows
    assert [("map_step", "no_gatekeeper", customer.id, 1)] == [
        (one.entity, one.next_step, one.opens, one.days) for one in rows
    ]
    assert 0 == world.ask(today.today, by=bob).next_steps.count, "the customer is out of their sight"

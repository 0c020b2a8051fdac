"""Thresholds: read and set as one form, refused as a whole, in force at the next look."""

from __future__ import annotations

import pytest

from services import company, customer_page, thresholds
from services.health.value import Terms
from services.kit.errors import Forbidden, Invalid
from tests.factories import World
from tests.pools.making import later


def test_unset_they_are_those_that_the_code_knows(world: World) -> None:
    found = world.ask(thresholds.get)
    assert thresholds.defaults() == found
    assert set(thresholds.FIELDS) == set(found) == {one for names in thresholds.SECTIONS.values() for one in names}
    assert (Terms().high_value, 30, 90) == (found["high_value"], found["contact_amber"], found["contact_red"])


def test_what_is_set_holds_and_only_what_differs_is_kept(world: World) -> None:
    world.do(thresholds.save, {"risk_times": 2.5, "contact_amber": 5, "contact_red": 10, "undo_days": 3})
    found = world.ask(thresholds.get)
    assert (2.5, 5, 10, 3) == tuple(found[n] for n in ("risk_times", "contact_amber", "contact_red", "undo_days"))
    assert {"risk_times": 2.5} == world.ask(company.get, "value_terms")
    world.do(thresholds.save, thresholds.defaults())
    assert thresholds.defaults() == world.ask(thresholds.get)
    assert {} == world.ask(company.get, "value_terms")


def test_a_customers_page_goes_by_them(world: World) -> None:
    customer = world.customer(by=world.actor("sales_manager", team_id=world.team().id))
    world.activity(customer_id=customer.id)

    def color() -> str:
        found = world.ask(customer_page.head, customer.id)
        return next(state.color for state in found.states if state.code == "contact")

    later(world, days=8)
    assert "green" == color()
    world.do(thresholds.save, {"contact_amber": 5, "contact_red": 10})
    assert "amber" == color()


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"contact_amber": 90}, {"contact_red"}),
        ({"risk_times": 4.0}, {"churn_times"}),
        ({"risk_times": 0.5}, {"risk_times"}),
        ({"undo_days": 0, "least_gap": None}, {"undo_days", "least_gap"}),
        ({"high_value": -1}, {"high_value"}),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field_and_nothing_is_set(
    world: World, given: dict[str, object], wrong: set[str]
) -> None:
    with pytest.raises(Invalid) as refused:
        world.do(thresholds.save, {"untouched_days": 9, **given})
    assert wrong == set(refused.value.fields)
    assert thresholds.defaults() == world.ask(thresholds.get)


@pytest.mark.parametrize("role", ["leader", "sales_manager", "sales", "finance", "viewer"])
def test_only_administrators_set_them(world: World, role: str) -> None:
    with pytest.raises(Forbidden):
        world.do(thresholds.save, {"undo_days": 3}, by=world.actor(role))

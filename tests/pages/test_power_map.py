"""The power map on the page of a customer, and the page of all contacts, for the roles that matter."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from services import contacts, power_map
from services.kit.actor import Actor
from services.power_map import edges, steps
from tests.factories import World
from tests.pages.app import Portal, words


@pytest.fixture
def seller(sqlite_world: World) -> Actor:
    """Return somebody with customers of their own."""
    return sqlite_world.actor("sales", name="Tian", team_id=sqlite_world.team().id)


@pytest.fixture
def customer(sqlite_world: World, seller: Actor) -> Any:
    """Return a customer with three people, one of them against us."""
    made = sqlite_world.customer(by=seller, name="Acme")
    boss = sqlite_world.contact(made, name="Boss Wang", role="decider", influence=5, attitude="-1", coverage="brief")
    buyer = sqlite_world.contact(made, name="Buyer Li", role="approver", influence=4, attitude="1", coverage="multiple")
    sqlite_world.contact(made, name="User Zhao", role="gatekeeper", reports_to_id=boss.id)
    sqlite_world.do(edges.connect, buyer.id, boss.id, kind="advises")
    return made


def press(app: AppTest, label: str) -> AppTest:
    """Press the last button of that name (dialogs come last) and run."""
    return [one for one in app.button if one.label == label][-1].click().run()


def on_map(portal: Portal, actor: Actor, customer: Any) -> AppTest:
    app = portal.open("customers", actor, id=str(customer.id), tab="map")
    assert not app.exception
    return app


def test_the_map_says_how_we_stand_why_and_what_is_missing(portal: Portal, seller: Actor, customer: Any) -> None:
    said = words(on_map(portal, seller, customer))
    assert "Green" in said
    assert "For us, with the last word: Buyer Li" in said
    assert "Boss Wang has the last word and is against us" in said
    assert "Buyer Li **advises** Boss Wang" in said


def test_a_gap_becomes_a_next_step_by_one_press_and_is_done_in_the_story(
    portal: Portal, sqlite_world: World, seller: Actor, customer: Any
) -> None:
    app = on_map(portal, seller, customer)
    plan = next(one for one in app.button if (one.key or "").startswith("plan_against"))
    app = plan.click().run()
    assert not app.exception
    (step,) = sqlite_world.ask(power_map.power_map, customer.id).steps
    assert ("against", "Tian", "Find out what Boss Wang objects to") == (step.gap, step.owner, step.what)
    assert "Tian · in 14 days" in words(app)
    assert [] == [one for one in app.button if (one.key or "").startswith("plan_against")]
    app = next(one for one in app.button if one.key == f"done_{step.id}").click().run()
    app.text_area[-1].set_value("He fears the service costs")
    app = press(app, "Done")
    assert not app.exception
    assert [] == list(sqlite_world.ask(power_map.power_map, customer.id).steps)


def test_a_step_is_given_to_a_colleague(portal: Portal, sqlite_world: World, seller: Actor, customer: Any) -> None:
    ann = sqlite_world.actor("sales", name="Ann Colleague")
    step = sqlite_world.do(steps.take_on, customer.id, "no_supporter", what="Win a sponsor", by=seller)
    app = on_map(portal, seller, customer)
    app = next(one for one in app.button if one.key == f"step_{step.id}").click().run()
    next(one for one in app.selectbox if "Owner" in one.label).set_value(ann.user_id)
    app = press(app, "Save")
    assert not app.exception
    assert "Ann Colleague" == sqlite_world.ask(power_map.power_map, customer.id).steps[0].owner


def test_the_card_offers_superiors_of_the_same_customer_and_all_colleagues(
    portal: Portal, sqlite_world: World, seller: Actor, customer: Any
) -> None:
    sqlite_world.contact(sqlite_world.customer(by=seller), name="Stranger Sun")
    sqlite_world.actor("leader", name="Lea Leader")
    app = press(on_map(portal, seller, customer), "New contact")
    above = next(one for one in app.selectbox if one.label == "Reports to")
    assert ["Boss Wang", "Buyer Li", "User Zhao"] == sorted(above.options)
    covered = next(one for one in app.selectbox if one.label == "Covered by")
    assert {"Lea Leader", "Tian"} <= set(covered.options)
    next(one for one in app.text_input if one.label.startswith("Full name")).set_value("New Chen")
    app = press(app, "Create contact")
    assert not app.exception
    assert "New Chen" in [one.name for one in sqlite_world.ask(power_map.power_map, customer.id).people]


def test_two_people_are_joined_in_a_small_dialog(
    portal: Portal, sqlite_world: World, seller: Actor, customer: Any
) -> None:
    ids = {one.name: one.id for one in sqlite_world.ask(power_map.power_map, customer.id).people}
    app = press(on_map(portal, seller, customer), "Add influence")
    next(one for one in app.selectbox if one.label == "Who").set_value(ids["User Zhao"])
    next(one for one in app.selectbox if one.label == "Whom").set_value(ids["Buyer Li"])
    app = press(app.run(), "Add influence")
    assert not app.exception
    found = {(one.from_id, one.to_id) for one in sqlite_world.ask(power_map.power_map, customer.id).edges}
    assert (ids["User Zhao"], ids["Buyer Li"]) in found


def test_the_map_alone_is_for_a_meeting_and_says_nothing_out_of_scope(
    portal: Portal, sqlite_world: World, seller: Actor, customer: Any
) -> None:
    app = portal.open("contacts", seller, map=str(customer.id))
    assert not app.exception
    assert ("Acme", []) == (app.title[0].value, list(app.subheader))
    other = sqlite_world.actor("sales")
    pages = [words(portal.open("contacts", other, map=one)) for one in (str(customer.id), "999999", "abc", "-1")]
    assert 1 == len(set(pages))
    assert "Boss Wang" not in pages[0]


def test_an_empty_map_offers_the_first_step(portal: Portal, sqlite_world: World, seller: Actor) -> None:
    said = words(on_map(portal, seller, sqlite_world.customer(by=seller)))
    assert "Nobody is on the map yet" in said


def test_a_customer_in_the_pool_shows_nobody(portal: Portal, sqlite_world: World, seller: Actor) -> None:
    pooled = sqlite_world.customer(name="Pooled")
    sqlite_world.contact(pooled, name="Hidden Person")
    app = portal.open("customers", seller, id=str(pooled.id), tab="map")
    assert not app.exception
    assert "Hidden Person" not in words(app)


def test_who_has_left_is_asked_about_and_gone_from_the_count(
    portal: Portal, sqlite_world: World, seller: Actor, customer: Any
) -> None:
    boss = next(one for one in sqlite_world.ask(power_map.power_map, customer.id).people if one.name == "Boss Wang")
    sqlite_world.do(contacts.leave, boss.id, reason="retired")
    said = words(on_map(portal, seller, customer))
    assert "Boss Wang has left and is still the primary contact" in said
    assert "User Zhao reported to somebody who has left" in said


@pytest.mark.parametrize(
    ("role", "is_open"), [("leader", True), ("sales_manager", True), ("finance", False), ("viewer", False)]
)
def test_the_page_of_contacts_is_for_who_works_with_people(
    portal: Portal, sqlite_world: World, role: str, is_open: bool
) -> None:
    app = portal.open("contacts", sqlite_world.actor(role))
    assert not app.exception
    assert is_open == ("Not for your role" not in words(app))

"""Profiles on the page of a customer, and the overview for leaders."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from seed import reference
from services import profiles
from services.kit import query
from services.kit.actor import Actor
from services.opportunities import OPPORTUNITY
from services.profiles import FINDING
from tests.factories import World
from tests.pages.app import Portal, words


@pytest.fixture
def seller(sqlite_world: World) -> Actor:
    """Return somebody with customers of their own, in a house with questions."""
    sqlite_world.do(reference.add_profile_questions)
    return sqlite_world.actor("sales", name="Tian", team_id=sqlite_world.team().id)


@pytest.fixture
def customer(sqlite_world: World, seller: Actor) -> Any:
    """Return a customer without profile."""
    return sqlite_world.customer(by=seller, name="Acme")


def press(app: AppTest, label: str) -> AppTest:
    """Press the last button of that name (dialogs come last) and run."""
    return [one for one in app.button if one.label == label][-1].click().run()


def save(app: AppTest) -> AppTest:
    """Press the button of the dialog in which a finding becomes an opportunity."""
    return next(one for one in app.button if (one.key or "").startswith("chance.save")).click().run()


def on_page(portal: Portal, actor: Actor, customer: Any) -> AppTest:
    app = portal.open("customers", actor, id=str(customer.id), tab="profile")
    assert not app.exception
    return app


def begun(world: World, seller: Actor, customer: Any) -> Any:
    return world.do(profiles.begin, customer.id, by=seller)


def test_a_profile_is_begun_answered_published_and_compared(
    portal: Portal, sqlite_world: World, seller: Actor, customer: Any
) -> None:
    app = press(on_page(portal, seller, customer), "Begin the customer profile")
    assert "Nothing on the sandbox yet" in words(app)
    (sheet,) = sqlite_world.ask(profiles.of_customer, customer.id)
    app = next(one for one in app.button if one.key == f"answer_{sheet.id}_strategy").click().run()
    app.text_area[0].set_value("Electric drives, a third of revenue")
    app = press(app, "Save")
    assert not app.exception
    current = sqlite_world.ask(profiles.current, sheet.id)
    assert ({"strategy": "Electric drives, a third of revenue"}, True) == (current.answers, current.is_draft)
    app = press(app, "Publish")
    app = press(app, "Publish")
    assert not app.exception
    assert 1 == sqlite_world.ask(profiles.of_customer, customer.id)[0].edition
    sqlite_world.do(profiles.answer, sheet.id, {"strategy": "All of it"}, by=seller)
    said = words(on_page(portal, seller, customer))
    assert "What has changed" in said
    assert "− Electric drives, a third of revenue" in said
    assert "+ All of it" in said


def test_a_finding_goes_onto_the_sandbox_with_what_that_ranks_by(
    portal: Portal, sqlite_world: World, seller: Actor, customer: Any
) -> None:
    profile = begun(sqlite_world, seller, customer)
    sqlite_world.do(FINDING.verb("create"), {"profile_id": profile.id, "text": "They need a line"}, by=seller)
    app = press(on_page(portal, seller, customer), "Put on the sandbox")
    assert "They need a line" == next(one for one in app.text_input if one.label.startswith("Name")).value
    app = save(app)
    assert 5 == sum("Please fill this in" in one.value for one in app.caption)
    next(one for one in app.selectbox if one.label == "Horizon").set_value("mid")
    next(one for one in app.text_input if one.label == "Market size").set_value("5M")
    next(one for one in app.text_input if one.label == "Growth").set_value("12%")
    next(one for one in app.text_input if one.label == "Margin").set_value("30")
    next(one for one in app.get("button_group") if one.label == "Competition").set_value(2)
    app = save(app)
    assert not app.exception
    chance = sqlite_world.ask(query.frame, OPPORTUNITY).iloc[0]
    assert ("They need a line", "mid", customer.id) == (chance["name"], chance["horizon"], chance["customer_id"])
    assert "1 finding on the sandbox" in words(on_page(portal, seller, customer))


def test_what_another_has_answered_meanwhile_is_shown_before_it_is_replaced(
    portal: Portal, sqlite_world: World, seller: Actor, customer: Any
) -> None:
    profile = begun(sqlite_world, seller, customer)
    app = on_page(portal, seller, customer)
    app = next(one for one in app.button if one.key == f"answer_{profile.id}_strategy").click().run()
    sqlite_world.do(profiles.answer, profile.id, {"strategy": "Theirs"}, by=seller)
    app.text_area[0].set_value("Mine")
    app = press(app, "Save")
    assert "Theirs" in words(app)
    assert {"strategy": "Theirs"} == sqlite_world.ask(profiles.current, profile.id).answers
    press(app, "Save")
    assert {"strategy": "Mine"} == sqlite_world.ask(profiles.current, profile.id).answers


def test_a_competitors_standing_is_begun_with_a_new_competitor(
    portal: Portal, sqlite_world: World, seller: Actor, customer: Any
) -> None:
    app = press(on_page(portal, seller, customer), "Competitor standing")
    next(one for one in app.text_input if one.label == "Or a new one").set_value("Rival AG")
    app = press(app.run(), "Begin")
    assert not app.exception
    assert ["Rival AG"] == [one.competitor for one in sqlite_world.ask(profiles.of_customer, customer.id)]


def test_a_viewer_reads_and_changes_nothing(portal: Portal, sqlite_world: World, seller: Actor, customer: Any) -> None:
    profile = begun(sqlite_world, seller, customer)
    sqlite_world.do(profiles.answer, profile.id, {"strategy": "Electric"}, by=seller)
    app = on_page(portal, sqlite_world.actor("viewer"), customer)
    assert "Electric" in words(app)
    offered = {one.label for one in app.button}
    assert set() == offered & {"Answer", "Publish", "New finding", "Competitor standing", "Throw the draft away"}


def test_leaders_see_the_least_complete_first_and_what_came_to_nothing(
    portal: Portal, sqlite_world: World, seller: Actor, customer: Any
) -> None:
    begun(sqlite_world, seller, customer)
    other = begun(sqlite_world, seller, sqlite_world.customer(by=seller, name="Busy"))
    sqlite_world.do(profiles.answer, other.id, {"strategy": "Grow"}, by=seller)
    found = sqlite_world.do(FINDING.verb("create"), {"profile_id": other.id, "text": "A line"}, by=seller)
    chance = sqlite_world.opportunity(by=seller, customer_id=other.customer_id, horizon="mid")
    sqlite_world.do(profiles.link, found.id, chance.id, by=seller)
    app = portal.open("profiles", sqlite_world.actor("leader"))
    assert not app.exception
    assert ["Acme", "Busy"] == list(app.dataframe[0].value["customer"])
    app = app.toggle[0].set_value(True).run()
    assert ["Acme"] == list(app.dataframe[0].value["customer"])


@pytest.mark.parametrize(
    ("url_path", "role", "is_open"),
    [
        ("profiles", "viewer", True),
        ("profiles", "finance", False),
        ("competitors", "sales_manager", True),
        ("competitors", "sales", False),
        ("profile-questions", "administrator", True),
        ("profile-questions", "leader", False),
    ],
)
def test_the_pages_are_for_their_roles(
    portal: Portal, sqlite_world: World, url_path: str, role: str, is_open: bool
) -> None:
    app = portal.open(url_path, sqlite_world.actor(role))
    assert not app.exception
    assert is_open == ("Not for your role" not in words(app))

"""The page of customers: the list, and one customer."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import event
from streamlit.testing.v1 import AppTest

from services import activities, collaborators, pools
from services.contacts import CONTACT
from services.customers import CUSTOMER
from services.kit import query, records
from services.kit.actor import Actor
from services.pools import Rule
from tests.factories import World
from tests.pages.app import Portal, words


@pytest.fixture
def leader(sqlite_world: World) -> Actor:
    """Return somebody who may do nearly everything."""
    return sqlite_world.actor("leader", name="Lea", team_id=sqlite_world.team().id)


def press(app: AppTest, label: str) -> AppTest:
    """Press the last button of that name (dialogs come last) and run."""
    return [one for one in app.button if one.label == label][-1].click().run()


@pytest.mark.parametrize("record_id", ["0", "-1", "1000000000000000000", "99999999999999999999", "abc", "1.5", "²"])
def test_an_id_that_cannot_be_is_not_found_with_a_way_back(
    portal: Portal, sqlite_world: World, leader: Actor, record_id: str
) -> None:
    sqlite_world.customer()
    app = portal.open("customers", leader, id=record_id)
    assert not app.exception
    assert "There is no such record, or you may not see it." in words(app)
    app = press(app, "Back to the customers")
    assert 1 == len(app.dataframe[0].value)


def test_foreign_deleted_and_missing_look_the_same(portal: Portal, sqlite_world: World, leader: Actor) -> None:
    seller = sqlite_world.actor("sales")
    foreign = sqlite_world.customer(by=leader, name="Foreign")
    deleted = sqlite_world.customer(by=seller, name="Deleted")
    sqlite_world.do(records.delete, CUSTOMER, deleted.id)
    pages = [words(portal.open("customers", seller, id=str(one))) for one in (foreign.id, deleted.id, 999_999)]
    assert 1 == len(set(pages))


def test_logging_says_what_happened_and_sets_the_next_step(portal: Portal, sqlite_world: World, leader: Actor) -> None:
    customer = sqlite_world.customer(by=leader)
    app = portal.open("customers", leader, id=str(customer.id))
    app.text_area[0].set_value("Met the owner")
    app.date_input[0].set_value(date(2026, 6, 20))
    next(one for one in app.text_input if one.label == "Next step").set_value("Send the quote")
    app = press(app, "Log activity")
    assert not app.exception
    assert ["Met the owner"] == list(sqlite_world.ask(activities.timeline, customer_id=customer.id)["summary"])
    saved = sqlite_world.ask(records.get, CUSTOMER, customer.id)
    assert (date(2026, 6, 20), "Send the quote") == (saved.next_step_on, saved.next_step)
    assert "" == app.text_area[0].value
    assert "in 5 days" in words(app)


def test_what_was_typed_into_the_box_stays_when_it_is_refused(
    portal: Portal, sqlite_world: World, leader: Actor
) -> None:
    customer = sqlite_world.customer(by=leader)
    app = portal.open("customers", leader, id=str(customer.id))
    app.text_area[0].set_value("Met the owner")
    next(one for one in app.text_input if one.label == "Next step").set_value("Send the quote")
    app = press(app, "Log activity")
    assert "Say when the next step is due" in app.error[0].value.replace("\\", "")
    assert "Met the owner" == app.text_area[0].value


@pytest.mark.parametrize(
    "tab", ["overview", "map", "opportunity", "contract", "collections", "profile", "history", "nonsense"]
)
def test_each_tab_is_a_place_in_the_address(portal: Portal, sqlite_world: World, leader: Actor, tab: str) -> None:
    customer = sqlite_world.customer(by=leader, name="One")
    sqlite_world.do(records.update, CUSTOMER, customer.id, {"name": "Two"}, by=leader)
    sqlite_world.contact(customer, by=leader, name="Someone")
    sqlite_world.opportunity(by=leader, customer_id=customer.id, name="Chance", amount=12_345)
    sqlite_world.contract(customer, by=leader)
    app = portal.open("customers", leader, id=str(customer.id), tab=tab)
    assert not app.exception
    expected = {
        "map": "Someone",
        "opportunity": "Chance",
        "contract": "C-",
        "collections": "No instalments yet",
        "profile": "No profile yet",
        "history": "One",
    }
    assert expected.get(tab, "Opportunity entered") in words(app)


def test_a_new_contact_belongs_to_the_customer(portal: Portal, sqlite_world: World, leader: Actor) -> None:
    customer = sqlite_world.customer(by=leader)
    app = press(portal.open("customers", leader, id=str(customer.id), tab="map"), "New contact")
    assert "Customer *" not in [one.label for one in app.selectbox]
    next(one for one in app.text_input if one.label == "Full name *").set_value("Ann")
    press(app, "Create contact")
    assert [customer.id] == list(sqlite_world.ask(query.frame, CONTACT)["customer_id"])


def test_the_list_keeps_its_place(portal: Portal, sqlite_world: World, leader: Actor) -> None:
    customer = sqlite_world.customer(by=leader, level="A")
    sqlite_world.customer(by=leader, level="B")
    app = portal.open("customers", leader, id=str(customer.id), **{"f.level": "in:A"})
    app = press(app, "Customers")
    assert [customer.name] == list(app.dataframe[0].value["name"])


def test_text_of_users_stays_text(portal: Portal, sqlite_world: World, leader: Actor) -> None:
    name = "![x](http://evil.example/a.png) <b>$x$ :red[y] :smile: www.evil.example"
    customer = sqlite_world.customer(by=leader, name=name)
    sqlite_world.activity(by=leader, customer_id=customer.id, summary=f"# {name}")
    app = portal.open("customers", leader, id=str(customer.id))
    for written in [*(one.value for one in app.markdown), *(one.value for one in app.title)]:
        assert "](" not in written
        assert "<b>" not in written
        assert ":red[y]" not in written
        assert ":smile:" not in written


def test_a_reader_is_offered_nothing_to_write(portal: Portal, sqlite_world: World, leader: Actor) -> None:
    customer = sqlite_world.customer(by=leader)
    sqlite_world.contact(customer, by=leader, name="Private")
    viewer = sqlite_world.actor("viewer")
    app = portal.open("customers", viewer, id=str(customer.id))
    assert not {"Edit", "Log activity", "New contact"} & {one.label for one in app.button}
    assert "Private" not in words(app)


def test_a_customer_costs_at_most_twelve_questions_whatever_hangs_on_it(
    portal: Portal, sqlite_world: World, leader: Actor
) -> None:
    top = sqlite_world.customer(by=leader)
    customer = sqlite_world.customer(by=leader, parent_id=top.id)
    values = {"name": "Pool", "kind": "customer", "is_for_all": True}
    pool = sqlite_world.do(pools.save, None, values, rules=[Rule("activity", 5)])
    sqlite_world.do(pools.set_recycling, pool.id, is_on=True)

    def statements(tab: str) -> int:
        app = portal.open("customers", leader, id=str(customer.id), tab=tab)
        seen: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            seen.append(statement)

        event.listen(sqlite_world.database.engine, "before_cursor_execute", note)
        app.run()
        event.remove(sqlite_world.database.engine, "before_cursor_execute", note)
        assert not app.exception
        reads = [one for one in seen if one.lstrip().upper().startswith(("SELECT", "WITH"))]
        return len([one for one in reads if "user_session" not in one])

    tabs = ("overview", "map", "opportunity", "contract", "collections", "profile", "history")
    sqlite_world.contact(customer, by=leader)
    sqlite_world.opportunity(by=leader, customer_id=customer.id)
    sqlite_world.contract(customer, by=leader)
    few = {tab: statements(tab) for tab in tabs}
    for _ in range(10):
        sqlite_world.contact(customer, by=leader)
        sqlite_world.opportunity(by=leader, customer_id=customer.id)
        sqlite_world.contract(customer, by=leader)
        sqlite_world.activity(by=leader, customer_id=customer.id)
        sqlite_world.customer(by=leader, parent_id=top.id)
    assert few == {tab: statements(tab) for tab in tabs}
    assert {} == {tab: count for tab, count in few.items() if count > 12}


ROLES = ("administrator", "leader", "sales_manager", "sales", "finance", "viewer")


@pytest.mark.parametrize("role", ROLES)
def test_every_role_sees_the_tabs_it_may_and_each_of_them_draws(portal: Portal, sqlite_world: World, role: str) -> None:
    actor = sqlite_world.actor(role, team_id=sqlite_world.team().id)
    customer = sqlite_world.customer(owner_id=actor.user_id)
    sqlite_world.contact(customer)
    sqlite_world.opportunity(customer_id=customer.id, amount=1)
    sqlite_world.contract(customer)
    app = portal.open("customers", actor, id=str(customer.id))
    tabs = {
        "map": "contact.read",
        "opportunity": "opportunity.read",
        "contract": "contract.read",
        "collections": "instalment.read",
        "profile": "profile.read",
    }
    expected = ["overview", *(tab for tab, permission in tabs.items() if actor.may(permission)), "history"]
    control = next(one for one in app.segmented_control if one.key == "customer_tab")
    assert len(expected) == len(control.options)
    for tab in expected:
        app = portal.open("customers", actor, id=str(customer.id), tab=tab)
        assert not app.exception, tab
        assert tab == next(one for one in app.segmented_control if one.key == "customer_tab").value


def test_one_press_sets_the_day_of_the_next_step(portal: Portal, sqlite_world: World, leader: Actor) -> None:
    customer = sqlite_world.customer(by=leader, next_step="Call", next_step_on=date(2026, 6, 15))
    ann = sqlite_world.contact(customer, by=leader, name="Ann")
    app = portal.open("customers", leader, id=str(customer.id))
    assert ["Done: Call"] == [one.label for one in app.checkbox]
    app.text_area[0].set_value("Met Ann")
    app.selectbox[0].set_value(ann.id)
    app.radio[0].set_value(3)
    app = press(app, "Log activity")
    assert not app.exception
    saved = sqlite_world.ask(records.get, CUSTOMER, customer.id)
    assert (date(2026, 6, 18), None) == (saved.next_step_on, saved.next_step)
    assert ["Ann"] == list(sqlite_world.ask(activities.timeline, customer_id=customer.id)["contact"])


def test_a_step_that_was_due_is_done_by_what_is_logged(portal: Portal, sqlite_world: World, leader: Actor) -> None:
    customer = sqlite_world.customer(by=leader, next_step="Call", next_step_on=date(2026, 6, 14))
    app = portal.open("customers", leader, id=str(customer.id))
    app.text_area[0].set_value("Called")
    press(app, "Log activity")
    assert sqlite_world.ask(records.get, CUSTOMER, customer.id).next_step_on is None


def test_nothing_said_is_asked_for(portal: Portal, sqlite_world: World, leader: Actor) -> None:
    customer = sqlite_world.customer(by=leader)
    app = press(portal.open("customers", leader, id=str(customer.id)), "Log activity")
    assert "Write down what happened" in app.error[0].value
    assert sqlite_world.ask(activities.timeline, customer_id=customer.id).empty


def test_the_group_is_a_tree_that_leads_to_its_companies(portal: Portal, sqlite_world: World, leader: Actor) -> None:
    top = sqlite_world.customer(by=leader, name="Top")
    part = sqlite_world.customer(by=leader, name="Part", parent_id=top.id)
    app = portal.open("customers", leader, id=str(top.id))
    assert "2 companies that you may see" in words(app)
    app = press(app, "Part")
    assert str(part.id) in app.query_params["id"]
    assert "part of Top" in words(app)


def test_older_events_come_by_one_more_press(portal: Portal, sqlite_world: World, leader: Actor) -> None:
    customer = sqlite_world.customer(by=leader)
    for number in range(45):
        sqlite_world.activity(by=leader, customer_id=customer.id, summary=f"Talk {number}.")
    app = portal.open("customers", leader, id=str(customer.id))
    assert "Talk 14" not in words(app)
    app = press(app, "Show earlier")
    assert "Talk 0" in words(app)
    assert "Show earlier" not in [one.label for one in app.button]


def test_whoever_collaborates_sees_the_page_and_is_offered_what_they_may(
    portal: Portal, sqlite_world: World, leader: Actor
) -> None:
    customer = sqlite_world.customer(by=leader)
    sqlite_world.contact(customer, by=leader, name="Private")
    bob = sqlite_world.actor("sales", team_id=sqlite_world.team().id)
    sqlite_world.do(collaborators.share, customer.id, bob.user_id, by=leader)
    app = portal.open("customers", bob, id=str(customer.id), tab="map")
    assert "Private" in words(app)
    assert "Edit" not in [one.label for one in app.button]


def test_one_in_the_pool_is_claimed_on_its_page(portal: Portal, sqlite_world: World) -> None:
    bob = sqlite_world.actor("sales", team_id=sqlite_world.team().id)
    customer = sqlite_world.customer()
    sqlite_world.contact(customer, name="Private")
    app = portal.open("customers", bob, id=str(customer.id))
    assert "Private" not in words(app)
    press(app, "Claim")
    assert bob.user_id == sqlite_world.ask(records.get, CUSTOMER, customer.id).owner_id

"""The page of leads."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from services import activities, grading, leads
from services.contacts import CONTACT
from services.customers import CUSTOMER
from services.grading import Rule, Scheme
from services.kit import query, records
from services.kit.actor import Actor
from services.kit.errors import NotFound
from services.leads import LEAD
from services.opportunities import OPPORTUNITY
from tests.factories import World
from tests.pages.app import Portal, words

TODAY = date(2026, 6, 15)


@pytest.fixture
def leader(sqlite_world: World) -> Actor:
    """Return somebody who may do nearly everything."""
    return sqlite_world.actor("leader", name="Lea", team_id=sqlite_world.team().id)


def press(app: AppTest, label: str) -> AppTest:
    """Press the last button of that name (dialogs come last) and run."""
    return [one for one in app.button if one.label == label][-1].click().run()


def with_first_row(portal: Portal, actor: Actor) -> AppTest:
    """Open the list and tick its first row."""
    app = portal.open("leads", actor)
    name = app.session_state["lead.table"]
    app.session_state[name] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    return app.run()


def said(app: AppTest) -> str:
    """Return what a page and its dialog say in sentences."""
    return "\n".join(one.value for one in (*app.markdown, *app.caption, *app.warning)).replace("\\", "")


def only(world: World, entity: Any) -> Any:
    """Return the only record there is."""
    (found,) = world.ask(query.frame, entity).index
    return world.ask(records.get, entity, int(found))


def test_a_lead_becomes_a_customer_with_contact_and_opportunity(
    portal: Portal, sqlite_world: World, leader: Actor
) -> None:
    lead = sqlite_world.lead(by=leader, name="Ann", company="Nordwind GmbH")
    app = press(with_first_row(portal, leader), "Convert")
    assert "Customer “Nordwind GmbH” is made." in app.caption[-1].value.replace("\\", "")
    next(one for one in app.segmented_control if one.label == "Opportunity").set_value("sale").run()
    app.text_input[-2].set_value("First order").run()
    app = press(app, "Convert lead")
    assert not app.exception
    made = [only(sqlite_world, entity).name for entity in (CUSTOMER, CONTACT, OPPORTUNITY)]
    assert ["Nordwind GmbH", "Ann", "First order"] == made
    assert "converted" == sqlite_world.ask(records.get, LEAD, lead.id).status
    assert ["Lead converted"] == [one.value for one in app.toast]


def test_a_customer_of_that_name_is_offered_and_no_twin_is_made(
    portal: Portal, sqlite_world: World, leader: Actor
) -> None:
    there = sqlite_world.customer(by=leader, name="Nordwind GmbH")
    sqlite_world.lead(by=leader, company="NORDWIND gmbh")
    app = press(with_first_row(portal, leader), "Convert")
    assert there.id == next(one for one in app.selectbox if one.label == "Customer").value
    press(app, "Convert lead")
    assert there.id == only(sqlite_world, CUSTOMER).id


def test_a_twin_is_made_only_when_it_is_said_to_be_another_company(
    portal: Portal, sqlite_world: World, leader: Actor
) -> None:
    sqlite_world.customer(by=leader, name="Nordwind GmbH")
    sqlite_world.lead(by=leader, company="Nordwind")
    app = press(with_first_row(portal, leader), "Convert")
    next(one for one in app.segmented_control if one.label == "Customer").set_value("new").run()
    app = press(app, "Convert lead")
    assert "There is already a customer" in app.error[0].value
    assert 1 == sqlite_world.ask(query.count, CUSTOMER)
    app.checkbox[-1].check().run()
    press(app, "Convert lead")
    assert 2 == sqlite_world.ask(query.count, CUSTOMER)


def test_an_activity_is_logged_with_the_next_step(portal: Portal, sqlite_world: World, leader: Actor) -> None:
    lead = sqlite_world.lead(by=leader)
    app = press(with_first_row(portal, leader), "Log activity")
    app = press(app, "Log activity")
    assert any("Write down what happened" in one.value for one in app.error)
    app.text_area[-1].set_value("They want a quote")
    press(app, "Log activity")
    assert ["They want a quote"] == list(sqlite_world.ask(activities.timeline, lead_id=lead.id)["summary"])


@pytest.mark.parametrize(("status", "is_pressed_for"), [("contacted", True), ("unqualified", False)])
def test_a_lead_that_was_given_up_is_not_pressed_for(
    portal: Portal, sqlite_world: World, leader: Actor, status: str, *, is_pressed_for: bool
) -> None:
    reason = {} if is_pressed_for else {"unqualified_reason": "no_need"}
    lead = sqlite_world.lead(owner_id=leader.user_id, status=status, **reason)
    app = portal.open("leads", leader, id=str(lead.id))
    assert is_pressed_for == ("No next step is planned" in said(app))
    assert ("primary" if is_pressed_for else "secondary") == app.button(key="lead_convert").proto.type


def test_where_both_have_a_value_the_reader_chooses(portal: Portal, sqlite_world: World, leader: Actor) -> None:
    there = sqlite_world.customer(by=leader, name="Nordwind GmbH", industry="Wind", region="North")
    sqlite_world.contact(there, by=leader, name="Ann")
    sqlite_world.lead(by=leader, name="Ann", company="Nordwind", industry="Steel", title="Buyer", grade="A")
    app = press(with_first_row(portal, leader), "Convert")
    assert "Ann (same name)" in next(one for one in app.selectbox if one.label == "Contact").options
    assert "Stays on the lead" in said(app)
    assert "Job title: Buyer" in said(app)
    next(one for one in app.segmented_control if one.label == "Customer · Industry").set_value("lead").run()
    app = press(app, "Convert lead")
    assert not app.exception
    made = only(sqlite_world, CUSTOMER)
    assert ("Nordwind GmbH", "Steel", "North") == (made.name, made.industry, made.region)
    assert "Buyer" == only(sqlite_world, CONTACT).title


def test_the_page_of_a_lead_shows_why_it_is_graded_and_lets_the_grade_be_set(
    portal: Portal, sqlite_world: World, leader: Actor
) -> None:
    sqlite_world.do(grading.save, Scheme((Rule("source", "in", ("referral", "partner"), 70),)))
    lead = sqlite_world.lead(by=leader, name="Ann", source="referral")
    app = portal.open("leads", leader, id=str(lead.id))
    assert "Grade A" in said(app)
    assert "Source is Referral or Partner" in said(app)
    sqlite_world.do(leads.set_grade, lead.id, "C", by=leader)
    app = portal.open("leads", leader, id=str(lead.id))
    assert "Set by hand by Lea" in said(app)
    app = press(app, "Back to the rules")
    assert "A" == sqlite_world.ask(records.get, LEAD, lead.id).grade


def test_one_box_writes_what_happened_and_what_is_next(portal: Portal, sqlite_world: World, leader: Actor) -> None:
    lead = sqlite_world.lead(by=leader, next_step_on=TODAY, next_step="Call")
    app = portal.open("leads", leader, id=str(lead.id))
    app.text_area[0].set_value("They want a quote")
    app.date_input[0].set_value(TODAY + timedelta(days=2))
    app.text_input[-1].set_value("Send it")
    app = press(app, "Log activity")
    assert not app.exception
    now = sqlite_world.ask(records.get, LEAD, lead.id)
    assert ("contacted", TODAY + timedelta(days=2), "Send it") == (now.status, now.next_step_on, now.next_step)


def test_a_due_step_is_done_by_what_is_logged(portal: Portal, sqlite_world: World, leader: Actor) -> None:
    lead = sqlite_world.lead(by=leader, next_step_on=TODAY)
    app = portal.open("leads", leader, id=str(lead.id))
    app.text_area[0].set_value("Done")
    press(app, "Log activity")
    assert sqlite_world.ask(records.get, LEAD, lead.id).next_step_on is None


def test_a_conversion_is_taken_back_from_the_page_of_the_lead(
    portal: Portal, sqlite_world: World, leader: Actor
) -> None:
    lead = sqlite_world.lead(by=leader, company="Nordwind")
    made = sqlite_world.do(leads.convert, lead.id, by=leader)
    app = portal.open("leads", leader, id=str(lead.id))
    app = press(app, "Take back")
    assert "Customer “Nordwind” goes to the recycle bin." in said(app)
    press(app, "Take back")
    assert "new" == sqlite_world.ask(records.get, LEAD, lead.id).status
    with pytest.raises(NotFound):
        sqlite_world.ask(records.get, CUSTOMER, made.id)


def test_what_was_built_on_it_is_named_instead(portal: Portal, sqlite_world: World, leader: Actor) -> None:
    lead = sqlite_world.lead(by=leader)
    made = sqlite_world.do(leads.convert, lead.id, by=leader)
    sqlite_world.contract(made)
    app = press(portal.open("leads", leader, id=str(lead.id)), "Take back")
    assert "Contracts: 1" in said(app)
    assert 1 == sum(one.label == "Take back" for one in app.button)


def test_leads_are_given_to_people(portal: Portal, sqlite_world: World, leader: Actor) -> None:
    ann = sqlite_world.actor("sales", name="Ann", team_id=leader.team_id)
    lead = sqlite_world.lead(by=leader)
    app = press(with_first_row(portal, leader), "Assign")
    app.multiselect[-1].select(ann.user_id).run()
    app = press(app, "Assign")
    assert not app.exception
    assert ann.user_id == sqlite_world.ask(records.get, LEAD, lead.id).owner_id


def test_today_begins_with_a_file_where_nothing_is_in_yet(portal: Portal, sqlite_world: World) -> None:
    admin = sqlite_world.actor("administrator")
    app = portal.open("", admin)
    assert "No customers and no leads yet" in words(app)
    assert ["begin_customer", "begin_lead", "begin_user"] == [one.key for one in app.button if "begin_" in str(one.key)]
    app.button(key="begin_customer").click().run()
    assert ".xlsx or .csv" in said(app)
    sqlite_world.lead(owner_id=None)
    assert "No customers and no leads yet" not in words(portal.open("", admin))


def test_reminders_stand_over_the_list_with_their_counts(portal: Portal, sqlite_world: World, leader: Actor) -> None:
    sqlite_world.lead(by=leader, name="Late", next_step_on=TODAY - timedelta(days=1))
    sqlite_world.lead(by=leader, name="Later", next_step_on=TODAY + timedelta(days=1))
    app = portal.open("leads", leader, view="overdue")
    assert ["Late"] == list(app.dataframe[0].value["name"])
    assert "Overdue 1" in app.button_group[0].options


def test_foreign_missing_and_senseless_leads_look_alike(portal: Portal, sqlite_world: World, leader: Actor) -> None:
    foreign = sqlite_world.lead(by=leader, name="Hidden")
    seller = sqlite_world.actor("sales")
    shown = {said(portal.open("leads", seller, id=one)) for one in (str(foreign.id), "999999", "abc", "-1")}
    assert 1 == len(shown)
    assert "Hidden" not in shown.pop()


def test_what_the_role_does_not_include_is_not_offered(portal: Portal, sqlite_world: World, leader: Actor) -> None:
    seller = sqlite_world.actor("sales", name="Sam")
    sqlite_world.lead(by=leader, name="Foreign")
    sqlite_world.lead(by=seller, name="Own")
    app = portal.open("leads", seller)
    assert ["Own"] == list(app.dataframe[0].value["name"])
    assert "Foreign" not in words(app)


def test_a_reader_of_customers_may_not_open_leads(portal: Portal, sqlite_world: World, leader: Actor) -> None:
    sqlite_world.lead(by=leader, name="Hidden")
    viewer = sqlite_world.actor("viewer")
    app = portal.open("leads", viewer)
    assert not app.exception
    assert "Hidden" not in words(app)
    assert 0 == len(app.dataframe)

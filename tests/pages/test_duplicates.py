"""Duplicates on the screen: warned of at entry, looked for, compared, merged, parted again."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from services import duplicates
from services.contacts import CONTACT
from services.customers import CUSTOMER
from services.kit import query, records
from services.kit.actor import Actor
from services.leads import LEAD
from tests.factories import World
from tests.pages.app import Portal, words


@pytest.fixture
def leader(sqlite_world: World) -> Actor:
    """Return somebody who may do nearly everything."""
    return sqlite_world.actor("leader", name="Lea", team_id=sqlite_world.team().id)


def press(app: AppTest, label: str) -> AppTest:
    """Press the last button of that name (dialogs come last) and run."""
    return [one for one in app.button if one.label == label][-1].click().run()


def enter(app: AppTest, label: str, text: str) -> AppTest:
    """Fill in the last field of that name and leave it."""
    return [one for one in app.text_input if one.label.removesuffix(" *") == label][-1].set_value(text).run()


def said(app: AppTest) -> str:
    """Return what stands in sentences, dialogs included."""
    return "\n".join(one.value for one in (*app.markdown, *app.caption, *app.warning)).replace("\\", "")


def buttons(app: AppTest) -> list[str]:
    return [one.label for one in app.button]


# --- at entry -----------------------------------------------------------------------------------------------


def test_while_one_types_it_says_who_is_there_whose_it_is_and_why(
    portal: Portal, sqlite_world: World, leader: Actor
) -> None:
    there = sqlite_world.customer(by=leader, name="Nordwind GmbH")
    app = press(portal.open("customers", leader), "New customer")
    assert [] == list(app.warning)
    app = enter(app, "Name", "NORDWIND gmbh")
    told = app.warning[0].value
    assert f"(/customers?id={there.id})" in told
    assert all(part in told for part in ("Nordwind GmbH", "Lea", "Same name", "the same"))
    assert "Save anyway" in buttons(app)
    press(app, "Save anyway")
    assert 2 == sqlite_world.ask(query.count, CUSTOMER)


def test_a_new_name_costs_no_warning(portal: Portal, sqlite_world: World, leader: Actor) -> None:
    sqlite_world.customer(by=leader, name="Nordwind GmbH")
    app = press(portal.open("customers", leader), "New customer")
    app = enter(app, "Name", "Südsee Handel AG")
    assert [] == list(app.warning)
    press(app, "Create customer")
    assert 2 == sqlite_world.ask(query.count, CUSTOMER)


def test_of_a_colleagues_customer_it_says_whose_it_is_and_not_its_name(portal: Portal, sqlite_world: World) -> None:
    sqlite_world.customer(by=sqlite_world.actor(name="Bob"), name="Nordwind Holding GmbH", phone="+86 10 6555 0001")
    app = press(portal.open("leads", sqlite_world.actor("sales", name="Sam")), "New lead")
    app = enter(app, "Phone", "+86 10 65550001")
    told = app.warning[0].value
    assert "Bob" in told
    assert "Nordwind" not in words(app)
    assert "customers?id" not in told


def test_what_was_never_shown_is_not_saved_over(portal: Portal, sqlite_world: World, leader: Actor) -> None:
    app = press(portal.open("leads", leader), "New lead")
    app = enter(enter(app, "Full name", "Ann"), "Company", "Nordwind")
    assert [] == list(app.warning)
    sqlite_world.lead(by=leader, name="Ann", company="Nordwind GmbH", email="ann@nordwind.de")
    [one for one in app.text_input if one.label == "E-mail"][-1].set_value("ann@nordwind.de")
    app = press(app, "Create lead")
    assert 1 == sqlite_world.ask(query.count, LEAD)
    assert "Same e-mail" in said(app)
    press(app, "Save anyway")
    assert 2 == sqlite_world.ask(query.count, LEAD)


def test_a_contact_is_looked_up_too(portal: Portal, sqlite_world: World, leader: Actor) -> None:
    customer = sqlite_world.customer(by=leader, name="Nordwind")
    sqlite_world.contact(customer, name="Ann", email="ann@nordwind.de")
    app = press(portal.open("contacts", leader), "New contact")
    app = enter(app, "E-mail", "ann@nordwind.de")
    assert "Same e-mail" in said(app)


# --- in the list --------------------------------------------------------------------------------------------


def select_rows(app: AppTest, key: str, *rows: int) -> AppTest:
    app.session_state[app.session_state[f"{key}.table"]] = {
        "selection": {"rows": list(rows), "columns": [], "cells": []}
    }
    return app.run()


def test_two_chosen_rows_are_compared_merged_and_parted(portal: Portal, sqlite_world: World, leader: Actor) -> None:
    kept = sqlite_world.customer(by=leader, name="Acme", region="North")
    other = sqlite_world.customer(by=leader, name="Acme Ltd", region="South", phone="+86 10 6555 0001")
    sqlite_world.contact(other)
    app = select_rows(portal.open("customers", leader, sort="name"), "customer", 0, 1)
    app = press(app, "Merge")
    assert not app.exception
    region = next(one for one in app.radio if one.label == "Region")
    assert {"North", "South"} == set(region.options)
    assert "Goes along: Contacts 1" in said(app)
    region.set_value(other.id).run()
    app = press(app, "Merge")
    assert not app.exception
    merged = sqlite_world.ask(records.get, CUSTOMER, kept.id)
    assert ("Acme", "South", "+86 10 6555 0001") == (merged.name, merged.region, merged.phone)
    assert 1 == sqlite_world.ask(query.count, CUSTOMER)
    app = press(app, "Undo")
    assert not app.exception
    assert ["North", "South"] == [sqlite_world.ask(records.get, CUSTOMER, one.id).region for one in (kept, other)]


def test_an_old_address_says_where_the_record_went(portal: Portal, sqlite_world: World, leader: Actor) -> None:
    from services import merging

    kept, other = (sqlite_world.customer(by=leader, name=name) for name in ("Acme", "Acme Ltd"))
    sqlite_world.do(merging.merge, CUSTOMER, kept.id, [other.id])
    app = portal.open("customers", leader, id=str(other.id))
    assert "merged into “Acme”" in words(app)
    app = press(app, "Open “Acme”")
    assert "Acme" in next(one.value for one in app.title)


# --- the page -----------------------------------------------------------------------------------------------


@pytest.fixture
def _twins(sqlite_world: World, leader: Actor) -> None:
    """Make two customers that are one, and let a scan find them."""
    for name in ("华为技术有限公司", "华為技術有限公司"):
        sqlite_world.customer(by=leader, name=name)
    sqlite_world.do(duplicates.scan, "customer")


def test_a_scan_finds_them_and_says_why(portal: Portal, sqlite_world: World, leader: Actor) -> None:
    for name in ("华为技术有限公司", "华為技術有限公司", "Bolt"):
        sqlite_world.customer(by=leader, name=name)
    app = portal.open("duplicates", leader)
    assert "No duplicates to look at" in words(app)
    app = press(app, "Look for duplicates")
    assert not app.exception
    assert ["1 pair to look at, 1 of them new"] == [one.value for one in app.toast]
    shown = words(app)
    assert all(part in shown for part in ("华为技术有限公司", ":orange-badge[The same]", "Same name"))
    assert "Bolt" not in shown


@pytest.mark.usefixtures("_twins")
def test_a_group_is_compared_merged_and_undone_from_the_page(
    portal: Portal, sqlite_world: World, leader: Actor
) -> None:
    app = press(portal.open("duplicates", leader), "Compare")
    app = press(app, "Merge")
    assert not app.exception
    assert 1 == sqlite_world.ask(query.count, CUSTOMER)
    assert "No duplicates to look at" in words(app)
    app = portal.open("duplicates", leader, state="merged")
    app = press(app, "Undo")
    assert not app.exception
    assert 2 == sqlite_world.ask(query.count, CUSTOMER)
    assert 1 == len(sqlite_world.ask(duplicates.groups, "customer"))


@pytest.mark.usefixtures("_twins")
def test_what_is_no_duplicate_is_put_aside_and_can_be_looked_at_again(
    portal: Portal, sqlite_world: World, leader: Actor
) -> None:
    app = press(portal.open("duplicates", leader), "Not a duplicate")
    assert "No duplicates to look at" in words(app)
    sqlite_world.do(duplicates.scan, "customer")
    assert [] == sqlite_world.ask(duplicates.groups, "customer")
    app = press(portal.open("duplicates", leader, state="dismissed"), "Look again")
    assert not app.exception
    assert 1 == len(sqlite_world.ask(duplicates.groups, "customer"))


def test_leads_and_contacts_have_theirs(portal: Portal, sqlite_world: World, leader: Actor) -> None:
    customer = sqlite_world.customer(by=leader)
    for _ in range(2):
        sqlite_world.contact(customer, name="Ann", email="ann@nordwind.de")
    sqlite_world.do(duplicates.scan, "contact")
    app = press(portal.open("duplicates", leader, kind="contact"), "Compare")
    press(app, "Merge")
    assert 1 == sqlite_world.ask(query.count, CONTACT)


@pytest.mark.usefixtures("_twins")
@pytest.mark.parametrize("role", ["sales", "finance", "viewer"])
def test_who_may_not_merge_has_no_such_page(portal: Portal, sqlite_world: World, role: str) -> None:
    app = portal.open("duplicates", sqlite_world.actor(role))
    assert not app.exception
    assert "华" not in words(app)

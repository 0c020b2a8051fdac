"""The public pool, its settings, and whose it is, as the pages show it."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from services import collaborators, pools
from services.customers import CUSTOMER
from services.kit import records
from services.kit.actor import Actor
from services.pools import Member, Rule
from tests.factories import World
from tests.pages.app import Portal, words
from tests.pools.making import changes, first_pool, later, many, owners_of, pool


def press(app: AppTest, label: str) -> AppTest:
    """Press the last button of that name (dialogs come last) and run."""
    return [one for one in app.button if one.label == label][-1].click().run()


def said(app: AppTest) -> str:
    """Return what is written, in the page and in the open dialog."""
    texts = [one.value for kind in ("markdown", "caption", "error", "success") for one in getattr(app, kind)]
    return "\n".join([*texts, *(one.value.to_csv() for one in app.dataframe)]).replace("\\", "")


def tick(app: AppTest, key: str, *rows: int) -> AppTest:
    """Tick rows of a list."""
    name = app.session_state[f"{key}.table"]
    app.session_state[name] = {"selection": {"rows": list(rows), "columns": [], "cells": []}}
    return app.run()


def choose(app: AppTest, label: str, value: Any) -> AppTest:
    """Choose in the last picker of that name."""
    pickers = [one for one in (*app.selectbox, *app.multiselect) if one.label == label]
    return pickers[-1].set_value(value).run()


def type_in(app: AppTest, label: str, written: str) -> AppTest:
    return [one for one in app.text_input if one.label == label][-1].set_value(written).run()


@pytest.fixture
def team(sqlite_world: World) -> tuple[Actor, Actor]:
    """Return a seller and the manager."""
    of = sqlite_world.team(name="North").id
    return sqlite_world.actor(name="Ann", team_id=of), sqlite_world.actor("sales_manager", name="Max", team_id=of)


def test_a_seller_claims_several_and_sees_what_is_left_for_today(
    portal: Portal, sqlite_world: World, team: Any
) -> None:
    ann, _manager = team
    ids = many(sqlite_world, 3)
    found = first_pool(sqlite_world)
    sqlite_world.do(pools.save, found.id, {"name": found.name, "claims_a_day": 2})
    app = portal.open("pool", ann)
    assert "Public pool: 2 of 2 claims left today" in words(app)
    app = press(tick(app, "pool_customer", 0, 1), "Claim 2")
    assert not app.exception
    assert ["Claimed: 2 are yours now"] == [toast.value for toast in app.toast]
    assert "Public pool: 0 of 2 claims left today" in words(app)
    assert 2 == list(owners_of(sqlite_world, ids).values()).count(ann.user_id)


def test_who_comes_too_late_reads_who_was_first_row_by_row(portal: Portal, sqlite_world: World, team: Any) -> None:
    ann, _manager = team
    taken, free = sqlite_world.customer(name="Taken"), sqlite_world.customer(name="Free")
    app = tick(portal.open("pool", ann), "pool_customer", 0, 1)
    bob = sqlite_world.actor(name="Bob")
    sqlite_world.do(pools.claim, "customer", [taken.id], by=bob)
    app = press(app, "Claim 2")
    assert not app.exception
    assert "Bob was first and has it now." in said(app)
    assert {taken.id: bob.user_id, free.id: ann.user_id} == owners_of(sqlite_world, [taken.id, free.id])


def test_leads_stand_behind_a_switch(portal: Portal, sqlite_world: World, team: Any) -> None:
    ann, _manager = team
    lead = sqlite_world.lead(name="Li Lei")
    app = portal.open("pool", ann, of="lead")
    assert "Li Lei" in words(app)
    app = press(tick(app, "pool_lead", 0), "Claim")
    assert [("lead", lead.id)] == [(one.entity, one.record_id) for one in changes(sqlite_world, "claimed")]


def test_a_manager_hands_out(portal: Portal, sqlite_world: World, team: Any) -> None:
    ann, manager = team
    customer = sqlite_world.customer()
    app = press(tick(portal.open("pool", manager), "pool_customer", 0), "Assign")
    app = press(choose(app, "New owner", ann.user_id), "Assign")
    assert not app.exception
    assert {customer.id: ann.user_id} == owners_of(sqlite_world, [customer.id])


@pytest.mark.parametrize("role", ["finance", "viewer"])
def test_the_pool_is_not_for_everybody(portal: Portal, sqlite_world: World, role: str) -> None:
    sqlite_world.customer(name="Free")
    app = portal.open("pool", sqlite_world.actor(role))
    assert "Not for your role" in words(app)
    assert "Free" not in words(app)


def test_an_empty_pool_and_no_pool_say_so(portal: Portal, sqlite_world: World, team: Any) -> None:
    ann, _manager = team
    assert "You are in no pool" in said(portal.open("pool", ann))
    assert not any(one.key == "to_pool_rules" for one in portal.open("pool", ann).button)
    admin = portal.open("pool", sqlite_world.actor("administrator"))
    assert "Pool rules" == admin.button(key="to_pool_rules").label
    first_pool(sqlite_world)
    assert "Nothing lies here" in said(portal.open("pool", ann))


# --- settings -----------------------------------------------------------------------------------------------


def test_an_administrator_tries_rules_saves_them_and_lets_them_run(portal: Portal, sqlite_world: World) -> None:
    admin = sqlite_world.actor("administrator")
    ann = sqlite_world.actor(name="Ann")
    sqlite_world.customer(by=ann, name="Resting Ltd")
    found = first_pool(sqlite_world)
    later(sqlite_world, days=40)
    app = press(portal.open("pools", admin), "Settings")
    number = [one for one in app.number_input if one.label == "No activity for so many days"][-1]
    app = press(number.set_value(30).run(), "Try the rules")
    assert not app.exception
    assert "Resting Ltd" in said(app)
    app = press(app, "Save")
    assert {"activity": 30} == {one.kind: one.days for one in sqlite_world.ask(pools.saved_rules, found.id)}
    assert "no activity for 30 days" in said(app)
    app = press(app, "What would go back tonight?")
    assert "Resting Ltd" in said(app)
    app = press(app, "Let the rules run every night")
    assert "Rules run every night" in words(app)
    assert 1 == sum(sqlite_world.do(pools.recycle).values())


def test_a_pool_for_nobody_is_refused_in_the_dialog_and_nothing_typed_is_lost(
    portal: Portal, sqlite_world: World
) -> None:
    admin = sqlite_world.actor("administrator")
    app = press(portal.open("pools", admin), "New pool")
    app = type_in(app, "Name *", "Closed")
    app = [one for one in app.segmented_control if one.label.startswith("Who may see it")][-1].set_value(False).run()
    app = press(app, "Save")
    assert "Nobody could see it" in said(app)
    assert "Closed" == [one for one in app.text_input if one.label == "Name *"][-1].value
    team = sqlite_world.team(name="North")
    app = portal.open("pools", admin)
    app = type_in(press(app, "New pool"), "Name *", "Closed")
    app = [one for one in app.segmented_control if one.label.startswith("Who may see it")][-1].set_value(False).run()
    app = press(choose(app, "Teams, with those below them", [team.id]), "Save")
    assert not app.exception
    assert [["North"]] == [[m.name for m in one.members] for one in sqlite_world.ask(pools.overview)]


def test_a_leader_reads_the_settings_and_changes_nothing(portal: Portal, sqlite_world: World) -> None:
    pool(
        sqlite_world,
        name="North",
        members=[Member(team_id=sqlite_world.team(name="N").id)],
        rules=[Rule("activity", 9)],
    )
    app = portal.open("pools", sqlite_world.actor("leader"))
    assert "no activity for 9 days" in words(app)
    assert [] == [
        one.label for one in app.button if one.label in ("Settings", "New pool", "What would go back tonight?")
    ]


def test_what_runs_at_night_is_shown_to_administrators(portal: Portal, sqlite_world: World) -> None:
    app = portal.open("pools", sqlite_world.actor("administrator"), tab="jobs")
    assert not app.exception
    assert "Back to the public pools" in words(app)
    assert "What runs at night" not in words(portal.open("pools", sqlite_world.actor("leader")))


# --- whose it is --------------------------------------------------------------------------------------------


def test_the_list_says_in_how_many_days_something_goes_back(portal: Portal, sqlite_world: World, team: Any) -> None:
    ann, _manager = team
    sqlite_world.customer(by=ann, name="Mine")
    app = portal.open("customers", ann)
    assert "days_to_pool" not in app.dataframe[0].value.columns
    pool(sqlite_world, name="Strict", rules=[Rule("activity", 12)])
    app = portal.open("customers", ann)
    assert [12] == list(app.dataframe[0].value["days_to_pool"])


def test_several_are_handed_over_at_once(portal: Portal, sqlite_world: World, team: Any) -> None:
    ann, manager = team
    ids = [sqlite_world.customer(by=ann).id for _ in range(2)]
    app = press(tick(portal.open("customers", manager), "customer", 0, 1), "Hand over")
    app = choose(app, "New owner", [manager.user_id])
    app = [one for one in app.checkbox if one.label.startswith("The former owner")][-1].check().run()
    app = press(app, "Hand over")
    assert not app.exception
    assert dict.fromkeys(ids, manager.user_id) == owners_of(sqlite_world, ids)
    assert ["Ann"] == [one.name for one in sqlite_world.ask(collaborators.of_customer, ids[0])]


def test_a_seller_gives_back_with_a_reason(portal: Portal, sqlite_world: World, team: Any) -> None:
    ann, _manager = team
    customer = sqlite_world.customer(by=ann)
    app = press(tick(portal.open("customers", ann), "customer", 0), "Release")
    app = press(app, "Release")
    assert "Say why" in said(app)
    app = press(type_in(app, "Why?", "Too far"), "Release")
    assert not app.exception
    assert ["Too far"] == [one.reason for one in changes(sqlite_world, "released")]
    assert sqlite_world.ask(records.get, CUSTOMER, customer.id).owner_id is None


def test_a_leavers_work_is_handed_over_from_the_list_of_users(portal: Portal, sqlite_world: World) -> None:
    admin = sqlite_world.actor("administrator", name="Adm")
    ann, bob = sqlite_world.actor(name="Ann"), sqlite_world.actor(name="Bob")
    customer = sqlite_world.customer(by=ann)
    app = portal.open("users", admin)
    row = list(app.dataframe[0].value["name"]).index("Ann")
    app = press(tick(app, "user", row), "Hand over all work")
    app = press(choose(app, "New owner", [bob.user_id]), "Hand over")
    assert not app.exception
    assert {customer.id: bob.user_id} == owners_of(sqlite_world, [customer.id])

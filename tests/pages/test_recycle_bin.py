"""The recycle bin on the screen, and the offer to undo under the title of a page."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

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
    """Press the last button of that name and run."""
    return [one for one in app.button if one.label == label][-1].click().run()


def said(app: AppTest) -> str:
    """Return what stands in sentences, dialogs included."""
    return "\n".join(one.value for one in (*app.markdown, *app.caption, *app.warning)).replace("\\", "")


def select(app: AppTest, *rows: int) -> AppTest:
    """Tick rows of the bin."""
    app.session_state[app.session_state["recycle_bin.table"]] = {
        "selection": {"rows": list(rows), "columns": [], "cells": []}
    }
    return app.run()


def test_what_lies_there_comes_back_with_what_went_along(portal: Portal, sqlite_world: World, leader: Actor) -> None:
    customer = sqlite_world.customer(by=leader, name="Acme")
    sqlite_world.contact(customer)
    sqlite_world.do(CUSTOMER.verb("delete"), customer.id, by=leader)
    app = portal.open("recycle-bin", leader)
    row = app.dataframe[0].value.iloc[0]
    assert ("Acme", "Lea", "Contacts 1") == (row["title"], row["by"], row["below"])
    app = press(select(app, 0), "Bring back")
    assert not app.exception
    assert (1, 1) == (sqlite_world.ask(query.count, CUSTOMER), sqlite_world.ask(query.count, CONTACT))
    assert "The recycle bin is empty" in words(app)
    press(app, "Undo")
    assert 0 == sqlite_world.ask(query.count, CUSTOMER)


def test_each_kind_has_its_own_and_is_searched(portal: Portal, sqlite_world: World, leader: Actor) -> None:
    for name in ("Ann", "Bo"):
        sqlite_world.do(LEAD.verb("delete"), sqlite_world.lead(by=leader, name=name).id)
    sqlite_world.do(CUSTOMER.verb("delete"), sqlite_world.customer(by=leader).id)
    app = portal.open("recycle-bin", leader, entity="lead")
    assert {"Ann", "Bo"} == set(app.dataframe[0].value["title"])
    app = app.text_input[-1].set_value("bo").run()
    assert ["Bo"] == list(app.dataframe[0].value["title"])


def test_a_seller_sees_their_own_alone(portal: Portal, sqlite_world: World, leader: Actor) -> None:
    seller = sqlite_world.actor("sales")
    for owner in (leader, seller):
        sqlite_world.do(LEAD.verb("delete"), sqlite_world.lead(by=owner, name=f"Of {owner.role}").id)
    said = words(portal.open("recycle-bin", seller))
    assert "Of sales" in said
    assert "Of leader" not in said


def test_a_viewer_has_no_bin(portal: Portal, sqlite_world: World) -> None:
    sqlite_world.do(CUSTOMER.verb("delete"), sqlite_world.customer(name="Gone").id)
    app = portal.open("recycle-bin", sqlite_world.actor("viewer"))
    assert not app.exception
    assert "Gone" not in words(app)


def test_the_offer_to_undo_stays_until_it_is_taken_dismissed_or_followed_by_another_action(
    portal: Portal, sqlite_world: World, leader: Actor
) -> None:
    for name in ("Ann", "Bo"):
        sqlite_world.lead(by=leader, name=name)

    def delete_first(app: AppTest) -> AppTest:
        app.session_state[app.session_state["lead.table"]] = {"selection": {"rows": [0], "columns": [], "cells": []}}
        return press(press(app.run(), "Delete"), "Delete")

    def offers(app: AppTest) -> int:
        return sum(one.label == "Undo" for one in app.button)

    app = delete_first(portal.open("leads", leader, sort="name"))
    assert 1 == offers(app) == offers(app.run())
    app = press(app, "Dismiss")
    assert 0 == offers(app)
    app = delete_first(app)
    assert 1 == offers(app)
    app = press(app, "Undo")
    assert (0, ["1 record is as it was before"]) == (offers(app), [one.value for one in app.toast])
    assert 1 == sqlite_world.ask(query.count, LEAD)


def test_what_an_undo_leaves_is_told_with_the_reason(portal: Portal, sqlite_world: World, leader: Actor) -> None:
    lead = sqlite_world.lead(by=leader, name="Ann", source="referral")
    app = portal.open("leads", leader)
    app.session_state[app.session_state["lead.table"]] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    app = press(app.run(), "Set a field")
    next(one for one in app.selectbox if one.label == "Field").set_value("source").run()
    next(one for one in app.selectbox if one.label == "Source").set_value("partner").run()
    assert "Changes 1 of 1." in said(app)
    app = press(app, "Set for 1 record")
    sqlite_world.do(LEAD.verb("update"), lead.id, {"notes": "New"})
    app = press(app, "Undo")
    assert not app.exception
    assert "Ann: It has been changed since." in app.warning[-1].value.replace("\\", "")
    assert "partner" == sqlite_world.ask(records.get, LEAD, lead.id).source


def test_all_of_a_list_is_set_by_its_filter(portal: Portal, sqlite_world: World, leader: Actor) -> None:
    for number in range(60):
        sqlite_world.lead(by=leader, name=f"Lead {number}", source="website" if number < 55 else "partner")
    app = portal.open("leads", leader, **{"f.source": "in:website"})
    app.session_state["lead.more"] = True
    app = press(app.run(), "Set a field of all")
    next(one for one in app.selectbox if one.label == "Field").set_value("source").run()
    next(one for one in app.selectbox if one.label == "Source").set_value("tender").run()
    assert "Changes 55 of 55." in said(app)
    press(app, "Set for 55 records")
    frame = sqlite_world.ask(query.frame, LEAD, query.Query(columns=("source",)))
    assert {"tender": 55, "partner": 5} == frame["source"].value_counts().to_dict()

"""Saved views in the head of a list."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from services import views
from services.customers import CUSTOMER
from services.kit.actor import Actor
from services.leads import LEAD
from tests.factories import World
from tests.pages.app import Portal


@pytest.fixture
def leader(sqlite_world: World) -> Actor:
    """Return somebody who may do nearly everything."""
    return sqlite_world.actor("leader", name="Lea", team_id=sqlite_world.team().id)


def press(app: AppTest, label: str) -> AppTest:
    """Press the last button of that name (dialogs come last) and run."""
    return [one for one in app.button if one.label == label][-1].click().run()


def open_views(app: AppTest, key: str = "customer") -> AppTest:
    """Open the choice of views."""
    app.session_state[f"{key}.saved_views"] = True
    return app.run()


def shown(app: AppTest) -> list[str]:
    return sorted(app.dataframe[0].value["name"]) if app.dataframe else []


@pytest.fixture
def _companies(sqlite_world: World) -> None:
    for name, level in (("Acme", "A"), ("Bolt", "B"), ("Cargo", "A")):
        sqlite_world.customer(name=name, level=level)


@pytest.mark.usefixtures("_companies")
def test_a_list_is_saved_opened_by_itself_and_left_again(portal: Portal, sqlite_world: World, leader: Actor) -> None:
    app = open_views(portal.open("customers", leader, **{"f.level": "in:A"}, sort="-name"))
    app = press(app, "Save as a new view")
    next(one for one in app.text_input if one.label == "Name").set_value("Key accounts")
    next(one for one in app.checkbox if one.label == "My list opens with it").check()
    app = press(app, "Save view")
    assert not app.exception
    (view,) = sqlite_world.ask(views.views, CUSTOMER, "customer", by=leader)
    assert ({"f.level": ["in:A"], "sort": ["-name"]}, True) == (view.address, view.is_default)
    assert str(view.id) == "".join(app.query_params["saved"])

    app = portal.open("customers", leader)
    assert ["Acme", "Cargo"] == shown(app)
    assert ("in:A", str(view.id)) == tuple("".join(app.query_params[name]) for name in ("f.level", "saved"))
    app = press(open_views(app), "All customers")
    assert ["Acme", "Bolt", "Cargo"] == shown(app)


@pytest.mark.usefixtures("_companies")
def test_clearing_the_filters_of_the_first_view_does_not_bring_it_back(
    portal: Portal, sqlite_world: World, leader: Actor
) -> None:
    sqlite_world.do(views.save, CUSTOMER, "customer", "Key accounts", {"f.level": ["in:A"]}, is_default=True, by=leader)
    app = press(portal.open("customers", leader), "Clear filters")
    assert ["Acme", "Bolt", "Cargo"] == shown(app) == shown(app.run())


@pytest.mark.usefixtures("_companies")
def test_an_address_with_the_number_alone_opens_a_shared_view(
    portal: Portal, sqlite_world: World, leader: Actor
) -> None:
    seller = sqlite_world.actor("sales", name="Sam")
    view = sqlite_world.do(views.save, CUSTOMER, "customer", "A only", {"f.level": ["in:A"]}, audience="all", by=leader)
    own = sqlite_world.do(views.save, CUSTOMER, "customer", "Mine", {"f.level": ["in:B"]}, by=leader)
    assert ["Acme", "Cargo"] == shown(portal.open("customers", seller, saved=str(view.id)))
    app = portal.open("customers", seller, saved=str(own.id))
    assert "no longer there" in app.warning[0].value
    assert ["Acme", "Bolt", "Cargo"] == shown(app)
    assert not portal.open("customers", seller, saved="nonsense").exception


@pytest.mark.usefixtures("_companies")
def test_a_view_is_changed_renamed_and_deleted_by_its_owner_alone(
    portal: Portal, sqlite_world: World, leader: Actor
) -> None:
    view = sqlite_world.do(views.save, CUSTOMER, "customer", "A only", {"f.level": ["in:A"]}, audience="all", by=leader)
    app = open_views(portal.open("customers", leader, saved=str(view.id), **{"f.level": "in:B"}))
    app = press(app, "Save changes to “A only”")
    assert {"f.level": ["in:B"]} == sqlite_world.ask(views.get, CUSTOMER, view.id, by=leader).address
    app = press(open_views(app), "Rename, share or delete")
    next(one for one in app.text_input if one.label == "Name").set_value("B only")
    app = press(app, "Save")
    assert "B only" == sqlite_world.ask(views.get, CUSTOMER, view.id, by=leader).name

    seller = sqlite_world.actor("sales")
    theirs = open_views(portal.open("customers", seller, saved=str(view.id), **{"f.level": "in:A"}))
    offered = [one.label for one in theirs.button]
    assert "Open my list with it" in offered
    assert not {"Save changes to “B only”", "Rename, share or delete"} & set(offered)

    app = portal.open("customers", leader, saved=str(view.id))
    app = press(press(open_views(app), "Rename, share or delete"), "Delete view")
    assert not app.exception
    assert [] == sqlite_world.ask(views.views, CUSTOMER, "customer", by=leader)
    assert ["Acme", "Bolt", "Cargo"] == shown(app)


def test_what_a_view_asks_for_and_is_no_longer_there_is_left_out_and_told(
    portal: Portal, sqlite_world: World, leader: Actor
) -> None:
    sqlite_world.lead(by=leader, name="Ann", source="referral")
    view = sqlite_world.do(
        views.save,
        LEAD,
        "lead",
        "Old",
        {"f.c_shoe_size": ["from:42"], "f.source": ["in:referral"], "cols": ["name,c_shoe_size"], "sort": ["c_gone"]},
        by=leader,
    )
    app = portal.open("leads", leader, saved=str(view.id))
    assert not app.exception
    said = app.warning[0].value.replace("\\", "")
    assert "“Old” asks for something that is no longer there" in said
    assert "c_shoe_size" in said
    assert ["Ann"] == shown(app)
    assert 1 == len(app.warning)


def test_views_cost_a_rerun_no_query(portal: Portal, sqlite_world: World, leader: Actor) -> None:
    from sqlalchemy import event

    sqlite_world.do(views.save, CUSTOMER, "customer", "All", {}, by=leader)
    app = portal.open("customers", leader)
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(sqlite_world.database.engine, "before_cursor_execute", note)
    app.run()
    event.remove(sqlite_world.database.engine, "before_cursor_execute", note)
    assert [] == [one for one in seen if "saved_view" in one]
    assert ["All"] == [one.name for one in app.session_state["customer.views"]]

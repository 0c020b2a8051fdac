"""The import history: what came in, of whom; opened where it stands, gone on with, taken back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from db.models import Customer
from services import imports
from services.customers import CUSTOMER
from services.kit import query, records
from services.kit.actor import Actor
from tests.factories import World
from tests.pages.app import Portal, words


@pytest.fixture
def world(portal: Portal) -> World:
    return World(portal.database)


def brought(world: World, folder: Path, by: Actor, content: bytes, goal: str = "store", **asked: Any) -> int:
    number = world.do(imports.bring, CUSTOMER, content, "october.csv", goal=goal, folder=folder, by=by, **asked)
    imports.run_here(world.database, number)
    return int(number)


def button(app: AppTest, label: str) -> Any:
    return next(one for one in app.button if one.label == label)


def said(app: AppTest) -> str:
    texts = [
        str(one.value) for kind in ("success", "warning", "error", "markdown", "caption") for one in getattr(app, kind)
    ]
    return "\n".join([*texts, *(frame.value.to_csv() for frame in app.dataframe)])


def test_an_import_is_listed_with_its_maker_and_counts_and_taken_back(
    portal: Portal, world: World, tmp_path: Path
) -> None:
    leader = world.actor("leader")
    brought(world, tmp_path, leader, b"Name\nAcme\nBorg\n")
    changed = int(world.ask(lambda uow: uow.session.scalar(select(Customer.id).where(Customer.name == "Borg")) or 0))
    world.do(records.update, CUSTOMER, changed, {"notes": "mine"}, by=leader)
    app = portal.open("imports", leader)
    assert not app.exception
    shown = words(app)
    assert "october" in shown
    assert leader.name in shown
    assert "2 new, 0 changed, 0 unchanged, 0 with errors" in shown

    button(app, "Open the import").click().run()
    button(app, "Take this import back").click().run()
    assert not app.exception
    assert "Taken back: 1 records. Left as they are: 1." in said(app)
    assert "Borg" in said(app), "what stays is named with the reason"
    assert ["Borg"] == list(world.ask(query.frame, CUSTOMER)["name"])


def test_a_stopped_import_goes_on_where_it_stood(portal: Portal, world: World, tmp_path: Path) -> None:
    leader = world.actor("leader")
    number = brought(world, tmp_path, leader, b"Name\nAcme\n", goal="check")
    world.do(imports.store, number, by=leader)
    world.do(imports.stop, number, by=leader)
    app = portal.open("imports", leader)
    assert "Stopped" in words(app)
    button(app, "Open the import").click().run()
    assert 0 == world.ask(query.count, CUSTOMER)
    button(app, "Go on").click().run()
    assert not app.exception
    assert ["Acme"] == list(world.ask(query.frame, CUSTOMER)["name"])


def test_one_sees_ones_own_imports_and_an_administrator_all(portal: Portal, world: World, tmp_path: Path) -> None:
    mine, other = world.actor("sales_manager"), world.actor("sales_manager")
    brought(world, tmp_path, mine, b"Name\nAcme\n")
    assert "october" in words(portal.open("imports", mine))
    assert "october" not in words(portal.open("imports", other))
    assert "october" in words(portal.open("imports", world.actor("administrator")))


def test_rows_with_errors_are_shown_and_handed_out_and_come_in_once_mended(
    portal: Portal, world: World, tmp_path: Path
) -> None:
    leader = world.actor("leader")
    brought(world, tmp_path, leader, b"Name,Employees\nAcme,12\nBorg,many\n", skip_bad=True)
    app = portal.open("imports", leader)
    assert "Imported, with errors left out" in words(app)
    button(app, "Open the import").click().run()
    assert "many" in said(app)
    button(app, "Rows with errors as a file").click().run()
    assert not app.exception
    assert app.get("link_button")[0].proto.url.startswith("/portal/files/")


def test_whoever_may_import_nothing_has_no_history(portal: Portal, world: World) -> None:
    assert not world.actor("viewer").may("*.import")
    assert "Your role does not include this page" in words(portal.open("imports", world.actor("viewer")))

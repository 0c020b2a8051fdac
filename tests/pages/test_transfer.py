"""The dialogs that bring files in and hand them out, as a reader goes through them."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from services.customers import CUSTOMER
from services.kit import query
from services.opportunities import OPPORTUNITY
from tests.factories import World
from tests.pages.app import Portal

PAGE = """
import streamlit as st
from services.registry import ENTITIES
from ui import dialog, transfer
dialog.resume("test")
if st.button("Bring"):
    transfer.upload_dialog(ENTITIES["{key}"])
if st.button("Take"):
    transfer.download(ENTITIES["{key}"])
"""


@pytest.fixture
def world(portal: Portal) -> World:
    return World(portal.database)


def opened(portal: Portal, key: str, actor: Any) -> AppTest:
    portal.sign_in(actor)
    return AppTest.from_string(PAGE.format(key=key), default_timeout=60).run()


def button(app: AppTest, label: str) -> Any:
    return next(one for one in app.button if one.label == label)


def labels(app: AppTest) -> list[str]:
    return [one.label for one in app.button]


def said(app: AppTest) -> str:
    """Return what page and dialog say (a dialog lies outside the page's own block)."""
    texts = [str(one.value) for kind in ("error", "warning", "markdown", "caption") for one in getattr(app, kind)]
    return "\n".join([*texts, *(frame.value.to_csv() for frame in app.dataframe)])


def upload(app: AppTest, content: bytes, name: str = "file.csv") -> AppTest:
    button(app, "Bring").click().run()
    app.file_uploader[0].upload(name, content, "text/csv")
    return app.run()


def test_a_file_with_a_bad_row_is_checked_and_the_good_rows_come_in(portal: Portal, world: World) -> None:
    leader = world.actor("leader")
    app = upload(opened(portal, "opportunity", leader), b"Name,Growth,Competition\nGood,12 %,3\nBad,much,9\n")
    assert not app.exception
    button(app, "Check the file").click().run()
    told = said(app)
    assert "1 new, 0 changed, 0 unchanged, 1 with errors" in told
    assert "“much” is not a number." in told
    assert 0 == world.ask(query.count, OPPORTUNITY)
    button(app, "Import the good rows").click().run()
    assert not app.exception
    assert ["Good"] == list(world.ask(query.frame, OPPORTUNITY)["name"])


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"\x89PNG\r\n\x1a\n0000", "no spreadsheet but a PNG file"), (b"a,a\n1,2\n", "same heading more than once")],
)
def test_a_file_that_is_no_table_gets_its_sentence(portal: Portal, world: World, content: bytes, reason: str) -> None:
    app = upload(opened(portal, "customer", world.actor("leader")), content, "a.xlsx")
    assert not app.exception
    assert reason in said(app)
    assert "Check the file" not in labels(app)


def test_unknown_columns_are_chosen_by_hand(portal: Portal, world: World) -> None:
    app = upload(opened(portal, "customer", world.actor("leader")), b"Firma\nAcme\n")
    assert "No column was recognised" in said(app)
    next(box for box in app.selectbox if box.label == "Firma").select("name").run()
    button(app, "Check the file").click().run()
    button(app, "Import").click().run()
    assert ["Acme"] == list(world.ask(query.frame, CUSTOMER)["name"])


def test_an_export_offers_a_link_of_ones_own(portal: Portal, world: World) -> None:
    app = opened(portal, "customer", world.actor("leader"))
    button(app, "Take").click().run()
    button(app, "Prepare the file").click().run()
    assert not app.exception
    assert app.get("link_button")[0].proto.url.startswith("/portal/files/")


def test_whoever_may_not_import_is_told_and_nothing_comes_in(portal: Portal, world: World) -> None:
    app = upload(opened(portal, "customer", world.actor("sales")), b"Name\nAcme\n")
    assert "Check the file" not in labels(app)
    assert "Your role does not include this" in said(app)
    assert 0 == world.ask(query.count, CUSTOMER)

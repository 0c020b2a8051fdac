"""A field that an administrator adds in one browser is used by a seller in another, without a restart."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from services import custom_fields
from services.kit import query
from services.kit.query import Query
from services.leads import LEAD
from tests.browser.conftest import Server, choose, fill, settle

SignIn = Callable[..., Page]


@pytest.fixture
def seller(browser: Browser, server: Server) -> Iterator[Page]:
    """Return the page of somebody who is at work in a browser of their own."""
    context = browser.new_context(base_url=server.url, locale="en-US", viewport={"width": 1440, "height": 900})
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.goto("/leads")
    fill(page, "sales", "meadow-kettle-42")
    page.get_by_test_id("stSidebarNav").wait_for()
    settle(page)
    yield page
    assert 0 == page.get_by_test_id("stException").count()
    context.close()


def test_a_field_added_by_an_administrator_is_used_by_a_seller(sign_in: SignIn, seller: Page, server: Server) -> None:
    page = sign_in("administrator", "/custom-fields?of=lead")
    page.get_by_role("button", name="New field").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name in English").fill("Wiring")
    dialog.get_by_label("Name in Chinese").fill("布线")
    choose(dialog, "Kind *", "Choice from a list")
    dialog.get_by_label("More choices, one a line").fill("Copper | 铜缆\nFibre | 光纤")
    dialog.get_by_text("Must be filled in").click()
    settle(page)
    dialog.get_by_role("button", name="Add field").click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_text("Field added")).to_be_visible()
    (added,) = [row for row in server.world.ask(custom_fields.listed, "lead") if row.code == "wiring"]
    try:
        _used(seller, server)
        _seen_beforehand(page)
    finally:
        server.world.do(custom_fields.retire, added.id)
    seller.goto("/leads?q=Wired")
    settle(seller)
    seller.get_by_test_id("stPopoverButton").filter(has_text="Filter").click()
    settle(seller)
    expect(seller.get_by_label("Status")).to_be_visible()
    expect(seller.get_by_label("Wiring")).to_have_count(0)


def _used(page: Page, server: Server) -> None:
    page.get_by_role("button", name="New lead").click()
    form = page.get_by_role("dialog")
    form.get_by_label("Full name *").fill("Wired Wang")
    form.get_by_label("Company *").fill("Wired Works 布线厂")
    form.get_by_role("button", name="Create lead").click()
    expect(form.get_by_text("Please fill this in.")).to_be_visible()
    choose(form, "Wiring *", "Fibre")
    form.get_by_role("button", name="Create lead").click()
    expect(form).to_be_hidden()
    asked = Query(columns=("name", "c_wiring")).where("c_wiring", "in", "fibre")
    assert ["Wired Wang"] == list(server.world.ask(query.page, LEAD, asked).columns["name"])

    page.get_by_test_id("stPopoverButton").filter(has_text="Filter").click()
    settle(page)
    choose(page.locator("body"), "Wiring", "Fibre")
    expect(page.get_by_text("1 lead · Wiring: Fibre")).to_be_visible()
    assert "f.c_wiring=in%3Afibre" in page.url
    page.goto("/leads?cols=c_wiring&f.c_wiring=in:copper")
    settle(page)
    expect(page.get_by_text("Nothing matches.")).to_be_visible()


def _seen_beforehand(page: Page) -> None:
    """Look at the form as those who fill it in see it."""
    page.get_by_role("button", name="Show the form").click()
    shown = page.get_by_role("dialog")
    expect(shown.get_by_label("Wiring *")).to_be_visible()
    expect(shown.get_by_text("More facts")).to_be_visible()
    shown.get_by_role("button", name="Close", exact=True).last.click()
    expect(shown).to_be_hidden()

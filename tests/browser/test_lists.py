"""Lists, forms and the page of a customer in a real browser: what the tester without a browser cannot press."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable

from playwright.sync_api import Page, TimeoutError, expect  # noqa: A004 - the tool's own

from services.customers import CUSTOMER
from services.kit import records
from services.leads import LEAD
from tests.browser.conftest import Server, pick, settle

SignIn = Callable[..., Page]
_HEAD, _ROW = 33, 33


def row_of(page: Page, number: int, x: int) -> None:
    """Press into a row of the first table, at a distance from its left edge; the table is a canvas."""
    box = page.get_by_test_id("stDataFrame").first.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + x, box["y"] + _HEAD + _ROW * number + _ROW // 2)


def test_a_press_on_the_name_opens_the_customer_and_back_keeps_the_place(sign_in: SignIn) -> None:
    page = sign_in("leader", "/customers?sort=name&q=Customer")
    expect(page.get_by_text("5 customers")).to_be_visible()
    row_of(page, 0, 90)
    expect(page).to_have_url(re.compile(r"[?&]id=\d+"))
    expect(page.get_by_role("heading", name=re.compile("Customer .* 客户"))).to_be_visible()
    page.get_by_role("button", name="Customers").click()
    expect(page.get_by_text("5 customers")).to_be_visible()
    assert "id=" not in page.url
    assert "q=Customer" in page.url


def test_a_customer_opened_by_its_address_survives_a_reload(sign_in: SignIn, server: Server) -> None:
    customer = server.world.customer(name="By address")
    page = sign_in("leader", f"/customers?id={customer.id}&section=history")
    expect(page.get_by_role("heading", name="By address")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="By address")).to_be_visible()
    assert "section=history" in page.url


def test_a_lead_is_opened_changed_and_saved_and_the_form_closes(sign_in: SignIn, server: Server) -> None:
    lead = server.world.lead(name="Aaron First", company="Before")
    page = sign_in("leader", "/leads?q=Aaron")
    expect(page.get_by_text("1 lead ·")).to_be_visible()
    row_of(page, 0, 90)
    expect(page.get_by_role("heading", name="Aaron First")).to_be_visible()
    page.get_by_role("button", name="Edit", exact=True).click()
    form = page.get_by_role("dialog")
    form.get_by_label("Company *").fill("After")
    form.get_by_role("button", name="Save").click()
    expect(form).to_be_hidden()
    expect(page.get_by_text("Lead saved")).to_be_visible()
    assert "After" == server.world.ask(records.get, LEAD, lead.id).company


def test_a_refused_form_stays_open_with_what_was_typed(sign_in: SignIn) -> None:
    page = sign_in("leader", "/customers")
    page.get_by_role("button", name="New customer").click()
    form = page.get_by_role("dialog")
    form.get_by_label("Annual revenue").fill("a lot")
    form.get_by_role("button", name="Create customer").click()
    expect(form.get_by_text("“a lot” is not a number.")).to_be_visible()
    settle(page)  # until the script has run the boxes of the run before are there as well
    expect(form.get_by_label("Annual revenue")).to_have_value("a lot")


def test_a_form_that_was_escaped_stays_closed(sign_in: SignIn) -> None:
    page = sign_in("leader", "/leads?sort=name")
    page.get_by_role("button", name="New lead").click()
    form = page.get_by_role("dialog")
    expect(form).to_be_visible()
    settle(page)
    page.keyboard.press("Escape")
    expect(form).to_be_hidden()
    row_of(page, 1, 16)
    expect(page.get_by_text("1 selected")).to_be_visible()
    expect(form).to_be_hidden()


def test_two_selected_leads_are_set_at_once(sign_in: SignIn, server: Server) -> None:
    leads = [server.world.lead(name=f"Bulk {n}", company="Firm") for n in range(2)]
    page = sign_in("leader", "/leads?q=Bulk")
    row_of(page, 0, 16)
    expect(page.get_by_text("1 selected")).to_be_visible()
    row_of(page, 1, 16)
    expect(page.get_by_text("2 selected")).to_be_visible()
    page.get_by_role("button", name="Set a field").click()
    form = page.get_by_role("dialog")
    pick(form.get_by_role("combobox", name="Field"), page.get_by_role("option", name="Company", exact=True))
    form.get_by_label("Company *").fill("Same")
    form.get_by_label("Company *").press("Enter")
    expect(form.get_by_text("Changes 2 of 2.")).to_be_visible()
    form.get_by_role("button", name="Set for 2 records").click()
    expect(form).to_be_hidden()
    assert ["Same", "Same"] == [server.world.ask(records.get, LEAD, one.id).company for one in leads]


def test_a_status_given_to_several_is_taken_back_by_one_press(sign_in: SignIn, server: Server) -> None:
    leads = [server.world.lead(name=f"Undone {n}", owner_id=server.people["sales"].id) for n in (1, 2)]
    page = sign_in("sales", "/leads?q=Undone")
    for row in range(2):
        row_of(page, row, 16)
        expect(page.get_by_text(f"{row + 1} selected")).to_be_visible()
        settle(page)
    page.get_by_role("button", name="Change status").click()
    page.get_by_text("Qualified", exact=True).last.click()
    expect(page.get_by_text("2 records changed").first).to_be_visible()
    assert ["qualified"] * 2 == [server.world.ask(records.get, LEAD, one.id).status for one in leads]
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.get_by_text("2 records are as they were before")).to_be_visible()
    assert ["new"] * 2 == [server.world.ask(records.get, LEAD, one.id).status for one in leads]


def test_a_press_on_a_heading_sorts_all_pages_and_another_turns_it_round(sign_in: SignIn, server: Server) -> None:
    for number in range(1, 56):
        server.world.lead(name=f"Sorted {number:02}", source="tender", owner_id=server.people["sales"].id)
    page = sign_in("sales", "/leads?f.source=in:tender")
    table = page.get_by_test_id("stDataFrame").first
    expect(table).to_contain_text("Sorted 55")
    for address, first in (("sort=name", "Sorted 01"), ("sort=-name", "Sorted 55")):
        box = table.bounding_box()
        assert box is not None
        page.mouse.click(box["x"] + 100, box["y"] + _HEAD / 2)
        expect(page).to_have_url(re.compile(f"[?&]{address}(&|$)"))
        expect(table).to_contain_text(first)
        settle(page)
    expect(page.get_by_text("sorted by Full name, Z to A")).to_be_visible()
    row_of(page, 0, 16)
    expect(page.get_by_text("1 selected")).to_be_visible()


def test_a_cell_edited_in_the_list_is_saved(sign_in: SignIn, server: Server) -> None:
    lead = server.world.lead(name="Cellwise", company="Before")
    page = sign_in("leader", "/leads?q=Cellwise")
    page.get_by_role("button", name="More").click()
    page.get_by_role("button", name="Edit in list").click()
    expect(page.get_by_role("button", name="Save changes")).to_be_visible()
    settle(page)
    expect(page.get_by_test_id("stDataFrame")).to_have_count(1)
    editor = page.locator(".gdg-clip-region").locator("input, textarea").first
    for _ in range(10):  # the canvas is pressed in vain until it is drawn, and nothing says when that is
        row_of(page, 0, 40)  # the first press chooses the cell, the next opens it; a key would close what is open
        with contextlib.suppress(TimeoutError):
            editor.wait_for(state="visible", timeout=1_000)
            break
    editor.fill("Cellwise, renamed")
    editor.press("Enter")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("1 record changed")).to_be_visible()
    assert "Cellwise, renamed" == server.world.ask(records.get, LEAD, lead.id).name


def test_a_visit_is_logged_on_a_phone(sign_in: SignIn, server: Server) -> None:
    customer = server.world.customer(name="On the road")
    page = sign_in("leader", f"/customers?id={customer.id}")
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_placeholder("What happened?").fill("Met the owner")
    page.get_by_role("button", name="Log activity").click()
    expect(page.get_by_text("Met the owner").first).to_be_visible()
    expect(page.get_by_text("Activity logged")).to_be_visible()
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert 0 == overflow
    assert server.world.ask(records.get, CUSTOMER, customer.id).last_activity_at is not None


def test_import_and_export_are_reached_from_the_list(sign_in: SignIn) -> None:
    page = sign_in("leader", "/leads?q=Lead")
    for line, title in (("Import", "Import: Leads"), ("Export", "Export: Leads")):
        page.get_by_role("button", name="More").click()
        page.get_by_role("button", name=line, exact=True).click()
        expect(page.get_by_role("dialog").get_by_text(title)).to_be_visible()
        settle(page)  # what a run still draws would open a dialog again that is left before its end
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_be_hidden()

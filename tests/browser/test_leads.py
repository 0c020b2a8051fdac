"""A lead in a real browser: from what happened to a customer, and back again."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, expect

from services.customers import CUSTOMER
from services.kit import records
from services.kit.errors import NotFound
from services.leads import LEAD
from tests.browser.conftest import Server, pick

SignIn = Callable[..., Page]


def test_a_lead_is_converted_seen_as_a_customer_and_taken_back(sign_in: SignIn, server: Server) -> None:
    owner = server.people["sales"].id
    lead = server.world.lead(
        name="Ida Berg", company="Fjord Pumps AS", industry="Water", email="ida@fjord.example", owner_id=owner
    )
    page = sign_in("sales", f"/leads?id={lead.id}")
    page.get_by_placeholder("What happened?").fill("She wants a test cut")
    page.get_by_role("button", name="Log activity").click()
    expect(page.get_by_text("She wants a test cut")).to_be_visible()
    expect(page.get_by_text("Contacted", exact=True)).to_be_visible()
    page.get_by_role("button", name="Convert", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Customer “Fjord Pumps AS” is made.")).to_be_visible()
    expect(dialog.get_by_text("Industry: Water")).to_be_visible()
    expect(dialog.get_by_text("1 activity goes along.")).to_be_visible()
    dialog.get_by_role("button", name="Convert lead").click()
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="Fjord Pumps AS").click()
    expect(page).to_have_url(re.compile(r"/customers\?id=\d+"))
    expect(page.get_by_role("heading", name="Fjord Pumps AS")).to_be_visible()
    expect(page.get_by_text("She wants a test cut")).to_be_visible()
    made = server.world.ask(records.get, LEAD, lead.id).customer_id
    page.goto(f"/leads?id={lead.id}")
    page.get_by_role("button", name="Take back").click()
    expect(dialog.get_by_text("Customer “Fjord Pumps AS” goes to the recycle bin.")).to_be_visible()
    dialog.get_by_role("button", name="Take back").click()
    expect(page.get_by_role("button", name="Convert", exact=True)).to_be_visible()
    with pytest.raises(NotFound):
        server.world.ask(records.get, CUSTOMER, made)
    assert "contacted" == server.world.ask(records.get, LEAD, lead.id).status


def test_a_reminder_is_put_aside_until_tomorrow(sign_in: SignIn, server: Server) -> None:
    owner = server.people["sales_manager"].id
    server.world.lead(name="Jon", company="Remind Me", owner_id=owner, next_step_on=date.today() - timedelta(days=1))  # noqa: DTZ011 - the server runs by the real clock
    page = sign_in("sales_manager", "/")
    row = page.get_by_role("button", name="Remind Me · Jon")
    expect(row).to_be_visible()
    page.get_by_role("button", name="Later").first.click()
    page.get_by_text("Remind me tomorrow").click()
    expect(row).to_be_hidden()


def test_the_status_of_a_lead_changes_in_one_press_and_giving_up_asks_why(sign_in: SignIn, server: Server) -> None:
    lead = server.world.lead(name="Quick Change", owner_id=server.people["sales"].id)
    page = sign_in("sales", f"/leads?id={lead.id}")
    page.get_by_role("button", name="Change status").click()
    page.get_by_text("Qualified", exact=True).click()
    expect(page.get_by_text("1 record changed").first).to_be_visible()
    page.get_by_role("button", name="Change status").click()
    page.get_by_text("Unqualified", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Give up")).to_be_disabled()
    pick(dialog.get_by_role("combobox"), page.get_by_role("option", name="No budget"))
    dialog.get_by_role("button", name="Give up").click()
    expect(dialog).to_be_hidden()
    now = server.world.ask(records.get, LEAD, lead.id)
    assert ("unqualified", "no_budget") == (now.status, now.unqualified_reason)

"""The page of a customer in a browser: one box by keyboard, an address that can be shared, back and reload."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from services import activities
from services.customers import CUSTOMER
from services.kit import records
from tests.browser.conftest import Server, settle


def made(server: Server, name: str) -> Any:
    """Make a customer of the seller's."""
    return server.world.customer(name=name, owner_id=server.people["sales"].id)


def test_what_happened_and_what_is_next_are_written_in_one_box_by_keyboard(
    server: Server, sign_in: Callable[..., Page]
) -> None:
    customer = made(server, "Box Works 盒子厂")
    page = sign_in("sales", f"/customers?id={customer.id}")
    box = page.get_by_role("textbox", name="What happened")
    box.fill("Met the owner")
    page.get_by_text("Tomorrow", exact=True).click()
    page.get_by_role("textbox", name="Next step", exact=True).fill("Send the quote")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Activity logged")).to_be_visible()
    settle(page)
    expect(page.get_by_text("Met the owner")).to_be_visible()
    expect(page.get_by_text("tomorrow").first).to_be_visible()
    expect(page.get_by_role("textbox", name="What happened")).to_have_value("")
    saved = server.world.ask(records.get, CUSTOMER, customer.id)
    assert "Send the quote" == saved.next_step
    assert ["Met the owner"] == list(server.world.ask(activities.timeline, customer_id=customer.id)["summary"])


def test_what_is_typed_into_the_box_survives_a_reload_until_it_is_saved(
    server: Server, sign_in: Callable[..., Page]
) -> None:
    customer = server.world.customer(name="Draft Works", owner_id=server.people["sales"].id)
    page = sign_in("sales", f"/customers?id={customer.id}")
    box, step = page.get_by_placeholder("What happened?"), page.get_by_placeholder("What is next?")
    box.press_sequentially("They want a second line")
    step.press_sequentially("Send the layout")
    page.reload()
    expect(box).to_have_value("They want a second line")
    expect(step).to_have_value("Send the layout")
    settle(page)
    page.get_by_text("Tomorrow", exact=True).click()
    page.get_by_role("button", name="Log activity").click()
    expect(page.get_by_text("Activity logged")).to_be_visible()
    expect(box).to_have_value("")
    assert ["They want a second line"] == list(
        server.world.ask(activities.timeline, customer_id=customer.id)["summary"]
    )
    page.reload()
    expect(page.get_by_text("They want a second line")).to_be_visible()
    settle(page)
    expect(box).to_have_value("")


def test_what_is_typed_is_not_left_to_whoever_signs_in_next(server: Server, sign_in: Callable[..., Page]) -> None:
    customer = server.world.customer(name="Draft Left", owner_id=server.people["sales"].id)
    page = sign_in("sales", f"/customers?id={customer.id}")
    page.get_by_placeholder("What happened?").press_sequentially("Not for others")
    assert page.evaluate("Object.values(sessionStorage).join()").count("Not for others")
    page.context.clear_cookies()
    page.reload()
    page.get_by_test_id("stFormSubmitButton").wait_for()
    settle(page)
    page.wait_for_function("!Object.values(sessionStorage).join().includes('Not for others')")


def test_a_tab_is_an_address_that_survives_reload_and_back(server: Server, sign_in: Callable[..., Page]) -> None:
    customer = made(server, "Deep Works 深链厂")
    server.world.opportunity(customer_id=customer.id, name="Deep chance", owner_id=server.people["sales"].id)
    page = sign_in("sales", f"/customers?id={customer.id}&tab=history")
    chosen = page.get_by_role("radio", name="History")
    expect(chosen).to_be_checked()
    page.get_by_role("radio", name="Opportunities 1").click()
    settle(page)
    expect(page).to_have_url(f"{server.url}/customers?id={customer.id}&tab=opportunity")
    page.reload()
    settle(page)
    expect(page.get_by_role("radio", name="Opportunities 1")).to_be_checked()
    expect(page.get_by_role("heading", name="Deep Works 深链厂")).to_be_visible()
    page.get_by_role("button", name="Customers", exact=True).click()
    settle(page)
    expect(page.get_by_role("heading", name="Customers")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Deep Works 深链厂")).to_be_visible()
    expect(page).to_have_url(f"{server.url}/customers?id={customer.id}&tab=opportunity")


def test_a_state_leads_to_its_tab(server: Server, sign_in: Callable[..., Page]) -> None:
    customer = made(server, "State Works 状态厂")
    page = sign_in("sales", f"/customers?id={customer.id}")
    page.get_by_role("button", name="No record").click()
    settle(page)
    expect(page.get_by_text("No instalments yet")).to_be_visible()
    expect(page).to_have_url(f"{server.url}/customers?id={customer.id}&tab=collections")


def test_what_is_typed_into_the_box_of_a_list_survives_a_reload_until_it_is_saved(
    server: Server, sign_in: Callable[..., Page]
) -> None:
    customer = made(server, "Listed Draft Works")
    page = sign_in("sales", "/opportunities")
    opportunity = server.world.opportunity(
        customer_id=customer.id, name="Draft chance", owner_id=server.people["sales"].id
    )
    page.goto(f"{server.url}/opportunities?id={opportunity.id}")
    page.get_by_role("button", name="Log activity").click()
    dialog = page.get_by_role("dialog")
    box = dialog.get_by_placeholder("What happened?")
    box.press_sequentially("They want a second line")
    page.reload()
    settle(page)
    page.get_by_role("button", name="Log activity").click()
    expect(box).to_have_value("They want a second line")
    dialog.get_by_role("button", name="Log activity").click()
    expect(page.get_by_text("Activity logged")).to_be_visible()
    said = server.world.ask(activities.timeline, opportunity_id=opportunity.id)["summary"]
    assert ["They want a second line"] == list(said)
    page.reload()
    settle(page)
    page.get_by_role("button", name="Log activity").click()
    expect(box).to_have_value("")

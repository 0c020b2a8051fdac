"""The power map edited and seen: a person put on it, joined, opened from the picture; in the dark, on a phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from services import power_map
from services.power_map import steps
from tests.browser.conftest import Server, settle

SignIn = Callable[..., Page]


@pytest.fixture
def customer(server: Server) -> Any:
    """Return a customer of the seller with two people who know each other."""
    world = server.world
    made = world.customer(name="Turbine Works 汽轮机", owner_id=server.people["sales"].id)
    boss = world.contact(made, name="Boss Wang 王总", role="decider", influence=5, attitude="-1", coverage="brief")
    world.contact(made, name="Engineer Li 李工", role="evaluator", influence=4, attitude="2", reports_to_id=boss.id)
    return made


def picture(page: Page) -> Locator:
    """Return the drawn map."""
    return page.locator(".st-key-power_map_picture [data-testid=stVegaLiteChart]")


def names(page: Page) -> list[str]:
    """Return the words of the picture, once it is drawn."""
    expect(picture(page).locator("svg text", has_text="Boss Wang").first).to_be_visible()
    return [one for one in picture(page).locator("svg text").all_text_contents() if one]


def choose(page: Page, name: str, value: str) -> None:
    """Choose in a picker of the open dialog by typing."""
    box = page.get_by_role("dialog").get_by_role("combobox", name=name, exact=True)
    settle(page)  # a run of the script that comes between closes the list again
    box.click()
    box.fill(value)
    page.get_by_role("option", name=value).first.click()


def test_a_person_is_put_on_the_map_joined_and_seen_and_a_card_opens(
    sign_in: SignIn, server: Server, customer: Any
) -> None:
    page = sign_in("sales", f"/customers?id={customer.id}&tab=map")
    expect(picture(page).locator("svg")).to_be_visible()
    assert {"Boss Wang 王总", "Engineer Li 李工", "−", "++"} <= set(names(page))
    expect(page.get_by_text("influential and for us, but without the last word").last).to_be_visible()

    page.get_by_role("button", name="New contact").click()
    page.get_by_role("dialog").get_by_label("Full name *").fill("Buyer Zhao 赵购")
    choose(page, "Reports to", "Boss Wang")
    page.get_by_role("dialog").get_by_role("button", name="Create contact").click()
    expect(page.get_by_text("Contact created")).to_be_visible()
    settle(page)
    expect(picture(page).locator("svg text", has_text="Buyer Zhao 赵购")).to_be_visible()

    page.get_by_role("button", name="Add influence").click()
    choose(page, "Who", "Engineer Li")
    choose(page, "Whom", "Boss Wang")
    settle(page)
    page.get_by_role("dialog").get_by_role("button", name="Add influence").click()
    expect(page.get_by_text("Influence added")).to_be_visible()
    assert 1 == len(server.world.ask(power_map.power_map, customer.id).edges)

    settle(page)
    picture(page).locator("svg text", has_text="Engineer Li 李工").scroll_into_view_if_needed()
    place = picture(page).locator("svg text", has_text="Engineer Li 李工").bounding_box()
    assert place is not None
    page.mouse.click(place["x"] + 20, place["y"] + place["height"] / 2)
    card = page.get_by_role("dialog")
    expect(card.get_by_label("Full name *")).to_have_value("Engineer Li 李工")
    settle(page)
    page.keyboard.press("Escape")

    page.get_by_role("button", name="Plan it").first.click()
    expect(page.get_by_text("Planned: yours, due in two weeks")).to_be_visible()
    assert 1 == len(server.world.ask(power_map.power_map, customer.id).steps)


def test_the_map_for_a_meeting_in_the_dark(sign_in: SignIn, customer: Any, page: Page) -> None:
    page.emulate_media(color_scheme="dark")
    opened = sign_in("leader", f"/contacts?map={customer.id}")
    expect(picture(opened).locator("svg")).to_be_visible()
    assert {"Boss Wang 王总", "Engineer Li 李工"} <= set(names(opened))
    large = picture(opened).locator("svg text", has_text="Boss Wang").bounding_box()
    assert large is not None
    assert large["height"] > 18


def test_on_a_phone_the_picture_moves_within_its_own_frame(sign_in: SignIn, server: Server, customer: Any) -> None:
    server.world.do(steps.take_on, customer.id, "single", what="Meet somebody", owner_id=server.people["sales"].id)
    page = sign_in("sales", f"/customers?id={customer.id}&tab=map")
    page.set_viewport_size({"width": 390, "height": 844})
    page.reload()
    settle(page)
    expect(picture(page).locator("svg")).to_be_visible()
    frame = page.locator(".st-key-power_map_picture")
    inner, outer = frame.evaluate("one => [one.scrollWidth, one.clientWidth]")
    assert inner > outer > 300
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    expect(page.get_by_role("button", name="New contact")).to_be_visible()

"""The public pool in real browsers: two people claim the same customers at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import select

from db.models import Customer, OwnerChange
from services.kit.unit_of_work import UnitOfWork
from tests.browser.conftest import PASSWORD, SECONDS, Server, fill, settle

_HEAD, _ROW = 33, 33
CUSTOMERS = 3


@pytest.fixture
def other(browser: Browser, server: Server) -> Iterator[BrowserContext]:
    """Return a second browser that knows nothing of the first."""
    opened = browser.new_context(base_url=server.url, locale="en-US", viewport={"width": 1440, "height": 900})
    opened.set_default_timeout(SECONDS * 1000)
    yield opened
    opened.close()


def enter(page: Page, login: str, address: str) -> Page:
    page.goto(address)
    fill(page, login, PASSWORD)
    page.get_by_test_id("stSidebarNav").wait_for()
    settle(page)
    return page


def tick(page: Page, rows: int) -> None:
    """Tick the first rows of the list, which is a canvas; the buttons that come move it."""
    for row in range(rows):
        box = page.get_by_test_id("stDataFrame").first.bounding_box()
        assert box is not None
        page.mouse.click(box["x"] + 16, box["y"] + _HEAD + _ROW * row + _ROW // 2)
        words = "Claim" if row == 0 else f"Claim {row + 1}"
        expect(page.get_by_role("button", name=words, exact=True)).to_be_visible()
        settle(page)


def winners(server: Server, ids: list[int]) -> dict[int, int | None]:
    def found(uow: UnitOfWork) -> dict[int, int | None]:
        rows = uow.session.execute(select(Customer.id, Customer.owner_id).where(Customer.id.in_(ids)))
        return {row.id: row.owner_id for row in rows}

    return server.world.ask(found)


def test_two_browsers_claim_the_same_customers_and_each_has_one_winner(
    sign_in: Callable[..., Page], other: BrowserContext, server: Server
) -> None:
    world = server.world
    ids = [world.customer(name=f"Claimed {number} 领取").id for number in range(CUSTOMERS)]
    seller, manager = server.people["sales"], server.people["sales_manager"]
    first = sign_in("sales", "/pool?pool_customer.q=Claimed")
    second = enter(other.new_page(), "sales_manager", "/pool?pool_customer.q=Claimed")
    for page in (first, second):
        expect(page.get_by_text(f"{CUSTOMERS} customers")).to_be_visible()
        tick(page, CUSTOMERS)
    # Neither waits for the other: both presses are on their way before either is answered.
    for page in (first, second):
        page.get_by_role("button", name=f"Claim {CUSTOMERS}").click(no_wait_after=True)
    for page in (first, second):
        told = page.get_by_text("are yours now").or_(page.get_by_role("dialog"))
        expect(told.first).to_be_visible()
    owners = winners(server, ids)
    assert set(owners.values()) <= {seller.id, manager.id}
    assert CUSTOMERS == len(owners)

    def history(uow: UnitOfWork) -> list[Any]:
        return list(
            uow.session.scalars(
                select(OwnerChange.record_id).where(OwnerChange.record_id.in_(ids), OwnerChange.kind == "claimed")
            )
        )

    assert sorted(ids) == sorted(world.ask(history)), "each was claimed once"
    lost = [page for page, who in ((first, seller), (second, manager)) if who.id not in owners.values()]
    for page in lost:
        winner = manager if page is first else seller
        page.get_by_role("dialog").wait_for()
        canvas = page.get_by_role("dialog").get_by_test_id("stDataFrame")
        expect(canvas).to_contain_text(f"{winner.name} was first and has it now.")


def test_a_hidden_telephone_number_never_reaches_the_browser_of_who_may_not_see_it(
    sign_in: Callable[..., Page], server: Server
) -> None:
    from services import pools
    from services.kit import owners

    world = server.world
    customer = world.customer(name="Hidden number 隐藏", phone="+86 139 5555 7777")
    pool_id = world.do(owners.first_pool, "customer")
    world.do(pools.save, pool_id, {"name": "Public pool"}, hidden=["phone"])
    seen: list[str] = []
    page = sign_in("sales", "/")
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: seen.append(str(frame))))
    page.goto(f"/customers?id={customer.id}")
    expect(page.get_by_role("heading", name="Hidden number")).to_be_visible()
    settle(page)
    assert any("Hidden number" in frame for frame in seen)
    assert not any("5555 7777" in frame for frame in seen)

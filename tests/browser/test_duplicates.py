"""Who may be there already, told while one types; in both languages."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from db.models import User
from services.customers import CUSTOMER
from services.kit import query
from services.kit.query import Query
from services.kit.unit_of_work import UnitOfWork
from services.leads import LEAD
from tests.browser.conftest import Server, settle

SignIn = Callable[..., Page]


@pytest.fixture
def in_chinese(server: Server) -> Iterator[None]:
    """Let the seller's screen speak Chinese for one test."""
    seller = server.people["sales"].id

    def speak(uow: UnitOfWork, language: str) -> None:
        uow.session.execute(update(User).where(User.id == seller).values(language=language))

    server.world.do(speak, "zh_CN")
    yield
    server.world.do(speak, "en")


def _count(server: Server, search: str) -> int:
    return int(server.world.ask(query.count, CUSTOMER, Query(search=search)))


def test_while_one_types_a_customer_one_is_told_who_is_there_and_may_go_on(sign_in: SignIn, server: Server) -> None:
    owner = server.people["sales"]
    there = server.world.customer(name="Kestrel Foundry GmbH", owner_id=owner.id)
    page = sign_in("sales", "/customers")
    page.get_by_role("button", name="New customer").click()
    form = page.get_by_role("dialog")
    name = form.get_by_label("Name *", exact=True)
    name.press_sequentially("KESTREL foundry")
    name.press("Tab")
    warning = form.get_by_role("alert")
    expect(warning).to_contain_text("This may be there already:")
    expect(warning).to_contain_text(owner.name)
    expect(warning.get_by_role("link", name="Kestrel Foundry GmbH")).to_have_attribute(
        "href", f"/customers?id={there.id}"
    )
    assert 1 == _count(server, "Kestrel"), "typing writes nothing"

    name.fill("Kestrel Bakery")
    name.press("Tab")
    expect(form.get_by_role("button", name="Create customer")).to_be_visible()
    expect(warning).to_have_count(0)
    name.fill("Kestrel Foundry")
    name.press("Tab")
    form.get_by_role("button", name="Save anyway").click()
    expect(form).to_be_hidden()
    assert 2 == _count(server, "Kestrel")


@pytest.mark.usefixtures("in_chinese")
def test_a_seller_who_reads_chinese_enters_a_lead_and_makes_it_a_customer(sign_in: SignIn, server: Server) -> None:
    server.world.customer(name="杭州青岚机械有限公司", owner_id=server.people["sales"].id)
    page = sign_in("sales", "/leads")
    expect(page.get_by_role("heading", name="线索")).to_be_visible()
    page.get_by_role("button", name="新建线索").click()
    form = page.get_by_role("dialog")
    form.get_by_label("姓名 *").fill("苏梅")
    form.get_by_label("公司 *").fill("青岚機械")
    form.get_by_label("公司 *").press("Tab")
    warning = form.get_by_role("alert")
    expect(warning).to_contain_text("杭州青岚机械有限公司")
    form.get_by_label("公司 *").fill("青屿机械")
    form.get_by_label("公司 *").press("Tab")
    expect(warning).to_have_count(0)
    form.get_by_role("button", name="新建线索").click()
    expect(form).to_be_hidden()
    (lead_id,) = server.world.ask(query.frame, LEAD, Query(search="苏梅")).index

    page.goto(f"/leads?id={lead_id}")
    page.get_by_role("button", name="转化", exact=True).click()
    expect(form.get_by_text("将新建客户“青屿机械”")).to_be_visible()
    form.get_by_role("button", name="转化线索").click()
    expect(form).to_be_hidden()
    settle(page)
    assert ["青屿机械"] == list(server.world.ask(query.frame, CUSTOMER, Query(search="青屿"))["name"])

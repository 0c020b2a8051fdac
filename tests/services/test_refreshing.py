"""What is kept beside the records is made anew where its making has changed, in portions, and once."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from db import normal, search
from db.models import Contact, Customer, Lead
from services import company, refreshing
from services.contacts import CONTACT
from services.customers import CUSTOMER
from services.kit import records
from services.kit.unit_of_work import UnitOfWork
from services.leads import LEAD
from tests.factories import World


def _old(uow: UnitOfWork) -> None:
    """Leave the records as a version without normal forms has stored them."""
    for model, names in ((Customer, ("name_block", "phone_key")), (Lead, ("company_key",)), (Contact, ("email_key",))):
        uow.session.execute(
            update(model)
            .values({**dict.fromkeys(names), "search_tokens": ""})
            .execution_options(synchronize_session=False)
        )


def test_rows_of_an_older_version_get_their_forms_and_search_words(world: World) -> None:
    customer = world.customer(name="深圳市华为技术有限公司", phone="0755 2878 0808")
    lead = world.lead(company="Acme Ltd")
    contact = world.contact(customer, email="Ann@Acme.com")
    world.do(_old)
    assert 3 == refreshing.refresh(world.database)
    found = world.ask(records.get, CUSTOMER, customer.id)
    assert ("华为技术|深圳", "huawei", "+8675528780808") == (found.name_key, found.name_block, found.phone_key)
    assert search.tokens(customer.name, None, customer.phone, None) == found.search_tokens
    assert "acme" == world.ask(records.get, LEAD, lead.id).company_key
    assert "ann@acme.com" == world.ask(records.get, CONTACT, contact.id).email_key


def test_nobody_has_changed_these_records(world: World) -> None:
    customer = world.customer(name="Acme")
    world.do(_old)
    refreshing.refresh(world.database)
    found = world.ask(records.get, CUSTOMER, customer.id)
    assert (1, customer.updated_at) == (found.version, found.updated_at)
    assert ["create"] == [one["action"] for one in world.ask(records.history, CUSTOMER, customer.id)]


def test_it_is_done_once(world: World) -> None:
    world.customer()
    refreshing.refresh(world.database)
    world.do(_old)
    assert 0 == refreshing.refresh(world.database)


def test_a_newer_code_does_it_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.customer()
    refreshing.refresh(world.database)
    world.do(_old)
    monkeypatch.setattr(normal, "VERSION", normal.VERSION + 1)
    assert 1 == refreshing.refresh(world.database)


def test_it_goes_on_where_it_was_stopped(world: World) -> None:
    for _ in range(5):
        world.customer(phone="13800138000")
    world.do(_old)
    portions = [world.do(refreshing.refresh_portion, portion=2) for _ in range(2)]
    assert refreshing.version() != world.ask(company.get, refreshing.MARKER)["version"]
    rest = refreshing.refresh(world.database)
    assert 5 == sum(portions) + rest
    assert refreshing.version() == world.ask(company.get, refreshing.MARKER)["version"]

"""The check at entry: who is there already, why, and whose; told to anybody, shown to those who may see it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event, select

from db.company_names import CompanyName, company_parts
from db.models import Customer
from services import duplicates, leads
from services.customers import CUSTOMER
from services.duplicates import PERHAPS, SAME, Hit, entry
from services.kit.actor import Actor
from services.kit.errors import Forbidden
from services.kit.unit_of_work import UnitOfWork
from tests.factories import World


def _look(world: World, entity: str, by: Actor | None = None, **given: Any) -> list[Hit]:
    settings = {name: given.pop(name) for name in ("but", "limit") if name in given}
    who = {"by": by} if by else {}
    found: list[Hit] = world.ask(duplicates.look, given, entity=entity, **who, **settings)
    return found


def _said(hits: list[Hit]) -> list[tuple[str, int | None, str, tuple[str, ...]]]:
    return [(hit.entity, hit.id, hit.tier, hit.codes) for hit in hits]


@pytest.mark.parametrize(
    ("typed", "tier", "codes"),
    [
        ({"name": "華為技術（深圳）"}, SAME, ("name",)),
        ({"name": "华为技术"}, PERHAPS, ("name_but_place_or_group",)),
        ({"name": "深圳市华维技术有限公司"}, PERHAPS, ("sound",)),
        ({"name": "深圳华为能源"}, PERHAPS, ("trade_name",)),
        ({"name": "Other", "phone": "0755 28780808"}, SAME, ("phone",)),
        ({"name": "Other", "tax_number": "9144 0300 2792 22006-X"}, SAME, ("tax_number",)),
        ({"name": "Other", "website": "http://huawei.com/en"}, PERHAPS, ("domain",)),
    ],
)
def test_a_customer_is_found_by_each_of_its_forms(
    world: World, typed: dict[str, str], tier: str, codes: tuple[str, ...]
) -> None:
    known = world.customer(
        name="深圳市华为技术有限公司",
        phone="+86-755-2878-0808",
        website="www.huawei.com",
        tax_number="91440300279222006X",
    )
    for number in range(3):
        world.customer(name=f"北京雪豹{number}号贸易有限公司", phone=f"1390000000{number}")
    assert [("customer", known.id, tier, codes)] == _said(_look(world, "customer", **typed))


def test_a_lead_is_looked_up_among_leads_customers_and_contacts(world: World) -> None:
    customer = world.customer(name="Acme Ltd")
    contact = world.contact(customer, name="Ann Li", email="ann@acme.com")
    lead = world.lead(name="Ann Li", company="Acme", email="Ann@acme.com")
    colleague = world.lead(name="Bob Wu", company="ACME Inc.")
    hits = _look(world, "lead", name="Li Ann", company="Acme GmbH", email="ann@acme.com")
    assert {
        ("customer", customer.id, SAME),
        ("contact", contact.id, SAME),
        ("lead", lead.id, SAME),
        ("lead", colleague.id, PERHAPS),
    } == {(hit.entity, hit.id, hit.tier) for hit in hits}
    (best,) = [hit for hit in hits if hit.id == lead.id and hit.entity == "lead"]
    assert {"name", "person", "email", "domain"} == set(best.codes)
    assert "Same e-mail" in best.reasons


def test_who_changes_a_record_is_not_told_of_that_very_record(world: World) -> None:
    customer = world.customer(name="Acme")
    assert [] == _look(world, "customer", name="Acme Ltd", but=customer.id)


def test_what_lies_in_the_bin_or_was_converted_is_no_duplicate(world: World) -> None:
    customer = world.customer(name="Acme")
    world.do(CUSTOMER.verb("delete"), customer.id)
    lead = world.lead(company="Bcme")
    world.do(leads.convert, lead.id)
    assert ["customer"] == [hit.entity for hit in _look(world, "lead", company="Bcme")]
    assert [] == _look(world, "customer", name="Acme")


def test_out_of_scope_one_is_told_that_it_exists_whose_it_is_and_why(world: World) -> None:
    ann, bob = world.actor(name="Ann"), world.actor()
    customer = world.customer(by=ann, name="Acme", phone="13800138000")
    world.contact(customer, name="Cai", email="cai@acme.com")
    hits = _look(world, "lead", by=bob, name="Cai", company="Acme Ltd", email="cai@acme.com", phone="138 0013 8000")
    assert {("customer", None, None, None, "Ann"), ("contact", None, None, None, "Ann")} == {
        (hit.entity, hit.id, hit.title, hit.company, hit.owner) for hit in hits
    }
    assert all(hit.is_masked for hit in hits)
    assert {("name", "phone"), ("email",)} == {hit.codes for hit in hits}


def test_the_public_pool_is_looked_through_too(world: World) -> None:
    pooled = world.customer(name="Acme")
    (hit,) = _look(world, "customer", by=world.actor(), name="ACME")
    assert (pooled.id, "Acme", None) == (hit.id, hit.title, hit.owner)


def test_at_most_a_handful_and_the_surest_first(world: World) -> None:
    for number in range(9):
        world.customer(name=f"Acme {chr(97 + number)}")
    known = world.customer(name="Acme k")
    hits = _look(world, "customer", name="Acme K Ltd")
    assert duplicates.MOST >= len(hits)
    assert (known.id, SAME) == (hits[0].id, hits[0].tier)


def test_nothing_typed_finds_nothing(world: World) -> None:
    world.customer(name="Acme")
    assert [] == _look(world, "customer")
    assert [] == _look(world, "customer", name="  ", phone="无", tax_number=None)


def test_who_may_not_read_customers_may_not_ask(world: World) -> None:
    with pytest.raises(Forbidden):
        _look(world, "customer", by=Actor(user_id=None, name="nobody", role="none"), name="Acme")


def test_one_query_finds_and_one_a_table_says_what_may_be_seen(world: World) -> None:
    owner = world.actor(team_id=world.team().id)
    world.contact(world.customer(by=owner, name="Acme"), by=owner, name="Ann", phone="13800138000")
    said: list[str] = []
    event.listen(world.database.engine, "before_cursor_execute", lambda *told: said.append(told[2][:6]))
    entered = {"name": "Ann", "company": "Acme", "phone": "13800138000"}
    for by, asked in ((world.actor("leader"), 1), (world.actor("sales"), 3)):
        said.clear()
        assert [] == _look(world, "customer", by=by, name="Nobody at all")
        assert 1 == said.count("SELECT")
        said.clear()
        hits = _look(world, "lead", by=by, **entered)
        assert [("contact", by.role == "sales"), ("customer", by.role == "sales")] == sorted(
            (hit.entity, hit.is_masked) for hit in hits
        )
        assert asked == len([one for one in said if one == "SELECT"]) - bool(by.looks_into_pools)


def test_neighbours_are_the_next_names_of_the_same_block_and_of_no_other(world: World) -> None:
    for number in range(24):
        place = chr(0x4E00 + number * 7)
        for name in (f"华为{place}技术", f"华泰{place}技术", f"Zebra {place} tools"):
            world.customer(name=f"{name}有限公司")

    def both(uow: UnitOfWork, company: CompanyName) -> tuple[list[str], list[str]]:
        facts = {"company_key": company.key, "company_block": company.block}
        rows = uow.session.execute(entry._statement(("customer",), "near", ()), facts)
        key, of_block = Customer.name_key, select(Customer.name_key).where(Customer.name_block == company.block)
        above = of_block.where(key >= company.key).order_by(key).limit(entry._NEIGHBOURS)
        below = of_block.where(key < company.key).order_by(key.desc()).limit(entry._NEIGHBOURS)
        plain = [*uow.session.execute(above).scalars(), *uow.session.execute(below).scalars()]
        return sorted(plain), sorted(row.firm for row in rows)

    found = []
    for entered in ("华为海洋", "华为一", "华为乔", "华泰龙", "Zebra one", "Aardvark", "做梦"):
        expected, met = world.ask(both, company_parts(entered))
        assert expected == met
        found.append(len(met))
    assert (16, 0) == (max(found), min(found))


def test_numbers_in_a_block_are_looked_at_on_both_sides_of_the_name(world: World) -> None:
    for number in range(40):
        world.customer(name=f"华为{chr(0x4E00 + number * 7)}技术有限公司")
    known = world.customer(name="上海华为海洋有限公司")
    hits = _look(world, "customer", name="华为海洋")
    assert known.id in [hit.id for hit in hits]


def test_a_check_by_name_phone_and_tax_number_is_short_enough_to_be_known_again(world: World) -> None:
    said: list[int] = []
    event.listen(world.database.engine, "before_cursor_execute", lambda *told: said.append(len(told[2])))
    _look(world, "customer", name="上海华为海洋有限公司", phone="138 0013 8000", tax_number="91440300708461136T")
    assert 4_096 >= max(said)  # what psycopg keeps (psycopg/_queries.py)

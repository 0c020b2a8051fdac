"""What customers promise: their compared names, their twins, and the counts on their page."""

from __future__ import annotations

import pytest

from services import customers
from services.customers import CUSTOMER
from services.kit import records
from tests.factories import World


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("华为技术有限公司", "华为技术"),
        ("华为（集团）股份有限公司", "华为"),
        ("ＡＢＣ Co., Ltd.", "abc"),
        ("ABC Company Limited", "A.B.C."),
        ("Müller G.m.b.H.", "MÜLLER GmbH"),
        ("上海 联影 医疗科技股份有限公司", "上海联影医疗科技"),
    ],
)
def test_legal_form_width_case_and_punctuation_make_no_other_company(world: World, one: str, other: str) -> None:
    first = world.customer(name=one)
    assert [first.id] == [twin.customer_id for twin in world.ask(customers.twins, other)]


def test_a_name_of_nothing_but_legal_forms_keeps_them(world: World) -> None:
    world.customer(name="有限公司")
    assert [] == world.ask(customers.twins, "集团")


def test_a_renamed_customer_is_a_twin_of_its_new_name_only(world: World) -> None:
    customer = world.customer(name="Old Works Ltd")
    world.do(CUSTOMER.verb("update"), customer.id, {"name": "New Works Ltd"})
    assert [] == world.ask(customers.twins, "Old Works")
    assert [customer.id] == [twin.customer_id for twin in world.ask(customers.twins, "new works")]


def test_bulk_rows_get_their_compared_name_too(world: World) -> None:
    world.do(records.bulk_insert, CUSTOMER, [{"name": "Bulk Inc.", "currency": "CNY"}], because="test")
    assert 1 == len(world.ask(customers.twins, "BULK"))


def test_prepare_adds_the_compared_name() -> None:
    assert {"name": "Acme Inc.", "name_key": "acme", "name_block": "acm"} == customers.prepare({"name": "Acme Inc."})


def test_a_twin_out_of_scope_is_masked_but_says_whom_to_ask(world: World) -> None:
    ann, bob = world.actor(name="Ann"), world.actor()
    world.customer(by=ann, name="Acme")
    (twin,) = world.ask(customers.twins, "ACME Ltd", by=bob)
    assert (None, None, "Ann", True) == (twin.customer_id, twin.name, twin.owner, twin.is_masked)


def test_a_deleted_customer_is_nobodys_twin(world: World) -> None:
    customer = world.customer(name="Gone")
    world.do(CUSTOMER.verb("delete"), customer.id)
    assert [] == world.ask(customers.twins, "Gone")

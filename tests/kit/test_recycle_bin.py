"""What the recycle bin promises: what went together comes back together, and nothing stays live below what is gone."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select

from db.models import Contact, Customer
from services import merging
from services.collections import INSTALMENT, instalments
from services.contacts import CONTACT
from services.contracts import CONTRACT
from services.customers import CUSTOMER
from services.kit import bulk, query, records, recycle_bin
from services.kit.entity import Entity
from services.kit.errors import Invalid, Refusal
from services.kit.undo import undo
from services.kit.unit_of_work import UnitOfWork
from tests.factories import World
from tests.races import at_once


def gone(world: World, entity: Entity, **asked: Any) -> list[tuple[str, str | None, dict[str, int]]]:
    found = world.ask(recycle_bin.in_bin, entity, **asked)
    return [(one.title, one.by, dict(one.below)) for one in found]


def test_it_says_what_lies_there_who_put_it_there_and_what_went_along(world: World) -> None:
    chief = world.actor("leader", name="Lea")
    customer = world.customer(name="Acme")
    for name in ("Ann", "Bo"):
        world.contact(customer, name=name)
    world.contract(customer)
    world.do(CUSTOMER.verb("delete"), customer.id, by=chief)
    assert [("Acme", "Lea", {"contact": 2, "contract": 1})] == gone(world, CUSTOMER)
    # People who went with their company come back with it, not by themselves.
    assert [] == gone(world, CONTACT)
    assert {"customer": 1} == {key: count for key, count in world.ask(recycle_bin.counts).items() if count}


def test_what_went_before_its_company_stays_in_the_bin_when_that_comes_back(world: World) -> None:
    customer = world.customer()
    first, second = world.contact(customer, name="Ann"), world.contact(customer, name="Bo")
    world.do(CONTACT.verb("delete"), second.id)
    world.do(CUSTOMER.verb("delete"), customer.id)
    assert 1 == world.do(bulk.restore, CUSTOMER, [customer.id])
    assert [first.id] == list(world.ask(query.frame, CONTACT).index)
    assert ["Bo"] == [title for title, _by, _below in gone(world, CONTACT)]


def test_it_is_searched_by_part_of_the_name(world: World) -> None:
    for name in ("Acme 100%", "Bolt", "华为技术"):
        world.do(CUSTOMER.verb("delete"), world.customer(name=name).id)
    assert ["Acme 100%"] == [title for title, *_ in gone(world, CUSTOMER, search="0%")]
    assert ["华为技术"] == [title for title, *_ in gone(world, CUSTOMER, search="技")]
    assert [] == gone(world, CUSTOMER, search="_")


def test_nobody_sees_or_brings_back_what_they_do_not_reach(world: World) -> None:
    team = world.team()
    manager = world.actor("sales_manager", team_id=team.id)
    far = world.customer(name="Far", owner_id=world.user().id)
    world.do(CUSTOMER.verb("delete"), far.id)
    assert [] == world.ask(recycle_bin.in_bin, CUSTOMER, by=manager)
    assert 0 == world.ask(recycle_bin.counts, by=manager)["customer"]
    with pytest.raises(Refusal):
        world.do(bulk.restore, CUSTOMER, [far.id], by=manager)


def test_of_several_all_come_back_or_none_and_the_one_that_cannot_is_named(world: World) -> None:
    names = {name: world.customer(name=name, code=name) for name in ("Acme", "Bolt")}
    for one in names.values():
        world.do(CUSTOMER.verb("delete"), one.id)
    world.customer(name="New", code="Bolt")
    with pytest.raises(Refusal, match="“Bolt”: This is taken already"):
        world.do(bulk.restore, CUSTOMER, [one.id for one in names.values()])
    assert 2 == len(gone(world, CUSTOMER))


def test_what_was_merged_comes_back_by_undoing_the_merge_alone(world: World) -> None:
    keep, other = world.customer(), world.customer()
    merged = world.do(merging.merge, CUSTOMER, keep.id, [other.id])
    assert [] == gone(world, CUSTOMER)
    with pytest.raises(Refusal, match="Undo the merge instead"):
        world.do(records.restore, CUSTOMER, other.id)
    world.do(undo, merged.reference)
    assert 2 == world.ask(query.count, CUSTOMER)


def test_deleting_the_primary_contact_and_taking_it_back_leaves_all_as_it_was(world: World) -> None:
    customer = world.customer()
    people = [world.contact(customer, name=name) for name in ("Ann", "Bo")]

    def primaries() -> list[tuple[int, bool]]:
        frame = world.ask(query.frame, CONTACT, query.Query(columns=("is_primary",)))
        return sorted((int(one), bool(flag)) for one, flag in frame["is_primary"].items())

    before = primaries()

    def delete(uow: UnitOfWork) -> str:
        CONTACT.verb("delete")(uow, people[0].id)
        return uow.reference

    reference = world.do(delete)
    assert [] == world.do(undo, reference).kept
    assert before == primaries()


# --- money --------------------------------------------------------------------------------------------------


def test_an_instalment_comes_back_only_while_the_contract_takes_it(world: World) -> None:
    contract = world.contract(world.customer(), amount=1_000)
    (first,) = world.do(instalments.add_instalments, contract.id, [(date(2026, 7, 1), 600)])
    world.do(INSTALMENT.verb("delete"), first.id)
    world.do(instalments.add_instalments, contract.id, [(date(2026, 8, 1), 500)])
    with pytest.raises(Refusal, match="exceed the contract's amount by 1"):
        world.do(INSTALMENT.verb("restore"), first.id)
    world.do(CONTRACT.verb("update"), contract.id, {"amount": 1_100})
    assert 600 == world.do(INSTALMENT.verb("restore"), first.id).amount


def test_no_instalment_comes_back_to_a_contract_that_is_void(world: World) -> None:
    contract = world.contract(world.customer(), amount=1_000)
    (first,) = world.do(instalments.add_instalments, contract.id, [(date(2026, 7, 1), 600)])
    world.do(INSTALMENT.verb("delete"), first.id)
    world.do(__import__("services.contracts", fromlist=["void"]).void, contract.id)
    with pytest.raises(Refusal, match="takes no more"):
        world.do(INSTALMENT.verb("restore"), first.id)


def test_instalments_that_come_back_at_once_never_pass_the_amount(world: World) -> None:
    contract = world.contract(world.customer(), amount=1_000)
    ids = []
    for _ in range(4):
        (one,) = world.do(instalments.add_instalments, contract.id, [(date(2026, 7, 1), 600)])
        world.do(INSTALMENT.verb("delete"), one.id)
        ids.append(one.id)
    outcomes = at_once(4, lambda n: world.do(INSTALMENT.verb("restore"), ids[n]))
    assert 1 == sum(not isinstance(one, Refusal) for one in outcomes)


# --- at the same time ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["form", "statement"])
def test_nothing_stays_live_below_what_is_deleted_at_that_moment(world: World, way: str) -> None:
    def add(uow: UnitOfWork, customer_id: int, number: int) -> None:
        values = {"name": f"Person {number}", "customer_id": customer_id}
        if way == "form":
            CONTACT.verb("create")(uow, values)
        else:
            records.bulk_create(uow, CONTACT, [values], because="test")

    def live_below_gone(uow: UnitOfWork) -> int:
        orphans = select(func.count()).join(Customer, Customer.id == Contact.customer_id).select_from(Contact)
        return uow.session.execute(
            orphans.where(Contact.deleted_at.is_(None), Customer.deleted_at.is_not(None))
        ).scalar_one()

    for _ in range(8):
        customer = world.customer()

        def act(number: int, customer_id: int = customer.id) -> None:
            if number == 0:
                world.do(CUSTOMER.verb("delete"), customer_id)
            else:
                world.do(add, customer_id, number)

        outcomes = at_once(4, act)
        assert all(one is None or isinstance(one, Invalid | Refusal) for one in outcomes)
        assert outcomes[0] is None
    assert 0 == world.ask(live_below_gone)

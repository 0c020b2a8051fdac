"""What merging promises: everything goes along, no money is lost, and undone everything is exactly as before."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from db.base import Base
from db.models import Collaborator, Contract, Instalment, Receipt
from services import merging
from services.activities import ACTIVITY
from services.collections import instalments, receipts
from services.contacts import CONTACT
from services.customers import CUSTOMER
from services.kit import query
from services.kit.clock import Clock
from services.kit.entity import Entity
from services.kit.errors import Forbidden, NotFound, Refusal
from services.kit.links import pointing_at
from services.kit.undo import undo
from services.kit.unit_of_work import UnitOfWork
from services.leads import LEAD, convert
from tests.conftest import NOW
from tests.factories import World
from tests.races import at_once

_BESIDE = {"version", "updated_at", "updated_by_id"}
_LOGS = {"audit_entry", "owner_change"}


def everything(world: World) -> dict[str, list[dict[str, Any]]]:
    """Return every row of every table, apart from versions, dates of change and the logs."""

    def read(uow: UnitOfWork) -> dict[str, list[dict[str, Any]]]:
        found = {}
        for table in Base.metadata.sorted_tables:
            if table.name in _LOGS:
                continue
            rows = uow.session.execute(select(table).order_by(*table.primary_key)).mappings()
            found[table.name] = [{n: value for n, value in row.items() if n not in _BESIDE} for row in rows]
        return found

    return world.ask(read)


def money_of(world: World, customer_id: int) -> tuple[int, int, int, int]:
    """Return contracts, contract amount, planned and received of a customer."""

    def read(uow: UnitOfWork) -> tuple[int, int, int, int]:
        of = (Contract.customer_id == customer_id, Contract.deleted_at.is_(None))
        count, amount, received = uow.session.execute(
            select(
                func.count(), func.coalesce(func.sum(Contract.amount), 0), func.coalesce(func.sum(Contract.received), 0)
            ).where(*of)
        ).one()
        planned = uow.session.execute(
            select(func.coalesce(func.sum(Instalment.amount), 0))
            .join(Contract)
            .where(*of, Instalment.deleted_at.is_(None))
        ).scalar_one()
        taken = uow.session.execute(
            select(func.coalesce(func.sum(Receipt.amount), 0)).join(Contract).where(*of, Receipt.deleted_at.is_(None))
        ).scalar_one()
        assert received == taken
        return count, int(amount), int(planned), int(received)

    return world.ask(read)


def row(world: World, entity: Entity, record_id: int) -> Any:
    def read(uow: UnitOfWork) -> Any:
        return uow.session.get(entity.model, record_id)

    return world.ask(read)


def company(world: World, **values: Any) -> Any:
    """Make a customer with everything that may hang on one."""
    customer = world.customer(**values)
    contact = world.contact(customer, is_primary=True, phone=f"+86 1380013{customer.id:04d}")
    opportunity = world.opportunity(customer_id=customer.id, amount=7_000)
    world.activity(customer_id=customer.id, contact_id=contact.id)
    contract = world.contract(customer, amount=100_000, opportunity_id=opportunity.id)
    for verb in ("submit", "approve", "start"):
        world.do(getattr(__import__("services.contracts", fromlist=[verb]), verb), contract.id)
    world.do(instalments.add_instalments, contract.id, [(date(2026, 7, 1), 60_000)])
    world.do(receipts.receive, contract.id, amount=25_000, received_on=date(2026, 6, 1))
    return customer


# --- what goes along ----------------------------------------------------------------------------------------


def test_everything_goes_along_and_the_money_stays_to_the_cent(world: World) -> None:
    keep, other = company(world, name="Acme"), company(world, name="Acme Ltd", phone="+86 10 6555 0001")
    before = [sum(pair) for pair in zip(money_of(world, keep.id), money_of(world, other.id), strict=True)]
    merged = world.do(merging.merge, CUSTOMER, keep.id, [other.id])
    assert before == [*money_of(world, keep.id)]
    assert (0, 0, 0, 0) == money_of(world, other.id)
    assert {"activity": 1, "contact": 1, "contract": 1, "opportunity": 1} == {
        name: count
        for name, count in merged.moved.items()
        if name in ("activity", "contact", "contract", "opportunity")
    }
    assert "+86 10 6555 0001" == merged.record.phone
    assert row(world, CUSTOMER, other.id).deleted_at is not None


def test_merged_and_undone_every_table_is_as_before(world: World) -> None:
    keep, other = company(world, name="Acme", code="A", level="A"), company(world, name="Acme Ltd", code="B", notes="x")
    world.customer(name="Daughter", parent_id=other.id)
    world.customer(name="Third")
    before = everything(world)
    merged = world.do(merging.merge, CUSTOMER, keep.id, [other.id], {"name": "Acme Group", "code": "B"})
    assert before != everything(world)
    undone = world.do(undo, merged.reference)
    assert [] == undone.kept
    assert before == everything(world)


def test_a_manager_undoes_their_own_merge_to_the_last_row(world: World) -> None:
    team = world.team()
    manager = world.actor("sales_manager", team_id=team.id)
    seller = world.user(team_id=team.id).id
    pair = [world.customer(name=name, owner_id=seller) for name in ("Acme", "Bolt")]
    people = [world.contact(one, email="li@acme.cn") for one in pair]
    world.contract(pair[1], owner_id=world.user().id)
    before = everything(world)
    merged = world.do(
        merging.merge, CUSTOMER, pair[0].id, [pair[1].id], twins=[(people[0].id, people[1].id)], by=manager
    )
    assert [] == world.do(undo, merged.reference, by=manager).kept
    assert before == everything(world)


def test_three_at_once_and_back(world: World) -> None:
    companies = [company(world, name=f"Acme {n}") for n in range(3)]
    before = everything(world)
    merged = world.do(merging.merge, CUSTOMER, companies[1].id, [companies[0].id, companies[2].id])
    assert 3 == money_of(world, companies[1].id)[0]
    assert [] == world.do(undo, merged.reference).kept
    assert before == everything(world)


def test_only_one_contact_stays_the_primary_one_and_the_other_is_again_when_undone(world: World) -> None:
    keep, other = company(world), company(world)
    merged = world.do(merging.merge, CUSTOMER, keep.id, [other.id])

    def primaries() -> list[tuple[int, bool]]:
        frame = world.ask(query.frame, CONTACT, query.Query(columns=("customer_id", "is_primary")))
        return sorted(zip(frame["customer_id"], frame["is_primary"], strict=True))

    assert [(keep.id, False), (keep.id, True)] == primaries()
    world.do(undo, merged.reference)
    assert [(keep.id, True), (other.id, True)] == primaries()


def test_a_row_whose_twin_the_kept_customer_has_stays_behind(world: World) -> None:
    keep, other, helper = world.customer(), world.customer(), world.user()

    def help_both(uow: UnitOfWork) -> None:
        for customer in (keep, other):
            uow.session.add(Collaborator(customer_id=customer.id, user_id=helper.id, can_write=False))

    world.do(help_both)
    before = everything(world)
    preview = world.ask(merging.preview, CUSTOMER, keep.id, [other.id])
    assert {"collaborator": 1} == preview.left
    merged = world.do(merging.merge, CUSTOMER, keep.id, [other.id])
    world.do(undo, merged.reference)
    assert before == everything(world)


def test_companies_below_go_along_and_nobody_is_part_of_itself(world: World) -> None:
    keep, other = world.customer(), world.customer()
    below, part = world.customer(parent_id=other.id), world.customer(parent_id=keep.id)
    world.do(CUSTOMER.verb("update"), keep.id, {"parent_id": other.id})
    before = everything(world)
    merged = world.do(merging.merge, CUSTOMER, keep.id, [other.id])
    assert [None, keep.id, keep.id] == [row(world, CUSTOMER, one.id).parent_id for one in (keep, below, part)]
    assert [] == world.do(undo, merged.reference).kept
    assert before == everything(world)


def test_a_circle_in_the_hierarchy_is_refused(world: World) -> None:
    keep, other = world.customer(), world.customer()
    middle = world.customer(parent_id=other.id)
    world.do(CUSTOMER.verb("update"), keep.id, {"parent_id": middle.id})
    with pytest.raises(Refusal, match="below the other"):
        world.do(merging.merge, CUSTOMER, keep.id, [other.id])
    assert None is row(world, CUSTOMER, other.id).deleted_at


def test_a_table_added_later_comes_along_by_itself() -> None:
    of_customer = {f"{link.table.name}.{link.name}" for link in pointing_at("customer")}
    declared = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.c
        if any(one.column.table.name == "customer" for one in column.foreign_keys)
    }
    assert declared - of_customer == {"conversion.customer_id"}


# --- what is proposed ---------------------------------------------------------------------------------------


def test_filled_beats_blank_and_later_beats_earlier_and_texts_are_put_together(world: World) -> None:
    keep = world.customer(name="Acme", industry="Steel", notes="Met in May", region="North", owner_id=None)
    world.database.clock = Clock.at(NOW + timedelta(hours=1))
    other = world.customer(name="Acme Ltd", region="South", notes="Wants a visit", phone="+86 10 6555 0001")
    preview = world.ask(merging.preview, CUSTOMER, keep.id, [other.id])
    values = preview.values()
    assert ("Acme", "Steel", "South", "+86 10 6555 0001", "Wants a visit\n\nMet in May") == tuple(
        values[name] for name in ("name", "industry", "region", "phone", "notes")
    )
    assert {"name", "region", "notes"} == {line.name for line in preview.lines if line.differs}
    assert "North" == preview.values({"region": keep.id})["region"]


def test_amounts_go_with_their_currency(world: World) -> None:
    keep = world.customer(name="Acme", revenue=100, currency="CNY")
    other = world.customer(name="Acme Ltd", revenue=900, currency="USD")
    preview = world.ask(merging.preview, CUSTOMER, keep.id, [other.id])
    for side, money in ((keep, (100, "CNY")), (other, (900, "USD"))):
        values = preview.values({"currency": side.id, "revenue": keep.id})
        assert money == (values["revenue"], values["currency"])


def test_the_code_of_the_one_that_goes_may_be_kept(world: World) -> None:
    keep, other = world.customer(code="A-1"), world.customer(code="A-2")
    merged = world.do(merging.merge, CUSTOMER, keep.id, [other.id], {"code": "A-2"})
    assert "A-2" == merged.record.code
    world.do(undo, merged.reference)
    assert ["A-1", "A-2"] == [row(world, CUSTOMER, one.id).code for one in (keep, other)]


def test_the_last_contact_of_any_of_them_counts(world: World) -> None:
    keep, other = world.customer(), world.customer()
    world.activity(customer_id=keep.id, happened_at=NOW - timedelta(days=9))
    world.activity(customer_id=other.id, happened_at=NOW - timedelta(days=1))
    merged = world.do(merging.merge, CUSTOMER, keep.id, [other.id])
    assert NOW - timedelta(days=1) == merged.record.last_activity_at
    world.do(undo, merged.reference)
    assert NOW - timedelta(days=9) == row(world, CUSTOMER, keep.id).last_activity_at


def test_twin_contacts_are_offered_and_merged_along_and_parted_again(world: World) -> None:
    keep, other = world.customer(), world.customer()
    first = world.contact(keep, name="Li Lei", email="li@acme.cn")
    second = world.contact(other, name="李雷", email="LI@acme.cn", title="Buyer")
    world.activity(customer_id=other.id, contact_id=second.id)
    before = everything(world)
    preview = world.ask(merging.preview, CUSTOMER, keep.id, [other.id])
    assert [(first.id, second.id)] == [(pair.keep_id, pair.other_id) for pair in preview.twins]
    merged = world.do(merging.merge, CUSTOMER, keep.id, [other.id], twins=[(first.id, second.id)])
    assert ("Buyer", [first.id]) == (
        row(world, CONTACT, first.id).title,
        list(world.ask(query.frame, CONTACT).index),
    )
    assert [first.id] == list(world.ask(query.frame, ACTIVITY, query.Query(columns=("contact_id",)))["contact_id"])
    assert [] == world.do(undo, merged.reference).kept
    assert before == everything(world)


# --- leads and contacts -------------------------------------------------------------------------------------


def test_leads_are_merged_with_their_activities(world: World) -> None:
    keep, other = world.lead(company="Acme"), world.lead(company="Acme Ltd", email="a@acme.cn")
    world.activity(lead_id=other.id)
    before = everything(world)
    merged = world.do(merging.merge, LEAD, keep.id, [other.id])
    assert ("a@acme.cn", {"activity": 1}) == (merged.record.email, dict(merged.moved))
    world.do(undo, merged.reference)
    assert before == everything(world)


def test_the_lead_that_became_a_customer_is_the_one_to_keep(world: World) -> None:
    keep, other = world.lead(company="Acme"), world.lead(company="Bolt")
    world.do(convert, other.id)
    assert 1 == len(world.ask(merging.preview, LEAD, keep.id, [other.id]).obstacles)
    with pytest.raises(Refusal, match="Keep that one"):
        world.do(merging.merge, LEAD, keep.id, [other.id])
    assert "converted" == world.do(merging.merge, LEAD, other.id, [keep.id]).record.status


def test_contacts_of_one_customer_are_merged(world: World) -> None:
    customer = world.customer()
    keep, other = world.contact(customer, name="Bo"), world.contact(customer, name="Bo L", phone="+86 13800138000")
    world.activity(customer_id=customer.id, contact_id=other.id)
    assert "+86 13800138000" == world.do(merging.merge, CONTACT, keep.id, [other.id]).record.phone


# --- who may, and when --------------------------------------------------------------------------------------


def test_sellers_do_not_merge_and_managers_only_what_they_reach(world: World) -> None:
    team = world.team()
    seller, manager = world.actor(team_id=team.id), world.actor("sales_manager", team_id=team.id)
    near, other = world.customer(by=seller), world.customer(by=seller)
    far = world.customer(owner_id=world.user().id)
    with pytest.raises(Forbidden):
        world.do(merging.merge, CUSTOMER, near.id, [other.id], by=seller)
    for ids in ((near.id, far.id), (far.id, near.id)):
        with pytest.raises(NotFound):
            world.do(merging.merge, CUSTOMER, ids[0], [ids[1]], by=manager)
    assert near.id == world.do(merging.merge, CUSTOMER, near.id, [other.id], by=manager).record.id


@pytest.mark.parametrize("others", [[], ["itself"], ["gone"]])
def test_what_makes_no_sense_is_refused(world: World, others: list[str]) -> None:
    keep, gone = world.customer(), world.customer()
    world.do(CUSTOMER.verb("delete"), gone.id)
    ids = {"itself": keep.id, "gone": gone.id}
    with pytest.raises(Refusal):
        world.do(merging.merge, CUSTOMER, keep.id, [ids[one] for one in others])


def test_a_record_changed_since_it_was_looked_at_is_looked_at_again(world: World) -> None:
    keep, other = world.customer(), world.customer()
    preview = world.ask(merging.preview, CUSTOMER, keep.id, [other.id])
    world.do(CUSTOMER.verb("update"), other.id, {"phone": "+86 10 6555 0001"})
    with pytest.raises(Refusal, match="in the meantime"):
        world.do(merging.merge, CUSTOMER, keep.id, [other.id], versions=preview.versions)


def test_of_two_merges_at_once_crosswise_one_wins(world: World) -> None:
    pair = [world.customer().id, world.customer().id]

    def act(number: int) -> Any:
        keep, other = pair if number % 2 else pair[::-1]
        return world.do(merging.merge, CUSTOMER, keep, [other])

    outcomes = at_once(4, act)
    assert 1 == sum(isinstance(one, merging.Merged) for one in outcomes)
    assert 1 == world.ask(query.count, CUSTOMER)


# --- afterwards ---------------------------------------------------------------------------------------------


def test_an_old_address_leads_to_where_it_went_as_far_as_one_may_know(world: World) -> None:
    ann = world.actor()
    first, second, third = (world.customer(by=ann, name=f"Acme {n}") for n in range(3))
    world.do(merging.merge, CUSTOMER, second.id, [first.id])
    world.do(merging.merge, CUSTOMER, third.id, [second.id])
    assert (third.id, "Acme 2") == world.ask(merging.moved_to, CUSTOMER, first.id, by=ann)
    assert (third.id, None) == world.ask(merging.moved_to, CUSTOMER, first.id, by=world.actor())
    assert None is world.ask(merging.moved_to, CUSTOMER, third.id)


def test_a_merge_swallowed_by_another_is_undone_after_it(world: World) -> None:
    first, second, third = (world.customer() for _ in range(3))
    inner = world.do(merging.merge, CUSTOMER, second.id, [first.id])
    outer = world.do(merging.merge, CUSTOMER, third.id, [second.id])
    with pytest.raises(Refusal, match="Undo that first"):
        world.do(undo, inner.reference)
    world.do(undo, outer.reference)
    world.do(undo, inner.reference)
    assert 3 == world.ask(query.count, CUSTOMER)


def test_what_was_changed_since_stays_and_the_rest_goes_back(world: World) -> None:
    keep, other = company(world, name="Acme", region="North"), company(world, name="Acme Ltd", industry="Steel")
    merged = world.do(merging.merge, CUSTOMER, keep.id, [other.id])
    new = world.contact(keep, name="New")
    world.do(CUSTOMER.verb("update"), keep.id, {"industry": "Mining"})
    undone = world.do(undo, merged.reference)
    assert [("customer", keep.id)] == [kept[:2] for kept in undone.kept]
    assert ("Mining", keep.id) == (row(world, CUSTOMER, keep.id).industry, row(world, CONTACT, new.id).customer_id)
    assert None is row(world, CUSTOMER, other.id).deleted_at
    assert 1 == money_of(world, other.id)[0]


def test_the_latest_merges_are_listed_until_they_are_undone(world: World) -> None:
    keep, other = world.customer(name="Acme"), world.customer(name="Acme Ltd")
    merged = world.do(merging.merge, CUSTOMER, keep.id, [other.id])
    past = world.ask(merging.recent, CUSTOMER)
    assert [("Acme", ("Acme Ltd",), merged.reference)] == [(one.into, one.names, one.reference) for one in past]
    world.do(undo, merged.reference)
    assert [] == world.ask(merging.recent, CUSTOMER)


facts = st.fixed_dictionaries(
    {},
    optional={
        "code": st.sampled_from(["A", "B", None]),
        "region": st.sampled_from(["North", "South", ""]),
        "level": st.sampled_from(["A", "B", None]),
        "revenue": st.none() | st.integers(0, 10**15),
        "currency": st.sampled_from(["CNY", "USD"]),
        "notes": st.none() | st.text("ab \n", max_size=6),
        "next_step_on": st.none() | st.dates(date(2026, 1, 1), date(2027, 1, 1)),
    },
)


@given(sides=st.lists(facts, min_size=2, max_size=4), kids=st.lists(st.integers(0, 3), max_size=5))
def test_law_merge_then_undo_changes_nothing(sqlite_world: World, sides: list[dict[str, Any]], kids: list[int]) -> None:
    world = sqlite_world
    start = world.ask(query.count, CUSTOMER)
    seen: set[Any] = set()
    group = []
    for facts_ in sides:
        values = {**facts_, "code": None if facts_.get("code") in seen else facts_.get("code")}
        seen.add(values["code"])
        group.append(world.customer(**{**values, "code": f"{values['code']}{start}" if values["code"] else None}))
    for number in kids:
        world.contact(group[number % len(group)])
        world.contract(group[number % len(group)], amount=number + 1)
    before = everything(world)
    merged = world.do(merging.merge, CUSTOMER, group[0].id, [one.id for one in group[1:]])
    assert len(kids) == money_of(world, group[0].id)[0]
    assert [] == world.do(undo, merged.reference).kept
    assert before == everything(world)

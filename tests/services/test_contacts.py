"""What contacts promise: one primary each customer, no circles, who has left stays known and counts no more."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from db.models import Contact
from services import contacts
from services.contacts import CONTACT
from services.customers import CUSTOMER
from services.kit import query, records
from services.kit.errors import Conflict, Forbidden, Invalid, NotFound
from services.kit.query import Query
from services.kit.unit_of_work import UnitOfWork
from tests.conftest import NOW
from tests.factories import World
from tests.races import at_once


def now(world: World, contact: Any) -> Any:
    return world.ask(records.get, CONTACT, contact.id)


def primaries(world: World, customer: Any) -> list[str]:
    def read(uow: UnitOfWork) -> list[str]:
        return list(
            uow.session.scalars(
                select(Contact.name).where(
                    Contact.customer_id == customer.id, Contact.is_primary, Contact.deleted_at.is_(None)
                )
            )
        )

    return list(world.ask(read))


# --- the primary contact --------------------------------------------------------------------------------------


def test_the_first_is_the_primary_contact_and_another_one_takes_the_place_over(world: World) -> None:
    customer = world.customer()
    world.contact(customer, name="Ann")
    bob = world.contact(customer, name="Bob")
    assert ["Ann"] == primaries(world, customer)
    world.do(contacts.update, bob.id, {"is_primary": True})
    assert ["Bob"] == primaries(world, customer)
    world.contact(customer, name="Cai", is_primary=True)
    assert ["Cai"] == primaries(world, customer)


def test_the_primary_contact_steps_back_for_somebody_else_only(world: World) -> None:
    ann = world.contact(world.customer())
    with pytest.raises(Invalid) as refusal:
        world.do(contacts.update, ann.id, {"is_primary": False})
    assert {"is_primary"} == set(refusal.value.fields)


def test_of_a_deleted_primary_contact_the_most_influential_follows_and_stays(world: World) -> None:
    customer = world.customer()
    ann = world.contact(customer, name="Ann", influence=1)
    world.contact(customer, name="Bob", influence=2)
    world.contact(customer, name="Cai", influence=4)
    world.contact(customer, name="Dee", influence=5, is_active=False)
    world.do(contacts.delete, ann.id)
    assert ["Cai"] == primaries(world, customer)
    world.do(contacts.restore, ann.id)
    assert ["Cai"] == primaries(world, customer)


def test_a_customer_comes_back_with_its_people_and_their_primary(world: World) -> None:
    customer = world.customer()
    world.contact(customer, name="Ann")
    bob = world.contact(customer, name="Bob", is_primary=True)
    world.do(CUSTOMER.verb("delete"), customer.id)
    world.do(CUSTOMER.verb("restore"), customer.id)
    assert (["Bob"], True) == (primaries(world, customer), now(world, bob).is_primary)


def test_of_eight_who_become_primary_at_once_one_is(world: World) -> None:
    customer = world.customer()
    people = [world.contact(customer, name=f"P{number}") for number in range(8)]
    outcomes = at_once(8, lambda number: world.do(contacts.update, people[number].id, {"is_primary": True}))
    assert [] == [one for one in outcomes if isinstance(one, Exception)]
    assert 1 == len(primaries(world, customer))


def test_of_eight_first_contacts_at_once_one_is_primary(world: World) -> None:
    customer = world.customer()
    outcomes = at_once(8, lambda number: world.contact(customer, name=f"P{number}"))
    assert [] == [one for one in outcomes if isinstance(one, Exception)]
    assert 1 == len(primaries(world, customer))


def test_a_file_decides_the_primary_contact_by_its_last_word(world: World) -> None:
    first, second = world.customer(), world.customer()
    world.contact(first, name="Old")
    rows: list[dict[str, Any]] = [
        {"name": "A", "customer_id": first.id},
        {"name": "B", "customer_id": first.id, "is_primary": True},
        {"name": "C", "customer_id": first.id, "is_primary": True},
        {"name": "D", "customer_id": second.id},
        {"name": "E", "customer_id": second.id},
    ]

    def take(uow: UnitOfWork) -> None:
        assert {} == contacts.prepare(uow, rows)
        records.bulk_insert(uow, CONTACT, rows, because="test")

    world.do(take)
    assert (["C"], ["D"]) == (primaries(world, first), primaries(world, second))


def test_a_file_that_says_not_primary_takes_nothing_away(world: World) -> None:
    customer = world.customer()
    ann = world.contact(customer, name="Ann")
    world.do(contacts.update_from_file, ann.id, {"is_primary": False, "title": "Director"})
    assert (["Ann"], "Director") == (primaries(world, customer), now(world, ann).title)


# --- the line of command --------------------------------------------------------------------------------------


def test_nobody_reports_to_themselves_in_a_circle_or_elsewhere(world: World) -> None:
    customer = world.customer()
    ann = world.contact(customer, name="Ann")
    bob = world.contact(customer, name="Bob", reports_to_id=ann.id)
    cai = world.contact(customer, name="Cai", reports_to_id=bob.id)
    stranger = world.contact(world.customer(), name="Eve")
    for who, above, word in (
        (ann, ann, "themselves"),
        (ann, cai, "circle"),
        (ann, stranger, "same customer"),
        (stranger, ann, "same customer"),
    ):
        with pytest.raises(Invalid, match=word) as refusal:
            world.do(contacts.update, who.id, {"reports_to_id": above.id})
        assert {"reports_to_id"} == set(refusal.value.fields)


def test_of_two_who_hang_under_each_other_at_once_one_is_refused(world: World) -> None:
    customer = world.customer()
    pair = [world.contact(customer, name=name) for name in ("Ann", "Bob")]
    outcomes = at_once(
        2, lambda number: world.do(contacts.update, pair[number].id, {"reports_to_id": pair[1 - number].id})
    )
    assert 1 == sum(isinstance(one, Invalid) for one in outcomes)
    assert 1 == sum(now(world, one).reports_to_id is not None for one in pair)


def test_who_moves_to_another_customer_leaves_the_tree_and_the_place_behind(world: World) -> None:
    old, new = world.customer(), world.customer()
    boss = world.contact(old, name="Boss")
    ann = world.contact(old, name="Ann", reports_to_id=boss.id, is_primary=True)
    bob = world.contact(old, name="Bob", reports_to_id=ann.id)
    world.do(contacts.update, ann.id, {"customer_id": new.id})
    moved = now(world, ann)
    assert (new.id, None, True) == (moved.customer_id, moved.reports_to_id, moved.is_primary)
    assert (boss.id, ["Boss"]) == (now(world, bob).reports_to_id, primaries(world, old))


# --- leaving --------------------------------------------------------------------------------------------------


def test_who_leaves_leaves_the_reports_to_the_superior(world: World) -> None:
    customer = world.customer()
    boss = world.contact(customer, name="Boss")
    ann = world.contact(customer, name="Ann", reports_to_id=boss.id)
    bob = world.contact(customer, name="Bob", reports_to_id=ann.id)
    world.do(contacts.leave, ann.id, reason="new_job")
    gone = now(world, ann)
    assert (False, "new_job", NOW.date()) == (gone.is_active, gone.left_reason, gone.left_on)
    assert boss.id == now(world, bob).reports_to_id


def test_a_successor_takes_the_place_the_reports_and_the_primary_contact_over(world: World) -> None:
    customer = world.customer()
    boss = world.contact(customer, name="Boss")
    ann = world.contact(customer, name="Ann", reports_to_id=boss.id, is_primary=True)
    bob = world.contact(customer, name="Bob", reports_to_id=ann.id)
    cai = world.contact(customer, name="Cai", reports_to_id=bob.id)
    dee = world.contact(customer, name="Dee", reports_to_id=ann.id)
    world.do(contacts.leave, ann.id, reason="retired", on=date(2026, 6, 1), successor_id=cai.id, version=ann.version)
    above = {one.name: now(world, one).reports_to_id for one in (bob, cai, dee)}
    assert {"Bob": cai.id, "Cai": boss.id, "Dee": cai.id} == above
    assert ["Cai"] == primaries(world, customer)


def test_without_anybody_above_the_reports_stay_to_be_asked_about(world: World) -> None:
    customer = world.customer()
    ann = world.contact(customer, name="Ann")
    bob = world.contact(customer, name="Bob", reports_to_id=ann.id)
    world.do(contacts.leave, ann.id, reason="other")
    assert (ann.id, ["Ann"]) == (now(world, bob).reports_to_id, primaries(world, customer))


def test_leaving_asks_why_and_lies_not_ahead(world: World) -> None:
    customer = world.customer()
    ann = world.contact(customer)
    with pytest.raises(Invalid, match="why"):
        world.do(contacts.leave, ann.id, reason="")
    with pytest.raises(Invalid, match="future"):
        world.do(contacts.leave, ann.id, reason="other", on=NOW.date() + timedelta(days=1))
    with pytest.raises(Invalid, match="still at this customer"):
        world.do(contacts.leave, ann.id, reason="other", successor_id=world.contact(world.customer()).id)


def test_who_comes_back_has_neither_day_nor_reason(world: World) -> None:
    ann = world.contact(world.customer())
    world.do(contacts.leave, ann.id, reason="other")
    world.do(contacts.update, ann.id, {"is_active": True})
    back = now(world, ann)
    assert (True, None, None) == (back.is_active, back.left_on, back.left_reason)


def test_what_was_said_with_them_stays(world: World) -> None:
    ann = world.contact(world.customer())
    activity = world.activity(contact_id=ann.id, summary="Long talk")
    world.do(contacts.leave, ann.id, reason="retired")
    assert ann.id == activity.contact_id


def test_a_stale_change_is_a_conflict_and_moves_nothing(world: World) -> None:
    customer = world.customer()
    ann = world.contact(customer, name="Ann")
    bob = world.contact(customer, name="Bob")
    world.do(contacts.update, bob.id, {"title": "Director"})
    with pytest.raises(Conflict):
        world.do(contacts.update, bob.id, {"is_primary": True, "title": "Buyer"}, version=bob.version)
    with pytest.raises(Conflict):
        world.do(contacts.leave, bob.id, reason="other", version=bob.version)
    assert (["Ann"], True) == (primaries(world, customer), now(world, bob).is_active)
    assert now(world, ann).version == ann.version


# --- scope ----------------------------------------------------------------------------------------------------


def test_contacts_are_never_shown_outside_the_scope_of_their_customer(world: World) -> None:
    ann, bob = world.actor(), world.actor()
    mine = world.contact(world.customer(by=ann), name="Zhang Wei 张伟")
    pooled = world.contact(world.customer(), name="Zhang Wei 张伟")
    for actor, expected in ((ann, [mine.id]), (bob, []), (world.actor("leader"), sorted([mine.id, pooled.id]))):
        assert expected == sorted(world.ask(query.page, CONTACT, by=actor).ids)
        assert expected == sorted(world.ask(query.page, CONTACT, Query(search="张伟"), by=actor).ids)
        assert expected == sorted(one for one, _ in world.ask(query.options, "contact", by=actor))
        assert expected == sorted(world.ask(query.frame, CONTACT, by=actor).index)
    for verb, arguments in (
        (contacts.update, (mine.id, {"title": "X"})),
        (contacts.delete, (mine.id,)),
    ):
        with pytest.raises(NotFound):
            world.do(verb, *arguments, by=bob)
    with pytest.raises(NotFound):
        world.do(contacts.leave, mine.id, reason="other", by=bob)
    with pytest.raises(Forbidden):
        world.do(contacts.update, mine.id, {"title": "X"}, by=world.actor("finance"))


def test_a_seller_may_name_any_colleague_as_the_one_who_covers(world: World) -> None:
    ann, bob = world.actor(), world.actor()
    contact = world.contact(world.customer(by=ann), by=ann, covered_by_id=bob.user_id)
    assert bob.user_id == contact.covered_by_id
    with pytest.raises(Invalid):
        world.do(contacts.update, contact.id, {"covered_by_id": 999_999}, by=ann)


def test_there_is_one_live_primary_contact_by_law_of_the_database(world: World) -> None:
    customer = world.customer()
    world.contact(customer)

    def break_it(uow: UnitOfWork) -> int:
        records.bulk_insert(uow, CONTACT, [{"name": "X", "customer_id": customer.id, "is_primary": True}], because="x")
        return uow.session.scalar(select(func.count()).select_from(Contact)) or 0

    with pytest.raises(Exception, match=r"UNIQUE|unique"):
        world.do(break_it)

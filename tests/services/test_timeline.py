"""What the timeline of a customer promises: everything, newest first, no more than its reader may see."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from db.models import ImportBatch
from services import collections, contracts, opportunities, pipelines, timeline
from services.activities import ACTIVITY
from services.collections import INSTALMENT, RECEIPT
from services.contracts import CONTRACT
from services.customers import CUSTOMER
from services.kit import query, records
from services.kit.actor import Actor
from services.kit.errors import Forbidden, Refusal
from services.kit.query import Query
from services.kit.unit_of_work import UnitOfWork
from services.opportunities import OPPORTUNITY
from services.pools import claim, release
from services.timeline import Event
from services.timeline.parts import PARTS
from tests.conftest import NOW
from tests.factories import World


def events(world: World, customer: Any, by: Actor | None = None, **asked: Any) -> list[Event]:
    """Return the whole timeline, page by page."""
    found: list[Event] = []
    cursor = None
    while True:
        given = {"by": by} if by else {}
        page = world.ask(timeline.timeline, customer.id, cursor=cursor, **asked, **given)
        found += page.rows
        cursor = page.next_cursor
        if cursor is None:
            return found


def kinds(world: World, customer: Any, by: Actor | None = None, **asked: Any) -> list[str]:
    """Return the kinds of the events, newest first."""
    return [one.kind for one in events(world, customer, by, **asked)]


def funnel(world: World) -> list[int]:
    """Make a pipeline; return its stages: first, second, won, lost."""
    pipeline = world.make(pipelines.PIPELINE, name="Sales", is_default=True)
    made = [("First", "open"), ("Second", "open"), ("Won", "won"), ("Lost", "lost")]
    return [
        world.make(pipelines.STAGE, pipeline_id=pipeline.id, name=name, kind=kind, position=at).id
        for at, (name, kind) in enumerate(made)
    ]


def paid_contract(world: World, customer: Any, **values: Any) -> Any:
    """Make an approved contract with an instalment and a receipt."""
    contract = world.contract(customer, **values)
    world.make(INSTALMENT, contract_id=contract.id, due_on=date(2026, 6, 1), amount=100_000)
    world.do(contracts.approve, contract.id)
    world.do(collections.receive, contract.id, amount=40_000, received_on=date(2026, 6, 10), allocations="oldest")
    return contract


def test_everything_that_happened_is_told_once_and_newest_first(world: World) -> None:
    ann = world.actor("leader", name="Ann")
    bob = world.actor(name="Bob")
    _first, second, won, _lost = funnel(world)
    customer = world.customer(by=ann)
    opportunity = world.opportunity(by=ann, customer_id=customer.id, amount=5_000, name="Chance")
    world.do(opportunities.move, opportunity.id, second, by=ann)
    world.do(opportunities.move, opportunity.id, won, by=ann)
    contract = paid_contract(world, customer, signed_on=date(2026, 6, 5), end_on=date(2026, 6, 12))
    world.do(CUSTOMER.verb("update"), customer.id, {"owner_id": bob.user_id}, by=ann)
    world.activity(by=bob, customer_id=customer.id, summary="Rang", happened_at=NOW - timedelta(days=30))
    found = events(world, customer)
    assert sorted(found, key=lambda one: (one.at, one.kind, one.id), reverse=True) == found
    told = {one.kind: one for one in found}
    assert {"created", "opened", "moved", "contract", "signed", "ended", "receipt", "owner", "activity"} == set(told)
    assert 2 == sum(one.kind == "moved" for one in found)
    assert ("Ann", "Bob", "transferred", "Ann") == (
        told["owner"].before,
        told["owner"].after,
        told["owner"].code,
        told["owner"].by,
    )
    assert (40_000, "CNY", contract.id, date(2026, 6, 10)) == (
        told["receipt"].amount,
        told["receipt"].currency,
        told["receipt"].record_id,
        told["receipt"].day,
    )
    assert ("draft", "approved") == (told["contract"].before, told["contract"].code)
    assert (date(2026, 6, 5), date(2026, 6, 12)) == (told["signed"].day, told["ended"].day)
    assert "activity" == found[-1].kind


def test_a_contract_in_effect_has_not_ended_before_its_day_and_a_draft_never_ends(world: World) -> None:
    customer = world.customer()
    running = world.contract(customer, end_on=date(2026, 6, 15))
    world.do(contracts.approve, running.id)
    world.contract(customer, end_on=date(2026, 1, 1))
    ended = [one.record_id for one in events(world, customer) if one.kind == "ended"]
    # At noon of the fifteenth, which is now, its last day is not over.
    assert [] == ended


def test_lost_says_why(world: World) -> None:
    *_, lost = funnel(world)
    customer = world.customer()
    opportunity = world.opportunity(customer_id=customer.id, amount=1)
    world.do(opportunities.move, opportunity.id, lost, lost_reason="price")
    (move,) = [one for one in events(world, customer) if one.kind == "moved"]
    assert ("lost", "price", "First", "Lost") == (move.code, move.what, move.before, move.after)


def test_pages_by_key_tell_everything_exactly_once_even_of_one_instant(world: World) -> None:
    customer = world.customer()
    for number in range(25):
        world.activity(customer_id=customer.id, summary=str(number))
        world.opportunity(customer_id=customer.id)
    whole = world.ask(timeline.timeline, customer.id, limit=500).rows
    assert 51 == len(whole)
    for limit in (1, 7, 50, 51):
        assert list(whole) == events(world, customer, limit=limit)


@pytest.mark.parametrize(
    ("only", "told"),
    [
        ("activity", {"activity"}),
        ("sale", {"opened"}),
        ("money", {"contract", "receipt"}),
        ("record", {"created"}),
    ],
)
def test_it_can_be_narrowed(world: World, only: str, told: set[str]) -> None:
    customer = world.customer()
    world.activity(customer_id=customer.id)
    world.opportunity(customer_id=customer.id)
    paid_contract(world, customer)
    assert told == set(kinds(world, customer, only=only))


def test_every_filter_has_parts_and_every_part_a_filter() -> None:
    assert set(timeline.FILTERS) == {group for group, _permission, _make in PARTS.values()}
    assert sorted(PARTS) == list(PARTS)


def test_pools_leave_their_trace(world: World) -> None:
    ann = world.actor(name="Ann", team_id=world.team().id)
    customer = world.customer()
    world.do(claim, "customer", [customer.id], by=ann)
    world.do(release, "customer", [customer.id], "No budget", by=ann)
    first, second = [one for one in events(world, customer) if one.kind == "owner"]
    assert ("released", "Ann", "No budget") == (first.code, first.before, first.what)
    assert ("claimed", "Ann") == (second.code, second.after)


def test_a_customer_from_a_file_names_the_file_and_one_made_by_hand_meanwhile_does_not(world: World) -> None:
    ann = world.actor("leader")

    def run(uow: UnitOfWork) -> None:
        uow.session.execute(
            insert(ImportBatch).values(
                entity="customer",
                file_name="customers.xlsx",
                folder="x",
                by_id=ann.user_id,
                created_at=NOW - timedelta(minutes=5),
                reference="r",
            )
        )

    world.do(run)
    by_hand = world.customer(by=ann)
    row = {"name": "From a file", "currency": "CNY", "owner_id": ann.user_id}
    world.do(records.bulk_insert, CUSTOMER, [row], because="import", by=ann)
    frame = world.ask(query.frame, CUSTOMER, Query().where("name", "is", "From a file"))
    from_file = world.ask(records.get, CUSTOMER, int(frame.index[0]))
    assert [None] == [one.what for one in events(world, by_hand) if one.kind == "created"]
    assert ["customers.xlsx"] == [one.what for one in events(world, from_file) if one.kind == "created"]


def test_an_unknown_filter_or_cursor_is_refused(world: World) -> None:
    customer = world.customer()
    with pytest.raises(Refusal, match="filtered"):
        world.ask(timeline.timeline, customer.id, only="nonsense")
    for cursor in ("nonsense", "eyJrZXkiOiJ4IiwiaWQiOjEsIm51bGxzIjpmYWxzZX0"):
        with pytest.raises(Refusal, match="no longer there"):
            world.ask(timeline.timeline, customer.id, cursor=cursor)


def test_what_is_deleted_is_no_longer_told(world: World) -> None:
    customer = world.customer()
    activity = world.activity(customer_id=customer.id)
    opportunity = world.opportunity(customer_id=customer.id)
    world.do(records.delete, ACTIVITY, activity.id)
    world.do(records.delete, OPPORTUNITY, opportunity.id)
    assert ["created"] == kinds(world, customer)


def test_nobody_is_told_anything(world: World) -> None:
    with pytest.raises(Forbidden):
        world.ask(timeline.timeline, world.customer().id, by=Actor(None, "nobody", "none"))


def _of_anns(world: World) -> tuple[Any, dict[str, Actor]]:
    """Make a customer of Ann's with everything on it, some of it Bob's and Cid's own, and readers of all kinds."""
    _first, second, *_ = funnel(world)
    north = world.team("North")
    ann = world.actor(name="Ann", team_id=north.id)
    bob = world.actor(name="Bob", team_id=world.team().id)
    customer = world.customer(by=ann)
    lead = world.lead(by=bob)
    for owner in (ann, bob):
        own = world.opportunity(customer_id=customer.id, owner_id=owner.user_id, amount=1)
        world.do(opportunities.move, own.id, second)
        paid_contract(world, customer, owner_id=owner.user_id, signed_on=date(2026, 5, 5), end_on=date(2026, 6, 1))
        world.activity(customer_id=customer.id, opportunity_id=own.id)
    world.activity(customer_id=customer.id, lead_id=lead.id)
    world.activity(customer_id=customer.id)
    readers = {role: world.actor(role) for role in ("leader", "finance", "viewer", "administrator")}
    readers["manager"] = world.actor("sales_manager", team_id=north.id)
    readers["other manager"] = world.actor("sales_manager", team_id=world.team().id)
    return customer, {"ann": ann, "bob": bob, "cid": world.actor(), **readers}


LISTED: dict[str, tuple[Any, Callable[[Event], int | None]]] = {
    "activity": (ACTIVITY, lambda event: event.id),
    "opened": (OPPORTUNITY, lambda event: event.id),
    "moved": (OPPORTUNITY, lambda event: event.record_id),
    "contract": (CONTRACT, lambda event: event.record_id),
    "signed": (CONTRACT, lambda event: event.record_id),
    "ended": (CONTRACT, lambda event: event.record_id),
    "receipt": (RECEIPT, lambda event: event.id),
}


def test_whatever_a_reader_may_not_list_is_not_told_and_all_else_is(world: World) -> None:
    customer, readers = _of_anns(world)
    for name, reader in readers.items():
        told = events(world, customer, reader)
        if name in ("bob", "cid", "other manager"):
            # Bob owns some of what hangs on it, but does not see the customer: there is no page to tell it on.
            assert [] == told, name
            continue
        for kind, (entity, record_of) in LISTED.items():
            may = reader.may(f"{entity.key}.read")
            frame = world.ask(query.frame, entity, by=reader) if may else None
            listed = set() if frame is None else {int(one) for one in frame.index}
            assert listed == {record_of(one) for one in told if one.kind == kind}, (name, kind)
    seen = {name: len(events(world, customer, reader)) for name, reader in readers.items()}
    assert seen["leader"] == seen["ann"] == seen["manager"] > 0


def test_a_stage_event_without_a_stage_before_it_is_the_entry_and_not_told_twice(world: World) -> None:
    funnel(world)
    customer = world.customer()
    world.opportunity(customer_id=customer.id, amount=7)
    assert ["opened", "created"] == kinds(world, customer)

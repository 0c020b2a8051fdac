"""What setting fields of many records promises: it says what it does, does all of it or nothing, and goes back."""

from __future__ import annotations

from typing import Any

import pytest

from services.contacts import CONTACT
from services.customers import CUSTOMER
from services.kit import bulk, query
from services.kit.errors import Forbidden, Invalid, NotFound, Refusal
from services.kit.query import Query
from services.kit.undo import undo
from services.kit.unit_of_work import UnitOfWork
from services.leads import LEAD
from tests.factories import World


def levels(world: World) -> list[str | None]:
    frame = world.ask(query.frame, CUSTOMER, Query(columns=("level",)))
    return [None if one != one else one for one in frame["level"].sort_index()]  # noqa: PLR0124 - NaN


def test_the_plan_says_how_many_change_and_why_the_others_do_not(world: World) -> None:
    team = world.team()
    manager = world.actor("sales_manager", team_id=team.id)
    seller = world.user(team_id=team.id).id
    mine = [world.customer(owner_id=seller, level=level) for level in ("A", "B", "C", None)]
    plan = world.ask(bulk.plan, CUSTOMER, [one.id for one in mine], {"level": "A"}, by=manager)
    assert (4, tuple(one.id for one in mine[1:]), 1, 0) == (plan.total, plan.ids, plan.same, plan.refused)
    far = world.customer(owner_id=world.user().id)
    assert 1 == world.ask(bulk.plan, CUSTOMER, [far.id], {"level": "A"}, by=manager).refused


def test_all_that_a_list_shows_is_set_and_goes_back_as_it_was(world: World) -> None:
    for level in ("A", "B", None, "C"):
        world.customer(level=level, region="North")
    world.customer(level="B", region="South")
    plan = world.ask(bulk.plan, CUSTOMER, Query().where("region", "is", "North"), {"level": "C"})
    assert (4, 3, 1) == (plan.total, len(plan.ids), plan.same)

    def set_(uow: UnitOfWork) -> str:
        bulk.apply(uow, CUSTOMER, plan.ids, {"level": "C"})
        return uow.reference

    reference = world.do(set_)
    assert ["C", "C", "C", "C", "B"] == levels(world)
    assert 3 == world.do(undo, reference).done
    assert ["A", "B", None, "C", "B"] == levels(world)


def test_an_empty_text_is_no_value(world: World) -> None:
    customer = world.customer()
    assert 1 == world.ask(bulk.plan, CUSTOMER, [customer.id], {"region": ""}).same


@pytest.mark.parametrize("values", [{"level": "Z"}, {"name": ""}, {"employees": -1}])
def test_what_no_record_may_say_is_refused_at_its_field(world: World, values: dict[str, Any]) -> None:
    customer = world.customer()
    with pytest.raises(Invalid) as refusal:
        world.ask(bulk.plan, CUSTOMER, [customer.id], values)
    assert set(values) == set(refusal.value.fields)


def test_one_that_is_out_of_reach_by_now_stops_all(world: World) -> None:
    customers = [world.customer(level="A") for _ in range(3)]
    ids = world.ask(bulk.plan, CUSTOMER, [one.id for one in customers], {"level": "C"}).ids
    world.do(CUSTOMER.verb("delete"), customers[1].id)
    with pytest.raises(NotFound):
        world.do(bulk.apply, CUSTOMER, ids, {"level": "C"})
    assert ["A", "A"] == levels(world)


def test_more_than_the_most_at_once_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "MOST", 2)
    ids = [world.customer().id for _ in range(3)]
    for act in (
        lambda: world.ask(bulk.plan, CUSTOMER, Query(), {"level": "C"}),
        lambda: world.do(bulk.apply, CUSTOMER, ids, {}),
    ):
        with pytest.raises(Refusal, match="At most 2"):
            act()


def test_who_may_not_change_them_plans_nothing(world: World) -> None:
    with pytest.raises(Forbidden):
        world.ask(bulk.plan, CUSTOMER, [1], {"level": "C"}, by=world.actor("viewer"))


def test_a_new_owner_brings_the_team_along_and_the_undo_the_old_one(world: World) -> None:
    team = world.team()
    before, after = world.user(), world.user(team_id=team.id)
    customers = [world.customer(owner_id=before.id) for _ in range(2)]

    def give(uow: UnitOfWork) -> str:
        bulk.apply(uow, CUSTOMER, [one.id for one in customers], {"owner_id": after.id})
        return uow.reference

    def owners() -> list[tuple[int, Any]]:
        frame = world.ask(query.frame, CUSTOMER, Query(columns=("owner_id", "team_id")))
        return [(row.owner_id, None if row.team_id != row.team_id else row.team_id) for row in frame.itertuples()]

    reference = world.do(give)
    assert [(after.id, team.id)] * 2 == owners()
    world.do(undo, reference)
    assert [(before.id, None)] * 2 == owners()


def test_renamed_together_they_are_found_by_the_new_name(world: World) -> None:
    customer = world.customer()
    people = [world.contact(customer, name=f"Old {n}").id for n in range(2)]
    world.do(bulk.apply, CONTACT, people, {"title": "Buyer", "department": "Purchasing"})
    assert ["Buyer", "Buyer"] == list(world.ask(query.frame, CONTACT, Query(columns=("title",)))["title"])
    leads = [world.lead().id for _ in range(2)]
    world.do(bulk.apply, LEAD, leads, {"company": "Neuland"})
    assert 2 == world.ask(query.page, LEAD, Query(search="neuland")).count


def test_deleted_together_with_all_below_and_back(world: World) -> None:
    customers = [world.customer() for _ in range(2)]
    for one in customers:
        world.contact(one)

    def gone(uow: UnitOfWork) -> str:
        bulk.delete(uow, CUSTOMER, [one.id for one in customers])
        return uow.reference

    reference = world.do(gone)
    assert (0, 0) == (world.ask(query.count, CUSTOMER), world.ask(query.count, CONTACT))
    world.do(undo, reference)
    assert (2, 2) == (world.ask(query.count, CUSTOMER), world.ask(query.count, CONTACT))

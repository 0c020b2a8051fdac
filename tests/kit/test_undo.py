"""What undoing a user action promises: exactly as before, nothing of anybody else's overwritten, once."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from db.base import table_of
from db.models import AuditEntry, Customer
from services import company
from services.contacts import CONTACT
from services.contracts import CONTRACT
from services.customers import CUSTOMER
from services.kit import records
from services.kit.actor import SYSTEM, Actor
from services.kit.clock import Clock
from services.kit.entity import Entity
from services.kit.errors import Forbidden, Invalid, NotFound, Refusal
from services.kit.undo import Undone, can_undo, undo
from services.kit.unit_of_work import UnitOfWork
from services.leads import LEAD
from tests.conftest import NOW
from tests.factories import World
from tests.races import at_once


def did(world: World, verb: Any, *args: Any, by: Actor = SYSTEM, **kwargs: Any) -> str:
    """Run a verb and return the reference of the user action."""

    def run(uow: UnitOfWork) -> str:
        verb(uow, *args, **kwargs)
        return uow.reference

    return world.do(run, by=by)


def state(world: World, entity: Entity, record_id: int) -> dict[str, Any]:
    """Return all that a row says, apart from its version and dates."""

    def read(uow: UnitOfWork) -> dict[str, Any]:
        table = table_of(entity.model)
        row = uow.session.execute(select(table).where(table.c.id == record_id)).one()._mapping
        return {name: value for name, value in row.items() if name not in ("version", "updated_at", "updated_by_id")}

    return world.ask(read)


def create(entity: Entity) -> Any:
    return entity.verb("create")


def update(entity: Entity) -> Any:
    return entity.verb("update")


def test_a_changed_record_gets_its_old_values_of_every_kind_back(world: World) -> None:
    customer = world.customer(name="Acme", revenue=1_234_567_890_123, next_step_on=date(2026, 7, 1), level="A")
    before = state(world, CUSTOMER, customer.id)
    done = did(
        world,
        update(CUSTOMER),
        customer.id,
        {"name": "Bolt", "revenue": 5, "next_step_on": None, "level": "B", "notes": "New"},
    )
    assert Undone(1, []) == world.do(undo, done)
    assert before == state(world, CUSTOMER, customer.id)


def test_what_was_made_goes_to_the_bin_and_what_was_deleted_comes_back_with_its_children(world: World) -> None:
    customer = world.customer()
    contact = world.contact(customer)
    made = did(world, create(CONTACT), {"name": "Bo", "customer_id": customer.id})
    assert 1 == world.do(undo, made).done
    gone = did(world, CUSTOMER.verb("delete"), customer.id)
    assert 2 == world.do(undo, gone).done
    assert None is state(world, CONTACT, contact.id)["deleted_at"]
    assert None is state(world, CUSTOMER, customer.id)["deleted_at"]


def test_many_changed_at_once_get_their_own_old_values_back(world: World) -> None:
    customers = [world.customer(level=level) for level in ("A", "B", None)]
    ids = [one.id for one in customers]
    done = did(world, records.bulk_update, CUSTOMER, ids, {"level": "C"})
    assert 3 == world.do(undo, done).done
    assert ["A", "B", None] == [state(world, CUSTOMER, one)["level"] for one in ids]


def test_a_record_changed_since_is_kept_and_named_and_the_others_go_back(world: World) -> None:
    ids = [world.customer(name=name, level="A").id for name in ("One", "Two")]
    done = did(world, records.bulk_update, CUSTOMER, ids, {"level": "C"})
    world.do(update(CUSTOMER), ids[0], {"phone": "+86 10 1234567"})
    undone = world.do(undo, done)
    assert (1, [("customer", ids[0], "One", "It has been changed since.")]) == (
        undone.done,
        [(*kept[:3], str(kept.reason)) for kept in undone.kept],
    )
    assert ["C", "A"] == [state(world, CUSTOMER, one)["level"] for one in ids]


def test_a_change_by_statement_since_is_noticed_too(world: World) -> None:
    ids = [world.customer(level="A").id for _ in range(2)]
    done = did(world, records.bulk_update, CUSTOMER, ids, {"level": "C"})
    world.do(records.bulk_update, CUSTOMER, ids[:1], {"region": "North"})
    assert [ids[0]] == [kept.record_id for kept in world.do(undo, done).kept]


def test_what_was_built_upon_stays(world: World) -> None:
    done = did(world, create(CUSTOMER), {"name": "Acme"})

    def only(uow: UnitOfWork) -> int:
        return uow.session.execute(select(Customer.id)).scalar_one()

    customer = world.ask(only)
    world.do(create(CONTACT), {"name": "Bo", "customer_id": customer})
    undone = world.do(undo, done)
    assert (0, ["Something else hangs on it by now."]) == (undone.done, [str(one.reason) for one in undone.kept])
    assert None is state(world, CUSTOMER, customer)["deleted_at"]


def test_an_action_is_undone_once_and_an_undo_is_none_to_undo(world: World) -> None:
    customer = world.customer(level="A")
    done = did(world, update(CUSTOMER), customer.id, {"level": "B"})
    undone = did(world, undo, done)
    with pytest.raises(Refusal, match="undone already"):
        world.do(undo, done)
    with pytest.raises(Refusal, match="undo itself"):
        world.do(undo, undone)
    assert [False, False] == [world.ask(can_undo, one) for one in (done, undone)]


def test_two_who_undo_at_once_undo_once(world: World) -> None:
    customer = world.customer(level="A")
    done = did(world, update(CUSTOMER), customer.id, {"level": "B"})
    outcomes = at_once(4, lambda _n: world.do(undo, done))
    assert 1 == sum(isinstance(one, Undone) for one in outcomes)
    assert "A" == state(world, CUSTOMER, customer.id)["level"]


def test_only_some_of_it_and_the_rest_later(world: World) -> None:
    ids = [world.customer(level="A").id for _ in range(2)]
    done = did(world, records.bulk_update, CUSTOMER, ids, {"level": "C"})
    assert 1 == world.do(undo, done, only={("customer", ids[0])}).done
    assert ["A", "C"] == [state(world, CUSTOMER, one)["level"] for one in ids]
    assert 1 == world.do(undo, done, only={("customer", ids[1])}).done
    with pytest.raises(Refusal, match="undone already"):
        world.do(undo, done)


def test_a_seller_undoes_what_they_did_and_a_colleague_does_not(world: World) -> None:
    ann, bob = world.actor(), world.actor()
    made = did(world, create(CUSTOMER), {"name": "Acme"}, by=ann)
    with pytest.raises(NotFound):
        world.do(undo, made, by=bob)
    with pytest.raises(NotFound):
        world.do(undo, "no such action", by=ann)
    assert [True, False] == [world.ask(can_undo, made, by=one) for one in (ann, bob)]
    # Sellers may not delete customers, but they may take back what they have just made.
    assert 1 == world.do(undo, made, by=ann).done


def test_after_some_days_one_needs_the_permission_to_do_the_opposite(world: World) -> None:
    ann, chief = world.actor(), world.actor("leader")
    made = did(world, create(CUSTOMER), {"name": "Acme"}, by=ann)
    world.do(company.set_value, "undo_days", 1)
    world.database.clock = Clock.at(NOW + timedelta(days=2))
    with pytest.raises(NotFound):
        world.do(undo, made, by=ann)
    assert 1 == world.do(undo, made, by=chief).done


def test_somebody_else_undoes_all_of_it_or_nothing(world: World) -> None:
    team = world.team()
    ann, manager = world.actor(team_id=team.id), world.actor("sales_manager", team_id=team.id)
    near, far = world.customer(by=ann, level="A"), world.customer(level="A", owner_id=world.user().id)
    done = did(world, records.bulk_update, CUSTOMER, [near.id, far.id], {"level": "C"})
    with pytest.raises(Refusal, match="beyond what you may change"):
        world.do(undo, done, by=manager)
    assert ["C", "C"] == [state(world, CUSTOMER, one.id)["level"] for one in (near, far)]


def test_nobody_undoes_nothing(world: World) -> None:
    with pytest.raises(Forbidden):
        world.do(undo, "x", by=Actor(user_id=None, name="nobody", role="none"))


def test_a_unique_value_taken_since_keeps_the_record_with_the_reason(world: World) -> None:
    customer = world.customer(code="A-1")
    done = did(world, update(CUSTOMER), customer.id, {"code": "A-2"})
    world.customer(code="A-1")
    undone = world.do(undo, done)
    assert (0, ["This is taken already."]) == (undone.done, [str(one.reason) for one in undone.kept])


def test_a_rule_of_the_entity_holds_for_an_undo_as_well(world: World) -> None:
    customer = world.customer()
    contract = world.contract(customer, amount=1_000)
    done = did(world, update(CONTRACT), contract.id, {"amount": 2_000})
    from services.collections import instalments

    world.do(instalments.add_instalments, contract.id, [(date(2026, 7, 1), 1_500)])
    undone = world.do(undo, done)
    assert (0, 1) == (undone.done, len(undone.kept))
    assert 2_000 == state(world, CONTRACT, contract.id)["amount"]


def test_an_undo_is_audited_with_what_was_and_what_is(world: World) -> None:
    customer = world.customer(level="A")
    done = did(world, update(CUSTOMER), customer.id, {"level": "B"})
    undone = did(world, undo, done)

    def entries(uow: UnitOfWork) -> list[tuple[str, Any]]:
        found = select(AuditEntry).where(AuditEntry.reference == undone).order_by(AuditEntry.id)
        return [(one.action, one.changes) for one in uow.session.execute(found).scalars()]

    assert [
        ("update", {"level": ["B", "A"]}),
        ("undo", {"of": done, "kept": 0, "is_part": False}),
    ] == world.ask(entries)


def test_rows_made_by_one_statement_go_by_one_statement_but_for_those_edited_or_built_upon(world: World) -> None:
    made: list[int] = []

    def bring(uow: UnitOfWork) -> None:
        made.extend(
            records.bulk_create(
                uow, CUSTOMER, [{"name": f"Row {n}", "currency": "CNY"} for n in range(4)], because="import"
            )
        )

    done = did(world, bring)
    world.do(update(CUSTOMER), made[0], {"level": "A"})
    world.do(create(CONTACT), {"name": "Bo", "customer_id": made[1]})
    undone = world.do(undo, done)
    assert (2, set(made[:2])) == (undone.done, {one.record_id for one in undone.kept})
    assert [True, True, False, False] == [state(world, CUSTOMER, one)["deleted_at"] is None for one in made]


values = st.fixed_dictionaries(
    {},
    optional={
        "name": st.text("abc 华为", min_size=1, max_size=8).map(lambda one: f"x{one}"),
        "company": st.sampled_from(["Acme", "华为技术有限公司", "Bolt GmbH"]),
        "grade": st.sampled_from([None, "A", "B"]),
        "next_step_on": st.none() | st.dates(date(2026, 1, 1), date(2027, 1, 1)),
        "notes": st.none() | st.text("ab\n", max_size=5),
    },
)


@given(first=values, second=values)
def test_law_do_then_undo_changes_nothing(sqlite_world: World, first: dict[str, Any], second: dict[str, Any]) -> None:
    world = sqlite_world
    lead = world.lead(**first)
    before = state(world, LEAD, lead.id)
    try:
        done = did(world, update(LEAD), lead.id, second)
        world.do(undo, done)
    except (Invalid, Refusal):
        pass
    assert before == state(world, LEAD, lead.id)

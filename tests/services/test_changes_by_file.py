"""What a file changes is as if somebody had changed it by hand, record by record: values, what follows, the trace."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from db.models import AuditEntry
from services import contacts, grading, imports, opportunities
from services.contacts import CONTACT
from services.grading import Rule, Scheme
from services.kit.actor import SYSTEM
from services.kit.entity import Entity
from services.kit.errors import Invalid
from services.kit.transfer import storing
from services.kit.transfer.drafts import Draft
from services.kit.transfer.reading import Row
from services.kit.unit_of_work import UnitOfWork
from services.leads import LEAD
from services.leads.lead import update as update_lead
from services.opportunities import OPPORTUNITY
from tests.conftest import NOW
from tests.factories import World

TOMORROW = (NOW + timedelta(days=1)).date()
OWN = {"id", "created_at", "updated_at", "happened_at"}


def lead(world: World) -> Any:
    return world.lead(
        name="Ann Li", company="Acme", email="ann@acme.example", phone="+86 138 0013 8000", source="other"
    )


def contact(world: World) -> Any:
    return world.contact(world.customer(name="Acme"), name="Ann Li", email="ann@acme.example", is_primary=True)


def opportunity(world: World) -> Any:
    return world.opportunity(name="Line 4", customer_id=world.customer(name="Acme").id, currency="CNY")


CASES: list[tuple[Entity, Callable[[World], Any], Callable[..., Any], dict[str, Any]]] = [
    (LEAD, lead, update_lead, {"title": "Head of purchasing", "notes": "Said so"}),
    (LEAD, lead, update_lead, {"source": "referral"}),
    (
        LEAD,
        lead,
        update_lead,
        {"email": "ann.li@other.example", "phone": "13900139000", "company": "Other 公司"},
    ),
    (LEAD, lead, update_lead, {"grade": "A"}),
    (LEAD, lead, update_lead, {"status": "unqualified"}),
    (LEAD, lead, update_lead, {"status": "unqualified", "unqualified_reason": "no_budget", "source": "referral"}),
    (LEAD, lead, update_lead, {"status": "contacted", "next_step_on": TOMORROW}),
    (CONTACT, contact, contacts.update, {"title": "Boss", "role": "decider", "attitude": "2"}),
    (CONTACT, contact, contacts.update, {"email": "li@other.example", "name": "Ann Wang 王"}),
    (CONTACT, contact, contacts.update, {"left_on": TOMORROW}),
    (CONTACT, contact, contacts.update, {"left_on": NOW.date()}),
    (CONTACT, contact, contacts.update_from_file, {"is_primary": False, "title": "Boss"}),
    (CONTACT, contact, contacts.update, {"is_active": False, "left_on": NOW.date()}),
    (OPPORTUNITY, opportunity, opportunities.update, {"name": "Line 5", "market_size": 5_000_000, "growth": 800}),
    (OPPORTUNITY, opportunity, opportunities.update, {"notes": "Said so", "horizon": "mid"}),
    (OPPORTUNITY, opportunity, opportunities.update, {"amount": 100_000, "margin": 3_000}),
]


@pytest.fixture(autouse=True)
def rules(world: World) -> None:
    """Grade by the source and the title."""
    world.do(grading.save, Scheme(rules=(Rule("source", "in", ("referral",), 60), Rule("title", "filled", (), 20))))


def state(world: World, entity: Entity, record_id: int) -> dict[str, Any]:
    model: Any = entity.model
    made = world.ask(lambda uow: uow.session.execute(select(model).where(model.id == record_id)).scalar_one())
    kept = {column.name: getattr(made, column.key) for column in model.__table__.columns if column.name not in OWN}
    return {name: value for name, value in kept.items() if not name.endswith("customer_id")}


def trace(world: World, entity: Entity, record_id: int) -> list[Any]:
    entries = select(AuditEntry.action, AuditEntry.changes).where(
        AuditEntry.entity == entity.key, AuditEntry.record_id == record_id, AuditEntry.action != "create"
    )
    return [tuple(row) for row in world.ask(lambda uow: uow.session.execute(entries.order_by(AuditEntry.id)).all())]


def by_hand(world: World, verb: Callable[..., Any], record_id: int, values: Mapping[str, Any]) -> set[str]:
    try:
        world.do(verb, record_id, values)
    except Invalid as error:
        return set(error.fields)
    return set()


def by_file(world: World, entity: Entity, record_id: int, values: Mapping[str, Any]) -> set[str]:
    def change(uow: UnitOfWork) -> set[str]:
        (draft,) = drafts = [Draft(Row(1, ()), values=dict(values), record_id=record_id)]
        storing.update(uow, entity, drafts)
        return set(draft.wrong)

    return world.do(change)  # type: ignore[no-any-return]


@pytest.mark.parametrize(("entity", "make", "verb", "values"), CASES, ids=[f"{one[0].key}-{one[3]}" for one in CASES])
def test_a_file_changes_a_record_as_a_hand_does(
    world: World, entity: Entity, make: Callable[[World], Any], verb: Callable[..., Any], values: dict[str, Any]
) -> None:
    hand, file = make(world).id, make(world).id
    assert by_hand(world, verb, hand, values) == by_file(world, entity, file, values)
    assert state(world, entity, hand) == state(world, entity, file)
    assert trace(world, entity, hand) == trace(world, entity, file)


def test_a_row_that_is_refused_leaves_its_record_as_it_was_and_takes_no_other_along(world: World) -> None:
    made = [lead(world).id for _ in range(3)]
    before = state(world, LEAD, made[1])
    wanted = [{"source": "referral"}, {"status": "unqualified", "source": "referral"}, {"title": "Boss"}]

    def change(uow: UnitOfWork) -> list[set[str]]:
        drafts = [
            Draft(Row(at, ()), values=values, record_id=one)
            for at, (one, values) in enumerate(zip(made, wanted, strict=True))
        ]
        storing.update(uow, LEAD, drafts)
        return [set(draft.wrong) for draft in drafts]

    assert [set(), {"unqualified_reason"}, set()] == world.do(change)
    assert before == state(world, LEAD, made[1])
    assert ["referral", "other", "other"] == [state(world, LEAD, one)["source"] for one in made]
    assert [60, 20] == [state(world, LEAD, made[at])["grade_points"] for at in (0, 2)]


def test_taken_back_leads_have_their_grades_again(world: World, tmp_path: Any) -> None:
    made = [world.lead(email=f"p{at}@acme.example", source="other").id for at in range(5)]
    before = [state(world, LEAD, one) for one in made]
    content = "Email,Source,Title\n" + "".join(f"p{at}@acme.example,Referral,Boss\n" for at in range(5))
    number = world.do(
        imports.bring, LEAD, content.encode(), "f.csv", goal="store", folder=tmp_path, mode="update", match="email",
        by=SYSTEM,
    )  # fmt: skip
    imports.run_here(world.database, number)
    assert [80] * 5 == [state(world, LEAD, one)["grade_points"] for one in made]
    world.do(imports.revert, number)
    imports.run_here(world.database, number)
    assert 5 == world.ask(imports.get, number).reverted
    after = [state(world, LEAD, one) for one in made]
    for old, new in zip(before, after, strict=True):
        assert {**old, "version": new["version"]} == new

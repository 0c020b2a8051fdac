"""Next steps about gaps: who does what until when; done, they are a line of the customer's story."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import select

from db.models import Customer, MapStep, User
from db.types import N_
from services import activities, customers
from services.contacts import CONTACT
from services.kit import permissions, records
from services.kit.entity import Entity, Section
from services.kit.errors import Invalid, Message, Refusal
from services.kit.unit_of_work import UnitOfWork
from services.power_map import KINDS, require_reached

MAP_STEP = Entity(
    model=MapStep,
    module=__name__,
    one=N_("Step on the power map"),
    many=N_("Steps on the power map"),
    grid=("what", "customer_id", "contact_id", "owner_id", "due_on", "done_on"),
    form=(Section(N_("Next step"), ("customer_id", "contact_id", "what", "owner_id", "due_on")),),
    filters=("customer_id", "owner_id"),
    title="what",
    scope=permissions.through(Customer, customers.REACHED, MapStep.customer_id),
)
DAYS: Final = 14
"""Days until a step is due unless said otherwise."""


def take_on(
    uow: UnitOfWork,
    customer_id: int,
    gap: str,
    *,
    what: str,
    contact_id: int | None = None,
    owner_id: int | None = None,
    due_on: date | None = None,
) -> MapStep:
    """Turn a gap into a next step: the actor's own, due in two weeks, unless said otherwise.

    Raises Forbidden, NotFound, Invalid, and Refusal when the gap has an open step already.
    """
    require_reached(uow, customer_id, "map_step.create")
    if gap not in KINDS:
        raise Refusal(N_("There is no such gap."))
    if contact_id is not None and records.get(uow, CONTACT, contact_id).customer_id != customer_id:
        raise Invalid({"contact_id": Message(N_("Choose somebody at the same customer."))})
    # Two who take on the same gap at once come one after the other.
    uow.session.execute(select(Customer.id).where(Customer.id == customer_id).with_for_update())
    under_way = uow.session.execute(
        select(User.name, MapStep.due_on)
        .join(User, User.id == MapStep.owner_id)
        .where(
            MapStep.customer_id == customer_id,
            MapStep.gap == gap,
            MapStep.contact_id.is_(None) if contact_id is None else MapStep.contact_id == contact_id,
            MapStep.done_on.is_(None),
            MapStep.deleted_at.is_(None),
        )
    ).first()
    if under_way is not None:
        raise Refusal(N_("{name} is on it already, until {day}."), name=under_way[0], day=under_way[1])
    values = {
        "customer_id": customer_id,
        "contact_id": contact_id,
        "what": what,
        "owner_id": owner_id if owner_id is not None else uow.actor.user_id,
        "due_on": due_on or uow.today + timedelta(days=DAYS),
    }
    _refuse_absent(uow, values["owner_id"])
    made: MapStep = records.create(uow, MAP_STEP, values, also={"gap": gap})
    return made


def done(uow: UnitOfWork, step_id: int, *, summary: str, kind: str = "note") -> MapStep:
    """Say that a step was done and what came of it; that is logged as an activity with the person.

    Raises Forbidden, NotFound, Invalid, and Refusal when it is done already.
    """
    step: MapStep = records.get(uow, MAP_STEP, step_id, action="update", lock=True)
    if step.done_on is not None:
        raise Refusal(N_("This has been done already."))
    activities.log(uow, kind=kind, summary=summary, customer_id=step.customer_id, contact_id=step.contact_id)
    step.done_on = uow.today
    return records.store(uow, MAP_STEP, step)  # type: ignore[no-any-return]


def drop(uow: UnitOfWork, step_id: int) -> None:
    """Take a step back; the gap is open again. Raises Forbidden, NotFound."""
    records.delete(uow, MAP_STEP, step_id)


def colleagues(uow: UnitOfWork) -> list[tuple[int, str]]:
    """Return (id, name) of everybody who can cover a contact or own a step, by name: colleagues know each other."""
    permissions.require(uow, "contact.read")
    rows = uow.session.execute(
        select(User.id, User.name).where(User.deleted_at.is_(None), User.is_active).order_by(User.name, User.id)
    )
    return [(row[0], row[1]) for row in rows]


def _refuse_absent(uow: UnitOfWork, owner_id: Any) -> None:
    if owner_id is None:
        raise Invalid({"owner_id": Message(N_("Say who does it."))})
    found = select(User.id).where(User.id == owner_id, User.deleted_at.is_(None), User.is_active)
    if uow.session.execute(found).first() is None:
        raise Invalid({"owner_id": Message(N_("Choose a colleague who works here."))})

"""The power map: who decides at a customer, how they stand to us, who covers them, and what is still missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import func, select

from db.models import Activity, Competitor, Contact, Customer, Influence, MapStep, User
from db.types import N_
from services import customers
from services.company import get as company_setting
from services.customers import CUSTOMER
from services.kit import permissions, records
from services.kit.errors import NotFound, Refusal
from services.kit.unit_of_work import UnitOfWork
from services.power_map.gaps import KINDS, Gap, gaps, missing
from services.power_map.people import Person
from services.power_map.standing import RULE, Standing, standing

__all__ = ["KINDS", "RULE", "Edge", "Gap", "Person", "PowerMap", "Standing", "Step", "power_map", "status"]


@dataclass(frozen=True)
class Edge:
    """One person's influence on another."""

    id: int
    from_id: int
    to_id: int
    kind: str
    strength: int
    """1 … 3."""


@dataclass(frozen=True)
class Step:
    """What is under way about a gap."""

    id: int
    gap: str
    contact_id: int | None
    owner: str
    owner_id: int
    due_on: Any
    what: str


@dataclass(frozen=True)
class PowerMap:
    """Everything on the map of one customer."""

    customer_id: int
    people: Sequence[Person]
    """Those who are there first, most influential first; then those who have left."""
    edges: Sequence[Edge]
    standing: Standing
    gaps: Sequence[Gap]
    steps: Sequence[Step]
    """Open next steps, the earliest first."""

    def step_for(self, gap: Gap) -> Step | None:
        """Return the open next step about a gap, if there is one."""
        same = (one for one in self.steps if (one.gap, one.contact_id) == (gap.code, gap.contact_id))
        return next(same, None)


def power_map(uow: UnitOfWork, customer_id: int) -> PowerMap:
    """Return the map of a customer. Five queries whatever its size.

    Raises Forbidden, and NotFound for a customer whose contacts the reader may not see (one in the public pool
    among them).
    """
    people = _people(uow, customer_id)
    there = {one.id for one in people}
    edges = [
        Edge(*row)
        for row in uow.session.execute(
            select(Influence.id, Influence.from_id, Influence.to_id, Influence.kind, Influence.strength)
            .where(Influence.customer_id == customer_id, Influence.deleted_at.is_(None))
            .order_by(Influence.id)
        )
        if row.from_id in there and row.to_id in there
    ]
    steps = [
        Step(*row)
        for row in uow.session.execute(
            select(
                MapStep.id, MapStep.gap, MapStep.contact_id, User.name, MapStep.owner_id, MapStep.due_on, MapStep.what
            )
            .join(User, User.id == MapStep.owner_id)
            .where(MapStep.customer_id == customer_id, MapStep.deleted_at.is_(None), MapStep.done_on.is_(None))
            .order_by(MapStep.due_on, MapStep.id)
        )
    ]
    found = gaps(people, uow.today, stale_days=company_setting(uow, "map_stale_days"))
    return PowerMap(customer_id, people, edges, standing(people), found, steps)


def status(uow: UnitOfWork, customer_id: int) -> Standing | None:
    """Return colour and reason for a customer's head line; None where the reader may not see its contacts.

    Two queries. Raises Forbidden, and NotFound for a customer out of sight.
    """
    permissions.require(uow, "contact.read")
    if not _is_reached(uow, customer_id):
        records.get(uow, CUSTOMER, customer_id)
        return None
    return standing(_sides(uow, customer_id))


def demand(uow: UnitOfWork, customer_id: int | None) -> None:
    """Refuse unless the customer has a map that says who decides, naming what is missing; for stages that ask so.

    Who may not see the customer's people is told only that something is missing. Raises Forbidden, Refusal.
    """
    permissions.require(uow, "contact.read")
    if customer_id is None:
        raise Refusal(N_("This stage needs a power map: choose the customer first."))
    lacking = missing(_sides(uow, customer_id))
    if not lacking:
        return
    if not _is_reached(uow, customer_id):
        raise Refusal(N_("This stage needs the customer's power map, which is not complete. Ask the customer's owner."))
    raise Refusal(N_("This stage needs the customer's power map. Still missing: {what}."), what=lacking)


def require_reached(uow: UnitOfWork, customer_id: int, permission: str) -> None:
    """Refuse unless the actor has the permission and may see the customer's people. Raises Forbidden, NotFound."""
    permissions.require(uow, permission)
    if not _is_reached(uow, customer_id, permission):
        raise NotFound


# --- inside -------------------------------------------------------------------------------------------------


def _is_reached(uow: UnitOfWork, customer_id: int, permission: str = "contact.read") -> bool:
    """Say whether the actor sees the children of a customer."""
    if not isinstance(customer_id, int) or not 0 < customer_id < 2**63:
        return False
    # Who collaborates counts as well: to read, or, if they may change the customer, for all that is done to the map.
    action = "read" if permission.endswith(".read") else "update"
    actor = replace(uow.actor, day=uow.today, action=action)
    rule = customers.REACHED(actor, actor.reach(permission))
    statement = select(Customer.id).where(Customer.id == customer_id, Customer.deleted_at.is_(None), rule)
    return uow.session.execute(statement).first() is not None


def _people(uow: UnitOfWork, customer_id: int) -> list[Person]:
    require_reached(uow, customer_id, "contact.read")
    last = (
        select(Activity.contact_id, func.max(Activity.happened_at).label("at"))
        .join(Contact, Contact.id == Activity.contact_id)
        .where(Contact.customer_id == customer_id, Activity.deleted_at.is_(None), Activity.kind != "system")
        .group_by(Activity.contact_id)
        .subquery()
    )
    rows = uow.session.execute(
        select(
            Contact.id,
            Contact.name,
            Contact.title,
            Contact.role,
            Contact.attitude,
            Contact.influence,
            Contact.coverage,
            User.name.label("covered_by"),
            Contact.reports_to_id,
            Competitor.name.label("leaning_to"),
            Contact.is_active,
            Contact.is_primary,
            last.c.at,
        )
        .outerjoin(User, User.id == Contact.covered_by_id)
        .outerjoin(Competitor, Competitor.id == Contact.leaning_to_id)
        .outerjoin(last, last.c.contact_id == Contact.id)
        .where(Contact.customer_id == customer_id, Contact.deleted_at.is_(None))
        .order_by(Contact.is_active.desc(), func.coalesce(Contact.influence, 0).desc(), Contact.id)
    )
    zone = uow.settings.zone
    return [
        Person(
            id=row.id,
            name=row.name,
            title=row.title,
            role=row.role,
            attitude=_number(row.attitude),
            influence=row.influence,
            coverage=row.coverage,
            covered_by=row.covered_by,
            reports_to_id=row.reports_to_id,
            leaning_to=row.leaning_to,
            is_active=row.is_active,
            is_primary=row.is_primary,
            last_contact_on=row.at.astimezone(zone).date() if row.at else None,
        )
        for row in rows
    ]


def _sides(uow: UnitOfWork, customer_id: int) -> list[Person]:
    """Return who counts and how they stand, without the rest of what the map shows."""
    rows = uow.session.execute(
        select(Contact.id, Contact.name, Contact.role, Contact.attitude, Contact.influence, Contact.is_active).where(
            Contact.customer_id == customer_id, Contact.deleted_at.is_(None)
        )
    )
    return [
        Person(row.id, row.name, None, row.role, _number(row.attitude), row.influence, is_active=row.is_active)
        for row in rows
    ]


def _number(attitude: str | None) -> int | None:
    return None if attitude is None else int(attitude)

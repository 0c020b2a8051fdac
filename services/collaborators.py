"""Collaborators: people who work on a customer that another owns, until a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select, update

from db.models import Collaborator, Customer, User
from db.types import N_
from services.customers import CUSTOMER
from services.kit import audit, permissions, records
from services.kit.errors import Invalid, Message, NotFound
from services.kit.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Helper:
    """Somebody who collaborates on a customer."""

    collaborator_id: int
    user_id: int
    name: str
    can_write: bool
    until_on: date | None
    reason: str | None
    is_over: bool
    """Its last day has passed."""


def of_customer(uow: UnitOfWork, customer_id: int) -> list[Helper]:
    """Return who collaborates on a customer, those still at it first, by name. Raises Forbidden, NotFound."""
    records.get(uow, CUSTOMER, customer_id)
    rows = uow.session.execute(
        select(
            Collaborator.id,
            Collaborator.user_id,
            User.name,
            Collaborator.can_write,
            Collaborator.until_on,
            Collaborator.reason,
        )
        .join(User, User.id == Collaborator.user_id)
        .where(Collaborator.customer_id == customer_id, Collaborator.deleted_at.is_(None))
        .order_by(User.name, Collaborator.id)
    )
    found = [Helper(*row, is_over=row.until_on is not None and row.until_on < uow.today) for row in rows]
    return sorted(found, key=lambda one: one.is_over)


def candidates(uow: UnitOfWork) -> list[tuple[int, str]]:
    """Return (id, name) of the people who can collaborate: active, in a role that works on customers. By name."""
    permissions.require(uow, "customer.share")
    rows = uow.session.execute(
        select(User.id, User.name, User.role)
        .where(User.is_active, User.deleted_at.is_(None))
        .order_by(User.name, User.id)
    )
    return [(row.id, row.name) for row in rows if "customer.read" in permissions.grants_of(row.role)]


def share(
    uow: UnitOfWork,
    customer_id: int,
    user_id: int,
    *,
    can_write: bool = False,
    until_on: date | None = None,
    reason: str | None = None,
) -> Collaborator:
    """Let somebody work on a customer, until a day (that day included) or until it is taken back.

    Whoever collaborates already gets the new terms. Its owner, their managers and leaders may; a collaborator may not
    pass it on. Raises Forbidden, NotFound, Invalid.
    """
    customer = records.get(uow, CUSTOMER, customer_id, action="share", lock=True)
    person = uow.session.execute(
        select(User).where(User.id == user_id, User.is_active, User.deleted_at.is_(None))
    ).scalar_one_or_none()
    wrong: dict[str, Message] = {}
    if person is None:
        wrong["user_id"] = Message(N_("There is no such record, or you may not see it."))
    elif person.id == customer.owner_id:
        wrong["user_id"] = Message(N_("{name} owns it."), {"name": person.name})
    elif "customer.read" not in permissions.grants_of(person.role):
        wrong["user_id"] = Message(N_("The role of {name} does not include customers."), {"name": person.name})
    if until_on is not None and until_on < uow.today:
        wrong["until_on"] = Message(N_("This day has passed."))
    if reason is not None and len(reason) > Collaborator.reason.type.length:
        wrong["reason"] = Message(
            N_("At most {max} characters; this has {count}."),
            {"max": Collaborator.reason.type.length, "count": len(reason)},
        )
    if wrong:
        raise Invalid(wrong)
    return keep(uow, customer_id, user_id, {"can_write": can_write, "until_on": until_on, "reason": reason or None})


def keep(uow: UnitOfWork, customer_id: int, user_id: int, terms: Mapping[str, Any]) -> Collaborator:
    """Make a collaborator or give one new terms; the caller has asked for permission and holds the customer."""
    permissions.require(uow, "customer.share")
    found = uow.session.execute(
        select(Collaborator).where(
            Collaborator.customer_id == customer_id, Collaborator.user_id == user_id, Collaborator.deleted_at.is_(None)
        )
    ).scalar_one_or_none()
    if found is None:
        found = Collaborator(customer_id=customer_id, user_id=user_id, **terms)
        uow.session.add(found)
    else:
        for name, value in terms.items():
            setattr(found, name, value)
    uow.session.flush()
    return found


def unshare(uow: UnitOfWork, collaborator_id: int) -> None:
    """Take somebody off a customer, at once. They may leave by themselves. Raises Forbidden, NotFound."""
    permissions.require(uow, "customer.share")
    found = uow.session.execute(
        select(Collaborator).where(Collaborator.id == collaborator_id, Collaborator.deleted_at.is_(None))
    ).scalar_one_or_none()
    if found is None:
        raise NotFound
    if found.user_id != uow.actor.user_id:
        records.get(uow, CUSTOMER, found.customer_id, action="share")
    found.deleted_at, found.deleted_in = uow.now, uow.reference
    uow.session.flush()


def tidy(uow: UnitOfWork) -> dict[str, int]:
    """Put collaborations that have ended into the bin: they give nothing since their last day. Raises Forbidden."""
    permissions.require(uow, "pool.update")
    result = uow.session.execute(
        update(Collaborator)
        .where(Collaborator.until_on < uow.today, Collaborator.deleted_at.is_(None))
        .values(deleted_at=uow.now, deleted_in=uow.reference, version=Collaborator.version + 1)
        .execution_options(synchronize_session=False)
    )
    count: int = result.rowcount  # type: ignore[attr-defined]
    if count:
        audit.note(uow, "collaborator", "bulk_delete", None, count=count, because="over")
    return {"ended": count}


def shared_with(uow: UnitOfWork, *, limit: int = 50) -> list[tuple[int, str, bool, date | None]]:
    """Return the customers on which the actor collaborates: (id, name, may change it, until). Raises Forbidden."""
    permissions.require(uow, "customer.read")
    rows = uow.session.execute(
        select(Customer.id, Customer.name, Collaborator.can_write, Collaborator.until_on)
        .join(Customer, Customer.id == Collaborator.customer_id)
        .where(
            Collaborator.user_id == uow.actor.user_id,
            Collaborator.deleted_at.is_(None),
            Customer.deleted_at.is_(None),
            func.coalesce(Collaborator.until_on, uow.today) >= uow.today,
        )
        .order_by(Customer.name, Customer.id)
        .limit(limit)
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]

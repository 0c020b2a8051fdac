"""What says how a customer stands: its orders, instalments, people, profile and open opportunities, by one query."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Date,
    Integer,
    String,
    bindparam,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)

from db.models import Allocation, Contact, Contract, Instalment, Opportunity, Profile, Receipt
from db.types import UtcDateTime
from services import sight
from services.contracts import IN_EFFECT
from services.kit import permissions, standing
from services.kit.prepared import prepared
from services.kit.unit_of_work import UnitOfWork

MOST: Final = 500
"""Rows of a kind that are judged: the newest orders, the open and newest instalments, the most influential people."""
_ID: Final = bindparam("customer_id", type_=BigInteger())
_COLUMNS: Final[Mapping[str, Any]] = {
    "id": BigInteger(),
    "at": UtcDateTime(),
    "day": Date(),
    "until": Date(),
    "amount": BigInteger(),
    "number": Integer(),
    "currency": String(),
    "name": String(),
    "role": String(),
    "attitude": String(),
    "is_active": Boolean(),
}


@dataclass(frozen=True)
class Facts:
    """What the states are judged by."""

    rows: Mapping[str, Sequence[Any]]
    """order, due, person, profile, open -> rows."""
    is_seen: frozenset[str]
    """Entities that the role includes: only of these something is said."""


def facts(uow: UnitOfWork, customer_id: int) -> Facts:
    """Return what hangs on a customer and says how it stands, as far as the reader sees it. One query."""
    permissions.require(uow, "customer.read")
    seen = frozenset(
        key for key in dict.fromkeys(key for key, _make in _PARTS.values()) if uow.actor.may(f"{key}.read")
    )
    rows: dict[str, list[Any]] = {}
    if seen:
        bound = {"customer_id": customer_id, "today": uow.today}
        for row in uow.session.execute(prepared(uow, _statement), bound):
            rows.setdefault(row.what, []).append(row)
    return Facts(rows, seen)


def _statement(uow: UnitOfWork) -> Any:
    parts = [make(uow) for key, make in _PARTS.values() if uow.actor.may(f"{key}.read")]
    return union_all(*(select(one.subquery()) for one in parts))


def _part(what: str, **columns: Any) -> Any:
    return select(
        literal(what, String()).label("what"),
        *(
            columns[name].label(name) if name in columns else cast(null(), type_).label(name)
            for name, type_ in _COLUMNS.items()
        ),
    )


def _orders(uow: UnitOfWork) -> Any:
    """Select the contracts won: signed on `day`, else begun on `until`, else entered at `at`."""
    return (
        _part(
            "order",
            id=Contract.id,
            at=Contract.created_at,
            day=Contract.signed_on,
            until=Contract.start_on,
            amount=Contract.amount,
            currency=Contract.currency,
        )
        .where(sight.children(uow, "contract", _ID), Contract.stage.in_(IN_EFFECT))
        .order_by(Contract.id.desc())
        .limit(MOST)
    )


def _dues(uow: UnitOfWork) -> Any:
    """Select the instalments that have fallen due on `day`; `until`: when the last of it came in."""
    settled = (
        select(func.max(Receipt.received_on))
        .join(Allocation, Allocation.receipt_id == Receipt.id)
        .where(Allocation.instalment_id == Instalment.id, Allocation.deleted_at.is_(None))
        .correlate(Instalment)
        .scalar_subquery()
    )
    is_paid = Instalment.paid >= Instalment.amount
    return (
        _part(
            "due",
            day=Instalment.due_on,
            until=case((is_paid, func.coalesce(settled, Instalment.due_on)), else_=None),
            amount=Instalment.amount - Instalment.paid,
            currency=Contract.currency,
        )
        .join_from(Instalment, Contract, Contract.id == Instalment.contract_id)
        .where(
            sight.children(uow, "instalment", _ID),
            Instalment.is_void.is_(False),
            Contract.stage.in_(IN_EFFECT),
            Instalment.due_on <= bindparam("today", type_=Date()),
        )
        .order_by(is_paid, Instalment.due_on.desc())
        .limit(MOST)
    )


def _people(uow: UnitOfWork) -> Any:
    return (
        _part(
            "person",
            id=Contact.id,
            name=Contact.name,
            role=Contact.role,
            attitude=Contact.attitude,
            number=Contact.influence,
            is_active=Contact.is_active,
        )
        .where(sight.children(uow, "contact", _ID))
        .order_by(func.coalesce(Contact.influence, 0).desc(), Contact.id)
        .limit(MOST)
    )


def _profile(uow: UnitOfWork) -> Any:
    return _part("profile", number=Profile.completeness).where(
        sight.children(uow, "profile", _ID), Profile.kind == "customer"
    )


def _open(uow: UnitOfWork) -> Any:
    """Select the open opportunities by currency."""
    in_funnel = or_(Opportunity.stage_id.is_(None), Opportunity.stage_id.in_(standing.stages("open")))
    return (
        _part("open", amount=func.sum(Opportunity.amount), number=func.count(), currency=Opportunity.currency)
        .where(sight.children(uow, "opportunity", _ID), in_funnel)
        .group_by(Opportunity.currency)
    )


_PARTS: Final[Mapping[str, tuple[str, Callable[[UnitOfWork], Any]]]] = {
    "order": ("contract", _orders),
    "due": ("instalment", _dues),
    "person": ("contact", _people),
    "profile": ("profile", _profile),
    "open": ("opportunity", _open),
}
"""What it is -> by which entity's permission, from what."""

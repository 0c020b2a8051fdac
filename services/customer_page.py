"""What the head of a customer's page says: names, rights, counts, states; so many queries whatever hangs on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import BigInteger, bindparam, case, false, func, select
from sqlalchemy.orm import aliased

from db.models import Contract, Customer, Instalment, Pool, Setting, User
from services import company, health, sight
from services.collections import figures
from services.contracts import IN_EFFECT
from services.customers import CUSTOMER
from services.kit import permissions, records, selects
from services.kit.entity import Entity
from services.kit.errors import NotFound
from services.kit.prepared import prepared
from services.kit.query import Page
from services.kit.shapes import Shape
from services.kit.unit_of_work import UnitOfWork
from services.pools import Return
from services.pools.one import return_of
from services.pools.rules import moments

TABS: Final = ("contact", "opportunity", "contract", "instalment", "profile")
"""Entities that a tab counts."""
RIGHTS: Final = ("update", "assign", "release", "claim", "lock", "merge", "delete", "share")
_ID: Final = bindparam("customer_id", type_=BigInteger())


@dataclass(frozen=True)
class Head:
    """What stands above the tabs."""

    customer: Customer
    owner: str | None
    parent: str | None
    has_group: bool
    """It is part of another, or others are part of it."""
    pool: str | None
    """Name of the pool it lies in, to be translated."""
    returns: Return | None
    """When it goes back to its pool; None: not in sight."""
    is_warned: bool
    """It goes back within the days of warning."""
    may: frozenset[str]
    """Of RIGHTS, what the reader may do to this very customer."""
    is_reached: bool
    """The reader sees what hangs on it; of one in the pool nobody does."""
    counts: Mapping[str, int]
    """Of TABS, as far as the reader may see them."""
    states: Sequence[health.State]


def head(uow: UnitOfWork, customer_id: int) -> Head:
    """Return what the head of a page says. At most six queries. Raises Forbidden, NotFound."""
    customer: Customer = records.get(uow, CUSTOMER, customer_id)
    row = uow.session.execute(prepared(uow, _head), {"customer_id": customer_id}).first()
    if row is None:
        raise NotFound
    returns = return_of(uow, row) if row.recycles else None
    is_warned = returns is not None and returns.left <= row.warning_days
    states = health.states(
        uow,
        customer,
        health.facts(uow, customer_id) if row.is_reached else health.Facts({}, frozenset()),
        is_reached=bool(row.is_reached),
        returns=returns if is_warned else None,
        terms=row.value_terms or company.KEYS["value_terms"],
        contact_days=row.contact_days or company.KEYS["contact_days"],
    )
    return Head(
        customer,
        row.owner,
        row.parent,
        bool(customer.parent_id is not None or row.has_parts),
        row.pool,
        returns,
        is_warned,
        frozenset(action for action in RIGHTS if getattr(row, f"may_{action}")),
        bool(row.is_reached),
        {key: getattr(row, f"n_{key}") for key in TABS if uow.actor.may(f"{key}.read")},
        states,
    )


def _head(uow: UnitOfWork) -> Any:
    """Return the select of one row: what the rules of the pools ask, names, rights, counts, settings."""
    parent, part = aliased(Customer), aliased(Customer)
    counts = []
    for key in TABS:
        model = sight.CHILDREN[key]
        number = select(func.count()).select_from(model).correlate(None)
        if key == "instalment":
            number = number.join(Contract, Contract.id == Instalment.contract_id)
        counts.append(number.where(sight.children(uow, key, _ID)).scalar_subquery().label(f"n_{key}"))
    rights = [
        (sight.customer(uow, _ID, action) if uow.actor.may(f"customer.{action}") else false()).label(f"may_{action}")
        for action in RIGHTS
    ]
    settings = [
        select(Setting.value).where(Setting.key == key).scalar_subquery().label(key)
        for key in ("value_terms", "contact_days")
    ]
    running = (Pool.kind == "customer", Pool.is_enabled, Pool.is_recycling, Pool.deleted_at.is_(None))
    return (
        moments("customer")
        .add_columns(
            User.name.label("owner"),
            parent.name.label("parent"),
            select(part.id).where(part.parent_id == _ID, part.deleted_at.is_(None)).exists().label("has_parts"),
            select(Pool.name).where(Pool.id == Customer.pool_id).correlate(Customer).scalar_subquery().label("pool"),
            select(func.count()).select_from(Pool).where(*running).scalar_subquery().label("recycles"),
            select(func.max(Pool.warning_days)).where(*running).scalar_subquery().label("warning_days"),
            sight.is_reached(uow, "customer.read", _ID).label("is_reached"),
            *rights,
            *counts,
            *settings,
        )
        .outerjoin(User, User.id == Customer.owner_id)
        .outerjoin(parent, parent.id == Customer.parent_id)
        .where(Customer.id == _ID)
    )


def dues(uow: UnitOfWork, customer_id: int, *, limit: int = 200) -> Sequence[Any]:
    """Return the instalments of a customer's contracts, what is open first by day, then what is paid, newest first.

    Fields: id, contract_id, number, sequence, label, due_on, amount, paid, unpaid, currency, effective, settled,
    timing. One query. Raises Forbidden.
    """
    permissions.require(uow, "instalment.read")
    return uow.session.execute(prepared(uow, _dues, limit), {"customer_id": customer_id}).all()


def _dues(uow: UnitOfWork, limit: int) -> Any:
    is_done = case(
        (Instalment.paid >= Instalment.amount, 1), (Instalment.is_void, 1), (Contract.stage.in_(IN_EFFECT), 0), else_=1
    )
    return (
        select(
            Instalment.id,
            Instalment.contract_id,
            Contract.number,
            Instalment.sequence,
            Instalment.label,
            Instalment.due_on,
            Instalment.amount,
            Instalment.paid,
            (Instalment.amount - Instalment.paid).label("unpaid"),
            Contract.currency,
            *figures.facts(uow.today),
        )
        .join(Contract, Contract.id == Instalment.contract_id)
        .where(sight.children(uow, "instalment", _ID))
        .order_by(is_done, case((is_done == 0, Instalment.due_on)), Instalment.due_on.desc(), Instalment.id)
        .limit(limit)
    )


def listed(uow: UnitOfWork, entity: Entity, customer_id: int, columns: Sequence[str], *, limit: int = 200) -> Page:
    """Return what hangs on a customer of one kind as a list's page, the newest changed first. One query.

    Its count is that of its rows; more than `limit` is said by `is_capped`. Raises Forbidden.
    """
    permissions.require(uow, f"{entity.key}.read")
    shape = Shape(entity, tuple(columns))
    rows = uow.session.execute(prepared(uow, _listed, shape, limit + 1), {"customer_id": customer_id}).all()
    names = selects.names_of(shape)
    shown: list[Sequence[Any]] = list(zip(*rows[:limit], strict=True)) if rows else [()] * len(names)
    return Page(dict(zip(names, shown, strict=True)), None, min(len(rows), limit), len(rows) > limit)


def _listed(uow: UnitOfWork, shape: Shape, limit: int) -> Any:
    model: Any = shape.entity.model
    found = selects.those(uow, shape, sight.children(uow, shape.entity.key, _ID))
    return found.order_by(model.updated_at.desc(), model.id.desc()).limit(limit)


def people(uow: UnitOfWork, customer_id: int, *, limit: int = 100) -> list[tuple[int, str]]:
    """Return (id, name) of the contacts one may have spoken with, the primary one first. One query."""
    permissions.require(uow, "contact.read")
    model = sight.CHILDREN["contact"]
    rows = uow.session.execute(
        select(model.id, model.name)
        .where(sight.children(uow, "contact", customer_id), model.is_active)
        .order_by(model.is_primary.desc(), func.coalesce(model.influence, 0).desc(), model.id)
        .limit(limit)
    )
    return [(row.id, row.name) for row in rows]

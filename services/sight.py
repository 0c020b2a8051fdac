"""What hangs on one customer, as far as the reader may see it: the scopes of its children, put for one customer.

A scope by the parent reads "whose customer is among those I reach"; where only one customer is looked at, that is
asked of this one, and the page of a customer costs the same however many others its reader has. A test holds each
criterion against the entity's own scope.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, exists, false, or_, true

from db.models import Activity, Contact, Contract, Customer, Instalment, Lead, Opportunity, Profile, Receipt
from services import customers
from services.kit import permissions
from services.kit.actor import Actor, Reach
from services.kit.unit_of_work import UnitOfWork

CHILDREN: Final[Mapping[str, Any]] = {
    "contact": Contact,
    "activity": Activity,
    "opportunity": Opportunity,
    "contract": Contract,
    "instalment": Instalment,
    "receipt": Receipt,
    "profile": Profile,
}
"""Entity -> model, of what can be looked at here."""
_OWNED: Final = frozenset({"opportunity", "contract", "instalment", "receipt"})
"""What its own owner sees as well; of money, the contract's."""


def children(uow: UnitOfWork, key: str, customer_id: Any) -> ColumnElement[bool]:
    """Return the criterion of the live children of one kind of a customer that the reader may see.

    Instalments and receipts are to be joined with their contract. `customer_id` is a number or a bound one.
    """
    model = CHILDREN[key]
    whose = Contract.customer_id if key in ("instalment", "receipt") else model.customer_id
    found = [whose == customer_id, model.deleted_at.is_(None), _seen(uow, key, model, customer_id)]
    if key in ("instalment", "receipt"):
        found.append(Contract.deleted_at.is_(None))
    return and_(*found)


def beside(uow: UnitOfWork, key: str) -> ColumnElement[bool]:
    """Return the criterion of the children of one kind, joined with their customer, that the reader may see."""
    model = CHILDREN[key]
    actor, reach = _asked(uow, f"{key}.read")
    if reach is Reach.NONE:
        return false()
    owned = Contract if key in ("instalment", "receipt") else model
    own = [permissions.owned(owned)(actor, reach)] if key in _OWNED else []
    return or_(customers.REACHED(actor, reach), *own)


def customer(uow: UnitOfWork, customer_id: Any, action: str = "read") -> ColumnElement[bool]:
    """Return the criterion, of no row in particular, that the reader may do `action` to a customer."""
    seen = permissions.scope(uow, customers.CUSTOMER, action)
    return exists().where(Customer.id == customer_id, Customer.deleted_at.is_(None), seen).correlate(None)


def is_reached(uow: UnitOfWork, permission: str, customer_id: Any) -> ColumnElement[bool]:
    """Return the criterion that the reader sees what hangs on a customer; of one in the pool nobody does."""
    actor, reach = _asked(uow, permission)
    if reach is Reach.NONE:
        return false()
    seen = customers.REACHED(actor, reach)
    return exists().where(Customer.id == customer_id, Customer.deleted_at.is_(None), seen).correlate(None)


def _asked(uow: UnitOfWork, permission: str) -> tuple[Actor, Reach]:
    return replace(uow.actor, day=uow.today, action="read"), uow.actor.reach(permission)


def _seen(uow: UnitOfWork, key: str, model: Any, customer_id: Any) -> ColumnElement[bool]:
    actor, reach = _asked(uow, f"{key}.read")
    if reach is Reach.NONE:
        return false()
    if reach is Reach.ALL:
        return true()
    by_customer = is_reached(uow, f"{key}.read", customer_id)
    if key in _OWNED:
        owned = Contract if key in ("instalment", "receipt") else model
        return or_(by_customer, permissions.owned(owned)(actor, reach))
    if key == "activity":
        return or_(
            by_customer,
            Activity.owner_id == actor.user_id,
            _through(Lead, Activity.lead_id, actor, reach),
            _through(Opportunity, Activity.opportunity_id, actor, reach),
        )
    return by_customer


def _through(parent: Any, link: Any, actor: Actor, reach: Reach) -> ColumnElement[bool]:
    seen = permissions.owned(parent)(actor, reach)
    return exists().where(parent.id == link, parent.deleted_at.is_(None), seen).correlate(Activity)

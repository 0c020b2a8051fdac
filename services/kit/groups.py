"""Up and down the tree of companies, in SQL; a circle in old data is walked once."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import CTE, ColumnElement, Select, inspect, select

from db.models import Customer
from db.types import N_
from services.kit.errors import Message
from services.kit.unit_of_work import UnitOfWork

DEEPEST: Final = 50
"""Companies above each other that may be; more is a mistake in the data."""


def below(*roots: ColumnElement[bool]) -> Select[Any]:
    """Return the ids of the customers of which a criterion holds and of all that is part of them, through others too.

    Whether a company is live is carried along rather than asked of the next one: a criterion on that one makes SQLite
    read the whole table first, for a filter that is to spare it reading (4 ms against 0.06 at 5,000 rows).
    """
    start = select(Customer.id, Customer.deleted_at.is_(None).label("is_live")).where(*roots)
    tree = start.cte("below", recursive=True)
    child = Customer.__table__.alias()
    found = tree.union(
        select(child.c.id, child.c.deleted_at.is_(None))
        .join(tree, child.c.parent_id == tree.c.id)
        .where(tree.c.is_live)
    )
    return select(found.c.id).where(found.c.is_live)


def above(start: Any) -> CTE:
    """Return a customer and all that it is part of; columns: id, parent_id, is_live."""
    is_live = Customer.deleted_at.is_(None).label("is_live")
    tree = select(Customer.id, Customer.parent_id, is_live).where(Customer.id == start).cte("above", recursive=True)
    parent = Customer.__table__.alias()
    return tree.union(
        select(parent.c.id, parent.c.parent_id, parent.c.deleted_at.is_(None))
        .join(tree, parent.c.id == tree.c.parent_id)
        .where(tree.c.is_live)
    )


def check(uow: UnitOfWork, customer: Customer) -> dict[str, Message]:
    """Refuse a parent that is the company itself, or part of it, be it through others.

    Those above are held, one after the other, until the end of the unit of work: of two people who put each of two
    companies below the other, the second is refused.
    """
    at = customer.parent_id
    if at is None or customer.id is None or not inspect(customer).attrs.parent_id.history.has_changes():
        return {}
    if at == customer.id:
        return {"parent_id": Message(N_("A company is not part of itself."))}
    first: str | None = None
    for _level in range(DEEPEST):
        row = uow.session.execute(
            select(Customer.name, Customer.parent_id).where(Customer.id == at).with_for_update()
        ).first()
        if row is None:
            return {}
        first = first or row.name
        if row.parent_id == customer.id:
            return {
                "parent_id": Message(
                    N_("{parent} is part of {name} itself, be it through others: that would be a circle."),
                    {"parent": first, "name": customer.name},
                )
            }
        if row.parent_id is None:
            return {}
        at = row.parent_id
    return {"parent_id": Message(N_("So many companies above each other cannot be."))}

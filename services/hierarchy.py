"""Which company is part of which: the group of a customer as a tree, what it comes to in all, and no circles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import BigInteger, String, bindparam, cast, func, literal, null, select, union_all

from db.models import Contract, Customer, Instalment, Opportunity, User
from services import sight
from services.contracts import IN_EFFECT
from services.customers import CUSTOMER
from services.kit import groups, permissions, standing
from services.kit.errors import NotFound
from services.kit.prepared import prepared
from services.kit.unit_of_work import UnitOfWork

SHOWN: Final = 12
"""Companies shown of those that have the same parent; the rest is counted."""
MOST: Final = 5_000
"""Companies of a group that are summed."""


@dataclass(frozen=True)
class Node:
    """A company in the tree."""

    id: int | None
    """None: the reader may not see it; it only stands between others."""
    name: str
    depth: int
    owner: str | None = None
    level: str | None = None
    is_here: bool = False
    more: int = 0
    """So many more, in sight, stand below the same parent; a line of its own, without a name."""


@dataclass(frozen=True)
class Sum:
    """Number and amount in one currency, minor units."""

    count: int = 0
    amount: int = 0


@dataclass(frozen=True)
class Group:
    """The companies of a group that the reader may see, and what they come to."""

    root_id: int
    nodes: Sequence[Node]
    customers: int
    """How many of the group the reader may see."""
    open: Mapping[str, Sum] = field(default_factory=dict)
    """Open opportunities by currency."""
    contracts: Mapping[str, Sum] = field(default_factory=dict)
    """Contracts in effect by currency."""
    overdue: Mapping[str, Sum] = field(default_factory=dict)


def group(uow: UnitOfWork, customer_id: int) -> Group | None:
    """Return the group a customer belongs to; None if it stands alone in the reader's sight.

    Up to the root, beside and one below the customer, at most SHOWN of each; sums of at most MOST. Four queries,
    whatever the size. Raises Forbidden, NotFound.
    """
    permissions.require(uow, "customer.read")
    bound = {"customer_id": customer_id}
    path = _in_order(uow.session.execute(prepared(uow, _path), bound).all(), customer_id)
    if not path or not path[-1].is_seen:
        raise NotFound
    root_id = path[0].id
    rows = uow.session.execute(
        prepared(uow, _around, SHOWN), {**bound, "root_id": root_id, "path": [one.id for one in path]}
    ).all()
    sums: dict[str, dict[str, Sum]] = {}
    members = uow.session.execute(prepared(uow, _members), {"root_id": root_id}).scalars().all()
    for row in uow.session.execute(prepared(uow, _sums), {"ids": members}):
        sums.setdefault(row.what, {})[row.currency or ""] = Sum(int(row.number), int(row.amount or 0))
    seen = sums.get("customer", {}).get("", Sum()).count
    if seen < 2 and len(path) < 2:  # noqa: PLR2004 - itself alone is no group
        return None
    nodes = _drawn(path, rows, customer_id)
    return Group(root_id, nodes, seen, sums.get("open", {}), sums.get("contract", {}), sums.get("overdue", {}))


# --- the statements -----------------------------------------------------------------------------------------


def _path(uow: UnitOfWork) -> Any:
    """Return the select of a customer and those above it, with whether the reader may see each."""
    up = groups.above(bindparam("customer_id", type_=BigInteger()))
    return (
        select(
            Customer.id,
            Customer.name,
            Customer.parent_id,
            Customer.level,
            User.name.label("owner"),
            permissions.scope(uow, CUSTOMER).label("is_seen"),
        )
        .join(up, up.c.id == Customer.id)
        .outerjoin(User, User.id == Customer.owner_id)
        .where(up.c.is_live)
    )


def _around(uow: UnitOfWork, shown: int) -> Any:
    """Return the select of those below the path, in sight: of each parent the first by name, and how many there are."""
    number = func.row_number().over(partition_by=Customer.parent_id, order_by=(Customer.name, Customer.id))
    found = (
        select(
            Customer.id,
            Customer.name,
            Customer.parent_id,
            Customer.level,
            Customer.owner_id,
            number.label("number"),
            func.count().over(partition_by=Customer.parent_id).label("all"),
        )
        .where(
            Customer.parent_id.in_(bindparam("path", expanding=True, type_=BigInteger())),
            Customer.id.not_in(bindparam("path", expanding=True, type_=BigInteger())),
            Customer.deleted_at.is_(None),
            permissions.scope(uow, CUSTOMER),
        )
        .subquery()
    )
    return (
        select(found, User.name.label("owner"))
        .outerjoin(User, User.id == found.c.owner_id)
        .where(found.c.number <= shown)
        .order_by(found.c.parent_id, found.c.number)
    )


def _members(_uow: UnitOfWork) -> Any:
    return groups.below(Customer.id == bindparam("root_id", type_=BigInteger())).limit(MOST)


def _sums(uow: UnitOfWork) -> Any:
    """Return the select of what the companies of a group come to, as far as the reader may see each row of it.

    From the companies down to what hangs on each, with its scope put for the company at hand: the scopes of lists
    would gather all customers of the reader first.
    """
    is_member = Customer.id.in_(bindparam("ids", expanding=True, type_=BigInteger()))
    seen = (is_member, Customer.deleted_at.is_(None), permissions.scope(uow, CUSTOMER))
    none = cast(null(), String())
    parts: list[Any] = [
        select(
            literal("customer", String()).label("what"),
            none.label("currency"),
            func.count().label("number"),
            cast(null(), BigInteger()).label("amount"),
        ).where(*seen)
    ]
    if uow.actor.may("opportunity.read"):
        parts.append(
            select(literal("open", String()), Opportunity.currency, func.count(), func.sum(Opportunity.amount))
            .join_from(Customer, Opportunity, Opportunity.customer_id == Customer.id)
            .where(
                *seen,
                Opportunity.deleted_at.is_(None),
                Opportunity.stage_id.is_(None) | Opportunity.stage_id.in_(standing.stages("open")),
                sight.beside(uow, "opportunity"),
            )
            .group_by(Opportunity.currency)
        )
    if uow.actor.may("contract.read"):
        parts.append(
            select(literal("contract", String()), Contract.currency, func.count(), func.sum(Contract.amount))
            .join_from(Customer, Contract, Contract.customer_id == Customer.id)
            .where(*seen, Contract.deleted_at.is_(None), Contract.stage.in_(IN_EFFECT), sight.beside(uow, "contract"))
            .group_by(Contract.currency)
        )
    if uow.actor.may("instalment.read"):
        unpaid = func.sum(Instalment.amount - Instalment.paid)
        parts.append(
            select(literal("overdue", String()), Contract.currency, func.count(), unpaid)
            .join_from(Customer, Contract, Contract.customer_id == Customer.id)
            .join(Instalment, Instalment.contract_id == Contract.id)
            .where(
                *seen,
                Contract.deleted_at.is_(None),
                Contract.stage.in_(IN_EFFECT),
                Instalment.deleted_at.is_(None),
                Instalment.is_void.is_(False),
                Instalment.paid < Instalment.amount,
                Instalment.due_on < uow.today,
                sight.beside(uow, "instalment"),
            )
            .group_by(Contract.currency)
        )
    return union_all(*parts)


# --- the tree -----------------------------------------------------------------------------------------------


def _in_order(rows: Sequence[Any], customer_id: int) -> list[Any]:
    """Return the way from the root down to a customer."""
    by_id = {row.id: row for row in rows}
    path: list[Any] = []
    at: int | None = customer_id
    while at is not None and at in by_id and by_id[at] not in path:
        path.insert(0, by_id[at])
        at = by_id[at].parent_id
    return path


def _drawn(path: Sequence[Any], rows: Sequence[Any], customer_id: int) -> list[Node]:
    """Return the lines of the tree from top to bottom: the way down, then those beside and below the customer."""
    beside: dict[int, list[Any]] = {}
    for row in rows:
        beside.setdefault(row.parent_id, []).append(row)
    nodes: list[Node] = []
    tail: list[list[Node]] = []
    for depth, one in enumerate(path):
        is_here = one.id == customer_id
        known = one.is_seen or is_here
        nodes.append(
            Node(
                one.id if known else None,
                one.name if known else "",
                depth,
                one.owner if known else None,
                one.level if known else None,
                is_here,
            )
        )
        # Of the companies above only those next to the customer are of use.
        if is_here or (depth == len(path) - 2):
            tail.insert(0, _lines(beside.get(one.id, []), depth + 1))
    return [*nodes, *(line for some in tail for line in some)]


def _lines(rows: Sequence[Any], depth: int) -> list[Node]:
    lines = [Node(row.id, row.name, depth, row.owner, row.level) for row in rows]
    if rows and rows[0].all > len(rows):
        lines.append(Node(None, "", depth, more=rows[0].all - len(rows)))
    return lines

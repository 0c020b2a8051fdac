"""Pools for the tests, with what matters to each."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select, update

from db.models import Customer, OwnerChange, Pool
from services import pools
from services.customers import CUSTOMER
from services.kit import records
from services.kit.clock import Clock
from services.kit.unit_of_work import UnitOfWork
from services.pools import Member, Rule
from tests.conftest import NOW
from tests.factories import World


def pool(world: World, *, members: Any = (), rules: Any = (), hidden: Any = (), **values: Any) -> Any:
    """Make a pool; for everybody unless it has members; its rules run if it has any."""
    given = {
        "name": f"Pool {len(values)}{values.get('name', '')}",
        "kind": "customer",
        "is_for_all": not members,
        **values,
    }
    made = world.do(pools.save, None, given, members=members, rules=rules, hidden=hidden)
    return world.do(pools.set_recycling, made.id, is_on=True) if rules else made


def first_pool(world: World, key: str = "customer") -> Any:
    """Return the pool that everybody's unowned records lie in."""
    from services.kit import owners

    def found(uow: UnitOfWork) -> Any:
        return uow.session.get_one(Pool, owners.first_pool(uow, key))

    return world.do(found)


def change_pool(world: World, pool_id: int, **values: Any) -> None:
    """Change facts of a pool."""
    world.do(pools.POOL.verb("update"), pool_id, values)


def many(world: World, number: int) -> list[int]:
    """Make customers without an owner by one statement and return their ids."""

    def made(uow: UnitOfWork) -> list[int]:
        rows = [{"name": f"Customer {one}", "currency": "CNY"} for one in range(number)]
        return records.bulk_create(uow, CUSTOMER, rows, because="test")

    return world.do(made)


def owners_of(world: World, ids: list[int]) -> dict[int, int | None]:
    """Return whose each customer is."""

    def found(uow: UnitOfWork) -> dict[int, int | None]:
        rows = uow.session.execute(select(Customer.id, Customer.owner_id).where(Customer.id.in_(ids)))
        return {row.id: row.owner_id for row in rows}

    return world.ask(found)


def changes(world: World, kind: str | None = None) -> list[Any]:
    """Return the rows of the history, oldest first."""

    def found(uow: UnitOfWork) -> list[Any]:
        statement = select(OwnerChange).order_by(OwnerChange.id)
        return list(uow.session.scalars(statement.where(OwnerChange.kind == kind) if kind else statement))

    return world.ask(found)


def later(world: World, **time: Any) -> None:
    """Let time pass."""
    world.database.clock = Clock.at(world.database.clock.now() + timedelta(**time))


def set_columns(world: World, model: Any, record_id: int, **values: Any) -> None:
    """Set columns of a record by a plain statement, whatever the services would say."""

    def change(uow: UnitOfWork) -> None:
        uow.session.execute(update(model).where(model.id == record_id).values(**values))

    world.do(change)


__all__ = [
    "NOW",
    "Member",
    "Rule",
    "change_pool",
    "changes",
    "first_pool",
    "insert",
    "later",
    "many",
    "owners_of",
    "pool",
    "set_columns",
]

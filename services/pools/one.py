"""When one customer goes back to its pool: what its page says, by two questions."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from db.models import Team, User
from services.kit import owners, permissions
from services.kit.unit_of_work import UnitOfWork
from services.pools.rules import Return, returns_of, setup


def return_of(uow: UnitOfWork, row: Any) -> Return | None:
    """Return when a customer goes back, of which `row` has the columns of `moments`; None: it stays.

    The caller has found the row within the reader's scope. Two queries. Raises Forbidden.
    """
    permissions.require(uow, "customer.read")
    if row.owner_id is None or row.is_locked:
        return None
    pools, members = setup(uow, "customer")
    if not any(one.is_recycling for one in pools.values()):
        return None
    common = next((one.pool_id for one in pools.values() if one.is_for_all), None)
    teams = _upwards(uow, row.owner_id) if members else []
    home = owners.nearest(row.owner_id, teams, members) or common
    terms = {pool_id: one for pool_id, one in pools.items() if pool_id == home and one.is_recycling}
    return returns_of(uow, terms, [row], {row.owner_id: home} if home else {}).get(row.id)


def _upwards(uow: UnitOfWork, user_id: int) -> list[int]:
    """Return a person's team and those above it, nearest first; a circle in old data is walked once."""
    start = select(User.team_id.label("id")).where(User.id == user_id).subquery()
    up = select(Team.id, Team.parent_id).where(Team.id == select(start.c.id).scalar_subquery())
    walk = up.cte("above", recursive=True)
    walk = walk.union(select(Team.id, Team.parent_id).join(walk, Team.id == walk.c.parent_id))
    parents = {row.id: row.parent_id for row in uow.session.execute(select(walk))}
    first = set(parents) - set(parents.values())
    chain: list[int] = []
    at = next(iter(first), None)
    while at is not None and at in parents and at not in chain:
        chain.append(at)
        at = parents[at]
    return chain

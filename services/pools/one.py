"""When one customer goes back to its pool: what its page says, by two questions."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from db.models import Pool, PoolMember, PoolRule, Team, User
from services.kit import owners, permissions
from services.kit.unit_of_work import UnitOfWork
from services.pools.rules import Return, Rule, Terms, returns_of


def return_of(uow: UnitOfWork, row: Any) -> Return | None:
    """Return when a customer goes back, of which `row` has the columns of `moments`; None: it stays.

    The caller has found the row within the reader's scope. Two queries. Raises Forbidden.
    """
    permissions.require(uow, "customer.read")
    if row.owner_id is None or row.is_locked:
        return None
    found = uow.session.execute(
        select(Pool, PoolRule, PoolMember)
        .outerjoin(PoolRule, PoolRule.pool_id == Pool.id)
        .outerjoin(PoolMember, PoolMember.pool_id == Pool.id)
        .where(Pool.kind == "customer", Pool.is_enabled, Pool.deleted_at.is_(None))
        .order_by(Pool.is_for_all.desc(), Pool.id)
    ).all()
    if not any(pool.is_recycling for pool, _rule, _member in found):
        return None
    members = {member.id: member for pool, _rule, member in found if member is not None and not pool.is_for_all}
    common = next((pool.id for pool, _rule, _member in found if pool.is_for_all), None)
    teams = _upwards(uow, row.owner_id) if members else []
    home = owners.nearest(row.owner_id, teams, members.values()) or common
    terms = {one.id: _terms(one, found) for one, _rule, _member in found if one.id == home and one.is_recycling}
    return returns_of(uow, terms, [row], {row.owner_id: home} if home else {}).get(row.id)


def _terms(pool: Pool, found: Any) -> Terms:
    rules = {rule.id: rule for one, rule, _member in found if one.id == pool.id and rule is not None}
    made = [Rule(rule.kind, rule.days, rule.days_by_level) for rule in rules.values()]
    made.sort(key=lambda rule: rule.kind)
    return Terms(pool.id, pool.kind, tuple(made), pool.spares_won, pool.spares_open, pool.warning_days)


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

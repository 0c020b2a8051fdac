"""What an administrator sets: members, rules, hidden fields; enabling, disabling, emptying."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import delete, func, insert, literal, select, union_all, update

from db.models import Pool, PoolMember, PoolRule
from db.models.pool import LONGEST
from db.types import N_
from services import ownership
from services.kit import audit, masking, owners, permissions, records
from services.kit.entity import ENTITIES
from services.kit.errors import Invalid, Message, NotFound, Refusal
from services.kit.unit_of_work import UnitOfWork
from services.ownership import Held
from services.pools import pool as pools
from services.pools.pool import MODELS, POOL, Member
from services.pools.rules import KINDS, LEVEL, Rule, rules_of

_COUNT_CAP: Final = 100_000


@dataclass(frozen=True)
class Overview:
    """A pool as an administrator sees it."""

    pool_id: int
    name: str
    """To be translated."""
    kind: str
    is_enabled: bool
    is_for_all: bool
    is_recycling: bool
    claims_a_day: int | None
    ban_days: int | None
    protected_days: int | None
    spares_won: bool
    spares_open: bool
    hidden: tuple[str, ...]
    rules: tuple[Rule, ...]
    members: tuple[Member, ...]
    lying: int
    """How many lie in it, counted up to 100,000."""


def overview(uow: UnitOfWork) -> list[Overview]:
    """Return all pools with rules, members and what lies in them, customers first. Four queries. Raises Forbidden."""
    permissions.require(uow, "pool.read")
    found = uow.session.execute(select(Pool).where(Pool.deleted_at.is_(None)).order_by(Pool.kind, Pool.name, Pool.id))
    all_pools = found.scalars().all()
    ids = [pool.id for pool in all_pools]
    rules, members, lying = _rules_of(uow, ids), pools.members_of(uow, ids), _lying(uow, all_pools)
    return [
        Overview(
            pool.id,
            pool.name,
            pool.kind,
            pool.is_enabled,
            pool.is_for_all,
            pool.is_recycling,
            pool.claims_a_day,
            pool.ban_days,
            pool.protected_days,
            pool.spares_won,
            pool.spares_open,
            tuple(pool.hidden),
            tuple(rules.get(pool.id, ())),
            tuple(members.get(pool.id, ())),
            lying[pool.id],
        )
        for pool in all_pools
    ]


def saved_rules(uow: UnitOfWork, pool_id: int) -> list[Rule]:
    """Return the rules of a pool, enabled or not. Raises Forbidden."""
    permissions.require(uow, "pool.read")
    return _rules_of(uow, [pool_id]).get(pool_id, [])


def _rules_of(uow: UnitOfWork, ids: Sequence[int]) -> dict[int, list[Rule]]:
    rows = uow.session.execute(
        select(PoolRule.pool_id, PoolRule.kind, PoolRule.days, PoolRule.days_by_level)
        .where(PoolRule.pool_id.in_(ids))
        .order_by(PoolRule.kind)
    )
    found: dict[int, list[Rule]] = {}
    for row in rows:
        found.setdefault(row.pool_id, []).append(Rule(row.kind, row.days, row.days_by_level))
    return found


def _lying(uow: UnitOfWork, all_pools: Sequence[Pool]) -> dict[int, int]:
    """Return how many lie in each pool, counted up to the cap. One query."""
    parts = []
    for pool in all_pools:
        model = MODELS[pool.kind]
        some = select(model.id).where(model.pool_id == pool.id, model.deleted_at.is_(None)).limit(_COUNT_CAP)
        parts.append(select(literal(pool.id), func.count()).select_from(some.subquery()))
    return {row[0]: int(row[1]) for row in uow.session.execute(union_all(*parts))} if parts else {}


def save(
    uow: UnitOfWork,
    pool_id: int | None,
    values: Mapping[str, Any],
    *,
    members: Sequence[Member] = (),
    rules: Sequence[Rule] = (),
    hidden: Sequence[str] = (),
    version: int | None = None,
) -> Pool:
    """Make a pool (`pool_id` None) or change one, with its members, rules and hidden fields, at once.

    A pool that is not for everybody needs a member. Raises Forbidden, NotFound, Invalid, Conflict.
    """
    permissions.require(uow, "pool.create" if pool_id is None else "pool.update")
    pool = pools.create(uow, values) if pool_id is None else pools.update(uow, pool_id, values, version=version)
    _refuse_wrong(pool, members, rules, hidden)
    pool.hidden = sorted(set(hidden))
    records.store(uow, POOL, pool)
    _keep_members(uow, pool, members)
    _keep_rules(uow, pool, rules)
    return pool


def enable(uow: UnitOfWork, pool_id: int) -> Pool:
    """Open a pool. Raises Forbidden, NotFound."""
    pool: Pool = records.get(uow, POOL, pool_id, action="update", lock=True)
    pool.is_enabled = True
    records.store(uow, POOL, pool)
    return pool


def disable(uow: UnitOfWork, pool_id: int) -> Pool:
    """Close an empty pool; its rules rest. Raises Forbidden, NotFound, and Refusal for the last one of its kind."""
    pool: Pool = records.get(uow, POOL, pool_id, action="update", lock=True)
    pools.refuse_to_close(uow, pool)
    pool.is_enabled, pool.is_recycling = False, False
    records.store(uow, POOL, pool)
    return pool


def set_recycling(uow: UnitOfWork, pool_id: int, *, is_on: bool) -> Pool:
    """Let the rules of a pool bring records back every night, or not. Raises Forbidden, NotFound, Refusal."""
    pool: Pool = records.get(uow, POOL, pool_id, action="update", lock=True)
    if is_on and not pool.is_enabled:
        raise Refusal(N_("This pool is disabled."))
    if is_on and not rules_of(uow, pool.kind)[pool.id].rules:
        raise Refusal(N_("Say first when something goes back: this pool has no rule."))
    pool.is_recycling = is_on
    records.store(uow, POOL, pool)
    return pool


def empty(uow: UnitOfWork, pool_id: int, into_id: int) -> int:
    """Move all that lies in a pool into another enabled one of its kind; returns how many. No claim in between is lost.

    Raises Forbidden, NotFound, Invalid.
    """
    permissions.require(uow, "pool.update")
    pool: Pool = records.get(uow, POOL, pool_id, action="update")
    into: Pool = records.get(uow, POOL, into_id)
    if into.kind != pool.kind or into.id == pool.id or not into.is_enabled:
        raise Invalid({"into_id": Message(N_("Choose another enabled pool of the same kind."))})
    entity, model = ENTITIES[pool.kind], MODELS[pool.kind]
    moved = 0
    while True:
        ids = (
            uow.session.execute(
                select(model.id).where(model.pool_id == pool.id).order_by(model.id).limit(ownership.CHUNK)
            )
            .scalars()
            .all()
        )
        if not ids:
            return moved
        rows = list(ownership.hold(uow, entity, ids, model.pool_id == pool.id).values())
        moved += _move(uow, model, rows, into.id)


def _move(uow: UnitOfWork, model: Any, rows: Sequence[Held], into_id: int) -> int:
    """Set the pool of held records; in the bin they move, too, and the time they have lain is kept."""
    ids = [one.id for one in rows]
    if not ids:
        return 0
    uow.session.execute(
        update(model)
        .where(model.id.in_(ids))
        .values(pool_id=into_id, version=model.version + 1, updated_at=uow.now, updated_by_id=uow.actor.user_id)
        .execution_options(synchronize_session=False)
    )
    before = {one.id: [one.pool_id] for one in rows}
    key = model.__tablename__
    values = {"pool_id": into_id}
    audit.note(uow, key, "bulk_update", None, count=len(ids), values=values, names=["pool_id"], before=before)
    owners.note(
        uow, [owners.change(uow, key, one.id, None, None, "assigned", pool_id=into_id) for one in rows if one.is_live]
    )
    return len(ids)


# --- inside -------------------------------------------------------------------------------------------------


def _refuse_wrong(pool: Pool, members: Sequence[Member], rules: Sequence[Rule], hidden: Sequence[str]) -> None:
    wrong: dict[str, Message] = {}
    if not pool.is_for_all and not members:
        wrong["members"] = Message(N_("Nobody could see it: name a team or a person, or open it to everybody."))
    if {rule.kind for rule in rules} - set(KINDS[pool.kind]) or len({rule.kind for rule in rules}) != len(rules):
        wrong["rules"] = Message(N_("There is no such rule for this kind of pool."))
    options = ENTITIES[pool.kind].fields[LEVEL[pool.kind]].options or {}
    for rule in rules:
        days = [*rule.days_by_level.values(), *([rule.days] if rule.days is not None else [])]
        if any(not 1 <= one <= LONGEST for one in days) or set(rule.days_by_level) - set(options):
            wrong["rules"] = Message(N_("Days go from 1 to {most}."), {"most": LONGEST})
        if not days:
            wrong["rules"] = Message(N_("Say after how many days."))
    if set(hidden) - set(masking.hideable(pool.kind)):
        wrong["hidden"] = Message(N_("This field cannot be hidden."))
    if wrong:
        raise Invalid(wrong)


def _keep_members(uow: UnitOfWork, pool: Pool, members: Sequence[Member]) -> None:
    wanted = {(one.user_id, one.team_id): one.is_admin for one in members}
    if any((user is None) == (team is None) for user, team in wanted):
        raise NotFound
    rows = uow.session.execute(
        select(PoolMember.user_id, PoolMember.team_id, PoolMember.is_admin).where(PoolMember.pool_id == pool.id)
    )
    before = {(row.user_id, row.team_id): row.is_admin for row in rows}
    if before == wanted:
        return
    uow.session.execute(delete(PoolMember).where(PoolMember.pool_id == pool.id))
    if wanted:
        uow.session.execute(
            insert(PoolMember),
            [
                {"pool_id": pool.id, "user_id": user, "team_id": team, "is_admin": is_admin}
                for (user, team), is_admin in wanted.items()
            ],
        )
    audit.note(uow, POOL, "update", pool.id, members=[_listed(before), _listed(wanted)])


def _listed(members: Mapping[tuple[int | None, int | None], bool]) -> list[list[Any]]:
    return [["user" if user else "team", user or team, is_admin] for (user, team), is_admin in members.items()]


def _keep_rules(uow: UnitOfWork, pool: Pool, rules: Sequence[Rule]) -> None:
    rows = uow.session.execute(
        select(PoolRule.kind, PoolRule.days, PoolRule.days_by_level).where(PoolRule.pool_id == pool.id)
    )
    before = {row.kind: [row.days, dict(row.days_by_level)] for row in rows}
    wanted = {rule.kind: [rule.days, dict(rule.days_by_level)] for rule in rules}
    if before == wanted:
        return
    uow.session.execute(delete(PoolRule).where(PoolRule.pool_id == pool.id))
    if wanted:
        uow.session.execute(
            insert(PoolRule),
            [
                {"pool_id": pool.id, "kind": kind, "days": days, "days_by_level": by_level}
                for kind, (days, by_level) in wanted.items()
            ],
        )
    elif pool.is_recycling:
        pool.is_recycling = False
        records.store(uow, POOL, pool)
    audit.note(uow, POOL, "update", pool.id, rules=[before, wanted])

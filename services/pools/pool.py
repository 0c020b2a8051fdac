"""A pool: what it is, who is in it, and which ones somebody may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import exists, func, select

from db.models import Customer, Lead, Pool, PoolMember, Team, User
from db.types import N_
from services.kit import permissions, records, shared
from services.kit.actor import Reach
from services.kit.entity import Entity, Section
from services.kit.errors import Forbidden, Invalid, Message, Refusal
from services.kit.unit_of_work import UnitOfWork

MODELS: Mapping[str, Any] = {"customer": Customer, "lead": Lead}
"""Kind of a pool -> what lies in it."""

POOL = Entity(
    model=Pool,
    module=__name__,
    one=N_("Pool"),
    many=N_("Pools"),
    grid=("name", "kind", "is_enabled", "is_recycling", "is_for_all", "claims_a_day", "warning_days"),
    more_columns=("ban_days", "protected_days", "spares_won", "spares_open", "updated_at"),
    form=(
        Section(N_("Pool"), ("name", "kind", "is_for_all")),
        Section(N_("Claiming"), ("claims_a_day", "ban_days", "protected_days")),
        Section(N_("Going back"), ("warning_days", "spares_won", "spares_open")),
    ),
    filters=("kind", "is_enabled"),
    match=("name",),
    sort="name",
    descending=False,
)


@dataclass(frozen=True)
class Member:
    """A person, or a team with those below it."""

    user_id: int | None = None
    team_id: int | None = None
    is_admin: bool = False
    """Hands out what lies in the pool."""
    name: str = ""


@dataclass(frozen=True)
class PoolChoice:
    """A pool as its members choose it."""

    pool_id: int
    name: str
    """To be translated."""
    is_admin: bool
    """The reader hands out what lies in it."""


def create(uow: UnitOfWork, values: Mapping[str, Any]) -> Pool:
    """Make a pool, enabled; its rules do nothing until recycling is switched on. Raises Forbidden, Invalid."""
    made: Pool = records.create(uow, POOL, values)
    return made


def update(uow: UnitOfWork, pool_id: int, values: Mapping[str, Any], *, version: int | None = None) -> Pool:
    """Change a pool; what it is for stays. Raises Forbidden, NotFound, Invalid, Conflict."""
    pool: Pool = records.get(uow, POOL, pool_id, action="update", lock=True)
    if values.get("kind", pool.kind) != pool.kind:
        raise Invalid({"kind": Message(N_("This stays; make another pool instead."))})
    changed: Pool = records.update(uow, POOL, pool_id, values, version=version)
    return changed


def delete(uow: UnitOfWork, pool_id: int, *, version: int | None = None) -> None:
    """Put an empty pool into the recycle bin.

    Raises Forbidden, NotFound, Conflict, and Refusal while it holds something or is the last one.
    """
    pool: Pool = records.get(uow, POOL, pool_id, action="delete", lock=True)
    refuse_to_close(uow, pool)
    records.delete(uow, POOL, pool_id, version=version)


def refuse_to_close(uow: UnitOfWork, pool: Pool) -> None:
    """Refuse to delete or disable a pool that holds something, or the last enabled one of its kind."""
    permissions.require(uow, "pool.update")
    model = MODELS[pool.kind]
    if uow.session.execute(select(exists().where(model.pool_id == pool.id))).scalar_one():
        raise Refusal(N_("Something lies in this pool: empty it into another first."))
    # All pools of the kind are held, so that two administrators cannot each close the other's last one.
    enabled = uow.session.execute(
        select(Pool.id)
        .where(Pool.kind == pool.kind, Pool.is_enabled, Pool.deleted_at.is_(None))
        .order_by(Pool.id)
        .with_for_update()
    ).scalars()
    if not set(enabled) - {pool.id}:
        raise Refusal(N_("This is the last enabled pool of its kind: what nobody owns must lie somewhere."))


def members(uow: UnitOfWork, pool_id: int) -> list[Member]:
    """Return the members of a pool, teams first, by name. Raises Forbidden, NotFound."""
    records.get(uow, POOL, pool_id)
    return members_of(uow, [pool_id]).get(pool_id, [])


def members_of(uow: UnitOfWork, ids: Sequence[int]) -> dict[int, list[Member]]:
    """Return the members of pools, teams first, by name; a pool without any is left out. Raises Forbidden."""
    permissions.require(uow, "pool.read")
    name = func.coalesce(Team.name, User.name)
    rows = uow.session.execute(
        select(PoolMember.pool_id, PoolMember.user_id, PoolMember.team_id, PoolMember.is_admin, name.label("name"))
        .outerjoin(User, User.id == PoolMember.user_id)
        .outerjoin(Team, Team.id == PoolMember.team_id)
        .where(PoolMember.pool_id.in_(ids))
        .order_by(PoolMember.team_id.is_(None), name)
    )
    found: dict[int, list[Member]] = {}
    for row in rows:
        found.setdefault(row.pool_id, []).append(Member(row.user_id, row.team_id, row.is_admin, row.name))
    return found


def chosen(uow: UnitOfWork, key: str) -> list[PoolChoice]:
    """Return the pools of a kind (customer, lead) in which the actor sees what lies there, by name.

    Two queries. Raises Forbidden.
    """
    if key not in MODELS:
        raise Forbidden(f"{key}.claim")
    permissions.require(uow, f"{key}.claim")
    wanted = [Pool.kind == key, Pool.is_enabled, Pool.deleted_at.is_(None)]
    if uow.actor.reach(f"{key}.read") is not Reach.ALL:
        wanted.append(Pool.id.in_(shared.pools_of(uow.actor)))
    rows = uow.session.execute(select(Pool.id, Pool.name).where(*wanted).order_by(Pool.name, Pool.id)).all()
    own = set(uow.session.execute(shared.pools_of(uow.actor, as_admin=True)).scalars())
    is_all = uow.actor.reach(f"{key}.assign") is Reach.ALL
    return [PoolChoice(row.id, row.name, is_all or row.id in own) for row in rows]

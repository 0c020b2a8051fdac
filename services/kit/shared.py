"""Who sees a record besides its owner and their team: the members of its pool, and those who work on it, too."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ColumnElement, Select, bindparam, cast, false, literal, or_, select
from sqlalchemy import Text as SqlText

from db.models import Collaborator, Pool, PoolMember, Team
from db.types import Id
from db.within import within
from services.kit.actor import Actor

if TYPE_CHECKING:
    from services.kit.unit_of_work import UnitOfWork

READING: Final = frozenset({"read", "export"})
EXTENDING: Final = "extend"
"""What a scope is asked for when something new is to hang on a record: its owner's work, not a reader's."""
WRITING: Final = frozenset({"update", "move", EXTENDING})
FROM_POOL: Final = frozenset({*READING, "claim", "convert"})
"""What members of a pool may do to what lies in it; to change it one claims it first, and converting claims it."""


def pooled(model: Any, actor: Actor) -> ColumnElement[bool]:
    """Return the criterion of what lies in a pool that the actor may see.

    The pools are named one by one, as they are at this moment: of a subselect SQLite believes that it finds 25 of them
    and reads the whole table (74 ms at a million rows against 1).
    """
    ids = actor.pools() if actor.action in FROM_POOL else ()
    return model.pool_id.in_(ids) if ids else false()


def shared(key: Any, actor: Actor) -> ColumnElement[bool]:
    """Return the criterion of the customers (`key`: the column of their id) on which the actor collaborates.

    Those who may only read neither change nor move, nor add anything; none deletes, hands on or approves.
    """
    if actor.action not in READING | WRITING or actor.user_id is None or actor.day is None:
        return false()
    found = select(Collaborator.customer_id).where(
        Collaborator.user_id == actor.user_id,
        Collaborator.deleted_at.is_(None),
        or_(Collaborator.until_on.is_(None), Collaborator.until_on >= actor.day),
    )
    return within(key, found.where(Collaborator.can_write) if actor.action in WRITING else found)


def pools_of(actor: Actor, *, as_admin: bool = False) -> Select[Any]:
    """Return a select of the ids of the pools of which the actor is a member, or those where they hand out."""
    return _members_of(literal(actor.user_id, Id), literal(actor.team_id, Id), as_admin=as_admin)


def _members_of(user_id: ColumnElement[Any], team_id: ColumnElement[Any], *, as_admin: bool = False) -> Select[Any]:
    named = select(PoolMember.pool_id).where(
        or_(PoolMember.user_id == user_id, PoolMember.team_id.in_(_upwards(team_id)))
    )
    live = select(Pool.id).where(Pool.deleted_at.is_(None))
    if as_admin:
        return live.where(Pool.id.in_(named.where(PoolMember.is_admin)))
    return live.where(Pool.is_enabled, or_(Pool.is_for_all, Pool.id.in_(named)))


def visible_pools(uow: UnitOfWork) -> tuple[int, ...]:
    """Return the ids of the pools of which the actor is a member. One query, put together once."""
    found = uow.session.execute(_visible(), {"user_id": uow.actor.user_id, "team_id": uow.actor.team_id})
    return tuple(sorted(found.scalars()))


@lru_cache(maxsize=1)
def _visible() -> Select[Any]:
    return _members_of(bindparam("user_id", type_=Id), bindparam("team_id", type_=Id))


def hiding(*names: str) -> Select[Any]:
    """Return a select of the ids of the pools that hide one of these fields."""
    written = cast(Pool.hidden, SqlText)
    return select(Pool.id).where(or_(*(written.contains(f'"{name}"', autoescape=True) for name in names)))


def _upwards(team_id: ColumnElement[Any]) -> Select[Any]:
    """Return a select of a team and the teams above it: who is in a team is in those above, too."""
    up = select(Team.id, Team.parent_id).where(Team.id == team_id).cte("up", recursive=True, nesting=True)
    up = up.union(select(Team.id, Team.parent_id).join(up, Team.id == up.c.parent_id))
    return select(up.c.id)

"""Who sees a record besides its owner and their team: the members of its pool, and those who work on it, too."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ColumnElement, Select, cast, false, or_, select
from sqlalchemy import Text as SqlText

from db.models import Collaborator, Pool, PoolMember, Team
from db.within import within
from services.kit.actor import Actor

READING: Final = frozenset({"read", "export"})
WRITING: Final = frozenset({"update", "move"})
FROM_POOL: Final = frozenset({*READING, "claim", "convert"})
"""What members of a pool may do to what lies in it; to change it one claims it first."""


def pooled(model: Any, actor: Actor) -> ColumnElement[bool]:
    """Return the criterion of what lies in a pool that the actor may see. Nothing of it is kept: pools change."""
    if actor.action not in FROM_POOL:
        return false()
    return within(model.pool_id, pools_of(actor))


def shared(key: Any, actor: Actor) -> ColumnElement[bool]:
    """Return the criterion of the customers (`key`: the column of their id) on which the actor collaborates.

    Those who may only read neither change nor move; none deletes, hands on or approves.
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
    members = [PoolMember.user_id == actor.user_id]
    if actor.team_id is not None:
        members.append(PoolMember.team_id.in_(_upwards(actor.team_id)))
    named = select(PoolMember.pool_id).where(or_(*members))
    live = select(Pool.id).where(Pool.deleted_at.is_(None))
    if as_admin:
        return live.where(Pool.id.in_(named.where(PoolMember.is_admin)))
    return live.where(Pool.is_enabled, or_(Pool.is_for_all, Pool.id.in_(named)))


def hiding(*names: str) -> Select[Any]:
    """Return a select of the ids of the pools that hide one of these fields."""
    written = cast(Pool.hidden, SqlText)
    return select(Pool.id).where(or_(*(written.contains(f'"{name}"', autoescape=True) for name in names)))


def _upwards(team_id: int) -> Select[Any]:
    """Return a select of a team and the teams above it: who is in a team is in those above, too."""
    up = select(Team.id, Team.parent_id).where(Team.id == team_id).cte("up", recursive=True, nesting=True)
    up = up.union(select(Team.id, Team.parent_id).join(up, Team.id == up.c.parent_id))
    return select(up.c.id)

"""How many customers or leads a person, or a team together, may still take; asked by whatever gives them one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, not_, select

from db.models import Customer, Lead, Quota, Team, User
from db.types import N_
from services.kit import standing
from services.kit.errors import Message

if TYPE_CHECKING:
    from services.kit.unit_of_work import UnitOfWork

_MODELS: Final[Mapping[str, Any]] = {"customer": Customer, "lead": Lead}


@dataclass(frozen=True)
class Room:
    """What a person may still take, and whose quota says so."""

    left: int
    message: Message


def rooms(uow: UnitOfWork, key: str, user_ids: Iterable[int]) -> dict[int, Room]:
    """Return the room of those people who have a quota for `key`, customer or lead; others are not in it.

    Holds the rows of the people and teams that have one until the end of the unit of work, so that two who give to
    the same person come one after the other. One query where there is no quota.
    """
    quotas = uow.session.execute(select(Quota).where(Quota.kind == key, Quota.deleted_at.is_(None))).scalars().all()
    wanted = sorted(set(user_ids))
    if not quotas or not wanted:
        return {}
    parents = team_parents(uow)
    people = {
        row.id: (row.name, upwards(parents, row.team_id))
        for row in uow.session.execute(select(User.id, User.name, User.team_id).where(User.id.in_(wanted)))
    }
    own = {one: quota for one, (_, teams) in people.items() if (quota := _nearest(quotas, one, teams))}
    together = [quota for quota in quotas if quota.is_together and quota.team_id is not None]
    hit = [quota for quota in together if any(quota.team_id in teams for _, teams in people.values())]
    _hold(uow, Team, {quota.team_id for quota in hit})
    _hold(uow, User, own)
    found: dict[int, Room] = {}
    for one, quota in own.items():
        held = _held(uow, key, quota, _MODELS[key].owner_id == one)
        text = N_("{name} has {held} of at most {most}. Release or hand on some first, or ask for a higher quota.")
        params = {"name": people[one][0], "held": held, "most": quota.at_most}
        found[one] = Room(quota.at_most - held, Message(text, params))
    for quota in hit:
        below = [team for team in parents if quota.team_id in upwards(parents, team)]
        held = _held(uow, key, quota, _MODELS[key].team_id.in_(below))
        text = N_("The team has {held} of at most {most}. Release or hand on some first, or ask for a higher quota.")
        room = Room(quota.at_most - held, Message(text, {"held": held, "most": quota.at_most}))
        for one, (_, teams) in people.items():
            if quota.team_id in teams and (one not in found or room.left < found[one].left):
                found[one] = room
    return found


def teams_sharing(uow: UnitOfWork, key: str) -> dict[int, set[int]]:
    """Return the quotas of teams together, by id, with all their people: what one takes, the others have not."""
    quotas = uow.session.execute(
        select(Quota.id, Quota.team_id).where(Quota.kind == key, Quota.deleted_at.is_(None), Quota.is_together)
    ).all()
    if not quotas:
        return {}
    parents = team_parents(uow)
    people = uow.session.execute(select(User.id, User.team_id).where(User.deleted_at.is_(None))).all()
    return {
        quota: {row.id for row in people if team in upwards(parents, row.team_id)}
        for quota, team in quotas
        if team is not None
    }


def team_parents(uow: UnitOfWork) -> dict[int, int | None]:
    """Return every team with the one above it."""
    return {row.id: row.parent_id for row in uow.session.execute(select(Team.id, Team.parent_id))}


def upwards(parents: Mapping[int, int | None], team_id: int | None) -> list[int]:
    """Return a team and those above it, the nearest first; a circle is walked once."""
    found: list[int] = []
    while team_id is not None and team_id not in found:
        found.append(team_id)
        team_id = parents.get(team_id)
    return found


def _nearest(quotas: Iterable[Quota], user_id: int, teams: list[int]) -> Quota | None:
    """Return the quota of a person: their own, that of the nearest team for each, that for everybody."""
    each = [one for one in quotas if not one.is_together]
    ranked = [
        *(one for one in each if one.user_id == user_id),
        *(one for team in teams for one in each if one.team_id == team and one.user_id is None),
        *(one for one in each if one.user_id is None and one.team_id is None),
    ]
    return ranked[0] if ranked else None


def _held(uow: UnitOfWork, key: str, quota: Quota, whose: Any) -> int:
    model = _MODELS[key]
    statement = select(func.count()).select_from(model).where(whose, standing.counted(model))
    if not quota.counts_won:
        statement = statement.where(not_(standing.won(model)))
    return int(uow.session.execute(statement).scalar_one())


def _hold(uow: UnitOfWork, model: Any, ids: Iterable[Any]) -> None:
    wanted = sorted(ids)
    if wanted:
        uow.session.execute(
            select(model.id).where(model.id.in_(wanted)).order_by(model.id).with_for_update(key_share=True)
        ).all()

"""Giving leads to people: by hand, in turn, or to whoever has least to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select

from db.models import Lead, User
from db.types import N_
from services.kit import permissions, records
from services.kit.actor import Reach
from services.kit.errors import NotFound, Refusal
from services.kit.unit_of_work import UnitOfWork
from services.leads.lead import LEAD, OPEN_STATUSES, refuse_converted, update

WAYS: Final = ("in_turn", "least_busy")
_MOST: Final = 500


@dataclass(frozen=True)
class Person:
    """Somebody leads can be given to, with the number of open leads they have."""

    user_id: int
    name: str
    open_leads: int


def people(uow: UnitOfWork) -> list[Person]:
    """Return to whom the actor may give leads, by name: active, in reach, in a role that works on leads.

    Two queries. Raises Forbidden.
    """
    permissions.require(uow, "lead.assign")
    wanted = [User.deleted_at.is_(None), User.is_active]
    if uow.actor.reach("lead.assign") is not Reach.ALL:
        wanted.append(User.team_id.in_(sorted(uow.actor.tree_ids)))
    rows = uow.session.execute(select(User.id, User.name, User.role).where(*wanted).order_by(User.name, User.id)).all()
    able = [row for row in rows if "lead.update" in permissions.grants_of(row.role)]
    loads = _open_leads(uow, [row.id for row in able])
    return [Person(row.id, row.name, loads.get(row.id, 0)) for row in able]


def assign(
    uow: UnitOfWork, lead_ids: Sequence[int], user_ids: Sequence[int], *, way: str = "in_turn"
) -> dict[int, int]:
    """Give leads to people, all of them or none; returns how many each one got, by user.

    `in_turn` deals them out one by one, beginning with whoever has fewest open leads; `least_busy` gives each to
    whoever has fewest at that moment, those just given counted. Raises Forbidden, NotFound, Refusal.
    """
    permissions.require(uow, "lead.assign")
    if way not in WAYS:
        raise Refusal(N_("There is no such way of assigning."))
    wanted = sorted(set(lead_ids))
    if not user_ids:
        raise Refusal(N_("Choose at least one person."))
    if len(wanted) > _MOST:
        raise Refusal(N_("Assign at most {n} leads at once."), n=_MOST)
    able = {one.user_id: one for one in people(uow)}
    if not set(user_ids) <= set(able):
        raise NotFound
    chosen = sorted((able[one] for one in dict.fromkeys(user_ids)), key=lambda one: (one.open_leads, one.name))
    load = {one.user_id: one.open_leads for one in chosen}
    got = dict.fromkeys(load, 0)
    for turn, lead_id in enumerate(wanted):
        lead = records.get(uow, LEAD, lead_id, action="assign", lock=True)
        refuse_converted(lead)
        to = chosen[turn % len(chosen)].user_id
        if way == "least_busy":
            to = min(load, key=lambda one: (load[one], got[one]))
        if lead.owner_id != to:
            update(uow, lead_id, {"owner_id": to})
            load[to] += 1
        got[to] += 1
    return got


def _open_leads(uow: UnitOfWork, user_ids: Sequence[int]) -> dict[int, int]:
    rows = uow.session.execute(
        select(Lead.owner_id, func.count())
        .where(Lead.owner_id.in_(user_ids), Lead.deleted_at.is_(None), Lead.status.in_(OPEN_STATUSES))
        .group_by(Lead.owner_id)
    )
    return {int(row[0] or 0): int(row[1]) for row in rows}

"""Editions of the criteria: looked at and changed by an administrator, taken into an open round by whoever leads it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import numpy as np
from sqlalchemy import case, func, select

from db.models import CriteriaSet, Plan, User
from db.types import N_
from services.kit import permissions, records
from services.kit.errors import Refusal
from services.kit.unit_of_work import UnitOfWork
from services.planning import board as board_
from services.planning import criteria as criteria_
from services.planning.board import Board
from services.planning.criteria import CRITERIA_SET, Criteria, Measure, refusing
from services.planning.ranking import Standing, rank
from services.planning.rounds import PLAN, open_round, refuse_frozen
from services.sandbox import Scale

LONGEST: Final = 60
"""Characters in the name of a criterion: it must fit a row of the sandbox."""
MOST_POINTS: Final = 12


@dataclass(frozen=True)
class Edition:
    """One edition of a set of criteria, and what goes by it."""

    id: int
    name: str
    edition: int
    criteria: Criteria
    made_at: datetime
    made_by: str | None
    """None: it came with the portal."""
    open_rounds: int
    frozen_rounds: int


@dataclass(frozen=True)
class Change:
    """What an administrator says of one criterion; raw values in its unit, values of the scale 0 to 1."""

    label: str
    points: float
    scale: Sequence[tuple[float, float]]
    gate_min: float | None = None
    gate_max: float | None = None


@dataclass(frozen=True)
class Preview:
    """How a round stands now, and how it would by the newest edition: the same rows in the same order."""

    edition: int
    board: Board
    now: Standing
    then: Standing

    @property
    def moved(self) -> int:
        """Return how many opportunities change their rank."""
        return int(np.count_nonzero(self.now.columns["rank"] != self.then.columns["rank"]))


def editions(uow: UnitOfWork) -> list[Edition]:
    """Return all editions, by name and currency, the newest of each first. Raises Forbidden."""
    permissions.require(uow, "criteria_set.read")
    is_frozen = case((Plan.stage == "frozen", 1), else_=0)
    used = (
        select(Plan.criteria_set_id, func.count().label("count"), func.sum(is_frozen).label("frozen"))
        .where(Plan.deleted_at.is_(None))
        .group_by(Plan.criteria_set_id)
        .subquery()
    )
    rows = uow.session.execute(
        select(CriteriaSet, User.name, used.c.count, used.c.frozen)
        .outerjoin(User, User.id == CriteriaSet.created_by_id)
        .outerjoin(used, used.c.criteria_set_id == CriteriaSet.id)
        .where(CriteriaSet.deleted_at.is_(None))
        .order_by(CriteriaSet.name, CriteriaSet.edition.desc())
    ).all()
    found = [
        Edition(
            id=row[0].id,
            name=row[0].name,
            edition=row[0].edition,
            criteria=Criteria.from_body(row[0].body),
            made_at=row[0].created_at,
            made_by=row[1],
            open_rounds=(row[2] or 0) - (row[3] or 0),
            frozen_rounds=row[3] or 0,
        )
        for row in rows
    ]
    ours = uow.settings.currency
    # The company's own currency first; the sort keeps the newest edition first within each.
    return sorted(found, key=lambda one: (one.name, one.criteria.currency != ours, one.criteria.currency))


def change_criterion(uow: UnitOfWork, criteria_set_id: int, key: str, change: Change) -> CriteriaSet:
    """Make the next edition with one criterion changed; the edition itself if nothing has.

    Raises Forbidden, NotFound, and Refusal for what does not hold and for an edition that is not the newest.
    """
    permissions.require(uow, "criteria_set.update")
    old = records.get(uow, CRITERIA_SET, criteria_set_id, action="update", lock=True)
    criteria = Criteria.from_body(old.body)
    newest = criteria_.newest(uow, old.name, criteria.currency)
    if newest is not None and newest.id != old.id:
        raise Refusal(N_("Edition {n} has been made meanwhile. Look at that one first."), n=newest.edition)
    changed = _changed(criteria[key], change)
    made = replace(criteria, measures=tuple(changed if one.key == key else one for one in criteria.measures))
    if sum(one.points for one in made.attractiveness) <= 0:
        raise Refusal(N_("The weights sum to zero. Give at least one criterion some points."))
    return old if made == criteria else criteria_.keep(uow, old.name, made)


def _changed(measure: Measure, change: Change) -> Measure:
    label = " ".join(change.label.split())
    if not label or len(label) > LONGEST:
        raise Refusal(N_("Give the criterion a name of at most {n} characters."), n=LONGEST)
    if not math.isfinite(change.points) or change.points < 0:
        raise Refusal(N_("The weight of {criterion} must be a number of 0 or more."), criterion=label)
    if len(change.scale) > MOST_POINTS:
        raise Refusal(N_("A scale has at most {n} points."), n=MOST_POINTS)
    with refusing():
        scale = Scale(tuple(change.scale), measure.scale.kind)
        ours = replace(measure.criterion, scale=scale, gate_min=change.gate_min, gate_max=change.gate_max)
    return replace(measure, criterion=ours, label=label, points=float(change.points))


# --- into a round -------------------------------------------------------------------------------------------


def preview_newest(uow: UnitOfWork, plan_id: int) -> Preview | None:
    """Return what the newest edition would change in a round, under its weights; None where it has it already.

    Raises Forbidden, NotFound, and Refusal for a frozen round.
    """
    permissions.require(uow, "plan.update")
    now = board_.table(uow, plan_id)
    refuse_frozen(now.round.stage)
    if now.round.newest_criteria_id is None:
        return None
    newest = criteria_.stored(uow, now.round.newest_criteria_id)
    then = board_.table(uow, plan_id, by=Criteria.from_body(newest.body))
    return Preview(newest.edition, now, rank(now), rank(then))


def take_newest(uow: UnitOfWork, plan_id: int, edition: int) -> Plan:
    """Let an open round go by the newest edition of its criteria, which must be the one that was looked at.

    Its weights, estimates and decisions stay. Raises Forbidden, NotFound, Refusal.
    """
    plan = open_round(uow, plan_id, "update")
    used = criteria_.stored(uow, plan.criteria_set_id)
    newest = criteria_.newest(uow, used.name, plan.currency)
    if newest is None or newest.edition != edition:
        raise Refusal(N_("The criteria have changed again meanwhile. Look at what the newest edition does."))
    plan.criteria_set_id = newest.id
    return records.store(uow, PLAN, plan)  # type: ignore[no-any-return]

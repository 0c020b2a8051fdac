"""The board: everything a round has on its table, read once, so that moving a weight asks no database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import Integer, Select, and_, bindparam, func, select
from sqlalchemy.orm import aliased

from db.models import CriteriaSet, Customer, Estimate, Opportunity, Plan, PlanItem, Team, User, WeightSet
from services.kit import money, permissions, records
from services.kit.once import once
from services.kit.unit_of_work import UnitOfWork
from services.opportunities import OPPORTUNITY
from services.planning import criteria as criteria_
from services.planning import weights as weights_
from services.planning.criteria import Criteria, Measure
from services.planning.rounds import PLAN
from services.planning.weights import Weights
from services.sandbox import Cells, Gates, cells_from_matrices, gates
from services.sandbox import CriteriaSet as Engine

Floats = NDArray[np.float64]

_FACTS: Final = ("cost", "heads", "win_probability", "reachable_share")
_PLAN: Final = bindparam("plan", type_=Integer)
# One statement, put together once: it is asked at every rerun of the sandbox.
_COUNTS: Final = (
    select(
        func.count(PlanItem.id),
        # Of those taken off the table as well: one put in the place of another changes it.
        select(func.sum(PlanItem.version)).where(PlanItem.plan_id == _PLAN).scalar_subquery(),
        func.sum(Opportunity.version),
        func.count(Opportunity.deleted_at),
        func.sum(Opportunity.owner_id),
        func.max(Opportunity.updated_at),
        select(func.max(CriteriaSet.id)).scalar_subquery(),
        select(func.count()).select_from(Estimate).where(Estimate.plan_id == _PLAN).scalar_subquery(),
        select(func.sum(Estimate.version)).where(Estimate.plan_id == _PLAN).scalar_subquery(),
        # The newest weights are those in force.
        select(func.max(WeightSet.id))
        .where(WeightSet.plan_id == _PLAN, WeightSet.deleted_at.is_(None))
        .scalar_subquery(),
    )
    .join(Opportunity, Opportunity.id == PlanItem.opportunity_id)
    .where(PlanItem.plan_id == _PLAN, PlanItem.deleted_at.is_(None))
)


@dataclass(frozen=True)
class Round:
    """The facts of a planning round; money in minor units of `currency`."""

    id: int
    name: str
    stage: str
    edition: int
    currency: str
    version: int
    seed: int
    money_limit: int | None = None
    heads_limit: int | None = None
    start_on: date | None = None
    end_on: date | None = None
    notes: str | None = None
    criteria_set_id: int = 0
    criteria_name: str = ""
    criteria_edition: int = 1
    newest_criteria_id: int | None = None
    """A newer edition of the criteria; the round is stale while it is there."""
    newest_criteria_edition: int | None = None
    frozen_at: datetime | None = None
    frozen_by: str | None = None
    snapshot_hash: str | None = None

    @property
    def is_frozen(self) -> bool:
        """Say whether nothing can be changed any more."""
        return self.stage == "frozen"


@dataclass(frozen=True)
class Evidence:
    """Where a number comes from: an estimate of the round."""

    source: str | None
    as_of: date | None
    by: str | None
    at: datetime | None
    version: int


@dataclass(frozen=True, eq=False)
class Decided:
    """What the decisions so far take, whatever the weights; money in minor units."""

    fights: NDArray[np.bool_]
    """Which opportunities we fight for."""
    count: Mapping[str, int]
    money_used: int
    heads_used: int
    unknown_cost: int
    """Fights whose money or people needed are not known."""


@dataclass(frozen=True, eq=False)
class Board:
    """The table of a round within the reader's sight.

    `items`: index opportunity id; columns name, customer(_id), team(_id), owner(_id), horizon, currency,
    other_currency, cost (minor), heads, win_probability and reachable_share (basis points), claimed_at,
    decision, reason, note, revisit_on, decided_by, decided_at, version (of the item). `low`, `likely`, `high`
    (n, m): raw values of all criteria in the criterion's unit, NaN where nothing is known. An opportunity in
    another currency has no market size and no cost here: two currencies are never added.
    """

    round: Round
    criteria: Criteria
    items: pd.DataFrame
    low: Floats
    likely: Floats
    high: Floats
    weights: Weights
    base: Weights
    evidence: Mapping[tuple[int, str], Evidence] = field(default_factory=dict)
    fingerprint: str = ""

    def __len__(self) -> int:
        """Return the number of opportunities."""
        return len(self.items)

    @once
    def ids(self) -> tuple[int, ...]:
        """Return the opportunities in the order of the arrays."""
        return tuple(int(one) for one in self.items.index)

    @once
    def names(self) -> tuple[str, ...]:
        """Return what the opportunities are called, in the order of the arrays."""
        return tuple(str(one) for one in self.items["name"])

    @once
    def places(self) -> dict[int, int]:
        """Return the row of each opportunity."""
        return {one: place for place, one in enumerate(self.ids)}

    @once
    def cells(self) -> Cells:
        """Return the cells of the attractiveness axis; missing ones range over the whole scale."""
        return self._cells(self.criteria.attractiveness, self.criteria.engine)

    @once
    def position_cells(self) -> Cells | None:
        """Return the cells of the position axis."""
        engine = self.criteria.position_engine
        return self._cells(self.criteria.position, engine) if engine else None

    @once
    def values(self) -> Floats:
        """Return the values in [0, 1] of the attractiveness axis."""
        return self.criteria.engine.values(self.cells.likely)

    @once
    def position_values(self) -> Floats | None:
        """Return the values in [0, 1] of the position axis."""
        engine, cells = self.criteria.position_engine, self.position_cells
        return engine.values(cells.likely) if engine and cells else None

    @once
    def gates(self) -> Gates:
        """Return cell by cell which gates are failed or cannot be judged."""
        return gates(self.criteria.engine, self.cells)

    @once
    def outside(self) -> NDArray[np.bool_]:
        """Return which known cells of the attractiveness axis lie beyond their scale."""
        return np.asarray(self.criteria.engine.outside(self.cells.likely) & ~self.cells.missing, dtype=np.bool_)

    @once
    def gate(self) -> NDArray[np.str_]:
        """Return for each opportunity whether its gates are open, failed or unknown."""
        failed, unknown = self.gates.failed.any(axis=1), self.gates.unknown.any(axis=1)
        return np.where(failed, "failed", np.where(unknown, "unknown", "open"))

    @once
    def chances(self) -> tuple[Floats, Floats]:
        """Return reachable share and win probability, 0 to 1, NaN where nobody has said."""
        reachable, win = (
            self.items[name].to_numpy(dtype=np.float64, na_value=np.nan) / 10_000
            for name in ("reachable_share", "win_probability")
        )
        return reachable, win

    @once
    def decided(self) -> Decided:
        """Return what the decisions so far take."""
        decision, cost, heads = (self.items[name] for name in ("decision", "cost", "heads"))
        fights = (decision == "fight").to_numpy(dtype=np.bool_)
        return Decided(
            fights=fights,
            count={code: int((decision == code).sum()) for code in ("fight", "let_go", "undecided")},
            money_used=int(cost[fights].sum()),
            heads_used=int(heads[fights].sum()),
            unknown_cost=int((cost.isna() | heads.isna())[fights].sum()),
        )

    def column(self, key: str) -> int:
        """Return the column of a criterion in `low`, `likely`, `high`."""
        return self.criteria.keys.index(self.criteria[key].key)

    def _cells(self, measures: Sequence[Measure], engine: Engine) -> Cells:
        columns = [self.criteria.keys.index(measure.key) for measure in measures]
        low, likely, high = (part[:, columns] for part in (self.low, self.likely, self.high))
        with criteria_.refusing():
            return cells_from_matrices(engine, [str(one) for one in self.ids], likely, low, high)


def table(uow: UnitOfWork, plan_id: int, *, by: Criteria | None = None) -> Board:
    """Return the board of a round: all that ranking, charts and cards need, in at most six queries.

    A frozen round is read from its snapshot. Opportunities out of the reader's sight are not on it. `by` asks how
    an open round would stand by other criteria than its own.
    Raises Forbidden, NotFound.
    """
    plan, stored, known = _plan(uow, plan_id)
    if plan.stage == "frozen":
        from services.planning import freezing  # noqa: PLC0415 - freezing reads boards

        return freezing.board(uow, known)
    criteria = by or Criteria.from_body(stored)
    in_force, base = (weights_.fitted(criteria, found) for found in weights_.both(uow, plan_id))
    frame = _items(uow, plan_id, criteria)
    low, likely, high = _claims(frame, criteria)
    evidence = _overlay(
        uow, plan_id, criteria, {one: place for place, one in enumerate(frame.index)}, low, likely, high
    )
    frame = frame.drop(columns=[f"claim_{measure.key}" for measure in criteria.measures])
    frame.loc[frame["other_currency"], "cost"] = None
    return Board(known, criteria, frame, low, likely, high, in_force, base, evidence)


def fingerprint(uow: UnitOfWork, plan_id: int) -> str:
    """Return what changes whenever the board would; with the reader's id and reach it is a cache key.

    Raises Forbidden, NotFound.
    """
    permissions.require(uow, "plan.read")
    plan = records.get(uow, PLAN, plan_id)
    counts: list[Any] = [plan.version, plan.criteria_set_id, *uow.session.execute(_COUNTS, {"plan": plan_id}).one()]
    actor = uow.actor
    reach = actor.reach("opportunity.read")
    return "|".join(str(one) for one in (plan_id, actor.user_id, actor.team_id, sorted(actor.tree_ids), reach, *counts))


def _plan(uow: UnitOfWork, plan_id: int) -> tuple[Plan, dict[str, Any], Round]:
    """Return the round with its criteria's body, and its facts."""
    plan: Plan = records.get(uow, PLAN, plan_id)
    row = uow.session.execute(
        select(CriteriaSet.name, CriteriaSet.edition, CriteriaSet.body, User.name)
        .outerjoin(User, User.id == plan.frozen_by_id)
        .where(CriteriaSet.id == plan.criteria_set_id)
    ).one()
    newest = criteria_.newest(uow, row[0], plan.currency)
    is_stale = newest is not None and newest.edition > row[1]
    known = Round(
        **{name: getattr(plan, name) for name in ("id", "name", "stage", "edition", "currency", "version", "seed")},
        **{name: getattr(plan, name) for name in ("money_limit", "heads_limit", "start_on", "end_on", "notes")},
        **{name: getattr(plan, name) for name in ("criteria_set_id", "frozen_at", "snapshot_hash")},
        criteria_name=row[0],
        criteria_edition=row[1],
        newest_criteria_id=newest.id if newest and is_stale else None,
        newest_criteria_edition=newest.edition if newest and is_stale else None,
        frozen_by=row[3],
    )
    return plan, row[2], known


def _items(uow: UnitOfWork, plan_id: int, criteria: Criteria) -> pd.DataFrame:
    columns, statement = _select_items(uow, plan_id, criteria)
    frame = pd.DataFrame.from_records(
        uow.session.execute(statement).all(), columns=columns, index="id", coerce_float=False
    )
    frame["other_currency"] = frame["currency"] != criteria.currency
    for name in (*_FACTS, "customer_id", "team_id", "owner_id"):
        frame[name] = frame[name].astype("Int64")
    return frame


def _select_items(uow: UnitOfWork, plan_id: int, criteria: Criteria) -> tuple[list[str], Select[Any]]:
    owner, decider = aliased(User), aliased(User)
    selected: dict[str, Any] = {
        "id": Opportunity.id,
        "name": Opportunity.name,
        "customer_id": Opportunity.customer_id,
        "customer": Customer.name,
        "team_id": Opportunity.team_id,
        "team": Team.name,
        "owner_id": Opportunity.owner_id,
        "owner": owner.name,
        "horizon": Opportunity.horizon,
        "currency": Opportunity.currency,
        "claimed_at": Opportunity.updated_at,
        **{name: getattr(Opportunity, name) for name in _FACTS},
        **{f"claim_{measure.key}": getattr(Opportunity, measure.column) for measure in criteria.measures},
        "decision": PlanItem.decision,
        "reason": PlanItem.reason,
        "note": PlanItem.note,
        "revisit_on": PlanItem.revisit_on,
        "decided_by": decider.name,
        "decided_at": PlanItem.decided_at,
        "version": PlanItem.version,
    }
    statement = (
        select(*(column.label(name) for name, column in selected.items()))
        .select_from(PlanItem)
        .join(Opportunity, and_(Opportunity.id == PlanItem.opportunity_id, Opportunity.deleted_at.is_(None)))
        .outerjoin(Customer, Customer.id == Opportunity.customer_id)
        .outerjoin(Team, Team.id == Opportunity.team_id)
        .outerjoin(owner, owner.id == Opportunity.owner_id)
        .outerjoin(decider, decider.id == PlanItem.decided_by_id)
        .where(PlanItem.plan_id == plan_id, PlanItem.deleted_at.is_(None), permissions.scope(uow, OPPORTUNITY))
        .order_by(Opportunity.id)
    )
    return list(selected), statement


def _claims(frame: pd.DataFrame, criteria: Criteria) -> tuple[Floats, Floats, Floats]:
    """Return the teams' claims as raw values (n, m), certain; money in another currency counts as unknown."""
    likely = np.full((len(frame), len(criteria.keys)), np.nan)
    unit = 10 ** money.digits(criteria.currency)
    for place, measure in enumerate(criteria.measures):
        claimed = pd.to_numeric(frame[f"claim_{measure.key}"]).to_numpy(dtype=np.float64, na_value=np.nan)
        if measure.kind == "money":
            claimed = np.where(frame["other_currency"], np.nan, claimed / unit)
        elif measure.kind == "percent":
            claimed = claimed / 100
        likely[:, place] = claimed
    return likely.copy(), likely, likely.copy()


def _overlay(
    uow: UnitOfWork,
    plan_id: int,
    criteria: Criteria,
    places: Mapping[int, int],
    low: Floats,
    likely: Floats,
    high: Floats,
) -> dict[tuple[int, str], Evidence]:
    """Lay the round's own estimates over the claims, in place."""
    columns = {key: place for place, key in enumerate(criteria.keys)}
    evidence = {}
    rows = uow.session.execute(
        select(Estimate, User.name)
        .outerjoin(User, User.id == Estimate.rater_id)
        .where(Estimate.plan_id == plan_id, Estimate.deleted_at.is_(None))
        .with_only_columns(
            Estimate.opportunity_id,
            Estimate.criterion,
            Estimate.low,
            Estimate.likely,
            Estimate.high,
            Estimate.source,
            Estimate.as_of,
            User.name,
            Estimate.updated_at,
            Estimate.version,
        )
    )
    for one, key, bottom, middle, top, *said in rows:
        if one in places and key in columns:
            at = places[one], columns[key]
            low[at], likely[at], high[at] = bottom, middle, top
            evidence[one, key] = Evidence(*said)
    return evidence

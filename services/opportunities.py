"""Opportunities: on the sandbox by their strategic facts, in the funnel by their sales facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from db.models import Customer, Opportunity, Stage, StageEvent, User
from db.types import N_
from services import customers, pipelines, power_map
from services.kit import permissions, records, rules
from services.kit.entity import Entity, Section
from services.kit.errors import Conflict, Invalid, Message, Refusal
from services.kit.unit_of_work import UnitOfWork

IN_FUNNEL: Final = frozenset({"pipeline_id", "amount", "close_on", "customer_id"})
"""Values that may bring an opportunity into the funnel, one at a time."""
OPPORTUNITY = Entity(
    model=Opportunity,
    module=__name__,
    one=N_("Opportunity"),
    many=N_("Opportunities"),
    grid=("name", "customer_id", "stage_id", "horizon", "amount", "currency", "close_on", "owner_id"),
    more_columns=(
        "code",
        "product_id",
        "market_size",
        "growth",
        "margin",
        "competition",
        "win_probability",
        "closed_on",
        "lost_reason",
        "team_id",
        "stage_entered_at",
        "updated_at",
    ),
    form=(
        Section(N_("Opportunity"), ("name", "code", "customer_id", "product_id", "owner_id", "currency")),
        Section(N_("Sale"), ("pipeline_id", "amount", "close_on", "win_probability")),
        Section(
            N_("On the sandbox"),
            ("horizon", "market_size", "growth", "margin", "competition", "strategic_value", "reachable_share"),
        ),
        Section(N_("Our position"), ("our_share", "product_fit", "relationship", "readiness")),
        Section(N_("What it takes"), ("cost", "heads", "notes")),
    ),
    filters=("stage_id", "horizon", "customer_id", "product_id", "owner_id", "team_id", "amount", "close_on"),
    match=("code", "name"),
    scope=permissions.any_of(
        permissions.owned(Opportunity),
        permissions.through(Customer, customers.REACHED, Opportunity.customer_id),
    ),
    together=lambda _uow, _opportunity, values: None if IN_FUNNEL & set(values) else values,
    page="opportunities",
)
CARDS: Final = 30
"""Cards shown in a column of the board; the rest is counted."""


@dataclass(frozen=True)
class Board:
    """The opportunities of a pipeline by stage, as far as the reader may see them."""

    stages: pd.DataFrame
    """As `pipelines.stages` returns them."""
    cards: pd.DataFrame
    """Index: id. Columns: stage_id, name, customer, owner, amount, currency, close_on, stage_entered_at, version;
    the newest of each stage."""
    totals: pd.DataFrame
    """Columns: stage_id, currency, count, amount (minor units)."""


def create(uow: UnitOfWork, values: Mapping[str, Any], *, at: datetime | None = None) -> Opportunity:
    """Make an opportunity; one with a pipeline, an amount or a close date enters the funnel.

    `stage_id` among the values names the stage it enters, else the first open one. `at` is when it entered,
    now unless said. Raises Forbidden, Invalid.
    """
    given = dict(values)
    stage_id = given.pop("stage_id", None)
    stage = _stage(uow, stage_id) if stage_id is not None else entry_stage(uow, given)
    if stage is not None:
        if given.get("pipeline_id") not in (None, stage.pipeline_id):
            raise Invalid({"stage_id": Message(N_("This stage belongs to another pipeline."))})
        given["pipeline_id"] = stage.pipeline_id
        if stage.kind != "open" and stage_id is not None:
            permissions.require(uow, "opportunity.move")
        _demand_map(uow, stage, given.get("customer_id"))
    opportunity: Opportunity = records.create(uow, OPPORTUNITY, given, also=in_stage(uow, stage, at or uow.now))
    if stage is not None:
        _record(uow, opportunity, None, stage.id, at or uow.now)
    return opportunity


def update(
    uow: UnitOfWork, opportunity_id: int, values: Mapping[str, Any], *, version: int | None = None
) -> Opportunity:
    """Change an opportunity; its stage changes by `move` alone.

    Another pipeline puts it into that pipeline's first stage; an amount or a close date puts one that is in no
    pipeline into the default one. Raises Forbidden, NotFound, Invalid, Conflict.
    """
    opportunity: Opportunity = records.get(uow, OPPORTUNITY, opportunity_id, action="update", lock=True)
    given = dict(values)
    if opportunity.pipeline_id is not None and given.get("pipeline_id", opportunity.pipeline_id) is None:
        raise Invalid({"pipeline_id": Message(N_("It stays in the funnel; move it to lost instead."))})
    stage = None
    if opportunity.stage_id is None or given.get("pipeline_id", opportunity.pipeline_id) != opportunity.pipeline_id:
        stage = entry_stage(uow, given)
        if stage is not None:
            given["pipeline_id"] = stage.pipeline_id
            _demand_map(uow, stage, given.get("customer_id", opportunity.customer_id))
    before = opportunity.stage_id
    records.update(uow, OPPORTUNITY, opportunity_id, given, version=version)
    if stage is not None:
        _enter(uow, opportunity, stage, uow.now)
        _record(uow, opportunity, before, stage.id, uow.now)
        records.store(uow, OPPORTUNITY, opportunity)
    return opportunity


def move(
    uow: UnitOfWork,
    opportunity_id: int,
    to_stage_id: int,
    *,
    version: int | None = None,
    lost_reason: str | None = None,
    lost_to: str | None = None,
    at: datetime | None = None,
) -> Opportunity:
    """Move an opportunity to another stage of its pipeline and record the event with its amount.

    A stage can demand the customer's power map; a lost one asks for `lost_reason`; a closing one sets the closing
    date, an open one clears it. `at` is when it happened, now unless said. Raises Forbidden, NotFound, Invalid,
    Refusal, and Conflict when somebody else has moved or changed it since `version`.
    """
    opportunity = records.get(uow, OPPORTUNITY, opportunity_id, action="move", lock=True)
    if version is not None and opportunity.version != version:
        by = uow.session.execute(select(User.name).where(User.id == opportunity.updated_by_id)).scalar_one_or_none()
        raise Conflict(
            theirs={"stage_id": opportunity.stage_id},
            yours={"stage_id": to_stage_id},
            version=opportunity.version,
            by=by,
        )
    stage = _stage(uow, to_stage_id)
    if opportunity.pipeline_id not in (None, stage.pipeline_id):
        raise Refusal(N_("This stage belongs to another pipeline."))
    if opportunity.stage_id == stage.id:
        raise Refusal(N_("It is in this stage already."))
    when = at or uow.now
    if when > uow.now or (opportunity.stage_entered_at and when < opportunity.stage_entered_at):
        raise Invalid({"at": Message(N_("A move lies between the move before it and now."))})
    if stage.kind == "lost" and not lost_reason:
        raise Invalid({"lost_reason": Message(N_("Say why it was lost."))})
    _demand_map(uow, stage, opportunity.customer_id)
    before = opportunity.stage_id
    opportunity.pipeline_id = stage.pipeline_id
    _enter(uow, opportunity, stage, when)
    if stage.kind == "lost":
        opportunity.lost_reason, opportunity.lost_to = lost_reason, lost_to or None
        wrong = rules.problems(OPPORTUNITY, opportunity, ("lost_reason", "lost_to"))
        if wrong:
            raise Invalid(wrong)
    _record(uow, opportunity, before, stage.id, when)
    return records.store(uow, OPPORTUNITY, opportunity)  # type: ignore[no-any-return]


def board(uow: UnitOfWork, pipeline_id: int, *, owner_id: int | None = None, cards: int = CARDS) -> Board:
    """Return a pipeline's opportunities by stage, of one owner if named. Three queries whatever their number."""
    permissions.require(uow, "opportunity.read")
    seen = [
        permissions.scope(uow, OPPORTUNITY),
        Opportunity.deleted_at.is_(None),
        Opportunity.pipeline_id == pipeline_id,
        Opportunity.stage_id.is_not(None),
    ]
    if owner_id is not None:
        seen.append(Opportunity.owner_id == owner_id)
    place = func.row_number().over(
        partition_by=Opportunity.stage_id, order_by=(Opportunity.updated_at.desc(), Opportunity.id.desc())
    )
    newest = select(Opportunity.id, place.label("place")).where(*seen).subquery()
    rows = uow.session.execute(
        select(
            Opportunity.id,
            Opportunity.stage_id,
            Opportunity.name,
            Customer.name.label("customer"),
            User.name.label("owner"),
            Opportunity.amount,
            Opportunity.currency,
            Opportunity.close_on,
            Opportunity.stage_entered_at,
            Opportunity.version,
        )
        .join(newest, newest.c.id == Opportunity.id)
        .outerjoin(Customer, Customer.id == Opportunity.customer_id)
        .outerjoin(User, User.id == Opportunity.owner_id)
        .where(newest.c.place <= cards)
        .order_by(newest.c.place)
    )
    shown = pd.DataFrame.from_records(rows.all(), columns=list(rows.keys()), index="id").astype({"amount": "Int64"})
    sums = uow.session.execute(
        select(
            Opportunity.stage_id,
            Opportunity.currency,
            func.count().label("count"),
            func.coalesce(func.sum(Opportunity.amount), 0).label("amount"),
        )
        .where(*seen)
        .group_by(Opportunity.stage_id, Opportunity.currency)
    )
    totals = pd.DataFrame.from_records(sums.all(), columns=list(sums.keys())).astype({"amount": "int64"})
    return Board(pipelines.stages(uow, pipeline_id), shown, totals)


def events(uow: UnitOfWork, opportunity_id: int) -> pd.DataFrame:
    """Return the moves of an opportunity, newest first.

    Index: id. Columns: at, from_stage, to_stage (names to be translated), by, amount (minor units). Raises
    NotFound.
    """
    records.get(uow, OPPORTUNITY, opportunity_id)
    source, target = aliased(Stage), aliased(Stage)
    rows = uow.session.execute(
        select(
            StageEvent.id,
            StageEvent.at,
            source.name.label("from_stage"),
            target.name.label("to_stage"),
            User.name.label("by"),
            StageEvent.amount,
        )
        .outerjoin(source, source.id == StageEvent.from_stage_id)
        .join(target, target.id == StageEvent.to_stage_id)
        .outerjoin(User, User.id == StageEvent.by_id)
        .where(StageEvent.opportunity_id == opportunity_id)
        .order_by(StageEvent.at.desc(), StageEvent.id.desc())
    )
    return pd.DataFrame.from_records(rows.all(), columns=list(rows.keys()), index="id").astype({"amount": "Int64"})


# --- inside -------------------------------------------------------------------------------------------------


def _stage(uow: UnitOfWork, stage_id: int) -> Stage:
    stage: Stage = records.get(uow, pipelines.STAGE, stage_id)
    return stage


def _demand_map(uow: UnitOfWork, stage: Stage, customer_id: int | None) -> None:
    if stage.requires_map:
        power_map.demand(uow, customer_id)


def entry_stage(uow: UnitOfWork, values: Mapping[str, Any]) -> Stage | None:
    """Return the stage that the values ask to enter: of the named pipeline, or of the default one."""
    pipeline_id = values.get("pipeline_id")
    if pipeline_id is None and (values.get("amount") is not None or values.get("close_on") is not None):
        pipeline = pipelines.default(uow)
        pipeline_id = pipeline.id if pipeline else None
    return pipelines.first_stage(uow, pipeline_id) if pipeline_id is not None else None


def in_stage(uow: UnitOfWork, stage: Stage | None, at: datetime) -> dict[str, Any]:
    """Return the columns that say that an opportunity stands in a stage since `at`."""
    if stage is None:
        return {}
    closed_on = None if stage.kind == "open" else at.astimezone(uow.settings.zone).date()
    return {"stage_id": stage.id, "stage_entered_at": at, "closed_on": closed_on}


def _enter(uow: UnitOfWork, opportunity: Opportunity, stage: Stage, at: datetime) -> None:
    for name, value in {**in_stage(uow, stage, at), "lost_reason": None, "lost_to": None}.items():
        setattr(opportunity, name, value)


def _record(uow: UnitOfWork, opportunity: Opportunity, before: int | None, after: int, at: datetime) -> None:
    uow.session.add(
        StageEvent(
            opportunity_id=opportunity.id,
            from_stage_id=before,
            to_stage_id=after,
            at=at,
            by_id=uow.actor.user_id,
            amount=opportunity.amount,
        )
    )
    uow.session.flush()

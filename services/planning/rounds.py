"""Planning rounds: begun, filled with opportunities, open until frozen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

import pandas as pd
from sqlalchemy import case, func, insert, select

from db.models import Opportunity, Plan, PlanItem, Stage
from db.types import N_
from services.kit import audit, permissions, query, records
from services.kit.entity import Entity, Section
from services.kit.errors import Invalid, Message, NotFound, Refusal
from services.kit.fields import check
from services.kit.unit_of_work import UnitOfWork
from services.opportunities import OPPORTUNITY
from services.planning import criteria as criteria_
from services.planning.criteria import Criteria

_CHUNK = 500


def _check(_uow: UnitOfWork, plan: Any) -> Mapping[str, Message]:
    if plan.start_on and plan.end_on and plan.end_on < plan.start_on:
        return {"end_on": Message(N_("The end lies before the start."))}
    return {}


PLAN = Entity(
    model=Plan,
    module="services.planning",
    one=N_("Planning round"),
    many=N_("Planning rounds"),
    grid=("name", "stage", "edition", "start_on", "end_on", "currency", "money_limit", "heads_limit"),
    form=(
        Section(N_("Planning round"), ("name", "start_on", "end_on")),
        Section(N_("Limits"), ("currency", "money_limit", "heads_limit")),
        Section(N_("Notes"), ("notes",)),
    ),
    filters=("stage",),
    match=("name",),
    check=_check,
    page="sandbox",
)


def create_plan(  # noqa: PLR0913 - each argument is one thing somebody says
    uow: UnitOfWork,
    name: str,
    *,
    start_on: date | None = None,
    end_on: date | None = None,
    currency: str | None = None,
    money_limit: int | None = None,
    heads_limit: int | None = None,
    criteria_set_id: int | None = None,
    seed: int = 1,
    notes: str | None = None,
    opportunity_ids: Sequence[int] = (),
) -> Plan:
    """Begin a round with its criteria, their weights to begin with as base, and opportunities.

    `money_limit` is in minor units of `currency`. Without a criteria set: the standard one of the currency.
    Raises Forbidden, Invalid, NotFound.
    """
    permissions.require(uow, "plan.create")
    currency = currency or uow.settings.currency
    chosen = criteria_.stored(uow, criteria_set_id) if criteria_set_id else criteria_.standard(uow, currency)
    if chosen.body["currency"] != currency:
        raise Invalid({"currency": Message(N_("The criteria measure money in another currency."))})
    given = {"name": name, "start_on": start_on, "end_on": end_on, "currency": currency}
    limits = {"money_limit": money_limit, "heads_limit": heads_limit, "notes": notes}
    plan = _store_new(uow, Plan(**given, **limits, criteria_set_id=chosen.id, seed=seed, stage="draft", edition=1))
    from services.planning import weights  # noqa: PLC0415 - weights asks rounds for the plan

    weights.begin(uow, plan, Criteria.from_body(chosen.body).points())
    if opportunity_ids:
        add_items(uow, plan.id, opportunity_ids)
    return plan


def create(uow: UnitOfWork, values: Mapping[str, Any]) -> Plan:
    """Begin a round from the values of a form. Raises as `create_plan` does."""
    return create_plan(uow, **values)


def _store_new(uow: UnitOfWork, plan: Plan) -> Plan:
    wrong = {
        name: problem for name in PLAN.writable if (problem := check(PLAN.fields[name], getattr(plan, name)))
    } or dict(_check(uow, plan))
    if wrong:
        raise Invalid(wrong)
    return records.store(uow, PLAN, plan)  # type: ignore[no-any-return]


def update(uow: UnitOfWork, plan_id: int, values: Mapping[str, Any], *, version: int | None = None) -> Plan:
    """Change name, dates, limits or notes of an open round. Raises Forbidden, NotFound, Invalid, Conflict, Refusal."""
    plan = open_round(uow, plan_id, "update")
    if values.get("currency", plan.currency) != plan.currency:
        raise Invalid({"currency": Message(N_("The criteria measure money in another currency."))})
    return records.update(uow, PLAN, plan_id, values, version=version)  # type: ignore[no-any-return]


def delete(uow: UnitOfWork, plan_id: int, *, version: int | None = None) -> None:
    """Put an open round into the recycle bin. Raises Forbidden, NotFound, Conflict, Refusal."""
    open_round(uow, plan_id, "delete")
    records.delete(uow, PLAN, plan_id, version=version)


def open_round(uow: UnitOfWork, plan_id: int, action: str) -> Plan:
    """Return a round that may still be changed, locked until the end of the unit of work.

    The lock puts deciding and freezing in a line, so that nothing slips in after the snapshot.
    Raises Forbidden, NotFound, and Refusal for a frozen round.
    """
    plan: Plan = records.get(uow, PLAN, plan_id, action=action, lock=True)
    refuse_frozen(plan.stage)
    return plan


def refuse_frozen(stage: str) -> None:
    """Refuse a round in which nothing can be changed any more."""
    if stage == "frozen":
        raise Refusal(N_("This round is frozen. Reopen it to go on with its next edition."))


class Line(NamedTuple):
    """A round in the list of all."""

    id: int
    name: str
    stage: str
    edition: int


_LINES: Final = (
    select(Plan.id, Plan.name, Plan.stage, Plan.edition)
    .where(Plan.deleted_at.is_(None))
    .order_by(case((Plan.stage == "frozen", 1), else_=0), Plan.id.desc())
)


def rounds(uow: UnitOfWork) -> list[Line]:
    """Return all rounds, open ones first, newest first. Raises Forbidden."""
    permissions.require(uow, "plan.read")
    return [Line(*row) for row in uow.session.execute(_LINES)]


def add_items(uow: UnitOfWork, plan_id: int, opportunity_ids: Sequence[int]) -> int:
    """Put opportunities on the table; those already there stay as they are. Returns how many were added.

    Raises Forbidden, NotFound if any is out of the actor's sight, Refusal for a frozen round.
    """
    open_round(uow, plan_id, "update")
    wanted = list(dict.fromkeys(opportunity_ids))
    _refuse_unseen(uow, wanted)
    there = {
        row.opportunity_id: row
        for row in uow.session.execute(
            select(PlanItem.id, PlanItem.opportunity_id, PlanItem.deleted_at).where(PlanItem.plan_id == plan_id)
        )
    }
    revived = [there[one].id for one in wanted if one in there and there[one].deleted_at is not None]
    for start in range(0, len(revived), _CHUNK):
        items = select(PlanItem).where(PlanItem.id.in_(revived[start : start + _CHUNK]))
        for item in uow.session.execute(items).scalars():
            item.deleted_at, item.deleted_in = None, None
    new = [one for one in wanted if one not in there]
    if new:
        signed = {"created_at": uow.now, "updated_at": uow.now, "version": 1, "decision": "undecided"}
        signed |= {"created_by_id": uow.actor.user_id, "updated_by_id": uow.actor.user_id, "plan_id": plan_id}
        uow.session.execute(insert(PlanItem), [{**signed, "opportunity_id": one} for one in new])
        audit.note(uow, PLAN, "add_items", plan_id, count=len(new), opportunity_ids=new)
    uow.session.flush()
    return len(new) + len(revived)


def remove_item(uow: UnitOfWork, plan_id: int, opportunity_id: int) -> None:
    """Take an opportunity off the table; its decision comes back with it if it is added again.

    Raises Forbidden, NotFound, Refusal.
    """
    open_round(uow, plan_id, "update")
    item = item_of(uow, plan_id, opportunity_id)
    item.deleted_at, item.deleted_in = uow.now, uow.reference
    uow.session.flush()


def item_of(uow: UnitOfWork, plan_id: int, opportunity_id: int) -> PlanItem:
    """Return the place of an opportunity in a round, if the actor may read the opportunity. Raises NotFound."""
    found = uow.session.execute(
        select(PlanItem)
        .join(Opportunity, Opportunity.id == PlanItem.opportunity_id)
        .where(
            PlanItem.plan_id == plan_id,
            PlanItem.opportunity_id == opportunity_id,
            PlanItem.deleted_at.is_(None),
            Opportunity.deleted_at.is_(None),
            permissions.scope(uow, OPPORTUNITY),
        )
        .with_for_update(of=PlanItem)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


def candidates(uow: UnitOfWork, plan_id: int | None = None, *, with_horizon: bool = True) -> pd.DataFrame:
    """Return open opportunities the actor may read that are not yet in the round; index id.

    `with_horizon` keeps those that say when they pay; without it, all that are open. Raises Forbidden.
    """
    permissions.require(uow, "plan.read")
    statement = (
        select(Opportunity.id, Opportunity.name, Opportunity.horizon, Opportunity.currency)
        .outerjoin(Stage, Stage.id == Opportunity.stage_id)
        .where(
            permissions.scope(uow, OPPORTUNITY),
            Opportunity.deleted_at.is_(None),
            func.coalesce(Stage.kind, "open") == "open",
        )
        .order_by(Opportunity.name, Opportunity.id)
    )
    if with_horizon:
        statement = statement.where(Opportunity.horizon.is_not(None))
    if plan_id is not None:
        taken = select(PlanItem.opportunity_id).where(PlanItem.plan_id == plan_id, PlanItem.deleted_at.is_(None))
        statement = statement.where(Opportunity.id.not_in(taken))
    rows = uow.session.execute(statement).all()
    return pd.DataFrame.from_records(rows, columns=["id", "name", "horizon", "currency"], index="id")


def _refuse_unseen(uow: UnitOfWork, ids: Sequence[int]) -> None:
    seen = 0
    for start in range(0, len(ids), _CHUNK):
        some = ids[start : start + _CHUNK]
        statement = query.visible(uow, OPPORTUNITY).where(Opportunity.id.in_(some)).subquery()
        seen += uow.session.execute(select(func.count()).select_from(statement)).scalar_one()
    if seen != len(ids):
        raise NotFound

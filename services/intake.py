"""How opportunities and contracts come in by file, where the table alone does not tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Any

from sqlalchemy import insert, select

from db.models import Stage, StageEvent
from db.normal import domain_key
from db.types import N_
from services import contacts, leads, opportunities, pipelines, power_map
from services.kit import permissions
from services.kit.errors import Message, Refusal
from services.kit.transfer.intake import INTAKES, Intake, Values, same
from services.kit.transfer.references import BY_DOMAIN
from services.kit.unit_of_work import UnitOfWork

_SALES = ("stage_id", "closed_on", "lost_reason", "lost_to")


def _narrow(uow: UnitOfWork, name: str, ids: Sequence[int], values: Mapping[str, Any]) -> Sequence[int]:
    """Choose among stages of one name that of the row's pipeline, else of the default one."""
    if name != "stage_id":
        return ids
    pipeline_id = values.get("pipeline_id")
    if pipeline_id is None:
        default = pipelines.default(uow)
        pipeline_id = default.id if default else None
    rows = uow.session.execute(select(Stage.id).where(Stage.id.in_(ids), Stage.pipeline_id == pipeline_id)).scalars()
    return list(rows) or ids


def _lacking(uow: UnitOfWork, customer_id: int | None, known: dict[int | None, Message | None]) -> Message | None:
    """Return what a customer's power map lacks for a stage that demands one; asked once a customer."""
    if customer_id not in known:
        try:
            power_map.demand(uow, customer_id)
        except Refusal as refusal:
            known[customer_id] = refusal.message
        else:
            known[customer_id] = None
    return known[customer_id]


def _prepare(uow: UnitOfWork, rows: Sequence[Values]) -> dict[int, dict[str, Message]]:
    """Put each row into its stage as `opportunities.create` does; say what does not fit."""
    stages = {stage.id: stage for stage in uow.session.execute(select(Stage)).scalars()}
    entries: dict[Any, Stage | None] = {}
    maps: dict[int | None, Message | None] = {}
    wrong: dict[int, dict[str, Message]] = {}
    for position, row in enumerate(rows):
        key = (row.get("pipeline_id"), row.get("amount") is not None or row.get("close_on") is not None)
        if not row.get("stage_id") and key not in entries:
            entries[key] = opportunities.entry_stage(uow, row)
        stage = stages.get(row["stage_id"]) if row.get("stage_id") else entries[key]
        if stage is None:
            continue
        if row.get("pipeline_id") not in (None, stage.pipeline_id):
            wrong[position] = {"stage_id": Message(N_("This stage belongs to another pipeline."))}
            continue
        if stage.kind != "open" and not uow.actor.may("opportunity.move"):
            wrong[position] = {"stage_id": Message(N_("Your role does not include this."))}
            continue
        if stage.requires_map and (lacking := _lacking(uow, row.get("customer_id"), maps)):
            wrong[position] = {"stage_id": lacking}
            continue
        closed_on = row.get("closed_on")
        if stage.kind == "open" and closed_on is not None:
            wrong[position] = {"closed_on": Message(N_("Only a won or lost opportunity has a closing date."))}
            continue
        if closed_on is not None and closed_on > uow.today:
            wrong[position] = {"closed_on": Message(N_("The closing date lies in the future."))}
            continue
        at = uow.now
        if closed_on is not None and closed_on < uow.today:
            at = datetime.combine(closed_on, time(), tzinfo=uow.settings.zone)
        row.update(opportunities.in_stage(uow, stage, at), pipeline_id=stage.pipeline_id)
    return wrong


def _entered(uow: UnitOfWork, ids: Sequence[int], rows: Sequence[Values]) -> None:
    """Record the first stage event of every opportunity that is in a stage."""
    events = [
        {
            "opportunity_id": record_id,
            "from_stage_id": None,
            "to_stage_id": row["stage_id"],
            "at": row["stage_entered_at"],
            "by_id": uow.actor.user_id,
            "amount": row.get("amount"),
        }
        for record_id, row in zip(ids, rows, strict=True)
        if row.get("stage_id")
    ]
    if events:
        uow.session.execute(insert(StageEvent), events)


def _update(uow: UnitOfWork, opportunity_id: int, values: Values) -> None:
    """Change an opportunity and move it if the file names another stage."""
    sales = {name: values.pop(name) for name in _SALES if name in values}
    stage_id = sales.get("stage_id")
    if stage_id is not None and "pipeline_id" in values:
        values.pop("pipeline_id")  # the stage says it, and `move` refuses one of another pipeline
    if values:
        opportunities.update(uow, opportunity_id, values)
    if stage_id is None:
        return
    permissions.require(uow, "opportunity.move")
    at = None
    if (closed_on := sales.get("closed_on")) is not None and closed_on < uow.today:
        at = datetime.combine(closed_on, time(), tzinfo=uow.settings.zone)
    opportunities.move(
        uow,
        opportunity_id,
        stage_id,
        lost_reason=sales.get("lost_reason"),
        lost_to=sales.get("lost_to"),
        at=at,
    )


def _supposed(email: str | None) -> str | None:
    """Return how the customer is written to whom a mail address may belong; None for the mail services of everybody."""
    domain = domain_key(email)
    return BY_DOMAIN + domain if domain else None


INTAKES["opportunity"] = Intake(
    extra=_SALES,
    narrow=_narrow,
    prepare=_prepare,
    entered=_entered,
    update=_update,
    by_verb=(*_SALES, *sorted(opportunities.IN_FUNNEL)),
)
INTAKES["contract"] = Intake(given=("number",))
INTAKES["contact"] = Intake(
    prepare=contacts.prepare,
    asked=("left_on", "reports_to_id"),
    asked_in_change=("left_on",),
    update=contacts.update_from_file,
    by_verb=tuple(sorted(contacts.LOCKS)),
    instead={"name": (("email", same),), "customer_id": (("email", _supposed),)},
)
INTAKES["lead"] = Intake(
    prepare=leads.prepare,
    asked=("status", "converted_at", "last_activity_at"),
    asked_in_change=("status", "unqualified_reason", "converted_at", "last_activity_at"),
    by_verb=(),
    is_followed=True,
    instead={"name": (("email", same), ("company", same)), "company": (("email", domain_key),)},
)
# A new customer is part of nothing that is part of it; a known one may be.
INTAKES["customer"] = Intake(asked=(), asked_in_change=("parent_id",))

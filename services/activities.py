"""Activities: what happened with a lead, a customer or an opportunity, and what is next."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

import pandas as pd
from sqlalchemy import or_, select, update

from db.models import Activity, Contact, Customer, Lead, Opportunity, User
from db.types import N_
from services import customers, leads
from services.contacts import CONTACT
from services.customers import CUSTOMER
from services.kit import permissions, records
from services.kit.entity import Entity, Section
from services.kit.errors import Invalid, Message, Refusal
from services.kit.unit_of_work import UnitOfWork
from services.leads import LEAD
from services.opportunities import OPPORTUNITY

_WITH_WHOM: Final = ("customer_id", "lead_id", "opportunity_id", "contact_id")


def _check(uow: UnitOfWork, activity: Activity) -> dict[str, Message]:
    """Refuse an activity with nobody, one that lies ahead, and a next step without a day."""
    if all(getattr(activity, name) is None for name in _WITH_WHOM):
        return {"customer_id": Message(N_("Say with whom: a customer, a lead or an opportunity."))}
    if activity.happened_at > uow.now:
        return {"happened_at": Message(N_("This lies in the future; plan it as the next step instead."))}
    if activity.next_step and activity.next_step_on is None:
        return {"next_step_on": Message(N_("Say when the next step is due."))}
    return {}


ACTIVITY = Entity(
    model=Activity,
    module=__name__,
    one=N_("Activity"),
    many=N_("Activities"),
    grid=("happened_at", "kind", "summary", "customer_id", "opportunity_id", "owner_id"),
    form=(
        Section(N_("What happened"), ("kind", "happened_at", "summary")),
        Section(N_("With whom"), ("customer_id", "lead_id", "opportunity_id", "contact_id")),
        Section(N_("What next"), ("next_step_on", "next_step")),
    ),
    filters=("kind", "customer_id", "lead_id", "opportunity_id", "owner_id", "happened_at"),
    title="summary",
    sort="happened_at",
    scope=permissions.any_of(
        permissions.own(Activity),
        permissions.through(Customer, customers.REACHED, Activity.customer_id),
        permissions.through(Lead, permissions.owned(Lead), Activity.lead_id),
        permissions.through(Opportunity, permissions.owned(Opportunity), Activity.opportunity_id),
    ),
    check=_check,
)
_SUBJECTS = {"customer_id": CUSTOMER, "lead_id": LEAD, "opportunity_id": OPPORTUNITY, "contact_id": CONTACT}


def log(  # noqa: PLR0913 - what one writes down about a conversation
    uow: UnitOfWork,
    *,
    kind: str,
    summary: str,
    customer_id: int | None = None,
    lead_id: int | None = None,
    opportunity_id: int | None = None,
    contact_id: int | None = None,
    happened_at: datetime | None = None,
    next_step_on: date | None = None,
    next_step: str | None = None,
    is_step_done: bool = False,
) -> Activity:
    """Record what happened; the subjects' last activity and next step follow.

    At least one subject is needed; an opportunity or contact brings its customer along; a new lead counts as
    contacted from here on. `happened_at` is now unless said, and not in the future. `is_step_done` clears the step
    that was planned when no new one is named. Raises Forbidden, NotFound for a subject out of scope, Invalid, and
    Refusal for what lies in a public pool, since it is claimed first.
    """
    permissions.require(uow, "activity.create")
    given = {
        "customer_id": customer_id,
        "lead_id": lead_id,
        "opportunity_id": opportunity_id,
        "contact_id": contact_id,
    }
    subjects = {
        name: records.get(uow, _SUBJECTS[name], value, lock=name in ("lead_id", "customer_id"))
        for name, value in given.items()
        if value is not None
    }
    _refuse_unclaimed(uow, subjects)
    happened_at = happened_at or uow.now
    given["customer_id"] = _customer_of(subjects)
    values = {**{name: value for name, value in given.items() if value is not None}, "kind": kind, "summary": summary}
    activity: Activity = records.create(
        uow,
        ACTIVITY,
        {**values, "happened_at": happened_at, "next_step_on": next_step_on, "next_step": next_step},
        also={"owner_id": uow.actor.user_id},
    )
    for model, subject_id in ((Customer, given["customer_id"]), (Lead, lead_id)):
        if subject_id is not None:
            _touch(uow, model, subject_id, happened_at)
            if next_step_on is not None or is_step_done:
                subject: Any = uow.session.get(model, subject_id)
                subject.next_step_on, subject.next_step = next_step_on, next_step
    if lead_id is not None and kind != "system":
        leads.speak(uow, subjects["lead_id"], happened_at)
    uow.session.flush()
    return activity


def create(uow: UnitOfWork, values: Mapping[str, Any]) -> Activity:
    """Record an activity from a form or a file. Refuses as `log` does."""
    wrong = {name: Message(N_("Please fill this in.")) for name in ("kind", "summary") if not values.get(name)}
    if wrong:
        permissions.require(uow, "activity.create")
        raise Invalid(wrong)
    return log(uow, **values)


def timeline(
    uow: UnitOfWork,
    *,
    customer_id: int | None = None,
    lead_id: int | None = None,
    opportunity_id: int | None = None,
    limit: int = 50,
) -> pd.DataFrame:
    """Return the activities of a subject, newest first, as far as the reader may see them.

    Index: id. Columns: happened_at, kind, summary, by, contact, opportunity_id, opportunity, next_step_on,
    next_step. One query.
    """
    permissions.require(uow, "activity.read")
    wanted = (
        (Activity.customer_id, customer_id),
        (Activity.lead_id, lead_id),
        (Activity.opportunity_id, opportunity_id),
    )
    rows = uow.session.execute(
        select(
            Activity.id,
            Activity.happened_at,
            Activity.kind,
            Activity.summary,
            User.name.label("by"),
            Contact.name.label("contact"),
            Activity.opportunity_id,
            Opportunity.name.label("opportunity"),
            Activity.next_step_on,
            Activity.next_step,
        )
        .outerjoin(User, User.id == Activity.owner_id)
        .outerjoin(Contact, Contact.id == Activity.contact_id)
        .outerjoin(Opportunity, Opportunity.id == Activity.opportunity_id)
        .where(
            permissions.scope(uow, ACTIVITY),
            Activity.deleted_at.is_(None),
            *(column == value for column, value in wanted if value is not None),
        )
        .order_by(Activity.happened_at.desc(), Activity.id.desc())
        .limit(limit)
    )
    return pd.DataFrame.from_records(rows.all(), columns=list(rows.keys()), index="id")


def _refuse_unclaimed(uow: UnitOfWork, subjects: Mapping[str, Any]) -> None:
    """Refuse to write about what lies in a public pool, unless the actor may change it there.

    The subjects are held: what the pools take back at this moment is either written about first, and stays, or gone.
    """
    for name in ("customer_id", "lead_id"):
        subject = subjects.get(name)
        if subject is None or subject.pool_id is None:
            continue
        model, entity = type(subject), _SUBJECTS[name]
        may = select(model.id).where(model.id == subject.id, permissions.scope(uow, entity, "update"))
        if uow.session.execute(may).first() is None:
            raise Refusal(
                N_("“{name}” lies in the public pool. Claim it first, then write down what happened."),
                name=getattr(subject, entity.title),
            )


def _customer_of(subjects: Mapping[str, Any]) -> int | None:
    for name in ("customer_id", "contact_id", "opportunity_id"):
        if name in subjects:
            found = subjects[name].id if name == "customer_id" else subjects[name].customer_id
            if found is not None:
                return int(found)
    return None


def _touch(uow: UnitOfWork, model: type[Customer | Lead], subject_id: int, at: datetime) -> None:
    """Raise the last activity without a new version: somebody editing the record has nothing to merge."""
    uow.session.execute(
        update(model)
        .where(model.id == subject_id, or_(model.last_activity_at.is_(None), model.last_activity_at < at))
        .values(last_activity_at=at)
    )

"""Converting a lead: previewed, lossless, never a twin in silence, and kept so that it can be taken back."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from sqlalchemy import bindparam, func, select, update

from db.models import Activity, Contact, Conversion, Customer, Lead, Opportunity
from db.types import N_
from services import customers, pipelines
from services.contacts import CONTACT
from services.customers import CUSTOMER
from services.kit import audit, permissions, records
from services.kit.actor import Reach
from services.kit.errors import Refusal
from services.kit.unit_of_work import UnitOfWork
from services.leads.lead import LEAD, refuse_converted
from services.leads.plan import Drawn, Plan, draw
from services.opportunities import OPPORTUNITY
from services.pools import claims

_IN_THE_FUNNEL: Final = frozenset({"pipeline_id", "amount", "close_on"})


class TwinExists(Refusal):
    """There is a customer of that name; `twins` says which, as far as the reader may know."""

    def __init__(self, twins: list[customers.Twin]) -> None:
        """Name the first twin, or its owner alone if it is out of scope."""
        self.twins = twins
        first = twins[0]
        if not first.is_masked:
            super().__init__(
                N_("There is already a customer “{name}”. Choose it, or say that this is another company."),
                name=first.name,
            )
        elif first.owner:
            super().__init__(
                N_("{owner} already has a customer of this name. Talk to them, or say that this is another company."),
                owner=first.owner,
            )
        else:
            super().__init__(
                N_("There is already a customer of this name. Ask your manager, or say that this is another company.")
            )


def convert(  # noqa: PLR0913 - what a reader may choose
    uow: UnitOfWork,
    lead_id: int,
    *,
    customer_id: int | None = None,
    contact_id: int | None = None,
    is_new_contact: bool = False,
    take: Collection[str] = (),
    opportunity: Mapping[str, Any] | None = None,
    opportunity_name: str | None = None,
    even_if_twin: bool = False,
) -> Customer:
    """Turn a lead into a customer with a contact and, if named, an opportunity; nothing of the lead is lost.

    `customer_id` chooses an existing customer, whose blank fields are filled; where both have a value theirs stays,
    but for the fields in `take` ("customer.industry"). The person is matched with a contact of the same name, or
    of the same mail and number, unless `contact_id` names one or `is_new_contact` says otherwise. `opportunity`
    are its values, at least a name: with an amount, a close date or a pipeline it enters the funnel, with a
    horizon alone it stands on the sandbox. Activities and the next step go along. The lead stays, marked as
    converted. One that lies in the public pool is claimed first, by the pool's rules. Raises NotFound, Invalid,
    Refusal if it is converted already or may not be claimed, and TwinExists unless `even_if_twin`.
    """
    permissions.require(uow, "lead.convert")
    _one_at_a_time(uow, lead_id)
    lead: Lead = records.get(uow, LEAD, lead_id, action="convert", lock=True)
    refuse_converted(lead)
    _claim_first(uow, lead)
    customer = None
    if customer_id is None:
        found = customers.twins(uow, lead.company)
        if found and not even_if_twin:
            raise TwinExists(found)
    else:
        customer = records.get(uow, CUSTOMER, customer_id, action="update", lock=True)
    made = dict(opportunity or ({"name": opportunity_name} if opportunity_name else {}))
    drawn = draw(uow, lead, customer, contact_id=contact_id, is_new_contact=is_new_contact, take=take, opportunity=made)
    return _carry_out(uow, drawn)


def _one_at_a_time(uow: UnitOfWork, lead_id: int) -> None:
    """Let conversions of leads of one company wait for each other, so that the second sees the first's customer.

    They all hold the oldest lead of that company. On SQLite there is one writer anyhow.
    """
    if uow.is_sqlite or not isinstance(lead_id, int):
        return
    oldest = (
        select(func.min(Lead.id))
        .where(Lead.company_key == select(Lead.company_key).where(Lead.id == lead_id).scalar_subquery())
        .scalar_subquery()
    )
    uow.session.execute(select(Lead.id).where(Lead.id == oldest).with_for_update())


def _claim_first(uow: UnitOfWork, lead: Lead) -> None:
    """Claim a lead that lies in the pool, under its limits, for whoever may not change it there. Raises Refusal."""
    if lead.pool_id is None or uow.actor.reach("lead.update") is Reach.ALL:
        return
    (result,) = claims.claim(uow, "lead", [lead.id])
    if result.message is not None:
        raise Refusal(result.message.text, **result.message.params)
    uow.session.refresh(lead)


def _carry_out(uow: UnitOfWork, drawn: Drawn) -> Customer:
    plan = drawn.plan
    lead = plan.lead
    before = {"customer": _values(drawn.customer, plan, "customer"), "contact": _values(drawn.contact, plan, "contact")}
    customer = _customer(uow, plan, drawn.customer)
    contact = _contact(uow, plan, drawn.contact, customer)
    opportunity = _opportunity(uow, plan, customer) if plan.opportunity else None
    activities = _move_activities(uow, lead, customer, contact, opportunity)
    was, touched = lead.status, drawn.customer.last_activity_at if drawn.customer else None
    if lead.last_activity_at and (touched is None or touched < lead.last_activity_at):
        customer.last_activity_at = lead.last_activity_at
    lead.status, lead.converted_at, lead.customer_id = "converted", uow.now, customer.id
    records.store(uow, LEAD, lead)
    of = {"customer": customer, "contact": contact, "opportunity": opportunity}
    new = {"customer": drawn.customer is None, "contact": drawn.contact is None, "opportunity": opportunity is not None}
    done = {
        "made": new,
        "versions": {key: record.version for key, record in of.items() if record is not None},
        "before": before,
        "after": {key: _values(of[key], plan, key) for key in before},
        "activities": activities,
        "status": was,
        "last_activity_at": touched,
    }
    uow.session.add(
        Conversion(
            lead_id=lead.id,
            customer_id=customer.id,
            contact_id=contact.id,
            opportunity_id=opportunity.id if opportunity else None,
            has_made_customer=drawn.customer is None,
            converted_at=uow.now,
            reference=uow.reference,
            done=audit.plain(done),
        )
    )
    uow.session.flush()
    return customer


def _values(record: Any, plan: Plan, key: str) -> dict[str, Any]:
    """Return the values of a record in the fields that the plan changes."""
    if record is None:
        return {}
    names = [line.field for line in plan.lines if line.entity == key and line.outcome in ("fills", "adds", "takes")]
    if key == "customer" and any(name.startswith("next_step") for name in names):
        names = list(dict.fromkeys((*names, "next_step_on", "next_step")))
    return {name: getattr(record, name) for name in names}


def _new_values(plan: Plan, key: str) -> dict[str, Any]:
    """Return what the plan sets on a record."""
    values: dict[str, Any] = {}
    for line in plan.lines:
        if line.entity == key and line.outcome in ("fills", "takes"):
            values[line.field] = line.value
        elif line.entity == key and line.outcome == "adds":
            values[line.field] = f"{line.there}\n\n{line.value}"
    if key == "customer" and "next_step_on" in values:
        values["next_step"] = plan.lead.next_step
    return values


def _owner_of(uow: UnitOfWork, lead: Lead) -> int | None:
    """Return who is to own what is made: the lead's owner, or the actor if it came from the pool."""
    return lead.owner_id or uow.actor.user_id


def _customer(uow: UnitOfWork, plan: Plan, chosen: Customer | None) -> Customer:
    values = _new_values(plan, "customer")
    if chosen is None:
        made: Customer = CUSTOMER.verb("create")(uow, {**values, "owner_id": _owner_of(uow, plan.lead)})
        return made
    if values:
        CUSTOMER.verb("update")(uow, chosen.id, values)
    return chosen


def _contact(uow: UnitOfWork, plan: Plan, matched: Contact | None, customer: Customer) -> Contact:
    values = _new_values(plan, "contact")
    if matched is not None:
        if values:
            CONTACT.verb("update")(uow, matched.id, values)
        return matched
    of_customer = (Contact.customer_id == customer.id, Contact.deleted_at.is_(None), Contact.is_primary)
    has_primary = uow.session.execute(select(Contact.id).where(*of_customer).limit(1)).first() is not None
    made: Contact = CONTACT.verb("create")(uow, {**values, "customer_id": customer.id, "is_primary": not has_primary})
    return made


def _opportunity(uow: UnitOfWork, plan: Plan, customer: Customer) -> Opportunity:
    values = {**_new_values(plan, "opportunity"), **plan.opportunity}
    if not _IN_THE_FUNNEL & {name for name, value in values.items() if value is not None} and not values.get("horizon"):
        pipeline = pipelines.default(uow)
        values["pipeline_id"] = pipeline.id if pipeline else None
    made: Opportunity = OPPORTUNITY.verb("create")(
        uow, {**values, "customer_id": customer.id, "owner_id": _owner_of(uow, plan.lead)}
    )
    return made


def _move_activities(
    uow: UnitOfWork, lead: Lead, customer: Customer, contact: Contact, opportunity: Opportunity | None
) -> list[list[int | None]]:
    """Link the lead's activities to the customer too; the lead keeps its link, so both timelines show them.

    Returns [id, contact, opportunity] as they were, of each that was moved.
    """
    rows = uow.session.execute(
        select(Activity.id, Activity.contact_id, Activity.opportunity_id)
        .where(Activity.lead_id == lead.id, Activity.customer_id.is_(None))
        .order_by(Activity.id)
        .with_for_update(of=Activity)
    ).all()
    if not rows:
        return []
    table: Any = Activity.__table__
    statement = (
        update(table)
        .where(table.c.id == bindparam("at_id"))
        .values(
            customer_id=customer.id,
            contact_id=func.coalesce(table.c.contact_id, contact.id),
            opportunity_id=func.coalesce(table.c.opportunity_id, opportunity.id if opportunity else None),
            version=table.c.version + 1,
        )
    )
    uow.session.connection().execute(statement, [{"at_id": row[0]} for row in rows])
    moved = [list(row) for row in rows]
    audit.note(
        uow, "activity", "bulk_update", None, count=len(moved), lead_id=lead.id, customer_id=customer.id, before=moved
    )
    return moved

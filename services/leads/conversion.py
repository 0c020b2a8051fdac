"""Converting a lead: previewed, lossless, never a twin in silence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import func, or_, select, update

from db.models import Activity, Contact, Customer, Lead, Opportunity
from db.types import N_
from services import customers, pipelines
from services.contacts import CONTACT
from services.customers import CUSTOMER
from services.kit import audit, records
from services.kit.errors import Refusal
from services.kit.unit_of_work import UnitOfWork
from services.leads.lead import LEAD
from services.opportunities import OPPORTUNITY

_CARRIED: Final = ("industry", "region", "source", "next_step_on", "next_step")
"""Fields of a lead that a customer has too; the next step goes along unless the customer has one."""


@dataclass(frozen=True)
class Conversion:
    """What converting a lead would make; shown before it is done."""

    lead: Lead
    twins: list[customers.Twin]
    """Customers of the same name; if there is one, it is to be chosen or declared another company."""
    activities: int
    contact: str
    next_step_on: date | None
    next_step: str | None


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


def preview_conversion(uow: UnitOfWork, lead_id: int) -> Conversion:
    """Return what `convert` would make of a lead. Raises NotFound, and Refusal if it is converted already."""
    lead = records.get(uow, LEAD, lead_id, action="convert")
    _refuse_converted(lead)
    activities = uow.session.execute(
        select(func.count()).select_from(Activity).where(Activity.lead_id == lead.id, Activity.deleted_at.is_(None))
    ).scalar_one()
    found = customers.twins(uow, lead.company)
    return Conversion(lead, found, activities, lead.name, lead.next_step_on, lead.next_step)


def convert(
    uow: UnitOfWork,
    lead_id: int,
    *,
    customer_id: int | None = None,
    opportunity_name: str | None = None,
    even_if_twin: bool = False,
) -> Customer:
    """Turn a lead into a customer with a contact and, if named, an opportunity; nothing of the lead is lost.

    `customer_id` chooses an existing customer, whose blank fields are filled from the lead. Activities and the
    next step go along. The lead stays, marked as converted. Raises NotFound, Refusal if it is converted
    already, and TwinExists unless `even_if_twin`.
    """
    lead = records.get(uow, LEAD, lead_id, action="convert", lock=True)
    _refuse_converted(lead)
    if customer_id is None:
        found = customers.twins(uow, lead.company)
        if found and not even_if_twin:
            raise TwinExists(found)
        customer = _new_customer(uow, lead)
    else:
        customer = _chosen_customer(uow, lead, customer_id)
    contact = _contact_of(uow, lead, customer)
    opportunity = _new_opportunity(uow, lead, customer, opportunity_name) if opportunity_name else None
    _move_activities(uow, lead, customer, contact, opportunity)
    lead.status, lead.converted_at, lead.customer_id = "converted", uow.now, customer.id
    records.store(uow, LEAD, lead)
    return customer


def _refuse_converted(lead: Lead) -> None:
    if lead.converted_at is not None:
        raise Refusal(N_("This lead has been converted already."))


def _owner_of(uow: UnitOfWork, lead: Lead) -> int | None:
    """Return who is to own what is made: the lead's owner, or the actor if it came from the pool."""
    return lead.owner_id or uow.actor.user_id


def _new_customer(uow: UnitOfWork, lead: Lead) -> Customer:
    values = {name: getattr(lead, name) for name in _CARRIED}
    more = {"name": lead.company, "phone": lead.phone, "notes": lead.notes, "owner_id": _owner_of(uow, lead)}
    customer: Customer = CUSTOMER.verb("create")(uow, {**values, **more})
    customer.last_activity_at = lead.last_activity_at
    return customer


def _chosen_customer(uow: UnitOfWork, lead: Lead, customer_id: int) -> Customer:
    customer: Customer = records.get(uow, CUSTOMER, customer_id, action="update", lock=True)
    for name in _CARRIED:
        if getattr(customer, name) in (None, ""):
            setattr(customer, name, getattr(lead, name))
    if lead.notes and lead.notes not in (customer.notes or ""):
        customer.notes = f"{customer.notes}\n\n{lead.notes}" if customer.notes else lead.notes
    if lead.last_activity_at and (not customer.last_activity_at or customer.last_activity_at < lead.last_activity_at):
        customer.last_activity_at = lead.last_activity_at
    return customer


def _contact_of(uow: UnitOfWork, lead: Lead, customer: Customer) -> Contact:
    """Return the customer's contact of that e-mail or telephone, its blank fields filled, else a new one."""
    known = [column == value for column, value in ((Contact.email, lead.email), (Contact.phone, lead.phone)) if value]
    of_customer = (Contact.customer_id == customer.id, Contact.deleted_at.is_(None))
    if known:
        contact = uow.session.execute(
            select(Contact).where(*of_customer, or_(*known), Contact.name == lead.name).limit(1)
        ).scalar_one_or_none()
        if contact is not None:
            for name in ("title", "phone", "email"):
                setattr(contact, name, getattr(contact, name) or getattr(lead, name))
            return contact
    has_primary = uow.session.execute(select(Contact.id).where(*of_customer, Contact.is_primary).limit(1)).first()
    made: Contact = CONTACT.verb("create")(
        uow,
        {
            "customer_id": customer.id,
            "name": lead.name,
            "title": lead.title,
            "phone": lead.phone,
            "email": lead.email,
            "is_primary": has_primary is None,
        },
    )
    return made


def _new_opportunity(uow: UnitOfWork, lead: Lead, customer: Customer, name: str) -> Opportunity:
    pipeline = pipelines.default(uow)
    made: Opportunity = OPPORTUNITY.verb("create")(
        uow,
        {
            "name": name,
            "customer_id": customer.id,
            "owner_id": _owner_of(uow, lead),
            "pipeline_id": pipeline.id if pipeline else None,
        },
    )
    return made


def _move_activities(
    uow: UnitOfWork, lead: Lead, customer: Customer, contact: Contact, opportunity: Opportunity | None
) -> None:
    """Link the lead's activities to the customer too; the lead keeps its link, so both timelines show them."""
    moved = uow.session.execute(
        update(Activity)
        .where(Activity.lead_id == lead.id, Activity.customer_id.is_(None))
        .values(
            customer_id=customer.id,
            contact_id=func.coalesce(Activity.contact_id, contact.id),
            opportunity_id=func.coalesce(Activity.opportunity_id, opportunity.id if opportunity else None),
            version=Activity.version + 1,
        )
        .execution_options(synchronize_session=False)
    )
    audit.note(uow, "activity", "bulk_update", None, count=moved.rowcount, lead_id=lead.id, customer_id=customer.id)  # type: ignore[attr-defined]

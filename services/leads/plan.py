"""What converting a lead makes, fills in and leaves: worked out once, shown before it is done, and then done."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import func, or_, select

from db.models import Activity, Contact, Customer, Lead
from db.normal import email_key, phone_key
from services import customers
from services.contacts import CONTACT
from services.customers import CUSTOMER
from services.kit import custom, records
from services.kit.entity import Entity
from services.kit.unit_of_work import UnitOfWork
from services.leads.lead import LEAD, refuse_converted
from services.opportunities import OPPORTUNITY

_APART: Final = frozenset({"name", "title", "phone", "email", "notes", "owner_id", "next_step_on", "next_step"})
"""Fields of a lead that go to a customer by a rule of their own, or to the contact."""
_PERSON: Final = ("name", "title", "phone", "email")
_MOST_CONTACTS: Final = 20


@dataclass(frozen=True)
class Line:
    """One value of the lead and where it goes."""

    entity: str
    field: str
    """Of the entity it goes to."""
    source: str
    """Field of the lead."""
    value: Any
    there: Any
    """What stands there now; None for a blank, or a record still to be made."""
    outcome: str
    """`fills` a blank, `same`, `adds` below what is there, `differs` (theirs stays), `takes` (theirs is replaced)."""

    @property
    def key(self) -> str:
        """Return the name by which a reader chooses the lead's value where both differ."""
        return f"{self.entity}.{self.field}"

    @property
    def is_kept(self) -> bool:
        """Say whether the lead's value stands there afterwards."""
        return self.outcome != "differs"


@dataclass(frozen=True)
class Candidate:
    """A contact of the chosen customer who may be the person of the lead."""

    contact_id: int
    name: str
    reasons: tuple[str, ...]
    """`name`, `email`, `phone`: in which they are the same."""


@dataclass(frozen=True)
class Plan:
    """What converting a lead would make of it."""

    lead: Lead
    twins: list[customers.Twin]
    """Customers of the same name; if there is one, it is to be chosen or declared another company."""
    customer_id: int | None
    """The chosen one; None: one is made."""
    customer: str
    contact_id: int | None
    """The contact the person is matched with; None: one is made."""
    contact: str
    candidates: tuple[Candidate, ...]
    lines: tuple[Line, ...]
    stays: tuple[str, ...]
    """Fields of the lead whose values are nowhere else afterwards: they stay on the lead."""
    activities: int
    opportunity: Mapping[str, Any] = field(default_factory=dict)
    """Values of the opportunity to be made; none if empty."""


def preview_conversion(
    uow: UnitOfWork,
    lead_id: int,
    *,
    customer_id: int | None = None,
    contact_id: int | None = None,
    is_new_contact: bool = False,
    take: Collection[str] = (),
    opportunity: Mapping[str, Any] | None = None,
) -> Plan:
    """Return what `convert` would do with the same arguments. Raises NotFound, and Refusal if it is converted."""
    lead = records.get(uow, LEAD, lead_id, action="convert")
    refuse_converted(lead)
    customer = None if customer_id is None else records.get(uow, CUSTOMER, customer_id, action="update")
    found = draw(
        uow, lead, customer, contact_id=contact_id, is_new_contact=is_new_contact, take=take, opportunity=opportunity
    )
    return found.plan


@dataclass(frozen=True)
class Drawn:
    """A plan with the records it is about."""

    plan: Plan
    customer: Customer | None
    contact: Contact | None


def draw(
    uow: UnitOfWork,
    lead: Lead,
    customer: Customer | None,
    *,
    contact_id: int | None,
    is_new_contact: bool,
    take: Collection[str],
    opportunity: Mapping[str, Any] | None,
) -> Drawn:
    """Work out the plan; the caller has asked for permission and holds the records."""
    candidates = () if customer is None else _candidates(uow, lead, customer)
    chosen_id = None if is_new_contact else contact_id or _same_person(candidates)
    contact = None
    if chosen_id is not None and customer is not None:
        contact = records.get(uow, CONTACT, chosen_id, action="update")
        if contact.customer_id != customer.id:
            contact = None
    made = dict(opportunity or {})
    lines = (
        *_customer_lines(lead, customer, take),
        *_lines(CONTACT, lead, contact, {name: name for name in (*_PERSON, *_own(CONTACT))}, take),
    )
    if made:
        lines += tuple(_lines(OPPORTUNITY, lead, None, {name: name for name in _own(OPPORTUNITY)}, take))
    plan = Plan(
        lead=lead,
        twins=customers.twins(uow, lead.company),
        customer_id=customer.id if customer else None,
        customer=customer.name if customer else lead.company,
        contact_id=contact.id if contact else None,
        contact=contact.name if contact else lead.name,
        candidates=candidates,
        lines=lines,
        stays=_stays(lead, lines, is_new=customer is None),
        activities=uow.session.scalar(
            select(func.count()).select_from(Activity).where(Activity.lead_id == lead.id, Activity.deleted_at.is_(None))
        )
        or 0,
        opportunity=made,
    )
    return Drawn(plan, customer, contact)


# --- lines --------------------------------------------------------------------------------------------------


def shared() -> tuple[str, ...]:
    """Return the fields that a lead and a customer both have, custom ones of the same code included."""
    return tuple(name for name in LEAD.writable if name in CUSTOMER.writable and name not in _APART)


def _own(entity: Entity) -> tuple[str, ...]:
    """Return the custom fields of a lead that an entity has by the same code."""
    return tuple(name for name in LEAD.writable if name.startswith("c_") and name in entity.writable)


def _customer_lines(lead: Lead, customer: Customer | None, take: Collection[str]) -> list[Line]:
    pairs = {"name": "company", **{name: name for name in shared()}}
    if customer is None:
        pairs["phone"] = "phone"
    lines = _lines(CUSTOMER, lead, customer, pairs, take)
    lines += _step(lead, customer, take)
    if lead.notes:
        there = customer.notes if customer else None
        outcome = "fills" if not there else "same" if lead.notes in there else "adds"
        lines.append(Line("customer", "notes", "notes", lead.notes, there, outcome))
    return lines


def _step(lead: Lead, customer: Customer | None, take: Collection[str]) -> list[Line]:
    """Treat day and text of the next step as one: half of one and half of the other is nobody's plan."""
    if lead.next_step_on is None and not lead.next_step:
        return []
    mine = (lead.next_step_on, lead.next_step)
    theirs = (customer.next_step_on, customer.next_step) if customer else (None, None)
    if theirs in ((None, None), (None, "")):
        outcome = "fills"
    elif mine == theirs:
        outcome = "same"
    else:
        outcome = "takes" if "customer.next_step_on" in take else "differs"
    return [
        Line("customer", name, name, value, there, outcome)
        for name, value, there in zip(("next_step_on", "next_step"), mine, theirs, strict=True)
        if value not in (None, "") or (outcome == "takes" and there)
    ]


def _lines(entity: Entity, lead: Lead, record: Any, pairs: Mapping[str, str], take: Collection[str]) -> list[Line]:
    """Return a line for each filled value of the lead; `pairs` are field of the entity -> field of the lead."""
    lines = []
    for name, source in pairs.items():
        value = getattr(lead, source)
        if value in (None, "") or not _may_hold(entity, name, source, value):
            continue
        there = getattr(record, name) if record is not None else None
        if there in (None, ""):
            outcome = "fills"
        elif _is_same(name, there, value):
            outcome = "same"
        else:
            outcome = "takes" if f"{entity.key}.{name}" in take else "differs"
        lines.append(Line(entity.key, name, source, value, there, outcome))
    return lines


def _may_hold(entity: Entity, name: str, source: str, value: Any) -> bool:
    """Say whether a custom field of the same code is of the same kind, too, and offers the same choice."""
    return not custom.is_custom(name) or custom.fits(LEAD.fields[source], entity.fields[name], value)


def _is_same(name: str, there: Any, value: Any) -> bool:
    if name == "email":
        return email_key(there) == email_key(value)
    if name == "phone":
        return phone_key(there) == phone_key(value)
    return bool(there == value)


def _stays(lead: Lead, lines: tuple[Line, ...], *, is_new: bool) -> tuple[str, ...]:
    """Return the filled fields of the lead that no line carries on."""
    carried = {line.source for line in lines if line.is_kept}
    if is_new:
        carried.add("owner_id")  # whoever answers for the lead answers for the customer
    names = dict.fromkeys((*LEAD.writable, "grade_points"))
    return tuple(name for name in names if name not in carried and getattr(lead, name) not in (None, "", []))


# --- the person ---------------------------------------------------------------------------------------------


def _candidates(uow: UnitOfWork, lead: Lead, customer: Customer) -> tuple[Candidate, ...]:
    """Return the customer's contacts who share name, e-mail or telephone with the lead, most alike first."""
    mine = {"name": lead.name_key, "email": lead.email_key, "phone": lead.phone_key}
    columns = {"name": Contact.name_key, "email": Contact.email_key, "phone": Contact.phone_key}
    rows = uow.session.execute(
        select(Contact.id, Contact.name.label("title"), *(column.label(part) for part, column in columns.items()))
        .where(
            Contact.customer_id == customer.id,
            Contact.deleted_at.is_(None),
            or_(*(column == mine[part] for part, column in columns.items() if mine[part])),
        )
        .order_by(Contact.id)
        .limit(_MOST_CONTACTS)
    )
    found = []
    for row in rows:
        reasons = tuple(part for part, key in mine.items() if key and key == getattr(row, part))
        found.append(Candidate(row.id, row.title, reasons))
    return tuple(sorted(found, key=lambda one: ("name" not in one.reasons, -len(one.reasons))))


def _same_person(candidates: tuple[Candidate, ...]) -> int | None:
    """Return who is taken for the same unless the reader says otherwise: of that name, or of that mail and number.

    A mailbox or a switchboard alone may serve many people.
    """
    for one in candidates:
        if "name" in one.reasons or {"email", "phone"} <= set(one.reasons):
            return one.contact_id
    return None

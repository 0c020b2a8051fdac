"""Contacts: people at customers, never shown outside the scope of their customer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import func, select

from db.models import Contact, Customer
from db.types import N_
from services import customers
from services.kit import permissions, records
from services.kit.entity import Child, Entity, Section, nothing_follows
from services.kit.errors import Conflict, Invalid, Message, NotFound
from services.kit.unit_of_work import UnitOfWork

LOCKS: Final = frozenset({"is_primary", "reports_to_id", "customer_id", "is_active"})
"""Changes of these follow from, or lead to, changes of other people of the customer: one at a time."""


def _check(uow: UnitOfWork, contact: Contact) -> dict[str, Message]:
    """Refuse a superior elsewhere or below, and a leaving that lies ahead."""
    if contact.left_on is not None and contact.left_on > uow.today:
        return {"left_on": Message(N_("This lies in the future; say so once they have left."))}
    if contact.reports_to_id is None:
        return {}
    if contact.reports_to_id == contact.id:
        return {"reports_to_id": Message(N_("Nobody reports to themselves."))}
    above = _above(uow, contact.reports_to_id)
    first = uow.session.get(Contact, contact.reports_to_id)
    if first is None or first.customer_id != contact.customer_id:
        return {"reports_to_id": Message(N_("Choose somebody at the same customer."))}
    if contact.id in above:
        return {
            "reports_to_id": Message(
                N_("{name} reports to {contact}, be it through others: the line of command would be a circle."),
                {"name": first.name, "contact": contact.name},
            )
        }
    return {}


CONTACT = Entity(
    model=Contact,
    module=__name__,
    one=N_("Contact"),
    many=N_("Contacts"),
    grid=("name", "customer_id", "title", "role", "attitude", "influence", "phone", "email", "is_primary"),
    more_columns=(
        "mobile",
        "department",
        "coverage",
        "covered_by_id",
        "reports_to_id",
        "leaning_to_id",
        "is_active",
        "left_on",
        "left_reason",
        "updated_at",
    ),
    form=(
        Section(N_("Basic facts"), ("name", "customer_id", "title", "department", "is_primary")),
        Section(N_("Reach them"), ("mobile", "phone", "email")),
        Section(N_("Power"), ("role", "influence", "attitude", "reports_to_id", "leaning_to_id")),
        Section(N_("Our side"), ("coverage", "covered_by_id")),
        Section(N_("More"), ("is_active", "left_on", "left_reason", "notes")),
    ),
    filters=(
        "customer_id",
        "role",
        "attitude",
        "coverage",
        "covered_by_id",
        "leaning_to_id",
        "is_primary",
        "is_active",
    ),
    match=("email", "phone", "name"),
    sort="name",
    descending=False,
    scope=permissions.through(Customer, customers.REACHED, Contact.customer_id),
    children=(Child("influence", "from_id"), Child("influence", "to_id"), Child("map_step", "contact_id")),
    check=_check,
    together=lambda _uow, _contact, values: None if LOCKS & set(values) else values,
    went_back=nothing_follows,
    page="contacts",
)


def create(uow: UnitOfWork, values: Mapping[str, Any]) -> Contact:
    """Make a contact; the first of a customer is its primary one, a later primary one takes the place over.

    Raises Forbidden, Invalid.
    """
    permissions.require(uow, "contact.create")
    given = _leaving(uow, values)
    customer_id = given.get("customer_id")
    if isinstance(customer_id, int):
        _hold(uow, customer_id)
        others = _primaries(uow, customer_id)
        if given.get("is_primary"):
            _step_back(uow, others)
        elif not others and given.get("is_active", True):
            given["is_primary"] = True
    made: Contact = records.create(uow, CONTACT, given)
    return made


def update(uow: UnitOfWork, contact_id: int, values: Mapping[str, Any], *, version: int | None = None) -> Contact:
    """Change a contact.

    Who becomes the primary one takes the place over; who leaves, leaves their reports to their own superior.
    Raises Forbidden, NotFound, Invalid, Conflict.
    """
    contact: Contact = records.get(uow, CONTACT, contact_id, action="update")
    if not LOCKS & set(values):
        return records.update(uow, CONTACT, contact_id, values, version=version)  # type: ignore[no-any-return]
    _hold(uow, contact.customer_id)
    uow.session.refresh(contact)
    if version is not None and contact.version != version:
        return records.update(uow, CONTACT, contact_id, values, version=version)  # type: ignore[no-any-return]
    given = _leaving(uow, values, contact)
    if given.get("customer_id", contact.customer_id) != contact.customer_id:
        given = _moving(uow, contact, given)
    is_primary = given.get("is_primary")
    if is_primary and not contact.is_primary:
        where = given.get("customer_id", contact.customer_id)
        _step_back(uow, [one for one in _primaries(uow, where) if one.id != contact.id])
    elif is_primary is False and contact.is_primary:
        raise Invalid({"is_primary": Message(N_("Make somebody else the primary contact; this one then steps back."))})
    was_active = contact.is_active
    records.update(uow, CONTACT, contact_id, given)
    if was_active and not contact.is_active:
        _hang_reports(uow, contact, contact.reports_to_id)
    return contact


def leave(
    uow: UnitOfWork,
    contact_id: int,
    *,
    reason: str,
    on: date | None = None,
    successor_id: int | None = None,
    version: int | None = None,
) -> Contact:
    """Say that somebody has left, why and since when (today unless said); what is known of them stays.

    Their reports go to `successor_id`, else to their own superior, else they stay as they are and the power
    map says so. A successor takes over the place in the tree and, if it was theirs, that of the primary contact.
    Raises Forbidden, NotFound, Invalid, Conflict.
    """
    contact: Contact = records.get(uow, CONTACT, contact_id, action="update")
    if not reason:
        raise Invalid({"left_reason": Message(N_("Say why they left."))})
    successor = None
    if successor_id is not None:
        successor = records.get(uow, CONTACT, successor_id, action="update")
        if successor.customer_id != contact.customer_id or successor.id == contact.id or not successor.is_active:
            raise Invalid({"successor_id": Message(N_("Choose somebody else who is still at this customer."))})
    _hold(uow, contact.customer_id)
    uow.session.refresh(contact)
    if version is not None and contact.version != version:
        raise Conflict(theirs={}, yours={}, version=contact.version)
    if successor is not None:
        _succeed(uow, contact, successor)
    return update(uow, contact_id, {"is_active": False, "left_on": on or uow.today, "left_reason": reason})


def delete(uow: UnitOfWork, contact_id: int, *, version: int | None = None) -> None:
    """Put a contact into the recycle bin; of the primary one the next becomes primary: active, influential, first.

    Raises Forbidden, NotFound, Conflict.
    """
    contact: Contact = records.get(uow, CONTACT, contact_id, action="delete")
    _hold(uow, contact.customer_id)
    records.delete(uow, CONTACT, contact_id, version=version)
    if not contact.is_primary:
        return
    following = uow.session.execute(
        select(Contact)
        .where(Contact.customer_id == contact.customer_id, Contact.deleted_at.is_(None))
        .order_by(Contact.is_active.desc(), func.coalesce(Contact.influence, 0).desc(), Contact.id)
        .limit(1)
    ).scalar_one_or_none()
    if following is not None:
        following.is_primary = True
        records.store(uow, CONTACT, following)


def restore(uow: UnitOfWork, contact_id: int) -> Contact:
    """Bring a contact back; the customer's primary contact of today stays the primary one.

    Raises Forbidden, NotFound, Refusal.
    """
    permissions.require(uow, "contact.restore")
    contact = uow.session.get(Contact, contact_id)
    if contact is None:
        raise NotFound
    _hold(uow, contact.customer_id)
    if contact.is_primary and _primaries(uow, contact.customer_id):
        contact.is_primary = False
    return records.restore(uow, CONTACT, contact_id)  # type: ignore[no-any-return]


def prepare(uow: UnitOfWork, rows: Sequence[dict[str, Any]]) -> dict[int, dict[str, Message]]:
    """Say of many new rows which is its customer's primary contact, as `create` does one by one; for files.

    The last row that says so takes the place over. Returns nothing wrong.
    """
    permissions.require(uow, "contact.create")
    chosen: dict[int, int] = {}
    for position, row in enumerate(rows):
        if isinstance(row.get("customer_id"), int):
            row.update(_leaving(uow, row))
            is_first = row["customer_id"] not in chosen
            if row.get("is_primary") or (is_first and row.get("is_active") is not False):
                chosen[row["customer_id"]] = position
    taken: dict[int, Contact] = {}
    wanted = sorted(chosen)
    for start in range(0, len(wanted), 500):
        found = uow.session.execute(
            select(Contact)
            .where(
                Contact.customer_id.in_(wanted[start : start + 500]), Contact.is_primary, Contact.deleted_at.is_(None)
            )
            .with_for_update()
        ).scalars()
        taken |= {one.customer_id: one for one in found}
    for position, row in enumerate(rows):
        customer_id = row.get("customer_id")
        if chosen.get(customer_id or 0) != position:
            row["is_primary"] = False
        elif customer_id in taken:
            if row.get("is_primary"):
                _step_back(uow, [taken[customer_id]])
            else:
                row["is_primary"] = False
        else:
            row["is_primary"] = True
    return {}


def update_from_file(uow: UnitOfWork, contact_id: int, values: Mapping[str, Any]) -> Contact:
    """Change a contact as a file says; "not the primary one" goes without saying. Refuses as `update` does."""
    given = {name: value for name, value in values.items() if name != "is_primary" or value}
    return update(uow, contact_id, given)


# --- inside -------------------------------------------------------------------------------------------------


def _hold(uow: UnitOfWork, customer_id: int) -> None:
    """Hold the customer's row, so that two changes of its people come one after the other."""
    uow.session.execute(select(Customer.id).where(Customer.id == customer_id).with_for_update())


def _primaries(uow: UnitOfWork, customer_id: int) -> Sequence[Contact]:
    return (
        uow.session.execute(
            select(Contact).where(Contact.customer_id == customer_id, Contact.is_primary, Contact.deleted_at.is_(None))
        )
        .scalars()
        .all()
    )


def _step_back(uow: UnitOfWork, contacts: Sequence[Contact]) -> None:
    for one in contacts:
        one.is_primary = False
    uow.session.flush()


def _above(uow: UnitOfWork, contact_id: int) -> set[int]:
    """Return a contact with all above it; a circle in old data is walked once."""
    found: set[int] = set()
    at: int | None = contact_id
    while at is not None and at not in found:
        found.add(at)
        at = uow.session.execute(select(Contact.reports_to_id).where(Contact.id == at)).scalar_one_or_none()
    return found


def _leaving(uow: UnitOfWork, values: Mapping[str, Any], contact: Contact | None = None) -> dict[str, Any]:
    """Return values with the day of leaving that goes with them; who is there has neither day nor reason."""
    given = dict(values)
    is_active = given.get("is_active")
    if is_active is None:
        return given
    if is_active:
        if contact is not None and not contact.is_active:
            given |= {"left_on": None, "left_reason": None}
    elif given.get("left_on") is None and (contact is None or contact.is_active):
        given["left_on"] = uow.today
    return given


def _moving(uow: UnitOfWork, contact: Contact, values: dict[str, Any]) -> dict[str, Any]:
    """Return values for another customer: the tree stays behind, and so does the place of the primary contact."""
    if not isinstance(values["customer_id"], int):
        return values
    _hold(uow, values["customer_id"])
    _hang_reports(uow, contact, contact.reports_to_id)
    if contact.is_primary:
        rest = uow.session.execute(
            select(Contact)
            .where(Contact.customer_id == contact.customer_id, Contact.id != contact.id, Contact.deleted_at.is_(None))
            .order_by(Contact.is_active.desc(), func.coalesce(Contact.influence, 0).desc(), Contact.id)
            .limit(1)
        ).scalar_one_or_none()
        _step_back(uow, [contact])
        if rest is not None:
            rest.is_primary = True
    there = _primaries(uow, values["customer_id"])
    return {"reports_to_id": None, **values, "is_primary": bool(values.get("is_primary")) or not there}


def _hang_reports(uow: UnitOfWork, contact: Contact, to_id: int | None) -> None:
    """Hang those who report to somebody under somebody else who is still there; else leave them."""
    target = uow.session.get(Contact, to_id) if to_id is not None else None
    if target is None or not target.is_active or target.deleted_at is not None:
        return
    for one in uow.session.execute(
        select(Contact).where(Contact.reports_to_id == contact.id, Contact.deleted_at.is_(None))
    ).scalars():
        one.reports_to_id = target.id if one.id != target.id else contact.reports_to_id
    uow.session.flush()


def _succeed(uow: UnitOfWork, contact: Contact, successor: Contact) -> None:
    """Put the successor into the place of somebody who leaves."""
    if contact.id in _above(uow, successor.id):
        successor.reports_to_id = contact.reports_to_id
        uow.session.flush()
    _hang_reports(uow, contact, successor.id)
    if contact.is_primary:
        _step_back(uow, [contact])
        successor.is_primary = True
        uow.session.flush()

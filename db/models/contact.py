"""A person at a customer."""

from __future__ import annotations

from sqlalchemy.orm import Mapped

from db.base import Base, Customizable, Record, Searchable
from db.types import N_, Options, choice, email, flag, long_text, phone, reference, text

CONTACT_ROLES: Options = {
    "decider": N_("Decider"),
    "approver": N_("Approver"),
    "evaluator": N_("Evaluator"),
    "influencer": N_("Influencer"),
    "user": N_("User of the product"),
    "gatekeeper": N_("Gatekeeper"),
}


class Contact(Base, Record, Searchable, Customizable):
    """Never shown outside the scope of its customer."""

    __tablename__ = "contact"

    customer_id: Mapped[int] = reference(N_("Customer"), "customer.id", required=True)
    name: Mapped[str] = text(N_("Full name"), 100, required=True, searchable=True, sortable=True, personal=True)
    title: Mapped[str | None] = text(N_("Job title"), 100)
    department: Mapped[str | None] = text(N_("Department"), 100)
    role: Mapped[str | None] = choice(N_("Role in decisions"), CONTACT_ROLES)
    phone: Mapped[str | None] = phone(N_("Phone"), searchable=True)
    email: Mapped[str | None] = email(N_("E-mail"), searchable=True)
    is_primary: Mapped[bool] = flag(N_("Primary contact"))
    is_active: Mapped[bool] = flag(N_("Still there"), default=True)
    notes: Mapped[str | None] = long_text(N_("Notes"))

"""A person at a customer."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from sqlalchemy import Index
from sqlalchemy import text as sql_text
from sqlalchemy.orm import Mapped, validates

from db import normal
from db.base import Base, Customizable, Record, Searchable
from db.keyed import Keyed, index_keys, key
from db.types import N_, Options, choice, day, email, flag, long_text, phone, rating, reference, text

CONTACT_ROLES: Options = {
    "decider": N_("Decider"),
    "approver": N_("Approver"),
    "evaluator": N_("Evaluator"),
    "influencer": N_("Influencer"),
    "user": N_("User of the product"),
    "gatekeeper": N_("Gatekeeper"),
}
ATTITUDES: Options = {
    "2": N_("Fights for us"),
    "1": N_("Supports us"),
    "0": N_("Neutral"),
    "-1": N_("Against us"),
    "-2": N_("Blocks us"),
}
"""From -2 to +2, said in words."""
COVERAGE: Options = {
    "unknown": N_("Not known"),
    "none": N_("No contact"),
    "brief": N_("Met briefly"),
    "multiple": N_("Met several times"),
    "in_depth": N_("Know each other well"),
}
LEFT_REASONS: Options = {
    "new_job": N_("Changed company"),
    "moved": N_("Other post in the company"),
    "retired": N_("Retired"),
    "other": N_("Other"),
}


class Contact(Base, Record, Searchable, Customizable, Keyed):
    """Never shown outside the scope of its customer."""

    __tablename__ = "contact"

    customer_id: Mapped[int] = reference(N_("Customer"), "customer.id", required=True)
    name: Mapped[str] = text(N_("Full name"), 100, required=True, searchable=True, sortable=True, personal=True)
    title: Mapped[str | None] = text(N_("Job title"), 100)
    department: Mapped[str | None] = text(N_("Department"), 100)
    role: Mapped[str | None] = choice(N_("Role in decisions"), CONTACT_ROLES)
    mobile: Mapped[str | None] = phone(N_("Mobile"), searchable=True)
    phone: Mapped[str | None] = phone(N_("Phone"), searchable=True)
    email: Mapped[str | None] = email(N_("E-mail"), searchable=True)
    is_primary: Mapped[bool] = flag(N_("Primary contact"))
    attitude: Mapped[str | None] = choice(N_("Attitude to us"), ATTITUDES)
    influence: Mapped[int | None] = rating(N_("Influence"), help=N_("5 = nothing is bought against this person"))
    coverage: Mapped[str] = choice(
        N_("Our coverage"), COVERAGE, required=True, default="unknown", server_default="unknown"
    )
    covered_by_id: Mapped[int | None] = reference(N_("Covered by"), "user.id")
    reports_to_id: Mapped[int | None] = reference(N_("Reports to"), "contact.id")
    leaning_to_id: Mapped[int | None] = reference(N_("Leans to"), "competitor.id")
    is_active: Mapped[bool] = flag(N_("Still there"), default=True, recurring=True)
    left_on: Mapped[date | None] = day(N_("Left on"))
    left_reason: Mapped[str | None] = choice(N_("Left because"), LEFT_REASONS)
    notes: Mapped[str | None] = long_text(N_("Notes"))
    name_key: Mapped[str | None] = key()
    phone_key: Mapped[str | None] = key(40)
    email_key: Mapped[str | None] = key(254)
    domain_key: Mapped[str | None] = key(254)

    forms: ClassVar = {
        "name": (lambda value: (normal.person_key(value),), ("name_key",)),
        "phone": (lambda value: (normal.phone_key(value),), ("phone_key",)),
        "email": (normal.email_forms, ("email_key", "domain_key")),
    }

    @validates(*forms)
    def _follow_with_keys(self, name: str, value: Any) -> Any:
        return self._follow(name, value)


_TABLE = Contact.__table__
_IS_PRIMARY = sql_text("is_primary AND deleted_at IS NULL")
Index("uq_contact_primary", _TABLE.c.customer_id, unique=True, sqlite_where=_IS_PRIMARY, postgresql_where=_IS_PRIMARY)
index_keys(Contact, "name_key", "phone_key", "email_key", "domain_key")

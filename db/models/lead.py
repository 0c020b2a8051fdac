"""A first contact nobody has qualified yet."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column, validates

from db import normal
from db.base import Base, Customizable, Owned, Record, Searchable
from db.keyed import Keyed, index_keys, key
from db.models.pooled import Pooled, pool_index
from db.types import N_, Id, Json, Options, choice, day, email, instant, integer, long_text, phone, reference, text

LEAD_STATUSES: Options = {
    "new": N_("New"),
    "contacted": N_("Contacted"),
    "nurturing": N_("Nurturing"),
    "qualified": N_("Qualified"),
    "converted": N_("Converted"),
    "unqualified": N_("Unqualified"),
}
SOURCES: Options = {
    "referral": N_("Referral"),
    "website": N_("Website"),
    "exhibition": N_("Exhibition"),
    "cold_call": N_("Cold call"),
    "partner": N_("Partner"),
    "tender": N_("Tender"),
    "other": N_("Other"),
}
GRADES: Options = {"A": "A", "B": "B", "C": "C", "D": "D"}
UNQUALIFIED_REASONS: Options = {
    "no_need": N_("No need"),
    "no_budget": N_("No budget"),
    "wrong_contact": N_("Wrong person or company"),
    "unreachable": N_("Cannot be reached"),
    "competitor": N_("Bought elsewhere"),
    "duplicate": N_("Known already"),
    "other": N_("Other"),
}


class Lead(Base, Record, Owned, Pooled, Searchable, Customizable, Keyed):
    """Who showed interest, in what, and what happens next."""

    __tablename__ = "lead"

    name: Mapped[str] = text(N_("Full name"), 100, required=True, searchable=True, sortable=True, personal=True)
    company: Mapped[str] = text(N_("Company"), required=True, searchable=True, sortable=True)
    title: Mapped[str | None] = text(N_("Job title"), 100)
    phone: Mapped[str | None] = phone(N_("Phone"), searchable=True)
    email: Mapped[str | None] = email(N_("E-mail"), searchable=True)
    industry: Mapped[str | None] = text(N_("Industry"), 100)
    region: Mapped[str | None] = text(N_("Region"), 100)
    source: Mapped[str | None] = choice(N_("Source"), SOURCES)
    grade: Mapped[str | None] = choice(N_("Grade"), GRADES)
    grade_points: Mapped[int | None] = integer(N_("Points"), audited=False)
    """What the rules give, also while the grade is set by hand."""
    grade_reasons: Mapped[list[list[int]]] = mapped_column(Json, nullable=False, default=list, server_default="[]")
    """[[id of a rule that is fulfilled, its points], ...]"""
    graded_at: Mapped[datetime | None] = instant(N_("Graded by hand on"))
    """Set while the grade is set by hand, which the rules leave alone."""
    graded_by_id: Mapped[int | None] = mapped_column(Id)
    status: Mapped[str] = choice(N_("Status"), LEAD_STATUSES, required=True, default="new")
    unqualified_reason: Mapped[str | None] = choice(N_("Unqualified because"), UNQUALIFIED_REASONS)
    next_step_on: Mapped[date | None] = day(N_("Next step on"), sortable=True, narrowing=True)
    next_step: Mapped[str | None] = text(N_("Next step"))
    notes: Mapped[str | None] = long_text(N_("Notes"))
    last_activity_at: Mapped[datetime | None] = instant(N_("Last activity"), audited=False)
    converted_at: Mapped[datetime | None] = instant(N_("Converted on"))
    customer_id: Mapped[int | None] = reference(N_("Converted to"), "customer.id")
    company_key: Mapped[str | None] = key()
    company_block: Mapped[str | None] = key(20)
    name_key: Mapped[str | None] = key()
    phone_key: Mapped[str | None] = key(40)
    email_key: Mapped[str | None] = key(254)
    domain_key: Mapped[str | None] = key(254)

    forms: ClassVar = {
        "company": (normal.company_forms, ("company_key", "company_block")),
        "name": (lambda value: (normal.person_key(value),), ("name_key",)),
        "phone": (lambda value: (normal.phone_key(value),), ("phone_key",)),
        "email": (normal.email_forms, ("email_key", "domain_key")),
    }

    @validates(*forms)
    def _follow_with_keys(self, name: str, value: Any) -> Any:
        return self._follow(name, value)


_TABLE = Lead.__table__
_IS_LIVE = _TABLE.c.deleted_at.is_(None)
# What is due, overdue or unplanned among the open ones is counted by one look into this index.
Index(
    "ix_lead_status_next_step_on_owner_id",
    _TABLE.c.status,
    _TABLE.c.next_step_on,
    _TABLE.c.owner_id,
    _TABLE.c.id,
    sqlite_where=_IS_LIVE,
    postgresql_where=_IS_LIVE,
)
# The report on sources counts along it, month by month, and looks at no lead itself (services/analytics/sources.py).
Index(
    "ix_lead_sources",
    _TABLE.c.status,
    _TABLE.c.source,
    _TABLE.c.created_at,
    _TABLE.c.last_activity_at,
    _TABLE.c.converted_at,
    _TABLE.c.owner_id,
    _TABLE.c.team_id,
    _TABLE.c.pool_id,
    _TABLE.c.id,
    sqlite_where=_IS_LIVE,
    postgresql_where=_IS_LIVE,
)
# Names that might be the same, the likeliest beside each other.
Index("ix_lead_company_block_company_key", _TABLE.c.company_block, _TABLE.c.company_key)
pool_index(_TABLE)
index_keys(Lead, "company_key", "name_key", "phone_key", "email_key", "domain_key")

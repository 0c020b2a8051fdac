"""A first contact nobody has qualified yet."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Mapped

from db.base import Base, Customizable, Owned, Record, Searchable
from db.types import N_, Options, choice, day, email, instant, long_text, phone, reference, text

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


class Lead(Base, Record, Owned, Searchable, Customizable):
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
    status: Mapped[str] = choice(N_("Status"), LEAD_STATUSES, required=True, default="new")
    next_step_on: Mapped[date | None] = day(N_("Next step on"), sortable=True)
    next_step: Mapped[str | None] = text(N_("Next step"))
    notes: Mapped[str | None] = long_text(N_("Notes"))
    last_activity_at: Mapped[datetime | None] = instant(N_("Last activity"), audited=False)
    converted_at: Mapped[datetime | None] = instant(N_("Converted on"))
    customer_id: Mapped[int | None] = reference(N_("Converted to"), "customer.id")

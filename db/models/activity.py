"""What happened with a lead, a customer or an opportunity."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from db.base import Base, Record
from db.types import N_, Options, choice, day, instant, long_text, reference, text

ACTIVITY_KINDS: Options = {
    "call": N_("Call"),
    "visit": N_("Visit"),
    "mail": N_("Mail"),
    "note": N_("Note"),
    "system": N_("System"),
}


class Activity(Base, Record):
    """At least one subject is set. What was agreed next is copied to the subject's own next step."""

    __tablename__ = "activity"
    __table_args__ = (
        # The newest of a customer, by the index alone: the page of a customer begins with them.
        Index("ix_activity_customer_id_happened_at_id", "customer_id", "happened_at", "id"),
    )

    kind: Mapped[str] = choice(N_("Kind"), ACTIVITY_KINDS, required=True, default="note")
    happened_at: Mapped[datetime] = instant(N_("When"), required=True, sortable=True)
    summary: Mapped[str] = long_text(N_("What happened"), required=True)
    customer_id: Mapped[int | None] = reference(N_("Customer"), "customer.id", index=False)
    lead_id: Mapped[int | None] = reference(N_("Lead"), "lead.id", index=False)
    opportunity_id: Mapped[int | None] = reference(N_("Opportunity"), "opportunity.id", index=False)
    contact_id: Mapped[int | None] = reference(N_("Contact"), "contact.id", index=False)
    owner_id: Mapped[int | None] = reference(N_("By"), "user.id")
    next_step_on: Mapped[date | None] = day(N_("Next step on"))
    next_step: Mapped[str | None] = text(N_("Next step"))


_TABLE = Activity.__table__
# Few have these: with the others in the index SQLite takes it for useless and reads the whole table instead.
for _link in ("lead_id", "opportunity_id", "contact_id"):
    _is_there = _TABLE.c[_link].is_not(None)
    Index(f"ix_activity_{_link}", _TABLE.c[_link], sqlite_where=_is_there, postgresql_where=_is_there)

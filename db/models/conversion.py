"""What became of a lead when it was converted, so that it can be followed and taken back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Record
from db.types import N_, Id, Json, flag, instant, reference


class Conversion(Base, Record):
    """One row a conversion; at most one of a lead that has not been taken back."""

    __tablename__ = "conversion"

    lead_id: Mapped[int] = reference(N_("Lead"), "lead.id", required=True)
    customer_id: Mapped[int] = reference(N_("Customer"), "customer.id", required=True)
    contact_id: Mapped[int | None] = reference(N_("Contact"), "contact.id")
    opportunity_id: Mapped[int | None] = reference(N_("Opportunity"), "opportunity.id")
    has_made_customer: Mapped[bool] = flag(N_("New customer"))
    """The lead has brought the customer, and not only joined one that was there."""
    converted_at: Mapped[datetime] = instant(N_("Converted on"), required=True)
    reference: Mapped[str] = mapped_column(String(32), nullable=False)
    """The user action, as in the audit."""
    done: Mapped[dict[str, Any]] = mapped_column(Json, nullable=False)
    """What was made, filled in and linked: services/leads/reverting.py reads it."""
    reverted_at: Mapped[datetime | None] = instant(N_("Taken back on"))
    reverted_by_id: Mapped[int | None] = mapped_column(Id)


_TABLE = Conversion.__table__
Index(
    "uq_conversion_lead_id",
    _TABLE.c.lead_id,
    unique=True,
    sqlite_where=_TABLE.c.reverted_at.is_(None),
    postgresql_where=_TABLE.c.reverted_at.is_(None),
)

"""A signed or to-be-signed agreement."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from db.base import Base, Owned, Record, Searchable
from db.types import N_, Options, choice, currency, day, long_text, money, reference, text

CONTRACT_STAGES: Options = {
    "draft": N_("Draft"),
    "in_approval": N_("In approval"),
    "approved": N_("Approved"),
    "in_force": N_("In force"),
    "completed": N_("Completed"),
    "void": N_("Void"),
}


class Contract(Base, Record, Owned, Searchable):
    """Amounts are minor units of `currency`.

    `received` is the sum of its approved receipts, kept by the transaction that changes a receipt and checked
    against the ledger by a test and by `cli.py doctor`.
    """

    __tablename__ = "contract"

    number: Mapped[str] = text(
        N_("Number"), 40, nullable=False, searchable=True, sortable=True, help=N_("Left blank: the next free number")
    )
    name: Mapped[str] = text(N_("Name"), required=True, searchable=True)
    customer_id: Mapped[int] = reference(N_("Customer"), "customer.id", required=True)
    opportunity_id: Mapped[int | None] = reference(N_("Opportunity"), "opportunity.id")
    stage: Mapped[str] = choice(N_("Stage"), CONTRACT_STAGES, required=True, default="draft")
    amount: Mapped[int] = money(N_("Amount"), required=True, minimum=0, sortable=True, narrowing=True)
    currency: Mapped[str] = currency()
    received: Mapped[int] = money(N_("Received"), required=True, default=0)
    signed_on: Mapped[date | None] = day(N_("Signed on"))
    start_on: Mapped[date | None] = day(N_("Starts on"))
    end_on: Mapped[date | None] = day(N_("Ends on"), sortable=True, narrowing=True)
    payment_terms: Mapped[str | None] = text(N_("Payment terms"))
    notes: Mapped[str | None] = long_text(N_("Notes"))


_TABLE = Contract.__table__
Index(
    "uq_contract_number",
    _TABLE.c.number,
    unique=True,
    sqlite_where=_TABLE.c.deleted_at.is_(None),
    postgresql_where=_TABLE.c.deleted_at.is_(None),
)

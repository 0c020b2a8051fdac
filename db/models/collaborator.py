"""Somebody who works on a customer that another owns."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from db.base import Base, Record
from db.types import N_, day, flag, reference, text


class Collaborator(Base, Record):
    """Sees the customer and all that hangs on it until a day, that day included; may change it if it says so."""

    __tablename__ = "collaborator"

    customer_id: Mapped[int] = reference(N_("Customer"), "customer.id", required=True)
    user_id: Mapped[int] = reference(N_("Person"), "user.id", required=True, index=False)
    can_write: Mapped[bool] = flag(N_("May change it"))
    until_on: Mapped[date | None] = day(N_("Until"))
    reason: Mapped[str | None] = text(N_("Reason"))


_TABLE = Collaborator.__table__
Index(
    "uq_collaborator_user_id_customer_id",
    _TABLE.c.user_id,
    _TABLE.c.customer_id,
    unique=True,
    sqlite_where=_TABLE.c.deleted_at.is_(None),
    postgresql_where=_TABLE.c.deleted_at.is_(None),
)

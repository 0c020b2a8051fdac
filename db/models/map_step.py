"""What somebody will do about a gap in a power map."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Record
from db.types import N_, day, reference, text


class MapStep(Base, Record):
    """A next step with owner and date; it is open until it says when it was done."""

    __tablename__ = "map_step"

    customer_id: Mapped[int] = reference(N_("Customer"), "customer.id", required=True)
    gap: Mapped[str] = mapped_column(String(30), nullable=False)
    """Code of the gap, services/power_map/gaps.py."""
    contact_id: Mapped[int | None] = reference(N_("Contact"), "contact.id")
    owner_id: Mapped[int] = reference(N_("Owner"), "user.id", required=True, index=False)
    due_on: Mapped[date] = day(N_("Due on"), required=True)
    what: Mapped[str] = text(N_("Next step"), required=True)
    done_on: Mapped[date | None] = day(N_("Done on"))


_TABLE = MapStep.__table__
_IS_OPEN = _TABLE.c.deleted_at.is_(None) & _TABLE.c.done_on.is_(None)
Index(
    "ix_map_step_owner_id_due_on", _TABLE.c.owner_id, _TABLE.c.due_on, sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN
)

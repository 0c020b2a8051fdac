"""What we know of a customer's business, or of how a competitor stands there."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped

from db.base import Base, Record
from db.models.profile_question import PROFILE_KINDS
from db.types import N_, choice, instant, integer, percent, reference


class Profile(Base, Record):
    """Its answers stand in versions: at most one draft, the published ones never changed again."""

    __tablename__ = "profile"
    __table_args__ = (CheckConstraint("(kind = 'competitor') = (competitor_id IS NOT NULL)", "of_whom"),)

    customer_id: Mapped[int] = reference(N_("Customer"), "customer.id", required=True)
    kind: Mapped[str] = choice(N_("Kind"), PROFILE_KINDS, required=True, default="customer")
    competitor_id: Mapped[int | None] = reference(N_("Competitor"), "competitor.id")
    edition: Mapped[int] = integer(N_("Version"), required=True, default=0)
    """Number of the newest published version; 0 before the first."""
    published_at: Mapped[datetime | None] = instant(N_("Published"))
    completeness: Mapped[int] = percent(
        N_("Completeness"), required=True, default=0, minimum=0, maximum=10_000, sortable=True
    )
    """Of the draft if there is one, else of the newest published version."""


_TABLE = Profile.__table__
_IS_LIVE = _TABLE.c.deleted_at.is_(None)
_OF_CUSTOMER = _IS_LIVE & _TABLE.c.competitor_id.is_(None)
Index(
    "uq_profile_customer_id",
    _TABLE.c.customer_id,
    unique=True,
    sqlite_where=_OF_CUSTOMER,
    postgresql_where=_OF_CUSTOMER,
)
Index(
    "uq_profile_customer_id_competitor_id",
    _TABLE.c.customer_id,
    _TABLE.c.competitor_id,
    unique=True,
    sqlite_where=_IS_LIVE,
    postgresql_where=_IS_LIVE,
)

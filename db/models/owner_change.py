"""When a customer or lead went from whom to whom, and why; never edited."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Key
from db.types import N_, Id, Options, choice, instant, reference, text

CHANGE_KINDS: Options = {
    "created": N_("Created"),
    "assigned": N_("Assigned"),
    "claimed": N_("Claimed"),
    "released": N_("Released"),
    "recycled": N_("Recycled"),
    "transferred": N_("Transferred"),
    "merged": N_("Merged"),
}


class OwnerChange(Base, Key):
    """Empty `from_id` or `to_id`: it lay, or lies, in the pool `pool_id`.

    The creation has no row of its own: it is read from the record, since an import of a million customers would
    pay for a second million.
    """

    __tablename__ = "owner_change"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('created', 'assigned', 'claimed', 'released', 'recycled', 'transferred', 'merged')", "kind"
        ),
        Index("ix_owner_change_entity_record_id", "entity", "record_id", "id"),
    )

    entity: Mapped[str] = mapped_column(String(20), nullable=False)
    """Table of the record: customer or lead."""
    record_id: Mapped[int] = mapped_column(Id, nullable=False)
    from_id: Mapped[int | None] = reference(N_("From"), "user.id", index=False)
    to_id: Mapped[int | None] = reference(N_("To"), "user.id", index=False)
    pool_id: Mapped[int | None] = reference(N_("Pool"), "pool.id", index=False)
    kind: Mapped[str] = choice(N_("How"), CHANGE_KINDS, required=True)
    reason: Mapped[str | None] = text(N_("Reason"))
    at: Mapped[datetime] = instant(N_("When"), required=True)
    by_id: Mapped[int | None] = mapped_column(Id)
    """Who did it; empty: the portal itself."""

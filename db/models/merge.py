"""Which record went into which: an old address still finds its way, and a merge can be undone."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Key
from db.types import Id, UtcDateTime


class Merge(Base, Key):
    """One row for each record that was merged away; it lies in the recycle bin. Undone, the row is gone."""

    __tablename__ = "merge"
    __table_args__ = (
        UniqueConstraint("entity", "record_id"),
        Index("ix_merge_entity_into_id", "entity", "into_id"),
    )

    entity: Mapped[str] = mapped_column(String(40), nullable=False)
    record_id: Mapped[int] = mapped_column(Id, nullable=False)
    into_id: Mapped[int] = mapped_column(Id, nullable=False)
    """It may have been merged itself since: services/merging.py follows the way to its end."""
    reference: Mapped[str] = mapped_column(String(32), nullable=False, index=True)
    """The user action that merged it."""
    at: Mapped[datetime] = mapped_column(UtcDateTime, nullable=False, index=True)
    by_id: Mapped[int | None] = mapped_column(Id)

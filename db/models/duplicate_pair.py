"""Two records that might be one, as a scan has found them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Key
from db.types import N_, Id, Json, Options, UtcDateTime

TIERS: Options = {"same": N_("The same"), "perhaps": N_("Perhaps, please look")}
PAIR_STATES: Options = {"open": N_("To look at"), "dismissed": N_("Not a duplicate"), "merged": N_("Merged")}


class DuplicatePair(Base, Key):
    """`a_id` is the smaller id. What somebody has decided about a pair outlives later scans."""

    __tablename__ = "duplicate_pair"

    entity: Mapped[str] = mapped_column(String(40), nullable=False)
    a_id: Mapped[int] = mapped_column(Id, nullable=False)
    b_id: Mapped[int] = mapped_column(Id, nullable=False)
    tier: Mapped[str] = mapped_column(String(10), nullable=False)
    score: Mapped[int] = mapped_column(Integer, nullable=False)
    """How sure, 0 to 100; only for the order."""
    reasons: Mapped[list[Any]] = mapped_column(Json, nullable=False)
    """Codes of services/duplicates/reasons.py."""
    state: Mapped[str] = mapped_column(String(10), nullable=False, default="open")
    found_at: Mapped[datetime] = mapped_column(UtcDateTime, nullable=False)
    decided_by_id: Mapped[int | None] = mapped_column(Id)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        UniqueConstraint("entity", "a_id", "b_id"),
        Index("ix_duplicate_pair_entity_state_score_id", "entity", "state", "score", "id"),
        Index("ix_duplicate_pair_entity_b_id", "entity", "b_id"),
    )

"""One of the rules by which records go back to a pool; any of them suffices."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Key
from db.models.pool import LONGEST
from db.types import N_, Json, Options, choice, integer, reference

RULE_KINDS: Options = {
    "activity": N_("No activity"),
    "opportunity": N_("No opportunity"),
    "won": N_("Not won"),
}


class PoolRule(Base, Key):
    """So many days for all, or for each level (customers) or grade (leads); what has neither is left alone."""

    __tablename__ = "pool_rule"
    __table_args__ = (
        CheckConstraint("kind IN ('activity', 'opportunity', 'won')", "kind"),
        UniqueConstraint("pool_id", "kind"),
    )

    pool_id: Mapped[int] = reference(N_("Pool"), "pool.id", required=True, index=False)
    kind: Mapped[str] = choice(N_("Rule"), RULE_KINDS, required=True)
    days: Mapped[int | None] = integer(N_("Days"), minimum=1, maximum=LONGEST)
    days_by_level: Mapped[dict[str, int]] = mapped_column(Json, nullable=False, default=dict)
    """{level or grade: days}; a level that is missing has `days`."""

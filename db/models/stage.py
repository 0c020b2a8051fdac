"""One step of a sales process."""

from __future__ import annotations

from sqlalchemy import CheckConstraint
from sqlalchemy import text as sql_text
from sqlalchemy.orm import Mapped

from db.base import Base, Record
from db.types import N_, Options, choice, flag, integer, percent, reference, text

STAGE_KINDS: Options = {"open": N_("Open"), "won": N_("Won"), "lost": N_("Lost"), "void": N_("Void")}


class Stage(Base, Record):
    """Stages are ordered by position within their pipeline."""

    __tablename__ = "stage"
    __table_args__ = (CheckConstraint("kind IN ('open', 'won', 'lost', 'void')", "kind"),)

    pipeline_id: Mapped[int] = reference(N_("Pipeline"), "pipeline.id", required=True)
    name: Mapped[str] = text(N_("Name"), 100, required=True, translated=True)
    kind: Mapped[str] = choice(N_("Kind"), STAGE_KINDS, required=True, default="open")
    win_rate: Mapped[int] = percent(N_("Win rate"), required=True, default=0, minimum=0, maximum=10_000)
    position: Mapped[int] = integer(N_("Position"), required=True, default=0)
    days_allowed: Mapped[int | None] = integer(N_("Days allowed"), minimum=0)
    requires_map: Mapped[bool] = flag(
        N_("Needs a power map"),
        server_default=sql_text("false"),
        help=N_("Opportunities enter this stage only when the customer's power map says who decides"),
    )

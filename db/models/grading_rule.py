"""A rule by which leads are graded: who fulfils it gets its points."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Record
from db.types import N_, Json, flag, integer, text


class GradingRule(Base, Record):
    """A field of the lead, an operator, what it is compared with, and points for or against."""

    __tablename__ = "grading_rule"

    field: Mapped[str] = text(N_("Field"), 80, required=True)
    operator: Mapped[str] = text(N_("Condition"), 20, required=True)
    value: Mapped[list[Any]] = mapped_column(Json, nullable=False, default=list, info={"audited": True})
    """Typed values as JSON holds them; none for `filled` and `empty`, one for most, several for `in`."""
    points: Mapped[int] = integer(N_("Points"), required=True, minimum=-1_000, maximum=1_000)
    position: Mapped[int] = integer(N_("Position"), required=True, default=0)
    is_active: Mapped[bool] = flag(N_("In use"), default=True)

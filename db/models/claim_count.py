"""How many records somebody has claimed from a pool on a day."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Date, ForeignKey, Integer
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base
from db.types import Id


class ClaimCount(Base):
    """Raised by the claim itself, under the limit, in one statement; what is assigned does not count."""

    __tablename__ = "claim_count"

    pool_id: Mapped[int] = mapped_column(Id, ForeignKey("pool.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(Id, ForeignKey("user.id"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    """Business date in the company's zone."""
    claimed: Mapped[int] = mapped_column(Integer, nullable=False, default=0)

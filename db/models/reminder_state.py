"""A reminder that somebody has put aside: until a day, or for good."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Date, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Key
from db.types import Id


class ReminderState(Base, Key):
    """Of one person, for one kind of reminder at one record; it says nothing about the record itself."""

    __tablename__ = "reminder_state"
    __table_args__ = (Index("uq_reminder_state_user_id", "user_id", "entity", "record_id", "kind", unique=True),)

    user_id: Mapped[int] = mapped_column(Id, ForeignKey("user.id"), nullable=False)
    kind: Mapped[str] = mapped_column(String(30), nullable=False)
    entity: Mapped[str] = mapped_column(String(40), nullable=False)
    record_id: Mapped[int] = mapped_column(Id, nullable=False)
    about_on: Mapped[date | None] = mapped_column(Date)
    """The day it reminded of: another day is another reminder, which is shown again."""
    until: Mapped[date] = mapped_column(Date, nullable=False)
    """Hidden before this day."""

"""Something that is done again and again: when it ran, what came of it, and who runs it now."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base
from db.types import Json, UtcDateTime


class Job(Base):
    """One row a job; whoever holds the lease runs it, and no one else until it is given back or has run out."""

    __tablename__ = "job"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    holder: Mapped[str | None] = mapped_column(String(100))
    """Names one run of one process; empty: nobody."""
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    next_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Due from then on; empty: at once."""
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    result: Mapped[dict[str, Any] | None] = mapped_column(Json)
    """What the last run that ended has returned: {name: number}."""
    error: Mapped[str | None] = mapped_column(Text)
    """Reference of the fault that ended the last run, as it stands in the log; empty when it went well."""
    runs: Mapped[int] = mapped_column(Integer, nullable=False, default=0)

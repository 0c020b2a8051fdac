"""The answers of a profile as they stood at one time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Record
from db.types import Id, Json, UtcDateTime


class ProfileVersion(Base, Record):
    """A draft until it is published; then it stays as it is."""

    __tablename__ = "profile_version"
    __table_args__ = (UniqueConstraint("profile_id", "number"),)

    profile_id: Mapped[int] = mapped_column(Id, ForeignKey("profile.id"), nullable=False)
    number: Mapped[int] = mapped_column(nullable=False)
    answers: Mapped[dict[str, Any]] = mapped_column(Json, nullable=False, info={"audited": True})
    """{code of the question: text, basis points or rating}; what is not answered is absent."""
    completeness: Mapped[int] = mapped_column(nullable=False, default=0)
    """Basis points, by the questions of the day it was last changed."""
    note: Mapped[str | None] = mapped_column(String(300), info={"audited": True})
    """What is new, said when it is published."""
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info={"audited": True})
    published_by_id: Mapped[int | None] = mapped_column(Id)


_TABLE = ProfileVersion.__table__
_IS_DRAFT = _TABLE.c.published_at.is_(None)
Index("uq_profile_version_draft", _TABLE.c.profile_id, unique=True, sqlite_where=_IS_DRAFT, postgresql_where=_IS_DRAFT)

"""A company that wants the same orders as we do."""

from __future__ import annotations

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from db.base import Base, Record
from db.types import N_, long_text, text


class Competitor(Base, Record):
    """Contacts lean to it, profiles say how it stands at a customer, lost opportunities may name it."""

    __tablename__ = "competitor"

    name: Mapped[str] = text(N_("Name"), 100, required=True, sortable=True)
    website: Mapped[str | None] = text(N_("Website"))
    notes: Mapped[str | None] = long_text(N_("Notes"))


_TABLE = Competitor.__table__
Index(
    "uq_competitor_name",
    _TABLE.c.name,
    unique=True,
    sqlite_where=_TABLE.c.deleted_at.is_(None),
    postgresql_where=_TABLE.c.deleted_at.is_(None),
)

"""A list as somebody likes to see it: filters, search, sort and columns under a name."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Record
from db.types import N_, Json, Options, choice, reference, text

AUDIENCES: Options = {"me": N_("Only me"), "team": N_("My team"), "all": N_("Everybody")}


class SavedView(Base, Record):
    """What it asks for stands as the address of the list writes it, so that it is read by the same gate."""

    __tablename__ = "saved_view"

    list_key: Mapped[str] = mapped_column(String(60), nullable=False)
    """Which list it belongs to: the entity's key, or the list's own."""
    name: Mapped[str] = text(N_("Name"), 60, required=True)
    owner_id: Mapped[int] = reference(N_("Owner"), "user.id", required=True)
    audience: Mapped[str] = choice(N_("Who sees it"), AUDIENCES, required=True, default="me")
    team_id: Mapped[int | None] = reference(N_("Team"), "team.id", index=False)
    """The team it is shared with; sub-teams see it as well."""
    address: Mapped[dict[str, Any]] = mapped_column(Json, nullable=False, info={"audited": True})
    """{parameter: [values]} without the list's prefix: q, sort, cols, f.<field>."""


_TABLE = SavedView.__table__
_IS_LIVE = _TABLE.c.deleted_at.is_(None)
Index("ix_saved_view_list_key_owner_id", _TABLE.c.list_key, _TABLE.c.owner_id)
Index(
    "ix_saved_view_list_key_audience",
    _TABLE.c.list_key,
    _TABLE.c.audience,
    sqlite_where=_IS_LIVE,
    postgresql_where=_IS_LIVE,
)

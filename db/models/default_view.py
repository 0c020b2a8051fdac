"""Which saved view a person's list opens with."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Key
from db.types import Id


class DefaultView(Base, Key):
    """One for each person and list; it may be a view that a colleague shares."""

    __tablename__ = "default_view"
    __table_args__ = (UniqueConstraint("user_id", "list_key"),)

    user_id: Mapped[int] = mapped_column(Id, ForeignKey("user.id"), nullable=False)
    list_key: Mapped[str] = mapped_column(String(60), nullable=False)
    view_id: Mapped[int] = mapped_column(Id, ForeignKey("saved_view.id"), nullable=False, index=True)

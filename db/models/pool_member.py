"""Who may see a pool and claim from it, and whose records go back to it."""

from __future__ import annotations

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped

from db.base import Base, Key
from db.types import N_, flag, reference


class PoolMember(Base, Key):
    """A person, or a team with the teams below it. Administrators of a pool hand out what lies in it."""

    __tablename__ = "pool_member"
    __table_args__ = (CheckConstraint("(user_id IS NULL) <> (team_id IS NULL)", "one"),)

    pool_id: Mapped[int] = reference(N_("Pool"), "pool.id", required=True)
    user_id: Mapped[int | None] = reference(N_("Person"), "user.id")
    team_id: Mapped[int | None] = reference(N_("Team"), "team.id")
    is_admin: Mapped[bool] = flag(N_("Hands out"))

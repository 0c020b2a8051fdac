"""How many customers, or leads, somebody may own at most."""

from __future__ import annotations

from sqlalchemy.orm import Mapped

from db.base import Base, Record
from db.models.pool import POOL_KINDS
from db.types import N_, choice, flag, integer, reference


class Quota(Base, Record):
    """For a person, else for each person of a team and the teams below, else for everybody: the nearest holds.

    One for a team together holds besides.
    """

    __tablename__ = "quota"

    kind: Mapped[str] = choice(N_("For"), POOL_KINDS, required=True, default="customer")
    user_id: Mapped[int | None] = reference(N_("Person"), "user.id")
    team_id: Mapped[int | None] = reference(N_("Team"), "team.id")
    at_most: Mapped[int] = integer(N_("At most"), required=True, minimum=0, maximum=1_000_000, sortable=True)
    is_together: Mapped[bool] = flag(N_("The team together"), help=N_("Otherwise each person of the team"))
    counts_won: Mapped[bool] = flag(N_("The won count, too"), default=True)

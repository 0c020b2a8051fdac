"""A public pool: customers, or leads, without an owner, and the rules by which they go in and out."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Record
from db.types import N_, Json, Options, choice, flag, integer, text

POOL_KINDS: Options = {"customer": N_("Customers"), "lead": N_("Leads")}
LONGEST: Final = 3650
"""Days: ten years."""


class Pool(Base, Record):
    """What lies in it is seen by its members, or by everybody, but for the fields it hides."""

    __tablename__ = "pool"

    name: Mapped[str] = text(N_("Name"), 100, required=True, sortable=True, translated=True)
    kind: Mapped[str] = choice(N_("For"), POOL_KINDS, required=True, default="customer")
    is_enabled: Mapped[bool] = flag(N_("Enabled"), default=True)
    is_for_all: Mapped[bool] = flag(
        N_("For everybody"), default=True, help=N_("Everybody may see it and claim from it")
    )
    is_recycling: Mapped[bool] = flag(
        N_("Automatic recycling"), help=N_("Its rules bring back every night what nobody works on")
    )
    claims_a_day: Mapped[int | None] = integer(
        N_("Claims per person and day"), minimum=1, maximum=100_000, help=N_("Left blank: no limit")
    )
    ban_days: Mapped[int | None] = integer(
        N_("Days the previous owner waits"),
        minimum=1,
        maximum=LONGEST,
        help=N_("Whoever owned it may claim it again only after so many days"),
    )
    protected_days: Mapped[int | None] = integer(
        N_("Days of protection for new arrivals"),
        minimum=1,
        maximum=LONGEST,
        help=N_("Nobody may claim it before so many days have passed"),
    )
    warning_days: Mapped[int] = integer(
        N_("Days of warning"),
        required=True,
        default=7,
        minimum=0,
        maximum=LONGEST,
        help=N_("The owner is warned so many days before it goes back"),
    )
    spares_won: Mapped[bool] = flag(N_("Spares the won"), default=True)
    spares_open: Mapped[bool] = flag(N_("Spares those with an open opportunity"), default=True)
    hidden: Mapped[list[str]] = mapped_column(Json, nullable=False, default=list, info={"audited": True})
    """Names of fields that members do not see while it lies here."""


_TABLE = Pool.__table__
Index(
    "uq_pool_kind_name",
    _TABLE.c.kind,
    _TABLE.c.name,
    unique=True,
    sqlite_where=_TABLE.c.deleted_at.is_(None),
    postgresql_where=_TABLE.c.deleted_at.is_(None),
)

"""How one person at a customer moves another, beside the line of command."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped

from db.base import Base, Record
from db.types import N_, Options, choice, integer, reference

INFLUENCE_KINDS: Options = {
    "advises": N_("Advises"),
    "friend": N_("Is close to"),
    "blocks": N_("Works against"),
}


class Influence(Base, Record):
    """An edge of the power map; both people belong to the customer."""

    __tablename__ = "influence"
    __table_args__ = (
        CheckConstraint("from_id <> to_id", "two"),
        CheckConstraint("strength BETWEEN 1 AND 3", "strength"),
    )

    customer_id: Mapped[int] = reference(N_("Customer"), "customer.id", required=True)
    from_id: Mapped[int] = reference(N_("Who"), "contact.id", required=True)
    to_id: Mapped[int] = reference(N_("Whom"), "contact.id", required=True)
    kind: Mapped[str] = choice(N_("How"), INFLUENCE_KINDS, required=True, default="advises")
    strength: Mapped[int] = integer(N_("Strength"), required=True, default=2, minimum=1, maximum=3)


_TABLE = Influence.__table__
Index(
    "uq_influence_from_id_to_id_kind",
    _TABLE.c.from_id,
    _TABLE.c.to_id,
    _TABLE.c.kind,
    unique=True,
    sqlite_where=_TABLE.c.deleted_at.is_(None),
    postgresql_where=_TABLE.c.deleted_at.is_(None),
)

"""A company we sell to or want to."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, validates

from db import normal
from db.base import Base, Customizable, Owned, Record, Searchable
from db.keyed import Keyed, index_keys, key
from db.models.lead import SOURCES
from db.models.pooled import Pooled, pool_index
from db.types import N_, Options, choice, currency, day, instant, integer, long_text, money, phone, reference, text

LEVELS: Options = {"A": N_("A · key"), "B": N_("B · important"), "C": N_("C · normal")}


class Customer(Base, Record, Owned, Pooled, Searchable, Customizable, Keyed):
    """A customer without owner is in the public pool."""

    __tablename__ = "customer"

    name: Mapped[str] = text(N_("Name"), required=True, searchable=True, sortable=True)
    code: Mapped[str | None] = text(N_("Code"), 40, searchable=True)
    industry: Mapped[str | None] = text(N_("Industry"), 100, recurring=True)
    region: Mapped[str | None] = text(N_("Region"), 100, recurring=True)
    level: Mapped[str | None] = choice(N_("Level"), LEVELS)
    source: Mapped[str | None] = choice(N_("Source"), SOURCES)
    employees: Mapped[int | None] = integer(N_("Employees"), minimum=0)
    founded_in: Mapped[int | None] = integer(N_("Founded in"), minimum=1000, maximum=2100)
    revenue: Mapped[int | None] = money(N_("Annual revenue"), minimum=0)
    currency: Mapped[str] = currency()
    parent_id: Mapped[int | None] = reference(N_("Part of"), "customer.id", index=False, narrowing=True)
    phone: Mapped[str | None] = phone(N_("Phone"), searchable=True)
    website: Mapped[str | None] = text(N_("Website"))
    address: Mapped[str | None] = text(N_("Address"), 300)
    tax_number: Mapped[str | None] = text(N_("Tax number"), 40, searchable=True)
    next_step_on: Mapped[date | None] = day(N_("Next step on"), sortable=True, narrowing=True)
    next_step: Mapped[str | None] = text(N_("Next step"))
    last_activity_at: Mapped[datetime | None] = instant(N_("Last activity"), audited=False)
    notes: Mapped[str | None] = long_text(N_("Notes"))
    name_key: Mapped[str] = key(nullable=False, default="", index=True)
    """The name in its compared form, for finding twins; follows the name by itself, like the search tokens."""
    name_block: Mapped[str | None] = key(20)
    phone_key: Mapped[str | None] = key(40)
    domain_key: Mapped[str | None] = key(254)
    tax_key: Mapped[str | None] = key(40)

    forms: ClassVar = {
        "name": (normal.company_forms, ("name_key", "name_block")),
        "phone": (lambda value: (normal.phone_key(value),), ("phone_key",)),
        "website": (lambda value: (normal.domain_key(value),), ("domain_key",)),
        "tax_number": (lambda value: (normal.tax_key(value),), ("tax_key",)),
    }

    @validates(*forms)
    def _follow_with_keys(self, name: str, value: Any) -> Any:
        return self._follow(name, value)


_TABLE = Customer.__table__
Index(
    "uq_customer_code",
    _TABLE.c.code,
    unique=True,
    sqlite_where=_TABLE.c.deleted_at.is_(None),
    postgresql_where=_TABLE.c.deleted_at.is_(None),
)
# Names that might be the same, the likeliest beside each other; with all that the check at entry asks of a neighbour.
Index("ix_customer_name_block_name_key", _TABLE.c.name_block, _TABLE.c.name_key, _TABLE.c.deleted_at)
# Few have a parent: with the others in the index SQLite takes it for useless and reads the whole table instead.
_HAS_PARENT = _TABLE.c.parent_id.is_not(None)
Index("ix_customer_part_of", _TABLE.c.parent_id, sqlite_where=_HAS_PARENT, postgresql_where=_HAS_PARENT)
pool_index(_TABLE)
index_keys(Customer, "phone_key", "domain_key", "tax_key")

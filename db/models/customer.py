"""A company we sell to or want to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column, validates

from db.base import Base, Customizable, Owned, Record, Searchable
from db.models.lead import SOURCES
from db.names import company_key
from db.types import N_, Options, choice, currency, day, instant, integer, long_text, money, phone, reference, text

LEVELS: Options = {"A": N_("A · key"), "B": N_("B · important"), "C": N_("C · normal")}


class Customer(Base, Record, Owned, Searchable, Customizable):
    """A customer without owner is in the public pool."""

    __tablename__ = "customer"

    name: Mapped[str] = text(N_("Name"), required=True, searchable=True, sortable=True)
    code: Mapped[str | None] = text(N_("Code"), 40, searchable=True)
    industry: Mapped[str | None] = text(N_("Industry"), 100)
    region: Mapped[str | None] = text(N_("Region"), 100)
    level: Mapped[str | None] = choice(N_("Level"), LEVELS)
    source: Mapped[str | None] = choice(N_("Source"), SOURCES)
    employees: Mapped[int | None] = integer(N_("Employees"), minimum=0)
    founded_in: Mapped[int | None] = integer(N_("Founded in"), minimum=1000, maximum=2100)
    revenue: Mapped[int | None] = money(N_("Annual revenue"), minimum=0)
    currency: Mapped[str] = currency()
    parent_id: Mapped[int | None] = reference(N_("Part of"), "customer.id")
    phone: Mapped[str | None] = phone(N_("Phone"), searchable=True)
    website: Mapped[str | None] = text(N_("Website"))
    address: Mapped[str | None] = text(N_("Address"), 300)
    tax_number: Mapped[str | None] = text(N_("Tax number"), 40, searchable=True)
    next_step_on: Mapped[date | None] = day(N_("Next step on"), sortable=True)
    next_step: Mapped[str | None] = text(N_("Next step"))
    last_activity_at: Mapped[datetime | None] = instant(N_("Last activity"), audited=False)
    notes: Mapped[str | None] = long_text(N_("Notes"))
    name_key: Mapped[str] = mapped_column(String(200), nullable=False, default="", index=True)
    """The name in its compared form, for finding twins; follows the name by itself, like the search tokens."""

    @validates("name")
    def _follow_the_name(self, _attribute: str, name: str) -> str:
        self.name_key = company_key(name) if isinstance(name, str) else ""
        return name

    @classmethod
    def derived(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return what follows from a row's values, for statements that bypass the ORM."""
        return {"name_key": company_key(row["name"])}


_TABLE = Customer.__table__
Index(
    "uq_customer_code",
    _TABLE.c.code,
    unique=True,
    sqlite_where=_TABLE.c.deleted_at.is_(None),
    postgresql_where=_TABLE.c.deleted_at.is_(None),
)

"""A field that an administrator has added to leads, customers, contacts or opportunities."""

from __future__ import annotations

from typing import Any

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Record
from db.types import N_, Json, Options, choice, flag, integer, text

CUSTOMIZED: Options = {
    "lead": N_("Leads"),
    "customer": N_("Customers"),
    "contact": N_("Contacts"),
    "opportunity": N_("Opportunities"),
}
CUSTOM_KINDS: Options = {
    "text": N_("One line of text"),
    "long_text": N_("Several lines of text"),
    "choice": N_("Choice from a list"),
    "choices": N_("Several choices from a list"),
    "flag": N_("Yes or no"),
    "day": N_("Date"),
    "integer": N_("Whole number"),
    "number": N_("Number with decimals"),
    "money": N_("Amount of money"),
    "percent": N_("Per cent"),
    "rating": N_("Rating from 1 to 5"),
    "email": N_("E-mail address"),
    "phone": N_("Telephone number"),
}


class CustomField(Base, Record):
    """Values stand in `custom` of the record, by `code`, which is never used for another field (docs/adr/0022)."""

    __tablename__ = "custom_field"
    __table_args__ = (UniqueConstraint("entity", "code"),)

    entity: Mapped[str] = choice(N_("Added to"), CUSTOMIZED, required=True)
    code: Mapped[str] = text(N_("Code"), 40, required=True)
    kind: Mapped[str] = choice(N_("Kind"), CUSTOM_KINDS, required=True)
    label_en: Mapped[str | None] = text(N_("Name in English"), 100)
    label_zh: Mapped[str | None] = text(N_("Name in Chinese"), 100)
    help_en: Mapped[str | None] = text(N_("Help in English"), 300)
    help_zh: Mapped[str | None] = text(N_("Help in Chinese"), 300)
    section: Mapped[str | None] = text(N_("Section"), 100)
    """Title of a section of the form as the code says it, or of a new one."""
    section_zh: Mapped[str | None] = text(N_("Section in Chinese"), 100)
    position: Mapped[int] = integer(N_("Position"), required=True, default=0)
    options: Mapped[list[dict[str, Any]]] = mapped_column(
        Json, nullable=False, default=list, info={"label": N_("Choices"), "audited": True}
    )
    """[{"code", "en", "zh", "is_active"}] in their order; one that was taken back is kept as inactive."""
    is_required: Mapped[bool] = flag(N_("Must be filled in"))
    is_unique: Mapped[bool] = flag(N_("No two records may have the same"))
    is_indexed: Mapped[bool] = flag(N_("Lists can be filtered and sorted by it"), default=True)
    is_searchable: Mapped[bool] = flag(N_("Found by the search"))
    is_active: Mapped[bool] = flag(N_("In use"), default=True)

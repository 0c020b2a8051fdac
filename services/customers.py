"""Customers: companies we sell to or want to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from db.models import Customer
from db.types import N_
from services.duplicates import entry
from services.duplicates.verdict import SAME
from services.kit import groups, permissions
from services.kit.entity import Child, Entity, Section
from services.kit.unit_of_work import UnitOfWork

CUSTOMER = Entity(
    model=Customer,
    module=__name__,
    one=N_("Customer"),
    many=N_("Customers"),
    grid=("name", "level", "industry", "region", "owner_id", "next_step_on", "last_activity_at"),
    more_columns=("code", "employees", "revenue", "currency", "phone", "source", "team_id", "updated_at"),
    form=(
        Section(N_("Company"), ("name", "code", "industry", "region", "level", "source", "parent_id")),
        Section(N_("Figures"), ("employees", "founded_in", "revenue", "currency", "tax_number")),
        Section(N_("Reach them"), ("phone", "website", "address")),
        Section(N_("Who and what next"), ("owner_id", "next_step_on", "next_step", "notes")),
    ),
    filters=("level", "industry", "region", "owner_id", "team_id", "parent_id", "next_step_on"),
    match=("code", "name", "tax_number"),
    scope=permissions.owned(Customer, pool=True, helped=True),
    children=(
        Child("contact", "customer_id"),
        Child("opportunity", "customer_id"),
        Child("contract", "customer_id"),
        Child("profile", "customer_id"),
        Child("map_step", "customer_id"),
    ),
    check=groups.check,
    page="customers",
)
REACHED = permissions.owned(Customer, helped=True)
"""The rule by which children are seen: a customer in the public pool shows itself, not its contacts."""


@dataclass(frozen=True)
class Twin:
    """A customer of the same name. Out of the reader's scope it has neither id nor name, only that it exists."""

    customer_id: int | None
    name: str | None
    owner: str | None
    """Who answers for it: told even when the customer itself may not be seen, so that one knows whom to ask."""

    @property
    def is_masked(self) -> bool:
        """Say whether the reader may not see the customer."""
        return self.customer_id is None


def twins(uow: UnitOfWork, name: str, *, limit: int = 5) -> list[Twin]:
    """Return customers whose name is the same but for legal form, place or 集团, visible ones first."""
    permissions.require(uow, "customer.read")
    hits = entry.look(uow, {"name": name}, entity=CUSTOMER, tables=("customer",), limit=limit)
    alike = [hit for hit in hits if hit.tier == SAME or "name_but_place_or_group" in hit.codes]
    return [Twin(hit.id, hit.title, hit.owner) for hit in sorted(alike, key=lambda hit: hit.is_masked)]


def prepare(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values with what follows from them (the normal forms), for bulk statements of the caller's own."""
    return {**Customer.derived(values), **values}

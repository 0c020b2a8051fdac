"""The lead itself: how the portal offers it, and the verbs that make and change one."""

from __future__ import annotations

from typing import Final

from db.models import Lead
from db.types import N_
from services.kit import permissions
from services.kit.entity import Entity, Section
from services.kit.errors import Message
from services.kit.unit_of_work import UnitOfWork


def _check(_uow: UnitOfWork, lead: Lead) -> dict[str, Message]:
    """Refuse a status that only conversion may set or leave."""
    if lead.status == "converted" and lead.converted_at is None:
        return {"status": Message(N_("Use “Convert”, so that the customer is made as well."))}
    if lead.status != "converted" and lead.converted_at is not None:
        return {"status": Message(N_("This lead has been converted already."))}
    return {}


LEAD = Entity(
    model=Lead,
    module=__name__,
    one=N_("Lead"),
    many=N_("Leads"),
    grid=("name", "company", "status", "grade", "source", "owner_id", "next_step_on"),
    more_columns=("title", "phone", "email", "industry", "region", "last_activity_at", "team_id", "updated_at"),
    form=(
        Section(N_("Person"), ("name", "company", "title", "phone", "email")),
        Section(N_("Background"), ("industry", "region", "source", "grade", "status")),
        Section(N_("Who and what next"), ("owner_id", "next_step_on", "next_step", "notes")),
    ),
    filters=("status", "grade", "source", "owner_id", "next_step_on"),
    match=("email", "phone", "name"),
    scope=permissions.owned(Lead, pool=True),
    check=_check,
    page="leads",
)
OPEN_STATUSES: Final = ("new", "contacted", "nurturing", "qualified")

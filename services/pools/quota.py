"""Quotas: how many customers or leads a person, or a team together, may own (services/kit/quotas.py counts)."""

from __future__ import annotations

from db.models import Quota
from db.types import N_
from services.kit.entity import Entity, Section
from services.kit.errors import Message
from services.kit.unit_of_work import UnitOfWork


def _check(_uow: UnitOfWork, quota: Quota) -> dict[str, Message]:
    """Refuse a quota for a person and a team at once, and one for nobody together."""
    if quota.user_id is not None and quota.team_id is not None:
        return {"team_id": Message(N_("For a person or for a team, not both."))}
    if quota.is_together and quota.team_id is None:
        return {"team_id": Message(N_("Say which team has it together."))}
    return {}


QUOTA = Entity(
    model=Quota,
    module=__name__,
    one=N_("Quota"),
    many=N_("Quotas"),
    grid=("at_most", "kind", "user_id", "team_id", "is_together", "counts_won"),
    form=(
        Section(N_("Whose"), ("kind", "user_id", "team_id", "is_together")),
        Section(N_("How many"), ("at_most", "counts_won")),
    ),
    filters=("kind", "user_id", "team_id"),
    title="at_most",
    check=_check,
)

"""What leads remind of: a next step due today or overdue, none planned, assigned and nobody has spoken to them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import bindparam, func, select

from db.models import Lead
from db.types import N_, Options, UtcDateTime
from services import company
from services.kit import permissions
from services.kit.prepared import prepared
from services.kit.query import Filter
from services.kit.unit_of_work import UnitOfWork
from services.leads.lead import LEAD, OPEN_STATUSES

VIEWS: Options = {
    "today": N_("Due today"),
    "overdue": N_("Overdue"),
    "unplanned": N_("No next step"),
    "untouched": N_("Nobody has spoken to them"),
    "converted": N_("Converted"),
}
"""Ready filters of the list, in their order."""
COUNTED: Final = ("today", "overdue", "unplanned", "untouched")
CAP: Final = 999
"""Counted up to here: nobody works off more in a day, and the count stays quick at a million."""
_SINCE: Final = "since"


def views(uow: UnitOfWork) -> Mapping[str, tuple[Filter, ...]]:
    """Return the ready filters as conditions of a list. One query."""
    permissions.require(uow, "lead.read")
    is_open = Filter("status", "in", OPEN_STATUSES)
    is_owned = Filter("owner_id", "filled")
    return {
        "today": (is_open, Filter("next_step_on", "from", (uow.today,)), Filter("next_step_on", "to", (uow.today,))),
        "overdue": (is_open, Filter("next_step_on", "to", (uow.today - timedelta(days=1),))),
        "unplanned": (is_open, Filter("next_step_on", "empty"), is_owned),
        "untouched": (
            Filter("status", "in", ("new",)),
            Filter("last_activity_at", "empty"),
            is_owned,
            Filter("received_at", "to", (untouched_since(uow),)),
        ),
        "converted": (Filter("status", "in", ("converted",)),),
    }


def counts(uow: UnitOfWork) -> dict[str, int]:
    """Return how many leads the reader may see in each of the views that remind, at most one more than CAP.

    One query, answered from indexes.
    """
    permissions.require(uow, "lead.read")
    row = uow.session.execute(prepared(uow, _select_counts, uow.today), {_SINCE: untouched_since(uow)}).one()
    return dict(zip(COUNTED, (int(one) for one in row), strict=True))


def untouched_since(uow: UnitOfWork) -> datetime:
    """Return before when a lead must have been received to be called untouched: so many days ago, a setting."""
    permissions.require(uow, "lead.read")
    return uow.now - timedelta(days=int(company.get(uow, "untouched_days")))


def _select_counts(uow: UnitOfWork, today: Any) -> Any:
    scope = (permissions.scope(uow, LEAD), Lead.deleted_at.is_(None))
    is_open = Lead.status.in_(OPEN_STATUSES)
    wanted = {
        "today": (is_open, Lead.next_step_on == today),
        "overdue": (is_open, Lead.next_step_on < today),
        "unplanned": (is_open, Lead.next_step_on.is_(None), Lead.owner_id.is_not(None)),
        "untouched": (
            Lead.status == "new",
            Lead.last_activity_at.is_(None),
            Lead.owner_id.is_not(None),
            Lead.received_at <= bindparam(_SINCE, type_=UtcDateTime()),
        ),
    }
    found = [select(Lead.id).where(*scope, *wanted[view]).limit(CAP + 1).subquery() for view in COUNTED]
    return select(*(select(func.count()).select_from(one).scalar_subquery() for one in found))

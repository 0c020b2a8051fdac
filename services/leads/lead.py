"""The lead itself: how the portal offers it, and the verbs that make and change one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import inspect

from db.models import Lead
from db.models.lead import UNQUALIFIED_REASONS
from db.types import N_
from services import grading
from services.kit import permissions, records
from services.kit.entity import Entity, Section
from services.kit.errors import Invalid, Message, Refusal
from services.kit.unit_of_work import UnitOfWork

OPEN_STATUSES: Final = ("new", "contacted", "nurturing", "qualified")
NEXT_STATUSES: Final[Mapping[str, tuple[str, ...]]] = {
    "new": ("contacted", "nurturing", "qualified", "unqualified"),
    "contacted": ("nurturing", "qualified", "unqualified"),
    "nurturing": ("contacted", "qualified", "unqualified"),
    "qualified": ("nurturing", "contacted", "unqualified"),
    "unqualified": ("new", "contacted", "nurturing"),
    "converted": (),
}
"""What a status is usually followed by: the quick change offers it. Converting, and taking it back, has its verbs."""


def _check(_uow: UnitOfWork, lead: Lead) -> dict[str, Message]:
    """Refuse a status that only conversion may set or leave, and one that lacks its reason or its sense."""
    if lead.status == "converted" and lead.converted_at is None:
        return {"status": Message(N_("Use “Convert”, so that the customer is made as well."))}
    if lead.status != "converted" and lead.converted_at is not None:
        return {"status": Message(N_("This lead has been converted already."))}
    if not inspect(lead).attrs.status.history.has_changes():
        return {}
    if lead.status == "unqualified" and lead.unqualified_reason is None:
        return {"unqualified_reason": Message(N_("Say why it is not worth following up."))}
    if lead.status == "new" and lead.last_activity_at is not None:
        return {"status": Message(N_("Somebody has spoken to this lead already: it is new no more."))}
    return {}


def _prepare(uow: UnitOfWork, lead: Lead, values: Mapping[str, Any], *, is_current: bool = True) -> dict[str, Any]:
    """Grade a lead by the values it is about to get, and return these with what follows from them."""
    given = dict(values)
    if given.get("status", "unqualified") != "unqualified":
        given["unqualified_reason"] = None
    is_graded = "grade" in given and given["grade"] != lead.grade
    if is_graded and is_current:
        _grade_by_hand(uow, lead, given["grade"])
    if is_graded and not given["grade"]:
        del given["grade"]
    grading.grade(uow, lead, given)
    return given


LEAD = Entity(
    model=Lead,
    module=__name__,
    one=N_("Lead"),
    many=N_("Leads"),
    grid=("name", "company", "status", "grade", "source", "owner_id", "next_step_on"),
    more_columns=(
        "title",
        "phone",
        "email",
        "industry",
        "region",
        "grade_points",
        "unqualified_reason",
        "last_activity_at",
        "converted_at",
        "customer_id",
        "team_id",
        "created_at",
        "updated_at",
    ),
    form=(
        Section(N_("Basic facts"), ("name", "company", "title", "phone", "email")),
        Section(N_("Background"), ("industry", "region", "source", "grade", "status", "unqualified_reason")),
        Section(N_("Who and what next"), ("owner_id", "next_step_on", "next_step", "notes")),
    ),
    filters=("status", "grade", "source", "owner_id", "next_step_on"),
    match=("email", "phone", "name"),
    scope=permissions.owned(Lead, pool=True),
    check=_check,
    together=_prepare,
    went_back=grading.grade,
    page="leads",
)


def create(uow: UnitOfWork, values: Mapping[str, Any]) -> Lead:
    """Make a lead, graded by the rules unless a grade is given. Raises Forbidden, Invalid."""
    permissions.require(uow, "lead.create")
    rows = [{**values}]
    grading.grade_many(uow, rows)
    given = {**values, "grade": rows[0]["grade"]}
    kept = ("grade_points", "grade_reasons", "graded_at", "graded_by_id")
    lead: Lead = records.create(uow, LEAD, given, also={name: rows[0].get(name) for name in kept})
    return lead


def prepare(uow: UnitOfWork, rows: Sequence[dict[str, Any]]) -> dict[int, dict[str, Message]]:
    """Complete rows of a file that enter by statement as `create` does; returns what is wrong: nothing by itself."""
    permissions.require(uow, "lead.create")
    grading.grade_many(uow, rows)
    return {}


def update(uow: UnitOfWork, lead_id: int, values: Mapping[str, Any], *, version: int | None = None) -> Lead:
    """Change a lead and grade it anew; a grade among the values is set by hand, an emptied one follows the rules.

    A lead that is open again has no reason for being unqualified. Raises Forbidden, NotFound, Invalid, Conflict.
    """
    lead: Lead = records.get(uow, LEAD, lead_id, action="update", lock=True)
    with uow.session.no_autoflush:  # one statement, one new version
        given = _prepare(uow, lead, values, is_current=version is None or version == lead.version)
        changed: Lead = records.update(uow, LEAD, lead_id, given, version=version)
    return changed


def set_grade(uow: UnitOfWork, lead_id: int, grade: str | None, *, version: int | None = None) -> Lead:
    """Set a grade by hand, which the rules then leave alone; None gives it back to the rules.

    Raises Forbidden, NotFound, Invalid, Conflict.
    """
    lead: Lead = records.get(uow, LEAD, lead_id, action="update", lock=True)
    refuse_converted(lead)
    with uow.session.no_autoflush:
        if grade:
            _grade_by_hand(uow, lead, grade)
            return records.update(uow, LEAD, lead_id, {"grade": grade}, version=version)  # type: ignore[no-any-return]
        _grade_by_hand(uow, lead, None)
        grading.grade(uow, lead)
        return records.update(uow, LEAD, lead_id, {}, version=version)  # type: ignore[no-any-return]


def set_status(uow: UnitOfWork, lead_ids: Sequence[int], status: str, *, reason: str | None = None) -> int:
    """Set the status of leads, all or none; `unqualified` asks for a reason. Returns how many had another.

    Raises Forbidden, NotFound, Invalid, and Refusal for a status that only converting sets or leaves.
    """
    permissions.require(uow, "lead.update")
    if status == "unqualified" and reason not in UNQUALIFIED_REASONS:
        raise Invalid({"unqualified_reason": Message(N_("Say why it is not worth following up."))})
    values = {"status": status, "unqualified_reason": reason if status == "unqualified" else None}
    changed = 0
    for lead_id in sorted(set(lead_ids)):
        lead = records.get(uow, LEAD, lead_id, action="update", lock=True)
        refuse_converted(lead)
        if lead.status != status or lead.unqualified_reason != values["unqualified_reason"]:
            update(uow, lead_id, values)
            changed += 1
    return changed


def speak(uow: UnitOfWork, lead: Lead, at: datetime) -> None:
    """Note that somebody has spoken to a lead: a new one is contacted from here on, and graded anew."""
    permissions.require(uow, "activity.create")
    if lead.status == "new":
        lead.status = "contacted"
    if lead.converted_at is None:
        grading.grade(uow, lead, {"last_activity_at": max(at, lead.last_activity_at or at)})


def refuse_converted(lead: Lead) -> None:
    """Refuse what cannot be done to a lead that has become a customer. Raises Refusal."""
    if lead.converted_at is not None:
        raise Refusal(N_("This lead has been converted already."))


def _grade_by_hand(uow: UnitOfWork, lead: Lead, grade: str | None) -> None:
    """Note who set the grade and when; None: nobody did, the rules say it."""
    lead.graded_at = uow.now if grade else None
    lead.graded_by_id = uow.actor.user_id if grade else None

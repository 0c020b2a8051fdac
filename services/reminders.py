"""Reminders put aside: by one person, until a day or for good. Which reminders there are, the lists of Today say."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, delete, exists
from sqlalchemy.dialects import postgresql, sqlite

from db.models import ReminderState
from db.types import N_, Options
from services.kit import permissions, records
from services.kit.entity import ENTITIES
from services.kit.errors import NotFound, Refusal
from services.kit.unit_of_work import UnitOfWork

KINDS: Options = {
    "next_step": N_("Next step"),
    "unplanned": N_("No next step"),
    "untouched": N_("Nobody has spoken to them"),
}


def put_aside(
    uow: UnitOfWork,
    kind: str,
    entity: str,
    record_id: int,
    *,
    until: date | None = None,
    about_on: date | None = None,
) -> None:
    """Hide a reminder from its reader before the day `until`, or for good.

    `about_on` is the day it reminds of: when that changes it is another reminder, and shown again. Nothing about
    the record changes. Raises Forbidden, NotFound, and Refusal for a day that is not to come.
    """
    permissions.require(uow, f"{entity}.read")
    if entity not in ENTITIES or kind not in KINDS or uow.actor.user_id is None:
        raise NotFound
    records.get(uow, ENTITIES[entity], record_id)
    if until is not None and until <= uow.today:
        raise Refusal(N_("Choose a day that is still to come."))
    dialect: Any = sqlite if uow.is_sqlite else postgresql
    key = {"user_id": uow.actor.user_id, "entity": entity, "record_id": record_id, "kind": kind}
    said = {"about_on": about_on, "until": until or date.max}
    statement = dialect.insert(ReminderState).values(**key, **said)
    uow.session.execute(statement.on_conflict_do_update(index_elements=list(key), set_=said))


def show_again(uow: UnitOfWork, kind: str, entity: str, record_id: int) -> None:
    """Show a reminder again that its reader has put aside. Raises Forbidden."""
    permissions.require(uow, f"{entity}.read")
    uow.session.execute(
        delete(ReminderState).where(
            ReminderState.user_id == uow.actor.user_id,
            ReminderState.entity == entity,
            ReminderState.record_id == record_id,
            ReminderState.kind == kind,
        )
    )


def is_shown(uow: UnitOfWork, kind: str, model: Any, today: date, about: Any = None) -> ColumnElement[bool]:
    """Return the criterion under which the actor has not put aside the reminder at a record of `model`.

    `about` is the column of the day it reminds of, if it reminds of one.
    """
    aside = exists().where(
        ReminderState.user_id == uow.actor.user_id,
        ReminderState.entity == model.__tablename__,
        ReminderState.record_id == model.id,
        ReminderState.kind == kind,
        ReminderState.until > today,
    )
    return ~(aside if about is None else aside.where(ReminderState.about_on == about))


def forget_old(uow: UnitOfWork) -> dict[str, int]:
    """Remove what has been put aside until a day that has come; for a recurring job. Returns how many."""
    permissions.require(uow, "setting.update")
    gone = uow.session.execute(delete(ReminderState).where(ReminderState.until <= uow.today))
    return {"reminders": int(gone.rowcount)}  # type: ignore[attr-defined]

"""Undo: what one user did in one go is taken back from what the audit says of it, record by record.

Made records go to the recycle bin, changed fields get their old values, deleted records come back with what went
along. A record that somebody has changed since is kept as it is and named with the reason; so is one that a rule
holds. The undo is a user action itself, audited like any other, and takes place once.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, NamedTuple

from sqlalchemy import func, select

from db.models import AuditEntry
from db.types import N_
from services import company
from services.kit import audit, reversal
from services.kit.errors import Forbidden, Message, NotFound, Refusal
from services.kit.reversal import reach, steps
from services.kit.reversal.steps import Step, Work
from services.kit.unit_of_work import UnitOfWork

ACTION: Final = "undo"
"""Action and entity of the audit entry that an undo leaves."""


class Kept(NamedTuple):
    """A record that was not taken back, and why."""

    entity: str
    record_id: int
    title: str
    """Empty when the reader may not see the record."""
    reason: Message


@dataclass(frozen=True)
class Undone:
    """What came of an undo."""

    done: int
    """Records that are as they were before the action."""
    kept: list[Kept] = field(default_factory=list)


def undo(uow: UnitOfWork, reference: str, *, only: Collection[tuple[str, int]] | None = None) -> Undone:
    """Take back the user action `reference`; `only` these (entity, id) of it, if given.

    Whoever did it may take it back while the company's `undo_days` last, as far as they still reach the records;
    anybody else needs the permission to do the opposite to every record of it, at any time. Raises Forbidden,
    NotFound for an action that is not there or not the actor's, and Refusal when it was taken back already.
    """
    if uow.actor.user_id is None and not uow.actor.is_system:
        raise Forbidden("undo")
    entries = _entries(uow, reference)
    is_own = uow.actor.is_system or _is_own(uow, entries)
    if not is_own and not _may_see_all(uow, entries):
        raise NotFound
    _refuse_twice(uow, entries, is_part=only is not None)
    work = Work(reference, entries[-1].id, is_own=is_own, is_merge=any(one.action == "merge" for one in entries))
    for step in steps.steps(entries, only):
        reversal.take_back(uow, step, work)
    if work.kept and not is_own:
        raise Refusal(N_("Part of this was done by somebody else and lies beyond what you may change."))
    if not work.done and not work.kept:
        raise Refusal(N_("There is nothing to undo."))
    kept = _named(uow, work)
    audit.note(
        uow, ACTION, ACTION, entries[0].id, count=len(work.done), of=reference, kept=len(kept), is_part=only is not None
    )
    return Undone(len(work.done), kept)


def can_undo(uow: UnitOfWork, reference: str) -> bool:
    """Say whether the actor did this, lately enough, and nobody has taken it back."""
    if uow.actor.user_id is None and not uow.actor.is_system:
        raise Forbidden("undo")
    try:
        entries = _entries(uow, reference)
        _refuse_twice(uow, entries, is_part=False)
    except Refusal:
        return False
    return _is_own(uow, entries)


def _entries(uow: UnitOfWork, reference: str) -> Sequence[AuditEntry]:
    """Return what the action did, in its order; the first is held, so that two cannot undo it at once."""
    first = select(func.min(AuditEntry.id)).where(AuditEntry.reference == reference)
    uow.session.execute(select(AuditEntry.id).where(AuditEntry.id == first.scalar_subquery()).with_for_update()).all()
    found = (
        uow.session.execute(select(AuditEntry).where(AuditEntry.reference == reference).order_by(AuditEntry.id))
        .scalars()
        .all()
    )
    if not found:
        raise NotFound
    return found


def _is_own(uow: UnitOfWork, entries: Sequence[AuditEntry]) -> bool:
    days = int(company.get(uow, "undo_days"))
    return entries[0].actor_id == uow.actor.user_id and uow.now - entries[0].at <= timedelta(days=days)


def _may_see_all(uow: UnitOfWork, entries: Sequence[AuditEntry]) -> bool:
    """Say whether somebody else's role reaches every kind of thing that was done; each record is asked for later."""
    return all(
        uow.actor.may(f"{one.entity}.{steps.OPPOSITE[one.action]}") for one in entries if one.action in steps.OPPOSITE
    )


def _refuse_twice(uow: UnitOfWork, entries: Sequence[AuditEntry], *, is_part: bool) -> None:
    if any(one.action == ACTION for one in entries):
        raise Refusal(N_("This was an undo itself. Do again what you want done."))
    before = select(AuditEntry.changes).where(
        AuditEntry.entity == ACTION, AuditEntry.record_id == entries[0].id, AuditEntry.action == ACTION
    )
    parts = [bool(changes.get("is_part")) for changes in uow.session.execute(before).scalars()]
    if parts and not (is_part and all(parts)):
        raise Refusal(N_("This has been undone already."))


def _named(uow: UnitOfWork, work: Work) -> list[Kept]:
    """Return what was kept with the names that the reader may see."""
    named = reach.titles(uow, [(step.entity, step.record_id) for step, _reason in work.kept])
    return [
        Kept(step.entity, step.record_id, named.get((step.entity, step.record_id), ""), reason)
        for step, reason in _once(work.kept)
    ]


def _once(kept: Sequence[tuple[Step, Message]]) -> list[tuple[Step, Message]]:
    """Return one reason for a record that was kept in several respects."""
    found: dict[tuple[str, int], tuple[Step, Message]] = {}
    for step, reason in kept:
        found.setdefault((step.entity, step.record_id), (step, reason))
    return list(found.values())

"""Taking a conversion back: only while nothing was built on it, and with the reasons when something was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import bindparam, func, select, update

from db.models import Activity, Conversion, Lead, User
from db.types import N_
from services import grading
from services.contacts import CONTACT
from services.customers import CUSTOMER
from services.kit import audit, links, permissions, records, recycle_bin
from services.kit.entity import ENTITIES, Entity
from services.kit.errors import Message, Refusal
from services.kit.unit_of_work import UnitOfWork
from services.leads.lead import LEAD
from services.opportunities import OPPORTUNITY

_MADE: Final[Mapping[str, Entity]] = {"opportunity": OPPORTUNITY, "contact": CONTACT, "customer": CUSTOMER}
"""What a conversion may have made, in the order in which it goes to the recycle bin."""
_NOT_BUILT: Final = frozenset({"conversion", "stage_event", "owner_change", "reminder_state"})
"""Tables whose rows come by themselves: they are no work of anybody's on what the conversion made."""


@dataclass(frozen=True)
class Reversal:
    """What taking a conversion back would do, or why it cannot be done."""

    lead: Lead
    conversion: Conversion
    to_bin: tuple[tuple[str, int, str], ...]
    """(entity, id, title) of what the conversion made and what goes to the recycle bin."""
    restored: tuple[tuple[str, str, Any, Any], ...]
    """(entity, field, value now, value then) of what it filled in on a customer or contact that was there."""
    activities: int
    obstacles: tuple[Message, ...]
    """What was built on it since; it can be taken back only when there is nothing."""


def conversion_of(uow: UnitOfWork, lead_id: int) -> Conversion | None:
    """Return what became of a lead; None if it is not converted, or was before conversions were kept."""
    records.get(uow, LEAD, lead_id)
    return _standing(uow, lead_id)


def preview_revert(uow: UnitOfWork, lead_id: int) -> Reversal:
    """Return what `revert_conversion` would do. Raises Forbidden, NotFound, and Refusal if there is none."""
    lead = records.get(uow, LEAD, lead_id, action="convert")
    conversion = _standing(uow, lead_id)
    if conversion is None:
        raise Refusal(N_("There is no conversion of this lead to take back."))
    done = conversion.done
    there = {key: _record(uow, entity, _id_of(conversion, key)) for key, entity in _MADE.items()}
    made = {key: record for key, record in there.items() if record is not None and done["made"].get(key)}
    obstacles = [message for key in made for message in _changes_of(uow, key, made[key], done)]
    obstacles += [message for key in made for message in _built_on(uow, _MADE[key], made[key].id, conversion)]
    restored = []
    for key in ("customer", "contact"):
        if done["made"].get(key):
            continue
        found, problems = _restored(_MADE[key], there[key], done)
        restored += found
        obstacles += problems
    return Reversal(
        lead=lead,
        conversion=conversion,
        to_bin=tuple((key, record.id, getattr(record, _MADE[key].title)) for key, record in made.items()),
        restored=tuple(restored),
        activities=len(done["activities"]),
        obstacles=tuple(obstacles),
    )


def revert_conversion(uow: UnitOfWork, lead_id: int) -> Lead:
    """Take a conversion back: what it made goes to the recycle bin, what it filled in is emptied, the lead is open.

    Activities are the lead's alone again. Raises Forbidden, NotFound, and Refusal with the reasons when
    something was built on it since.
    """
    lead: Lead = records.get(uow, LEAD, lead_id, action="convert", lock=True)
    conversion = _standing(uow, lead_id)
    for key, entity in _MADE.items():  # nobody builds on it while it is looked at
        if conversion is not None and (found := _id_of(conversion, key)) is not None:
            uow.session.execute(select(entity.model).where(entity.model.id == found).with_for_update())
    plan = preview_revert(uow, lead_id)
    if plan.obstacles:
        raise Refusal(N_("It cannot be taken back, since something was built on it: {reasons}"), reasons=plan.obstacles)
    done = plan.conversion.done
    _unlink(uow, lead, done["activities"])
    lead.status, lead.converted_at, lead.customer_id = done["status"], None, None
    grading.grade(uow, lead)
    records.store(uow, LEAD, lead)
    for key, record_id, _title in plan.to_bin:
        recycle_bin.put(uow, _MADE[key], [record_id])
    for key in ("customer", "contact"):
        values = {name: then for entity, name, _now, then in plan.restored if entity == key}
        if values:
            _MADE[key].verb("update")(uow, _id_of(plan.conversion, key), values)
    plan.conversion.reverted_at, plan.conversion.reverted_by_id = uow.now, uow.actor.user_id
    uow.session.flush()
    return lead


# --- looking ------------------------------------------------------------------------------------------------


def _standing(uow: UnitOfWork, lead_id: int) -> Conversion | None:
    return uow.session.execute(
        select(Conversion).where(Conversion.lead_id == lead_id, Conversion.reverted_at.is_(None))
    ).scalar_one_or_none()


def _id_of(conversion: Conversion, key: str) -> int | None:
    found: int | None = getattr(conversion, f"{key}_id")
    return found


def _record(uow: UnitOfWork, entity: Entity, record_id: int | None) -> Any:
    """Return a record that is not in the recycle bin, whoever may see it: the plan names it by its title alone."""
    model: Any = entity.model
    if record_id is None:
        return None
    return uow.session.execute(
        select(model).where(model.id == record_id, model.deleted_at.is_(None))
    ).scalar_one_or_none()


def _changes_of(uow: UnitOfWork, key: str, record: Any, done: Mapping[str, Any]) -> list[Message]:
    """Say that a record was changed since it was made, by whom."""
    if record.version == done["versions"].get(key):
        return []
    by = uow.session.scalar(select(User.name).where(User.id == record.updated_by_id))
    title = getattr(record, _MADE[key].title)
    what = Message(_MADE[key].one)
    if by:
        return [Message(N_("{who} has changed the {what} “{title}”"), {"who": by, "what": what, "title": title})]
    return [Message(N_("the {what} “{title}” was changed"), {"what": what, "title": title})]


def _built_on(uow: UnitOfWork, entity: Entity, record_id: int, conversion: Conversion) -> list[Message]:
    """Count what refers to a record that the conversion made, but for what the conversion itself made or linked."""
    ours: dict[str, set[int]] = {key: {_id_of(conversion, key) or 0} for key in _MADE}
    ours["lead"] = {conversion.lead_id}
    ours["activity"] = {row[0] for row in conversion.done["activities"]}
    found = []
    for link in links.pointing_at(entity.key):
        name = link.table.name
        if name in _NOT_BUILT:
            continue
        wanted = select(func.count()).select_from(link.table).where(link.of(entity.key, link.column == record_id))
        if link.is_record:
            wanted = wanted.where(link.table.c.deleted_at.is_(None))
        if name in ours:
            wanted = wanted.where(link.table.c.id.not_in(ours[name]))
        if count := uow.session.scalar(wanted):
            found.append(Message(N_("{what}: {n}"), {"what": _called(name), "n": count}))
    return found


def _called(table: str) -> Message:
    known = ENTITIES.get(table)
    return Message(known.many if known else N_("Other records"))


def _restored(
    entity: Entity, record: Any, done: Mapping[str, Any]
) -> tuple[list[tuple[str, str, Any, Any]], list[Message]]:
    """Return what is to be put back on a record that was there, and what of it was changed since."""
    found: list[tuple[str, str, Any, Any]] = []
    problems = []
    before, after = done["before"].get(entity.key, {}), done["after"].get(entity.key, {})
    if record is None:
        return [], []
    for name, then in before.items():
        field = entity.fields.get(name)
        if field is None:  # a custom field that is no longer there
            continue
        now = getattr(record, name)
        if now != _typed(field.kind, after.get(name)):
            text = N_("“{field}” of “{title}” was changed")
            problems.append(Message(text, {"field": Message(field.label), "title": getattr(record, entity.title)}))
        else:
            found.append((entity.key, name, now, _typed(field.kind, then)))
    return found, problems


def _typed(kind: str, raw: Any) -> Any:
    """Return a value as it was before it was kept as JSON."""
    if isinstance(raw, str) and kind == "day":
        return date.fromisoformat(raw)
    return datetime.fromisoformat(raw) if isinstance(raw, str) and kind == "instant" else raw


# --- doing --------------------------------------------------------------------------------------------------


def _unlink(uow: UnitOfWork, lead: Lead, moved: list[list[int | None]]) -> None:
    """Give the activities back to the lead alone, linked as they were."""
    permissions.require(uow, "lead.convert")
    if not moved:
        return
    table: Any = Activity.__table__
    statement = (
        update(table)
        .where(table.c.id == bindparam("at_id"), table.c.lead_id == lead.id)
        .values(
            customer_id=None,
            contact_id=bindparam("contact"),
            opportunity_id=bindparam("opportunity"),
            version=table.c.version + 1,
        )
    )
    rows = [{"at_id": one, "contact": contact, "opportunity": opportunity} for one, contact, opportunity in moved]
    uow.session.connection().execute(statement, rows)
    audit.note(uow, "activity", "bulk_update", None, count=len(rows), lead_id=lead.id, customer_id=None)

"""Storing: checked rows become records, by few statements where the entity allows it, else by its verbs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from db.base import table_of
from db.types import N_
from services.kit import audit, permissions, records
from services.kit.entity import ENTITIES, Entity
from services.kit.errors import Invalid, Message, Refusal
from services.kit.transfer import bulk, changing
from services.kit.transfer.cells import written_as
from services.kit.transfer.checks import chunks
from services.kit.transfer.drafts import Draft
from services.kit.transfer.intake import intake_of
from services.kit.transfer.outcome import NAMED, Options, Outcome
from services.kit.transfer.references import candidates, is_domain, makeable
from services.kit.unit_of_work import UnitOfWork


def apply(uow: UnitOfWork, entity: Entity, good: Sequence[Draft], options: Options, outcome: Outcome) -> None:
    """Store checked rows and count them in the outcome; what is refused only now is told at its row."""
    if options.create_missing:
        create_missing(uow, entity, good, outcome)
    new = [draft for draft in good if draft.record_id is None]
    known = [draft for draft in good if draft.record_id is not None]
    outcome.created = create(uow, entity, new)
    touched = update(uow, entity, known)
    outcome.updated = sum(draft.is_good for draft, _ in touched)
    outcome.unchanged = len(known) - len(touched)
    _link_within_file(uow, entity, good)
    outcome.ids = [draft.record_id for draft in good if draft.is_good and draft.record_id is not None]
    if options.after:
        options.after(uow, outcome.ids)


def create_missing(uow: UnitOfWork, entity: Entity, good: Sequence[Draft], outcome: Outcome) -> list[tuple[str, int]]:
    """Make the customers that good rows name and nobody has; return (entity, id) of each."""
    permissions.require(uow, f"{entity.key}.import")
    all_made: list[tuple[str, int]] = []
    for field in makeable(entity):
        named: dict[str, list[Draft]] = {}
        for draft in good:
            if field.name in draft.written:
                named.setdefault(written_as(draft.written.pop(field.name)), []).append(draft)
        # An earlier chunk of the same file may have made some of them.
        there = candidates(uow, entity, field, named)
        for name, drafts in list(named.items()):
            record_id = next(iter(there.get(name, ())), None)
            if record_id is None:
                values = {"name": name, "website": name} if is_domain(name) else {"name": name}
                record_id = ENTITIES[field.entity or ""].verb("create")(uow, values).id
                all_made.append((field.entity or "", record_id))
            else:
                del named[name]
            for draft in drafts:
                draft.values[field.name] = record_id
        if named:
            shown = ", ".join(list(named)[:NAMED]) + ("…" if len(named) > NAMED else "")
            outcome.notes.append(
                Message(
                    N_("New customers made from their names: {count} ({names})."), {"count": len(named), "names": shown}
                )
            )
    return all_made


def _guarded(draft: Draft, verb: Any, uow: UnitOfWork, *args: Any) -> Any:
    """Run a verb for one row in a savepoint of its own; its refusal becomes the row's."""
    try:
        with uow.session.begin_nested():
            return verb(uow, *args)
    except Invalid as invalid:
        draft.wrong |= invalid.fields
    except Refusal as refusal:
        draft.wrong[""] = refusal.message
    return None


def is_by_statement(entity: Entity) -> bool:
    """Say whether new records enter by statement: there is no own verb, or an intake stands for it."""
    intake = intake_of(entity.key)
    return not entity.has_own("create") or intake.entered is not None or intake.prepare is not None


def create(uow: UnitOfWork, entity: Entity, new: Sequence[Draft]) -> int:
    """Insert new records by one statement where the entity's intake allows, else by its verb. Returns how many."""
    permissions.require(uow, f"{entity.key}.create")
    intake = intake_of(entity.key)
    if not is_by_statement(entity):
        for draft in new:
            _guarded(draft, _create_one, uow, entity, draft)
        return sum(draft.is_good for draft in new)
    ask_about(uow, entity, new)
    entering = [draft for draft in new if draft.is_good]
    _insert(uow, entity, entering)
    entered = [draft for draft in entering if draft.record_id is not None]
    if intake.entered and entered:
        intake.entered(uow, [draft.record_id or 0 for draft in entered], [draft.values for draft in entered])
    return len(entered)


def ask_about(uow: UnitOfWork, entity: Entity, new: Sequence[Draft]) -> None:
    """Complete new records and say at each what its entity has against it; nothing is inserted."""
    permissions.require(uow, f"{entity.key}.create")
    intake = intake_of(entity.key)
    if intake.prepare:
        for position, wrong in intake.prepare(uow, [draft.values for draft in new]).items():
            new[position].wrong |= wrong
    if entity.check is None:
        return
    for draft in new:
        is_asked = intake.asked is None or any(draft.values.get(name) is not None for name in intake.asked)
        if draft.is_good and is_asked:
            record: Any = entity.model(**{**records.defaults_of(entity.model), **draft.values})
            draft.wrong |= entity.check(uow, record)


def _create_one(uow: UnitOfWork, entity: Entity, draft: Draft) -> None:
    values = {name: value for name, value in draft.values.items() if name != "team_id" or not entity.is_owned}
    draft.record_id = entity.verb("create")(uow, values).id


def _insert(uow: UnitOfWork, entity: Entity, drafts: Sequence[Draft]) -> None:
    """Insert all rows at once; if the database refuses one, find it by inserting them one at a time."""
    names = sorted({name for draft in drafts for name in draft.values})
    rows = [{name: draft.values.get(name) for name in names} for draft in drafts]
    defaults = records.defaults_of(entity.model)
    for row in rows:
        for name, value in defaults.items():
            if name in row and row[name] is None:
                row[name] = value
    _enter(uow, entity, drafts, rows)
    count = sum(draft.record_id is not None for draft in drafts)
    if count:
        audit.note(uow, entity, "bulk_create", None, count=count, because="import")


def _enter(uow: UnitOfWork, entity: Entity, drafts: Sequence[Draft], rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows; what the database or a quota refuses is told at its row."""
    if not rows:
        return
    table = table_of(entity.model)
    try:
        made = records.completed(uow, entity, rows)
    except Invalid as invalid:
        if len(rows) == 1:
            drafts[0].wrong |= invalid.fields
            return
        middle = len(rows) // 2
        _enter(uow, entity, drafts[:middle], rows[:middle])
        _enter(uow, entity, drafts[middle:], rows[middle:])
        return
    ids = bulk.new_ids(uow, table, len(made))
    columns = {name: [row.get(name) for row in made] for name in {key for row in made for key in row}}
    refused = bulk.insert(uow, table, {"id": ids, **columns}, len(made))
    for at, (draft, record_id) in enumerate(zip(drafts, ids, strict=True)):
        if at in refused:
            draft.wrong |= refused_by(entity, refused[at])
        else:
            draft.record_id = record_id


def refused_by(entity: Entity, error: DBAPIError) -> dict[str, Message]:
    """Return what a broken constraint says, at its field if it is one field's."""
    said = str(error.orig)
    for name in entity.fields:
        if f"uq_{entity.key}_{name}" in said or f"{entity.key}.{name}" in said:
            return {name: Message(N_("This is taken already."))}
    return {"": Message(N_("This would break a rule of the data: {rule}"), {"rule": said.splitlines()[0][:200]})}


def update(uow: UnitOfWork, entity: Entity, known: Sequence[Draft]) -> list[tuple[Draft, dict[str, Any]]]:
    """Change records; return the rows that change anything, with what they change. Refusals are told at the rows."""
    permissions.require(uow, f"{entity.key}.update")
    found = changed(uow, entity, known)
    _change(uow, entity, found)
    return found


def set_back(uow: UnitOfWork, entity: Entity, drafts: Sequence[Draft]) -> None:
    """Give records old values again, also those that were blank; refusals are told at the rows."""
    permissions.require(uow, f"{entity.key}.update")
    _change(uow, entity, [(draft, draft.values) for draft in drafts])


def changed(uow: UnitOfWork, entity: Entity, known: Sequence[Draft]) -> list[tuple[Draft, dict[str, Any]]]:
    """Return the rows that change anything, with what they change."""
    permissions.require(uow, f"{entity.key}.update")
    model: Any = entity.model
    names = sorted({name for draft in known for name in draft.values})
    columns = [entity.column(name) for name in names]
    stored: dict[int, dict[str, Any]] = {}
    for some in chunks([draft.record_id for draft in known]):
        for row in uow.session.execute(select(model.id, *columns).where(model.id.in_(some))):
            stored[row[0]] = dict(zip(names, row[1:], strict=True))
    found = []
    for draft in known:
        before = stored[draft.record_id or 0]
        values = {name: value for name, value in draft.values.items() if before[name] != value}
        if values or draft.written:
            found.append((draft, values))
    return found


def _update(uow: UnitOfWork, entity: Entity, draft: Draft, values: Mapping[str, Any]) -> None:
    verb = intake_of(entity.key).update or entity.verb("update")
    given = {name: value for name, value in values.items() if name != "team_id" or not entity.is_owned}
    if given:
        verb(uow, draft.record_id or 0, given)


def takes_verb(entity: Entity, names: Collection[str]) -> bool:
    """Say whether a change of these fields takes the entity's own verb, record by record."""
    intake = intake_of(entity.key)
    if not entity.has_own("update") and intake.update is None:
        return False
    return intake.by_verb is None or not set(names).isdisjoint(intake.by_verb) or _gives_away(entity, names)


def needs_asking(entity: Entity, values: Mapping[str, Any]) -> bool:
    """Say whether a change may be refused by more than the table, or takes another owner."""
    asked = intake_of(entity.key).asked_in_change
    if entity.check is not None and (asked is None or not values.keys().isdisjoint(asked)):
        return True
    return takes_verb(entity, values.keys()) or _gives_away(entity, values)


def _gives_away(entity: Entity, names: Iterable[str]) -> bool:
    return entity.is_owned and not {"owner_id", "team_id"}.isdisjoint(names)


def _how(entity: Entity, values: Mapping[str, Any]) -> str:
    """Return how a record is changed: by verb, by flush, by statement, or not at all."""
    if takes_verb(entity, values.keys()):
        return "verb"
    if needs_asking(entity, values) or (values and intake_of(entity.key).is_followed):
        return "flush"
    return "statement" if values else ""


def _change(uow: UnitOfWork, entity: Entity, found: Sequence[tuple[Draft, dict[str, Any]]]) -> None:
    """Change records by statement where that is all it takes, others by flush, the rest by verb."""
    ways: dict[str, list[tuple[Draft, dict[str, Any]]]] = {}
    for draft, values in found:
        ways.setdefault(_how(entity, values), []).append((draft, values))
    plain, asked = ways.get("statement", []), ways.get("flush", [])
    if plain:
        uow.session.flush()
    for start in range(0, len(plain), changing.TOGETHER):
        some = plain[start : start + changing.TOGETHER]
        try:
            with uow.session.begin_nested():
                changing.change(uow, entity, {draft.record_id or 0: values for draft, values in some})
        except DBAPIError:
            asked += some  # one of them is refused: who it is, is found by setting them
    if plain:
        uow.session.expire_all()
    for few in chunks(asked):
        _update_together(uow, entity, few)
    for draft, values in ways.get("verb", ()):
        _guarded(draft, _update, uow, entity, draft, values)


def _update_together(uow: UnitOfWork, entity: Entity, changed: Sequence[tuple[Draft, dict[str, Any]]]) -> None:
    """Change many records by one flush, each with its own audit entry; one at a time if that is refused."""
    model: Any = entity.model
    ids = [draft.record_id for draft, _ in changed]
    try:
        with uow.session.begin_nested():
            stored = {
                one.id: one
                for one in uow.session.execute(
                    select(model).where(model.id.in_(ids)).with_for_update(of=model)
                ).scalars()
            }
            with uow.session.no_autoflush:  # one statement a record, one new version
                for draft, values in changed:
                    _set(uow, entity, stored[draft.record_id], draft, values)
            uow.session.flush()
    except (IntegrityError, StaleDataError):
        uow.session.expire_all()
        for draft, values in changed:
            draft.wrong.clear()
            _guarded(draft, _update, uow, entity, draft, values)


def _set(uow: UnitOfWork, entity: Entity, record: Any, draft: Draft, values: Mapping[str, Any]) -> None:
    """Set checked values on a record; what the entity's own check says against them becomes the row's."""
    given: Mapping[str, Any] | None = values
    if entity.together is not None and intake_of(entity.key).is_followed:
        given = entity.together(uow, record, values)
    for name, value in (given or {}).items():
        setattr(record, name, value)
    wrong = entity.check(uow, record) if entity.check else {}
    if wrong:
        draft.wrong |= wrong
        uow.session.refresh(record)


def _link_within_file(uow: UnitOfWork, entity: Entity, good: Sequence[Draft]) -> None:
    """Set the links to records that stand in the same file, now that these have their ids."""
    waiting = [draft for draft in good if draft.is_good and draft.written and draft.record_id]
    if not waiting:
        return
    by_title: dict[str, list[int]] = {}
    for draft in good:
        if draft.record_id and draft.is_good and draft.values.get(entity.title):
            by_title.setdefault(str(draft.values[entity.title]).casefold(), []).append(draft.record_id)
    model: Any = entity.model
    for draft in waiting:
        for name, cell in draft.written.items():
            ids = by_title.get(written_as(cell).casefold(), [])
            if len(ids) == 1:
                setattr(uow.session.get_one(model, draft.record_id), name, ids[0])
            else:
                # The row it hangs on was refused by the database itself: nothing of the file is kept.
                raise Refusal(
                    N_("Row {row} belongs to “{value}”, which could not be taken."),
                    row=draft.row.number,
                    value=written_as(cell),
                )
    uow.session.flush()

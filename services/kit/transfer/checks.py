"""Checks: what the rows of a file refer to, whom they belong to, what they may not be. Nothing is written here."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Index, select

from db.base import table_of
from db.models import User
from db.types import N_
from services.kit import permissions, records
from services.kit.entity import Entity
from services.kit.errors import Message, Refusal
from services.kit.fields import Field
from services.kit.transfer import dates, phones
from services.kit.transfer.cells import Trouble, says_nothing, written_as
from services.kit.transfer.drafts import Draft, Habits, drafts_of, instead_of, look_like_fractions
from services.kit.transfer.intake import intake_of
from services.kit.transfer.mapping import Mapped
from services.kit.transfer.outcome import NAMED, Options, Outcome
from services.kit.transfer.reading import Table
from services.kit.transfer.references import (
    CHUNK,
    are_strangers,
    candidates,
    resolve,
    strangers_note,
)
from services.kit.unit_of_work import UnitOfWork


def given_anyhow(entity: Entity) -> frozenset[str]:
    """Return the required fields that get a value when a file has none."""
    return frozenset({"currency", *records.defaults_of(entity.model), *intake_of(entity.key).given})


def match_field(entity: Entity, mapped: Mapped, options: Options) -> Field:
    """Return the field by which records are recognised. Raises Refusal if the file has none."""
    names = [options.match] if options.match else [name for name in entity.match if name in mapped.names]
    if not names or names[0] not in mapped.names:
        raise Refusal(
            N_("To change records, the file needs a column by which they are recognised: {fields}."),
            fields=", ".join(
                entity.fields[name].label for name in ([options.match] if options.match else entity.match)
            ),
        )
    return entity.fields[names[0]]


def prepared(
    uow: UnitOfWork, entity: Entity, table: Table, mapped: Mapped, options: Options, outcome: Outcome
) -> list[Draft]:
    """Return the rows ready to be stored, each with what is wrong with it. Raises Refusal for the whole file."""
    known = len(mapped.notes)
    mapped = phones.settled(entity, mapped, lambda position: (row.cells[position] for row in table.rows))
    mapped, told, left = dates.settled(mapped, lambda position: (row.cells[position] for row in table.rows))
    outcome.notes += [*mapped.notes[known:], *told]
    outcome.dates_asked = frozenset(left)
    mapped = _without_strangers(uow, entity, table, mapped, outcome)
    drafts = drafts_of(table, mapped, Habits(uow.settings.currency, uow.settings.zone, options.fractions))
    outcome.fractions_asked = look_like_fractions(table, mapped) - options.fractions
    for name in sorted(outcome.fractions_asked):
        outcome.notes.append(
            Message(
                N_("All numbers of “{column}” lie between -1 and 1 and are read as percent: 0.12 is 0.12 %, not 12 %."),
                {"column": mapped.heading(name)},
            )
        )
    if options.mode == "create":
        outcome.notes += completed_notes(entity, _complete(entity, drafts))
    resolve(uow, entity, drafts, create_missing=options.create_missing, lenient=lenient_of(mapped))
    if options.mode != "create":
        _recognise(uow, entity, drafts, mapped, options)
        _keep_own(drafts, mapped)
    if options.mode == "update":
        for draft in drafts:
            if draft.record_id is None and draft.is_good:
                draft.wrong[""] = Message(N_("There is no such record to change, or you may not change it."))
    _check_new(uow, entity, [draft for draft in drafts if draft.record_id is None])
    _check_unique(uow, entity, drafts)
    _check_owner(uow, entity, drafts, mapped, for_pool=options.for_pool)
    _check_within_file(entity, drafts)
    if options.mode == "create":
        _note_twins(uow, entity, drafts, outcome)
    return drafts


def _without_strangers(uow: UnitOfWork, entity: Entity, table: Table, mapped: Mapped, outcome: Outcome) -> Mapped:
    """Leave out a column of owners that names nobody of ours."""
    column = next((one for one in mapped.columns if one.field.name == "owner_id"), None)
    if column is None or column.parts or "owner_id" not in mapped.supposed:
        return mapped
    cells = [instead_of(column, row.cells[column.position]) for row in table.rows]
    written = {written_as(cell) for cell in cells if not isinstance(cell, Trouble) and not says_nothing(cell)}
    if not are_strangers(mapped, "owner_id", written, candidates(uow, entity, column.field, written)):
        return mapped
    outcome.notes.append(strangers_note(mapped, "owner_id", len(written)))
    return mapped.without("owner_id")


def lenient_of(mapped: Mapped) -> frozenset[str]:
    """Return the references that stay blank where they name nobody."""
    return frozenset(
        column.field.name for column in mapped.columns if column.is_lenient and column.field.kind == "reference"
    )


def _complete(entity: Entity, drafts: Sequence[Draft]) -> Counter[str]:
    """Fill required fields that are blank from others of the row; returns how often."""
    completed: Counter[str] = Counter()
    for name, sources in intake_of(entity.key).instead.items():
        for draft in drafts:
            into = draft.written if entity.fields[name].kind == "reference" else draft.values
            if into.get(name) or name in draft.wrong:
                continue
            made = next((one for source, make in sources if (one := make(draft.values.get(source)))), None)
            if made:
                into[name] = made
                completed[name] += 1
    return completed


def may_be_filled(entity: Entity, name: str, mapped: Mapped) -> bool:
    """Say whether a required field for which the file has no column may be filled from another that it has."""
    return any(source in mapped.names for source, _ in intake_of(entity.key).instead.get(name, ()))


def completed_notes(entity: Entity, completed: Mapping[str, int]) -> list[Message]:
    """Tell which fields were filled from others of their row; a link that is only supposed is told when it is found."""
    instead = intake_of(entity.key).instead
    return [
        Message(
            N_("“{field}” was blank in {count} rows and was filled from: {sources}."),
            {"field": entity.fields[name].label, "count": count,
             "sources": [entity.fields[source].label for source, _ in instead[name]]},
        )
        for name, count in sorted(completed.items())
        if entity.fields[name].kind != "reference"
    ]  # fmt: skip


def refuse_unknown_fractions(entity: Entity, options: Options) -> None:
    """Refuse fractions of what is no percentage."""
    for name in options.fractions:
        if name not in entity.fields or entity.fields[name].kind != "percent":
            raise Refusal(N_("“{field}” is no percentage."), field=name)


def _recognise(uow: UnitOfWork, entity: Entity, drafts: Sequence[Draft], mapped: Mapped, options: Options) -> None:
    """Find the record that each row changes; the same key twice in one file is an error."""
    field = match_field(entity, mapped, options)
    model: Any = entity.model
    column = entity.column(field.name)
    wanted = sorted({draft.values[field.name] for draft in drafts if field.name in draft.values})
    found: dict[Any, list[int]] = {}
    for some in chunks(wanted):
        rows = uow.session.execute(
            select(column, model.id).where(
                column.in_(some), model.deleted_at.is_(None), permissions.scope(uow, entity, "update")
            )
        )
        for value, record_id in rows:
            found.setdefault(value, []).append(record_id)
    seen: dict[Any, int] = {}
    for draft in drafts:
        value = draft.values.get(field.name)
        if value is None:
            if options.mode == "update" and field.name not in draft.wrong:
                draft.wrong[field.name] = Message(N_("Please fill this in."))
            continue
        if value in seen:
            draft.wrong[field.name] = Message(N_("Row {row} has the same value."), {"row": seen[value]})
            continue
        seen[value] = draft.row.number
        ids = found.get(value, [])
        if len(ids) > 1:
            draft.wrong[field.name] = Message(
                N_("There are {count} records named “{value}”. Give the code or the id instead."),
                {"count": len(ids), "value": value},
            )
        elif ids:
            draft.record_id = ids[0]


def _keep_own(drafts: Sequence[Draft], mapped: Mapped) -> None:
    """Leave known records what is put together of leftovers of the file alone."""
    for draft in drafts:
        for name in mapped.only_new & set(draft.values) if draft.record_id is not None else ():
            del draft.values[name]


def _check_new(uow: UnitOfWork, entity: Entity, drafts: Sequence[Draft]) -> None:
    required = [name for name in entity.writable if entity.is_required(name) and name not in given_anyhow(entity)]
    for draft in drafts:
        for name in required:
            if name not in draft.values and name not in draft.written and name not in draft.wrong:
                draft.wrong[name] = Message(N_("Please fill this in."))
        if "currency" in entity.fields:
            draft.values.setdefault("currency", draft.currency or uow.settings.currency)


def _check_unique(uow: UnitOfWork, entity: Entity, drafts: Sequence[Draft]) -> None:
    """Find what the table's unique indexes would refuse, so that it is told by row and all at once."""
    model: Any = entity.model
    for name in unique_fields(entity):
        concerned = [draft for draft in drafts if name in draft.values]
        column = entity.column(name)
        taken: dict[Any, int] = {}
        for some in chunks(sorted({draft.values[name] for draft in concerned})):
            rows = uow.session.execute(select(column, model.id).where(column.in_(some), model.deleted_at.is_(None)))
            taken |= {row[0]: row[1] for row in rows}
        seen: dict[Any, int] = {}
        for draft in concerned:
            value = draft.values[name]
            if value in seen:
                draft.wrong.setdefault(name, Message(N_("Row {row} has the same value."), {"row": seen[value]}))
            elif value in taken and taken[value] != draft.record_id:
                draft.wrong.setdefault(name, Message(N_("This is taken already.")))
            seen.setdefault(value, draft.row.number)


def unique_fields(entity: Entity) -> list[str]:
    """Return the fields of which no two live records may have the same value, added ones as well."""
    table = table_of(entity.model)
    found = {column.name for column in table.columns if column.unique}
    for index in table.indexes:
        names = [column.name for column in index.columns]
        if index.unique and len(names) == 1 and _is_of_all(index):
            found.add(names[0])
    return sorted(name for name, field in entity.fields.items() if name in found or field.unique)


def _is_of_all(index: Index) -> bool:
    """Say whether an index holds every live row: one of primary contacts alone says nothing of the others."""
    where = index.dialect_options["sqlite"]["where"]
    return where is None or re.fullmatch(r"(\w+\.)?deleted_at IS NULL", str(where)) is not None


def _check_owner(uow: UnitOfWork, entity: Entity, drafts: Sequence[Draft], mapped: Mapped, *, for_pool: bool) -> None:
    """Give new records their owner and team: the person named, nobody if that is blank or asked, else the actor."""
    if not entity.is_owned:
        return
    teams = teams_of(uow, {draft.values.get("owner_id") for draft in drafts})
    is_named = "owner_id" in mapped.names
    mine = None if for_pool else uow.actor.user_id
    for draft in drafts:
        if not draft.is_good:
            continue
        if draft.record_id is not None:
            if "owner_id" in draft.values:
                draft.values["team_id"] = teams.get(draft.values["owner_id"])
            continue
        owner_id = draft.values.get("owner_id") if is_named else mine
        if owner_id is None and not uow.actor.may(f"{entity.key}.assign"):
            draft.wrong["owner_id"] = Message(N_("Please fill this in."))
            continue
        draft.values["owner_id"] = owner_id
        draft.values["team_id"] = uow.actor.team_id if owner_id == uow.actor.user_id else teams.get(owner_id)


def _check_within_file(entity: Entity, drafts: Sequence[Draft]) -> None:
    """Refuse rows that hang on another row of the file which is bad, or of which there are several."""
    waiting = [
        (draft, name)
        for draft in drafts
        for name in draft.written
        if entity.fields[name].entity == entity.key and name not in draft.wrong
    ]
    is_changing = bool(waiting)
    while is_changing:
        is_changing = False
        titles: dict[str, int] = {}
        for draft in drafts:
            if draft.is_good and draft.values.get(entity.title):
                title = str(draft.values[entity.title]).casefold()
                titles[title] = titles.get(title, 0) + 1
        for draft, name in waiting:
            written = written_as(draft.written[name])
            if name not in draft.wrong and titles.get(written.casefold(), 0) != 1:
                draft.wrong[name] = Message(N_("The row of “{value}” in this file has an error."), {"value": written})
                is_changing = True


def _note_twins(uow: UnitOfWork, entity: Entity, drafts: Sequence[Draft], outcome: Outcome) -> None:
    """Tell how many new rows have the name of a record that is there already: perhaps changes were meant."""
    if entity.title not in entity.match:
        return
    model: Any = entity.model
    column = getattr(model, entity.title)
    named = sorted({draft.values[entity.title] for draft in drafts if entity.title in draft.values})
    there: list[Any] = []
    for some in chunks(named):
        there += uow.session.execute(
            select(column)
            .where(column.in_(some), model.deleted_at.is_(None), permissions.scope(uow, entity))
            .distinct()
        ).scalars()
    if there:
        shown = ", ".join(there[:NAMED]) + ("…" if len(there) > NAMED else "")
        outcome.notes.append(
            Message(
                N_("Of that name there are records already, and new ones are made beside them: {count} ({names})."),
                {"count": len(there), "names": shown},
            )
        )


def teams_of(uow: UnitOfWork, owners: set[Any]) -> dict[Any, int | None]:
    """Return the team of each person."""
    found: dict[Any, int | None] = {}
    for some in chunks(sorted(owner for owner in owners if owner is not None)):
        found |= {row[0]: row[1] for row in uow.session.execute(select(User.id, User.team_id).where(User.id.in_(some)))}
    return found


def chunks(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Yield values in portions that one statement may carry."""
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]

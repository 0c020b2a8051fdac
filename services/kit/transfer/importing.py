"""Import: rows of a table become records, all of them or none, in the transaction of the caller.

A dry run is the import itself, taken back at the end: what it says is what the import does.
"""

from __future__ import annotations

from dataclasses import replace

from db.types import N_
from services.kit import audit, permissions
from services.kit.entity import Entity
from services.kit.errors import Refusal
from services.kit.transfer.checks import (
    given_anyhow,
    match_field,
    may_be_filled,
    prepared,
    refuse_unknown_fractions,
)
from services.kit.transfer.drafts import errors_of
from services.kit.transfer.mapping import Mapped, remember
from services.kit.transfer.outcome import Options, Outcome
from services.kit.transfer.reading import Table
from services.kit.transfer.storing import apply
from services.kit.unit_of_work import UnitOfWork


class _TakenBack(Exception):  # noqa: N818 - not an error: the end of a dry run
    """Undo the savepoint."""


def plan_import(
    uow: UnitOfWork, entity: Entity, table: Table, mapped: Mapped, options: Options | None = None
) -> Outcome:
    """Return what `run_import` would do, good rows and errors alike; nothing is kept. Raises as it does."""
    outcome = _run(uow, entity, table, mapped, replace(options or Options(), skip_bad=True), keep=False)
    outcome.written = False
    return outcome


def run_import(
    uow: UnitOfWork, entity: Entity, table: Table, mapped: Mapped, options: Options | None = None
) -> Outcome:
    """Import a table: every row, or with `skip_bad` every good row, or nothing.

    Raises Forbidden, and Refusal for what concerns the file as a whole; what concerns a cell is in the outcome.
    """
    outcome = _run(uow, entity, table, mapped, options or Options(), keep=True)
    if outcome.written:
        remember(uow, entity, table, mapped)
        audit.note(
            uow,
            entity,
            "import",
            None,
            count=outcome.created + outcome.updated,
            file=table.name,
            created=outcome.created,
            updated=outcome.updated,
            unchanged=outcome.unchanged,
            left_out=outcome.bad_rows,
        )
    return outcome


def _run(uow: UnitOfWork, entity: Entity, table: Table, mapped: Mapped, options: Options, *, keep: bool) -> Outcome:
    require_complete(uow, entity, table, mapped, options)
    outcome = Outcome(notes=[*table.notes, *mapped.notes])
    try:
        with uow.session.begin_nested():
            drafts = prepared(uow, entity, table, mapped, options, outcome)
            good = [draft for draft in drafts if draft.is_good]
            if len(good) == len(drafts) or options.skip_bad:
                apply(uow, entity, good, options, outcome)
            outcome.errors = errors_of(drafts, mapped)
            refused = bool(outcome.errors) and not options.skip_bad
            if refused or not keep:
                _take_back()
            outcome.written = bool(outcome.created or outcome.updated)
    except _TakenBack:
        outcome.ids = []
    return outcome


def require_complete(uow: UnitOfWork, entity: Entity, table: Table, mapped: Mapped, options: Options) -> None:
    """Refuse what concerns the file as a whole: rights, a column that must be there, a key that is none."""
    _require(uow, entity, options)
    refuse_unknown_fractions(entity, options)
    _refuse_incomplete(entity, table, mapped, options)


def required(entity: Entity) -> list[str]:
    """Return the fields that new records need and that nothing but the file can fill."""
    return [name for name in entity.writable if entity.is_required(name) and name not in given_anyhow(entity)]


def _take_back() -> None:
    raise _TakenBack


def _require(uow: UnitOfWork, entity: Entity, options: Options) -> None:
    permissions.require(uow, f"{entity.key}.import")
    if options.mode in ("create", "both"):
        permissions.require(uow, f"{entity.key}.create")
    if options.mode in ("update", "both"):
        permissions.require(uow, f"{entity.key}.update")


def _refuse_incomplete(entity: Entity, table: Table, mapped: Mapped, options: Options) -> None:
    if options.match is not None and options.match not in entity.match:
        raise Refusal(
            N_("Records cannot be recognised by “{field}”, only by: {fields}."),
            field=options.match,
            fields=", ".join(entity.match),
        )
    if options.mode != "create":
        match_field(entity, mapped, options)
    if options.mode == "update":
        return
    missing = [
        name
        for name in required(entity)
        if name not in mapped.names and not (options.mode == "create" and may_be_filled(entity, name, mapped))
    ]
    if missing:
        raise Refusal(
            N_("“{name}” has no column for “{field}”, which is required. Its columns are: {columns}."),
            name=table.name,
            field=entity.fields[missing[0]].label,
            columns=", ".join(table.header),
        )

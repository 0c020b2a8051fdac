"""Storing: rows that were found good become records, a chunk at a time, each in one transaction with its progress.

New rows of a table without rules of its own go from Arrow into COPY or one prepared statement. Rows of entities
that have an intake, a check or verbs of their own go the way of `kit.transfer.storing`, so that no rule is passed by.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from sqlalchemy import select

from db.base import table_of
from db.models import ImportRow
from db.models.pooled import Pooled
from db.types import N_
from services.imports.checking import MISSING, PARENT
from services.imports.stored import Stored, as_json, told_of
from services.kit import audit, custom, owners, permissions, records
from services.kit.entity import Entity, model_of
from services.kit.errors import Invalid, Message
from services.kit.transfer import bulk, storing
from services.kit.transfer.drafts import Draft
from services.kit.transfer.intake import intake_of
from services.kit.transfer.normalising import VALUE, Plan, derived_of
from services.kit.transfer.outcome import Options, Outcome
from services.kit.transfer.reading import Row
from services.kit.transfer.staging import read_arrow
from services.kit.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Store:
    """Stores the rows of one file."""

    entity: Entity
    plan: Plan
    options: Options
    batch_id: int
    folder: Path
    is_trial: bool = False
    """What is stored will be taken back: whole tables are not filled for that."""

    @property
    def is_plain(self) -> bool:
        """Say whether new rows need nothing but the table: they go from Arrow straight into it."""
        intake = intake_of(self.entity.key)
        return (
            not self.entity.has_own("create")
            and (self.entity.check is None or intake.asked is not None)
            and intake.prepare is None
            and intake.entered is None
            and not self.options.create_missing
        )

    @property
    def needs_no_trial(self) -> bool:
        """Say whether there is nothing that storing could refuse and checking has not seen."""
        named = {column.field.name for column in self.plan.columns}
        asked = intake_of(self.entity.key).asked or ()
        return self.is_plain and self.options.mode == "create" and not named & set(asked)

    @property
    def is_slow(self) -> bool:
        """Say whether verbs are called row by row; chunks are small then."""
        named = {column.field.name for column in self.plan.columns}
        return not storing.is_by_statement(self.entity) or (
            self.options.mode != "create" and storing.takes_verb(self.entity, named)
        )

    def chunk(self, uow: UnitOfWork, wave: int, block: int, part: tuple[int, int] | None = None) -> Stored:
        """Store the good rows of a block that belong to a generation, or a part of these."""
        table = read_arrow(self.folder / "checked" / f"{block:06}.arrow")
        good = pc.and_(pc.is_null(table.column("wrong")), pc.equal(table.column("wave"), wave))
        ready = self._derived(block)
        if ready is not None:
            for name in ready.column_names:
                table = table.append_column(f"d_{name}", ready.column(name))
        table = table.filter(good)
        if part is not None:
            table = table.slice(part[0], part[1] - part[0])
        stored = Stored()
        table = self._with_parents(uow, table, stored)
        is_new = pc.is_null(table.column("record_id"))
        new = table.filter(is_new)
        if self.is_plain:
            concerned = self._concerned(new)
            self._enter(uow, new.filter(pc.invert(concerned)).combine_chunks(), stored)
            new = new.filter(concerned)
        self._create(uow, new, stored)
        self._change(uow, table.filter(pc.invert(is_new)), stored)
        if stored.refused and not self.is_trial:
            told = [
                {"batch_id": self.batch_id, "row": number, "refusal": told_of(wrong)}
                for number, wrong in sorted(stored.refused.items())
            ]
            uow.session.connection().execute(table_of(ImportRow).insert(), told)
        return stored

    def _concerned(self, table: Any) -> Any:
        """Return which new rows the entity's check has to be asked about."""
        found = pa.array([False] * table.num_rows, pa.bool_())
        for name in intake_of(self.entity.key).asked or ():
            if VALUE + name in table.column_names:
                found = pc.or_(found, pc.is_valid(table.column(VALUE + name).combine_chunks()))
        return found

    def _derived(self, block: int) -> Any:
        path = self.folder / "ready" / f"{block:06}.arrow"
        return read_arrow(path) if path.exists() and self.is_plain else None

    # --- the rows above ---

    def _with_parents(self, uow: UnitOfWork, table: Any, stored: Stored) -> Any:
        """Turn row numbers of this file into the ids that these rows have got; refuse what hangs on a refused one."""
        for name in [one for one in table.column_names if one.startswith(PARENT)]:
            numbers = table.column(name).to_pylist()
            wanted = sorted({number for number in numbers if number is not None})
            if not wanted:
                continue
            found: dict[int, int] = {}
            for start in range(0, len(wanted), 1_000):
                rows = uow.session.execute(
                    select(ImportRow.row, ImportRow.record_id).where(
                        ImportRow.batch_id == self.batch_id,
                        ImportRow.row.in_(wanted[start : start + 1_000]),
                        ImportRow.record_id.is_not(None),
                    )
                )
                found |= {row[0]: row[1] or 0 for row in rows}
            target = VALUE + name.removeprefix(PARENT)
            ids = table.column(target).to_pylist()
            lost = []
            for at, number in enumerate(numbers):
                if number is None:
                    continue
                if number in found:
                    ids[at] = found[number]
                elif not self.is_trial:
                    lost.append(at)
            for at in lost:
                message = Message(N_("Row {row}, to which this one belongs, could not be taken."), {"row": numbers[at]})
                stored.refused[table.column("number")[at].as_py()] = {name.removeprefix(PARENT): message}
            table = table.set_column(table.column_names.index(target), target, pa.array(ids, pa.int64()))
            if lost:
                table = table.filter(pa.array([at not in set(lost) for at in range(table.num_rows)]))
        return table

    # --- straight from Arrow ---

    def _enter(self, uow: UnitOfWork, table: Any, stored: Stored) -> None:
        count = table.num_rows
        if not count:
            return
        if self.is_trial:
            stored.created += count
            return
        target = table_of(self.entity.model)
        try:
            columns = self._columns(uow, table)
        except Invalid as invalid:  # a quota
            if count == 1:
                stored.refused[table.column("number")[0].as_py()] = invalid.fields
                return
            self._enter(uow, table.slice(0, count // 2), stored)
            self._enter(uow, table.slice(count // 2), stored)
            return
        ids = bulk.new_ids(uow, target, count)
        refused = bulk.insert(uow, target, {"id": ids, **columns}, count)
        numbers = table.column("number").to_pylist()
        stored.refused |= {numbers[at]: storing.refused_by(self.entity, error) for at, error in refused.items()}
        entered = [one for at, one in enumerate(zip(numbers, ids, strict=True)) if at not in refused]
        self._note_rows(uow, entered)
        stored.created += len(entered)
        if entered:
            audit.note(uow, target.name, "bulk_create", None, count=len(entered), because="import", batch=self.batch_id)

    def _columns(self, uow: UnitOfWork, table: Any) -> dict[str, Any]:
        """Return all columns of the table that a new record fills, as the ORM would fill them."""
        model: Any = self.entity.model
        names = [name.removeprefix(VALUE) for name in table.column_names if name.startswith(VALUE)]
        given = {name: _whole(table.column(VALUE + name)) for name in names}
        own = {name: one for name, one in given.items() if not custom.is_custom(name)}
        defaults = records.defaults_of(model)
        for name, value in defaults.items():
            if name in own and own[name].null_count:
                own[name] = pc.fill_null(own[name], value)
        derived = {
            name.removeprefix("d_"): _whole(table.column(name)) for name in table.column_names if name.startswith("d_")
        }
        columns: dict[str, Any] = {
            **defaults,
            "version": 1,
            "created_at": uow.now,
            "updated_at": uow.now,
            "created_by_id": uow.actor.user_id,
            "updated_by_id": uow.actor.user_id,
            **own,
            **(derived or derived_of(table, self.plan)),
        }
        if self.entity.is_customizable:
            added = {name: one.to_pylist() for name, one in given.items() if custom.is_custom(name)}
            columns["custom"] = _packed(self.entity, added, table.num_rows) if added else {}
        if issubclass(model, Pooled):
            named = given["owner_id"].to_pylist() if "owner_id" in given and given["owner_id"].drop_null() else []
            made: list[dict[str, Any]] = [{"owner_id": one} for one in named or [None]]
            owners.complete(uow, self.entity.key, made)
            # What nobody owns lies in one pool since one moment: said once for all rows.
            for name in ("pool_id", "pooled_at", "received_at"):
                columns[name] = [one[name] for one in made] if named else made[0][name]
        return {name: value for name, value in columns.items() if name in target_columns(self.entity)}

    def _note_rows(self, uow: UnitOfWork, entered: Sequence[tuple[int, int]]) -> None:
        """Keep which row became which record, for resuming and taking back."""
        if not entered:
            return
        columns = {
            "batch_id": self.batch_id,
            "row": [number for number, _ in entered],
            "record_id": [record_id for _, record_id in entered],
            "version": 1,
        }
        bulk.insert(uow, table_of(ImportRow), columns, len(entered))

    # --- by the rules of the entity ---

    def _drafts(self, table: Any) -> list[Draft]:
        numbers = table.column("number").to_pylist()
        ids = table.column("record_id").to_pylist()
        drafts = [Draft(Row(number, ()), record_id=record_id) for number, record_id in zip(numbers, ids, strict=True)]
        for name in table.column_names:
            if name.startswith((VALUE, MISSING)) and name != VALUE + "team_id":
                for draft, value in zip(drafts, table.column(name).to_pylist(), strict=True):
                    if value is not None:
                        value = tuple(value) if isinstance(value, list) else value  # noqa: PLW2901 - Arrow has lists
                        (draft.values if name.startswith(VALUE) else draft.written)[name[2:]] = value
        if VALUE + "team_id" in table.column_names:
            for draft, team_id in zip(drafts, table.column(VALUE + "team_id").to_pylist(), strict=True):
                if draft.record_id is None:
                    draft.values.setdefault("owner_id", None)
                if "owner_id" in draft.values:
                    draft.values["team_id"] = team_id
        return drafts

    def _create(self, uow: UnitOfWork, table: Any, stored: Stored) -> None:
        drafts = self._drafts(table)
        if not drafts:
            return
        self._make_missing(uow, drafts, stored)
        if self.is_trial and self._asks_before:
            storing.ask_about(uow, self.entity, drafts)
        else:
            storing.create(uow, self.entity, drafts)
            self._keep_rows(uow, [(draft, None) for draft in drafts if draft.is_good])
        stored.created += sum(draft.is_good for draft in drafts)
        stored.refused |= {draft.row.number: draft.wrong for draft in drafts if not draft.is_good}

    @property
    def _asks_before(self) -> bool:
        """Say whether all that the entity has against a new record is said before it is inserted."""
        return storing.is_by_statement(self.entity) and intake_of(self.entity.key).entered is None

    def _make_missing(self, uow: UnitOfWork, drafts: Sequence[Draft], stored: Stored) -> None:
        outcome = Outcome()
        before = uow.session.execute(
            select(ImportRow.row).where(ImportRow.batch_id == self.batch_id, ImportRow.row < 0).order_by(ImportRow.row)
        ).scalar()
        for at, (key, record_id) in enumerate(storing.create_missing(uow, self.entity, drafts, outcome), 1):
            model: Any = model_of(key)
            version = uow.session.execute(select(model.version).where(model.id == record_id)).scalar_one()
            row = {"batch_id": self.batch_id, "row": (before or 0) - at, "entity": key, "record_id": record_id}
            uow.session.connection().execute(table_of(ImportRow).insert(), [{**row, "version": version}])
        stored.notes += outcome.notes

    def _change(self, uow: UnitOfWork, table: Any, stored: Stored) -> None:
        drafts = self._drafts(table)
        if not drafts:
            return
        self._make_missing(uow, drafts, stored)
        gone = self._gone(uow, drafts)
        here = [draft for draft in drafts if draft.record_id not in gone]
        before = self._before(uow, here)
        found = self._changed(uow, here)
        changed = [(draft, values) for draft, values in found if draft.is_good]
        stored.updated += len(changed)
        stored.unchanged += len(here) - len(found)
        stored.refused |= {draft.row.number: draft.wrong for draft, _ in found if not draft.is_good}
        message = Message(N_("There is no such record to change, or you may not change it."))
        stored.refused |= {draft.row.number: {"": message} for draft in drafts if draft.record_id in gone}
        if not self.is_trial:
            old = [{name: as_json(before[one.record_id or 0][name]) for name in values} for one, values in changed]
            self._keep_rows(uow, [(one, was) for (one, _), was in zip(changed, old, strict=True)])

    def _changed(self, uow: UnitOfWork, drafts: Sequence[Draft]) -> list[tuple[Draft, dict[str, Any]]]:
        """Change records; in a trial those alone about which somebody has to be asked."""
        if not self.is_trial or self.is_slow:
            return storing.update(uow, self.entity, drafts)
        found = storing.changed(uow, self.entity, drafts)
        asked = [draft for draft, values in found if storing.needs_asking(self.entity, values)]
        if asked:
            storing.update(uow, self.entity, asked)
        return found

    def _gone(self, uow: UnitOfWork, drafts: Sequence[Draft]) -> set[int]:
        """Return the records that the actor may not change any more: deleted or given away since the check."""
        model: Any = self.entity.model
        ids = [draft.record_id or 0 for draft in drafts]
        here: set[int] = set()
        for start in range(0, len(ids), 1_000):
            here |= set(
                uow.session.execute(
                    select(model.id).where(
                        model.id.in_(ids[start : start + 1_000]),
                        model.deleted_at.is_(None),
                        permissions.scope(uow, self.entity, "update"),
                    )
                ).scalars()
            )
        return set(ids) - here

    def _before(self, uow: UnitOfWork, drafts: Sequence[Draft]) -> dict[int, dict[str, Any]]:
        model: Any = self.entity.model
        names = sorted({name for draft in drafts for name in draft.values})
        ids = [draft.record_id for draft in drafts]
        found: dict[int, dict[str, Any]] = {}
        for start in range(0, len(ids), 1_000):
            rows = uow.session.execute(
                select(model.id, *(self.entity.column(name) for name in names)).where(
                    model.id.in_(ids[start : start + 1_000])
                )
            )
            found |= {row[0]: dict(zip(names, row[1:], strict=True)) for row in rows}
        return found

    def _keep_rows(self, uow: UnitOfWork, done: Sequence[tuple[Draft, dict[str, Any] | None]]) -> None:
        """Keep which row became or changed which record, with the version it has now and the values it had."""
        if not done or (self.is_trial and not self.is_slow):
            return
        uow.session.flush()
        model: Any = self.entity.model
        ids = [draft.record_id for draft, _ in done]
        versions: dict[int, int] = {}
        for start in range(0, len(ids), 1_000):
            rows = uow.session.execute(select(model.id, model.version).where(model.id.in_(ids[start : start + 1_000])))
            versions |= {row[0]: row[1] for row in rows}
        written = [
            {
                "batch_id": self.batch_id,
                "row": draft.row.number,
                "record_id": draft.record_id,
                "version": versions[draft.record_id or 0],
                "before": before,
            }
            for draft, before in done
        ]
        uow.session.connection().execute(table_of(ImportRow).insert(), written)


def _whole(column: Any) -> Any:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def target_columns(entity: Entity) -> frozenset[str]:
    """Return the names of a table's columns."""
    return frozenset(column.name for column in table_of(entity.model).columns)


def _packed(entity: Entity, added: Mapping[str, Sequence[Any]], count: int) -> list[dict[str, Any]]:
    """Return the `custom` of every row."""
    rows = [{name: values[at] for name, values in added.items() if values[at] is not None} for at in range(count)]
    return [custom.split(entity, row)[1] for row in rows]

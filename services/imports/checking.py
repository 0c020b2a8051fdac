"""Checking: a staged file is read, held against the base and against itself; nothing is written to the base.

The same rules as `kit.transfer.checks`, block by block: what a row refers to, which record it changes, what is
taken, who is to own it. The verdict on each row lies beside the block; storing only does what it says.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from db.models.pooled import Pooled
from db.types import N_
from services.imports import lookups, telling
from services.imports.family import Family
from services.kit import permissions, quotas
from services.kit.entity import Entity
from services.kit.errors import Message
from services.kit.transfer.checks import given_anyhow, lenient_of, match_field, teams_of, unique_fields
from services.kit.transfer.intake import intake_of
from services.kit.transfer.mapping import Mapped
from services.kit.transfer.normalising import VALUE, WRITTEN, Plan
from services.kit.transfer.outcome import Options
from services.kit.transfer.references import BY_DOMAIN, are_strangers, makeable, missing, several, strangers_note
from services.kit.transfer.staging import Staged, message_of, plain, read_arrow, write_arrow
from services.kit.unit_of_work import UnitOfWork

Wrong = dict[int, dict[str, Message]]
PARENT: Final = "p_"
"""Column that holds the row number of the record it belongs to, where that stands in the same file."""
MISSING: Final = "m_"
"""Column that holds the name of a record to be made along with the row."""


@dataclass
class Checked:
    """What the check found, beside the verdicts on disk."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    bad: int = 0
    notes: list[Message] = field(default_factory=list)
    fractions_asked: list[str] = field(default_factory=list)
    unknown: dict[str, dict[str, int]] = field(default_factory=dict)
    """By field: what is none of its choices or names nobody, and how many rows say so (0: not counted)."""
    steps: list[list[int]] = field(default_factory=list)
    """[wave, block]: what is stored in which order; parents in the file come before their children."""


class Check:
    """One pass over the normalised blocks of a file."""

    def __init__(
        self,
        uow: UnitOfWork,
        entity: Entity,
        staged: Staged,
        plan: Plan,
        mapped: Mapped,
        options: Options,
        folder: Path,
    ) -> None:
        """Read what lies in `folder`/normal; the verdicts go to `folder`/checked."""
        self.uow, self.entity, self.staged, self.mapped, self.options = uow, entity, staged, mapped, options
        self.plan = plan
        self.folder = folder
        self.references = [one.field for one in plan.columns if one.field.kind == "reference"]
        more = [entity.fields[name] for name in plan.instead if name not in mapped.names]
        self.references += [one for one in more if one.kind == "reference"]
        self.match = None if options.mode == "create" else match_field(entity, mapped, options)
        self.unique = [name for name in unique_fields(entity) if name in mapped.names]
        self.lenient = lenient_of(mapped)
        self.by_domain: Counter[str] = Counter()
        self.told: list[Message] = []
        self.may_wait = {one.name for one in makeable(entity)} if options.create_missing else set()
        self.family = Family(entity)
        self.seen: dict[str, dict[Any, int]] = {name: {} for name in [*self.unique, "="]}

    def run(self, beat: Callable[[int], None]) -> Checked:
        """Give every row its verdict. `beat` is told how many rows have theirs."""
        self._look_up()
        found = Checked()
        done = 0
        for number in range(self.staged.blocks):
            self._block(number)
            done += self.staged.block(number).num_rows
            beat(done)
        self._settle_family()
        if issubclass(self.entity.model, Pooled):
            self._settle_quotas()
        for number in range(self.staged.blocks):
            self._count(number, found)
        found.steps.sort()
        self._notes(found)
        return found

    def normal(self, number: int) -> Any:
        """Return the normalised block."""
        return read_arrow(self.folder / "normal" / f"{number:06}.arrow")

    def _normals(self) -> Iterator[Any]:
        yield from map(self.normal, range(self.staged.blocks))

    # --- what the base has ---

    def _look_up(self) -> None:
        """Ask the base once for all that the file names."""
        self.titles: Counter[str] = Counter()
        values: dict[str, set[Any]] = {
            name: set() for name in {*self.unique, *([self.match.name] if self.match else [])}
        }
        written: dict[str, set[str]] = {one.name: set() for one in self.references}
        twins = self.options.mode == "create" and self.entity.title in self.entity.match
        names: set[Any] = set()
        title = VALUE + self.entity.title
        for table in self._normals():
            for name, found in values.items():
                if VALUE + name in table.column_names:
                    found.update(table.column(VALUE + name).drop_null().to_pylist())
            for name, texts in written.items():
                texts.update(table.column(WRITTEN + name).unique().drop_null().to_pylist())
            if (twins or self._has_own_kind()) and title in table.column_names:
                listed = table.column(title).drop_null().to_pylist()
                names.update(listed)
                if self._has_own_kind():
                    self.titles.update(str(one).casefold() for one in listed)
        self.written = written
        self.known = {one.name: lookups.named(self.uow, self.entity, one, written[one.name]) for one in self.references}
        self._leave_out_strangers()
        self.owners = self._owners()
        self.taken = {name: dict(lookups.holders(self.uow, self.entity, name, values[name])) for name in self.unique}
        self.records: dict[Any, list[int]] = {}
        if self.match:
            scope = permissions.scope(self.uow, self.entity, "update")
            for value, record_id in lookups.holders(
                self.uow, self.entity, self.match.name, values[self.match.name], scope
            ):
                self.records.setdefault(value, []).append(record_id)
        self.twins: list[Any] = []
        if twins:
            scope = permissions.scope(self.uow, self.entity)
            self.twins = sorted(
                {row[0] for row in lookups.holders(self.uow, self.entity, self.entity.title, names, scope)}
            )

    def _leave_out_strangers(self) -> None:
        """Leave out a column of owners that names nobody of ours."""
        written = self.written.get("owner_id", set())
        if are_strangers(self.mapped, "owner_id", written, self.known.get("owner_id", {})):
            self.told.append(strangers_note(self.mapped, "owner_id", len(written)))
            self.mapped = self.mapped.without("owner_id")
            self.references = [one for one in self.references if one.name != "owner_id"]
            del self.known["owner_id"]

    def _has_own_kind(self) -> bool:
        return any(one.entity == self.entity.key for one in self.references)

    def _owners(self) -> dict[Any, int | None]:
        ids = {one for found in self.known.get("owner_id", {}).values() for one in found}
        return teams_of(self.uow, ids) if self.entity.is_owned else {}

    # --- one block ---

    def _block(self, number: int) -> None:
        table = self.normal(number)
        rows = table.column("number").to_pylist()
        wrong = _wrong_of(table)
        made: dict[str, Any] = {}
        waits: dict[str, set[int]] = {}
        for one in self.references:
            made |= self._refer(one, table, rows, wrong, waits)
        ids = self._recognise(table, rows, wrong)
        for name in self.mapped.only_new:
            cells = table.column(VALUE + name)
            made[VALUE + name] = pc.if_else(pa.array([one is None for one in ids]), cells, pa.scalar(None, cells.type))
        if self.options.mode == "update":
            told = Message(N_("There is no such record to change, or you may not change it."))
            wrong |= {at: {"": told} for at, record_id in enumerate(ids) if record_id is None and at not in wrong}
        is_new = pa.array([record_id is None for record_id in ids])
        self._require(table, ids, waits, wrong, made)
        for name in self.unique:
            self._unique(name, table, rows, ids, wrong)
        if self.entity.is_owned:
            made |= self._own(made, ids, wrong)
        if "currency" in self.entity.fields:
            given = table.column(VALUE + "currency") if VALUE + "currency" in table.column_names else None
            default = pc.if_else(is_new, table.column("currency"), pa.scalar(None, pa.string()))
            made[VALUE + "currency"] = default if given is None else pc.coalesce(given, default)
        for name, one in made.items():
            table = _with(table, name, one)
        table = _with(table, "record_id", pa.array(ids, pa.int64()))
        if self._has_own_kind():
            title = VALUE + self.entity.title
            listed = table.column(title).to_pylist() if title in table.column_names else [None] * len(rows)
            self.family.add(number, rows, listed, {at for at in range(len(rows)) if at in wrong}, waits, table)
        self._keep(number, table, wrong)

    def _keep(self, number: int, table: Any, wrong: Wrong) -> None:
        told = [
            json.dumps({name: plain(one) for name, one in wrong[at].items()}, ensure_ascii=False)
            if at in wrong
            else None
            for at in range(table.num_rows)
        ]
        if "wave" not in table.column_names:
            table = _with(table, "wave", pa.array([0] * table.num_rows, pa.int64()))
        write_arrow(self.checked(number), _with(table, "wrong", pa.array(told, pa.string())))

    def checked(self, number: int) -> Path:
        """Return where the verdict on a block lies."""
        return self.folder / "checked" / f"{number:06}.arrow"

    def _refer(self, one: Any, table: Any, rows: list[int], wrong: Wrong, waits: dict[str, set[int]]) -> dict[str, Any]:
        """Turn what a reference names into an id, a row of this file, or a sentence."""
        known, narrow = self.known[one.name], intake_of(self.entity.key).narrow
        own_title = VALUE + self.entity.title
        titles = table.column(own_title).to_pylist() if own_title in table.column_names else [None] * len(rows)
        ids: list[int | None] = []
        waiting: list[str | None] = []
        for at, written in enumerate(table.column(WRITTEN + one.name).to_pylist()):
            found = known.get(written, []) if written is not None else []
            if len(found) > 1 and narrow:
                values = {name: made[at] for name, made in self._values(table).items() if made[at] is not None}
                found = list(narrow(self.uow, one.name, found, values))
            ids.append(found[0] if len(found) == 1 else None)
            waiting.append(None)
            is_guess = written is not None and written.startswith(BY_DOMAIN)
            self.by_domain[one.name] += is_guess and len(found) == 1
            if written is None or len(found) == 1 or (not found and (is_guess or one.name in self.lenient)):
                continue
            if not found and one.name in self.may_wait:
                waiting[-1] = written
            elif not found and one.entity == self.entity.key and self.titles.get(written.casefold()):
                if written.casefold() == str(titles[at] or "").casefold():
                    wrong.setdefault(at, {})[one.name] = Message(N_("A record cannot be part of itself."))
                else:
                    waits.setdefault(one.name, set()).add(at)
            else:
                told = missing(one, written) if not found else several(written, len(found))
                wrong.setdefault(at, {})[one.name] = told
        return {VALUE + one.name: pa.array(ids, pa.int64()), MISSING + one.name: pa.array(waiting, pa.string())}

    @staticmethod
    def _values(table: Any) -> Mapping[str, list[Any]]:
        return {name[2:]: table.column(name).to_pylist() for name in table.column_names if name.startswith(VALUE)}

    def _recognise(self, table: Any, rows: list[int], wrong: Wrong) -> list[int | None]:
        """Find the record that each row changes; the same key twice in one file is an error."""
        if self.match is None:
            return [None] * len(rows)
        name, seen = self.match.name, self.seen["="]
        ids: list[int | None] = []
        for at, value in enumerate(table.column(VALUE + name).to_pylist()):
            ids.append(None)
            if value is None:
                if self.options.mode == "update" and name not in wrong.get(at, ()):
                    wrong.setdefault(at, {})[name] = Message(N_("Please fill this in."))
                continue
            if value in seen:
                wrong.setdefault(at, {})[name] = Message(N_("Row {row} has the same value."), {"row": seen[value]})
                continue
            seen[value] = rows[at]
            found = self.records.get(value, ())
            if len(found) > 1:
                wrong.setdefault(at, {})[name] = several(value, len(found))
            elif found:
                ids[-1] = found[0]
        return ids

    def _require(
        self, table: Any, ids: list[int | None], waits: dict[str, set[int]], wrong: Wrong, made: Mapping[str, Any]
    ) -> None:
        """Ask new records for what must not be blank."""
        anyhow = given_anyhow(self.entity)
        for name in self.entity.writable:
            if not self.entity.is_required(name) or name in anyhow:
                continue
            column = made.get(VALUE + name)
            if column is None and VALUE + name in table.column_names:
                column = table.column(VALUE + name)
            waiting = made.get(MISSING + name)
            blank = range(len(ids)) if column is None else pc.indices_nonzero(pc.is_null(column)).to_pylist()
            for at in blank:
                if ids[at] is not None or name in wrong.get(at, ()) or at in waits.get(name, ()):
                    continue
                if waiting is None or not waiting[at].is_valid:
                    wrong.setdefault(at, {})[name] = Message(N_("Please fill this in."))

    def _unique(self, name: str, table: Any, rows: list[int], ids: list[int | None], wrong: Wrong) -> None:
        seen, taken = self.seen[name], self.taken[name]
        for at, value in enumerate(table.column(VALUE + name).to_pylist()):
            if value is None:
                continue
            if value in seen:
                told = Message(N_("Row {row} has the same value."), {"row": seen[value]})
                wrong.setdefault(at, {}).setdefault(name, told)
            elif value in taken and taken[value] != ids[at]:
                wrong.setdefault(at, {}).setdefault(name, Message(N_("This is taken already.")))
            seen.setdefault(value, rows[at])

    def _own(self, made: Mapping[str, Any], ids: list[int | None], wrong: Wrong) -> dict[str, Any]:
        """Give new records their owner and team: the person named, nobody if that is blank or asked, else the actor."""
        actor = self.uow.actor
        mine = None if self.options.for_pool else actor.user_id
        is_named = "owner_id" in self.mapped.names
        given = made[VALUE + "owner_id"].to_pylist() if is_named else [None] * len(ids)
        owners: list[int | None] = []
        teams: list[int | None] = []
        for at, record_id in enumerate(ids):
            owner = given[at] if is_named or record_id is not None else mine
            if record_id is None and owner is None and at not in wrong and not actor.may(f"{self.entity.key}.assign"):
                wrong[at] = {"owner_id": Message(N_("Please fill this in."))}
            owners.append(owner)
            teams.append(actor.team_id if owner == actor.user_id and owner is not None else self.owners.get(owner))
        return {VALUE + "owner_id": pa.array(owners, pa.int64()), VALUE + "team_id": pa.array(teams, pa.int64())}

    # --- the file as a whole ---

    def _settle_family(self) -> None:
        """Give rows that hang on others of the file their place after these; refuse those that hang on a bad row."""
        if not self.family.is_any:
            return
        for number, verdict in self.family.settle().items():
            table = read_arrow(self.checked(number))
            wrong = _wrong_of(table)
            for at, name, message in verdict.wrong:
                wrong.setdefault(at, {}).setdefault(name, message)
            waves = [verdict.waves.get(at, 0) for at in range(table.num_rows)]
            table = _with(table, "wave", pa.array(waves, pa.int64()))
            for name, parents in verdict.parents.items():
                listed = [parents.get(at) for at in range(table.num_rows)]
                table = _with(table, PARENT + name, pa.array(listed, pa.int64()))
            self._keep(number, table, wrong)

    def _settle_quotas(self) -> None:
        """Refuse the rows by which somebody would get more than their quota."""
        names = {VALUE + "owner_id", "record_id"}
        owners: set[int] = set()
        for number in range(self.staged.blocks):
            table = read_arrow(self.checked(number))
            if names <= set(table.column_names):
                owners.update(table.column(VALUE + "owner_id").unique().drop_null().to_pylist())
        rooms = quotas.rooms(self.uow, self.entity.key, owners)
        if not rooms:
            return
        given: Counter[int] = Counter()
        for number in range(self.staged.blocks):
            table = read_arrow(self.checked(number))
            wrong = _wrong_of(table)
            listed = zip(
                table.column(VALUE + "owner_id").to_pylist(), table.column("record_id").to_pylist(), strict=True
            )
            for at, (owner, record_id) in enumerate(listed):
                if at in wrong or record_id is not None or owner not in rooms:
                    continue
                given[owner] += 1
                if given[owner] > rooms[owner].left:
                    wrong[at] = {"owner_id": rooms[owner].message}
            self._keep(number, table, wrong)

    def _count(self, number: int, found: Checked) -> None:
        table = read_arrow(self.checked(number))
        good = pc.is_null(table.column("wrong"))
        found.bad += table.num_rows - pc.sum(good).as_py()
        new = pc.sum(pc.and_(good, pc.is_null(table.column("record_id")))).as_py()
        found.created += new
        found.updated += pc.sum(good).as_py() - new
        waves = table.column("wave").filter(good).unique().to_pylist()
        found.steps += [[wave, number] for wave in sorted(waves)]

    def _notes(self, found: Checked) -> None:
        odd = {one: self.written[one.name] - _found(self.known[one.name]) for one in self.references}
        found.unknown |= telling.unknown(odd, self.entity)
        found.notes += [*self.told, *telling.by_domain(self.entity, self.by_domain), *telling.twins(self.twins)]


def _found(known: Mapping[str, list[int]]) -> set[str]:
    return {written for written, ids in known.items() if ids}


def _wrong_of(table: Any) -> Wrong:
    return {
        at: {name: message_of(one) for name, one in json.loads(told).items()}
        for at, told in enumerate(table.column("wrong").to_pylist())
        if told
    }


def _with(table: Any, name: str, column: Any) -> Any:
    """Return a table with a column set."""
    at = table.column_names.index(name) if name in table.column_names else -1
    return table.append_column(name, column) if at < 0 else table.set_column(at, name, column)

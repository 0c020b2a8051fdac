"""Work: bring an import to its goal, from wherever it stands, in this process.

Reading and checking hold no lock and are done again if they were cut off. Storing goes on with the chunk after the
last one that was committed: the chunk's rows and the batch's place are one transaction, and a process writes only
while its name stands in the batch, so that two at once cannot both have a chunk (docs/adr/0023).
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import pyarrow.compute as pc  # type: ignore[import-untyped]
from sqlalchemy import select
from sqlalchemy import update as sql_update

from db import statistics
from db.base import Searchable, table_of
from db.engine import write_back
from db.models import ImportBatch, User
from db.types import N_
from services.imports import asking, telling, trial
from services.imports.checking import Check
from services.imports.lease import Lease, Stopped
from services.imports.pace import PAUSE, Pace
from services.imports.reverting import Reverting
from services.imports.stored import Stored
from services.imports.storing import Store
from services.kit import audit, custom
from services.kit.actor import SYSTEM, Actor
from services.kit.entity import ENTITIES, Entity
from services.kit.errors import Forbidden, Message, Refusal
from services.kit.once import once
from services.kit.transfer import dates, helpers, mapping, normalising, phones, room
from services.kit.transfer.cells import TextForm
from services.kit.transfer.checks import completed_notes
from services.kit.transfer.drafts import Habits
from services.kit.transfer.importing import require_complete
from services.kit.transfer.intake import intake_of
from services.kit.transfer.mapping import Mapped
from services.kit.transfer.outcome import Options
from services.kit.transfer.staging import SOURCE, Staged, plain, read_arrow, stage, staged
from services.kit.unit_of_work import UnitOfWork
from services.users import actor_of

_BY_VERB: Final = 200
"""Rows of a part that goes through verbs one by one."""
_BY_STATEMENT: Final = 2_500
"""Rows of a part that goes in by statement."""
_MANY: Final = 1_000
"""So many rows may change how values are spread."""


class Work(Lease):
    """An import and the process that has it."""

    def run(self) -> None:
        """Work until the goal is reached, the file is refused, or somebody says stop."""
        if not self.take():
            return
        try:
            with self.alive(), self.team:
                while (stage_name := self._next()) is not None:
                    self._do(stage_name)
        except Stopped:
            self.end("stopped")
        except Refusal as refusal:
            self.end("refused", refusal=plain(refusal.message))
        except Exception as error:
            self.end("stopped", refusal=plain(Message(_broken_off(error))))
            raise
        else:
            self.end("ready")

    @once
    def team(self) -> helpers.Team:
        """Return the processes that help this one."""
        return helpers.Team()

    # --- the batch ---

    @once
    def entity(self) -> Entity:
        """Return what kind of records come in."""
        return ENTITIES[self.read("entity")]

    @once
    def folder(self) -> Path:
        """Return where the file lies. Raises Refusal if it does not lie on this machine."""
        folder = Path(self.read("folder"))
        if not folder.is_dir():
            raise Refusal(N_("The file of this import is no longer here. Take back what came in, and bring it again."))
        return folder

    @property
    def staged(self) -> Staged:
        """Return the table as it was read."""
        found = staged(self.folder)
        if found is None:
            raise Refusal(N_("The file of this import is no longer here. Take back what came in, and bring it again."))
        return found

    def actor(self, uow: UnitOfWork) -> Actor:
        """Return who imports, with the rights of this moment. Raises Forbidden."""
        by_id = uow.session.execute(select(ImportBatch.by_id).where(ImportBatch.id == self.batch_id)).scalar_one()
        if by_id is None:
            return SYSTEM
        user = uow.session.execute(
            select(User).where(User.id == by_id, User.is_active, User.deleted_at.is_(None))
        ).scalar_one_or_none()
        if user is None:
            raise Forbidden(f"{self.entity.key}.import")
        return actor_of(uow, user)

    def now_actor(self) -> Actor:
        """Return who imports, asked of the database."""
        return self.database.ask(SYSTEM, self.actor)

    def _next(self) -> str | None:
        """Return the stage to do now; None at the goal."""
        with self.database.read(SYSTEM) as uow:
            row = uow.session.execute(
                select(
                    ImportBatch.goal, ImportBatch.stage, ImportBatch.wrong, ImportBatch.asked, ImportBatch.place
                ).where(ImportBatch.id == self.batch_id)
            ).one()
        if row.goal == "revert":
            return "revert" if row.stage != "revert" else None
        order = ["", "read", "check", "store"]
        if order.index(row.stage) >= order.index(row.goal):
            return None
        if row.stage == "check" and row.wrong and not row.place and not row.asked.get("skip_bad"):
            return None  # nothing is written unless every row is good
        return order[order.index(row.stage) + 1]

    # --- read ---

    def _do(self, name: str) -> None:
        {"read": self._take_in, "check": self._check, "store": self._store, "revert": self._revert}[name]()

    def _take_in(self) -> None:
        """Read the file into blocks, in a child process."""
        asked = self.read("asked")
        how = TextForm(asked.get("encoding"), asked.get("delimiter"))
        self.team.expect(self.folder / SOURCE)
        table = stage(self.folder, self.read("file_name"), asked.get("sheet"), how)
        found = {
            "header": list(table.header),
            "sheets": list(table.sheets),
            "notes": [plain(note) for note in table.notes],
        }
        self._reached("read", found=found, total=table.total, done=table.total)

    def _reached(self, name: str, **values: Any) -> None:
        self.say(stage=name, **values)

    def _mapped(self, uow: UnitOfWork, asked: dict[str, Any]) -> Mapped:
        head = self.staged.head()
        known = mapping.remembered(uow, self.entity, head)
        maps = asked.get("maps") or {}
        return mapping.match_columns(self.entity, head, overrides=maps, remembered=known, asked=asking.said(asked))

    def _plan(self, uow: UnitOfWork, mapped: Mapped, options: Options) -> normalising.Plan:
        model: Any = self.entity.model
        searched: tuple[str, ...] = ()
        if issubclass(model, Searchable):
            searched = (*model.searched_columns(), *custom.added(self.entity.key).searched)
        habits = Habits(uow.settings.currency, uow.settings.zone, options.fractions)
        instead = intake_of(self.entity.key).instead if options.mode == "create" else {}
        return normalising.plan_of(mapped, habits, self.entity.key, searched, instead)

    def _prepared(self, uow: UnitOfWork) -> tuple[Mapped, normalising.Plan, Options]:
        asked = self.read("asked")
        options = asking.options(asked)
        mapped = self._mapped(uow, asked)
        require_complete(uow, self.entity, self.staged.head(), mapped, options)
        mapped = phones.settled(self.entity, mapped, lambda at: self.staged.cells(at, phones.MAYBE))
        return mapped, self._plan(uow, mapped, options), options

    # --- check ---

    def _check(self) -> None:
        """Give every row its verdict; what that will be in the base is counted, nothing is written."""
        table = self.staged
        for name in ("normal", "checked", "ready"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
            (self.folder / name).mkdir()
        with self.database.read(self.now_actor()) as uow:
            mapped, plan, options = self._prepared(uow)
        dated, told_dates, dates_asked = dates.settled(mapped, lambda at: table.cells(at, dates.STARTS))
        plan = replace(plan, columns=normalising.plan_of(dated, plan.habits, plan.table, ()).columns)
        seen = self._normalise(table, plan)
        with self.database.read(self.now_actor()) as uow:
            check = Check(uow, self.entity, table, plan, mapped, options, self.folder)
            found = check.run(self.beat)
        found.fractions_asked = sorted(
            name
            for name, (count, small, broken) in seen.shares.items()
            if count and small == count and broken and name not in options.fractions
        )
        store = Store(self.entity, plan, options, self.batch_id, self.folder, is_trial=True)
        told = trial.try_out(self, self.now_actor, store, found)
        if not found.bad or options.skip_bad or self.read("goal") == "check":
            found.notes += told  # else nothing of it will be done
        found.unknown |= {name: dict(one.most_common(telling.UNKNOWN)) for name, one in seen.unknown.items() if one}
        notes = [
            *table.notes,
            *mapped.notes,
            *told_dates,
            *telling.fractions(found, mapped),
            *completed_notes(self.entity, seen.completed),
            *telling.left_blank(found, mapped),
            *found.notes,
        ]
        kept = dict(self.read("found"))
        kept |= {
            "mapping": mapped.plain(),
            "notes": [plain(note) for note in notes],
            "fractions_asked": found.fractions_asked,
            "dates_asked": dates_asked,
            "unknown": found.unknown,
            "created": found.created,
            "updated": found.updated,
            "unchanged": found.unchanged,
        }
        (self.folder / "steps.json").write_text(json.dumps(found.steps), encoding="utf-8")
        self._reached("check", found=kept, wrong=found.bad, done=table.total, place=0)

    def _normalise(self, table: Staged, plan: normalising.Plan) -> normalising.Seen:
        seen = normalising.Seen()
        done = 0
        waiting = [
            self.team.ask(
                table.blocks,
                normalising.normalise,
                table,
                number,
                plan,
                self.folder / "normal" / f"{number:06}.arrow",
            )
            for number in range(table.blocks)
        ]
        for one in waiting:
            seen.add(one.result())
            done += min(table.total - done, table.total // max(table.blocks, 1))
            self.beat(done // 2)
        return seen

    # --- store ---

    def _store(self) -> None:
        """Store chunk after chunk; each is whole or not at all, and none is stored twice."""
        with self.database.read(self.now_actor()) as uow:
            mapped, plan, options = self._prepared(uow)
        store = Store(self.entity, plan, options, self.batch_id, self.folder)
        chunks = self._chunks(store)
        place = self.read("place")
        ready = self.team.ready(self.folder, plan, _blocks(store, chunks[place:]))
        with Pace(self.database.engine, _rows(store)) as pace:
            while place < len(chunks):
                some = chunks[place : place + pace.parts]
                for one in some:
                    ready(one[1])
                started = time.monotonic()
                self._commit(store, some, place)
                self.said_at = time.monotonic()
                place += len(some)
                pace.after(len(some), self.said_at - started)
                if self.read("is_stopping"):
                    raise Stopped
                write_back(self.database.engine)
        self._finish(mapped)

    @property
    def _is_sqlite(self) -> bool:
        return self.database.engine.dialect.name == "sqlite"

    def _chunks(self, store: Store) -> list[tuple[int, int, tuple[int, int]]]:
        """Return (wave, block, part) in the order of storing: the same at every resumption."""
        steps = json.loads((self.folder / "steps.json").read_text(encoding="utf-8"))
        rows = _rows(store)
        made: list[tuple[int, int, tuple[int, int]]] = []
        for wave, block in steps:
            table = read_arrow(self.folder / "checked" / f"{block:06}.arrow")
            good = pc.sum(pc.and_(pc.is_null(table.column("wrong")), pc.equal(table.column("wave"), wave))).as_py()
            made += [(wave, block, (start, min(start + rows, good))) for start in range(0, good or 0, rows)]
        return made

    def _commit(self, store: Store, some: list[Any], place: int) -> None:
        """Store some chunks in one transaction, together with the place from where to go on."""

        def write(uow: UnitOfWork) -> None:
            uow.__dict__["reference"] = self._reference
            moved: Any = uow.session.execute(
                sql_update(ImportBatch)
                .where(
                    ImportBatch.id == self.batch_id,
                    ImportBatch.worker == self.name,
                    ImportBatch.stage == "check",
                    ImportBatch.place == place,
                )
                .values(place=place + len(some), beat_at=uow.now)
                .execution_options(synchronize_session=False)
            )
            if moved.rowcount != 1:
                raise Stopped
            total = Stored()
            for wave, block, part in _joined(some):
                total.add(store.chunk(uow, wave, block, part))
            rows = total.created + total.updated + total.unchanged + len(total.refused)
            uow.session.execute(
                sql_update(ImportBatch)
                .where(ImportBatch.id == self.batch_id)
                .values(
                    done=ImportBatch.done + rows if place else rows,
                    created=ImportBatch.created + total.created,
                    updated=ImportBatch.updated + total.updated,
                    unchanged=ImportBatch.unchanged + total.unchanged,
                    wrong=ImportBatch.wrong + len(total.refused),
                )
                .execution_options(synchronize_session=False)
            )

        self.database.run(self.now_actor(), write)

    @once
    def _reference(self) -> str:
        return str(self.read("reference"))

    def _finish(self, mapped: Mapped) -> None:
        """Remember the mapping, leave one entry in the audit, and reach the goal, all at once."""

        def finish(uow: UnitOfWork) -> None:
            uow.__dict__["reference"] = self._reference
            batch = uow.session.get_one(ImportBatch, self.batch_id)
            self.set(uow, stage="store", finished_at=uow.now, done=batch.total)
            mapping.remember(uow, self.entity, self.staged.head(), mapped)
            audit.note(
                uow,
                self.entity,
                "import",
                None,
                count=batch.created + batch.updated,
                file=batch.file_name,
                batch=batch.id,
                created=batch.created,
                updated=batch.updated,
                unchanged=batch.unchanged,
                left_out=batch.wrong,
            )

        self.database.run(self.now_actor(), finish)
        if self.read("created") + self.read("updated") >= _MANY:
            statistics.count_in_passing(self.database.engine, table_of(self.entity.model).name)
        for name in ("normal", "ready"):
            shutil.rmtree(self.folder / name, ignore_errors=True)

    # --- revert ---

    def _revert(self) -> None:
        """Take back chunk after chunk."""
        reverting = Reverting(self.entity, self.batch_id, self._reference)
        while True:
            left = self.database.run(self.now_actor(), reverting.chunk, self.name)
            if left is None:
                return
            self.beat(left)
            write_back(self.database.engine)
            time.sleep(PAUSE if self._is_sqlite else 0)


def _broken_off(error: Exception) -> str:
    """Return what is said of a failure."""
    if room.is_full(error):
        return N_("The server's disk is full. Make room; then the import can go on where it stands.")
    return N_("The import broke off. It can go on where it stands.")


def _joined(parts: list[Any]) -> Iterator[tuple[int, int, tuple[int, int]]]:
    """Yield parts that follow each other in one block as one."""
    for (wave, block), some in groupby(parts, key=lambda one: one[:2]):
        listed = [part for _, _, part in some]
        yield wave, block, (listed[0][0], listed[-1][1])


def _rows(store: Store) -> int:
    return _BY_VERB if store.is_slow else _BY_STATEMENT


def _blocks(store: Store, chunks: list[Any]) -> list[int]:
    """Return the blocks of which helpers make ready what follows from the values."""
    return list(dict.fromkeys(block for _, block, _ in chunks)) if store.is_plain else []

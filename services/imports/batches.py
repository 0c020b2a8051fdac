"""Batches: the imports that were begun, and what may be asked of each: go on, stop, take back, show the errors.

Every verb asks for the right to import that kind of record; people see their own imports, and those of the people
whom that right reaches.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import ColumnElement, false, func, or_, select

from db.models import ImportBatch, User
from db.types import N_
from services import company
from services.imports import asking
from services.imports.lease import STALE, is_dead
from services.kit import audit, permissions
from services.kit.actor import Reach
from services.kit.entity import ENTITIES, Entity
from services.kit.errors import Message, NotFound, Refusal
from services.kit.transfer import mapping
from services.kit.transfer.mapping import Mapped
from services.kit.transfer.reading import Table
from services.kit.transfer.staging import Staged, message_of, staged
from services.kit.unit_of_work import UnitOfWork
from services.settings import ROOT, Settings

_SHOWN: Final = 100


@dataclass(frozen=True)
class Batch:
    """An import as it stands."""

    id: int
    entity: Entity
    file_name: str
    by: str | None
    """Name of who imports; nobody: the system."""
    created_at: datetime
    finished_at: datetime | None
    stage: str
    """What it has reached: nothing yet (""), read, check, store, revert."""
    goal: str
    state: str
    """working, ready, stopped, refused (db/models/import_batch.py: IMPORT_STATES)."""
    is_cut_off: bool
    """It should be working, but its process says nothing any more: `resume` goes on."""
    total: int
    done: int
    created: int
    updated: int
    unchanged: int
    wrong: int
    reverted: int
    kept: int
    asked: Mapping[str, Any]
    header: tuple[str, ...]
    sheets: tuple[str, ...]
    mapping: Mapping[str, str]
    notes: tuple[Message, ...]
    fractions_asked: tuple[str, ...]
    dates_asked: tuple[str, ...]
    """Fields of which the file leaves open whether the day or the month comes first."""
    unknown: Mapping[str, Mapping[str, int]]
    """By field: what is none of its choices or names nobody, and how many rows say so (0: not counted)."""
    refusal: Message | None
    """Why it was refused as a whole, or broke off."""

    @property
    def may_resume(self) -> bool:
        """Say whether it can go on where it stands."""
        return self.is_cut_off or self.state == "stopped"

    @property
    def may_revert(self) -> bool:
        """Say whether it has done something that can be taken back."""
        return (
            self.stage != "revert"
            and not (self.state == "working" and not self.is_cut_off)
            and (self.created + self.updated > self.reverted + self.kept)
        )


def root_of(settings: Settings) -> Path:
    """Return the folder under which files of imports lie: beside the database, or in `data`."""
    url = settings.database_url
    if url.startswith("sqlite:///") and ":memory:" not in url:
        return Path(url.removeprefix("sqlite:///")).resolve().parent / "imports"
    return ROOT / "data" / "imports"


# --- go on --------------------------------------------------------------------------------------------------


def check(uow: UnitOfWork, batch_id: int, **asked: Any) -> None:
    """Ask for a dry run with this mapping and these options; `launch` does it. Raises NotFound, Refusal."""
    batch = idle(uow, batch_id)
    if batch.stage not in ("read", "check") or batch.place:
        raise Refusal(N_("This import has begun to store; stop it and take it back first."))
    if asked:
        batch.asked = asking.checked(ENTITIES[batch.entity], **{**batch.asked, **asked})
    batch.stage, batch.goal, batch.wrong, batch.done = "read", "check", 0, 0
    begin(batch)


def store(uow: UnitOfWork, batch_id: int, *, skip_bad: bool = False) -> None:
    """Ask for the import itself, as it was checked; `launch` does it. Raises NotFound, Refusal."""
    batch = idle(uow, batch_id)
    if batch.stage != "check":
        raise Refusal(N_("Check the file first."))
    batch.asked = {**batch.asked, "skip_bad": skip_bad}
    batch.goal = "store"
    if not batch.place:
        batch.done = 0  # what is told of it from now on is what is in
    begin(batch)


def resume(uow: UnitOfWork, batch_id: int) -> None:
    """Let an import that was stopped or cut off go on where it stands; `launch` does it. Raises NotFound, Refusal."""
    batch = idle(uow, batch_id)
    if batch.state not in ("stopped", "working"):
        raise Refusal(N_("This import is not waiting to go on."))
    begin(batch)


def stop(uow: UnitOfWork, batch_id: int) -> None:
    """Ask an import to stop after the chunk at hand; what is in stays in until it goes on or is taken back."""
    batch = _held(uow, batch_id)
    if batch.state == "working":
        batch.is_stopping = True
        if batch.worker is None or _is_cut_off(uow, batch):
            batch.state, batch.worker, batch.is_stopping = "stopped", None, False
        uow.session.flush()


def revert(uow: UnitOfWork, batch_id: int) -> None:
    """Ask that all an import has done be taken back; `launch` does it. Raises NotFound, Refusal."""
    batch = idle(uow, batch_id)
    if not batch.created + batch.updated:
        raise Refusal(N_("Nothing came in by this import."))
    batch.goal = "revert"
    batch.done = batch.reverted + batch.kept
    begin(batch)
    audit.note(uow, batch.entity, "revert", None, batch=batch.id, file=batch.file_name)


def begin(batch: ImportBatch) -> None:
    """Let a batch be worked at anew."""
    batch.state, batch.worker, batch.is_stopping = "working", None, False
    batch.found = {name: value for name, value in batch.found.items() if name != "refusal"}


def _held(uow: UnitOfWork, batch_id: int) -> ImportBatch:
    """Return a batch for a change, within reach."""
    reached = _reached(uow)
    found = uow.session.execute(
        select(ImportBatch).where(ImportBatch.id == batch_id, reached).with_for_update()
    ).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


def idle(uow: UnitOfWork, batch_id: int) -> ImportBatch:
    """Return a batch for a change, at which nobody works. Raises NotFound, Refusal, Forbidden."""
    batch = _held(uow, batch_id)
    if batch.state == "working" and batch.worker is not None and not _is_cut_off(uow, batch):
        raise Refusal(N_("This import is at work. Stop it first, or wait until it is done."))
    return batch


def _is_cut_off(uow: UnitOfWork, batch: Any) -> bool:
    is_silent = batch.beat_at is not None and batch.beat_at < uow.now - STALE
    return bool(batch.state == "working" and (is_silent or is_dead(batch.worker)))


def _reached(uow: UnitOfWork) -> ColumnElement[bool]:
    """Return the criterion of the imports that the actor may see: by kind of record, and by whose they are."""
    rules: list[ColumnElement[bool]] = []
    actor = uow.actor
    for key in ENTITIES:
        reach = actor.reach(f"{key}.import")
        mine = ImportBatch.by_id == actor.user_id if actor.user_id is not None else false()
        if reach is Reach.ALL:
            rules.append(ImportBatch.entity == key)
        elif reach is Reach.TREE:
            people = select(User.id).where(User.team_id.in_(sorted(actor.tree_ids)))
            rules.append((ImportBatch.entity == key) & or_(mine, ImportBatch.by_id.in_(people)))
        elif reach is not Reach.NONE:
            rules.append((ImportBatch.entity == key) & mine)
    if not rules:
        permissions.require(uow, "*.import")
    return or_(*rules)


# --- look ---------------------------------------------------------------------------------------------------


def get(uow: UnitOfWork, batch_id: int) -> Batch:
    """Return an import within the actor's reach, as it stands. Raises NotFound."""
    found = list(_some(uow, ImportBatch.id == batch_id))
    if not found:
        raise NotFound
    return found[0]


def batches(
    uow: UnitOfWork, entity: Entity | None = None, *, limit: int = 50, before: int | None = None
) -> list[Batch]:
    """Return imports within the actor's reach, newest first; `before` is the id after which a page goes on."""
    criteria: list[ColumnElement[bool]] = []
    if entity is not None:
        criteria.append(ImportBatch.entity == entity.key)
    if before is not None:
        criteria.append(ImportBatch.id < before)
    return list(_some(uow, *criteria, limit=limit))


def _some(uow: UnitOfWork, *criteria: ColumnElement[bool], limit: int = 1) -> Iterator[Batch]:
    reached = _reached(uow)
    rows = uow.session.execute(
        select(ImportBatch, User.name)
        .outerjoin(User, User.id == ImportBatch.by_id)
        .where(reached, *criteria)
        .order_by(ImportBatch.id.desc())
        .limit(limit)
    )
    for one, by in rows:
        found = one.found
        yield Batch(
            **{name: getattr(one, name) for name in _SAME},
            entity=ENTITIES[one.entity],
            by=by,
            is_cut_off=_is_cut_off(uow, one),
            header=tuple(found.get("header", ())),
            sheets=tuple(found.get("sheets", ())),
            mapping=found.get("mapping", {}),
            notes=tuple(message_of(note) for note in found.get("notes", ())),
            fractions_asked=tuple(found.get("fractions_asked", ())),
            dates_asked=tuple(found.get("dates_asked", ())),
            unknown=found.get("unknown", {}),
            refusal=message_of(found["refusal"]) if "refusal" in found else None,
            created=_count(one, "created"),
            updated=_count(one, "updated"),
            unchanged=_count(one, "unchanged"),
        )


_SAME: Final = (
    "id", "file_name", "created_at", "finished_at", "stage", "goal", "state", "total", "done", "wrong", "reverted",
    "kept", "asked",
)  # fmt: skip


def _count(one: ImportBatch, name: str) -> int:
    """Return what was stored; before that, what the dry run says will be."""
    is_stored = one.place or one.stage in ("store", "revert")
    return int(getattr(one, name) if is_stored else one.found.get(name, 0))


def preview(uow: UnitOfWork, batch_id: int, *, rows: int = 5) -> tuple[Table, Mapped | None]:
    """Return the first rows of a file that was read, and where its columns would go; None: no column is known."""
    batch = get(uow, batch_id)
    head = staged_of(uow, batch_id).head(rows)
    known = mapping.remembered(uow, batch.entity, head)
    try:
        return head, mapping.match_columns(
            batch.entity,
            head,
            overrides=batch.asked.get("maps") or {},
            remembered=known,
            asked=asking.said(batch.asked),
        )
    except Refusal:
        return head, None


def folder_of(uow: UnitOfWork, batch_id: int) -> Path:
    """Return where the files of an import lie, or lay. Raises NotFound, Forbidden."""
    reached = _reached(uow)
    found = uow.session.execute(select(ImportBatch.folder).where(ImportBatch.id == batch_id, reached)).scalar()
    if found is None:
        raise NotFound
    return Path(found)


def staged_of(uow: UnitOfWork, batch_id: int) -> Staged:
    """Return the table of an import within reach, as it was read. Raises NotFound, and Refusal if it is gone."""
    found = staged(folder_of(uow, batch_id))
    if found is None:
        raise Refusal(N_("The file of this import is no longer here. Take back what came in, and bring it again."))
    return found


# --- keep house ---------------------------------------------------------------------------------------------


def forget(uow: UnitOfWork, *, older_than: datetime) -> int:
    """Remove the files of imports that ended before an instant; the imports themselves stay. Returns how many."""
    permissions.require(uow, "setting.update")
    rows = uow.session.execute(
        select(ImportBatch.folder).where(ImportBatch.state != "working", ImportBatch.created_at < older_than)
    ).scalars()
    gone = 0
    for folder in rows:
        if Path(folder).is_dir():
            shutil.rmtree(folder, ignore_errors=True)
            gone += 1
    return gone


def forget_old(uow: UnitOfWork) -> dict[str, int]:
    """Remove the files of imports that are as old as the company keeps them; a recurring job. Returns how many.

    What came in can be taken back all the same: which rows became which records stands in the database.
    """
    permissions.require(uow, "setting.update")
    days = int(company.get(uow, "import_days"))
    return {"imports": forget(uow, older_than=uow.now - timedelta(days=days))}


def count(uow: UnitOfWork, entity: Entity | None = None) -> int:
    """Return how many imports the actor may see."""
    criteria = [_reached(uow)] + ([ImportBatch.entity == entity.key] if entity else [])
    return int(uow.session.execute(select(func.count()).select_from(ImportBatch).where(*criteria)).scalar_one())

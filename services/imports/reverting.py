"""Reverting: what an import has done is taken back, a chunk at a time, by few statements.

New records go to the recycle bin, changed ones get their old values. Records that somebody has changed since, or
to which something belongs by now, stay as they are and are listed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy import update as sql_update

from db.base import table_of
from db.models import ImportBatch, ImportRow
from db.types import N_
from services.kit import audit, permissions, recycle_bin, several
from services.kit.entity import ENTITIES, Entity, model_of
from services.kit.errors import Message, Refusal
from services.kit.transfer import storing
from services.kit.transfer.drafts import Draft
from services.kit.transfer.reading import Row
from services.kit.transfer.staging import plain
from services.kit.unit_of_work import UnitOfWork

CHUNK: Final = 5_000
_TOGETHER: Final = 500


@dataclass(frozen=True)
class Reverting:
    """Takes back one import; children in the file go before what they belong to, since they came after it."""

    entity: Entity
    batch_id: int
    reference: str

    def chunk(self, uow: UnitOfWork, worker: str) -> int | None:
        """Take back the next rows and move the place along with them; return how many are done, None at the end."""
        permissions.require(uow, f"{self.entity.key}.import")
        batch: Any = uow.session.execute(
            select(ImportBatch).where(ImportBatch.id == self.batch_id, ImportBatch.worker == worker).with_for_update()
        ).scalar_one_or_none()
        if batch is None:
            return None
        uow.__dict__["reference"] = self.reference
        # Backwards: what was stored last, and so may hang on what was stored first, goes first.
        rows = uow.session.execute(
            select(ImportRow.row, ImportRow.entity, ImportRow.record_id, ImportRow.version, ImportRow.before)
            .where(ImportRow.batch_id == self.batch_id, ImportRow.record_id.is_not(None), ImportRow.refusal.is_(None))
            .order_by(ImportRow.entity.is_not(None), ImportRow.record_id.desc())
            .limit(CHUNK)
        ).all()
        if not rows:
            batch.stage, batch.finished_at = "revert", uow.now
            audit.note(uow, self.entity, "revert_import", None, count=batch.reverted, batch=batch.id, kept=batch.kept)
            uow.session.flush()
            return None
        kept = self._take_back(uow, rows)
        self._close(uow, [row.row for row in rows], kept)
        batch.reverted += len(rows) - len(kept)
        batch.kept += len(kept)
        uow.session.flush()
        return int(batch.reverted + batch.kept)

    def _take_back(self, uow: UnitOfWork, rows: Sequence[Any]) -> dict[int, Message]:
        kept: dict[int, Message] = {}
        for key in sorted({row.entity for row in rows}, key=lambda one: one is not None):
            entity = ENTITIES[key] if key else self.entity
            new = [row for row in rows if row.entity == key and row.before is None]
            old = [row for row in rows if row.entity == key and row.before is not None]
            kept |= self._to_bin(uow, entity, new)
            kept |= self._back(uow, entity, old)
        return kept

    def _close(self, uow: UnitOfWork, numbers: Sequence[int], kept: Mapping[int, Message]) -> None:
        """Mark rows as dealt with: nothing is left of what was taken back, a reason stands beside what was kept."""
        table = table_of(ImportRow)
        gone = [number for number in numbers if number not in kept]
        for start in range(0, len(gone), _TOGETHER):
            uow.session.execute(
                sql_update(ImportRow)
                .where(ImportRow.batch_id == self.batch_id, ImportRow.row.in_(gone[start : start + _TOGETHER]))
                .values(record_id=None)
                .execution_options(synchronize_session=False)
            )
        for number, message in kept.items():
            uow.session.execute(
                sql_update(table)
                .where(table.c.batch_id == self.batch_id, table.c.row == number)
                .values(refusal=[{"field": "", **plain(message)}])
            )

    # --- new records ---

    def _to_bin(self, uow: UnitOfWork, entity: Entity, rows: Sequence[Any]) -> dict[int, Message]:
        kept = self._changed_since(uow, entity, rows)
        left = [row for row in rows if row.row not in kept]
        kept |= self._with_children(uow, entity, left)
        left = [row for row in left if row.row not in kept]
        if entity.kept is not None or entity.has_own("delete"):
            return kept | self._one_by_one(uow, entity, left)
        model: Any = entity.model
        for start in range(0, len(left), _TOGETHER):
            ids = [row.record_id for row in left[start : start + _TOGETHER]]
            uow.session.execute(
                sql_update(model)
                .where(model.id.in_(ids))
                .values(
                    deleted_at=uow.now,
                    deleted_in=self.reference,
                    version=model.version + 1,
                    updated_at=uow.now,
                    updated_by_id=uow.actor.user_id,
                )
                .execution_options(synchronize_session=False)
            )
        if left:
            audit.note(uow, entity, "bulk_delete", None, count=len(left), because="revert_import", batch=self.batch_id)
        return kept

    def _changed_since(self, uow: UnitOfWork, entity: Entity, rows: Sequence[Any]) -> dict[int, Message]:
        model: Any = entity.model
        versions: dict[int, tuple[int, datetime | None]] = {}
        ids = [row.record_id for row in rows]
        for start in range(0, len(ids), _TOGETHER):
            found = uow.session.execute(
                select(model.id, model.version, model.deleted_at)
                .where(model.id.in_(ids[start : start + _TOGETHER]))
                .with_for_update(of=model)
            )
            versions |= {one[0]: (one[1], one[2]) for one in found}
        kept = {}
        for row in rows:
            version, deleted_at = versions.get(row.record_id, (0, None))
            if version != row.version:
                gone = N_("It lies in the recycle bin already.") if deleted_at or not version else None
                kept[row.row] = Message(gone or N_("Somebody has changed it since the import."))
        return kept

    def _with_children(self, uow: UnitOfWork, entity: Entity, rows: Sequence[Any]) -> dict[int, Message]:
        """Keep what something else belongs to by now: it would go to the bin along with it."""
        by_id = {row.record_id: row.row for row in rows}
        links = [(model_of(child.entity), child.link) for child in entity.children]
        links += [
            (entity.model, one.name) for one in entity.fields.values() if one.entity == entity.key and not one.is_custom
        ]
        own: dict[int, set[int]] = {}
        stays: set[int] = set()
        ids = sorted(by_id)
        for target, link in links:
            model: Any = target
            column = getattr(model, link)
            for start in range(0, len(ids), _TOGETHER):
                statement = select(column, model.id).where(
                    column.in_(ids[start : start + _TOGETHER]), model.deleted_at.is_(None)
                )
                for above, child in uow.session.execute(statement):
                    if target is entity.model and child in by_id:
                        own.setdefault(child, set()).add(above)  # goes along, unless it stays itself
                    else:
                        stays.add(above)
        left = list(stays)
        while left:
            more = own.get(left.pop(), set()) - stays
            stays |= more
            left += more
        return {by_id[one]: Message(N_("Something else belongs to it by now.")) for one in stays if one in by_id}

    def _one_by_one(self, uow: UnitOfWork, entity: Entity, rows: Sequence[Any]) -> dict[int, Message]:
        kept: dict[int, Message] = {}
        for row in rows:
            try:
                with uow.session.begin_nested():
                    if entity.has_own("delete"):
                        entity.verb("delete")(uow, row.record_id)
                    else:
                        recycle_bin.put(uow, entity, [row.record_id])
            except Refusal as refusal:
                kept[row.row] = refusal.message
        return kept

    # --- changed records ---

    def _back(self, uow: UnitOfWork, entity: Entity, rows: Sequence[Any]) -> dict[int, Message]:
        kept = self._changed_since(uow, entity, rows)
        left = [row for row in rows if row.row not in kept]
        drafts = [Draft(Row(row.row, ()), values=_typed(entity, row.before), record_id=row.record_id) for row in left]
        storing.set_back(uow, entity, drafts)
        kept |= {draft.row.number: next(iter(draft.wrong.values())) for draft in drafts if draft.wrong}
        return kept


def _typed(entity: Entity, before: Mapping[str, Any]) -> dict[str, Any]:
    """Return old values as they were before JSON held them."""
    made: dict[str, Any] = {}
    for name, value in before.items():
        kind = entity.fields[name].kind if name in entity.fields else ""
        if isinstance(value, str) and kind == "day":
            made[name] = date.fromisoformat(value)
        elif isinstance(value, str) and kind == "instant":
            made[name] = datetime.fromisoformat(value)
        elif isinstance(value, list) and kind == several.KIND:
            made[name] = tuple(value)
        else:
            made[name] = value
    return made

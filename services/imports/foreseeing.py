"""Foreseeing: which records would stay as they are if an import were taken back now. Nothing is written or locked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import aliased

from db.models import ImportRow
from db.types import N_
from services.imports.batches import get
from services.imports.errors import Kept
from services.kit import permissions
from services.kit.entity import Entity, model_of, title_column
from services.kit.errors import Message
from services.kit.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Foreseen:
    """What a revert would leave: how many records at least, and the first of them with their reasons."""

    count: int
    rows: list[Kept]


def would_stay(uow: UnitOfWork, batch_id: int, *, limit: int = 100) -> Foreseen:
    """Return which records a revert would leave as they are. Raises NotFound."""
    batch = get(uow, batch_id)
    count, kept, seen = 0, [], set()
    for reason, statement in _reasons(uow, batch.entity, batch_id):
        count += int(uow.session.execute(select(func.count()).select_from(statement.subquery())).scalar_one())
        for row, record_id, title in uow.session.execute(statement.order_by(ImportRow.row).limit(limit)):
            if row not in seen:
                seen.add(row)
                kept.append(Kept(row, record_id, str(title), Message(reason)))
    kept.sort(key=lambda one: one.row)
    return Foreseen(count, kept[:limit])


def _reasons(uow: UnitOfWork, entity: Entity, batch_id: int) -> Iterator[tuple[str, Select[Any]]]:
    """Yield each reason with the rows it holds for, as reverting.py finds them."""
    model: Any = entity.model
    mine = [
        ImportRow.batch_id == batch_id,
        ImportRow.entity.is_(None),
        ImportRow.refusal.is_(None),
        permissions.scope(uow, entity),
    ]
    rows = (
        select(ImportRow.row, ImportRow.record_id, title_column(entity.key))
        .join(model, model.id == ImportRow.record_id)
        .where(*mine)
    )
    yield (
        N_("It lies in the recycle bin already."),
        rows.where(model.version != ImportRow.version, model.deleted_at.is_not(None)),
    )
    unchanged = model.version == ImportRow.version
    yield N_("Somebody has changed it since the import."), rows.where(~unchanged, model.deleted_at.is_(None))
    if belonging := list(_belonging(entity, batch_id)):
        yield (
            N_("Something else belongs to it by now."),
            rows.where(unchanged, ImportRow.before.is_(None), or_(*belonging)),
        )


def _belonging(entity: Entity, batch_id: int) -> Iterator[ColumnElement[bool]]:
    """Yield what says that something not of this import belongs to a record."""
    for child in entity.children:
        target: Any = aliased(model_of(child.entity))
        yield select(target.id).where(
            getattr(target, child.link) == ImportRow.record_id, target.deleted_at.is_(None)
        ).exists()  # fmt: skip
    other = aliased(ImportRow)
    for field in entity.fields.values():
        if field.entity == entity.key and not field.is_custom:
            target = aliased(entity.model)
            mine = select(other.record_id).where(other.batch_id == batch_id, other.record_id.is_not(None))
            yield select(target.id).where(
                getattr(target, field.name) == ImportRow.record_id, target.deleted_at.is_(None), target.id.not_in(mine)
            ).exists()  # fmt: skip

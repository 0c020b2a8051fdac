"""Lookups: what the base already has of the values in a file, by few statements however many they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from sqlalchemy import ColumnElement, select

from services.kit.entity import ENTITIES, Entity, model_of
from services.kit.fields import Field
from services.kit.transfer.references import candidates, criteria_of, title_of
from services.kit.unit_of_work import UnitOfWork

_PORTION: Final = 2_000
_MANY: Final = 20_000
"""From here on names are compared with a walk through the table instead of one statement a portion."""


def holders(
    uow: UnitOfWork, entity: Entity, name: str, wanted: Iterable[Any], *criteria: ColumnElement[bool]
) -> Iterator[tuple[Any, int]]:
    """Yield (value, id) of live records that have one of these values in a field."""
    model: Any = entity.model
    column = entity.column(name)
    listed = list(wanted)
    if not listed or uow.session.execute(select(model.id).where(model.deleted_at.is_(None)).limit(1)).first() is None:
        return
    for start in range(0, len(listed), _PORTION):
        statement = select(column, model.id).where(
            column.in_(listed[start : start + _PORTION]), model.deleted_at.is_(None), *criteria
        )
        yield from ((row[0], row[1]) for row in uow.session.execute(statement))


def named(uow: UnitOfWork, entity: Entity, field: Field, written: set[str]) -> dict[str, list[int]]:
    """Return the ids that each text may mean, as `references.candidates` does; by one walk where they are many."""
    target = ENTITIES.get(field.entity or "")
    title = title_of(field)
    if len(written) < _MANY or (target is not None and target.fields[title].translated):
        return candidates(uow, entity, field, written)
    names = [*(name for name in (target.match if target else ()) if name != title), title]
    exact, loose = _walked(uow, entity, field, names, written)
    answer: dict[str, list[int]] = {}
    for column in names:
        for one in written:
            if one not in answer and (ids := exact[column].get(one) or loose[column].get(one)):
                answer[one] = ids
    digits = {one for one in written if one not in answer and one.isascii() and one.isdigit()}
    return answer | candidates(uow, entity, field, digits) if digits else answer


_Found = dict[str, dict[str, list[int]]]


def _walked(
    uow: UnitOfWork, entity: Entity, field: Field, names: list[str], written: set[str]
) -> tuple[_Found, _Found]:
    """Return ids by column and text, of the very text and of it in any case, from one walk through the table."""
    model: Any = model_of(field.entity or "")
    lowered: dict[str, list[str]] = {}
    for one in written:
        lowered.setdefault(one.casefold(), []).append(one)
    exact: _Found = {name: {} for name in names}
    loose: _Found = {name: {} for name in names}
    statement = select(model.id, *(getattr(model, name) for name in names)).where(*criteria_of(uow, entity, field))
    for record_id, *values in uow.session.execute(statement.execution_options(yield_per=10_000)):
        for name, value in zip(names, values, strict=True):
            text = str(value)
            if value is not None and (alike := lowered.get(text.casefold())):
                if text in written:
                    exact[name].setdefault(text, []).append(record_id)
                for one in alike:
                    loose[name].setdefault(one, []).append(record_id)
    return exact, loose

"""Setting fields of many records at once: what it would do, then doing it, as one action that can be undone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select

from db.types import N_
from services.kit import permissions, query, rules
from services.kit.entity import Entity
from services.kit.errors import Invalid, Message, Refusal
from services.kit.query import Query
from services.kit.unit_of_work import UnitOfWork

MOST: Final = 10_000
"""Records changed in one go."""
_CHUNK: Final = 5_000


@dataclass(frozen=True)
class Plan:
    """What setting the values would do."""

    total: int
    """Records that were chosen."""
    ids: tuple[int, ...]
    """Those that would change."""
    same: int
    """Those that say so already."""

    @property
    def refused(self) -> int:
        """Return how many the actor may see but not change."""
        return self.total - len(self.ids) - self.same


def plan(uow: UnitOfWork, entity: Entity, chosen: Sequence[int] | Query, values: Mapping[str, Any]) -> Plan:
    """Return what setting typed values on the chosen records, or on all that a list shows, would do.

    Raises Forbidden, Invalid for values that no record may have, and Refusal for more than MOST records.
    """
    permissions.require(uow, f"{entity.key}.update")
    rules.refuse_unknown(entity, values)
    wrong = rules.refused(entity, values)
    if wrong:
        raise Invalid(wrong)
    ids = query.ids(uow, entity, chosen, limit=MOST + 1) if isinstance(chosen, Query) else sorted(set(chosen))
    if len(ids) > MOST:
        raise Refusal(N_("At most {most} records are changed at once. Narrow the filter."), most=MOST)
    model: Any = entity.model
    changing: list[int] = []
    same = 0
    wanted = tuple(values.values())
    for start in range(0, len(ids), _CHUNK):
        asked = select(model.id, *(entity.column(name) for name in values)).where(
            model.id.in_(ids[start : start + _CHUNK]),
            model.deleted_at.is_(None),
            permissions.scope(uow, entity, "update"),
        )
        for row in uow.session.execute(asked.order_by(model.id)):
            if _is_same(tuple(row[1:]), wanted):
                same += 1
            else:
                changing.append(row[0])
    return Plan(len(ids), tuple(changing), same)


def _is_same(has: tuple[Any, ...], wanted: tuple[Any, ...]) -> bool:
    """Compare values; an empty text is none."""
    return all(
        (one if one != "" else None) == (other if other != "" else None) for one, other in zip(has, wanted, strict=True)
    )


def apply(uow: UnitOfWork, entity: Entity, ids: Sequence[int], values: Mapping[str, Any]) -> int:
    """Set the values on records, all of them or none, by the entity's own verb. Returns how many.

    Raises Forbidden, Invalid, Refusal, and NotFound if one of them is gone or out of reach by now.
    """
    permissions.require(uow, f"{entity.key}.update")
    if len(ids) > MOST:
        raise Refusal(N_("At most {most} records are changed at once. Narrow the filter."), most=MOST)
    return int(entity.verb("bulk_update")(uow, list(ids), values)) if ids else 0


def restore(uow: UnitOfWork, entity: Entity, ids: Sequence[int]) -> int:
    """Bring records back from the recycle bin with what went along, all of them or none. Returns how many.

    Raises what the entity's `restore` raises; of several, the sentence names the record.
    """
    permissions.require(uow, f"{entity.key}.restore")
    verb = entity.verb("restore")
    for one in ids:
        try:
            with uow.session.begin_nested():  # so that there is still something to ask the name of
                verb(uow, one)
        except Refusal as refusal:
            if len(ids) == 1 or not isinstance(refusal.message, Message):
                raise
            reason = next(iter(refusal.fields.values())) if isinstance(refusal, Invalid) else refusal.message
            name = query.titles(uow, entity.key, [one]).get(one, "")
            raise Refusal(N_("“{name}”: {reason}"), name=name, reason=reason) from refusal
    return len(ids)


def delete(uow: UnitOfWork, entity: Entity, ids: Sequence[int]) -> int:
    """Put records and what hangs on them into the recycle bin, all of them or none. Returns how many.

    Raises what the entity's `delete` raises.
    """
    permissions.require(uow, f"{entity.key}.delete")
    verb = entity.verb("delete")
    for one in ids:
        verb(uow, one)
    return len(ids)

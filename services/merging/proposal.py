"""Before a merge: field by field what each record says and what is proposed, and what would go along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select

from db.models import Contact, Lead, User
from db.types import N_
from services.kit import permissions, records, several
from services.kit.entity import Entity
from services.kit.errors import Message, Refusal
from services.kit.fields import Field
from services.kit.unit_of_work import UnitOfWork
from services.merging import hanging

MOST: Final = 10
"""Records merged at once."""
_OF_KEPT: Final = frozenset({"status", "unqualified_reason", "grade", "owner_id", "code", "customer_id"})
"""Fields whose value stays that of the kept record unless it has none: they say how it stands, not what it is."""


@dataclass(frozen=True)
class Side:
    """One of the records to be merged."""

    record_id: int
    title: str
    owner: str | None
    changed_at: datetime
    version: int


@dataclass(frozen=True)
class Line:
    """One field: what each record says, and what is proposed."""

    name: str
    values: Mapping[int, Any]
    """By record, typed."""
    proposed: Any
    source: int | None
    """Record whose value is proposed; None: put together of several."""
    follows: str | None = None
    """Field whose choice decides this one, too: amounts go with their currency."""

    @property
    def differs(self) -> bool:
        """Say whether the records say different things, so that there is something to choose."""
        return len({_comparable(value) for value in self.values.values() if not is_blank(value)}) > 1


@dataclass(frozen=True)
class Twins:
    """Two people who would stand side by side at the kept customer and may be one."""

    keep_id: int
    keep_name: str
    other_id: int
    other_name: str
    why: Message


@dataclass(frozen=True)
class Preview:
    """What a merge would do."""

    entity: Entity
    keep_id: int
    sides: tuple[Side, ...]
    """The kept record first."""
    lines: tuple[Line, ...]
    moved: Mapping[str, int] = field(default_factory=dict)
    """Table -> rows that will point at the kept record."""
    left: Mapping[str, int] = field(default_factory=dict)
    """Table -> rows that go to the recycle bin with their record, since the kept one has such a one itself."""
    twins: tuple[Twins, ...] = ()
    obstacles: tuple[Message, ...] = ()
    """Why it cannot be done."""

    @property
    def versions(self) -> dict[int, int]:
        """Return the versions that were looked at, for `merge`."""
        return {side.record_id: side.version for side in self.sides}

    def values(self, choices: Mapping[str, int | None] | None = None) -> dict[str, Any]:
        """Return the typed values of the kept record for the chosen records by field; the rest as proposed."""
        chosen = {line.name: line.source for line in self.lines} | dict(choices or {})
        found = {}
        for line in self.lines:
            source = chosen[line.follows or line.name]
            found[line.name] = line.proposed if source is None else line.values[source]
        return found


def preview(uow: UnitOfWork, entity: Entity, keep_id: int, other_ids: Sequence[int]) -> Preview:
    """Return what merging records into one of them would do.

    Filled beats blank, what was changed later beats what was changed earlier, long texts are put together; name,
    owner, code and standing stay those of the kept record. Raises Forbidden, NotFound, Refusal.
    """
    group = take(uow, entity, [keep_id, *other_ids])
    by_id = {record.id: record for record in group}
    others = [by_id[one] for one in dict.fromkeys(other_ids)]
    kept = by_id[keep_id]
    found = hanging.look(uow, entity, keep_id, [one.id for one in others])
    return Preview(
        entity,
        keep_id,
        _sides(uow, entity, [kept, *others]),
        lines(entity, kept, others),
        moved=found.moved_counts,
        left=found.left_counts,
        twins=twins(uow, keep_id, [one.id for one in others]) if entity.key == "customer" else (),
        obstacles=obstacles(entity, kept, others),
    )


def sides(uow: UnitOfWork, entity: Entity, ids: Sequence[int]) -> tuple[Side, ...]:
    """Return records that may be merged, in the order given. Raises Forbidden, NotFound, Refusal."""
    by_id = {record.id: record for record in take(uow, entity, ids)}
    return _sides(uow, entity, [by_id[one] for one in ids])


def _sides(uow: UnitOfWork, entity: Entity, group: Sequence[Any]) -> tuple[Side, ...]:
    owners = _owners(uow, group)
    return tuple(
        Side(one.id, str(getattr(one, entity.title)), owners.get(one.id), one.updated_at, one.version) for one in group
    )


def take(uow: UnitOfWork, entity: Entity, ids: Sequence[int], *, lock: bool = False) -> list[Any]:
    """Return the records of a merge, each of which the actor may merge and change. Raises what `records.get` does."""
    permissions.require(uow, f"{entity.key}.merge")
    wanted = sorted(set(ids))
    if len(wanted) != len(ids) or len(wanted) < 2:  # noqa: PLR2004 - one record is merged with another
        raise Refusal(N_("Choose at least two different records."))
    if len(wanted) > MOST:
        raise Refusal(N_("At most {most} records are merged at once."), most=MOST)
    for one in wanted:
        records.get(uow, entity, one, action="update")
    return [records.get(uow, entity, one, action="merge", lock=lock) for one in wanted]


def obstacles(entity: Entity, kept: Any, others: Sequence[Any]) -> tuple[Message, ...]:
    """Return why records cannot be merged."""
    if entity.model is not Lead:
        return ()
    converted = [one for one in others if one.converted_at is not None]
    if converted and kept.converted_at is None:
        return (Message(N_("“{name}” has been converted already. Keep that one."), {"name": converted[0].name}),)
    if {one.customer_id for one in converted} - {kept.customer_id}:
        return (Message(N_("These leads became different customers. Merge the customers first.")),)
    return ()


def _owners(uow: UnitOfWork, group: Sequence[Any]) -> dict[int, str]:
    owner_of = {one.id: one.owner_id for one in group if getattr(one, "owner_id", None) is not None}
    names = {
        row[0]: row[1]
        for row in uow.session.execute(select(User.id, User.name).where(User.id.in_(set(owner_of.values()))))
    }
    return {one: names[owner] for one, owner in owner_of.items() if owner in names}


# --- fields -------------------------------------------------------------------------------------------------


def is_blank(value: Any) -> bool:
    """Say whether a value says nothing. A "no" says nothing against a "yes"."""
    return value is None or value is False or value in ("", [], {}, ())


def _comparable(value: Any) -> Any:
    if isinstance(value, str):
        return " ".join(value.split())
    return tuple(value) if isinstance(value, list) else value


def lines(entity: Entity, kept: Any, others: Sequence[Any]) -> tuple[Line, ...]:
    """Return a line for each field that any of the records fills in."""
    group = [kept, *others]
    latest = sorted(group, key=lambda one: (one.updated_at, one is kept, one.id), reverse=True)
    found = []
    bound = _bound_by_currency(entity, group)
    for name in entity.writable:
        values = {one.id: getattr(one, name) for one in group}
        if all(is_blank(value) for value in values.values()):
            continue
        follows = "currency" if name in bound else None
        order = [kept, *latest] if _stays(entity, name) else latest
        if name == "currency" and bound:
            order = sorted(latest, key=lambda one: -sum(not is_blank(getattr(one, other)) for other in bound))
        if entity.fields[name].entity == entity.key:
            # Part of a company that goes into it: what points at one of the records itself falls away.
            values = {one: None if value in values else value for one, value in values.items()}
        found.append(_line(entity.fields[name], values, [one.id for one in order], follows))
    return tuple(found)


def _stays(entity: Entity, name: str) -> bool:
    return name == entity.title or name in _OF_KEPT


def _line(field_: Field, values: Mapping[int, Any], order: Sequence[int], follows: str | None) -> Line:
    filled = [one for one in order if not is_blank(values[one])]
    source = filled[0] if filled else order[0]
    if field_.kind == "long_text" and len(filled) > 1:
        texts = list(dict.fromkeys(_comparable(values[one]) for one in filled))
        parts = [values[one].strip() for one in filled]
        whole = "\n\n".join(
            part
            for place, part in enumerate(parts)
            if not any(part in other for other in parts[:place])
            and not any(part in other and part != other for other in parts[place:])
        )
        if len(texts) > 1 and len(whole) <= (field_.max_length or len(whole)):
            return Line(field_.name, values, whole, None, follows)
    first = values[source]
    if isinstance(first, tuple):  # several choices, of which none is lost
        chosen = several.kept(item for one in filled for item in values[one])
        return Line(field_.name, values, chosen, None if chosen != first else source, follows)
    if isinstance(first, list):
        union = list(dict.fromkeys(item for one in filled for item in values[one]))
        return Line(field_.name, values, union, None if union != first else source, follows)
    return Line(field_.name, values, first, source, follows)


def _bound_by_currency(entity: Entity, group: Sequence[Any]) -> frozenset[str]:
    """Return the amounts that go together with their currency, since the records count in different ones."""
    amounts = [name for name in entity.writable if entity.fields[name].kind == "money"]
    counting = {one.currency for one in group if any(not is_blank(getattr(one, name)) for name in amounts)}
    return frozenset(amounts) if len(counting) > 1 else frozenset()


# --- people -------------------------------------------------------------------------------------------------


def twins(uow: UnitOfWork, keep_id: int, other_ids: Sequence[int]) -> tuple[Twins, ...]:
    """Return pairs of contacts of the customers that share an e-mail address, a telephone or a name."""
    permissions.require(uow, "customer.merge")
    if not uow.actor.may("contact.merge"):
        return ()
    rows = uow.session.execute(
        select(Contact.id, Contact.customer_id, Contact.name, Contact.email_key, Contact.phone_key, Contact.name_key)
        .where(Contact.customer_id.in_([keep_id, *other_ids]), Contact.deleted_at.is_(None))
        .order_by(Contact.customer_id != keep_id, Contact.id)
        .limit(2_000)
    ).all()
    by_key: dict[tuple[str, str], Any] = {}
    found: dict[int, Twins] = {}
    why = (
        ("email_key", N_("the same e-mail address")),
        ("phone_key", N_("the same telephone number")),
        ("name_key", N_("the same name")),
    )
    for row in rows:
        for name, words in why:
            key = (name, getattr(row, name) or "")
            first = by_key.setdefault(key, row) if key[1] else row
            if first.customer_id != row.customer_id and row.id not in found and first.id not in found:
                found[row.id] = Twins(first.id, first.name, row.id, row.name, Message(words))
    return tuple(found.values())

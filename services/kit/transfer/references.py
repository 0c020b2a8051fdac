"""References: turn what a file says about another record (id, code, name) into its id, by set queries.

Only what the actor may read is found; what is out of scope and what does not exist get the same answer.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, false, func, or_, select, true

from db.models import Customer, Stage, User
from db.normal import domain_key
from db.types import N_
from services.kit import permissions
from services.kit.actor import Reach
from services.kit.entity import ENTITIES, Entity, model_of
from services.kit.errors import Message
from services.kit.fields import Field
from services.kit.rules import is_below
from services.kit.transfer.cells import written_as
from services.kit.transfer.drafts import Draft
from services.kit.transfer.intake import intake_of
from services.kit.transfer.mapping import Mapped
from services.kit.unit_of_work import UnitOfWork
from services.kit.words import compared, spellings

CHUNK: Final = 500
_SMALL: Final = 2_000
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,17}")
_STAGES: Final = {"won": {"closedwon", "赢单", "成交"}, "lost": {"closedlost", "丢单", "输单"}}
"""What other systems call the stages at the end, in compared form."""
_SEVERAL: Final = 3
"""So many people nobody knows are no slip of the pen."""
BY_DOMAIN: Final = "@"
"""What a customer is written with who is only supposed by the domain of a mail address."""
_DOMAIN: Final = re.compile(r"(?:https?://|@)?(?:[\w-]+\.)+[A-Za-z]{2,}/?")


def makeable(entity: Entity) -> list[Field]:
    """Return the references whose records an import may make from their name alone: customers."""
    fields = [entity.fields[name] for name in entity.writable]
    return [field for field in fields if field.entity == "customer" and entity.key != "customer"]


def resolve(
    uow: UnitOfWork,
    entity: Entity,
    drafts: Sequence[Draft],
    *,
    create_missing: bool = False,
    lenient: Container[str] = (),
) -> None:
    """Put the ids of named records into the drafts' values, or say at the field why there is none.

    What is to be made stays in `written`: names of the same entity that stand in the file itself, and with
    `create_missing` customers nobody has. Fields that are `lenient` stay blank where nobody is called that.
    """
    may_wait = {field.name for field in makeable(entity)} if create_missing else set()
    names = {name for draft in drafts for name in draft.written}
    for name in sorted(names):
        field = entity.fields[name]
        concerned = [draft for draft in drafts if name in draft.written]
        known = candidates(uow, entity, field, {written_as(draft.written[name]) for draft in concerned})
        in_file = _titles(entity, drafts) if field.entity == entity.key else set()
        for draft in concerned:
            is_guess = written_as(draft.written[name]).startswith(BY_DOMAIN)
            if (is_guess or name in lenient) and not known.get(written_as(draft.written[name])):
                del draft.written[name]
            elif name not in may_wait or known.get(written_as(draft.written[name])):
                _settle(uow, entity, field, draft, known, in_file)


def _titles(entity: Entity, drafts: Sequence[Draft]) -> set[str]:
    return {str(draft.values[entity.title]).casefold() for draft in drafts if draft.values.get(entity.title)}


def _settle(
    uow: UnitOfWork, entity: Entity, field: Field, draft: Draft, known: dict[str, list[int]], in_file: set[str]
) -> None:
    name = field.name
    written = written_as(draft.written[name])
    found: Sequence[int] = known.get(written, [])
    narrow = intake_of(entity.key).narrow
    if len(found) > 1 and narrow:
        found = narrow(uow, name, found, draft.values)
    if len(found) == 1:
        draft.values[name] = found[0]
        del draft.written[name]
    elif not found and written.casefold() in in_file:
        if written.casefold() == str(draft.values.get(entity.title, "")).casefold():
            draft.wrong[name] = Message(N_("A record cannot be part of itself."))
    else:
        draft.wrong[name] = missing(field, written) if not found else several(written, len(found))


def missing(field: Field, written: str) -> Message:
    """Say that nobody, as far as the actor may see, is called that."""
    target = ENTITIES.get(field.entity or "")
    return Message(
        N_("There is no {entity} “{value}”, or you may not see it."),
        {"entity": target.one if target else field.label, "value": written},
    )


def several(written: str, count: int) -> Message:
    """Say that a name is not enough."""
    return Message(
        N_("There are {count} records named “{value}”. Give the code or the id instead."),
        {"value": written, "count": count},
    )


def candidates(uow: UnitOfWork, entity: Entity, field: Field, written: Iterable[str]) -> dict[str, list[int]]:
    """Return the ids that each text may mean: by code or another match field, by title, by id, by domain."""
    wanted = sorted(set(written))
    model: Any = model_of(field.entity or "")
    target = ENTITIES.get(field.entity or "")
    criteria = criteria_of(uow, entity, field)
    title = title_of(field)
    if target is not None and target.fields[title].translated:
        return _translated(uow, model, title, criteria, wanted)
    columns = [*(name for name in (target.match if target else ()) if name != title), title]
    found: dict[str, list[int]] = {}
    for name in columns:
        left = [one for one in wanted if one not in found]
        found |= _by_column(uow, model, getattr(model, name), criteria, left)
    # 007 is somebody's code and not the record with the number 7.
    left = [one for one in wanted if one not in found and _NUMBER.fullmatch(one)]
    for start in range(0, len(left), CHUNK):
        ids = [int(one) for one in left[start : start + CHUNK]]
        rows = uow.session.execute(select(model.id).where(model.id.in_(ids), *criteria)).scalars()
        found |= {str(one): [one] for one in rows}
    if field.entity == "customer":
        found |= _by_domain(uow, criteria, [one for one in wanted if one not in found])
    return found


def is_domain(written: str) -> bool:
    """Say whether a text is the domain of a company, or the address of its page."""
    return bool(_DOMAIN.fullmatch(written) and domain_key(written))


def _by_domain(uow: UnitOfWork, criteria: list[ColumnElement[bool]], wanted: Sequence[str]) -> dict[str, list[int]]:
    """Find customers by the domain of their website, as other systems' exports name them."""
    keys: dict[str, list[str]] = {}
    for one in wanted:
        if _DOMAIN.fullmatch(one) and (key := domain_key(one)):
            keys.setdefault(key, []).append(one)
    found: dict[str, list[int]] = {}
    listed = sorted(keys)
    for start in range(0, len(listed), CHUNK):
        some = listed[start : start + CHUNK]
        rows = uow.session.execute(
            select(Customer.id, Customer.domain_key).where(Customer.domain_key.in_(some), *criteria)
        )
        for record_id, key in rows:
            for one in keys[str(key)]:
                found.setdefault(one, []).append(record_id)
    return found


def are_strangers(mapped: Mapped, name: str, written: Collection[str], known: Mapping[str, Sequence[int]]) -> bool:
    """Say whether a column of owners, recognised by itself, names several people and none of ours.

    They are the people of another system, and the column is then left out instead of every row being refused.
    """
    is_owner = name == "owner_id" and name in mapped.supposed
    return is_owner and len(written) >= _SEVERAL and not any(known.get(one) for one in written)


def strangers_note(mapped: Mapped, name: str, count: int) -> Message:
    """Tell that a column of owners was left out."""
    text = N_("“{column}” names {count} people, none of whom we know: it is not imported.")
    return Message(text, {"column": mapped.heading(name), "count": count})


def title_of(field: Field) -> str:
    """Return the column by which the records that a reference points to are named."""
    target = ENTITIES.get(field.entity or "")
    return target.title if target else "name"


def criteria_of(uow: UnitOfWork, entity: Entity, field: Field) -> list[ColumnElement[bool]]:
    """Return what a record must be for a file of `entity` to name it in a field."""
    model: Any = model_of(field.entity or "")
    return [model.deleted_at.is_(None), _scope(uow, entity, field, ENTITIES.get(field.entity or ""))]


def _scope(uow: UnitOfWork, entity: Entity, field: Field, target: Entity | None) -> ColumnElement[bool]:
    if field.name == "owner_id" and entity.is_owned:
        return assignable(uow, entity)
    if target is None:
        return true()
    is_part = is_below(entity, field.name, target)
    return permissions.extending(uow, target) if is_part else permissions.scope(uow, target)


def assignable(uow: UnitOfWork, entity: Entity) -> ColumnElement[bool]:
    """Return the criterion of the people to whom the actor may give imported records: the lesser of two reaches."""
    actor = uow.actor
    reach = min(actor.reach(f"{entity.key}.assign"), actor.reach(f"{entity.key}.import"))
    rules = [User.id == actor.user_id if actor.user_id is not None else false()]
    if reach is Reach.ALL:
        rules.append(true())
    elif reach is Reach.TREE:
        rules.append(User.team_id.in_(sorted(actor.tree_ids)))
    elif reach is Reach.TEAM and actor.team_id is not None:
        rules.append(User.team_id == actor.team_id)
    return User.is_active & or_(*rules)


def _translated(
    uow: UnitOfWork, model: Any, title: str, criteria: list[ColumnElement[bool]], wanted: Sequence[str]
) -> dict[str, list[int]]:
    """Find records whose names are translated on the screen: few, so all are looked through."""
    by_word: dict[str, list[int]] = {}
    rows = uow.session.execute(
        select(model.id, getattr(model, title)).where(*criteria).order_by(model.id).limit(_SMALL)
    )
    for record_id, name in rows:
        for word in {compared(one) for one in spellings(name)}:
            by_word.setdefault(word, []).append(record_id)
    found = {one: by_word[compared(one)] for one in wanted if compared(one) in by_word}
    for kind, said in _STAGES.items() if model is Stage else ():
        left = [one for one in wanted if one not in found and compared(one) in said]
        if left:
            ids = list(uow.session.execute(select(Stage.id).where(Stage.kind == kind, *criteria)).scalars())
            found |= dict.fromkeys(left, ids) if ids else {}
    return found


def _by_column(
    uow: UnitOfWork, model: Any, column: Any, criteria: list[ColumnElement[bool]], wanted: Sequence[str]
) -> dict[str, list[int]]:
    """Find by the exact text first, which an index serves, then whatever the case."""
    found: dict[str, list[int]] = {}
    for start in range(0, len(wanted), CHUNK):
        some = wanted[start : start + CHUNK]
        for record_id, value in uow.session.execute(select(model.id, column).where(column.in_(some), *criteria)):
            found.setdefault(str(value), []).append(record_id)
    left: dict[str, list[str]] = {}
    for one in wanted:
        if one not in found and one.lower() != one.upper():  # without letters there is no case
            left.setdefault(one.casefold(), []).append(one)
    lowered = sorted(left)
    for start in range(0, len(lowered), CHUNK):
        some = lowered[start : start + CHUNK]
        rows = uow.session.execute(select(model.id, column).where(func.lower(column).in_(some), *criteria))
        for record_id, value in rows:
            for one in left.get(str(value).casefold(), ()):
                found.setdefault(one, []).append(record_id)
    return found

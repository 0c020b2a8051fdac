"""Handing over: customers or leads to somebody else with what is to go along; all that a leaver has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, or_, select, update

from db.models import Contract, Customer, Lead, Opportunity, User
from db.types import N_
from services import collaborators, ownership
from services.kit import audit, permissions, quotas, standing
from services.kit.actor import Reach
from services.kit.entity import ENTITIES
from services.kit.errors import Forbidden, Invalid, Message, NotFound
from services.kit.unit_of_work import UnitOfWork
from services.ownership import NOT_FOUND, Held, Result

KINDS: Final[Mapping[str, Any]] = {"customer": Customer, "lead": Lead}
ALONG: Final[Mapping[str, str]] = {
    "opportunity": N_("Open opportunities"),
    "lead": N_("Open leads of the same company"),
    "contract": N_("Contracts not yet completed"),
    "next_step": N_("Next steps"),
}
"""What may go along with a customer, as far as it is its former owner's; contacts follow their customer anyhow."""
MOST: Final = 1_000


@dataclass(frozen=True)
class Choice:
    """To whom, and what goes along."""

    to_ids: tuple[int, ...]
    """More than one: dealt out in turn, in the order of names."""
    along: frozenset[str] = frozenset(ALONG)
    reason: str | None = None
    stays_until: date | None = None
    """The former owner stays as a collaborator until that day, if `stays`."""
    stays: bool = False
    stays_writing: bool = False


@dataclass(frozen=True)
class Preview:
    """What a handing over would move: how many records, and how many of each kind could go along."""

    records: int
    along: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Estate:
    """What a person has: how many of each kind would be handed over."""

    user_id: int
    name: str
    counts: Mapping[str, int]


def preview(uow: UnitOfWork, key: str, ids: Sequence[int]) -> Preview:
    """Return what handing records over would move. At most five queries. Raises Forbidden."""
    permissions.require(uow, f"{key}.assign")
    model, entity = KINDS[key], ENTITIES[key]
    rows = uow.session.execute(
        select(model.id, model.owner_id, model.next_step_on).where(
            model.id.in_(list(ids)[:MOST]), model.deleted_at.is_(None), permissions.scope(uow, entity, "assign")
        )
    ).all()
    along = {"next_step": sum(row.next_step_on is not None for row in rows)}
    if key == "customer":
        found = [row.id for row in rows]
        for name in ("opportunity", "lead", "contract"):
            along[name] = _count(uow, _linked(name, found))
    return Preview(len(rows), along)


def transfer(uow: UnitOfWork, key: str, ids: Sequence[int], choice: Choice) -> list[Result]:
    """Hand customers or leads to others, with what is chosen to go along; a result for each, in the order given.

    A full quota refuses its row, not the others. Raises Forbidden, Invalid for people one may not give to.
    """
    permissions.require(uow, f"{key}.assign")
    if key not in KINDS:
        raise Forbidden(f"{key}.assign")
    people = _people(uow, key, choice.to_ids)
    entity = ENTITIES[key]
    wanted = list(dict.fromkeys(ids))[:MOST]
    held = ownership.hold(uow, entity, wanted, permissions.scope(uow, entity, "assign"))
    rooms = quotas.rooms(uow, key, people)
    left = {one: rooms[one].left for one in rooms}
    shared = quotas.teams_sharing(uow, key)
    found: dict[int, Message | None] = {}
    parts: dict[int, list[Held]] = {one: [] for one in people}
    turn = 0
    for one in wanted:
        row = held.get(one)
        if row is None or not row.is_live:
            found[one] = NOT_FOUND
            continue
        to = list(people)[turn % len(people)]
        if row.owner_id == to:
            found[one] = Message(N_("{name} owns it."), {"name": people[to][0]})
            turn += len(people) > 1
            continue
        if to in left and left[to] <= 0:
            found[one] = rooms[to].message
            turn += len(people) > 1
            continue
        for other in {to}.union(*(team for team in shared.values() if to in team)) & set(left):
            left[other] -= 1
        found[one] = None
        parts[to].append(row)
        turn += 1
    for to, rows in parts.items():
        went = set(_hand(uow, key, rows, (to, people[to][1]), choice))
        found |= {row.id: NOT_FOUND for row in rows if row.id not in went}
    return [Result(one, held[one].title if one in held else "", found[one]) for one in wanted]


def estate(uow: UnitOfWork, user_id: int) -> Estate:
    """Return what a person has, for handing it all over. Raises Forbidden, NotFound."""
    permissions.require(uow, "customer.assign")
    person = _leaver(uow, user_id)
    counts = {key: _count(uow, _owned(key, user_id)) for key in ("customer", "lead", "opportunity", "contract")}
    return Estate(person.id, person.name, counts)


def hand_over(uow: UnitOfWork, from_id: int, to_ids: Sequence[int], *, reason: str | None = None) -> dict[str, int]:
    """Hand all that a person has to others, dealt out in turn; returns how many of each kind went.

    Customers take their open opportunities and contracts along, then open leads and the rest of both follow. What a
    quota leaves no room for stays, and is not counted. Raises Forbidden, NotFound, Invalid.
    """
    permissions.require(uow, "customer.assign")
    permissions.require(uow, "lead.assign")
    _leaver(uow, from_id)
    if from_id in to_ids:
        raise Invalid({"to_ids": Message(N_("Choose somebody else."))})
    people = _people(uow, "customer", to_ids)
    before = estate(uow, from_id).counts
    for key in ("customer", "lead"):
        choice = Choice(tuple(to_ids), frozenset({"opportunity", "contract", "next_step"}), reason)
        last = 0
        while True:
            model = KINDS[key]
            ids = (
                uow.session.execute(
                    select(model.id).where(_owned(key, from_id), model.id > last).order_by(model.id).limit(MOST)
                )
                .scalars()
                .all()
            )
            if not ids:
                break
            last = ids[-1]
            transfer(uow, key, ids, choice)
    for key in ("opportunity", "contract"):
        _deal_out(uow, key, from_id, people)
    after = estate(uow, from_id).counts
    return {key: before[key] - after[key] for key in before}


# --- inside -------------------------------------------------------------------------------------------------


def _people(uow: UnitOfWork, key: str, ids: Sequence[int]) -> dict[int, tuple[str, int | None]]:
    """Return name and team of those who are given to, by name; refuse whom the actor may not give to."""
    reach = uow.actor.reach(f"{key}.assign")
    wanted = [User.id.in_(list(ids)), User.is_active, User.deleted_at.is_(None)]
    if reach is not Reach.ALL:
        wanted.append(or_(User.team_id.in_(sorted(uow.actor.tree_ids)), User.id == uow.actor.user_id))
    rows = uow.session.execute(select(User.id, User.name, User.team_id, User.role).where(*wanted).order_by(User.name))
    found = {row.id: (row.name, row.team_id) for row in rows if f"{key}.update" in permissions.grants_of(row.role)}
    if not ids or set(ids) - set(found):
        raise Invalid({"to_ids": Message(N_("Choose people you may give this to."))})
    return found


def _leaver(uow: UnitOfWork, user_id: int) -> Any:
    reach = uow.actor.reach("customer.assign")
    wanted = [User.id == user_id]
    if reach is not Reach.ALL:
        wanted.append(User.team_id.in_(sorted(uow.actor.tree_ids)))
    person = uow.session.execute(select(User.id, User.name).where(*wanted)).first()
    if person is None:
        raise NotFound
    return person


def _hand(uow: UnitOfWork, key: str, rows: Sequence[Held], to: tuple[int, int | None], choice: Choice) -> list[int]:
    """Hand held records to one person with what goes along; returns those that went."""
    entity, model = ENTITIES[key], KINDS[key]
    went: list[int] = []
    for owner_id in sorted({row.owner_id or 0 for row in rows}):
        mine = [row for row in rows if (row.owner_id or 0) == owner_id]
        kind = "transferred" if owner_id else "assigned"
        gone = ownership.hand(uow, entity, mine, kind=kind, to=to, reason=choice.reason)
        went += gone
        if not gone or not owner_id:
            continue
        if key == "customer":
            for name in ("opportunity", "lead", "contract"):
                if name in choice.along:
                    _give_linked(uow, name, gone, owner_id, to, choice)
            if choice.stays:
                terms = {"can_write": choice.stays_writing, "until_on": choice.stays_until, "reason": choice.reason}
                for one in gone:
                    collaborators.keep(uow, one, owner_id, terms)
        if "next_step" not in choice.along:
            _drop_next_steps(uow, model, gone)
    return went


def _drop_next_steps(uow: UnitOfWork, model: Any, ids: Sequence[int]) -> None:
    planned = (model.id.in_(ids), model.next_step_on.is_not(None))
    before = {
        row[0]: [row[1], row[2]]
        for row in uow.session.execute(select(model.id, model.next_step_on, model.next_step).where(*planned))
    }
    if not before:
        return
    uow.session.execute(
        update(model)
        .where(model.id.in_(before))
        .values(next_step_on=None, next_step=None, version=model.version + 1)
        .execution_options(synchronize_session=False)
    )
    names = ["next_step_on", "next_step"]
    values = dict.fromkeys(names)
    audit.note(
        uow, model.__tablename__, "bulk_update", None, count=len(before), values=values, names=names, before=before
    )


def _give_linked(
    uow: UnitOfWork, name: str, ids: Sequence[int], from_id: int, to: tuple[int, int | None], choice: Choice
) -> None:
    model: Any = {"opportunity": Opportunity, "lead": Lead, "contract": Contract}[name]
    found = uow.session.execute(select(model.id).where(_linked(name, ids), model.owner_id == from_id)).scalars().all()
    if name == "lead" and found:
        rows = list(ownership.hold(uow, ENTITIES["lead"], found).values())
        ownership.hand(uow, ENTITIES["lead"], rows, kind="transferred", to=to, reason=choice.reason)
    elif found:
        _set_owner(uow, model, found, to)


def _linked(name: str, customer_ids: Sequence[int]) -> ColumnElement[bool]:
    """Return the criterion of what hangs on customers, still open, whoever owns it."""
    if name == "opportunity":
        still = or_(Opportunity.stage_id.is_(None), Opportunity.stage_id.in_(standing.stages("open")))
        return Opportunity.customer_id.in_(customer_ids) & Opportunity.deleted_at.is_(None) & still
    if name == "contract":
        still = Contract.stage.not_in(("completed", "void"))
        return Contract.customer_id.in_(customer_ids) & Contract.deleted_at.is_(None) & still
    same = select(Customer.name_key).where(Customer.id.in_(customer_ids), Customer.name_key.is_not(None))
    return Lead.company_key.in_(same) & (Lead.company_key != "") & standing.counted(Lead)


def _owned(key: str, user_id: int) -> ColumnElement[bool]:
    """Return the criterion of what of one kind a person still has to work on."""
    if key in KINDS:
        return and_(KINDS[key].owner_id == user_id, standing.counted(KINDS[key]))
    if key == "opportunity":
        still = or_(Opportunity.stage_id.is_(None), Opportunity.stage_id.in_(standing.stages("open")))
        return (Opportunity.owner_id == user_id) & Opportunity.deleted_at.is_(None) & still
    return (Contract.owner_id == user_id) & Contract.deleted_at.is_(None) & Contract.stage.not_in(("completed", "void"))


def _count(uow: UnitOfWork, criterion: ColumnElement[bool]) -> int:
    return int(uow.session.execute(select(func.count()).where(criterion)).scalar_one())


def _deal_out(uow: UnitOfWork, key: str, from_id: int, people: Mapping[int, tuple[str, int | None]]) -> None:
    """Deal what is left of one kind out in turn."""
    model: Any = {"opportunity": Opportunity, "contract": Contract}[key]
    ids = uow.session.execute(select(model.id).where(_owned(key, from_id)).order_by(model.id)).scalars().all()
    for turn, to in enumerate(people):
        _set_owner(uow, model, ids[turn :: len(people)], (to, people[to][1]))


def _set_owner(uow: UnitOfWork, model: Any, ids: Sequence[int], to: tuple[int, int | None]) -> None:
    """Set the owner of opportunities or contracts by one statement, with one audit entry."""
    for start in range(0, len(ids), ownership.CHUNK):
        some = list(ids[start : start + ownership.CHUNK])
        before = {
            row[0]: [row[1], row[2]]
            for row in uow.session.execute(
                select(model.id, model.owner_id, model.team_id).where(model.id.in_(some)).with_for_update(of=model)
            )
        }
        values = {"owner_id": to[0], "team_id": to[1]}
        uow.session.execute(
            update(model)
            .where(model.id.in_(some))
            .values(**values, version=model.version + 1, updated_at=uow.now, updated_by_id=uow.actor.user_id)
            .execution_options(synchronize_session=False)
        )
        names = list(values)
        audit.note(
            uow, model.__tablename__, "bulk_update", None, count=len(some), values=values, names=names, before=before
        )

"""Every cell of matrix.csv is tried through the services, on both databases.

Who may, may; who may not, cannot tell what is there from what is not.

The table is written by hand; nothing in it comes from the code that decides. Each cell is tried in a unit of work of
its own that is thrown away, so that no cell sees what another did.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from db.models import Collaborator
from services import collaborators, duplicates, imports, jobs, merging, ownership, pools, timeline
from services.activities import ACTIVITY
from services.competitors import COMPETITOR
from services.contacts import CONTACT
from services.contracts import CONTRACT
from services.customers import CUSTOMER
from services.kit import query, records
from services.kit.actor import Actor
from services.kit.entity import ENTITIES, Entity
from services.kit.errors import Forbidden, NotFound, Refusal
from services.kit.query import Query
from services.kit.transfer import exporting
from services.kit.unit_of_work import UnitOfWork
from services.leads import LEAD, convert
from services.opportunities import OPPORTUNITY
from services.power_map.edges import INFLUENCE, connect
from services.profiles import PROFILE
from tests.factories import World
from tests.pools.making import Member, pool, set_columns

TABLE = list(csv.DictReader((Path(__file__).parent / "matrix.csv").open(encoding="utf-8")))
ROLES = [name for name in TABLE[0] if name not in ("entity", "action", "relation")]
CHILDREN = {one.key: one for one in (CONTACT, OPPORTUNITY, ACTIVITY, CONTRACT, PROFILE, INFLUENCE)}


class Leak(Exception):  # noqa: N818 - what it is
    """Two doors to the same thing answer differently."""


class ThrownAway(Exception):  # noqa: N818 - no error
    """Ends a unit of work without keeping it."""


@dataclass
class Scene:
    """One reader of a role among colleagues, with a record in every relation to them."""

    world: World
    actor: Actor
    colleague: Actor
    records: dict[tuple[str, str], Any]
    spare: dict[str, Any]
    """Another record of the entity and relation, to merge with."""


def scene(world: World, role: str) -> Scene:  # noqa: C901 - one relation after the other
    """Make colleagues in every relation, and a record of each kind with each of them."""
    team = world.team()
    below, elsewhere = world.team(parent_id=team.id), world.team()
    actor = world.actor(role, team_id=team.id)
    owners = {
        "own": actor,
        "team": world.actor("sales", team_id=team.id),
        "sub-team": world.actor("sales", team_id=below.id),
        "other team": world.actor("sales", team_id=elsewhere.id),
    }
    closed = {
        key: pool(world, name=f"Closed {key}", kind=key, members=[Member(user_id=owners["other team"].user_id)])
        for key in ("customer", "lead")
    }
    opened = {key: pool(world, name=f"Open {key}", kind=key) for key in ("customer", "lead")}
    found: dict[tuple[str, str], Any] = {}
    spare: dict[str, Any] = {}

    def made(entity: Entity, relation: str) -> Any:
        make = world.customer if entity is CUSTOMER else world.lead
        record = make()
        owner = owners.get(relation) or (owners["own"] if relation == "deleted" else None)
        if "help" in relation:
            owner = owners["other team"]
        if owner is not None:
            set_columns(world, entity.model, record.id, owner_id=owner.user_id, team_id=owner.team_id, pool_id=None)
        else:
            lies_in = (closed if relation == "pooled elsewhere" else opened)[entity.key]
            set_columns(world, entity.model, record.id, pool_id=lies_in.id)
        return record

    relations = {row["relation"] for row in TABLE if row["entity"] in ("lead", "customer")} - {"-"}
    for entity in (LEAD, CUSTOMER):
        for relation in sorted(relations):
            if entity is LEAD and "help" in relation:
                continue
            record = made(entity, relation)
            found[entity.key, relation] = record
            spare[f"{entity.key} {relation}"] = made(entity, relation)
            if entity is CUSTOMER:
                _children(world, found, relation, record)
                for one in (record, spare[f"customer {relation}"]):
                    if "help" in relation:
                        _help(world, one, actor, relation)
            if relation == "deleted":
                world.do(records.delete, entity, record.id)
    return Scene(world, actor, owners["team"], found, spare)


def _children(world: World, found: dict[tuple[str, str], Any], relation: str, customer: Any) -> None:
    first, second = world.contact(customer), world.contact(customer)
    found["contact", relation] = first
    found["opportunity", relation] = world.opportunity(customer_id=customer.id)
    found["activity", relation] = world.activity(customer_id=customer.id)
    found["contract", relation] = world.contract(customer)
    found["profile", relation] = world.make(PROFILE, customer_id=customer.id, kind="customer")
    found["influence", relation] = world.do(connect, first.id, second.id)


def _help(world: World, customer: Any, actor: Actor, relation: str) -> None:
    def share(uow: UnitOfWork) -> None:
        ended = uow.today.replace(year=uow.today.year - 1) if relation == "help ended" else None
        uow.session.add(
            Collaborator(
                customer_id=customer.id,
                user_id=actor.user_id,
                can_write="write" in relation or relation == "help ended",
                until_on=ended,
            )
        )

    world.do(share)


# --- how each action is tried -------------------------------------------------------------------------------

Try = Callable[[UnitOfWork, Scene, Entity, Any, str], bool]


def _done(uow: UnitOfWork, verb: Callable[..., Any], *args: Any, **kwargs: Any) -> bool:
    """Say whether a verb went through; a refusal other than of right is a fault of the scene."""
    with suppress(Forbidden, NotFound):
        verb(uow, *args, **kwargs)
        return True
    return False


def _update(uow: UnitOfWork, _scene: Scene, entity: Entity, record: Any, _relation: str) -> bool:
    given: dict[str, dict[str, Any]] = {
        "influence": {"strength": 3},
        "activity": {"summary": "Changed"},
        "opportunity": {"name": "Changed"},
        "contract": {"name": "Changed"},
        "profile": {"note": "Changed"},
    }
    asked = given.get(entity.key, {"notes": "Changed"})
    values = {name: value for name, value in asked.items() if name in entity.fields} or {"updated": None}
    return _done(uow, entity.verb("update"), record.id, values)


def _listed(uow: UnitOfWork, _scene: Scene, entity: Entity, record: Any, _relation: str) -> bool:
    try:
        return record.id in query.page(uow, entity, Query(limit=200)).ids
    except Forbidden:
        return False


def _read(uow: UnitOfWork, scene: Scene, entity: Entity, record: Any, relation: str) -> bool:
    got = _done(uow, records.get, entity, record.id)
    if got != _listed(uow, scene, entity, record, relation):
        raise Leak("the list and the record differ")
    return got


def _count(uow: UnitOfWork, _scene: Scene, entity: Entity, record: Any, _relation: str) -> bool:
    try:
        return query.count(uow, entity, Query(filters=(query.Filter("id", "in", (record.id,)),))) == 1
    except Forbidden:
        return False


def _search(uow: UnitOfWork, _scene: Scene, entity: Entity, record: Any, _relation: str) -> bool:
    try:
        return record.id in query.page(uow, entity, Query(search=getattr(record, entity.title), limit=200)).ids
    except Forbidden:
        return False


def _pick(uow: UnitOfWork, _scene: Scene, entity: Entity, record: Any, _relation: str) -> bool:
    offered = {one for one, _title in query.options(uow, entity.key, search=getattr(record, entity.title))}
    if (record.id in offered) != (record.id in query.known_titles(uow, entity.key, [record.id])):
        raise Leak("the picker and the titles of an address differ")
    return record.id in offered


def _export(uow: UnitOfWork, _scene: Scene, entity: Entity, record: Any, _relation: str) -> bool:
    target = BytesIO()
    if not _done(uow, exporting.export, entity, target, file_format="csv"):
        return False
    lines = target.getvalue().decode("utf-8-sig").splitlines()
    return any(str(getattr(record, entity.title)) in line.split(",") for line in lines)


def _merge(uow: UnitOfWork, scene: Scene, entity: Entity, record: Any, relation: str) -> bool:
    return _done(uow, merging.merge, entity, record.id, [scene.spare[f"{entity.key} {relation}"].id])


def _result(verb: Callable[..., Any], *args: Any, **kwargs: Any) -> bool:
    try:
        (result,) = verb(*args, **kwargs)
    except (Forbidden, NotFound):
        return False
    return bool(result.is_done)


def _history(uow: UnitOfWork, _scene: Scene, entity: Entity, record: Any, _relation: str) -> bool:
    seen = _done(uow, ownership.history, entity, record.id)
    if entity is CUSTOMER:
        told = _done(uow, timeline.timeline, record.id) and bool(timeline.timeline(uow, record.id).rows)
        if told and not seen:
            raise Leak("the timeline tells of what the history refuses")
    return seen


def _create_under(uow: UnitOfWork, scene: Scene, entity: Entity, _record: Any, relation: str) -> bool:
    customer = scene.records["customer", relation]
    values: dict[str, dict[str, Any]] = {
        "contact": {"name": "New", "customer_id": customer.id},
        "opportunity": {"name": "New", "customer_id": customer.id},
        "activity": {"kind": "call", "summary": "New", "happened_at": uow.now, "customer_id": customer.id},
        "contract": {"name": "New", "customer_id": customer.id, "amount": 100},
        "profile": {"customer_id": customer.id, "kind": "competitor", "competitor_id": scene.spare["competitor"].id},
    }
    try:
        if entity is INFLUENCE:
            edge = scene.records["influence", relation]
            return _done(uow, connect, edge.to_id, edge.from_id)
        return _done(uow, entity.verb("create"), values[entity.key])
    except Refusal as refusal:
        # Foreign parents are told at the field, as if they were not there.
        # What is seen is told of: to be claimed first, or not theirs to add to.
        is_told = relation == "pooled" and "public pool" in str(refusal)
        is_told |= relation == "helped to read" and "only read it" in str(refusal)
        if not (is_told or _is_missing(refusal)):
            raise
        return False


def _is_missing(refusal: Any) -> bool:
    told = " ".join(str(one) for one in getattr(refusal, "fields", {}).values())
    return "There is no such record" in told


DOORS: dict[str, Try] = {
    "read": _read,
    "count": _count,
    "search": _search,
    "pick": _pick,
    "export": _export,
    "update": _update,
    "delete": lambda uow, _s, entity, record, _r: _done(uow, entity.verb("delete"), record.id),
    "restore": lambda uow, _s, entity, record, _r: _done(uow, entity.verb("restore"), record.id),
    "assign": lambda uow, s, entity, record, _r: _done(
        uow, entity.verb("update"), record.id, {"owner_id": s.colleague.user_id}
    ),
    "convert": lambda uow, _s, _e, record, _r: _done(uow, convert, record.id),
    "merge": _merge,
    "claim": lambda uow, _s, entity, record, _r: _result(pools.claim, uow, entity.key, [record.id]),
    "release": lambda uow, _s, entity, record, _r: _result(pools.release, uow, entity.key, [record.id], "Too far"),
    "lock": lambda uow, _s, entity, record, _r: _done(uow, pools.set_locked, entity.key, [record.id], is_locked=True),
    "share": lambda uow, s, _e, record, _r: _done(
        uow, collaborators.share, record.id, _third(uow, s, record), can_write=False
    ),
    "own history": _history,
    "create under": _create_under,
}


def _third(_uow: UnitOfWork, scene: Scene, _record: Any) -> int:
    third = scene.spare.get("third")
    assert third is not None
    return int(third.user_id)


@contextmanager
def thrown_away(world: World, actor: Actor) -> Iterator[UnitOfWork]:
    """Yield a unit of work of which nothing is kept."""
    with suppress(ThrownAway), world.database.write(actor) as uow:
        yield uow
        raise ThrownAway


@pytest.mark.parametrize("role", ROLES)
def test_who_may_do_what_to_which_record(world: World, role: str) -> None:
    stage = scene(world, role)
    stage.spare["third"] = world.actor("sales")
    stage.spare["competitor"] = world.make(COMPETITOR, name="Rival")
    wrong = []
    for row in TABLE:
        if row["relation"] == "-":
            continue
        entity = ENTITIES[row["entity"]]
        record = stage.records[row["entity"], row["relation"]]
        with thrown_away(world, stage.actor) as uow:
            cell = f"{row['entity']} {row['action']} {row['relation']}: {role}"
            try:
                answer = DOORS[row["action"]](uow, stage, entity, record, row["relation"])
            except (Leak, Refusal) as fault:
                wrong.append(f"{cell}: {fault}")
            else:
                if answer != (row[role] == "yes"):
                    wrong.append(f"{cell} {'can' if answer else 'cannot'}")
    assert not wrong, "\n".join(wrong)


MADE: dict[str, dict[str, Any]] = {
    "lead": {"name": "New", "company": "New"},
    "customer": {"name": "New"},
    "grading_rule": {"field": "email", "operator": "filled", "points": 5},
    "custom_field": {"entity": "lead", "kind": "text", "label_en": "Colour"},
    "pool": {"name": "New"},
    "quota": {"kind": "customer", "at_most": 5},
    "competitor": {"name": "New"},
    "profile_question": {"code": "new", "section": "Business", "wording": "What is new?"},
}


def _by_role(uow: UnitOfWork, world: Office, key: str, action: str) -> bool:
    if key == "job":
        return _done(uow, jobs.states)
    if key == "duplicates":
        return _done(uow, duplicates.scan, "customer")
    entity = ENTITIES[key]
    if action == "read":
        return _done(uow, query.count, entity)
    if action == "create":
        return _done(uow, entity.verb("create"), MADE[key])
    if action == "import":
        return _done(uow, imports.bring, entity, b"Name\nNew\n", "new.csv", folder=Path(world.tmp))
    record = world.made[key]
    if action == "delete":
        return _done(uow, entity.verb("delete"), record.id)
    name, value = next(iter(CHANGED[key].items()))
    return _done(uow, entity.verb("update"), record.id, {name: value})


CHANGED: dict[str, dict[str, Any]] = {
    "grading_rule": {"points": 6},
    "custom_field": {"label_en": "Hue"},
    "pool": {"warning_days": 3},
    "quota": {"at_most": 6},
    "competitor": {"name": "Newer"},
    "profile_question": {"wording": "What is newer?"},
}


@dataclass
class Office:
    """What only a role decides about, one of each."""

    world: World
    made: dict[str, Any]
    tmp: Path


@pytest.mark.parametrize("role", ROLES)
def test_what_a_role_may_at_all(world: World, role: str, tmp_path: Path) -> None:
    actor = world.actor(role, team_id=world.team().id)
    other = {
        "competitor": {"name": "Old"},
        "pool": {"name": "Old"},
        "custom_field": {**MADE["custom_field"], "label_en": "Size"},
        "profile_question": {**MADE["profile_question"], "code": "old"},
        "quota": {**MADE["quota"], "team_id": world.team().id},
    }
    made = {key: world.do(ENTITIES[key].verb("create"), other.get(key, MADE[key])) for key in CHANGED}
    pool(world, name="Another")  # the last one of its kind stays
    office = Office(world, made, tmp_path)
    wrong = []
    for row in TABLE:
        if row["relation"] != "-":
            continue
        with thrown_away(world, actor) as uow:
            answer = _by_role(uow, office, row["entity"], row["action"])
            if answer != (row[role] == "yes"):
                wrong.append(f"{row['entity']} {row['action']}: {role} {'can' if answer else 'cannot'}")
    assert not wrong, "\n".join(wrong)


def test_every_row_of_the_table_is_tried() -> None:
    untried = {(row["entity"], row["action"]) for row in TABLE if row["relation"] != "-" and row["action"] not in DOORS}
    assert set() == untried


def test_the_table_says_yes_or_no_once_for_every_cell() -> None:
    keys = [(row["entity"], row["action"], row["relation"]) for row in TABLE]
    assert len(keys) == len(set(keys))
    assert {"yes", "no"} == {row[role] for row in TABLE for role in ROLES}

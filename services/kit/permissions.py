"""What each role may do, how far it reaches, and the criterion that a reach adds to every query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ColumnElement, Select, false, true

from services.kit import shared
from services.kit.actor import Actor, Reach
from services.kit.errors import Forbidden
from services.kit.scoping import AnyOf, Own, Owned, ScopeRule, Through

if TYPE_CHECKING:
    from services.kit.entity import Entity
    from services.kit.unit_of_work import UnitOfWork

KNOWN_TO_ALL: Final = frozenset({"user", "team"})
"""Colleagues and teams are known to everybody by name, in whatever role."""

_CRUD = "read create update delete restore"
_ALL = f"{_CRUD} export import"
_WORK = f"{_CRUD} export"

# Role -> entity -> (reach, actions). What is not listed is not allowed.
_GRANTS: Final[Mapping[str, Mapping[str, tuple[Reach, str]]]] = {
    "leader": {
        "lead": (Reach.ALL, f"{_ALL} convert assign merge claim release lock"),
        "grading_rule": (Reach.ALL, "read"),
        "customer": (Reach.ALL, f"{_ALL} assign merge claim release lock share"),
        "contact": (Reach.ALL, f"{_WORK} merge"),
        "influence": (Reach.ALL, _CRUD),
        "map_step": (Reach.ALL, _CRUD),
        "competitor": (Reach.ALL, _WORK),
        "profile": (Reach.ALL, f"{_WORK} publish"),
        "finding": (Reach.ALL, _CRUD),
        "profile_question": (Reach.ALL, "read"),
        "opportunity": (Reach.ALL, f"{_ALL} move assign"),
        "activity": (Reach.ALL, _WORK),
        "contract": (Reach.ALL, f"{_WORK} approve assign"),
        "instalment": (Reach.ALL, "read export"),
        "receipt": (Reach.ALL, "read export"),
        "product": (Reach.ALL, "read"),
        "pipeline": (Reach.ALL, "read"),
        "stage": (Reach.ALL, "read"),
        "pool": (Reach.ALL, "read"),
        "quota": (Reach.ALL, "read"),
        "plan": (Reach.ALL, f"{_WORK} weigh estimate decide freeze"),
        "user": (Reach.ALL, "read"),
        "recycle_bin": (Reach.ALL, "read"),
        "team": (Reach.ALL, "read"),
    },
    "sales_manager": {
        "lead": (Reach.TREE, f"{_ALL} convert assign merge claim release lock"),
        "customer": (Reach.TREE, f"{_ALL} assign merge claim release lock share"),
        "contact": (Reach.TREE, f"{_WORK} merge"),
        "influence": (Reach.TREE, _CRUD),
        "map_step": (Reach.TREE, _CRUD),
        "competitor": (Reach.ALL, "read create update"),
        "profile": (Reach.TREE, f"{_WORK} publish"),
        "finding": (Reach.TREE, _CRUD),
        "profile_question": (Reach.ALL, "read"),
        "opportunity": (Reach.TREE, f"{_ALL} move assign"),
        "activity": (Reach.TREE, _WORK),
        "contract": (Reach.TREE, f"{_WORK} approve assign"),
        "instalment": (Reach.TREE, "read create update delete export"),
        "receipt": (Reach.TREE, "read export"),
        "product": (Reach.ALL, "read"),
        "pipeline": (Reach.ALL, "read"),
        "stage": (Reach.ALL, "read"),
        "plan": (Reach.ALL, "read"),
        "user": (Reach.TREE, "read"),
        "recycle_bin": (Reach.ALL, "read"),
        "team": (Reach.ALL, "read"),
    },
    "sales": {
        "lead": (Reach.OWN, f"{_WORK} convert claim release"),
        "customer": (Reach.OWN, "read create update export claim release share"),
        "contact": (Reach.OWN, _WORK),
        "influence": (Reach.OWN, _CRUD),
        "map_step": (Reach.OWN, _CRUD),
        "competitor": (Reach.ALL, "read create"),
        "profile": (Reach.OWN, "read create update publish"),
        "finding": (Reach.OWN, "read create update"),
        "profile_question": (Reach.ALL, "read"),
        "opportunity": (Reach.OWN, "read create update export move"),
        "activity": (Reach.OWN, _CRUD),
        "contract": (Reach.OWN, "read create update"),
        "instalment": (Reach.OWN, "read create update"),
        "receipt": (Reach.OWN, "read"),
        "product": (Reach.ALL, "read"),
        "pipeline": (Reach.ALL, "read"),
        "stage": (Reach.ALL, "read"),
        "recycle_bin": (Reach.ALL, "read"),
        "team": (Reach.ALL, "read"),
    },
    "finance": {
        "customer": (Reach.ALL, "read export"),
        "contract": (Reach.ALL, "read export approve"),
        "instalment": (Reach.ALL, _WORK),
        "receipt": (Reach.ALL, f"{_ALL} allocate"),
        "product": (Reach.ALL, "read"),
        "recycle_bin": (Reach.ALL, "read"),
        "team": (Reach.ALL, "read"),
    },
    "viewer": {
        "customer": (Reach.ALL, "read"),
        "competitor": (Reach.ALL, "read"),
        "profile": (Reach.ALL, "read"),
        "finding": (Reach.ALL, "read"),
        "profile_question": (Reach.ALL, "read"),
        "opportunity": (Reach.ALL, "read"),
        "activity": (Reach.ALL, "read"),
        "contract": (Reach.ALL, "read"),
        "instalment": (Reach.ALL, "read"),
        "receipt": (Reach.ALL, "read"),
        "product": (Reach.ALL, "read"),
        "pipeline": (Reach.ALL, "read"),
        "stage": (Reach.ALL, "read"),
        "plan": (Reach.ALL, "read"),
        "team": (Reach.ALL, "read"),
    },
}

_ADMINISTRATOR: Final[Mapping[str, str]] = {
    "lead": f"{_ALL} convert assign merge claim release lock",
    "grading_rule": _CRUD,
    "customer": f"{_ALL} assign merge claim release lock share",
    "contact": f"{_ALL} merge",
    "influence": _CRUD,
    "map_step": _CRUD,
    "competitor": _ALL,
    "profile": f"{_WORK} publish",
    "finding": _CRUD,
    "profile_question": _CRUD,
    "opportunity": f"{_ALL} move assign",
    "activity": _WORK,
    "contract": f"{_ALL} approve assign",
    "instalment": _ALL,
    "receipt": f"{_ALL} allocate",
    "product": _ALL,
    "pipeline": _WORK,
    "stage": _WORK,
    "plan": f"{_WORK} weigh estimate decide freeze",
    "criteria_set": _CRUD,
    "pool": _CRUD,
    "quota": _CRUD,
    "user": f"{_ALL} reset_password end_sessions",
    "team": _WORK,
    "custom_field": "read create update",
    "audit_entry": "read",
    "recycle_bin": "read",
    "setting": "read update",
}


def grants_of(role: str) -> Mapping[str, Reach]:
    """Return the permissions of a role with their reach; an unknown role has none."""
    if role == "administrator":
        return {f"{entity}.{a}": Reach.ALL for entity, actions in _ADMINISTRATOR.items() for a in actions.split()}
    return {
        f"{entity}.{action}": reach
        for entity, (reach, actions) in _GRANTS.get(role, {}).items()
        for action in actions.split()
    }


def require(uow: UnitOfWork, permission: str) -> None:
    """Refuse unless the actor's role includes the permission."""
    if not uow.actor.may(permission):
        raise Forbidden(permission)


def scope(uow: UnitOfWork, entity: Entity, action: str = "read", *, is_row_by_row: bool = False) -> ColumnElement[bool]:
    """Return the criterion under which the actor may do `action` to rows of `entity`.

    It is part of every query of the entity: lists, counts, pickers, search, exports, charts. Of few rows that are
    known by their keys it is asked row by row: for them nobody's parents are gathered.
    """
    return _scope(uow, entity, uow.actor.reach(f"{entity.key}.{action}"), action, is_row_by_row=is_row_by_row)


def _scope(
    uow: UnitOfWork, entity: Entity, reach: Reach, action: str, *, is_row_by_row: bool = True
) -> ColumnElement[bool]:
    if reach is Reach.NONE:
        return false()
    if reach is Reach.ALL or entity.scope is None:
        return true()
    return entity.scope(_seeing(uow, action, is_row_by_row=is_row_by_row), reach)


def _seeing(uow: UnitOfWork, action: str, *, is_row_by_row: bool = False) -> Actor:
    return replace(uow.actor, day=uow.today, action=action, pools=lambda: uow.pool_ids, is_row_by_row=is_row_by_row)


def extending(uow: UnitOfWork, entity: Entity) -> ColumnElement[bool]:
    """Return the criterion of the records on which the actor may hang new ones: a contact on a customer, say.

    As far as they read, but neither on what lies in a pool, which is claimed first, nor as a collaborator who reads.
    """
    return _scope(uow, entity, uow.actor.reach(f"{entity.key}.read"), shared.EXTENDING)


def keys(uow: UnitOfWork, entity: Entity, *, parents: int | None = None) -> list[Select[Any]]:
    """Return selects of the keys of the live rows that the actor may read through a parent, each along one index.

    Empty where the criterion is enough: all are seen, or none, or each for its own sake.
    """
    found = _through(uow, entity)
    return found[0].keys(found[1], found[2], parents) if found else []


def own_keys(uow: UnitOfWork, entity: Entity) -> list[Select[Any]]:
    """Return selects of the keys of the live rows that the actor reads for their own sake, each along one index."""
    rule, reach = entity.scope, uow.actor.reach(f"{entity.key}.read")
    if reach in (Reach.NONE, Reach.ALL) or not isinstance(rule, Owned):
        return []
    return rule.keys(_seeing(uow, "read"), reach)


def above(uow: UnitOfWork, entity: Entity, *, is_deep: bool = False) -> list[Select[Any]]:
    """Return selects of the keys of the parents through which the actor reads rows; empty as `keys` is.

    If deep, of all ancestors: also of the customers through whose contracts receipts are read.
    """
    found = _through(uow, entity)
    return found[0].above(found[1], found[2], is_deep=is_deep) if found else []


def _through(uow: UnitOfWork, entity: Entity) -> tuple[Any, Actor, Reach] | None:
    rule, reach = entity.scope, uow.actor.reach(f"{entity.key}.read")
    if reach in (Reach.NONE, Reach.ALL) or not isinstance(rule, Through | AnyOf):
        return None
    return rule, _seeing(uow, "read"), reach


def owned(model: Any, *, pool: bool = False, helped: bool = False) -> ScopeRule:
    """Return the rule of a table with owner and team.

    `pool` adds what lies in the pools of which one is a member, `helped` the customers on which one collaborates.
    """
    return Owned(model, pool, helped)


def own(model: Any) -> ScopeRule:
    """Return the rule of a table whose rows are seen by whoever made them, however far the role reaches."""
    return Own(model)


def through(parent: Any, parent_rule: ScopeRule, link: Any) -> ScopeRule:
    """Return the rule of a table whose rows are seen by whoever may see their parent."""
    return Through(parent, parent_rule, link)


def any_of(*rules: ScopeRule) -> ScopeRule:
    """Return the rule of a table that is seen for any of several reasons."""
    return AnyOf(rules)

"""Users: who may sign in, in which role and team."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, false, func, or_, select
from sqlalchemy import update as sql_update

from db.models import User, UserSession
from db.models.user import LANGUAGES
from db.types import N_
from services import teams
from services.kit import permissions, records
from services.kit.actor import Actor, Reach
from services.kit.entity import Entity, Section
from services.kit.errors import Invalid, Message, NotFound, Refusal
from services.kit.unit_of_work import UnitOfWork


def _seen(actor: Actor, reach: Reach) -> ColumnElement[bool]:
    """Return the criterion of the users an actor reaches: oneself, and the people of one's teams."""
    if reach is Reach.NONE:
        return false()
    if reach is Reach.TREE:
        return or_(User.id == actor.user_id, User.team_id.in_(sorted(actor.tree_ids)))
    if reach is Reach.TEAM and actor.team_id is not None:
        return or_(User.id == actor.user_id, User.team_id == actor.team_id)
    return User.id == actor.user_id


USER = Entity(
    model=User,
    module=__name__,
    one=N_("User"),
    many=N_("Users"),
    grid=("name", "login", "role", "team_id", "is_active", "updated_at"),
    form=(
        Section(N_("Basic facts"), ("name", "login", "email", "language")),
        Section(N_("Place in the company"), ("role", "team_id", "reports_to_id", "is_active")),
    ),
    filters=("role", "team_id", "is_active"),
    match=("login", "email"),
    sort="name",
    descending=False,
    scope=_seen,
    page="users",
)


def normal_login(written: str) -> str:
    """Return a sign-in name as it is compared: NFKC, case folded, without space around it."""
    return unicodedata.normalize("NFKC", written).casefold().strip()


def create(uow: UnitOfWork, values: Mapping[str, Any]) -> User:
    """Make a user without a password; nobody signs in until one is set. Raises Forbidden, Invalid."""
    return records.create(uow, USER, _normal(values))  # type: ignore[no-any-return]


def update(uow: UnitOfWork, user_id: int, values: Mapping[str, Any], *, version: int | None = None) -> User:
    """Change a user; a new role, sign-in name or state signs them out on every device.

    Raises Forbidden, NotFound, Invalid, Conflict, and Refusal when nobody would be left to administer.
    """
    before = records.get(uow, USER, user_id, action="update", lock=True)
    was = (before.role, before.is_active, before.login)
    user = records.update(uow, USER, user_id, _normal(values), version=version)
    if (user.role, user.is_active, user.login) != was:
        _refuse_locking_out(uow, user, was)
        raise_version(uow, user.id)
    return user  # type: ignore[no-any-return]


def bulk_update(uow: UnitOfWork, ids: Sequence[int], values: Mapping[str, Any]) -> int:
    """Change several users, each as `update` does: a role set in bulk ends sessions as well. Returns how many."""
    for user_id in sorted(set(ids)):
        update(uow, user_id, values)
    return len(set(ids))


def disable(uow: UnitOfWork, user_id: int) -> User:
    """Keep a user from signing in and end their sessions; their records stay. Raises as `update` does."""
    return update(uow, user_id, {"is_active": False})


def enable(uow: UnitOfWork, user_id: int) -> User:
    """Let a disabled user sign in again, with the password they had. Raises as `update` does."""
    return update(uow, user_id, {"is_active": True})


def delete(uow: UnitOfWork, user_id: int, *, version: int | None = None) -> None:
    """Put a user into the recycle bin and end their sessions. Raises as `update` does."""
    user = records.get(uow, USER, user_id, action="delete", lock=True)
    records.delete(uow, USER, user_id, version=version)
    _refuse_locking_out(uow, user, (user.role, user.is_active, user.login))
    raise_version(uow, user_id)


def set_language(uow: UnitOfWork, language: str) -> None:
    """Keep the language in which the actor reads. Raises Invalid."""
    if language not in LANGUAGES:
        raise Invalid({"language": Message(N_("“{value}” is not one of the choices."), {"value": language})})
    user = uow.session.get(User, uow.actor.user_id) if uow.actor.user_id else None
    if user is None:
        raise NotFound
    user.language = language


def raise_version(uow: UnitOfWork, user_id: int) -> None:
    """Raise a user's token version and end their sessions: every token so far is refused from now on."""
    uow.session.execute(
        sql_update(User)
        .where(User.id == user_id)
        .values(token_version=User.token_version + 1)
        .execution_options(synchronize_session=False)
    )
    uow.session.execute(
        sql_update(UserSession)
        .where(UserSession.user_id == user_id, UserSession.revoked_at.is_(None))
        .values(revoked_at=uow.now)
        .execution_options(synchronize_session=False)
    )


def actor_of(uow: UnitOfWork, user: User) -> Actor:
    """Return the actor that a user is, with the reach of the role and the teams below."""
    grants = permissions.grants_of(user.role)
    # Asked at every rerun: only a role that reaches a tree costs the second query.
    reaches_tree = Reach.TREE in grants.values()
    return Actor(
        user_id=user.id,
        name=user.name,
        role=user.role,
        grants=grants,
        team_id=user.team_id,
        tree_ids=teams.tree_below(teams.parents(uow), user.team_id) if reaches_tree else frozenset(),
        language=user.language,
    )


def actor_by_login(uow: UnitOfWork, login: str) -> Actor | None:
    """Return the actor of an active user by sign-in name, for the command line and tests."""
    user = uow.session.execute(
        select(User).where(User.login == login, User.is_active, User.deleted_at.is_(None))
    ).scalar_one_or_none()
    return actor_of(uow, user) if user else None


def _normal(values: Mapping[str, Any]) -> dict[str, Any]:
    login = values.get("login")
    return {**values, "login": normal_login(login)} if isinstance(login, str) else dict(values)


def _refuse_locking_out(uow: UnitOfWork, user: User, was: tuple[str, bool, str]) -> None:
    """Refuse a change after which no active administrator is left, or that hits the actor."""
    role, was_active, _login = was
    is_less = user.role != role or (was_active and not user.is_active) or user.deleted_at is not None
    if is_less and user.id == uow.actor.user_id:
        raise Refusal(N_("You cannot take your own role or access away. Ask another administrator."))
    if role != "administrator" or not was_active:
        return
    left = uow.session.execute(
        select(func.count())
        .select_from(User)
        .where(User.role == "administrator", User.is_active, User.deleted_at.is_(None))
    ).scalar_one()
    if left == 0:
        raise Refusal(N_("This is the last administrator. Make somebody else administrator first."))

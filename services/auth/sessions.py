"""Signed-in devices: a ticket becomes a token, a token becomes an actor, until it ends.

Only SHA-256 digests of tickets and tokens are stored. A session ends by itself (idle, absolute), by its owner,
by an administrator, and with every other of its user when the user's token version is raised.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, cast

from sqlalchemy import CursorResult, bindparam, select
from sqlalchemy import update as sql_update

from db.models import Setting, User, UserSession
from db.types import N_
from services.kit import audit, custom, permissions, records
from services.kit.actor import Actor
from services.kit.entity import ENTITIES
from services.kit.errors import NotFound, Refusal
from services.kit.unit_of_work import UnitOfWork
from services.users import actor_of, raise_version

TICKET_SECONDS: Final = 30
_LONGEST_TOKEN: Final = 100
_TOUCHED_EVERY: Final = timedelta(minutes=1)

_ALIVE: Final = (
    UserSession.revoked_at.is_(None),
    UserSession.expires_at > bindparam("now"),
    UserSession.last_seen_at > bindparam("used_since"),
    UserSession.token_version == User.token_version,
    User.is_active,
    User.deleted_at.is_(None),
)
"""Criteria of a live session, joined to its user."""
# Put together once: asked at every rerun, it took longer to write than to answer.
_WHO: Final = (
    select(
        User.id,
        User.name,
        User.role,
        User.team_id,
        User.language,
        User.must_change_password,
        UserSession.id.label("session_id"),
        UserSession.last_seen_at,
        # Which fields an administrator has added: known to the whole run by the look it takes anyhow.
        select(Setting.value).where(Setting.key == custom.SETTING).scalar_subquery().label("fields_token"),
    )
    .join(User, User.id == UserSession.user_id)
    .where(UserSession.token_hash == bindparam("digest"), *_ALIVE)
)


class SignedOut(Refusal):
    """The session has ended: by its owner, an administrator, a change of password or role, or time."""

    def __init__(self) -> None:
        """Say what happened and what to do."""
        super().__init__(N_("You are signed out; nothing was saved. Sign in again and repeat the last step."))


@dataclass(frozen=True)
class SignedIn:
    """A live session and who it is."""

    session_id: int
    actor: Actor
    must_change_password: bool
    is_due: bool
    """Its last use was written long enough ago to be written again (`touch`)."""
    fields_token: str | None = None
    """Of the fields that an administrator has added (services/kit/custom.py)."""


@dataclass(frozen=True)
class Device:
    """A session as its owner sees it."""

    session_id: int
    device: str
    created_at: datetime
    last_seen_at: datetime
    is_this: bool


def digest(secret: str) -> str:
    """Return what is stored of a ticket or token. They are random, so one round of SHA-256 is enough."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def issue_ticket(uow: UnitOfWork, user_id: int, token_version: int, device: str) -> str:
    """Begin a session; return the single-use ticket that becomes its token within 30 seconds."""
    ticket = secrets.token_urlsafe(32)
    session = UserSession(
        user_id=user_id,
        ticket_hash=digest(ticket),
        ticket_until=uow.now + timedelta(seconds=TICKET_SECONDS),
        token_version=token_version,
        created_at=uow.now,
        last_seen_at=uow.now,
        expires_at=uow.now + timedelta(hours=uow.settings.session_hours),
        device=device[:200],
    )
    uow.session.add(session)
    uow.session.flush()
    return ticket


def redeem(uow: UnitOfWork, ticket: str) -> str:
    """Return the token for a ticket. Raises SignedOut for one that is unknown, used or more than 30 s old."""
    token = secrets.token_urlsafe(32)
    if not 0 < len(ticket) <= _LONGEST_TOKEN:
        raise SignedOut
    changed = uow.session.execute(
        sql_update(UserSession)
        .where(
            UserSession.ticket_hash == digest(ticket),
            UserSession.ticket_until > uow.now,
            UserSession.token_hash.is_(None),
            UserSession.revoked_at.is_(None),
        )
        .values(token_hash=digest(token), ticket_hash=None, ticket_until=None, last_seen_at=uow.now)
        .execution_options(synchronize_session=False)
    )
    if cast("CursorResult[Any]", changed).rowcount != 1:
        raise SignedOut
    return token


def resolve(uow: UnitOfWork, token: str | None) -> SignedIn | None:
    """Return who a token is, or None when its session has ended. One query, two for a role that reaches a tree."""
    if not token or len(token) > _LONGEST_TOKEN:
        return None
    row = uow.session.execute(_WHO, {"digest": digest(token), **_moments(uow)}).one_or_none()
    if row is None:
        return None
    return SignedIn(
        session_id=row.session_id,
        actor=actor_of(uow, cast("User", row)),
        must_change_password=row.must_change_password,
        is_due=row.last_seen_at + _TOUCHED_EVERY <= uow.now,
        fields_token=custom.plain_token(row.fields_token),
    )


def touch(uow: UnitOfWork, session_id: int) -> None:
    """Write that a session is in use, so that its idle time begins anew."""
    uow.session.execute(
        sql_update(UserSession)
        .where(UserSession.id == session_id, UserSession.revoked_at.is_(None))
        .values(last_seen_at=uow.now)
        .execution_options(synchronize_session=False)
    )


def devices(uow: UnitOfWork, user_id: int | None = None, *, current: int | None = None) -> list[Device]:
    """Return where a user is signed in, last used first; the actor's own by default.

    Raises Forbidden and NotFound for another user, unless the actor may end sessions there.
    """
    user_id = _answerable(uow, user_id)
    rows = uow.session.execute(
        select(UserSession)
        .join(User, User.id == UserSession.user_id)
        .where(UserSession.user_id == user_id, UserSession.token_hash.is_not(None), *_ALIVE)
        .order_by(UserSession.last_seen_at.desc(), UserSession.id.desc()),
        _moments(uow),
    ).scalars()
    return [Device(row.id, row.device, row.created_at, row.last_seen_at, row.id == current) for row in rows]


def end_device(uow: UnitOfWork, session_id: int) -> None:
    """End one session of one's own, or of a user whose sessions one may end. Raises Forbidden, NotFound."""
    session = uow.session.get(UserSession, session_id)
    if session is None:
        raise NotFound
    _answerable(uow, session.user_id)
    session.revoked_at = session.revoked_at or uow.now
    audit.note(uow, "user", "end_session", session.user_id, device=session.device)


def end_all(uow: UnitOfWork, user_id: int) -> None:
    """Sign a user out on every device. Raises Forbidden and NotFound for another user, unless permitted."""
    user_id = _answerable(uow, user_id)
    raise_version(uow, user_id)
    audit.note(uow, "user", "end_sessions", user_id)


def sign_out(uow: UnitOfWork) -> None:
    """Sign the actor out on every device."""
    if uow.actor.user_id is not None:
        raise_version(uow, uow.actor.user_id)
        audit.note(uow, "user", "sign_out", uow.actor.user_id)


def _moments(uow: UnitOfWork) -> dict[str, datetime]:
    """Return the parameters of `_ALIVE`."""
    return {"now": uow.now, "used_since": uow.now - timedelta(minutes=uow.settings.session_idle_minutes)}


def _answerable(uow: UnitOfWork, user_id: int | None) -> int:
    """Return the user whose sessions are asked for; refuse unless it is the actor, or the actor may end them."""
    if user_id is None or user_id == uow.actor.user_id:
        if uow.actor.user_id is None:
            raise NotFound
        return uow.actor.user_id
    permissions.require(uow, "user.end_sessions")
    return cast("int", records.get(uow, ENTITIES["user"], user_id, action="end_sessions").id)

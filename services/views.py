"""Saved views: a list as somebody likes to see it, kept for oneself or shared, one of them the first to open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from db.models import DefaultView, SavedView, User
from db.models.saved_view import AUDIENCES
from db.types import N_
from services.kit import audit, permissions
from services.kit.entity import Entity
from services.kit.errors import Conflict, Invalid, Message, NotFound, Refusal
from services.kit.unit_of_work import UnitOfWork

MOST: Final = 200
"""Views offered for a list."""
_LONGEST: Final = 60
_PARTS: Final = 100
_PART: Final = 2_000

Address = Mapping[str, Sequence[str]]
"""{parameter: values} as the list's address writes them, without the list's own prefix: q, sort, cols, f.<field>."""


@dataclass(frozen=True)
class View:
    """A saved view that the reader may open."""

    id: int
    name: str
    audience: str
    owner: str | None
    is_own: bool
    may_change: bool
    is_default: bool
    """The reader's list opens with it."""
    address: Address
    version: int


def views(uow: UnitOfWork, entity: Entity, list_key: str) -> list[View]:
    """Return the views of a list that the reader may open: one's own first, then by name."""
    permissions.require(uow, f"{entity.key}.read")
    view = SavedView
    rows = uow.session.execute(
        select(view, User.name, DefaultView.id)
        .outerjoin(User, User.id == view.owner_id)
        .outerjoin(DefaultView, and_(DefaultView.view_id == view.id, DefaultView.user_id == uow.actor.user_id))
        .where(view.list_key == list_key, view.deleted_at.is_(None), _visible(uow))
        .order_by(view.owner_id != uow.actor.user_id, view.name, view.id)
        .limit(MOST)
    )
    return [_shown(uow, one, owner, is_default=default is not None) for one, owner, default in rows]


def get(uow: UnitOfWork, entity: Entity, view_id: int) -> View:
    """Return one view the reader may open. Raises Forbidden, NotFound."""
    permissions.require(uow, f"{entity.key}.read")
    found = next((one for one in views(uow, entity, _one(uow, view_id).list_key) if one.id == view_id), None)
    if found is None:
        raise NotFound
    return found


def save(
    uow: UnitOfWork,
    entity: Entity,
    list_key: str,
    name: str,
    address: Address,
    *,
    audience: str = "me",
    is_default: bool = False,
) -> View:
    """Keep a list as it stands under a name. Raises Forbidden, Invalid."""
    permissions.require(uow, f"{entity.key}.read")
    user_id = _person(uow)
    view = SavedView(
        list_key=list_key,
        name=_named(uow, list_key, name),
        owner_id=user_id,
        address=_kept(address),
        **_shared(uow, audience),
    )
    uow.session.add(view)
    uow.session.flush()
    if is_default:
        set_default(uow, entity, list_key, view.id)
    return get(uow, entity, view.id)


def change(
    uow: UnitOfWork,
    entity: Entity,
    view_id: int,
    *,
    name: str | None = None,
    address: Address | None = None,
    audience: str | None = None,
    version: int | None = None,
) -> View:
    """Rename a view, share it, or let it ask for something else; what is not given stays.

    Raises Forbidden, NotFound, Invalid, and Conflict when somebody else has changed it since `version`.
    """
    permissions.require(uow, f"{entity.key}.read")
    view = _own(uow, view_id)
    if version is not None and view.version != version:
        raise Conflict(theirs={}, yours={}, version=view.version)
    if name is not None:
        view.name = _named(uow, view.list_key, name, but=view.id)
    if address is not None:
        view.address = _kept(address)
    if audience is not None and audience != view.audience:
        for column, value in _shared(uow, audience).items():
            setattr(view, column, value)
        if audience == "me":
            _forget(uow, view.id, but=view.owner_id)
    uow.session.flush()
    return get(uow, entity, view.id)


def remove(uow: UnitOfWork, entity: Entity, view_id: int) -> None:
    """Delete a view; whoever opened their list with it opens it bare again. Raises Forbidden, NotFound."""
    permissions.require(uow, f"{entity.key}.read")
    view = _own(uow, view_id)
    _forget(uow, view.id)
    view.deleted_at, view.deleted_in = uow.now, uow.reference
    uow.session.flush()


def set_default(uow: UnitOfWork, entity: Entity, list_key: str, view_id: int | None) -> None:
    """Let the actor's list open with a view; None opens it bare. Raises Forbidden, NotFound."""
    permissions.require(uow, f"{entity.key}.read")
    user_id = _person(uow)
    if view_id is not None and not any(one.id == view_id for one in views(uow, entity, list_key)):
        raise NotFound
    if view_id is None:
        own = (DefaultView.user_id == user_id, DefaultView.list_key == list_key)
        uow.session.execute(delete(DefaultView).where(*own))
    else:
        dialect = sqlite if uow.is_sqlite else postgresql
        chosen = dialect.insert(DefaultView).values(user_id=user_id, list_key=list_key, view_id=view_id)
        uow.session.execute(
            chosen.on_conflict_do_update(index_elements=["user_id", "list_key"], set_={"view_id": view_id})
        )
    audit.note(uow, "saved_view", "default", view_id, list_key=list_key)


# --- inside -------------------------------------------------------------------------------------------------


def _visible(uow: UnitOfWork) -> ColumnElement[bool]:
    """Return the criterion of views one may open: one's own, everybody's, those of one's team and of teams below."""
    actor, view = uow.actor, SavedView
    if actor.is_system:
        return or_(view.owner_id.is_not(None))
    teams = sorted({*actor.tree_ids, *([actor.team_id] if actor.team_id is not None else [])})
    return or_(
        view.owner_id == actor.user_id,
        view.audience == "all",
        and_(view.audience == "team", view.team_id.in_(teams)),
    )


def _shown(uow: UnitOfWork, view: SavedView, owner: str | None, *, is_default: bool) -> View:
    is_own = view.owner_id == uow.actor.user_id
    may_change = is_own or uow.actor.may("setting.update")
    return View(
        view.id, view.name, view.audience, owner, is_own, may_change, is_default, dict(view.address), view.version
    )


def _one(uow: UnitOfWork, view_id: int, *, lock: bool = False) -> SavedView:
    statement = select(SavedView).where(SavedView.id == view_id, SavedView.deleted_at.is_(None), _visible(uow))
    found = uow.session.execute(statement.with_for_update() if lock else statement).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


def _own(uow: UnitOfWork, view_id: int) -> SavedView:
    """Return a view that the actor may change: their own, or any shared one if they see to the settings."""
    view = _one(uow, view_id, lock=True)
    if view.owner_id != uow.actor.user_id:
        permissions.require(uow, "setting.update")
    return view


def _person(uow: UnitOfWork) -> int:
    if uow.actor.user_id is None:
        raise Refusal(N_("A view belongs to a person."))
    return uow.actor.user_id


def _named(uow: UnitOfWork, list_key: str, name: str, *, but: int | None = None) -> str:
    """Return a name one can tell from the others of one's own."""
    written = " ".join(name.split())
    if not written:
        raise Invalid({"name": Message(N_("Please fill this in."))})
    if len(written) > _LONGEST:
        raise Invalid(
            {
                "name": Message(
                    N_("At most {max} characters; this has {count}."), {"max": _LONGEST, "count": len(written)}
                )
            }
        )
    view = SavedView
    taken = select(view.id).where(
        view.list_key == list_key,
        view.name == written,
        view.owner_id == uow.actor.user_id,
        view.deleted_at.is_(None),
        view.id != (but or 0),
    )
    if uow.session.execute(taken).first() is not None:
        raise Invalid({"name": Message(N_("You have a view of this name already."))})
    return written


def _shared(uow: UnitOfWork, audience: str) -> dict[str, Any]:
    if audience not in AUDIENCES:
        raise Invalid({"audience": Message(N_("“{value}” is not one of the choices."), {"value": audience})})
    if audience == "team" and uow.actor.team_id is None:
        raise Invalid({"audience": Message(N_("You are in no team."))})
    return {"audience": audience, "team_id": uow.actor.team_id if audience == "team" else None}


def _kept(address: Address) -> dict[str, list[str]]:
    """Return an address as it is stored. Raises Refusal for one that no list writes."""
    kept = {name: [str(value) for value in values if value] for name, values in address.items()}
    kept = {name: values for name, values in kept.items() if values}
    parts = [part for name, values in kept.items() for part in (name, *values)]
    if len(parts) > _PARTS or any(len(part) > _PART for part in parts):
        raise Refusal(N_("This list asks for too much to be kept as a view."))
    return kept


def _forget(uow: UnitOfWork, view_id: int, *, but: int | None = None) -> None:
    """Let nobody's list open with a view any more, except its owner's."""
    gone = delete(DefaultView).where(DefaultView.view_id == view_id)
    uow.session.execute(gone if but is None else gone.where(DefaultView.user_id != but))

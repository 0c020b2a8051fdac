"""Giving records to somebody: who may, and for which team they count then."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select

from db.models import User
from db.types import N_
from services.kit import permissions
from services.kit.actor import Reach
from services.kit.entity import Entity
from services.kit.errors import Forbidden, Invalid, Message
from services.kit.unit_of_work import UnitOfWork


def refuse(uow: UnitOfWork, entity: Entity, found: Sequence[Any]) -> None:
    """Refuse to hand on what one may merely write in: a collaborator does not give the customer away, nor take it."""
    actor = uow.actor
    if not actor.may(f"{entity.key}.assign"):
        if any(one.owner_id not in (None, actor.user_id) for one in found):
            raise Forbidden(f"{entity.key}.assign")
        return
    model: Any = entity.model
    ids = [one.id for one in found if one.owner_id is not None]
    within = (model.id.in_(ids), permissions.scope(uow, entity, "assign"))
    if ids and uow.session.execute(select(func.count()).select_from(model).where(*within)).scalar_one() != len(ids):
        raise Forbidden(f"{entity.key}.assign")


def team_of(uow: UnitOfWork, entity: Entity, owner_id: int | None) -> int | None:
    """Return the team of the person who is to own records; refuse what the actor may not assign."""
    actor = uow.actor
    if owner_id == actor.user_id and owner_id is not None:
        return actor.team_id
    reach = actor.reach(f"{entity.key}.assign")
    if reach is Reach.NONE:
        raise Forbidden(f"{entity.key}.assign")
    if owner_id is None:
        return None
    owner = uow.session.execute(
        select(User.team_id).where(User.id == owner_id, User.deleted_at.is_(None), User.is_active)
    ).first()
    if owner is None or (reach is not Reach.ALL and owner.team_id not in actor.tree_ids):
        raise Invalid({"owner_id": Message(N_("There is no such record, or you may not see it."))})
    return owner.team_id  # type: ignore[no-any-return]

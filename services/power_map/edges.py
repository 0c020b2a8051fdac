"""Influence between two people of a customer, beside the line of command."""

from __future__ import annotations

from sqlalchemy import select

from db.models import Customer, Influence
from db.types import N_
from services import customers
from services.contacts import CONTACT
from services.kit import permissions, records
from services.kit.entity import Entity, Section
from services.kit.errors import Invalid, Message
from services.kit.unit_of_work import UnitOfWork


def _check(_uow: UnitOfWork, edge: Influence) -> dict[str, Message]:
    if edge.from_id == edge.to_id:
        return {"to_id": Message(N_("Choose two different people."))}
    return {}


INFLUENCE = Entity(
    model=Influence,
    module=__name__,
    one=N_("Line of influence"),
    many=N_("Influences"),
    grid=("from_id", "kind", "to_id", "strength"),
    form=(Section(N_("Line of influence"), ("customer_id", "from_id", "to_id", "kind", "strength")),),
    title="kind",
    scope=permissions.through(Customer, customers.REACHED, Influence.customer_id),
    check=_check,
)


def connect(uow: UnitOfWork, from_id: int, to_id: int, *, kind: str = "advises", strength: int = 2) -> Influence:
    """Say that one person has influence on another of the same customer; said again, the strength is set anew.

    Raises Forbidden, NotFound, Invalid.
    """
    permissions.require(uow, "influence.create")
    source = records.get(uow, CONTACT, from_id)
    target = records.get(uow, CONTACT, to_id)
    if source.customer_id != target.customer_id:
        raise Invalid({"to_id": Message(N_("Choose somebody at the same customer."))})
    known = uow.session.execute(
        select(Influence)
        .where(
            Influence.from_id == from_id,
            Influence.to_id == to_id,
            Influence.kind == kind,
            Influence.deleted_at.is_(None),
        )
        .with_for_update()
    ).scalar_one_or_none()
    if known is not None:
        return records.update(uow, INFLUENCE, known.id, {"strength": strength})  # type: ignore[no-any-return]
    values = {"customer_id": source.customer_id, "from_id": from_id, "to_id": to_id, "kind": kind}
    made: Influence = records.create(uow, INFLUENCE, {**values, "strength": strength})
    return made


def disconnect(uow: UnitOfWork, influence_id: int) -> None:
    """Take an influence off the map. Raises Forbidden, NotFound."""
    records.delete(uow, INFLUENCE, influence_id)

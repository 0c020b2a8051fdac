"""How a customer or lead stands, as criteria: won, being worked on, still open."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ColumnElement, and_, exists, or_, select

from db.models import Contract, Customer, Lead, Opportunity, Stage

WON_CONTRACTS: Final = ("approved", "in_force", "completed")
OPEN_LEADS: Final = ("new", "contacted", "nurturing", "qualified")


def stages(*kinds: str) -> Any:
    """Return a select of the ids of the stages of some kinds."""
    return select(Stage.id).where(Stage.kind.in_(kinds))


def won(model: Any) -> ColumnElement[bool]:
    """Return the criterion of a customer with a sale won or a contract approved; of a lead that was converted."""
    return or_(*sales(model))


def sales(model: Any) -> tuple[ColumnElement[bool], ...]:
    """Return the criteria each of which makes a customer or lead one that was won."""
    if model is Lead:
        return (Lead.converted_at.is_not(None),)
    return (
        exists().where(
            Opportunity.customer_id == model.id,
            Opportunity.deleted_at.is_(None),
            Opportunity.stage_id.in_(stages("won")),
        ),
        exists().where(
            Contract.customer_id == model.id, Contract.deleted_at.is_(None), Contract.stage.in_(WON_CONTRACTS)
        ),
    )


def open_opportunity(customer: Any = Customer) -> ColumnElement[bool]:
    """Return the criterion of a customer with an opportunity that is neither won nor lost nor void."""
    return exists().where(
        Opportunity.customer_id == customer.id,
        Opportunity.deleted_at.is_(None),
        or_(Opportunity.stage_id.is_(None), Opportunity.stage_id.in_(stages("open"))),
    )


def counted(model: Any) -> ColumnElement[bool]:
    """Return the criterion of what somebody still has to work on: any live customer, an open lead."""
    live: ColumnElement[bool] = model.deleted_at.is_(None)
    return and_(live, Lead.status.in_(OPEN_LEADS)) if model is Lead else live

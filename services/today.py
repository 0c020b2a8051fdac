"""Today: what waits for the actor, and nothing else.

Their own next steps and opportunities (owner), the money and contracts they may see (scope). Each list is
capped and says how many there are in all.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    and_,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
    type_coerce,
    union_all,
)

from db.models import Contract, Customer, Instalment, Lead, MapStep, Opportunity, Stage
from db.types import UtcDateTime
from services import pools, reminders
from services.collections.figures import SOON_DAYS, due
from services.contracts import CONTRACT
from services.customers import CUSTOMER
from services.kit import permissions
from services.kit.prepared import prepared
from services.kit.unit_of_work import UnitOfWork
from services.leads import LEAD, OPEN_STATUSES, untouched_since
from services.opportunities import OPPORTUNITY
from services.power_map.steps import MAP_STEP

MOST: Final = 8
"""Rows shown of each list."""
ENDING_DAYS: Final = 30
_NO_ROWS: Final = "no rows"
"""Stands for the statement of a list that the role does not include."""


@dataclass(frozen=True)
class Waiting:
    """One list: the first rows, and how many there are in all."""

    rows: Sequence[Any]
    """Named tuples: a handful, for which a frame would cost more than the question."""
    count: int


@dataclass(frozen=True)
class Today:
    """What waits. Fields of the rows: see the function that makes each."""

    next_steps: Waiting
    untouched: Waiting
    unplanned: Waiting
    opportunities: Waiting
    approvals: Waiting
    money: Waiting
    endings: Waiting
    returns: Waiting

    @property
    def is_clear(self) -> bool:
        """Say whether nothing waits."""
        return not any(one.count for one in vars(self).values())


def today(uow: UnitOfWork) -> Today:
    """Return what waits for the actor. At most twelve queries; a list the role does not include is empty."""
    untouched, unplanned = _leads(uow)
    return Today(
        next_steps=_next_steps(uow),
        untouched=untouched,
        unplanned=unplanned,
        opportunities=_opportunities(uow),
        approvals=_contracts(uow, "approve", None),
        money=_money(uow),
        endings=_contracts(uow, "read", uow.today),
        returns=_returns(uow),
    )


def _returns(uow: UnitOfWork) -> Waiting:
    """Return own customers and leads about to go back to a public pool: key, record_id, title, rule (pools.Return)."""
    if uow.actor.user_id is None or not (uow.actor.may("customer.release") or uow.actor.may("lead.release")):
        return _nothing()
    found = pools.warned(uow, limit=MOST)
    return Waiting(found.rows, found.count)


def _next_steps(uow: UnitOfWork) -> Waiting:
    """Return own leads, customers and steps on power maps that are due.

    Columns: entity, id, name, next_step_on, next_step, opens (whose page it is: the lead or the customer), days (late).
    """
    columns = ("entity", "id", "name", "next_step_on", "next_step", "opens")
    statement = prepared(uow, _select_next_steps, uow.today)
    return _nothing() if statement is _NO_ROWS else _waiting(uow, statement, columns, late="next_step_on")


def _select_next_steps(uow: UnitOfWork, today: date) -> Any:
    parts = []
    for entity, model, more in ((LEAD, Lead, Lead.status.in_(OPEN_STATUSES)), (CUSTOMER, Customer, None)):
        if not uow.actor.may(f"{entity.key}.read"):
            continue
        name = (Lead.company + literal(" · ") + Lead.name) if model is Lead else Customer.name
        statement = select(
            literal(entity.key).label("entity"),
            model.id,
            name.label("name"),
            model.next_step_on,
            model.next_step,
            model.id.label("opens"),
        ).where(
            model.owner_id == uow.actor.user_id,
            model.deleted_at.is_(None),
            model.next_step_on <= today,
            reminders.is_shown(uow, "next_step", model, today, model.next_step_on),
        )
        parts.append(statement.where(more) if more is not None else statement)
    if uow.actor.may("map_step.read"):
        parts.append(
            select(literal(MAP_STEP.key), MapStep.id, Customer.name, MapStep.due_on, MapStep.what, MapStep.customer_id)
            .join(Customer, Customer.id == MapStep.customer_id)
            .where(
                permissions.scope(uow, MAP_STEP),
                MapStep.owner_id == uow.actor.user_id,
                MapStep.deleted_at.is_(None),
                MapStep.done_on.is_(None),
                MapStep.due_on <= today,
            )
        )
    if not parts:
        return _NO_ROWS
    both = union_all(*parts).subquery()
    return select(both, func.count().over()).order_by(both.c.next_step_on, both.c.entity, both.c.id).limit(MOST)


def _leads(uow: UnitOfWork) -> tuple[Waiting, Waiting]:
    """Return own open leads that nobody has spoken to, and others without a next step: id, name, at.

    `at` is since when they wait, oldest first: received, or last spoken to. One query for both.
    """
    if not uow.actor.may("lead.read"):
        return _nothing(), _nothing()
    since = {"since": untouched_since(uow)}
    found = uow.session.execute(prepared(uow, _select_leads, uow.today), since).all()
    row = _row(("id", "name", "at"))
    of = {kind: [one for one in found if one.kind == kind] for kind in ("untouched", "unplanned")}
    both = [Waiting([row(*one[1:4]) for one in part], int(part[0][4]) if part else 0) for part in of.values()]
    return both[0], both[1]


def _select_leads(uow: UnitOfWork, today: date) -> Any:
    received = func.coalesce(Lead.received_at, Lead.created_at)
    is_untouched = and_(
        Lead.status == "new",
        Lead.last_activity_at.is_(None),
        Lead.next_step_on.is_(None),
        received <= bindparam("since", type_=UtcDateTime()),
    )
    kind = case((is_untouched, "untouched"), else_="unplanned")
    at = func.coalesce(Lead.last_activity_at, received)
    waiting = (
        select(
            kind.label("kind"),
            Lead.id,
            (Lead.company + literal(" · ") + Lead.name).label("name"),
            type_coerce(at, UtcDateTime()).label("at"),
            func.count().over(partition_by=kind).label("count"),
            func.row_number().over(partition_by=kind, order_by=(at, Lead.id)).label("place"),
        )
        .where(
            Lead.owner_id == uow.actor.user_id,
            Lead.deleted_at.is_(None),
            Lead.status.in_(OPEN_STATUSES),
            Lead.next_step_on.is_(None),
            or_(
                and_(is_untouched, reminders.is_shown(uow, "untouched", Lead, today)),
                and_(~is_untouched, reminders.is_shown(uow, "unplanned", Lead, today)),
            ),
        )
        .subquery()
    )
    return select(waiting).where(waiting.c.place <= MOST).order_by(waiting.c.kind, waiting.c.place)


def _opportunities(uow: UnitOfWork) -> Waiting:
    """Return own open opportunities past their close date or too long in their stage.

    Columns: id, name, stage (to be translated), amount, currency, close_on, stage_entered_at, days_allowed,
    days (past the close date; 0 when it only stalls).
    """
    columns = ("id", "name", "stage", "amount", "currency", "close_on", "stage_entered_at", "days_allowed")
    if not uow.actor.may("opportunity.read"):
        return _nothing()
    statement = (
        select(
            Opportunity.id,
            Opportunity.name,
            Stage.name,
            Opportunity.amount,
            Opportunity.currency,
            Opportunity.close_on,
            Opportunity.stage_entered_at,
            Stage.days_allowed,
            func.count().over(),
        )
        .join(Stage, Stage.id == Opportunity.stage_id)
        .where(
            permissions.scope(uow, OPPORTUNITY),
            Opportunity.owner_id == uow.actor.user_id,
            Opportunity.deleted_at.is_(None),
            Stage.kind == "open",
            or_(Opportunity.close_on < uow.today, *_stalled(uow)),
        )
        .order_by(Opportunity.close_on.is_(None), Opportunity.close_on, Opportunity.id)
        .limit(MOST)
    )
    return _waiting(uow, statement, columns, late="close_on")


def _stalled(uow: UnitOfWork) -> Sequence[ColumnElement[bool]]:
    """Return the criteria of having been in a stage longer than it allows, one for each allowance there is.

    Arithmetic of days differs between the databases; bounds worked out here do not.
    """
    allowed = uow.session.execute(
        select(Stage.days_allowed)
        .where(Stage.days_allowed.is_not(None), Stage.kind == "open", Stage.deleted_at.is_(None))
        .distinct()
    ).scalars()
    return [
        and_(Stage.days_allowed == days, Opportunity.stage_entered_at < uow.now - timedelta(days=days or 0))
        for days in allowed
    ]


def _money(uow: UnitOfWork) -> Waiting:
    """Return what is overdue or due within a week, oldest first.

    Columns: id, contract_id, number, customer, due_on, unpaid (minor units), currency, days (overdue).
    """
    columns = ("id", "contract_id", "number", "customer", "due_on", "unpaid", "currency")
    if not uow.actor.may("instalment.read"):
        return _nothing()
    statement = prepared(uow, _select_money, uow.today + timedelta(days=SOON_DAYS))
    return _waiting(uow, statement, columns, late="due_on")


def _select_money(uow: UnitOfWork, until: date) -> Any:
    return (
        select(
            Instalment.id,
            Instalment.contract_id,
            Contract.number,
            Customer.name,
            Instalment.due_on,
            Instalment.amount - Instalment.paid,
            Contract.currency,
            func.count().over(),
        )
        .join(Contract, Contract.id == Instalment.contract_id)
        .join(Customer, Customer.id == Contract.customer_id)
        .where(due(uow), Instalment.due_on <= until)
        .order_by(Instalment.due_on, Instalment.id)
        .limit(MOST)
    )


def _contracts(uow: UnitOfWork, action: str, ending_from: date | None) -> Waiting:
    """Return contracts the actor may do `action` to: those that wait for approval, or end soon after a day.

    Columns: id, number, name, customer, amount, currency, end_on.
    """
    columns = ("id", "number", "name", "customer", "amount", "currency", "end_on")
    if not uow.actor.may(f"contract.{action}"):
        return _nothing()
    return _waiting(uow, prepared(uow, _select_contracts, action, ending_from), columns)


def _select_contracts(uow: UnitOfWork, action: str, ending_from: date | None) -> Any:
    wanted: Any = Contract.stage == "in_approval"
    order: Any = Contract.updated_at
    if ending_from:
        order = Contract.end_on
        wanted = and_(
            Contract.stage.in_(("approved", "in_force")),
            Contract.end_on >= ending_from,
            Contract.end_on <= ending_from + timedelta(days=ENDING_DAYS),
        )
    return (
        select(
            Contract.id,
            Contract.number,
            Contract.name,
            Customer.name,
            Contract.amount,
            Contract.currency,
            Contract.end_on,
            func.count().over(),
        )
        .join(Customer, Customer.id == Contract.customer_id)
        .where(permissions.scope(uow, CONTRACT, action), Contract.deleted_at.is_(None), wanted)
        .order_by(order, Contract.id)
        .limit(MOST)
    )


def _waiting(uow: UnitOfWork, statement: Any, columns: tuple[str, ...], *, late: str | None = None) -> Waiting:
    """Run a statement whose last column is the count of all rows.

    `late` names the date of which the rows say in `days` how far it lies in the past, 0 if it does not.
    """
    found = uow.session.execute(statement).all()
    if late is None:
        row = _row(columns)
        return Waiting([row(*one[:-1]) for one in found], found[0][-1] if found else 0)
    row, place, today = _row((*columns, "days")), columns.index(late), uow.today
    rows = [row(*one[:-1], max((today - one[place]).days, 0) if one[place] else 0) for one in found]
    return Waiting(rows, found[0][-1] if found else 0)


@lru_cache(maxsize=16)
def _row(columns: tuple[str, ...]) -> Any:
    return namedtuple("Row", columns)  # noqa: PYI024 - the columns are data


def _nothing() -> Waiting:
    return Waiting((), 0)

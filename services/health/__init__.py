"""How a customer stands: value, payments, relationship, last contact or pool, profile, what is open.

The judgements are pure (value.py, credit.py, strip.py); what they judge is fetched by one query (facts.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from services.health import strip
from services.health.credit import Due, credit
from services.health.facts import Facts, facts
from services.health.strip import State
from services.health.value import Terms, Value, value
from services.kit import permissions
from services.kit.unit_of_work import UnitOfWork
from services.pools import Return
from services.power_map import Person
from services.power_map.standing import standing as how_we_stand

__all__ = ["Facts", "State", "facts", "states"]


def states(
    uow: UnitOfWork,
    customer: Any,
    found: Facts,
    *,
    is_reached: bool,
    returns: Return | None = None,
    terms: Mapping[str, Any] | None = None,
    contact_days: Sequence[int] = (30, 90),
) -> list[State]:
    """Return the states of a customer, at most six; only what its reader may see is judged. Asks nothing more.

    Who does not reach what hangs on it (`is_reached`) learns nothing of it. `returns`: it goes back to its pool
    soon, which then stands in the place of the last contact. `terms`: settings that differ from `value.Terms`.
    """
    permissions.require(uow, "customer.read")
    made: list[State] = []

    def may(key: str) -> bool:
        return is_reached and key in found.is_seen

    if may("contract"):
        made.append(strip.of_value(_value(uow, found.rows.get("order", ()), terms or {})))
    if may("instalment"):
        dues = [Due(row.day, row.until) for row in found.rows.get("due", ())]
        made.append(strip.of_credit(credit(dues, uow.today)))
    if may("contact"):
        made.append(strip.of_standing(how_we_stand([_person(row) for row in found.rows.get("person", ())])))
    if returns is not None:
        made.append(strip.of_return(returns))
    elif uow.actor.may("activity.read"):
        at = customer.last_activity_at
        last = at.astimezone(uow.settings.zone).date() if at else None
        made.append(strip.of_contact(last, uow.today, contact_days))
    if may("profile"):
        made.append(strip.of_profile(next((row.number for row in found.rows.get("profile", ())), None)))
    if may("opportunity"):
        sums = [strip.Open(row.currency, row.number, int(row.amount or 0)) for row in found.rows.get("open", ())]
        made.append(strip.of_open(sums))
    return made[: strip.MOST]


def _value(uow: UnitOfWork, orders: Sequence[Any], terms: Mapping[str, Any]) -> Value:
    zone, year_ago = uow.settings.zone, uow.today - timedelta(days=365)
    days = [row.day or row.until or row.at.astimezone(zone).date() for row in orders]
    revenue = sum(
        row.amount
        for row, day in zip(orders, days, strict=True)
        if row.currency == uow.settings.currency and year_ago < day <= uow.today
    )
    known = {name: given for name, given in terms.items() if name in Terms.__dataclass_fields__}
    return value(days, uow.today, revenue=revenue, terms=Terms(**known))


def _person(row: Any) -> Person:
    attitude = None if row.attitude is None else int(row.attitude)
    return Person(row.id, row.name, None, row.role, attitude, row.number, is_active=row.is_active)

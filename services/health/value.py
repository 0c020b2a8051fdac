"""In which state of its value a customer is, from its orders (contracts won). Asks nothing of the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from statistics import median

from db.types import N_, Options
from services.kit.errors import Message

STATES: Options = {
    "potential": N_("Potential"),
    "first_order": N_("First order"),
    "growing": N_("Growing"),
    "high_value": N_("High value"),
    "at_risk": N_("At risk"),
    "churned": N_("Churned"),
    "won_back": N_("Won back"),
}


@dataclass(frozen=True)
class Terms:
    """The thresholds, settings of the company (`value_terms`)."""

    high_value: int = 500_000_000
    """Revenue of the last twelve months, minor units of the company's currency, from which it is high."""
    risk_times: float = 1.5
    """Silent for so many times its own median gap: at risk."""
    churn_times: float = 3.0
    """Silent for so many times its own median gap: churned."""
    usual_gap: int = 365
    """Days taken for the gap of a customer with one order or two, unless its own is longer."""
    least_gap: int = 90
    """Days: whoever orders more often still gets so long."""
    won_back_days: int = 365
    """For so long after its return a customer counts as won back."""


@dataclass(frozen=True)
class Value:
    """The state, its reason, and what it was judged by."""

    state: str
    reason: Message
    gap: float | None = None
    """Median days between two orders; None below two."""
    silent: int | None = None
    """Days since the last order."""


def value(orders: Sequence[date], today: date, *, revenue: int = 0, terms: Terms | None = None) -> Value:
    """Return the state of a customer that ordered on these days; orders of one day are one occasion.

    `revenue` is that of the last twelve months in the company's currency. What lies in the future is not looked at.
    """
    terms = terms or Terms()
    days = sorted({one for one in orders if one <= today})
    if not days:
        return Value("potential", Message(N_("No order yet.")))
    gap = typical_gap(days)
    base = _usual(days, terms)
    silent = (today - days[-1]).days
    said = {"days": silent, "gap": round(base)}
    if silent > base * terms.churn_times:
        return Value("churned", Message(N_("No order for {days} days; usual: every {gap}."), said), gap, silent)
    if silent > base * terms.risk_times:
        return Value("at_risk", Message(N_("No order for {days} days; usual: every {gap}."), said), gap, silent)
    if _came_back(days, terms) and silent <= terms.won_back_days:
        away = (days[-1] - days[-2]).days
        return Value("won_back", Message(N_("Back after {days} days without an order."), {"days": away}), gap, silent)
    if revenue >= terms.high_value:
        said = {"n": len(days), "days": silent}
        return Value("high_value", Message(N_("{n} orders, the last {days} days ago."), said), gap, silent)
    if gap is None:
        return Value("first_order", Message(N_("One order, {days} days ago."), {"days": silent}), gap, silent)
    said = {"n": len(days), "gap": round(gap)}
    return Value("growing", Message(N_("{n} orders, one every {gap} days."), said), gap, silent)


def typical_gap(days: Sequence[date]) -> float | None:
    """Return the median of the days between orders (sorted, all different); None below two."""
    return median((later - earlier).days for earlier, later in pairwise(days)) if len(days) > 1 else None


def _came_back(days: Sequence[date], terms: Terms) -> bool:
    """Say whether the last order ended a silence that had counted as churned, by what was usual before it."""
    if len(days) < 2:  # noqa: PLR2004 - one order ends no silence
        return False
    return (days[-1] - days[-2]).days > _usual(days[:-1], terms) * terms.churn_times


def _usual(days: Sequence[date], terms: Terms) -> float:
    """Return the days after which the next order is usual: the median gap, which one gap alone does not make."""
    gap = typical_gap(days)
    if gap is None or len(days) < 3:  # noqa: PLR2004 - two gaps
        return max(gap or 0, terms.usual_gap)
    return max(gap, terms.least_gap)

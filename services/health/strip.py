"""How a customer stands, in at most six states: each with its colour, its word, its reason and where to read on.

Asks nothing of the database.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from db.types import N_
from services.health.credit import STATES as CREDIT_WORDS
from services.health.credit import Credit
from services.health.value import STATES as VALUE_WORDS
from services.health.value import Value
from services.kit.errors import Message
from services.pools.rules import Return
from services.power_map import Standing

MOST: Final = 6
_VALUE: Final = {
    "potential": "gray",
    "first_order": "blue",
    "growing": "green",
    "high_value": "green",
    "at_risk": "amber",
    "churned": "red",
    "won_back": "blue",
}
_CREDIT: Final = {"unknown": "gray", "good": "green", "slow": "amber", "poor": "red"}
_STANDING: Final = {"red": N_("Not with us"), "amber": N_("Not yet decided"), "green": N_("With us")}
FULL_PROFILE: Final = 8_000
"""Basis points of completeness from which a profile is green."""
THIN_PROFILE: Final = 4_000
"""Below which it is red."""

AMOUNTS: Final = "{amounts}"
"""A word that is nothing but amounts: there is nothing in it to translate."""


@dataclass(frozen=True)
class State:
    """One of the six: `tab` is where to read on."""

    code: str
    title: str
    """Of what, a message id."""
    color: str
    """green, amber, red, blue (neither good nor bad), gray (nothing known)."""
    word: Message
    reason: Message
    tab: str


@dataclass(frozen=True)
class Open:
    """Open opportunities in one currency."""

    currency: str
    count: int
    amount: int
    """Minor units."""


def of_value(found: Value) -> State:
    """Return the state of the value."""
    word = Message(VALUE_WORDS[found.state])
    return State("value", N_("Customer value"), _VALUE[found.state], word, found.reason, "contract")


def of_credit(found: Credit) -> State:
    """Return the state of the payments."""
    word = Message(CREDIT_WORDS[found.state])
    return State("credit", N_("Payments"), _CREDIT[found.state], word, found.reason, "collections")


def of_standing(found: Standing) -> State:
    """Return the state of the power map."""
    word = Message(_STANDING[found.color])
    return State("relationship", N_("Relationship"), found.color, word, found.reason, "map")


def of_contact(last: date | None, today: date, limits: Sequence[int]) -> State:
    """Return how long ago somebody spoke with them; beyond the two limits (days) it is amber, then red."""
    title = N_("Last contact")
    if last is None:
        reason = Message(N_("Nobody has spoken with them yet."))
        return State("contact", title, "red", Message(N_("Never")), reason, "overview")
    days = max((today - last).days, 0)
    amber, red = limits[0], limits[1]
    color = "green" if days <= amber else "amber" if days <= red else "red"
    word = Message(N_("Today")) if days == 0 else Message(N_("{n} days ago"), {"n": days})
    if days == 1:
        word = Message(N_("Yesterday"))
    reason = (
        Message(N_("Within {n} days."), {"n": amber})
        if days <= amber
        else Message(N_("More than {n} days."), {"n": red if days > red else amber})
    )
    return State("contact", title, color, word, reason, "overview")


def of_return(found: Return) -> State:
    """Return when it goes back to the pool."""
    reasons = {
        "activity": N_("No activity since {day}; the pool takes it back after {days} days."),
        "opportunity": N_("No new opportunity since {day}; the pool takes it back after {days} days."),
        "won": N_("Nothing won since {day}; the pool takes it back after {days} days."),
    }
    color = "red" if found.left <= 1 else "amber"
    word = Message(N_("Tonight")) if found.left <= 0 else Message(N_("{n} days to go"), {"n": found.left})
    reason = Message(reasons[found.rule], {"day": found.since, "days": found.days})
    return State("pool", N_("Back to the pool"), color, word, reason, "overview")


def of_profile(completeness: int | None) -> State:
    """Return how complete the customer profile is, basis points; None: there is none."""
    title = N_("Profile")
    if completeness is None:
        reason = Message(N_("What do we know of their business?"))
        return State("profile", title, "gray", Message(N_("None yet")), reason, "profile")
    color = "green" if completeness >= FULL_PROFILE else "amber" if completeness >= THIN_PROFILE else "red"
    word = Message(N_("{share}% complete"), {"share": completeness // 100})
    reason = Message(N_("Of the questions that count.") if completeness < 10_000 else N_("Every question is answered."))  # noqa: PLR2004 - all
    return State("profile", title, color, word, reason, "profile")


def of_open(found: Sequence[Open]) -> State:
    """Return what is open in the funnel; the words hold amounts, which the screen writes: `amounts`."""
    title = N_("In the funnel")
    if not found:
        reason = Message(N_("No open opportunity."))
        return State("open", title, "gray", Message(N_("Nothing")), reason, "opportunity")
    count = sum(one.count for one in found)
    reason = Message(N_("1 open opportunity.")) if count == 1 else Message(N_("{n} open opportunities."), {"n": count})
    word = Message(AMOUNTS, {"amounts": [(one.amount, one.currency) for one in found if one.amount]})
    if not word.params["amounts"]:
        word = Message(N_("No amount yet"))
    return State("open", title, "blue", word, reason, "opportunity")

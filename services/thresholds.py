"""From when on something counts: the company's own thresholds, read and set as one form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from db.types import N_
from services import company
from services.health.value import Terms
from services.kit import permissions
from services.kit.errors import Invalid, Message
from services.kit.fields import Field, check
from services.kit.unit_of_work import UnitOfWork

_MOST_DAYS: Final = 3_650
_MOST_TIMES: Final = 20


def _days(name: str, label: str, **facts: Any) -> Field:
    return Field(name, "integer", label, required=True, minimum=1, maximum=_MOST_DAYS, **facts)


_FIELDS: Final = (
    Field(
        "high_value",
        "money",
        N_("High value from"),
        required=True,
        minimum=0,
        help=N_("What a customer has ordered in the last twelve months, in the company's currency"),
    ),
    Field("risk_times", "number", N_("At risk after … times its usual gap"), required=True),
    Field("churn_times", "number", N_("Churned after … times its usual gap"), required=True),
    _days("usual_gap", N_("Usual gap until there are three orders, days")),
    _days("least_gap", N_("Shortest gap that counts as usual, days")),
    _days("won_back_days", N_("Won back for so many days after its return")),
    _days("contact_amber", N_("Amber after so many days without contact")),
    _days("contact_red", N_("Red after so many days without contact")),
    _days("map_stale_days", N_("A key person nobody has spoken with for so many days is a gap")),
    _days("untouched_days", N_("A lead counts as untouched after so many days")),
    _days("undo_days", N_("What one did oneself can be undone for so many days")),
)
FIELDS: Final[Mapping[str, Field]] = {field.name: field for field in _FIELDS}
SECTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    N_("Value of a customer"): (
        "high_value", "risk_times", "churn_times", "usual_gap", "least_gap", "won_back_days",
    ),
    N_("Last contact"): ("contact_amber", "contact_red", "map_stale_days"),
    N_("Daily work"): ("untouched_days", "undo_days"),
}  # fmt: skip
"""Heading -> thresholds below it, in the order of the screen."""
_TERMS: Final = frozenset(Terms.__dataclass_fields__)
_CONTACT: Final = ("contact_amber", "contact_red")


def defaults() -> dict[str, Any]:
    """Return what holds as long as nobody sets anything, typed: money in minor units."""
    terms = Terms()
    amber, red = company.KEYS["contact_days"]
    alone = {name: company.KEYS[name] for name in FIELDS if name in company.KEYS}
    return {**{name: getattr(terms, name) for name in _TERMS}, "contact_amber": amber, "contact_red": red, **alone}


def get(uow: UnitOfWork) -> dict[str, Any]:
    """Return the thresholds in force, typed, by name. Raises Forbidden."""
    permissions.require(uow, "setting.read")
    amber, red = company.get(uow, "contact_days")
    terms = {name: value for name, value in company.get(uow, "value_terms").items() if name in _TERMS}
    alone = {name: company.get(uow, name) for name in FIELDS if name in company.KEYS}
    return {**defaults(), **terms, "contact_amber": amber, "contact_red": red, **alone}


def save(uow: UnitOfWork, values: Mapping[str, Any]) -> None:
    """Set thresholds, typed, all of them; they hold from the next look on. Raises Forbidden, Invalid."""
    permissions.require(uow, "setting.update")
    given = {**get(uow), **{name: value for name, value in values.items() if name in FIELDS}}
    if wrong := _wrong(given):
        raise Invalid(wrong)
    usual = defaults()
    company.set_value(uow, "value_terms", {name: given[name] for name in sorted(_TERMS) if given[name] != usual[name]})
    company.set_value(uow, "contact_days", [given[name] for name in _CONTACT])
    for name in FIELDS:
        if name in company.KEYS:
            company.set_value(uow, name, given[name])


def _wrong(given: Mapping[str, Any]) -> dict[str, Message]:
    found = {}
    for name, field in FIELDS.items():
        if problem := check(field, given[name]):
            found[name] = problem
    for name in ("risk_times", "churn_times"):
        if name not in found and not 1 <= given[name] <= _MOST_TIMES:
            found[name] = Message(N_("From {least} to {most} times."), {"least": 1, "most": _MOST_TIMES})
    for less, more in (("risk_times", "churn_times"), _CONTACT):
        if not found.keys() & {less, more} and given[less] >= given[more]:
            found[more] = Message(N_("More than “{other}”."), {"other": Message(FIELDS[less].label)})
    return found

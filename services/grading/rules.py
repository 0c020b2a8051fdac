"""Grading rules: what may be asked of a lead, and the scheme of points and thresholds an administrator edits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from sqlalchemy import select

from db.models import GradingRule, Setting
from db.types import N_
from services import company
from services.kit import permissions, records, several
from services.kit.entity import ENTITIES, Entity, Section
from services.kit.errors import Invalid, Message
from services.kit.fields import Field, check
from services.kit.unit_of_work import UnitOfWork

GRADING_RULE: Final = Entity(
    model=GradingRule,
    module=__name__,
    one=N_("Grading rule"),
    many=N_("Grading rules"),
    grid=("field", "operator", "points", "is_active"),
    form=(Section(N_("Rule"), ("field", "operator", "points", "position", "is_active")),),
    title="field",
    sort="updated_at",
)

_TEXT: Final = ("is", "in", "has", "filled", "empty")
_NUMBER: Final = ("is", "from", "to", "filled", "empty")
OPERATORS: Final[Mapping[str, tuple[str, ...]]] = {
    "text": _TEXT,
    "long_text": ("has", "filled", "empty"),
    "email": ("has", "filled", "empty"),
    "phone": ("has", "filled", "empty"),
    "choice": ("in", "filled", "empty"),
    "choices": ("in", "filled", "empty"),
    "flag": ("is",),
    "day": ("within", "filled", "empty"),
    "instant": ("within", "filled", "empty"),
    **dict.fromkeys(("integer", "number", "money", "percent", "rating"), _NUMBER),
}
"""Kind of field -> what can be asked of it. `within` N days of today, before or after; `from` and `to` include."""
WITHOUT_VALUE: Final = frozenset({"filled", "empty"})
TEXTS: Final = frozenset({"text", "long_text", "email", "phone"})
"""Compared without regard to the case of Latin letters."""
_NOT_ASKED: Final = frozenset(
    {
        *("grade", "grade_points", "graded_at", "converted_at"),
        *("updated_at", "received_at", "pooled_at", "is_locked"),
    }
)
"""What grading itself sets, and what follows by itself when a lead is stored, after it has been graded."""
_MOST_DAYS: Final = 36_500
_MOST_RULES: Final = 100


@dataclass(frozen=True)
class Rule:
    """Who fulfils it gets its points. `values` are typed: codes, texts, minor units, days."""

    field: str
    operator: str
    values: tuple[Any, ...]
    points: int
    id: int | None = None
    is_active: bool = True


@dataclass(frozen=True)
class Scheme:
    """The rules in their order, and from how many points on a lead is A, B or C; below that it is D."""

    rules: tuple[Rule, ...] = ()
    a: int = 60
    b: int = 40
    c: int = 20

    @property
    def active(self) -> tuple[Rule, ...]:
        """Return the rules that count: those in use, about fields that there are."""
        fields = offered()
        return tuple(rule for rule in self.rules if rule.is_active and rule.field in fields)

    def grade(self, points: int | None) -> str | None:
        """Return the grade for points; none where there are no rules."""
        if points is None:
            return None
        return "A" if points >= self.a else "B" if points >= self.b else "C" if points >= self.c else "D"


def offered() -> Mapping[str, Field]:
    """Return the fields of a lead that rules may ask about, custom ones included."""
    return {
        name: field
        for name, field in ENTITIES["lead"].fields.items()
        if field.kind in OPERATORS and name not in _NOT_ASKED
    }


def scheme(uow: UnitOfWork) -> Scheme:
    """Return the scheme in force. Raises Forbidden."""
    permissions.require(uow, "grading_rule.read")
    return in_force(uow)


def in_force(uow: UnitOfWork) -> Scheme:
    """Return the scheme by which every save grades; read once a unit of work. Two queries."""
    kept: Scheme | None = uow.session.info.get("grading.scheme")
    if kept is None:
        rules = uow.session.execute(
            select(GradingRule).where(GradingRule.deleted_at.is_(None)).order_by(GradingRule.position, GradingRule.id)
        ).scalars()
        bounds = company.get(uow, "grade_thresholds")
        kept = Scheme(tuple(_rule(one) for one in rules), *(int(bounds[grade]) for grade in "ABC"))
        uow.session.info["grading.scheme"] = kept
    return kept


def named(uow: UnitOfWork, ids: Sequence[int]) -> dict[int, Rule]:
    """Return rules by id, those no longer in force included: reasons of leads may still name them."""
    permissions.require(uow, "lead.read")
    rows = uow.session.execute(select(GradingRule).where(GradingRule.id.in_(set(ids)))).scalars()
    return {one.id: _rule(one) for one in rows}


def store(uow: UnitOfWork, wanted: Scheme) -> Scheme:
    """Make the scheme in force this one: rules by their ids, new ones without, left out ones to the bin.

    Leads are graded anew by `regrade`. Raises Forbidden, Invalid.
    """
    permissions.require(uow, "grading_rule.update")
    refuse_wrong(wanted)
    there = {rule.id for rule in in_force(uow).rules}
    for position, rule in enumerate(wanted.rules):
        values = {
            "field": rule.field,
            "operator": rule.operator,
            "points": rule.points,
            "position": position,
            "is_active": rule.is_active,
        }
        if rule.id in there and rule.id is not None:
            found = records.get(uow, GRADING_RULE, rule.id, action="update", lock=True)
            if found.value != list(rule.values):
                found.value = list(rule.values)
            records.update(uow, GRADING_RULE, rule.id, values)
        else:
            records.create(uow, GRADING_RULE, values, also={"value": list(rule.values)})
    for gone in there - {rule.id for rule in wanted.rules}:
        if gone is not None:
            records.delete(uow, GRADING_RULE, gone)
    company.set_value(uow, "grade_thresholds", {"A": wanted.a, "B": wanted.b, "C": wanted.c})
    uow.session.info.pop("grading.scheme", None)
    return in_force(uow)


def refuse_wrong(wanted: Scheme) -> None:
    """Refuse a scheme that cannot be applied. Raises Invalid."""
    if not wanted.a > wanted.b > wanted.c:
        raise Invalid({"thresholds": Message(N_("A needs more points than B, and B more than C."))})
    if len(wanted.rules) > _MOST_RULES:
        raise Invalid({"rules": Message(N_("At most {n} rules."), {"n": _MOST_RULES})})
    for rule in wanted.rules:
        if problem := problem_of(rule):
            raise Invalid(problem)


def problem_of(rule: Rule) -> dict[str, Message]:
    """Return what is wrong with a rule, by part: field, operator, value, points."""
    field = offered().get(rule.field)
    if field is None:
        if rule.id is not None:  # its custom field is gone: it gives no points, and may stay until it is deleted
            return {}
        return {"field": Message(N_("Choose a field."))}
    if rule.operator not in OPERATORS[field.kind]:
        return {"operator": Message(N_("Choose a condition."))}
    if rule.points == 0:
        return {"points": Message(N_("A rule gives or takes points; 0 does neither."))}
    if problem := check(GRADING_RULE.fields["points"], rule.points):
        return {"points": problem}
    return _wrong_values(field, rule)


def _wrong_values(field: Field, rule: Rule) -> dict[str, Message]:
    if rule.operator in WITHOUT_VALUE:
        return {"value": Message(N_("This condition takes no value."))} if rule.values else {}
    if not rule.values or any(value in (None, "") for value in rule.values):
        return {"value": Message(N_("Please fill this in."))}
    if rule.operator == "within":
        days = rule.values[0]
        fits = isinstance(days, int) and not isinstance(days, bool) and 0 <= days <= _MOST_DAYS
        return {} if fits else {"value": Message(N_("Give a number of days from 0 to {max}."), {"max": _MOST_DAYS})}
    for value in rule.values:
        # A part of an address or number need not be one itself.
        if problem := check(asked_as(field), value):
            return {"value": problem}
    return {}


def asked_as(field: Field) -> Field:
    """Return a field as one value of a rule is held against it: part of a text, one of several choices."""
    if field.kind == several.KIND:
        return replace(field, kind="choice")
    return replace(field, kind="text") if field.kind in TEXTS else field


def depends_on_the_day(wanted: Scheme) -> bool:
    """Say whether points change by the mere passing of days."""
    return any(rule.operator == "within" for rule in wanted.active)


def state(uow: UnitOfWork) -> dict[str, Any]:
    """Return how far grading anew has come: {"after_id": None when done, "on": the day it was last done}."""
    permissions.require(uow, "grading_rule.read")
    return dict(company.get(uow, "regrade"))


def keep_state(uow: UnitOfWork, after_id: int | None, on: date | None) -> None:
    """Remember how far grading anew has come; no fact about the company, so the audit does not tell of it."""
    permissions.require(uow, "grading_rule.update")
    value = {"after_id": after_id, "on": on.isoformat() if on else None}
    row = uow.session.get(Setting, "regrade", with_for_update=True)
    if row is None:
        uow.session.add(Setting(key="regrade", value=value))
    else:
        row.value = value
    uow.session.flush()


def _rule(one: GradingRule) -> Rule:
    return Rule(one.field, one.operator, tuple(one.value), one.points, one.id, one.is_active)

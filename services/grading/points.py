"""Points of one lead, or of many rows about to be stored: the rules in Python.

`sql.py` says the same in SQL; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any, Final, NamedTuple

from services.grading.rules import TEXTS, Rule, Scheme, in_force, offered
from services.kit import permissions, records
from services.kit.entity import ENTITIES
from services.kit.unit_of_work import UnitOfWork

Read = Callable[[str], Any]
"""Gives the value of a field by its name."""
_LOWER: Final = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


def lower(text: str) -> str:
    """Return a text with its Latin capitals small, exactly as both databases do it."""
    return text.translate(_LOWER)


class Asked(NamedTuple):
    """A rule made ready to be asked of many: what its values are compared as."""

    rule: Rule
    is_text: bool
    values: tuple[Any, ...]


def asked(scheme: Scheme) -> tuple[Asked, ...]:
    """Return the rules that count, made ready once for all the leads they are asked of."""
    kinds = {name: field.kind for name, field in offered().items()}
    found = []
    for rule in scheme.active:
        is_text = kinds[rule.field] in TEXTS
        found.append(Asked(rule, is_text, tuple(lower(one) if is_text else one for one in rule.values)))
    return tuple(found)


def score(uow: UnitOfWork, scheme: Scheme, read: Read) -> tuple[int | None, list[list[int]]]:
    """Return the points of a lead and its reasons, [[rule id, points], ...]; no points where there are no rules."""
    permissions.require(uow, "lead.read")
    return _score(uow, asked(scheme), read)


def _score(uow: UnitOfWork, rules: Sequence[Asked], read: Read) -> tuple[int | None, list[list[int]]]:
    if not rules:
        return None, []
    reasons = [[one.rule.id or 0, one.rule.points] for one in rules if _holds(uow, one, read(one.rule.field))]
    return sum(points for _, points in reasons), reasons


def grade(uow: UnitOfWork, lead: Any, changes: Mapping[str, Any] | None = None) -> None:
    """Give a lead its points, its reasons and, unless it is set by hand, its grade.

    `changes` are values about to be set on it.
    """
    permissions.require(uow, "lead.read")
    scheme = in_force(uow)
    coming = changes or {}

    def read(name: str) -> Any:
        return coming[name] if name in coming else getattr(lead, name)

    points, reasons = score(uow, scheme, read)
    if lead.grade_points != points:
        lead.grade_points = points
    if lead.grade_reasons != reasons:
        lead.grade_reasons = reasons
    if lead.graded_at is None and lead.grade != scheme.grade(points):
        lead.grade = scheme.grade(points)


def grade_many(uow: UnitOfWork, rows: Sequence[MutableMapping[str, Any]]) -> None:
    """Complete rows of typed values in place, before they are inserted by statement.

    A row that names a grade is set by hand. Custom values stand under `c_<code>`.
    """
    permissions.require(uow, "lead.create")
    scheme = in_force(uow)
    rules = asked(scheme)
    unsaid = {**records.defaults_of(ENTITIES["lead"].model), "created_at": uow.now}
    for row in rows:
        row["grade_points"], row["grade_reasons"] = _score(uow, rules, partial(_given, row, unsaid))
        if row.get("grade"):
            row["graded_at"], row["graded_by_id"] = uow.now, uow.actor.user_id
        else:
            row["grade"] = scheme.grade(row["grade_points"])


def _given(row: Mapping[str, Any], unsaid: Mapping[str, Any], name: str) -> Any:
    value = row.get(name)
    return unsaid.get(name) if value is None else value


def _holds(uow: UnitOfWork, one: Asked, value: Any) -> bool:
    rule, values = one.rule, one.values
    if value is None or (one.is_text and value == ""):
        return rule.operator == "empty"
    if one.is_text:
        value = lower(value)
    match rule.operator:
        case "filled":
            return True
        case "empty":
            return False
        case "is" | "in":
            return not set(values).isdisjoint(value) if isinstance(value, tuple) else value in values
        case "has":
            return values[0] in value
        case "from":
            return bool(value >= values[0])
        case "to":
            return bool(value <= values[0])
        case _:
            return bool(abs((_day(uow, value) - uow.today).days) <= values[0])


def _day(uow: UnitOfWork, value: date | datetime) -> date:
    return value.astimezone(uow.settings.zone).date() if isinstance(value, datetime) else value

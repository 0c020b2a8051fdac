"""Conditions: what an operator asks of a column, and what is bound to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, String, bindparam

from services.kit import groups


def criterion(column: Any, operator: str, name: str) -> ColumnElement[bool]:
    """Return the criterion of a condition; `name` is bound to what `as_asked` returns."""
    value = bindparam(name, type_=column.type)
    several = bindparam(name, type_=column.type, expanding=True)
    found: dict[str, Any] = {
        "in": lambda: column.in_(several),
        "under": lambda: column.class_.id.in_(groups.below(column.class_.id.in_(several))),
        "is": lambda: column == value,
        "has": lambda: column.ilike(bindparam(name, type_=String()), escape="\\"),
        "from": lambda: column >= value,
        "to": lambda: column <= value,
        "empty": lambda: column.is_(None),
        "filled": lambda: column.is_not(None),
    }
    return found[operator]()  # type: ignore[no-any-return]


def as_asked(operator: str, given: Sequence[Any]) -> Any:
    """Return the value, or the values, of a condition as they are bound."""
    if operator in ("in", "under"):
        return list(given)
    return f"%{escape_like(str(given[0]))}%" if operator == "has" else given[0]


def escape_like(value: str) -> str:
    """Return a text in which LIKE finds no wildcard; the escape is a backslash."""
    return value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")

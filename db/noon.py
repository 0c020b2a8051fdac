"""Noon of a business date as an instant, so that dates and instants are sorted together by the database."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import literal
from sqlalchemy.sql.functions import FunctionElement

from db.types import UtcDateTime


class Noon(FunctionElement[datetime]):
    """Noon of a date so many minutes from the first instant of that date in UTC, written as instants are."""

    name = "noon"
    inherit_cache = True
    type = UtcDateTime()


def noon(day: Any, minutes_ahead: int) -> Noon:
    """Return noon of a column's date in a zone so many minutes ahead of UTC.

    Noon, so that an hour of summer time more or less does not make it another day.
    """
    return Noon(day, literal(f"{12 * 60 - minutes_ahead} minutes"))


@compiles(Noon)
def _sqlite(element: Noon, compiler: SQLCompiler, **options: Any) -> str:
    day, shift = (compiler.process(one, **options) for one in element.clauses)
    return f"strftime('%Y-%m-%d %H:%M:%S.000000', {day}, {shift})"


@compiles(Noon, "postgresql")
def _postgresql(element: Noon, compiler: SQLCompiler, **options: Any) -> str:
    day, shift = (compiler.process(one, **options) for one in element.clauses)
    return f"(CAST({day} AS timestamp) + CAST({shift} AS interval)) AT TIME ZONE 'UTC'"

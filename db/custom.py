"""How SQL reads a value out of `custom`, and the indexes over such values (docs/adr/0022).

A query and the index of a field must say the very same expression, else no planner uses the index: `expression`
is where it is said. Codes are part of it as they are, never bound; they hold nothing but `a-z`, digits and `_`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import BigInteger, Boolean, Dialect, Float, String, Table, TypeDecorator, bindparam, literal_column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from db.base import CUSTOM_INDEX
from db.types import Json

CODE: Final = re.compile(r"(?=.{1,40}\Z)[a-z](?:_?[a-z0-9])*")


class IsoDay(TypeDecorator[date]):
    """A date kept as 2026-01-31, whose order as text is the order of the days."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: date | str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Write a date as text."""
        return value.isoformat() if isinstance(value, date) else value

    def process_result_value(self, value: str | None, dialect: Dialect) -> date | None:  # noqa: ARG002
        """Read a date from text."""
        return None if value is None else date.fromisoformat(value)

    @property
    def python_type(self) -> type[date]:
        """Return what a value is."""
        return date


class Codes(TypeDecorator[tuple[str, ...]]):
    """Several codes, kept as JSON: ["copper","fibre"], sorted."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Sequence[str] | str | None, dialect: Dialect) -> str | None:
        """Write codes as the criterion of a database reads them (`Among`)."""
        if value is None or isinstance(value, str):
            return value
        return json.dumps(list(value)) if dialect.name == "sqlite" else f"{{{','.join(map(_quoted, value))}}}"

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...] | None:  # noqa: ARG002
        """Read codes from JSON."""
        return None if value is None else tuple(json.loads(value))

    @property
    def python_type(self) -> type[tuple[str, ...]]:
        """Return what a value is."""
        return tuple


def _quoted(code: str) -> str:
    """Return a text as it stands in an array of PostgreSQL."""
    escaped = code.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


_TYPES: Final[Mapping[str, Any]] = {
    **dict.fromkeys(("integer", "money", "percent", "rating", "reference"), BigInteger()),
    "number": Float(),
    "flag": Boolean(),
    "day": IsoDay(),
    "choices": Codes(),
}
"""Kind -> type in SQL; text otherwise."""


def expression(dialect: str, column: str, code: str, kind: str) -> str:
    """Return the SQL of the value of a field in a column `custom`, of the type that its kind asks for."""
    if not CODE.fullmatch(code):
        raise ValueError(code)
    if dialect == "sqlite":
        found = f"json_extract({column}, '$.{code}')"
        return f"coalesce({found}, 0)" if kind == "flag" else found
    found = f"({column} ->> '{code}')"
    match _TYPES.get(kind):
        case BigInteger():
            return f"({found}::bigint)"
        case Float():
            return f"({found}::double precision)"
        case Boolean():
            return f"coalesce({found}::boolean, false)"
    return found


class CustomValue(FunctionElement[Any]):
    """The value of a field that an administrator has added, as a column."""

    inherit_cache = True
    name = "custom_value"

    def __init__(self, column: Any, code: str, kind: str) -> None:
        """Take the column `custom`, the code and the kind of the field."""
        self.code, self.kind = code, kind
        self.type = _TYPES.get(kind, String())
        # The code and the kind stand among the clauses, so that a kept statement is that of this very field.
        super().__init__(column, literal_column(code), literal_column(kind))


@compiles(CustomValue)
def _written(element: CustomValue, compiler: Any, **options: Any) -> str:
    column = compiler.process(element.clauses.clauses[0], **options)
    return expression(compiler.dialect.name, column, element.code, element.kind)


class Among(FunctionElement[Any]):
    """Whether a field of several choices has any of some codes, or every one of them.

    The empty code stands for having none: so the index of PostgreSQL answers that as well. Where rows are to be met on
    the way of another index, it is put so that this one is not taken. By the index only live rows are found.
    """

    inherit_cache = True
    name = "custom_among"
    _is_implicitly_boolean = True
    """A condition by itself: SQLite finds no index for `x IN (…) = 1`."""

    def __init__(self, value: CustomValue, codes: Any, *, every: bool = False, by_index: bool = True) -> None:
        """Take the value, the bound codes, whether every one of them is asked for, and whether by the index."""
        self.code, self.every, self.by_index = value.code, every, by_index
        self.type = Boolean()
        facts: Any = literal_column(f"{value.code}_{every:d}_{by_index:d}")  # among the clauses, as above
        super().__init__(value.clauses.clauses[0], codes, facts)


def bound_codes(name: str) -> Any:
    """Return a parameter that takes a list of codes, for `Among`."""
    return bindparam(name, type_=Codes())


@compiles(Among)
def _among(element: Among, compiler: Any, **options: Any) -> str:
    column, codes = (compiler.process(one, **options) for one in element.clauses.clauses[:2])
    if compiler.dialect.name != "sqlite":
        array = _array(column, element.code, by_index=element.by_index)
        return f"{array} {'?&' if element.every else '?|'} CAST({codes} AS text[])"
    # That there is a value is what lets the index be walked instead of the table: it holds the codes themselves.
    value = expression("sqlite", column, element.code, "choices")
    if not element.by_index:
        return f"({value} IS NOT NULL AND {_held(value, codes, every=element.every)})"
    table: Any = element.clauses.clauses[0].table
    return f"({value} IN ({_combinations(table.name, element.code, _held('codes', codes, every=element.every))}))"


def _held(value: str, codes: str, *, every: bool) -> str:
    """Return the SQL of whether an array has any of the bound codes, or every one of them."""
    # What is wanted is read once for all rows; what a row has, each code once, is counted among it.
    wanted = f"SELECT value FROM json_each({codes})"  # noqa: S608 - a parameter
    among = f"FROM json_each({value}) WHERE value IN ({wanted})"
    return f"(SELECT count(*) {among}) = json_array_length({codes})" if every else f"EXISTS (SELECT 1 {among})"


def _combinations(table: str, code: str, criterion: str) -> str:
    """Return the SQL of the arrays that live rows have, each once, of which a criterion over `codes` holds.

    SQLite steps from one to the next along the index of the field: there are as many as people have thought of, not as
    there are rows (0.1 ms against 52 at 200,000 rows).
    """
    value = expression("sqlite", "each_.custom", code, "choices")
    live = f'FROM "{table}" AS each_ WHERE each_.deleted_at IS NULL AND {value}'
    return f"""
        WITH RECURSIVE held(codes) AS (
            SELECT min({value}) {live} IS NOT NULL
            UNION ALL SELECT (SELECT min({value}) {live} > held.codes) FROM held WHERE held.codes IS NOT NULL
        ) SELECT codes FROM held WHERE codes IS NOT NULL AND {criterion}
    """  # noqa: S608 - names of ours


def _array(column: str, code: str, *, by_index: bool = True) -> str:
    """Return the codes of a field as PostgreSQL looks into them; one empty code for none."""
    found = f"{column} -> '{code}'" if by_index else f"{column} #> '{{{code}}}'"  # the same, said so that no index fits
    return f"""coalesce({found}, '[""]'::jsonb)"""


class Changed(FunctionElement[Any]):
    """A column `custom` with some values set and others taken out, for statements over many rows."""

    inherit_cache = True
    name = "custom_changed"

    def __init__(self, column: Any, kept: Mapping[str, Any], without: Sequence[str]) -> None:
        """Take the column, the values as JSON holds them by code, and the codes that are to be blank."""
        self.type = Json
        patch = {**kept, **dict.fromkeys(without)}
        super().__init__(column, bindparam(None, json.dumps(patch), String(), unique=True))


@compiles(Changed)
def _changed(element: Changed, compiler: Any, **options: Any) -> str:
    column, patch = (compiler.process(one, **options) for one in element.clauses.clauses)
    if compiler.dialect.name == "sqlite":
        return f"json_patch({column}, {patch})"  # what is null in a patch is taken out
    return f"jsonb_strip_nulls({column} || CAST({patch} AS jsonb))"


# --- indexes ------------------------------------------------------------------------------------------------


def index_name(table: str, code: str, *, unique: bool = False) -> str:
    """Return the name of the index of a field; that of its uniqueness has one of its own."""
    return f"{CUSTOM_INDEX}{table}_{code}{'__unique' if unique else ''}"


def create_index(dialect: str, table: Table, code: str, kind: str, *, unique: bool = False) -> str:
    """Return the statement that makes the index of a field over live records.

    A choice or flag, of which a page of the newest is wanted, carries the date of change; what is sorted by, the key.
    Several choices are looked into by PostgreSQL; SQLite walks through them in the index, where they stand close.
    """
    name = index_name(table.name, code, unique=unique)
    if kind == "choices" and dialect == "postgresql":
        return (
            f'CREATE INDEX IF NOT EXISTS {name} ON "{table.name}" USING gin (({_array("custom", code)})) '
            "WHERE deleted_at IS NULL"
        )
    value = expression(dialect, "custom", code, kind)
    columns = [f"({value})" if dialect == "postgresql" else value]
    if not unique:
        columns += ["updated_at", "id"] if kind in ("choice", "choices", "flag") else ["id"]
    return (
        f'CREATE {"UNIQUE " if unique else ""}INDEX IF NOT EXISTS {name} ON "{table.name}" '
        f"({', '.join(columns)}) WHERE deleted_at IS NULL"
    )


def drop_index(table: Table, code: str, *, unique: bool = False) -> str:
    """Return the statement that takes the index of a field away."""
    return f"DROP INDEX IF EXISTS {index_name(table.name, code, unique=unique)}"

"""Whether a key is among those that a subselect finds, put so that either database looks it up in an index."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, ColumnElement, CompoundSelect, Select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class Within(FunctionElement[bool]):
    """`column IN (SELECT …)`, where the subselect has nothing to do with the row.

    In an OR ("mine, or shared with me") PostgreSQL uses no index for such a part and reads the whole table; given
    as an array, the keys are found first and looked up like any others (1 ms for 600 at a million rows).
    """

    name = "within"
    inherit_cache = True
    type = Boolean()
    _is_implicitly_boolean = True
    """A condition by itself: SQLite finds no index for `x IN (…) = 1`."""

    def self_group(self, against: Any = None) -> Any:  # noqa: ARG002 - the signature of SQLAlchemy
        """Return itself: it needs no parentheses, and a scope is taken apart by its kind (selects.py)."""
        return self


class Along(FunctionElement[bool]):
    """`link = key` of a join whose parents are few: each is looked up by the index of the link, one after the other.

    Of a plain join either database may believe that to read all the children first is as quick, even for a few of
    them (20 to 40 ms for 100,000 opportunities, against 5 for those of 4,000 customers).
    """

    name = "along"
    inherit_cache = True
    type = Boolean()
    _is_implicitly_boolean = True


def along(link: ColumnElement[Any], key: ColumnElement[Any]) -> ColumnElement[bool]:
    """Return the criterion by which a child is joined to its parent."""
    return Along(link, key)


def within(column: ColumnElement[Any], found: Select[Any] | CompoundSelect[Any]) -> ColumnElement[bool]:
    """Return the criterion; `found` selects one column and is never tied to the rows around it."""
    apart = found.correlate(None) if isinstance(found, Select) else found
    return Within(column, apart.scalar_subquery())


@compiles(Within)
def _plain(element: Within, compiler: SQLCompiler, **options: Any) -> str:
    column, found = element.clauses
    return f"{compiler.process(column, **options)} IN {compiler.process(found, **options)}"


@compiles(Within, "postgresql")
def _array(element: Within, compiler: SQLCompiler, **options: Any) -> str:
    column, found = element.clauses
    return f"{compiler.process(column, **options)} = ANY (ARRAY{compiler.process(found, **options)})"


@compiles(Along)
def _each(element: Along, compiler: SQLCompiler, **options: Any) -> str:
    link, key = (compiler.process(one, **options) for one in element.clauses)
    # Of an equality, or of one value, SQLite makes a filter of all the children first (20 ms for 100,000).
    return f"{link} IN ({key}, {key})"


@compiles(Along, "postgresql")
def _one_by_one(element: Along, compiler: SQLCompiler, **options: Any) -> str:
    link, key = element.clauses
    # Neither hashed nor merged, but looked up in an index like an equality.
    return f"{compiler.process(link, **options)} = ANY (ARRAY[{compiler.process(key, **options)}])"

"""Column types and the facts that a column carries about itself.

A column says once what it is: its kind, its English label, whether it is required, searchable, sortable,
personal, audited. Forms, lists, filters, import, export, audit and permissions read these facts from
`column.info`; nothing repeats them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Integer,
    SmallInteger,
    String,
    Text,
    TypeDecorator,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import MappedColumn, mapped_column

Options = Mapping[str, str]
"""Code stored in the database -> English label (a message id)."""


def N_(message: str) -> str:  # noqa: N802 - the customary name of the gettext marker
    """Mark a message for the catalogue without translating it."""
    return message


class UtcDateTime(TypeDecorator[datetime]):
    """An instant. Refuses naive values, stores UTC, returns aware UTC values on every database.

    SQLite forgets the zone of a datetime (08:00+08:00 came back as a naive 08:00), so the value is
    converted to UTC before it is bound and marked as UTC when it is read.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert to UTC; raise ValueError for a naive value."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = "an instant needs a time zone"
            raise ValueError(message)
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Mark as UTC what SQLite returns without a zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Id: Final = BigInteger().with_variant(Integer, "sqlite")
"""64-bit key. SQLite numbers rows by itself only for a column declared INTEGER."""

Json: Final = JSON().with_variant(JSONB, "postgresql")


def field(  # noqa: PLR0913 - each argument is one fact about a column
    type_: Any,
    kind: str,
    label: str,
    *args: Any,
    required: bool = False,
    searchable: bool = False,
    sortable: bool = False,
    personal: bool = False,
    audited: bool = True,
    translated: bool = False,
    recurring: bool = False,
    narrowing: bool = False,
    options: Options | None = None,
    entity: str | None = None,
    minimum: int | None = None,
    maximum: int | None = None,
    help: str | None = None,  # noqa: A002 - the word the screen uses
    **column: Any,
) -> MappedColumn[Any]:
    """Make a column that carries its facts in `info`.

    `required` also makes the column NOT NULL. `sortable` adds an index (column, id), since a list may only be
    sorted by what is indexed. `translated` means that values are looked up in the catalogue when shown. `recurring`
    means few different values in many rows; such a column is indexed as a choice is. `narrowing` means that lists are
    filtered by it, as by what recurs and by choices: it stands in the indexes of owner, team and pool (db/base.py).
    """
    info = {
        "kind": kind,
        "label": label,
        "required": required,
        "searchable": searchable,
        "sortable": sortable,
        "personal": personal,
        "audited": audited,
        "translated": translated,
        "recurring": recurring,
        "narrowing": narrowing,
        "options": options,
        "entity": entity,
        "minimum": minimum,
        "maximum": maximum,
        "help": help,
    }
    column.setdefault("nullable", not required)
    return mapped_column(type_, *args, info=info, **column)


def text(label: str, length: int = 200, **facts: Any) -> MappedColumn[Any]:
    """Make a column for one line of text."""
    return field(String(length), facts.pop("kind", "text"), label, **facts)


def long_text(label: str, **facts: Any) -> MappedColumn[Any]:
    """Make a column for several lines of text."""
    return field(Text(), "long_text", label, **facts)


def email(label: str, **facts: Any) -> MappedColumn[Any]:
    """Make a column for an e-mail address."""
    return text(label, 254, kind="email", personal=True, **facts)


def phone(label: str, **facts: Any) -> MappedColumn[Any]:
    """Make a column for a telephone number as people write it."""
    return text(label, 40, kind="phone", personal=True, **facts)


def integer(label: str, **facts: Any) -> MappedColumn[Any]:
    """Make a column for a whole number."""
    return field(Integer(), "integer", label, **facts)


def money(label: str, **facts: Any) -> MappedColumn[Any]:
    """Make a column for an amount in integer minor units; its currency stands in `currency` of the same row.

    Integers are exact on both databases and sum in SQL; NUMERIC on SQLite is floating point.
    """
    return field(BigInteger(), "money", label, **facts)


def currency(label: str = N_("Currency"), **facts: Any) -> MappedColumn[Any]:
    """Make a column for an ISO 4217 code."""
    return text(label, 3, kind="currency", required=True, **facts)


def percent(label: str, **facts: Any) -> MappedColumn[Any]:
    """Make a column for a share or rate in basis points (1 % = 100)."""
    return field(Integer(), "percent", label, **facts)


def rating(label: str, **facts: Any) -> MappedColumn[Any]:
    """Make a column for a judgement from 1 to 5."""
    return field(SmallInteger(), "rating", label, minimum=1, maximum=5, **facts)


def day(label: str, **facts: Any) -> MappedColumn[Any]:
    """Make a column for a business date in the company's zone."""
    return field(Date(), "day", label, **facts)


def instant(label: str, **facts: Any) -> MappedColumn[Any]:
    """Make a column for a moment in time, UTC."""
    return field(UtcDateTime(), "instant", label, **facts)


def flag(label: str, *, default: bool = False, **facts: Any) -> MappedColumn[Any]:
    """Make a column for yes or no."""
    return field(Boolean(), "flag", label, required=True, default=default, **facts)


def choice(label: str, options: Options, **facts: Any) -> MappedColumn[Any]:
    """Make a column for one code out of `options`."""
    return field(String(30), "choice", label, options=options, **facts)


def reference(label: str, target: str, **facts: Any) -> MappedColumn[Any]:
    """Make a link to another record; `target` is "table.column" and the table's name is the entity's key."""
    facts.setdefault("index", True)
    return field(Id, "reference", label, ForeignKey(target), entity=target.partition(".")[0], **facts)

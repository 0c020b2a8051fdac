"""Intake: how rows of an entity enter by statement, where a table alone does not tell.

Rows of most entities are inserted as they are. An entity whose `create` verb does more than insert either
registers an intake that does the same for many rows, or its rows go through the verb one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from services.kit.errors import Message

if TYPE_CHECKING:
    from services.kit.unit_of_work import UnitOfWork

Values = dict[str, Any]


@dataclass(frozen=True)
class Intake:
    """What the import asks of one entity."""

    extra: tuple[str, ...] = ()
    """Fields a file may set though no form does."""
    given: tuple[str, ...] = ()
    """Required fields that the entity's verb fills in when a row has none."""
    narrow: Callable[[UnitOfWork, str, Sequence[int], Mapping[str, Any]], Sequence[int]] | None = None
    """(field, ids of one name, the row's values) -> those that fit the row."""
    prepare: Callable[[UnitOfWork, Sequence[Values]], Mapping[int, Mapping[str, Message]]] | None = None
    """Completes new rows in place; returns what is wrong by position and field."""
    entered: Callable[[UnitOfWork, Sequence[int], Sequence[Values]], None] | None = None
    """Told the ids of rows that were inserted, in the order of the rows."""
    asked: tuple[str, ...] | None = None
    """Fields without which the entity's check has nothing against a new record: rows in which they are all blank are
    not asked about, and go in by the thousand. None: every row is asked about."""
    asked_in_change: tuple[str, ...] | None = None
    """Fields about whose change the entity's check has something to say; None: it is asked about every change."""
    instead: Mapping[str, tuple[tuple[str, Callable[[Any], Any]], ...]] = field(default_factory=dict)
    """Required fields of new records that may be filled from others of the row: (field, what to make of its value)."""
    update: Callable[[UnitOfWork, int, Values], Any] | None = None
    """Changes one record; None: the entity's own verb."""
    by_verb: tuple[str, ...] | None = None
    """Fields whose change takes that verb; None: the change of any, where there is such a verb."""
    is_followed: bool = False
    """Something follows from every change of a record, and is set on the record by `Entity.together`."""


def same(value: Any) -> Any:
    """Return a value as it is."""
    return value


INTAKES: Final[dict[str, Intake]] = {}
"""By entity; filled by services/intake.py."""


def intake_of(key: str) -> Intake:
    """Return the intake of an entity, an empty one if it has none."""
    return INTAKES.get(key, Intake())

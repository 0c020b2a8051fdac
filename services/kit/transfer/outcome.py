"""What an import did, or would do: counts, errors by row and column, and what is to be told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from services.kit.errors import Message

if TYPE_CHECKING:
    from services.kit.unit_of_work import UnitOfWork

NAMED: Final = 5
"""Names shown of many."""
Mode = Literal["create", "update", "both"]


@dataclass(frozen=True)
class CellError:
    """Why a row is not taken; `row` is its number in the file, `column` the heading, "" for the whole row."""

    row: int
    column: str
    value: str
    message: Message


@dataclass(frozen=True)
class Options:
    """How a file is to be imported."""

    mode: Mode = "create"
    match: str | None = None
    """Field by which records are recognised; None: the first of the entity's match fields that the file has."""
    skip_bad: bool = False
    """Import the good rows although others have errors; a bad row is left out whole."""
    create_missing: bool = False
    """Make customers that are named but not there."""
    for_pool: bool = False
    """New records are nobody's unless the file names an owner: they lie in a public pool."""
    fractions: frozenset[str] = frozenset()
    """Percent fields whose plain numbers are fractions: 0.12 means 12 %."""
    after: Callable[[UnitOfWork, list[int]], Any] | None = None
    """Done with the ids of all rows taken, in the same transaction."""


@dataclass
class Outcome:
    """The result of an import or of its dry run."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    errors: list[CellError] = field(default_factory=list)
    notes: list[Message] = field(default_factory=list)
    written: bool = False
    """Something was kept; False for a dry run, and for an import that was refused whole."""
    ids: list[int] = field(default_factory=list)
    """Records created, updated or found unchanged, in the order of the file. Those of a dry run are gone."""
    dates_asked: frozenset[str] = frozenset()
    """Dates of which the file leaves open whether the day or the month comes first."""
    fractions_asked: frozenset[str] = frozenset()
    """Percent fields whose numbers all lie between -1 and 1: perhaps fractions are meant."""

    @property
    def bad_rows(self) -> int:
        """Return how many rows have errors."""
        return len({error.row for error in self.errors})

"""What shapes the statement of a list: all but the values, so that it is put together once for all who ask alike."""

from __future__ import annotations

from typing import NamedTuple

from services.kit import alternatives, seeing
from services.kit.entity import Entity


class Shape(NamedTuple):
    """What a list is asked for, without the values."""

    entity: Entity
    columns: tuple[str, ...]
    conditions: tuple[tuple[str, str], ...] = ()
    """Field and operator, both known to the entity (query.py sees to it)."""
    search: str = ""
    """By `tokens`, by `either` of two sets of tokens, by `title`, or not at all."""
    token: str | None = None
    """Of the definitions in force, where an added field is among the columns, the conditions or the order."""
    place: str = ""
    """Where what is searched is looked for, of searching.py; anywhere."""
    hidden_by: str = ""
    """An added field that pools may hide from the reader, by which the list is sorted."""
    is_few: bool = False
    """So few rows have the choices that are asked for that they are gathered first (choosing.py)."""
    how: seeing.Way = seeing.Way()
    """In which way the scope of the reader is put (seeing.py)."""
    apart: alternatives.Apart | None = None
    """A condition of several values, of which each is read by itself."""
    gathered: tuple[int, ...] = ()
    """Places of conditions that hold for so few rows that these are gathered first (choosing.py)."""
    met: tuple[int, ...] = ()
    """Places of those that hold for so many that they are met on the way through the list."""
    is_split: bool = False
    """The reader sees rows for several reasons, each along an index of its own, and narrows them (counts.py)."""
    is_scarce: bool = False
    """So few rows of the reader's have what is asked for that these are gathered first."""


class Order(NamedTuple):
    """By which column, in which direction."""

    name: str
    descending: bool

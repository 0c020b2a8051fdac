"""A value made at the first look and kept: `functools.cached_property` without its lock.

Until Python 3.12 that one holds a lock of the whole class while the value is made. Where making it asks the database,
one thread holds it while it waits for SQLite's write lock, and whoever has the write lock waits for it in turn.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")


class once(Generic[T]):  # noqa: N801 - used as a decorator, as `property` is
    """A property that is made once for an object. Two threads at once may both make it; the later one is kept."""

    def __init__(self, make: Callable[[Any], T]) -> None:
        """Keep under the name of the function what it returns."""
        self._make = make
        self._name = make.__name__
        self.__doc__ = make.__doc__

    @overload
    def __get__(self, instance: None, owner: type) -> once[T]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: object | None, owner: type) -> once[T] | T:
        """Make the value; from then on the object's own attribute answers before this is asked."""
        if instance is None:
            return self
        value = instance.__dict__[self._name] = self._make(instance)
        return value

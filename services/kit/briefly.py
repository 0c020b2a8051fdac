"""What is known for half a minute: answers that decide how something is asked, never what is shown."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

T = TypeVar("T")

FOR: Final = timedelta(seconds=30)
_MOST: Final = 5_000


class Briefly:
    """Answers of one database, kept by this process for a short time."""

    def __init__(self) -> None:
        """Begin with none."""
        self._kept: dict[Hashable, tuple[datetime, Any]] = {}

    def __call__(self, key: Hashable, now: datetime, make: Callable[[], T]) -> T:
        """Return what was made for the key less than `FOR` ago, or make it. Threads at once may each make it."""
        found = self._kept.get(key)
        # A clock that was put back makes nothing last longer.
        if found is not None and abs(now - found[0]) < FOR:
            value: T = found[1]
            return value
        value = make()
        if len(self._kept) >= _MOST:
            self._kept.clear()
        self._kept[key] = (now, value)
        return value

    def forget(self) -> None:
        """Keep nothing of what was made so far."""
        self._kept.clear()

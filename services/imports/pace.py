"""Pace: how many parts of an import go in together, and how long others get in between.

SQLite has one writer at a time, and every commit writes out each page that was touched: a few thousand rows touch
nearly as many pages of the indexes by name and telephone as three times as many rows do. So a million rows went in
in 192 s by transactions of 0.8 s, and in 138 to 155 s by those of 1.6 s (measured). Somebody who saves
meanwhile waits as long as such a transaction takes; so the long ones are for as long as nobody does.
"""

from __future__ import annotations

import time
from contextlib import suppress
from types import TracebackType
from typing import Any, Final, Self

from sqlalchemy import Engine

_MOST: Final = 50_000
"""Rows of a transaction."""
_BESIDE_OTHERS: Final = 0.8
"""Seconds of a transaction while others write too."""
_ALONE: Final = 1.6
"""Seconds of one while nobody else does; who comes then waits so long once."""
_FOR: Final = 60.0
"""Seconds after which somebody who wrote is taken to be gone."""
PAUSE: Final = 0.15
"""Seconds between transactions: SQLite's other writers ask again every tenth of a second."""


class Pace:
    """The pace of one import; used as a context, since it keeps a connection to see others by."""

    def __init__(self, engine: Engine, rows: int) -> None:
        """Begin slowly: `rows` is how many a part has."""
        self.parts = 1
        self._most = max(1, _MOST // rows)
        self._engine = engine
        self._is_sqlite = engine.dialect.name == "sqlite"
        self._watching: Any = None
        self._seen_at = float("-inf")

    def __enter__(self) -> Self:
        """Open the connection."""
        if self._is_sqlite:
            self._watching = self._engine.raw_connection()
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        """Give the connection back."""
        if self._watching is not None:
            with suppress(Exception):
                self._watching.close()

    def after(self, parts: int, took: float) -> None:
        """Let others write after a transaction of so many parts and seconds, and say how many the next is to have."""
        self._wait(took)
        is_alone = not self._is_sqlite or time.monotonic() - self._seen_at > _FOR
        fitting = int((_ALONE if is_alone else _BESIDE_OTHERS) * parts / max(took, 0.001))
        self.parts = max(1, min(self._most, 2 * self.parts, fitting))

    def _wait(self, took: float) -> None:
        """Pause where somebody may have waited; what changes the file then is theirs."""
        if not self._is_sqlite or took <= PAUSE:
            return
        before = self._changes()
        time.sleep(PAUSE)
        if self._changes() != before:
            self._seen_at = time.monotonic()

    def _changes(self) -> int:
        """Return SQLite's own count of what other connections than this one have committed."""
        return int(self._watching.execute("PRAGMA data_version").fetchone()[0])

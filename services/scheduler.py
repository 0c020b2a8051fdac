"""The clock of the server: a thread that looks every half minute for jobs that are due (services/jobs.py).

Every process of the server has one; the lease sees to it that each job runs in one of them.
"""

from __future__ import annotations

import logging
from threading import Event, Thread
from typing import Final

from services import jobs
from services.kit.actor import SYSTEM
from services.kit.unit_of_work import Database
from services.pools.pool import MODELS
from services.pools.recycling import adopt

SECONDS: Final = 30
_log = logging.getLogger("sandtable.jobs")


class Scheduler:
    """Runs what is due until it is stopped; a fault is logged and the next look follows."""

    def __init__(self, database: Database, seconds: float = SECONDS) -> None:
        """Work on this database."""
        self._database = database
        self._seconds = seconds
        self._end = Event()
        self._thread = Thread(target=self._watch, name="jobs", daemon=True)

    def start(self) -> None:
        """Begin; the first look comes at once."""
        self._thread.start()

    def stop(self, seconds: float = 3.0) -> None:
        """End after the chunk that runs now; whatever is left is due for the next who looks."""
        self._end.set()
        self._thread.join(seconds)

    def _watch(self) -> None:
        self._guarded(self._adopt)
        while not self._end.is_set():
            self._guarded(self._look)
            self._end.wait(self._seconds)

    def _adopt(self) -> None:
        """Put what older versions left without owner and pool where it is seen."""
        for kind in MODELS:
            self._database.run(SYSTEM, adopt, kind)

    def _look(self) -> None:
        for name, counts in jobs.run_due(self._database).items():
            _log.info("job %s: %s", name, dict(counts))

    def _guarded(self, act: object) -> None:
        try:
            act()  # type: ignore[operator]
        except Exception:  # noqa: BLE001 - the next look follows
            _log.exception("jobs")

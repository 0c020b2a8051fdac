"""A lease: one process at a time has an import, says that it lives, and loses it when it is silent for too long."""

from __future__ import annotations

import hashlib
import os
import platform
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import or_, select
from sqlalchemy import update as sql_update
from sqlalchemy.exc import DBAPIError

from db.models import ImportBatch
from services.kit.actor import SYSTEM
from services.kit.unit_of_work import Database, UnitOfWork, is_transient

STALE: Final = timedelta(seconds=60)
"""A process that has said nothing for so long is taken for dead."""
_BEAT: Final = 1.0
_ALIVE: Final = 10.0


class Stopped(Exception):  # noqa: N818 - no error
    """Somebody asked the import to stop, or it is another process's now."""


def _machine() -> str:
    return hashlib.sha256(platform.node().encode()).hexdigest()[:12]


def is_dead(worker: str | None) -> bool:
    """Say whether a process is known to be gone: it ran on this machine and does so no more."""
    machine, _, rest = (worker or "").partition(":")
    number = rest.partition(":")[0]
    if machine != _machine() or not number.isdigit():
        return False
    stat = Path(f"/proc/{number}/stat")
    with suppress(OSError):
        return stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0] == "Z"
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


@dataclass
class Lease:
    """An import and the process that has it."""

    database: Database
    batch_id: int
    name: str = field(default_factory=lambda: f"{_machine()}:{os.getpid()}:{secrets.token_hex(4)}")
    said_at: float = 0.0

    def read(self, name: str) -> Any:
        """Return a fact of the batch as it stands now."""
        with self.database.read(SYSTEM) as uow:
            column = getattr(ImportBatch, name)
            return uow.session.execute(select(column).where(ImportBatch.id == self.batch_id)).scalar_one()

    def take(self) -> bool:
        """Put this process's name on the batch; return whether nobody else has it."""

        def take(uow: UnitOfWork) -> bool:
            taken: Any = uow.session.execute(
                sql_update(ImportBatch)
                .where(
                    ImportBatch.id == self.batch_id,
                    ImportBatch.state == "working",
                    or_(ImportBatch.worker.is_(None), ImportBatch.beat_at < uow.now - STALE),
                )
                .values(worker=self.name, beat_at=uow.now)
                .execution_options(synchronize_session=False)
            )
            return bool(taken.rowcount == 1)

        return self.database.run(SYSTEM, take)

    def set(self, uow: UnitOfWork, **values: Any) -> None:
        """Change the batch while it is this process's. Raises Stopped if it is no longer."""
        done: Any = uow.session.execute(
            sql_update(ImportBatch)
            .where(ImportBatch.id == self.batch_id, ImportBatch.worker == self.name)
            .values(beat_at=uow.now, **values)
            .execution_options(synchronize_session=False)
        )
        if done.rowcount != 1:
            raise Stopped

    def say(self, **values: Any) -> None:
        """Change the batch in a transaction of its own."""

        def say(uow: UnitOfWork) -> None:
            self.set(uow, **values)

        self.database.run(SYSTEM, say)

    def beat(self, done: int) -> None:
        """Say how far the stage is, once a second; raise Stopped if somebody asked for it."""
        if time.monotonic() - self.said_at < _BEAT:
            return
        self.said_at = time.monotonic()
        self.say(done=done)
        if self.read("is_stopping"):
            raise Stopped

    @contextmanager
    def alive(self) -> Iterator[None]:
        """Say in the background that this process lives, also while a step takes long."""
        over = threading.Event()

        def say() -> None:
            while not over.wait(_ALIVE):
                if time.monotonic() - self.said_at < _ALIVE:
                    continue  # what it did meanwhile said so
                try:
                    self.say()
                except Stopped:
                    return
                except DBAPIError as error:  # the next time, then
                    if not is_transient(error):
                        return

        thread = threading.Thread(target=say, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join(_ALIVE)

    def end(self, state: str, *, refusal: dict[str, Any] | None = None) -> None:
        """Give the batch back in a state, with what is to be told."""

        def end(uow: UnitOfWork) -> None:
            found = dict(
                uow.session.execute(select(ImportBatch.found).where(ImportBatch.id == self.batch_id)).scalar_one()
            )
            found.pop("refusal", None)
            if refusal is not None:
                found["refusal"] = refusal
            self.set(uow, state=state, worker=None, is_stopping=False, found=found)

        try:
            self.database.run(SYSTEM, end)
        except Stopped:
            return

"""One user action, one transaction: session, actor and clock handed to every verb."""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from db import normal
from db.engine import WRITE, make_engine
from services.kit import audit, custom, owners, shared
from services.kit.actor import Actor
from services.kit.briefly import Briefly
from services.kit.clock import Clock
from services.kit.once import once
from services.settings import Settings

P = ParamSpec("P")
T = TypeVar("T")

_RETRIED: Final = frozenset({"40001", "40P01", "53200"})
_ATTEMPTS: Final = 8


@dataclass
class UnitOfWork:
    """What a verb gets. Verbs flush, never commit; the edge commits once."""

    session: Session
    actor: Actor
    now: datetime
    """The instant of the action, UTC; read once."""
    settings: Settings
    known: custom.Known = field(default_factory=custom.Known, repr=False)
    """What this process has read of the database's added fields."""
    briefly: Briefly = field(default_factory=Briefly, repr=False)
    """What this process knows for half a minute of how to ask the database."""
    is_reading: bool = False

    @once
    def definitions(self) -> custom.Definitions:
        """Return the fields that an administrator has added, as they are in force; asked once."""
        return custom.current(self.session, self.known, is_reading=self.is_reading)

    def look_again(self) -> None:
        """Forget what was in force: this unit of work changes it, and nobody else may see that before its end."""
        self.session.flush()
        self.known = custom.Known()
        self.__dict__.pop("definitions", None)

    @once
    def reference(self) -> str:
        """Return what names the user action in the audit and in error messages; reads need none."""
        return secrets.token_hex(8)

    @once
    def pool_ids(self) -> tuple[int, ...]:
        """Return the public pools into which the actor may look, as far as their sight depends on it. One query."""
        return shared.visible_pools(self) if self.actor.looks_into_pools else ()

    @property
    def today(self) -> date:
        """Return the business date in the company's zone."""
        return self.now.astimezone(self.settings.zone).date()

    @property
    def is_sqlite(self) -> bool:
        """Say which of the two databases this is, for the few statements that differ."""
        return self.session.get_bind().dialect.name == "sqlite"


class Database:
    """The door to the data: makes units of work. One per process."""

    def __init__(self, engine: Engine, settings: Settings, clock: Clock | None = None) -> None:
        """Take the engine; the clock is handed in by tests and the seed."""
        self.engine = engine
        self.settings = settings
        self.clock = clock or Clock()
        self.known = custom.Known()
        self.briefly = Briefly()
        normal.use_region(settings.region)
        self._writing = engine.execution_options(**{WRITE: True})

    @classmethod
    def from_settings(cls, settings: Settings, clock: Clock | None = None) -> Database:
        """Open the database that the settings name."""
        return cls(make_engine(settings.database_url, schema=settings.database_schema), settings, clock)

    def fields_of(self, token: str | None) -> custom.Definitions:
        """Return the fields added to this database as of a token, asking it only if this process knows another."""
        if self.known.definitions.token == token:
            return self.known.definitions
        with Session(self.engine) as session:
            return custom.fresh(session, self.known, token)

    @contextmanager
    def read(self, actor: Actor) -> Iterator[UnitOfWork]:
        """Yield a unit of work that only reads; nothing is kept."""
        with Session(self.engine, expire_on_commit=False, autoflush=False) as session:
            uow = self._unit(session, actor, is_reading=True)
            with custom.within(uow):
                yield uow

    @contextmanager
    def write(self, actor: Actor) -> Iterator[UnitOfWork]:
        """Yield a unit of work that is committed at the end, whole or not at all."""
        with Session(self._writing, expire_on_commit=False) as session, session.begin():
            uow = self._unit(session, actor)
            owners.listen(uow)
            audit.listen(uow)
            with custom.within(uow):
                yield uow
                # What is still to be flushed, too: the search words of a record follow from its fields.
                session.flush()

    def _unit(self, session: Session, actor: Actor, *, is_reading: bool = False) -> UnitOfWork:
        now = self.clock.now()
        return UnitOfWork(session, actor, now, self.settings, self.known, self.briefly, is_reading=is_reading)

    def run(
        self,
        actor: Actor,
        verb: Callable[Concatenate[UnitOfWork, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run a verb in a unit of work; again, after a pause, when the database asks to try again.

        Serialization failures, deadlocks and a busy file are nobody's fault: verbs have no side effects
        outside their transaction, so the same call is simply made anew.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                with self.write(actor) as uow:
                    return verb(uow, *args, **kwargs)
            except DBAPIError as error:
                if attempt == _ATTEMPTS or not is_transient(error):
                    raise
                time.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311 - jitter, not a secret
        raise AssertionError

    def ask(
        self,
        actor: Actor,
        read: Callable[Concatenate[UnitOfWork, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run a read in a unit of work."""
        with self.read(actor) as uow:
            return read(uow, *args, **kwargs)


def is_transient(error: DBAPIError) -> bool:
    """Say whether the database asks to try the same transaction again."""
    state: Any = getattr(error.orig, "sqlstate", None)
    is_busy = isinstance(error, OperationalError) and "database is locked" in str(error.orig)
    return state in _RETRIED or is_busy

"""What happens by itself: verbs that run again and again, each by one process at a time, under a lease in the database.

Whoever takes the lease runs the job; a holder that dies keeps it until it runs out, and then another may. A verb works
in chunks: it is called until nothing is left, each call in one transaction that renews the lease and fails without it,
so that a holder who was too slow cannot write beside its successor.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from threading import Event, Thread
from typing import Any, Final

from sqlalchemy import or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

from db import statistics
from db.models import Job as Row
from db.types import N_
from services import collaborators, company, grading, imports, reminders
from services.duplicates import worker
from services.imports import uploads
from services.kit import permissions
from services.kit.actor import SYSTEM
from services.kit.errors import Refusal
from services.kit.unit_of_work import Database, UnitOfWork
from services.pools import recycling

LEASE: Final = timedelta(minutes=10)
"""How long one chunk may take before somebody else may run the job."""
_BEAT: Final = LEASE.total_seconds() / 4
AFTER_FAULT: Final = timedelta(minutes=15)
_MOST_CHUNKS: Final = 100_000
_log = logging.getLogger("sandtable.jobs")


@dataclass(frozen=True)
class Job:
    """A verb and when it runs: every day at the company's hour for the night, or every so often."""

    name: str
    label: str
    verb: Callable[[UnitOfWork], Mapping[str, int]] | None = None
    """Returns how many of what it has changed; called again until these are all 0."""
    apart: Callable[[Database], Mapping[str, int]] | None = None
    """Instead of a verb: what reads long before it writes, once, in transactions of its own."""
    every: timedelta | None = None
    """None: nightly."""


def _count_values(database: Database) -> Mapping[str, int]:
    return {"tables": statistics.count(database.engine)}


JOBS: Final[dict[str, Job]] = {
    one.name: one
    for one in (
        Job("recycle", N_("Back to the public pools"), recycling.recycle),
        Job("collaborators", N_("End of collaborations"), collaborators.tidy),
        Job("grades", N_("Grades of leads that follow the day"), grading.by_night),
        Job("imports", N_("Files of old imports"), imports.forget_old),
        Job("uploads", N_("Files brought and left lying"), uploads.forget_old),
        Job("reminders", N_("Reminders put aside"), reminders.forget_old),
        Job("duplicates", N_("Look for duplicates"), apart=worker.by_night),
        Job("statistics", N_("How values are spread, for SQLite"), apart=_count_values),
    )
}
"""By name. A module of business adds its own by a line here."""


class LeaseLost(Refusal):
    """Somebody else runs the job by now: what this chunk did is taken back."""

    def __init__(self) -> None:
        """Say so for the log."""
        super().__init__(N_("Another process has taken this job over."))


@dataclass(frozen=True)
class State:
    """A job as an administrator sees it."""

    name: str
    label: str
    """A message id."""
    next_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    result: Mapping[str, int]
    error: str | None
    """Reference of a fault, as in the log."""
    is_running: bool
    runs: int


def run(
    database: Database, name: str, *, only_due: bool = False, holder: str | None = None
) -> Mapping[str, int] | None:
    """Run a job now, as the system; returns what it changed, None if it is not due or another process runs it.

    Raises Refusal for a name that does not exist; a fault is logged with a reference and kept with the job.
    """
    job = _job(name)
    who = holder or new_holder()
    if not database.run(SYSTEM, acquire, name, who, only_due=only_due):
        return None
    total: dict[str, int] = {}
    reference: str | None = None
    try:
        if job.apart is not None:
            with _alive(database, name, who):
                total.update(job.apart(database))
        for _ in range(_MOST_CHUNKS if job.verb is not None else 0):
            counts = database.run(SYSTEM, _chunk, job, who)
            for what, number in counts.items():
                total[what] = total.get(what, 0) + number
            if not any(counts.values()):
                break
    except LeaseLost:
        _log.warning("job %s: another process has taken it over", name)
        return total
    except Exception:  # noqa: BLE001 - whatever it is, the others go on; it is in the log
        reference = secrets.token_hex(4).upper()
        _log.exception("job %s, reference %s", name, reference)
    database.run(SYSTEM, finish, name, who, total, reference)
    return total


def run_due(database: Database) -> dict[str, Mapping[str, int]]:
    """Run the jobs that are due, one after the other; returns what each changed that ran here."""
    found: dict[str, Mapping[str, int]] = {}
    for name in database.run(SYSTEM, due):
        result = run(database, name, only_due=True)
        if result is not None:
            found[name] = result
    return found


def new_holder() -> str:
    """Return a name for one run of this process."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"


# --- the lease ----------------------------------------------------------------------------------------------


def due(uow: UnitOfWork) -> list[str]:
    """Return the names of the jobs that are due and that nobody runs; a job seen for the first time waits its turn."""
    permissions.require(uow, "setting.update")
    known = set(uow.session.execute(select(Row.name)).scalars())
    dialect = sqlite if uow.is_sqlite else postgresql
    for job in JOBS.values():
        if job.name not in known:
            row = {"name": job.name, "next_at": next_at(uow, job), "runs": 0}
            uow.session.execute(dialect.insert(Row).values(row).on_conflict_do_nothing())
    rows = uow.session.execute(
        select(Row.name).where(Row.name.in_(JOBS), *_free(uow), _is_due(uow)).order_by(Row.next_at, Row.name)
    )
    return list(rows.scalars())


def acquire(uow: UnitOfWork, name: str, holder: str, *, only_due: bool = False) -> bool:
    """Take the lease of a job by one conditional UPDATE; returns whether it was free (and due). Raises Forbidden."""
    permissions.require(uow, "setting.update")
    job = _job(name)
    dialect = sqlite if uow.is_sqlite else postgresql
    row = {"name": name, "next_at": next_at(uow, job), "runs": 0}
    uow.session.execute(dialect.insert(Row).values(row).on_conflict_do_nothing())
    taken = uow.session.execute(
        update(Row)
        .where(Row.name == name, *_free(uow), *([_is_due(uow)] if only_due else []))
        .values(holder=holder, leased_until=uow.now + LEASE, started_at=uow.now)
        .execution_options(synchronize_session=False)
    )
    return bool(taken.rowcount == 1)  # type: ignore[attr-defined]


def finish(uow: UnitOfWork, name: str, holder: str, result: Mapping[str, int], error: str | None = None) -> None:
    """Give the lease back with what came of it, and say when the job runs next. Raises Forbidden."""
    permissions.require(uow, "setting.update")
    following = uow.now + AFTER_FAULT if error else next_at(uow, _job(name))
    uow.session.execute(
        update(Row)
        .where(Row.name == name, Row.holder == holder)
        .values(
            holder=None,
            leased_until=None,
            finished_at=uow.now,
            result=dict(result),
            error=error,
            next_at=following,
            runs=Row.runs + 1,
        )
        .execution_options(synchronize_session=False)
    )


def next_at(uow: UnitOfWork, job: Job) -> datetime:
    """Return when a job runs next: so long from now, or at the next hour for the night of the company's clock."""
    if job.every is not None:
        return uow.now + job.every
    zone = uow.settings.zone
    hour = int(company.get(uow, "night_hour"))
    found = datetime.combine(uow.today, time(hour), zone)
    if found <= uow.now:
        found = datetime.combine(uow.today + timedelta(days=1), time(hour), zone)
    return found


def _chunk(uow: UnitOfWork, job: Job, holder: str) -> Mapping[str, int]:
    """Run the verb once and renew the lease in the same transaction. Raises LeaseLost, which takes all back."""
    counts = job.verb(uow) if job.verb is not None else {}
    _renew(uow, job.name, holder)
    return counts


def _renew(uow: UnitOfWork, name: str, holder: str) -> None:
    kept = uow.session.execute(
        update(Row)
        .where(Row.name == name, Row.holder == holder, Row.leased_until > uow.now)
        .values(leased_until=uow.now + LEASE)
        .execution_options(synchronize_session=False)
    )
    if kept.rowcount != 1:  # type: ignore[attr-defined]
        raise LeaseLost


@contextmanager
def _alive(database: Database, name: str, holder: str) -> Iterator[None]:
    """Renew the lease in the background while something takes long."""
    over = Event()

    def renew() -> None:
        while not over.wait(_BEAT):
            try:
                database.run(SYSTEM, _renew, name, holder)
            except LeaseLost:
                return
            except DBAPIError:  # the next time, then
                _log.warning("job %s: its lease could not be renewed", name)

    thread = Thread(target=renew, name=f"lease of {name}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _free(uow: UnitOfWork) -> Sequence[Any]:
    return (or_(Row.holder.is_(None), Row.leased_until.is_(None), Row.leased_until <= uow.now),)


def _is_due(uow: UnitOfWork) -> Any:
    return or_(Row.next_at.is_(None), Row.next_at <= uow.now)


def _job(name: str) -> Job:
    if name not in JOBS:
        raise Refusal(N_("There is no job “{name}”. There are: {names}."), name=name, names=", ".join(JOBS))
    return JOBS[name]


# --- what an administrator sees -----------------------------------------------------------------------------


def states(uow: UnitOfWork) -> list[State]:
    """Return all jobs with their last and next runs. Raises Forbidden."""
    permissions.require(uow, "setting.read")
    rows = {row.name: row for row in uow.session.execute(select(Row)).scalars()}
    found = []
    for job in JOBS.values():
        row = rows.get(job.name)
        if row is None:
            found.append(State(job.name, job.label, next_at(uow, job), None, None, {}, None, is_running=False, runs=0))
            continue
        is_running = row.holder is not None and row.leased_until is not None and row.leased_until > uow.now
        found.append(
            State(
                job.name,
                job.label,
                row.next_at,
                row.started_at,
                row.finished_at,
                row.result or {},
                row.error,
                is_running,
                row.runs,
            )
        )
    return found


def night_hour(uow: UnitOfWork) -> int:
    """Return the hour of the company's clock at which nightly jobs run. Raises Forbidden."""
    permissions.require(uow, "setting.read")
    return int(company.get(uow, "night_hour"))


def hasten(uow: UnitOfWork, name: str) -> None:
    """Let a job run as soon as a process looks for what is due. Raises Forbidden, Refusal."""
    permissions.require(uow, "setting.update")
    _job(name)
    due(uow)
    uow.session.execute(
        update(Row).where(Row.name == name).values(next_at=uow.now).execution_options(synchronize_session=False)
    )


def set_night_hour(uow: UnitOfWork, hour: int) -> None:
    """Set the hour of the company's clock at which nightly jobs run. Raises Forbidden, Refusal."""
    permissions.require(uow, "setting.update")
    if not 0 <= hour <= 23:  # noqa: PLR2004 - hours of a day
        raise Refusal(N_("An hour from 0 to 23."))
    company.set_value(uow, "night_hour", hour)
    nightly = [one for one in JOBS.values() if one.every is None]
    for job in nightly:
        uow.session.execute(
            update(Row)
            .where(Row.name == job.name)
            .values(next_at=next_at(uow, job))
            .execution_options(synchronize_session=False)
        )

"""Recurring jobs: one process of many, on time, and free again when its holder is gone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from threading import Event
from typing import Any

import pytest

from services import jobs
from services.jobs import LEASE, Job
from services.kit.clock import Clock
from services.kit.errors import Forbidden, Refusal
from services.kit.unit_of_work import Database, UnitOfWork
from tests.factories import World
from tests.pools.making import later
from tests.races import at_once


class Work:
    """A job that says how often it was called and may fail."""

    def __init__(self) -> None:
        self.calls = 0
        self.chunks = 1
        self.fails = False
        self.meanwhile: Any = None

    def __call__(self, uow: UnitOfWork) -> dict[str, int]:
        if self.fails:
            raise ZeroDivisionError
        if self.meanwhile:
            self.meanwhile(uow)
        self.calls += 1
        return {"done": 5 if self.calls <= self.chunks else 0}


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Iterator[Work]:
    """Put a job of our own among the others."""
    found = Work()
    monkeypatch.setitem(jobs.JOBS, "work", Job("work", "Work", found))
    return found  # type: ignore[return-value]


def state(world: World, name: str = "work") -> jobs.State:
    return next(one for one in world.ask(jobs.states) if one.name == name)


def test_a_job_works_in_chunks_until_nothing_is_left(world: World, work: Work) -> None:
    work.chunks = 3
    assert {"done": 15} == jobs.run(world.database, "work")
    assert (4, 1, {"done": 15}) == (work.calls, state(world).runs, dict(state(world).result))


@pytest.mark.usefixtures("work")
def test_nightly_means_the_hour_of_the_companys_clock(world: World) -> None:
    """Noon in Shanghai: due at two in the morning there, which is 18:00 of the day before in UTC."""
    assert {} == jobs.run_due(world.database)
    assert "2026-06-15T18:00:00+00:00" == state(world).next_at.isoformat()
    later(world, hours=13)
    assert {} == jobs.run_due(world.database)
    later(world, hours=1)
    assert ["work"] == [name for name in jobs.run_due(world.database) if name == "work"]
    assert {} == jobs.run_due(world.database), "once a night"
    assert "2026-06-16T18:00:00+00:00" == state(world).next_at.isoformat()


@pytest.mark.usefixtures("work")
def test_the_hour_is_set_by_an_administrator(world: World) -> None:
    jobs.run_due(world.database)
    world.do(jobs.set_night_hour, 23, by=world.actor("administrator"))
    assert "2026-06-15T15:00:00+00:00" == state(world).next_at.isoformat()
    with pytest.raises(Refusal):
        world.do(jobs.set_night_hour, 24)
    for role in ("sales", "leader"):
        with pytest.raises(Forbidden):
            world.do(jobs.set_night_hour, 1, by=world.actor(role))


@pytest.mark.usefixtures("work")
def test_of_many_processes_one_runs_it(world: World) -> None:
    jobs.run_due(world.database)
    later(world, days=1)
    ran = at_once(8, lambda _n: jobs.run_due(world.database))
    assert 1 == sum("work" in one for one in ran)
    assert 1 == state(world).runs


@pytest.mark.usefixtures("work")
def test_the_lease_of_a_dead_holder_runs_out(world: World) -> None:
    assert world.do(jobs.acquire, "work", "dead")
    assert jobs.run(world.database, "work") is None
    assert state(world).is_running
    later(world, seconds=LEASE.total_seconds() - 1)
    assert jobs.run(world.database, "work") is None
    later(world, seconds=1)
    assert {"done": 5} == jobs.run(world.database, "work")


def test_who_was_too_slow_writes_nothing_beside_the_successor(world: World, work: Work) -> None:
    """The first holder's chunk takes longer than the lease; a second takes over meanwhile."""
    from db.models import Team

    def overtaken(uow: UnitOfWork) -> None:
        uow.session.add(Team(name="Half done"))
        uow.now += LEASE + timedelta(seconds=1)

    work.meanwhile = overtaken
    jobs.run(world.database, "work")
    assert 0 == len(teams(world))
    assert (0, True) == (state(world).runs, state(world).is_running)


def teams(world: World) -> list[Any]:
    from sqlalchemy import select

    from db.models import Team

    def found(uow: UnitOfWork) -> list[Any]:
        return list(uow.session.scalars(select(Team)))

    return world.ask(found)


def test_a_fault_is_kept_with_its_reference_and_tried_again_soon(world: World, work: Work) -> None:
    work.fails = True
    jobs.run(world.database, "work")
    broken = state(world)
    assert (8, False) == (len(broken.error or ""), broken.is_running)
    assert jobs.AFTER_FAULT == broken.next_at - world.database.clock.now()
    work.fails = False
    later(world, seconds=jobs.AFTER_FAULT.total_seconds())
    assert {"done": 5} == jobs.run_due(world.database)["work"]
    assert state(world).error is None


def test_a_name_that_is_no_job_is_told(world: World) -> None:
    with pytest.raises(Refusal, match="recycle"):
        jobs.run(world.database, "nonsense")


@pytest.mark.usefixtures("work")
def test_a_hastened_job_is_due_at_once(world: World) -> None:
    world.do(jobs.hasten, "work")
    assert {"work": {"done": 5}} == jobs.run_due(world.database)


def test_the_servers_clock_runs_what_is_due(sqlite_world: World, work: Work) -> None:
    from threading import Event

    from services.scheduler import Scheduler

    ran = Event()
    work.meanwhile = lambda _uow: ran.set()
    sqlite_world.do(jobs.hasten, "work")
    scheduler = Scheduler(sqlite_world.database, seconds=0.01)
    scheduler.start()
    assert ran.wait(timeout=30)
    scheduler.stop(30)
    assert not scheduler._thread.is_alive()
    assert Clock.at(sqlite_world.database.clock.now())


def test_what_reads_long_keeps_its_lease_meanwhile(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    renewed = Event()
    renew = jobs._renew

    def told(uow: UnitOfWork, name: str, holder: str) -> None:
        renew(uow, name, holder)
        renewed.set()

    def long(database: Database) -> dict[str, int]:
        assert jobs.run(database, "work") is None, "somebody else has it"
        assert renewed.wait(60)
        return {"done": 3}

    monkeypatch.setattr(jobs, "_renew", told)
    monkeypatch.setattr(jobs, "_BEAT", 0.01)
    monkeypatch.setitem(jobs.JOBS, "work", Job("work", "Work", apart=long))
    assert {"done": 3} == jobs.run(world.database, "work")
    assert {"done": 3} == state(world).result

"""`python cli.py jobs`: what happens by itself, when it ran, and running it from here."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import click

from commands.telling import REFUSED, refuse, told


def jobs_on(ready: Callable[[], Any]) -> click.Command:
    """Return the command; `ready` opens the database."""

    @click.command()
    @click.option("--run", "name", metavar="NAME", help="Run this job now, due or not.")
    @click.option("--due", "is_due", is_flag=True, help="Run what is due, for a timer of the operating system.")
    @told
    def jobs(name: str | None, *, is_due: bool) -> None:
        """List the recurring jobs, or run them; each runs in one process at a time, whoever starts it."""
        database = ready()
        if name is not None:
            _run(database, name)
        elif is_due:
            _run_due(database)
        _tell(database, is_short=name is not None or is_due)

    return jobs


def _run(database: Any, name: str) -> None:
    from services import jobs as work  # noqa: PLC0415 - --help does not wait for the database

    counts = work.run(database, name)
    if counts is None:
        refuse(f"{name}: another process runs it at this moment.")
    click.echo(f"{name}: {_written(counts)}")


def _run_due(database: Any) -> None:
    from services import jobs as work  # noqa: PLC0415 - as above

    ran = work.run_due(database)
    for one, counts in ran.items():
        click.echo(f"{one}: {_written(counts)}")
    if not ran:
        click.echo("Nothing is due.")


def _tell(database: Any, *, is_short: bool) -> None:
    """List the jobs unless only what went wrong is wanted; exit 2 if a last run ended with a fault."""
    from services import jobs as work  # noqa: PLC0415 - as above
    from services.kit.actor import SYSTEM  # noqa: PLC0415

    states = database.ask(SYSTEM, work.states)

    def local(at: datetime | None) -> str:
        return f"{at.astimezone(database.settings.zone):%Y-%m-%d %H:%M}" if at else "-"

    for one in states if not is_short else ():
        last = f"{local(one.finished_at)} ({_written(one.result)})" if one.finished_at else "-"
        click.echo(f"{one.name:<16} next {local(one.next_at)}   last {last}")
    failed = [one for one in states if one.error]
    for one in failed:
        click.echo(f"{one.name}: the last run ended with a fault; the log has it under {one.error}.")
    if failed:
        sys.exit(REFUSED)


def _written(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {what}" for what, number in counts.items()) or "nothing to do"

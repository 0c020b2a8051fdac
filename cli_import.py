"""What `python cli.py import` does: a file comes in by stages, and whatever is wrong is told, one a line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from db.types import N_
from services import imports
from services.imports import Batch
from services.kit.actor import Actor
from services.kit.entity import Entity
from services.kit.errors import Refusal
from services.kit.transfer import exporting, mapping
from services.kit.unit_of_work import Database


def field(kind: Entity, written: str) -> str:
    """Return the field that a word names. Raises Refusal."""
    found = mapping.field_named(kind, written)
    if found is None:
        raise Refusal(
            N_("There is no field “{field}”. There are: {fields}."),
            field=written,
            fields=", ".join(mapping.targets(kind)),
        )
    return found


def begin(database: Database, actor: Actor, kind: Entity, file: Path, *, goal: str, **asked: Any) -> int:
    """Take a file in; return the number of its import, which is told at once."""
    number = database.run(actor, lambda uow: imports.bring(uow, kind, file, str(file), goal=goal, **asked))
    _tell(f"Import {number}. If it is cut off, go on with --resume {number}.")
    return number


def go_on(database: Database, actor: Actor, kind: Entity, number: int) -> int:
    """Let an import go on; return its number. Raises Refusal if it is none of this kind, or not waiting."""
    if database.ask(actor, imports.get, number).entity is not kind:
        raise Refusal(N_("Import {number} brings in other records."), number=number)
    database.run(actor, imports.resume, number)
    return number


def run(database: Database, actor: Actor, number: int, errors: Path | None) -> bool:
    """Bring an import to its goal in this process and say what it did; return whether all went well."""
    imports.run_here(database, number)
    batch = database.ask(actor, imports.get, number)
    if batch.refusal is not None:
        click.echo(batch.refusal)
        return False
    for note in batch.notes:
        click.echo(f"Note: {note}")
    for error in database.ask(actor, imports.errors, number, limit=None):
        where = f"column “{error.column}”" if error.column else "the row"
        click.echo(f"Row {error.row}, {where}: {error.message}")
    if errors is not None and batch.wrong:
        _write_errors(database, actor, number, errors)
    return _conclude(batch)


def _write_errors(database: Database, actor: Actor, number: int, path: Path) -> None:
    def write(target: Any) -> int:
        return database.ask(
            actor,
            imports.errors_file,
            number,
            target,
            file_format=exporting.format_of(path),
            say=str,
            title="What is wrong",
        )

    exporting.whole_file(path, write)
    click.echo(f"Rows with errors: {path}")


def _conclude(batch: Batch) -> bool:
    counts = f"{batch.created} new, {batch.updated} changed, {batch.unchanged} unchanged"
    if batch.state == "stopped":
        click.echo(f"Stopped: {counts} so far. Go on with --resume {batch.id}.")
        return False
    if batch.goal == "check":
        click.echo(f"Dry run: {counts}, {batch.wrong} with errors. Nothing was written.")
    elif batch.stage != "store":
        click.echo(
            f"Nothing was written: {batch.wrong} rows have errors. Mend them, or import the others with --skip-bad."
        )
    else:
        click.echo(f"Imported: {counts}" + (f", {batch.wrong} with errors left out." if batch.wrong else "."))
    return not batch.wrong


def _tell(line: str) -> None:
    click.echo(line, err=True)

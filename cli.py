"""The terminal door: run, migrate, seed, import, export, back up and examine the portal.

Exit code 0: done. 2: refused, or rows have errors; the reasons stand on standard output, one a line.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from commands.duplicates import duplicates
from commands.jobs import jobs_on
from commands.telling import REFUSED, told
from commands.telling import refuse as _refuse


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--database-url",
    metavar="URL",
    help="Database to work on instead of SANDTABLE_DATABASE_URL: sqlite:///file.db or postgresql://…",
)
def main(database_url: str | None) -> None:
    """Sandtable 沙盘: CRM and strategic sandbox, from the terminal."""
    if database_url:
        from services.settings import settings

        os.environ["SANDTABLE_DATABASE_URL"] = database_url
        settings.cache_clear()


def _database() -> Any:
    from services import registry  # noqa: F401 - fills the register of entities
    from services.kit.garbage import look_rarely
    from services.kit.unit_of_work import Database
    from services.settings import settings

    look_rarely()
    database = Database.from_settings(settings())
    click.get_current_context().call_on_close(database.engine.dispose)
    return database


def _ready() -> Any:
    """Return the database in the newest shape, with what every company starts with."""
    from db import migrate
    from seed import reference
    from services import refreshing

    database = _database()
    if not migrate.is_current(database.engine):
        migrate.upgrade(database.engine)
    refreshing.refresh(database)
    reference.fill(database)
    return database


def _actor(database: Any, login: str | None) -> Any:
    from db.types import N_
    from services.kit.actor import SYSTEM
    from services.kit.errors import Refusal
    from services.users import actor_by_login

    if login is None:
        return SYSTEM
    actor = database.ask(SYSTEM, actor_by_login, login)
    if actor is None:
        raise Refusal(N_("There is no active user “{login}”."), login=login)
    return actor


# --- the server ---------------------------------------------------------------------------------------------


@main.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Port on 127.0.0.1 instead of SANDTABLE_PORT.")
@told
def run(port: int | None) -> None:
    """Migrate, fill an empty database with the demo company, and serve on 127.0.0.1."""
    import socket

    import uvicorn

    from seed import demo
    from services import company
    from services.kit.actor import SYSTEM
    from services.settings import settings

    number = port or settings().port
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", number))
        except OSError:
            _refuse(f"Port {number} is taken. Stop what uses it, or choose another: SANDTABLE_PORT={number + 1}")
    database = _ready()
    if settings().demo and demo.fill(database):
        print("The database was empty: the demo company has moved in.")
    shown = database.ask(SYSTEM, company.demo)
    database.engine.dispose()
    print(f"\n  Sandtable 沙盘   http://127.0.0.1:{number}\n")
    if shown:
        print(f"  Demo sign-ins, all with the password {shown['password']}")
        for one in shown["sign_ins"]:
            print(f"    {one['login']:<20} {one['role'].replace('_', ' '):<16} {one['name']}")
    print("\n  Ctrl+C ends it.\n", flush=True)
    os.chdir(Path(__file__).resolve().parent)
    # uvicorn sets TCP_NODELAY, which `streamlit run` does not: 48 -> 6 ms a rerun (measured).
    uvicorn.run(
        "app:app",
        host="127.0.0.1",
        port=number,
        loop="uvloop" if _has_uvloop() else "asyncio",
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=3,
    )


def _has_uvloop() -> bool:
    with suppress(ImportError):
        import uvloop  # noqa: F401

        return True
    return False


@main.command()
@told
def migrate() -> None:
    """Bring the database to the newest shape."""
    from db import migrate as migrations
    from services import refreshing

    database = _database()
    was_current = migrations.is_current(database.engine)
    migrations.upgrade(database.engine)
    changed = refreshing.refresh(database)
    if changed:
        print(f"Search words and compared forms were made anew: {changed} records.")
    print("The database was in the newest shape already." if was_current else "The database is in the newest shape.")


@main.command()
@click.option("--demo", "with_demo", is_flag=True, help="Add the demo company if there are no users and customers.")
@told
def seed(*, with_demo: bool) -> None:
    """Fill in what every company starts with; with --demo (or SANDTABLE_DEMO) the demo company, if it is empty."""
    from seed import demo
    from services.settings import settings

    database = _ready()
    print("Pipeline and criteria are there.")
    if with_demo or settings().demo:
        print(
            "The demo company has moved in." if demo.fill(database) else "Somebody works here already: no demo added."
        )


@main.command("create-admin")
@click.option("--login", prompt="Sign-in name", help="Sign-in name.")
@click.option("--name", help="Name of the person; the sign-in name unless given.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of asking.")
@told
def create_admin(login: str, name: str | None, *, password_stdin: bool) -> None:
    """Create an administrator."""
    from services import auth
    from services.kit.actor import SYSTEM
    from services.users import USER

    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)

    def make(uow: Any) -> Any:
        user = USER.verb("create")(uow, {"login": login, "name": name or login, "role": "administrator"})
        auth.set_password(uow, user.id, password)
        return user.login

    print(f"Administrator {_ready().run(SYSTEM, make)} may sign in.")


# --- in and out ---------------------------------------------------------------------------------------------


@main.command("import")
@click.argument("entity")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--map", "maps", multiple=True, metavar="COLUMN=FIELD", help="Where a column goes; “-” leaves it out.")
@click.option("--mode", type=click.Choice(["create", "update", "both"]), default="create", show_default=True)
@click.option("--match", metavar="FIELD", help="Field by which records are recognised (update, both).")
@click.option("--dry-run", is_flag=True, help="Say what would happen; keep nothing.")
@click.option("--errors", type=click.Path(path_type=Path), help="Write rows with errors here (.xlsx or .csv).")
@click.option("--skip-bad", is_flag=True, help="Import the good rows although others have errors.")
@click.option("--create-missing", is_flag=True, help="Make customers that are named but not there.")
@click.option("--pool", is_flag=True, help="New ones that name no owner are nobody's: into the public pool.")
@click.option("--fractions", multiple=True, metavar="FIELD", help="Percent field whose 0.12 means 12 %.")
@click.option("--value", "values", multiple=True, metavar="COLUMN:CELL=VALUE", help="What a cell is to be read as.")
@click.option(
    "--unknown", type=click.Choice(["error", "empty"]), help="What is no choice of ours: error, or left empty."
)
@click.option("--rest", type=click.Choice(["leave", "notes"]), default="leave", help="Columns that have no field.")
@click.option(
    "--dates", type=click.Choice(["dmy", "mdy", "ymd"]), help="How days are written, if the file leaves it open."
)
@click.option("--encoding", help="Encoding of a text file, such as gb18030; found by itself unless given.")
@click.option("--delimiter", help="What stands between cells of a text file: comma, semicolon, tab, bar.")
@click.option("--sheet", help="Sheet of the workbook; the first one with content unless given.")
@click.option("--resume", type=int, metavar="ID", help="Go on with an import that was stopped or cut off.")
@click.option("--as", "login", metavar="LOGIN", help="Import as this user, with their rights; else as the system.")
@told
def import_(  # noqa: PLR0913, PLR0917 - one argument an option
    entity: str,
    file: Path,
    maps: tuple[str, ...],
    mode: Any,
    match: str | None,
    errors: Path | None,
    fractions: tuple[str, ...],
    values: tuple[str, ...],
    unknown: str | None,
    rest: str,
    dates: str | None,
    encoding: str | None,
    delimiter: str | None,
    sheet: str | None,
    resume: int | None,
    login: str | None,
    *,
    dry_run: bool,
    skip_bad: bool,
    create_missing: bool,
    pool: bool,
) -> None:
    """Import records of ENTITY (customers, opportunities, …) from an .xlsx or .csv FILE, all or nothing.

    Columns are recognised by their names in English and Chinese. Errors are told by row and column; nothing is
    written unless every row is good, or --skip-bad is given. The number of the import is told on standard error; if
    it is cut off, --resume goes on where it stands: no row is lost, none comes in twice.
    """
    import cli_import
    from services.kit.transfer import exporting, mapping

    if errors is not None:
        exporting.format_of(errors)
    database = _ready()
    actor = _actor(database, login)
    kind = mapping.entity_named(entity)
    asked = {
        "maps": mapping.overrides_of(maps),
        "mode": mode,
        "match": cli_import.field(kind, match) if match else None,
        "skip_bad": skip_bad,
        "create_missing": create_missing,
        "for_pool": pool,
        "fractions": [cli_import.field(kind, one) for one in fractions],
        "values": mapping.values_of(values) or None,
        "unknown": unknown,
        "rest": rest,
        "dates": dates,
        "encoding": encoding,
        "delimiter": delimiter,
        "sheet": sheet,
    }
    if resume is None:
        number = cli_import.begin(database, actor, kind, file, goal="check" if dry_run else "store", **asked)
    else:
        number = cli_import.go_on(database, actor, kind, resume)
    if not cli_import.run(database, actor, number, errors):
        sys.exit(REFUSED)


@main.command("import-maven")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@told
def import_maven(folder: Path) -> None:
    """Import the CRM data set in DIR: accounts.csv, products.csv, sales_teams.csv, sales_pipeline.csv.

    Users come in without a password: an administrator sets one before they can sign in.
    """
    from services import maven
    from services.kit.actor import SYSTEM

    report = _ready().run(SYSTEM, maven.import_maven, folder)
    for oddity in report.oddities:
        print(f"Note: {oddity}")
    print("Imported: " + ", ".join(f"{count} {name}" for name, count in report.counts.items()) + ".")


@main.command()
@click.argument("entity")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--language", type=click.Choice(["en", "zh_CN"]), default="en", show_default=True, help="Of the headings."
)
@click.option("--as", "login", metavar="LOGIN", help="Export what this user may see; else everything.")
@told
def export(entity: str, file: Path, language: str, login: str | None) -> None:
    """Export records of ENTITY to an .xlsx or .csv FILE that the import can read again."""
    from services.kit.transfer import exporting, mapping

    file_format = exporting.format_of(file)
    database = _ready()
    actor = _actor(database, login)
    kind = mapping.entity_named(entity)
    words = exporting.same
    if language != "en":
        from ui.i18n import translate

        def words(text: str) -> str:
            return translate(text, language)

    def write(target: Any) -> Any:
        return exporting.export_list(database, actor, kind, target, file_format=file_format, words=words)

    print(f"Exported: {exporting.whole_file(file, write)} rows to {file}")


main.add_command(duplicates)


# --- care ---------------------------------------------------------------------------------------------------


@main.command()
@click.option("--mend", is_flag=True, help="Make indexes of custom fields again that are missing.")
@told
def doctor(mend: bool) -> None:  # noqa: FBT001 - a switch of the command line
    """Examine the database: its shape, the ledger of the money, the search index. Exit code 2 if anything is wrong."""
    from services import custom_fields, maintenance
    from services.kit.actor import SYSTEM

    if mend:
        for name in _database().run(SYSTEM, custom_fields.mend_indexes):
            print(f"Mended: {name}")
    found = maintenance.doctor(_database())
    for message in found:
        print(message)
    if found:
        sys.exit(REFUSED)
    print("Sound: shape, ledger and search index.")


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
@told
def backup(file: Path) -> None:
    """Copy the SQLite database to FILE while it is in use, with its checksum in FILE.sha256."""
    from services import maintenance

    print(f"Backed up to {file}\nSHA-256 {maintenance.backup(_database(), file)}")


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.confirmation_option(prompt="This replaces the whole database. Go on?")
@told
def restore(file: Path) -> None:
    """Replace the SQLite database by the backup in FILE; stop the server first."""
    from services import maintenance

    kept = maintenance.restore(_database(), file)
    print(f"Restored from {file}; what was there before: {kept or 'nothing'}")


main.add_command(jobs_on(_ready))

if __name__ == "__main__":
    main(prog_name="python cli.py")

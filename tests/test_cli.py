"""The terminal does what it says, and answers every mistake with a sentence and exit code 2."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from services.settings import ROOT

OPPORTUNITIES = "Name,Customer,Growth,Competition\nGood,Acme,12 %,3\nBad,Acme,much,9\n"


class Terminal:
    """Runs `python cli.py` on a database of its own."""

    def __init__(self, folder: Path, template: Path) -> None:
        self.folder = folder
        self.database = folder / "cli.db"
        shutil.copyfile(template, self.database)
        self.url = f"sqlite:///{self.database}"

    def __call__(self, *words: str | Path, stdin: str = "", url: str | None = None) -> tuple[int, str]:
        from cli import main

        done = CliRunner().invoke(main, ["--database-url", url or self.url, *map(str, words)], input=stdin)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.exit_code, done.output

    def apart(self, *words: str | Path) -> tuple[int, str]:
        """Run in a process of its own, as an operator does."""
        done = subprocess.run(
            [sys.executable, "cli.py", "--database-url", self.url, *map(str, words)],
            cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
            env={**os.environ, "PYTHONUTF8": "1", "SANDTABLE_DEMO": "false"},
        )  # fmt: skip
        assert "Traceback" not in done.stdout + done.stderr
        return done.returncode, done.stdout

    def file(self, name: str, content: str) -> Path:
        path = self.folder / name
        path.write_text(content, encoding="utf-8")
        return path


@pytest.fixture
def cli(tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    from services.settings import settings

    monkeypatch.setenv("SANDTABLE_DATABASE_URL", "")  # what the command line sets is taken back
    monkeypatch.setenv("SANDTABLE_DEMO", "false")
    yield Terminal(tmp_path, sqlite_template)
    settings.cache_clear()


def test_an_import_with_errors_says_each_and_writes_nothing(cli: Terminal) -> None:
    path = cli.file("o.csv", OPPORTUNITIES)
    code, said = cli.apart("import", "opportunities", path, "--create-missing", "--errors", cli.folder / "wrong.csv")
    assert 2 == code
    assert [
        "Row 3, column “Growth”: “much” is not a number.",
        "Row 3, column “Competition”: Not above 5.",
        f"Rows with errors: {cli.folder / 'wrong.csv'}",
        "Nothing was written: 1 rows have errors. Mend them, or import the others with --skip-bad.",
    ] == said.splitlines()
    assert "much" in (cli.folder / "wrong.csv").read_text(encoding="utf-8-sig")
    assert (0, f"Exported: 0 rows to {cli.folder / 'x.csv'}\n") == cli("export", "opportunities", cli.folder / "x.csv")


def test_dry_run_then_import_then_export_then_nothing_new(cli: Terminal) -> None:
    path = cli.file("o.csv", OPPORTUNITIES.replace("much", "5").replace("9", "4"))
    code, said = cli("import", "opportunity", path, "--create-missing", "--dry-run")
    assert (0, True) == (code, "Dry run: 2 new, 0 changed, 0 unchanged, 0 with errors." in said)
    assert 0 == cli("import", "opportunities", path, "--create-missing")[0]
    target = cli.folder / "out.xlsx"
    assert 0 == cli("export", "opportunities", target)[0]
    code, said = cli("import", "opportunities", target, "--mode", "both", "--match", "name")
    assert (0, "Imported: 0 new, 0 changed, 2 unchanged.") == (code, said.splitlines()[-1])


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("import", "nonsense", "{file}"), "no kind of record “nonsense”"),
        (("import", "customers", "{file}.none"), "There is no file"),
        (("import", "customers", "{file}", "--map", "x"), "write it as “Column=field”"),
        (("import", "customers", "{file}", "--map", "x=name"), "has no column “x”"),
        (("import", "customers", "{file}", "--as", "nobody"), "no active user “nobody”"),
        (("import", "customers", "{file}", "--match", "zzz"), "no field “zzz”"),
        (("import", "customers", "{file}", "--errors", "e.pdf"), ".xlsx or .csv, not as “.pdf”"),
        (("import-maven", "{folder}"), "There is no file"),
        (("export", "customers", "{folder}/none/x.csv"), "cannot be written"),
        (("export", "customers", "{folder}/x.txt"), "not as “.txt”"),
        (("restore", "{file}", "--yes"), "is no backup of this portal"),
    ],
)
def test_a_mistake_gets_a_sentence(cli: Terminal, words: tuple[str, ...], reason: str) -> None:
    path = cli.file("c.csv", "Name\nA\n")
    code, said = cli(*(word.format(file=path, folder=cli.folder) for word in words))
    assert (2, True) == (code, reason in said), said


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("nonsense", "address of the database cannot be read"),
        ("postgresql://nobody@127.0.0.1:1/x", "database does not answer"),
    ],
)
def test_a_database_that_is_not_there_gets_a_sentence(cli: Terminal, url: str, reason: str) -> None:
    code, said = cli("migrate", url=url)
    assert (2, True) == (code, reason in said), said


def test_an_import_that_was_stopped_goes_on_by_its_number(cli: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    from services.imports.lease import Stopped
    from services.imports.work import Work

    path = cli.file("c.csv", "Name\nA\nB\n")

    def stop(_work: Work) -> None:
        raise Stopped

    with monkeypatch.context() as broken:
        broken.setattr(Work, "_store", stop)
        code, said = cli("import", "customers", path)
    assert (2, True) == (code, "Go on with --resume 1." in said)
    assert (2, True) == ((done := cli("import", "leads", path, "--resume", "1"))[0], "other records" in done[1])
    code, said = cli("import", "customers", path, "--resume", "1")
    assert (0, "Imported: 2 new, 0 changed, 0 unchanged.") == (code, said.splitlines()[-1])
    assert (2, True) == ((done := cli("import", "customers", path, "--resume", "1"))[0], "not waiting" in done[1])
    assert (2, True) == ((done := cli("import", "customers", path, "--resume", "99"))[0], "no such record" in done[1])


def test_a_fresh_database_is_made_ready_by_the_first_command(cli: Terminal) -> None:
    cli.database.unlink()
    code, said = cli("create-admin", "--login", "root", "--password-stdin", stdin="turn-the-lathe-7\n")
    assert (0, "Administrator root may sign in.\n") == (code, said)
    assert 0 == cli("import", "customers", cli.file("c.csv", "Name\nA\n"), "--as", "root")[0]
    code, said = cli("create-admin", "--login", "weak", "--password-stdin", stdin="123\n")
    assert (2, True) == (code, "At least" in said)


def test_backup_and_restore_bring_back_the_same_data(cli: Terminal) -> None:
    cli("import", "customers", cli.file("c.csv", "Name\nA\nB\n"))
    kept = cli.folder / "kept.db"
    assert 0 == cli("backup", kept)[0]
    assert (2, True) == ((done := cli("backup", kept))[0], "is there already" in done[1])
    cli("import", "customers", cli.file("d.csv", "Name\nC\n"))
    assert 0 == cli("restore", kept, "--yes")[0]
    with sqlite3.connect(cli.database) as connection:
        assert [("A",), ("B",)] == connection.execute("SELECT name FROM customer ORDER BY name").fetchall()
    assert (0, "Sound: shape, ledger and search index.\n") == cli("doctor")


def test_a_backup_that_was_changed_is_refused(cli: Terminal) -> None:
    kept = cli.folder / "kept.db"
    cli("backup", kept)
    kept.write_bytes(kept.read_bytes() + b"x")
    code, said = cli("restore", kept, "--yes")
    assert (2, True) == (code, "checksum differs" in said)


def test_the_doctor_sees_a_broken_index(cli: Terminal) -> None:
    cli("import", "customers", cli.file("c.csv", "Name\nA\n"))
    with sqlite3.connect(cli.database) as connection:
        connection.execute("UPDATE customer SET search_tokens = 'wrong'")
    code, said = cli("doctor")
    assert (2, True) == (code, "search words of 1 records in “customer”" in said)


def test_every_command_explains_itself(cli: Terminal) -> None:
    from cli import main

    for name, command in main.commands.items():
        assert command.help, name
    assert (0, True) == ((done := cli("import", "--help"))[0], "--skip-bad" in done[1])

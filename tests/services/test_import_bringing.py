"""A file is taken in under a name that can be kept; what is refused leaves nothing behind, on the disk or told."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from services import imports
from services.contacts import CONTACT
from services.customers import CUSTOMER
from services.imports import bringing, uploads
from services.imports.work import Work
from services.kit.errors import Refusal
from tests.factories import World

A_TABLE = b"Name\nOne\nTwo\n"


@pytest.fixture(autouse=True)
def root(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Let all lie in a folder of the test's own, whatever the database."""
    for module in (uploads, bringing):
        monkeypatch.setattr(module, "root_of", lambda _settings: tmp_path / "imports")
    return tmp_path / "imports"


def lying(root: Path) -> list[Path]:
    return list(root.iterdir()) if root.is_dir() else []


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("lists/of 2026/客户 😀.csv", "客户 😀.csv"),
        ("../../etc/passwd", "passwd"),
        ("nul\0 and\x1b[31m red\n.csv", "nul and [31m red .csv"),
        ("\u202evsc.exe", "vsc.exe"),
        (os.fsdecode(b"no utf-8 \xff.csv"), "no utf-8 ?.csv"),
        ("", "file"),
        (" \t", "file"),
        ("x" * 300 + ".csv", "x" * 159 + "…" + "x" * 36 + ".csv"),
    ],
)
def test_whatever_a_file_is_called_it_comes_in(world: World, path: str, name: str) -> None:
    number = world.do(imports.bring, CUSTOMER, A_TABLE, path)
    imports.run_here(world.database, number)
    batch = world.ask(imports.get, number)
    assert (name, 2, "ready") == (batch.file_name, batch.total, batch.state)
    assert len(name) <= 200


@pytest.mark.parametrize("asked", [{"for_pool": True}, {"fractions": ["nothing"]}])
def test_what_is_refused_as_it_is_asked_for_leaves_nothing(world: World, root: Path, asked: dict[str, Any]) -> None:
    with pytest.raises(Refusal):
        world.do(imports.bring, CONTACT, A_TABLE, "a.csv", **asked)
    assert ([], []) == (lying(root), world.ask(imports.batches))


def test_what_the_disk_does_not_take_leaves_nothing(
    world: World, root: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_files: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copyfileobj", full)
    path = tmp_path_factory.mktemp("elsewhere") / "a.csv"
    path.write_bytes(A_TABLE)
    with pytest.raises(Refusal, match="has no room for this file"):
        world.do(imports.bring, CUSTOMER, path, "a.csv")
    assert ([], []) == (lying(root), world.ask(imports.batches))


def test_a_disk_that_is_full_as_a_file_is_read_is_told(world: World, root: Path) -> None:
    """Else it “broke off”, and the log of it, on the same disk, would not say why."""
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("only where there is a disk that is always full")
    number = world.do(imports.bring, CUSTOMER, A_TABLE, "a.csv")
    (place,) = lying(root)
    (place / "table.part").symlink_to(full)
    imports.run_here(world.database, number)
    batch = world.ask(imports.get, number)
    told = "The server has no room for this file: No space left on device."
    assert ("refused", told) == (batch.state, str(batch.refusal))


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(28, "No space left on device"), "The server's disk is full."),
        (OperationalError("INSERT", {}, Exception("database or disk is full")), "The server's disk is full."),
        (RuntimeError("Something else"), "The import broke off."),
    ],
)
def test_a_disk_that_is_full_as_rows_are_stored_is_told_and_the_import_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch, error: Exception, told: str
) -> None:
    def fails(*_asked: object) -> None:
        raise error

    number = world.do(imports.bring, CUSTOMER, A_TABLE, "a.csv", goal="store")
    with monkeypatch.context() as patch:
        patch.setattr(Work, "_commit", fails)
        with pytest.raises(type(error)):
            imports.run_here(world.database, number)
    batch = world.ask(imports.get, number)
    assert ("stopped", True) == (batch.state, str(batch.refusal).startswith(told))
    world.do(imports.resume, number)
    imports.run_here(world.database, number)
    assert ("ready", 2) == ((batch := world.ask(imports.get, number)).state, batch.created)


def test_what_was_brought_by_the_browser_is_not_copied_and_stays_when_it_is_let_go(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    seller = world.actor("sales_manager")
    world.ask(uploads.keep, "one", io.BytesIO(A_TABLE), by=seller)
    place = world.ask(uploads.find, "one", by=seller)
    monkeypatch.setattr("shutil.copyfileobj", None)
    number = world.do(imports.bring, CUSTOMER, place, "a.csv", by=seller)
    world.ask(uploads.drop, "one", by=seller)
    imports.run_here(world.database, number)
    assert 2 == world.ask(imports.get, number).total


def test_a_file_of_the_terminal_is_copied_since_it_may_be_written_into(
    world: World, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("elsewhere") / "a.csv"
    path.write_bytes(A_TABLE)
    number = world.do(imports.bring, CUSTOMER, path, "a.csv")
    with path.open("ab") as file:
        file.write(b"Three\n")
    imports.run_here(world.database, number)
    assert 2 == world.ask(imports.get, number).total


def test_nothing_is_done_of_what_is_asked_for_and_not_yet_begun(world: World) -> None:
    """Else it begins at its end: all rows were read, none is checked; all are checked, none is in."""
    number = world.do(imports.bring, CUSTOMER, A_TABLE, "a.csv")
    imports.run_here(world.database, number)
    for verb in (imports.check, imports.store):
        world.do(verb, number)
        batch = world.ask(imports.get, number)
        assert (2, 0) == (batch.total, batch.done)
        imports.run_here(world.database, number)
    assert 2 == world.ask(imports.get, number).done


@pytest.mark.parametrize(
    ("start", "is_text"), [(b"PK,Name\n1,One\n", True), (b"Rar!\x1a\x07", False), (b"SQLite format 3\0", False)]
)
def test_an_encoding_is_offered_for_what_may_be_text(world: World, start: bytes, *, is_text: bool) -> None:
    number = world.do(imports.bring, CUSTOMER, start, "a.csv")
    source = world.ask(imports.source, number)
    assert source is not None
    assert is_text == source.is_text

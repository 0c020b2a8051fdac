"""Files that people brought lie in a folder of theirs, have room, and are gone after a day."""

from __future__ import annotations

import io
import os
from datetime import timedelta
from pathlib import Path

import pytest

from services.imports import uploads
from services.kit.errors import Forbidden, Refusal
from services.kit.transfer.cells import Limits
from tests.factories import World

ROLE = "sales_manager"


@pytest.fixture(autouse=True)
def root(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Let them lie in a folder of the test's own, whatever the database."""
    monkeypatch.setattr(uploads, "root_of", lambda _settings: tmp_path)
    return tmp_path / "uploads"


def content(world: World, name: str, by: object) -> bytes | None:
    place = world.ask(uploads.find, name, by=by)
    return place.read_bytes() if place else None


def test_nobody_reaches_anothers_file_even_under_its_name(world: World) -> None:
    ann, bob = world.actor(ROLE), world.actor(ROLE)
    for who, said in ((ann, b"hers"), (bob, b"his")):
        world.ask(uploads.keep, "one", io.BytesIO(said), by=who)
    world.ask(uploads.drop, "one", by=bob)
    assert (b"hers", None) == (content(world, "one", ann), content(world, "one", bob))
    world.ask(uploads.drop, "one", by=bob)  # once more is no error


def test_one_brought_again_under_its_name_takes_the_place_of_the_first(world: World) -> None:
    seller = world.actor(ROLE)
    for said in (b"first", b"second"):
        file = io.BytesIO(said)
        file.read()  # wherever it was read up to
        world.ask(uploads.keep, "one", file, by=seller)
    assert b"second" == content(world, "one", seller)


@pytest.mark.parametrize("name", ["../one", "a/b", "", ".", "..", "a.part", "x" * 65, "ä", "one\n"])
def test_a_name_leads_to_no_other_folder(world: World, root: Path, name: str) -> None:
    with pytest.raises(Refusal):
        world.ask(uploads.keep, name, io.BytesIO(b"x"), by=world.actor(ROLE))
    assert not root.exists()


def test_who_may_import_nothing_brings_nothing(world: World, root: Path) -> None:
    with pytest.raises(Forbidden):
        world.ask(uploads.keep, "one", io.BytesIO(b"x"), by=world.actor("viewer"))
    assert not root.exists()


def test_the_oldest_give_way_to_a_new_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "ROOM", 10)
    seller, other = world.actor(ROLE), world.actor(ROLE)
    world.ask(uploads.keep, "theirs", io.BytesIO(b"x" * 9), by=other)
    for at, name in enumerate(("a", "b", "c")):
        world.ask(uploads.keep, name, io.BytesIO(b"x" * 4), by=seller)
        place = world.ask(uploads.find, name, by=seller)
        os.utime(place, (at, at))
    assert [None, b"xxxx", b"xxxx"] == [content(world, name, seller) for name in "abc"]
    assert content(world, "theirs", other)


def test_one_that_is_too_large_leaves_nothing_and_drives_nothing_out(
    world: World, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seller = world.actor(ROLE)
    world.ask(uploads.keep, "small", io.BytesIO(b"x"), by=seller)
    monkeypatch.setattr(uploads, "IN_A_CHILD", Limits(bytes=3))
    with pytest.raises(Refusal, match="at most"):
        world.ask(uploads.keep, "large", io.BytesIO(b"xxxx"), by=seller)
    assert ["small"] == [file.name for file in root.glob("*/*")]


def test_a_disk_that_is_full_is_said_and_no_piece_is_left(world: World, root: Path) -> None:
    class Full(io.BytesIO):
        def read(self, _size: int | None = -1, /) -> bytes:
            raise OSError(28, "No space left on device")

    with pytest.raises(Refusal, match="no room"):
        world.ask(uploads.keep, "one", Full(b"xxxx"), by=world.actor(ROLE))
    assert [] == list(root.glob("*/*"))


def test_after_a_day_they_are_gone(world: World, root: Path) -> None:
    seller = world.actor(ROLE)
    now = world.database.clock.now()
    for name, age in (("old", uploads.KEPT + timedelta(minutes=1)), ("young", uploads.KEPT - timedelta(minutes=1))):
        world.ask(uploads.keep, name, io.BytesIO(b"x"), by=seller)
        at = (now - age).timestamp()
        os.utime(world.ask(uploads.find, name, by=seller), (at, at))
    with pytest.raises(Forbidden):
        world.ask(uploads.forget_old, by=seller)
    assert [1, 0] == [world.do(uploads.forget_old)["files"] for _again in range(2)]
    assert ["young"] == [file.name for file in root.glob("*/*")]

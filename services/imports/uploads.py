"""Files that people have brought by the browser: on the disk of this server until they are taken, or for a day.

Each has the name that the browser's page gave it, in a folder of whoever brought it: nobody reaches another's.
"""

from __future__ import annotations

import re
import shutil
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Final

from db.types import N_
from services.imports.batches import root_of
from services.kit import permissions
from services.kit.entity import ENTITIES
from services.kit.errors import Forbidden, Refusal
from services.kit.transfer.cells import IN_A_CHILD
from services.kit.transfer.room import no_room
from services.kit.unit_of_work import UnitOfWork
from services.settings import Settings

ROOM: Final = 2 * IN_A_CHILD.bytes
"""Bytes of a person's files together. A new one drives the oldest out."""
KEPT: Final = timedelta(days=1)
_NAME: Final = re.compile(r"[0-9A-Za-z-]{1,64}")
_COPIED: Final = 1024 * 1024
_PART: Final = ".part"


def keep(uow: UnitOfWork, name: str, source: IO[bytes]) -> None:
    """Keep a file under its name. Raises Forbidden for somebody who may import nothing, and Refusal."""
    place = _place(uow, name)
    source.seek(0, 2)
    size = source.tell()
    source.seek(0)
    if size > IN_A_CHILD.bytes:
        raise Refusal(N_("A file has {megabytes} MB at most."), megabytes=IN_A_CHILD.bytes // 1024 // 1024)
    # Under another name until it is whole: what is found is never a piece.
    part = place.with_suffix(_PART)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        _make_room(place.parent, size)
        with part.open("wb") as target:
            shutil.copyfileobj(source, target, _COPIED)
        part.replace(place)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise no_room(error.strerror) from error


def find(uow: UnitOfWork, name: str) -> Path | None:
    """Return where the reader's file of that name lies; None if it is not there, or no longer. Raises Forbidden."""
    place = _place(uow, name)
    return place if place.is_file() else None


def is_one(settings: Settings, path: Path) -> bool:
    """Say whether a file is one that somebody has brought by the browser."""
    return path.is_relative_to(_root(settings))


def drop(uow: UnitOfWork, name: str) -> None:
    """Remove a file, if it is there. Raises Forbidden."""
    _place(uow, name).unlink(missing_ok=True)


def forget_old(uow: UnitOfWork) -> dict[str, int]:
    """Remove what was brought more than a day ago; a recurring job. Returns how many files. Raises Forbidden."""
    permissions.require(uow, "setting.update")
    gone = 0
    for file in _root(uow.settings).glob("*/*"):
        with suppress(FileNotFoundError):
            if uow.now - datetime.fromtimestamp(file.stat().st_mtime, UTC) > KEPT:
                file.unlink()
                gone += 1
    return {"files": gone}


def _place(uow: UnitOfWork, name: str) -> Path:
    if not any(uow.actor.may(f"{key}.import") for key in ENTITIES):
        raise Forbidden("customer.import")
    if not _NAME.fullmatch(name):
        raise Refusal(N_("This is no name of a file."))
    return _root(uow.settings) / str(uow.actor.user_id or 0) / name


def _root(settings: Settings) -> Path:
    return root_of(settings) / "uploads"


def _make_room(folder: Path, size: int) -> None:
    held = []
    for file in folder.iterdir():
        with suppress(FileNotFoundError):  # taken meanwhile
            found = file.stat()
            held.append((found.st_mtime, found.st_size, file))
    for _at, large, file in sorted(held, reverse=True):
        size += large
        if size > ROOM and file.suffix != _PART:
            file.unlink(missing_ok=True)

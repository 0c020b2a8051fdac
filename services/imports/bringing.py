"""Bringing: a file is taken in for an import, under a name that can be kept and shown."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from contextlib import suppress
from pathlib import Path, PurePath
from typing import Any, Final

from db.models import ImportBatch
from db.types import N_
from services.imports import asking, uploads
from services.imports.batches import root_of
from services.kit import permissions
from services.kit.entity import Entity
from services.kit.errors import Refusal
from services.kit.transfer.cells import IN_A_CHILD
from services.kit.transfer.room import is_full, no_room
from services.kit.transfer.staging import SOURCE
from services.kit.unit_of_work import UnitOfWork

_COPIED: Final = 1024 * 1024
_UNSEEN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""What is no sign, or turns the direction of those after it: what is shown as exe.csv may end in .exe."""
_NAMELESS: Final = "file"
_LONGEST: Final = 200
_ENDING: Final = 40


def bring(
    uow: UnitOfWork, entity: Entity, source: bytes | Path, file_name: str, *, sheet: str | None = None,
    folder: Path | None = None, goal: str = "read", **asked: Any,
) -> int:  # fmt: skip
    """Take a file in; return the number of its import. `launch` then reads it in the background.

    `goal` is how far it is to go at once: read (then `check` with the mapping), check, or store. `asked`: maps
    {heading: field}, mode, match, skip_bad, create_missing, for_pool, fractions. Raises Forbidden, and Refusal for a
    file that cannot be read.
    """
    permissions.require(uow, f"{entity.key}.import")
    place = (folder or root_of(uow.settings)) / secrets.token_hex(8)
    batch = ImportBatch(
        entity=entity.key,
        file_name=name_of(file_name),
        folder=str(place),
        by_id=uow.actor.user_id,
        created_at=uow.now,
        reference=secrets.token_hex(8),
        goal=goal,
        asked=asking.checked(entity, sheet=sheet, **asked),
        found={},
    )
    uow.session.add(batch)
    uow.session.flush()
    place.mkdir(parents=True)
    try:
        _take(uow, source, place / SOURCE, file_name)
    except BaseException:
        shutil.rmtree(place)  # nothing names it
        raise
    return batch.id


def name_of(path: str) -> str:
    """Return the name of a file as it can be kept and shown: no folder, nothing unseen, not longer than our column."""
    name = _UNSEEN.sub(" ", PurePath(path).name.encode(errors="replace").decode())
    name = " ".join(name.split()) or _NAMELESS
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - _ENDING - 1]}…{name[-_ENDING:]}"


def _take(uow: UnitOfWork, source: bytes | Path, target: Path, name: str) -> None:
    if isinstance(source, bytes):
        target.write_bytes(source)
        return
    if uploads.is_one(uow.settings, source):
        # It is ours, and nobody writes into it any more. To copy 400 MB would hold up whoever writes meanwhile.
        with suppress(OSError):  # not on every file system
            os.link(source, target)
            return
    _copy(source, target, name)


def _copy(source: Path, target: Path, name: str) -> None:
    try:
        if source.stat().st_size > IN_A_CHILD.bytes:
            raise Refusal(
                N_("“{name}” is larger than {megabytes} MB. Divide it into several files."),
                name=name,
                megabytes=IN_A_CHILD.bytes // 1024 // 1024,
            )
        with source.open("rb") as file, target.open("wb") as copy:
            shutil.copyfileobj(file, copy, _COPIED)
    except IsADirectoryError as error:
        raise Refusal(N_("“{name}” is a folder; name a file."), name=name) from error
    except FileNotFoundError as error:
        raise Refusal(N_("There is no file “{name}”."), name=name) from error
    except OSError as error:
        if is_full(error):
            raise no_room(error.strerror) from error
        raise Refusal(N_("“{name}” cannot be read: {reason}."), name=name, reason=error.strerror) from error

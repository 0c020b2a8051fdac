"""Room: what is said where a disk takes no more, whoever finds it: the system, a child process or a database."""

from __future__ import annotations

import errno
import os
from typing import Final

from db.types import N_
from services.kit.errors import Refusal

_SAID: Final = (os.strerror(errno.ENOSPC), "No space left on device", "disk is full")
"""The system in the reader's language and in its own, and SQLite."""


def is_full(error: object) -> bool:
    """Say whether an error, or what a process left of one, tells of a full disk."""
    return any(words in str(error) for words in _SAID)


def no_room(reason: str | None = None) -> Refusal:
    """Return what is said when the server's disk does not take a file."""
    return Refusal(N_("The server has no room for this file: {reason}."), reason=reason or _SAID[0])

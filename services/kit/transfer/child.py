"""A child process with limits: what nobody vouches for is taken apart there, and takes nobody down with it."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

from db.types import N_
from services.kit.errors import Refusal
from services.kit.transfer import room

_ROOT: Final = Path(__file__).resolve().parents[3]

MEMORY: Final = 6 * 1024 * 1024 * 1024
"""Bytes of address space. The libraries reserve far more than they use; a million rows of .xlsx use 1.6 GB."""
CPU_SECONDS: Final = 300
WALL_SECONDS: Final = 600
_LIMIT: Final = "SANDTABLE_CHILD_LIMIT"
"""Variable by which tests lower the memory limit, in bytes."""


def limit() -> None:
    """Limit this process: called by the child itself, since a hook before it starts is unsafe among threads."""
    with suppress(ImportError):  # Windows has no such limits; the time limit below holds there too
        import resource  # noqa: PLC0415

        memory = int(os.environ.get(_LIMIT, MEMORY))
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class _NoPandas:
    """Finds no pandas."""

    @staticmethod
    def find_spec(name: str, _path: object = None, _target: object = None) -> None:
        """Say that it is not there. Raises ModuleNotFoundError."""
        if name == "pandas":
            raise ModuleNotFoundError(name, name=name)


def without_pandas() -> None:
    """Do without pandas in this process: Arrow loads it to ask whether a list is one of its own (0.4 s, 50 MB)."""
    sys.meta_path.insert(0, _NoPandas)


def run(module: str, *arguments: str, name: str) -> None:
    """Run a module in a child and wait for it. Raises Refusal if it breaks or takes too long; `name` is shown."""
    try:
        done = subprocess.run(  # noqa: S603 - our own module
            [sys.executable, "-m", module, *arguments],
            cwd=_ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=WALL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise _too_much(name) from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace")
        if done.returncode < 0 or "MemoryError" in said or "ArrowMemoryError" in said or "alloc" in said:
            raise _too_much(name)
        if room.is_full(said):  # nor would there be room to log it
            raise room.no_room()
        raise RuntimeError(said[-2000:])


def _too_much(name: str) -> Refusal:
    return Refusal(N_("“{name}” takes more memory or time than one file may. Divide it into several files."), name=name)

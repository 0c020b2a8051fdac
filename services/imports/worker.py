"""The process of an import: `python -m services.imports.worker NUMBER`, started by whoever has asked for it."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

from db.engine import tune_for_loading
from services.apart import environment
from services.imports.work import Work
from services.kit.errors import Refusal
from services.kit.garbage import look_rarely
from services.kit.unit_of_work import Database
from services.settings import ROOT, settings

_LOG: Final = logging.getLogger(__name__)


def launch(database: Database, batch_id: int) -> None:
    """Start the process that brings an import to its goal, and return at once.

    It outlives the server: a session of its own, no pipes that would fill. Call it after the transaction in which
    the import was asked for; starting it twice does no harm, since one of the two finds it taken. What it says, and
    what it fails by, stands beside the file that is imported.
    """
    with _log(database, batch_id) as log:
        process = subprocess.Popen(  # noqa: S603 - our own module and a number
            [sys.executable, "-m", "services.imports.worker", str(int(batch_id))],
            cwd=ROOT,
            env=environment(database),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            start_new_session=True,
        )
    _LOG.info("import %s is at work in process %s", batch_id, process.pid)


def run_here(database: Database, batch_id: int) -> None:
    """Bring an import to its goal in this process: the command line and small files."""
    Work(database, batch_id).run()


def main(batch_id: int) -> None:
    """Be the process."""
    from services import registry  # noqa: F401, PLC0415 - fills the register of entities

    look_rarely()
    logging.basicConfig(level=settings().log_level)
    database = Database.from_settings(settings())
    tune_for_loading(database.engine)
    try:
        run_here(database, batch_id)
    finally:
        database.engine.dispose()


def _log(database: Database, batch_id: int) -> IO[bytes]:
    """Open the log of an import; nowhere, where its file does not lie on this machine or cannot be written beside."""
    with suppress(Refusal, OSError):
        return (Work(database, batch_id).folder / "import.log").open("ab")
    return Path(os.devnull).open("ab")


if __name__ == "__main__":
    main(int(sys.argv[1]))

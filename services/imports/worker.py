"""The process of an import: `python -m services.imports.worker NUMBER`, started by whoever has asked for it."""

from __future__ import annotations

import logging
import subprocess
import sys
from contextlib import suppress
from typing import Final

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
    the import was asked for; starting it twice does no harm, since one of the two finds it taken.
    """
    process = subprocess.Popen(  # noqa: S603 - our own module and a number
        [sys.executable, "-m", "services.imports.worker", str(int(batch_id))],
        cwd=ROOT,
        env=environment(database),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
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
    database = Database.from_settings(settings())
    tune_for_loading(database.engine)
    _log_to(database, batch_id)
    try:
        run_here(database, batch_id)
    except Exception:
        _LOG.exception("import %s broke off", batch_id)
        raise
    finally:
        database.engine.dispose()


def _log_to(database: Database, batch_id: int) -> None:
    """Keep what goes wrong beside the file that is imported."""
    with suppress(Refusal, OSError):
        logging.basicConfig(level=settings().log_level, filename=Work(database, batch_id).folder / "import.log")


if __name__ == "__main__":
    main(int(sys.argv[1]))

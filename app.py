"""The web door: the portal as an ASGI app, for `streamlit run app.py` and for `uvicorn app:app` alike.

The script of a session lies in ui/, away from pages/: with both side by side the framework would run a page
file without the sign-in until the first session has begun (docs/adr/0002-main-script.md).
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.middleware import Middleware

from db import migrate, statistics
from services import auth, refreshing, registry
from services.kit import garbage
from services.kit.actor import SYSTEM
from services.scheduler import Scheduler
from services.settings import settings
from ui import errors, session
from ui.server.compressed import CompressedFiles
from ui.server.gate import Gate, Headers
from ui.server.logs import configure
from ui.server.routes import ROUTES
from ui.server.uploads import Uploads

log = logging.getLogger("sandtable")


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[None]:
    """Make ready: newest shape of the database, the first administrator's secret, imports out of the collector."""
    configure(settings().log_level)
    database = session.database()
    if not migrate.is_current(database.engine):
        migrate.upgrade(database.engine)
    refreshing.refresh(database)
    if statistics.are_missing(database.engine):
        statistics.count_in_passing(database.engine)
    secret = database.run(SYSTEM, auth.setup_secret)
    if secret is not None:
        # Printed, not logged: a log may be kept and read by others. It is good once, and for a day.
        print(f"\nThere is no user yet. Set-up secret for the first administrator: {secret}\n", flush=True)  # noqa: T201
    for heavy in ("altair", "pandas"):  # paid here, not by the first reader
        import_module(heavy)
    log.debug("%d entities", len(registry.ALL))
    garbage.keep_what_is_loaded()
    garbage.look_rarely()
    scheduler = Scheduler(database)
    scheduler.start()
    yield
    scheduler.stop()
    database.engine.dispose()


app = st.App(
    Path(__file__).resolve().parent / "ui" / "main.py",
    routes=ROUTES,
    middleware=[
        Middleware(Headers, is_secure=settings().secure_cookies),
        Middleware(Gate),
        Middleware(Uploads),
        Middleware(CompressedFiles),
    ],
    lifespan=lifespan,
    on_script_error=errors.show,
)

"""Processes beside the server: what takes long is done there, and holds up nobody's page."""

from __future__ import annotations

import os

from services.kit.unit_of_work import Database


def environment(database: Database) -> dict[str, str]:
    """Return the environment in which another process of ours works on the same database."""
    given = database.settings
    return {
        **os.environ,
        "SANDTABLE_DATABASE_URL": given.database_url,
        "SANDTABLE_TIME_ZONE": given.time_zone,
        "SANDTABLE_CURRENCY": given.currency,
        **({"SANDTABLE_DATABASE_SCHEMA": given.database_schema} if given.database_schema else {}),
    }

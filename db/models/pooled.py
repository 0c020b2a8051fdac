"""What a record has beside its owner when it may lie in a public pool: which one, since when, and whose it was."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import text as sql_text
from sqlalchemy.orm import Mapped

from db.base import scope_index
from db.types import N_, flag, instant, reference


class Pooled:
    """Whoever has no owner lies in a pool, and whoever lies in a pool has no owner (services/kit/owners.py)."""

    pool_id: Mapped[int | None] = reference(N_("Pool"), "pool.id", index=False, narrowing=True, sort_order=82)
    """Empty while somebody owns it."""
    pooled_at: Mapped[datetime | None] = instant(N_("In the pool since"), sort_order=83)
    received_at: Mapped[datetime | None] = instant(N_("Received"), sort_order=84)
    """Since when the owner has had it; the rules of the pools count from here."""
    previous_owner_id: Mapped[int | None] = reference(N_("Previous owner"), "user.id", index=False, sort_order=85)
    """Who owned it before: not whoever pressed the button."""
    is_locked: Mapped[bool] = flag(
        N_("Locked"),
        server_default=sql_text("false"),
        sort_order=86,
        help=N_("The rules of the public pools leave it alone"),
    )


def pool_index(table: Any) -> None:
    """Index what lies in which pool, in the order in which lists show it, as the owner's index does (db/base.py).

    Without what somebody owns: counted in, it made SQLite believe that any pool holds half of the table.
    """
    lies = table.c.pool_id.is_not(None)
    scope_index(table, "pool_id", sqlite_where=lies, postgresql_where=lies)

"""Statements put together once for all runs that ask the same: putting one together costs as much as running it.

A statement is kept for exactly one sight (who asks, with which grants, over which teams) and exactly the same
facts, so that nobody's criteria ever serve another reader. Only statements are kept, never rows.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, Final

from services.kit.unit_of_work import UnitOfWork

_MOST: Final = 1_000
_kept: dict[Hashable, Any] = {}


def prepared(uow: UnitOfWork, make: Callable[..., Any], *facts: Hashable) -> Any:
    """Return what `make(uow, *facts)` builds, built once for the same reader and facts.

    `make` may look at `uow.actor`, `uow.today`, `uow.pool_ids` and `uow.is_sqlite` alone: what else it depends on
    stands among the facts, which are hashable: dates, codes, numbers.
    """
    key = (make, uow.is_sqlite, uow.actor.sight, uow.today, uow.pool_ids, facts)
    statement = _kept.get(key)
    if statement is None:
        if len(_kept) >= _MOST:
            _kept.clear()
        statement = _kept[key] = make(uow, *facts)
    return statement

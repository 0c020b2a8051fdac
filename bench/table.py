"""The table of the open round with as many opportunities as a goal speaks of."""

from __future__ import annotations

import numpy as np

from services import opportunities, planning, users
from services.kit import records
from services.kit.actor import SYSTEM
from services.kit.unit_of_work import Database, UnitOfWork
from services.opportunities import OPPORTUNITY


def lay(database: Database, size: int) -> int:
    """Put opportunities on the table of the open round until there are `size`; return how many are scored there."""
    leader = database.ask(SYSTEM, users.actor_by_login, "leader")
    assert leader is not None  # noqa: S101 - the demo has one
    return database.run(leader, _lay, size)


def _lay(uow: UnitOfWork, size: int) -> int:
    """Add opportunities with the facts of those that are there, by the verbs that the portal uses."""
    plan_id = next(line.id for line in planning.rounds(uow) if line.stage != "frozen")
    there = planning.table(uow, plan_id).ids
    added = []
    for number in range(size - len(there)):
        like = records.get(uow, OPPORTUNITY, there[number % len(there)])
        facts = {name: getattr(like, name) for name in OPPORTUNITY.writable if name != "code"}
        added.append(opportunities.create(uow, {**facts, "name": f"{like.name} · {number + 1}"}).id)
    planning.add_items(uow, plan_id, added)
    standing = planning.rank(planning.table(uow, plan_id))
    return int(np.isfinite(standing.columns["score"]).sum())

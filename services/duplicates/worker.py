"""The process of a scan: `python -m services.duplicates.worker ENTITY [USER]`, where there is much to look through.

Comparing names is arithmetic that would hold up every page of the server. The process reads, then writes what it has
found in one transaction, and says so on its last line; whoever waits for it may go without stopping it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import astuple
from typing import Any, Final

from sqlalchemy import func, select

from db.models import User
from services.apart import environment
from services.duplicates.pairs import Scanned, scan_apart
from services.duplicates.scanning import SCANNED
from services.kit import permissions
from services.kit.actor import SYSTEM, Actor
from services.kit.entity import ENTITIES
from services.kit.errors import Forbidden, Message, Refusal
from services.kit.transfer.staging import message_of, plain
from services.kit.unit_of_work import Database, UnitOfWork
from services.settings import ROOT, settings
from services.users import actor_of

FEW: Final = 2_000
"""Up to so many records are looked through in less time than a process takes to start."""
_LONGEST: Final = 3_600.0
"""Seconds."""


def look_through(database: Database, actor: Actor, entity: str) -> Scanned:
    """Scan an entity and keep what is found: here if it is small, else in a process of its own, and wait.

    Raises Forbidden, Refusal.
    """
    if not database.ask(actor, is_much, entity):
        return scan_apart(database, actor, entity)
    user = [str(actor.user_id)] if actor.user_id is not None else []
    done = subprocess.run(  # noqa: S603 - our own module, a name and a number
        [sys.executable, "-m", "services.duplicates.worker", ENTITIES[entity].key, *user],
        cwd=ROOT,
        env=environment(database),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_LONGEST,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    if "refusal" in answer:
        refused = message_of(answer["refusal"])
        raise Refusal(refused.text, **refused.params)
    return Scanned(*answer["scanned"])


def is_much(uow: UnitOfWork, entity: str) -> bool:
    """Say whether there is much to look through. Raises Forbidden."""
    permissions.require(uow, f"{entity}.update")
    some = select(ENTITIES[entity].model.id).limit(FEW + 1).subquery()
    return bool(uow.session.execute(select(func.count()).select_from(some)).scalar_one() > FEW)


def by_night(database: Database) -> Mapping[str, int]:
    """Scan all entities as the system; returns how many pairs are new. A recurring job."""
    return {"pairs": sum(look_through(database, SYSTEM, entity).new for entity in SCANNED)}


def main(entity: str, user_id: int | None) -> None:
    """Be the process."""
    from services import registry  # noqa: F401, PLC0415 - fills the register of entities

    database = Database.from_settings(settings())
    try:
        actor = SYSTEM if user_id is None else database.ask(SYSTEM, _actor, user_id)
        answer: dict[str, Any] = {"scanned": astuple(scan_apart(database, actor, entity))}
    except Refusal as refusal:
        answer = {"refusal": plain(Message(refusal.message.text, refusal.message.params))}
    finally:
        database.engine.dispose()
    sys.stdout.write(json.dumps(answer) + "\n")


def _actor(uow: UnitOfWork, user_id: int) -> Actor:
    found = select(User).where(User.id == user_id, User.is_active, User.deleted_at.is_(None))
    user = uow.session.execute(found).scalar_one_or_none()
    if user is None:
        raise Forbidden("customer.update")
    return actor_of(uow, user)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else None)  # noqa: PLR2004 - the module, the entity, the user

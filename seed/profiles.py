"""The demo's profiles: three customers thought through, one competitor watched; some findings on the sandbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import select

from db.models import Competitor, Opportunity
from seed.company import Company
from seed.rows import acting, dice, office_hour, words
from services import profiles, users
from services.kit.actor import Actor
from services.kit.unit_of_work import UnitOfWork
from services.profiles import findings

_KINDS: Final = {"1": (0, "customer"), "2": (3, "customer"), "3": (2, "customer"), "4": (0, "competitor")}
"""Profile -> (place among the mapped customers, kind)."""
_DAYS: Final = {"1": 120, "2": 60, "3": 30, "4": 90}
"""Days since each was begun."""
_NUMBERS: Final = {"percent": int, "rating": int}


def add_profiles(uow: UnitOfWork, company: Company, mapped: Sequence[str]) -> None:
    """Write the profiles as their owners did: published once, gone on with a draft, and what follows from them."""
    for number, (place, kind) in _KINDS.items():
        code = mapped[place]
        owner = users.actor_by_login(uow, company.rows[code]["_login"])
        assert owner is not None  # noqa: S101 - made a moment ago
        _write(uow, company.customers[code], number, kind, owner)


def _write(uow: UnitOfWork, customer_id: int, number: str, kind: str, owner: Actor) -> None:
    chance = dice(f"profile {number}")
    began = office_hour(uow, uow.today - timedelta(days=_DAYS[number]), chance)
    later = office_hour(uow, uow.today - timedelta(days=_DAYS[number] // 6), chance)
    first = uow.session.execute(select(Competitor.id).order_by(Competitor.id).limit(1)).scalar_one()
    with acting(uow, owner, began):
        profile = profiles.begin(uow, customer_id, kind, first if kind == "competitor" else None)
        profiles.answer(uow, profile.id, _answers(uow, number, kind, "1"))
        profiles.publish(uow, profile.id, note="First round · 第一轮")
        _find(uow, profile.id, customer_id, [row for row in words("findings") if row["profile"] == number])
    if more := _answers(uow, number, kind, "2"):
        with acting(uow, owner, max(later, began)):
            profiles.answer(uow, profile.id, more)


def _answers(uow: UnitOfWork, number: str, kind: str, edition: str) -> dict[str, Any]:
    kinds = {one.code: one.kind for one in profiles.questions(uow, kind)}
    return {
        row["code"]: _NUMBERS.get(kinds[row["code"]], str)(row["answer"])
        for row in words("profile_answers")
        if (row["profile"], row["edition"]) == (number, edition)
    }


def _find(uow: UnitOfWork, profile_id: int, customer_id: int, rows: Sequence[Mapping[str, str]]) -> None:
    """Write the findings down; those for the sandbox are what opportunities of the customer came from."""
    chances = list(
        uow.session.execute(
            select(Opportunity.id)
            .where(Opportunity.customer_id == customer_id, Opportunity.horizon.is_not(None))
            .order_by(Opportunity.id)
        ).scalars()
    )
    for row in rows:
        made = findings.create(uow, {"profile_id": profile_id, "text": row["text"], "kind": row["kind"]})
        if row["sandbox"] and chances:
            profiles.link(uow, made.id, chances.pop(0))

"""How a customer pays: from its instalments that have fallen due. Asks nothing of the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from db.types import N_, Options
from services.kit.errors import Message

STATES: Options = {
    "unknown": N_("No record"),
    "good": N_("Pays well"),
    "slow": N_("Pays late"),
    "poor": N_("Pays badly"),
}
GOOD_SHARE: Final = 8_000
"""Basis points of instalments paid on time, from which it is good."""
POOR_SHARE: Final = 5_000
"""Below which it is poor."""
POOR_DAYS: Final = 60
"""Days overdue from which a single instalment makes it poor."""


@dataclass(frozen=True)
class Due:
    """An instalment that has fallen due."""

    due_on: date
    settled_on: date | None
    """When the last of it came in; None while something is open."""

    def days_late(self, today: date) -> int:
        """Return by how many days it was, or is, late; 0 for on time."""
        return max(((self.settled_on or today) - self.due_on).days, 0)


@dataclass(frozen=True)
class Credit:
    """The state, its reason, and the figures behind it."""

    state: str
    reason: Message
    on_time: int | None = None
    """Basis points of the instalments judged; None: nothing to judge."""
    mean_days: int | None = None
    """Mean days late over all of them, those on time counted as 0."""
    overdue: int = 0
    """How many are open past their day."""
    worst: int = 0
    """Days by which the oldest open one is late."""


def credit(dues: Sequence[Due], today: date) -> Credit:
    """Return how a customer pays that had these instalments."""
    judged = [one for one in dues if one.settled_on is not None or one.due_on < today]
    if not judged:
        return Credit("unknown", Message(N_("Nothing has fallen due yet.")))
    late = [one.days_late(today) for one in judged]
    on_time = late.count(0) * 10_000 // len(late)
    mean = round(sum(late) / len(late))
    past = [days for one, days in zip(judged, late, strict=True) if one.settled_on is None]
    worst = max(past, default=0)
    state = "good" if on_time >= GOOD_SHARE else "slow" if on_time >= POOR_SHARE else "poor"
    if worst >= POOR_DAYS:
        state = "poor"
    elif past and state == "good":
        state = "slow"
    share = {"share": round(on_time / 100), "days": mean}
    if past:
        said = {**share, "n": len(past), "worst": worst}
        reason = Message(N_("{n} overdue, the oldest by {worst} days; {share}% on time."), said)
    elif mean:
        reason = Message(N_("{share}% on time, {days} days late on average."), share)
    else:
        reason = Message(N_("All {n} on time."), {"n": len(late)})
    return Credit(state, reason, on_time, mean, len(past), worst)

"""Who stands on a power map, and what the rules ask of them. Asks nothing of the database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

KEY: Final = 4
"""Influence from which a person belongs to the ring that decides: 4 or 5."""
DECIDING: Final = frozenset({"decider", "approver"})
COVERED: Final = frozenset({"brief", "multiple", "in_depth"})


@dataclass(frozen=True)
class Person:
    """A contact as the map sees it."""

    id: int
    name: str
    title: str | None = None
    role: str | None = None
    attitude: int | None = None
    """-2 … +2; None: nobody knows."""
    influence: int | None = None
    """1 … 5; None: nobody knows."""
    coverage: str = "unknown"
    covered_by: str | None = None
    reports_to_id: int | None = None
    leaning_to: str | None = None
    is_active: bool = True
    is_primary: bool = False
    last_contact_on: date | None = None

    @property
    def is_key(self) -> bool:
        """Say whether they belong to the ring that decides."""
        return self.influence is not None and self.influence >= KEY

    @property
    def supports(self) -> bool:
        """Say whether they stand on our side."""
        return self.attitude is not None and self.attitude > 0

    @property
    def is_against(self) -> bool:
        """Say whether they stand against us."""
        return self.attitude is not None and self.attitude < 0

    @property
    def decides(self) -> bool:
        """Say whether the yes is theirs: they decide or approve."""
        return self.role in DECIDING

    @property
    def is_covered(self) -> bool:
        """Say whether one of us knows them."""
        return self.coverage in COVERED


def active(people: Iterable[Person]) -> list[Person]:
    """Return who is still there, most influential first; equals in the order of their ids."""
    return sorted((one for one in people if one.is_active), key=lambda one: (-(one.influence or 0), one.id))

"""Who acts: the user with role, reach and language, handed to every unit of work."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum

from services.kit.once import once


class Reach(IntEnum):
    """How far a permission reaches (data scope)."""

    NONE = 0
    OWN = 1
    TEAM = 2
    TREE = 3
    """The actor's team and its sub-teams."""
    ALL = 4


@dataclass(frozen=True)
class Actor:
    """Grants map a permission such as `lead.update` to its reach."""

    user_id: int | None
    name: str
    role: str
    grants: Mapping[str, Reach] = field(default_factory=dict, repr=False)
    team_id: int | None = None
    tree_ids: frozenset[int] = frozenset()
    """The actor's team and all teams below it."""
    language: str = "en"
    is_system: bool = False
    day: date | None = None
    """The business date on which a scope is asked, since collaborations end; permissions.scope sets it."""
    action: str = "read"
    """What a scope is asked for; permissions.scope sets it."""
    is_row_by_row: bool = False
    """Whether a scope asks of each row for its parent, or gathers the parents first; permissions.scope sets it."""
    pools: Callable[[], tuple[int, ...]] = field(default=tuple, repr=False, compare=False)
    """The public pools in which a scope lets the actor look; permissions.scope sets it."""

    @once
    def sight(self) -> Hashable:
        """Return what decides which rows the actor sees: two actors of the same sight see the same."""
        return self.user_id, self.team_id, self.tree_ids, self.is_system, frozenset(self.grants.items())

    @once
    def looks_into_pools(self) -> bool:
        """Say whether what the actor sees depends on the public pools: whoever sees everything sees those as well."""
        return any(self.reach(f"{key}.read") in (Reach.OWN, Reach.TEAM, Reach.TREE) for key in ("customer", "lead"))

    def reach(self, permission: str) -> Reach:
        """Return how far a permission reaches; NONE if the role does not include it."""
        return Reach.ALL if self.is_system else self.grants.get(permission, Reach.NONE)

    def may(self, permission: str) -> bool:
        """Say whether the role includes a permission at all; `*.import` asks for any kind of record."""
        if permission.startswith("*."):
            return self.is_system or any(
                name.endswith(permission[1:]) and reach is not Reach.NONE for name, reach in self.grants.items()
            )
        return self.reach(permission) is not Reach.NONE


SYSTEM = Actor(user_id=None, name="system", role="system", is_system=True)
"""The machine itself: seed, jobs, command line."""

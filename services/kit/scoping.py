"""The rules by which rows are seen: each as one criterion, and as the keys it lets through, read along indexes.

The criterion of what is seen through a parent is put in two ways. "Whose parent is among those I reach" gathers these
first: right for whole tables. "Is its parent one that I reach" is asked row by row: right for one record, and for
whoever reaches so many that the rows of a page are met soon (services/kit/seeing.py chooses).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Select, or_, select, true

from db.within import along
from services.kit import shared
from services.kit.actor import Actor, Reach


class ScopeRule(Protocol):
    """Makes the criterion under which an actor with some reach sees the rows of one table."""

    def __call__(self, actor: Actor, reach: Reach) -> ColumnElement[bool]:
        """Return the criterion."""
        ...


class KeyRule(ScopeRule, Protocol):
    """A rule that can name the keys of what is seen."""

    def keys(self, actor: Actor, reach: Reach, parents: int | None = None) -> list[Select[Any]]:
        """Return selects of the keys of live rows, each along one index, together all; of at most `parents` parents."""
        ...

    def above(self, actor: Actor, reach: Reach, *, is_deep: bool = False) -> list[Select[Any]]:
        """Return selects of the keys of the parents through which rows are seen; if deep, of all ancestors."""
        ...


@dataclass(frozen=True)
class Owned:
    """The rule of a table with owner and team."""

    model: Any
    pool: bool = False
    """What lies in the pools of which one is a member is seen, too."""
    helped: bool = False
    """And the customers on which one collaborates."""

    def __call__(self, actor: Actor, reach: Reach) -> ColumnElement[bool]:
        """Return the criterion."""
        return true() if reach is Reach.ALL else or_(*self._parts(actor, reach))

    def _parts(self, actor: Actor, reach: Reach) -> list[ColumnElement[bool]]:
        model = self.model
        seen = [model.owner_id == actor.user_id]
        if reach is Reach.TREE:
            seen.append(model.team_id.in_(sorted(actor.tree_ids)))
        elif reach is Reach.TEAM and actor.team_id is not None:
            seen.append(model.team_id == actor.team_id)
        if self.pool:
            seen.append(shared.pooled(model, actor))
        if self.helped:
            seen.append(shared.shared(model.id, actor))
        return seen

    def keys(self, actor: Actor, reach: Reach, parents: int | None = None) -> list[Select[Any]]:
        """Return a select for each reason."""
        found = [select(self.model.id).where(one, self.model.deleted_at.is_(None)) for one in self._parts(actor, reach)]
        return [one.limit(parents) for one in found]

    def above(self, actor: Actor, reach: Reach, *, is_deep: bool = False) -> list[Select[Any]]:  # noqa: ARG002 - the contract
        """Return nothing: a row is seen for its own sake."""
        return []


@dataclass(frozen=True)
class Own:
    """The rule of a table whose rows are seen by whoever made them."""

    model: Any

    def __call__(self, actor: Actor, reach: Reach) -> ColumnElement[bool]:  # noqa: ARG002 - the contract
        """Return the criterion."""
        return self.model.owner_id == actor.user_id  # type: ignore[no-any-return]

    def keys(self, actor: Actor, reach: Reach, parents: int | None = None) -> list[Select[Any]]:
        """Return one select."""
        return [select(self.model.id).where(self(actor, reach), self.model.deleted_at.is_(None)).limit(parents)]

    def above(self, actor: Actor, reach: Reach, *, is_deep: bool = False) -> list[Select[Any]]:  # noqa: ARG002 - the contract
        """Return nothing: a row is seen for its own sake."""
        return []


@dataclass(frozen=True)
class Through:
    """The rule of a table whose rows are seen by whoever may see their parent."""

    parent: Any
    rule: Any
    link: Any

    def __call__(self, actor: Actor, reach: Reach) -> ColumnElement[bool]:
        """Return the criterion, one way or the other."""
        if reach is Reach.ALL:
            return true()
        seen = (self.parent.deleted_at.is_(None), self.rule(actor, reach))
        if actor.is_row_by_row:
            # Not EXISTS: PostgreSQL would gather the parents after all, into a table to look them up in (120 ms).
            reached = select(self.parent.id).where(self.parent.id == self.link, *seen).limit(1)
            return reached.correlate(self.link.class_).scalar_subquery().is_not(None)
        return self.link.in_(select(self.parent.id).where(*seen))  # type: ignore[no-any-return]

    def keys(self, actor: Actor, reach: Reach, parents: int | None = None) -> list[Select[Any]]:
        """Return a select for each reason for which parents are seen."""
        child = self.link.class_
        above = (one.subquery() for one in self.rule.keys(actor, reach, parents))
        return [
            select(child.id).select_from(one).join(child, along(self.link, one.c.id)).where(child.deleted_at.is_(None))
            for one in above
        ]

    def above(self, actor: Actor, reach: Reach, *, is_deep: bool = False) -> list[Select[Any]]:
        """Return the keys of the parents, or of all ancestors."""
        found: list[Select[Any]] = self.rule.keys(actor, reach)
        return [*found, *self.rule.above(actor, reach, is_deep=True)] if is_deep else found


@dataclass(frozen=True)
class AnyOf:
    """The rule of a table that is seen for any of several reasons."""

    rules: tuple[Any, ...]

    def __call__(self, actor: Actor, reach: Reach) -> ColumnElement[bool]:
        """Return the criterion."""
        return or_(*(one(actor, reach) for one in self.rules))

    def keys(self, actor: Actor, reach: Reach, parents: int | None = None) -> list[Select[Any]]:
        """Return the selects of all reasons."""
        return [select for one in self.rules for select in one.keys(actor, reach, parents)]

    def above(self, actor: Actor, reach: Reach, *, is_deep: bool = False) -> list[Select[Any]]:
        """Return the parents of all reasons, or all ancestors."""
        return [select for one in self.rules for select in one.above(actor, reach, is_deep=is_deep)]

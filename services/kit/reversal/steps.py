"""What an action did, as its audit entries say, and the steps that take it back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final, Literal, NamedTuple

from db.models import AuditEntry
from db.types import N_
from services.kit.errors import Message, Refusal

OPPOSITE: Final[Mapping[str, str]] = {
    "create": "delete",
    "bulk_create": "delete",
    "update": "update",
    "bulk_update": "update",
    "delete": "restore",
    "bulk_delete": "restore",
    "restore": "delete",
    "merge": "merge",
}
"""What was done -> the permission that somebody else needs to take it back."""
CHUNK: Final = 500
CHANGED: Final = Message(N_("It has been changed since."))
UNREACHED: Final = Message(N_("You may not change it, or it is gone."))
BUILT_UPON: Final = Message(N_("Something else hangs on it by now."))
LEADS_NOWHERE: Final = Message(N_("What it belonged to lies in the recycle bin or is gone."))
NOT_HERE: Final = Message(N_("This kind of change cannot be undone; mend it by hand."))

Kind = Literal["merge", "set", "move", "bin", "bin_all", "back"]
_PHASES: Final[tuple[tuple[Kind, ...], ...]] = (("merge",), ("set", "move"), ("bin", "bin_all"), ("back",))


class Step(NamedTuple):
    """One record and what is to be taken back on it."""

    kind: Kind
    entity: str
    record_id: int
    fields: Mapping[str, tuple[Any, Any]]
    """{column: (before the action, after it)}, as JSON holds them."""


@dataclass
class Work:
    """What an undo works on and has got to."""

    reference: str
    after: int
    """Number of the action's last audit entry."""
    is_own: bool
    is_merge: bool
    """A merge is taken back field by field: what has been changed since stays, the rest goes back. Of anything else a
    record that has been changed is kept whole."""
    done: set[tuple[str, int]] = field(default_factory=set)
    kept: list[tuple[Step, Message]] = field(default_factory=list)

    def keep(self, step: Step, reason: Message) -> None:
        """Leave a record as it is."""
        self.kept.append((step, reason))

    def did(self, step: Step) -> None:
        """Count a record that is as it was."""
        self.done.add((step.entity, step.record_id))


# --- what was done ------------------------------------------------------------------------------------------


@dataclass
class _Folded:
    """All that an action did to one record."""

    place: int
    """Of its first entry."""
    ended: int = 0
    """Of the last one that deleted it or brought it back."""
    fields: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    is_new: bool = False
    was_live: bool | None = None
    is_live: bool = True

    def add(self, entry: AuditEntry, place: int) -> None:
        """Take in one more entry: the first old value counts, and the last new one."""
        if entry.action == "create":
            self.is_new = True
        elif entry.action in ("delete", "restore"):
            self.was_live = entry.action == "delete" if self.was_live is None else self.was_live
            self.is_live, self.ended = entry.action == "restore", place
        for name, pair in entry.changes.items():
            if name != "deleted_at" and isinstance(pair, list):
                self.fields[name] = (self.fields[name][0] if name in self.fields else pair[0], pair[1])

    def steps(self, key: str, record_id: int) -> list[tuple[int, Step]]:
        """Return what takes it back, with the places they stand at."""
        if self.is_new:
            return [(self.place, Step("bin", key, record_id, self.fields))] if self.is_live else []
        found: list[tuple[int, Step]] = []
        changed = {name: pair for name, pair in self.fields.items() if pair[0] != pair[1]}
        if self.was_live is not None and self.was_live != self.is_live:
            found.append((self.ended, Step("back" if self.was_live else "bin", key, record_id, {})))
        if changed:
            found.append((self.place, Step("set", key, record_id, changed)))
        return found


def steps(entries: Sequence[AuditEntry], only: Collection[tuple[str, int]] | None = None) -> list[list[Step]]:
    """Return the steps that take an action back, in groups of one kind and entity, in the order to take them.

    What was merged is parted first, fields go back next, what was made goes then, and what was deleted comes back
    at the end, when whatever it must not clash with is out of its way. Raises Refusal for an action that left no
    old values.
    """
    folded: dict[tuple[str, int], _Folded] = {}
    found: list[tuple[int, Step]] = []
    for place, entry in enumerate(entries):
        if entry.action == "merge" and entry.record_id is not None:
            found.append((place, Step("merge", entry.entity, entry.record_id, entry.changes.get("also", {}))))
        elif entry.record_id is not None and entry.action in ("create", "update", "delete", "restore"):
            folded.setdefault((entry.entity, entry.record_id), _Folded(place)).add(entry, place)
        else:
            found += [(place, step) for step in _of_many(entry)]
    found += [step for (key, record_id), one in folded.items() for step in one.steps(key, record_id)]
    if only is not None:
        found = [(place, step) for place, step in found if (step.entity, step.record_id) in only]
    found.sort(key=lambda one: one[0])
    arranged = [
        step
        for phase in _PHASES
        for _, step in (found if phase == ("back",) else reversed(found))  # the last first, but parents before children
        if step.kind in phase
    ]
    return [
        list(group)
        for _, group in groupby(
            arranged, lambda step: (step.kind, step.entity, tuple(step.fields) if step.kind == "move" else ())
        )
    ]


def _of_many(entry: AuditEntry) -> list[Step]:
    """Return the steps of an entry for many records."""
    changes = entry.changes
    match entry.action:
        case "bulk_update" | "repoint" if {"before", "names", "values"} <= changes.keys():
            names, values = changes["names"], changes["values"]
            kind: Kind = "set" if entry.action == "bulk_update" else "move"
            return [
                Step(kind, entry.entity, int(one), {n: (o, values[n]) for n, o in zip(names, old, strict=True)})
                for one, old in changes["before"].items()
            ]
        case "bulk_create" | "bulk_delete" if "ids" in changes:
            kind = "bin_all" if entry.action == "bulk_create" else "back"
            return [Step(kind, entry.entity, int(one), {}) for one in changes["ids"]]
        case "bulk_update" | "bulk_create" | "repoint" | "bulk_delete" if entry.count:
            raise Refusal(N_("This action kept no old values; it cannot be undone."))
    return []

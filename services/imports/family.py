"""Family: rows of a file that belong to other rows of it, as a branch to its company."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from db.types import N_
from services.kit.entity import Entity
from services.kit.errors import Message
from services.kit.transfer.normalising import WRITTEN

Place = tuple[int, int]
"""Block and position in it."""


@dataclass
class Verdict:
    """What becomes of the rows of one block."""

    waves: dict[int, int] = field(default_factory=dict)
    """Position -> how many generations come before it."""
    parents: dict[str, dict[int, int]] = field(default_factory=dict)
    """Field -> position -> number of the row that it belongs to."""
    wrong: list[tuple[int, str, Message]] = field(default_factory=list)


@dataclass(frozen=True)
class _Waiting:
    place: Place
    name: str
    written: str


class Family:
    """Collects who belongs to whom, block by block, and puts the rows in order."""

    def __init__(self, entity: Entity) -> None:
        """Begin with nobody."""
        self.entity = entity
        self._waiting: list[_Waiting] = []
        self._rows: dict[str, list[tuple[Place, int]]] = defaultdict(list)
        """Title -> good rows of that name."""
        self._bad: set[Place] = set()

    @property
    def is_any(self) -> bool:
        """Say whether any row belongs to another."""
        return bool(self._waiting)

    def add(
        self,
        block: int,
        numbers: Sequence[int],
        titles: Sequence[Any],
        bad: set[int],
        waits: Mapping[str, set[int]],
        table: Any,
    ) -> None:
        """Take in a block."""
        for at, title in enumerate(titles):
            if title and at not in bad:
                self._rows[str(title).casefold()].append(((block, at), numbers[at]))
        for name, places in waits.items():
            written = table.column(WRITTEN + name).to_pylist()
            for at in sorted(places):
                if at in bad:
                    self._bad.add((block, at))
                self._waiting.append(_Waiting((block, at), name, written[at]))

    def settle(self) -> dict[int, Verdict]:
        """Return the verdicts by block: a row comes after what it belongs to, and falls with it."""
        found: dict[int, Verdict] = defaultdict(Verdict)
        parent: dict[Place, list[tuple[_Waiting, Place]]] = defaultdict(list)
        children: dict[Place, set[Place]] = defaultdict(set)
        fallen: list[Place] = []
        for one in self._waiting:
            named = self._rows.get(one.written.casefold(), [])
            if len(named) != 1:
                self._refuse(found, one)
                fallen.append(one.place)
                continue
            place, number = named[0]
            parent[one.place].append((one, place))
            children[place].add(one.place)
            found[one.place[0]].parents.setdefault(one.name, {})[one.place[1]] = number
        self._fall(found, fallen, parent, children)
        self._order(found, parent, children)
        return found

    @staticmethod
    def _refuse(found: dict[int, Verdict], one: _Waiting) -> None:
        message = Message(N_("The row of “{value}” in this file has an error."), {"value": one.written})
        found[one.place[0]].wrong.append((one.place[1], one.name, message))

    def _fall(
        self,
        found: dict[int, Verdict],
        fallen: list[Place],
        parent: Mapping[Place, list[tuple[_Waiting, Place]]],
        children: Mapping[Place, set[Place]],
    ) -> None:
        """Refuse what hangs on a refused row, all the way down."""
        while fallen:
            place = fallen.pop()
            self._bad.add(place)
            for child in children.get(place, ()):
                for one, above in parent[child]:
                    if above == place:
                        self._refuse(found, one)
                if child not in self._bad:
                    fallen.append(child)

    def _order(
        self,
        found: dict[int, Verdict],
        parent: Mapping[Place, list[tuple[_Waiting, Place]]],
        children: Mapping[Place, set[Place]],
    ) -> None:
        """Count the generations; rows that belong to each other in a circle have none."""
        left = {place: len({above for _, above in above_it}) for place, above_it in parent.items()}
        wave = {place: 0 for place in children if place not in left}
        ready = list(wave)
        while ready:
            place = ready.pop()
            for child in children.get(place, ()):
                wave[child] = max(wave.get(child, 0), wave[place] + 1)
                left[child] -= 1
                if not left[child]:
                    ready.append(child)
        for place, above_it in parent.items():
            if left[place] and place not in self._bad:
                message = Message(N_("These rows belong to each other in a circle."))
                found[place[0]].wrong.append((place[1], above_it[0][0].name, message))
            else:
                found[place[0]].waves[place[1]] = wave.get(place, 0)

"""Duplicates within a list: candidate rows, weighed by their fields, with the reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from services.duplicates import columns as kinds
from services.duplicates.candidates import candidates
from services.duplicates.columns import Column
from services.duplicates.comparing import ALIKE, APART, LEVELS, MISSING, NEAR, PARTLY, compare, levels
from services.duplicates.evidence import score
from services.duplicates.verdict import PERHAPS, SAME

_SURELY: Final = 0.999
_PROBABLY: Final = 0.75
_CHAINED: Final = 0.9
_NOT_AGAINST: Final = 0.002


@dataclass(frozen=True)
class Pair:
    """Two rows (from 0, the first is the smaller) that are perhaps one."""

    a: int
    b: int
    tier: str
    reasons: tuple[tuple[str, str], ...]
    """(what is alike: same, similar, partly, swapped, through; column)"""


def persons(columns: Sequence[Column]) -> list[Pair]:
    """Return the pairs of a list of persons, in the order of the rows."""
    a, b = candidates(columns)
    if not len(a):
        return []
    found, is_swapped = _levels(columns, a, b)
    scored = score(columns, found, a)
    probability = scored.probability
    taken = probability >= _PROBABLY
    chained = _chained(a, b, probability, taken)
    pairs = []
    for at in np.flatnonzero(taken | chained):
        tier = SAME if probability[at] >= _SURELY else PERHAPS
        reasons = _reasons(columns, [int(level[at]) for level in found], is_swapped=bool(is_swapped[at]))
        if not taken[at]:
            reasons = (*reasons, ("through", ""))
        pairs.append(Pair(int(a[at]), int(b[at]), tier, reasons))
    return pairs


def _levels(columns: Sequence[Column], a: np.ndarray, b: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
    """Return the levels of all columns; names are compared crosswise where that fits better."""
    found = [levels(column, a, b) for column in columns]
    names = [at for at, column in enumerate(columns) if column.kind == kinds.PERSON]
    is_swapped = np.zeros(len(a), dtype=bool)
    if len(names) != 2:  # noqa: PLR2004 - given name and surname
        return found, is_swapped
    one, two = (columns[at] for at in names)
    crossed = [_crossed(one, two, a, b), _crossed(two, one, a, b)]
    straight = _worth(found[names[0]]) + _worth(found[names[1]])
    is_swapped = _worth(crossed[0]) + _worth(crossed[1]) > straight + 1
    for at, other in zip(names, crossed, strict=True):
        # Crosswise agreement is a little less than straight agreement.
        other = np.where(other == ALIKE, NEAR, other)  # noqa: PLW2901
        found[at] = np.where(is_swapped, other, found[at])
    return found, is_swapped


def _crossed(one: Column, two: Column, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the levels of one column's value in row a against the other column's in row b."""
    values = [*one.values, *two.values[1:]]
    known: dict[str, int] = {}
    place = np.array([known.setdefault(value, len(known)) for value in values])
    distinct = list(known)
    of_two = np.concatenate(([0], place[len(one.values) :]))
    return compare(one.kind, distinct, place[one.codes[a]], of_two[two.codes[b]])


_WORTH: Final = np.zeros(LEVELS)
_WORTH[[MISSING, ALIKE, NEAR, PARTLY]] = 0.0, 2.0, 1.5, 0.5


def _worth(level: np.ndarray) -> np.ndarray:
    return np.asarray(_WORTH[level])


def _chained(a: np.ndarray, b: np.ndarray, probability: np.ndarray, taken: np.ndarray) -> np.ndarray:
    """Return the pairs that are one because both are one with a third row, and nothing much speaks against it."""
    strong = probability >= _CHAINED
    neighbours: dict[int, set[int]] = {}
    for x, y in zip(a[strong].tolist(), b[strong].tolist(), strict=True):
        neighbours.setdefault(x, set()).add(y)
        neighbours.setdefault(y, set()).add(x)
    found = np.zeros(len(a), dtype=bool)
    for at in np.flatnonzero(~taken & (probability >= _NOT_AGAINST)):
        through = neighbours.get(int(a[at]), set()) & neighbours.get(int(b[at]), set())
        found[at] = len(through) >= (1 if probability[at] >= 0.05 else 2)  # noqa: PLR2004 - more where more is against
    return found


_SAID: Final[Mapping[int, str]] = {ALIKE: "same", NEAR: "similar", PARTLY: "partly"}


def _reasons(columns: Sequence[Column], found: Sequence[int], *, is_swapped: bool) -> tuple[tuple[str, str], ...]:
    said: list[tuple[str, str]] = []
    for column, level in zip(columns, found, strict=True):
        if level in (MISSING, APART):
            continue
        is_crosswise = is_swapped and column.kind == kinds.PERSON
        said.append(("swapped" if is_crosswise else _SAID[level], column.name))
    return tuple(said)

"""How much the agreement of fields says: weights of evidence, estimated from the list itself.

After Fellegi and Sunter, "A theory for record linkage" (1969): the weight of a field's level is the logarithm of how
often it occurs among pairs that are one (m) over how often among pairs that are not (u). u is counted on random pairs
and, for agreement, on how frequent the very value is (a rare surname says more than a common one); m and the share of
pairs that are one are found by expectation and maximisation over the candidate pairs. Fields that follow from one
another (a postcode and its suburb) do not count twice.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from services.duplicates import columns as kinds
from services.duplicates.columns import Column, frequencies
from services.duplicates.comparing import ALIKE, APART, LEVELS, MISSING, compare

_RANDOM_PAIRS: Final = 100_000
_TURNS: Final = 40
_SETTLED: Final = 1e-5
_BELIEVED: Final = 30.0
"""Pairs that the first guess of m counts for: a short list does not overthrow it."""
_GUESS: Final = {
    kinds.PERSON: (0.74, 0.15, 0.05, 0.06),
    kinds.NUMBER: (0.80, 0.12, 0.03, 0.05),
    kinds.DAY: (0.80, 0.12, 0.04, 0.04),
    kinds.CODE: (0.80, 0.10, 0.04, 0.06),
    kinds.TEXT: (0.66, 0.16, 0.10, 0.08),
    kinds.PHONE: (0.75, 0.10, 0.05, 0.10),
    kinds.EMAIL: (0.75, 0.10, 0.02, 0.13),
    kinds.DOMAIN: (0.80, 0.05, 0.02, 0.13),
}
_CHANCE: Final = {
    kinds.PERSON: (0.01, 0.02, 0.05, 0.92),
    kinds.NUMBER: (0.0005, 0.001, 0.005, 0.9935),
    kinds.DAY: (0.0005, 0.005, 0.02, 0.9745),
    kinds.CODE: (0.02, 0.05, 0.10, 0.83),
    kinds.TEXT: (0.01, 0.02, 0.05, 0.92),
}
_BELIEVED_CHANCE: Final = 1_000.0
"""Pairs that this guess of u counts for: in a list of ten rows the random pairs are the very duplicates."""
_LEAST_ROWS: Final = 100
"""Rows added when a value's frequency is taken: of five rows nothing is frequent."""
_OF_THE_HOUSE: Final = frozenset({kinds.TEXT, kinds.CODE})
_HOUSEHOLD: Final = 6.5
"""Most that all of an address says (natural logarithm): people who live together share every line of it."""
_SEED: Final = 20260615
_FOLLOWS: Final = 0.6
"""A column follows from another if knowing that one tells it this often."""
_ECHO: Final = 0.25
"""What is left of the weight of agreement in a column that follows from another that agrees."""


@dataclass(frozen=True)
class Scored:
    """What is said of each candidate pair."""

    probability: np.ndarray
    """Of being one, 0 to 1."""
    weight: np.ndarray
    """Evidence in bits; 0 is even."""


def score(columns: Sequence[Column], levels: Sequence[np.ndarray], a: np.ndarray) -> Scored:
    """Weigh candidate pairs (their first rows a, and their level in each column)."""
    rows = len(columns[0].codes)
    every = rows * (rows - 1) / 2
    by_chance = [_by_chance(column) for column in columns]
    telling = [_of_value(column, level, a, u) for column, level, u in zip(columns, levels, by_chance, strict=True)]
    echoes = _echoes(columns, levels)
    m = [_first_guess(column) for column in columns]
    share = min(0.2 * rows / every, 0.5)
    probability = np.zeros(len(a))
    for _ in range(_TURNS):
        weight = np.full(len(a), math.log(share / (1 - share)))
        together = np.zeros(len(a))
        for at, level in enumerate(levels):
            found = _weights(m[at], by_chance[at], level, telling[at], echoes[at])
            if columns[at].kind in _OF_THE_HOUSE:
                together += np.maximum(found, 0.0)
                found = np.minimum(found, 0.0)
            weight += found
        personal = weight - math.log(share / (1 - share))
        weight += np.minimum(together, _HOUSEHOLD)
        # An address makes nobody the same whose name, birthday and number together speak against it.
        weight = np.where((personal < 0) & (together > 0), np.minimum(weight, personal - 2.0), weight)
        new = 1 / (1 + np.exp(-np.clip(weight, -500, 500)))
        is_settled = bool(len(a)) and float(np.abs(new - probability).max()) < _SETTLED
        probability = new
        if is_settled or not len(a):
            break
        share = min(max(float(probability.sum()) / every, 0.5 / every), 0.5)
        m = [_found(column, level, probability) for column, level in zip(columns, levels, strict=True)]
    return Scored(probability, weight / math.log(2))


def _weights(m: np.ndarray, u: np.ndarray, level: np.ndarray, telling: np.ndarray, echo: np.ndarray) -> np.ndarray:
    """Return the weight of each pair's level in one column."""
    of_level = np.zeros(LEVELS)
    of_level[ALIKE:] = np.log(m[ALIKE:] / u[ALIKE:])
    # To differ says no more than seven bits: whoever has moved, married and mistyped is still one person.
    found = np.maximum(of_level, -5.0)[level] + np.where(level == ALIKE, telling, 0.0)
    found = np.where((level == ALIKE) & (found < 0), 0.0, found)
    return np.where(found > 0, found * echo, found)


def _first_guess(column: Column) -> np.ndarray:
    return np.array([1.0, *_GUESS.get(column.kind, _GUESS[kinds.TEXT])])


def _found(column: Column, level: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """Return the shares of the levels among pairs that are one, the first guess counted as some pairs more."""
    counted = np.bincount(level, weights=probability, minlength=LEVELS).astype(np.float64)[:LEVELS]
    counted[MISSING] = 0.0
    counts = counted + _BELIEVED * _first_guess(column)
    shares = counts / counts[ALIKE:].sum()
    shares[MISSING] = 1.0
    return np.asarray(np.maximum(shares, 1e-4))


def _by_chance(column: Column) -> np.ndarray:
    """Return the shares of the levels among pairs that are not one: random pairs, and values' frequencies."""
    dice = np.random.default_rng(_SEED)
    rows = np.flatnonzero(column.codes)
    guess = np.array([1.0, *_CHANCE.get(column.kind, _CHANCE[kinds.NUMBER])])
    if len(rows) < 2:  # noqa: PLR2004 - a pair
        return guess
    shares = np.full(LEVELS, 1.0)
    a, b = dice.choice(rows, _RANDOM_PAIRS), dice.choice(rows, _RANDOM_PAIRS)
    apart = a != b
    level = compare(column.kind, column.values, column.codes[a[apart]], column.codes[b[apart]])
    counts = np.bincount(level, minlength=LEVELS).astype(float)[:LEVELS]
    counts += [0.0, 0.2, 0.3, 0.3, 1.0]
    of_value = frequencies(column)[1:]
    alike = float((of_value * (of_value - 1)).sum()) / (len(rows) * (len(rows) - 1))
    shares[ALIKE:] = counts[ALIKE:] / counts[ALIKE:].sum()
    shares[ALIKE] = max(alike, 0.5 / len(rows) ** 2)
    shares[APART] = max(1 - float(shares[ALIKE:APART].sum()), 0.01)
    pairs = len(rows) * (len(rows) - 1) / 2
    return (shares * pairs + guess * _BELIEVED_CHANCE) / (pairs + _BELIEVED_CHANCE)


def _of_value(column: Column, level: np.ndarray, a: np.ndarray, u: np.ndarray) -> np.ndarray:
    """Return what the rarity of the very value (of rows a) adds to the weight of agreement."""
    counts = frequencies(column)
    filled = float(counts[1:].sum()) + _LEAST_ROWS
    share = np.maximum(counts[column.codes[a]], 1.0) / filled
    return np.where(level == ALIKE, np.log(u[ALIKE] / share), 0.0)


def _echoes(columns: Sequence[Column], levels: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return for each column and pair what its agreement counts for: less where it follows from another's."""
    found = [np.ones(len(level)) for level in levels]
    for at, column in enumerate(columns):
        for other_at, other in enumerate(columns):
            if other_at == at or not _follows(column, other) or (other_at > at and _follows(other, column)):
                continue
            is_echo = (levels[other_at] == ALIKE) & (levels[at] != APART)
            found[at] = np.where(is_echo, np.minimum(found[at], _ECHO), found[at])
    return found


def _follows(column: Column, other: Column) -> bool:
    """Say whether a column's value is mostly told by the other's, where several rows share that one."""
    filled = (column.codes > 0) & (other.codes > 0)
    if not filled.any():
        return False
    size = len(column.values)
    pairs, counts = np.unique(other.codes[filled] * size + column.codes[filled], return_counts=True)
    groups = pairs // size
    order = np.lexsort((-counts, groups))
    first = np.unique(groups[order], return_index=True)[1]
    most = counts[order][first]
    total = np.bincount(np.searchsorted(np.unique(groups), groups), weights=counts)
    # Groups of a few rows are the very duplicates that are looked for.
    shared = total >= 8  # noqa: PLR2004 - more than one person's duplicates
    if total[shared].sum() < 0.3 * filled.sum():
        return False
    return bool(most[shared].sum() >= _FOLLOWS * total[shared].sum())

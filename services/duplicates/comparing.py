"""How alike two rows are, field by field: alike, nearly, partly, not; or nothing to compare."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA, JaroWinkler

from db.characters import CJK, sound
from db.company_names import skeleton
from services.duplicates import columns as kinds
from services.duplicates.columns import Column

MISSING: Final = 0
ALIKE: Final = 1
NEAR: Final = 2
PARTLY: Final = 3
APART: Final = 4
LEVELS: Final = 5

Levels = np.ndarray


def levels(column: Column, a: np.ndarray, b: np.ndarray) -> Levels:
    """Return the level of each pair of rows in one column."""
    return compare(column.kind, column.values, column.codes[a], column.codes[b])


def compare(kind: str, values: Sequence[str], a: np.ndarray, b: np.ndarray) -> Levels:
    """Return the level of each pair of values; each distinct pair is compared once."""
    size = len(values)
    pairs, back = np.unique(np.minimum(a, b) * size + np.maximum(a, b), return_inverse=True)
    one, two = pairs // size, pairs % size
    found = np.full(len(pairs), APART, dtype=np.int8)
    found[one == two] = ALIKE
    open_ = (one != two) & (one != 0) & (two != 0)
    if open_.any():
        first = [values[at] for at in one[open_]]
        second = [values[at] for at in two[open_]]
        found[open_] = _COMPARERS.get(kind, _texts)(first, second)
    found[(one == 0) | (two == 0)] = MISSING
    return found[back]


def _scores(first: list[str], second: list[str], scorer: Any, **more: Any) -> np.ndarray:
    return process.cpdist(first, second, scorer=scorer, workers=1, **more)


def _graded(*conditions: tuple[np.ndarray, int]) -> Levels:
    """Return the level of the first condition that holds, else APART."""
    return np.select([one for one, _ in conditions], [level for _, level in conditions], default=APART).astype(np.int8)


def _persons(first: list[str], second: list[str]) -> Levels:
    alike = _scores(first, second, JaroWinkler.normalized_similarity)
    typed = _scores(first, second, OSA.distance)
    short = np.array([min(len(x), len(y)) for x, y in zip(first, second, strict=True)])
    heard = np.array([_sounds_alike(x, y) for x, y in zip(first, second, strict=True)])
    begun = np.array([_is_beginning(x, y) for x, y in zip(first, second, strict=True)])
    near = ((typed <= 1) & (short >= 3)) | (alike >= 0.92) | heard  # noqa: PLR2004 - by how names are mistyped
    part = ((typed <= 2) & (short >= 4)) | (alike >= 0.82) | begun  # noqa: PLR2004
    return _graded((near, NEAR), (part, PARTLY))


def _sounds_alike(one: str, other: str) -> bool:
    if CJK.search(one) or CJK.search(other):
        return sound(one) == sound(other)
    return len(one) > 2 and len(other) > 2 and skeleton(one) == skeleton(other) and one[-1] == other[-1]  # noqa: PLR2004


def _is_beginning(one: str, other: str) -> bool:
    """Say whether one is an initial or a short form of the other."""
    short, long = sorted((one, other), key=len)
    return long.startswith(short) or (len(short) > 3 and short in long)  # noqa: PLR2004


def _numbers(first: list[str], second: list[str]) -> Levels:
    typed = _scores(first, second, OSA.distance)
    mixed = np.array([sorted(x) == sorted(y) for x, y in zip(first, second, strict=True)])
    long = np.array([min(len(x), len(y)) >= 6 for x, y in zip(first, second, strict=True)])  # noqa: PLR2004
    return _graded((typed <= 1, NEAR), (((typed <= 2) | mixed) & long, PARTLY))  # noqa: PLR2004 - two slips


def _codes(first: list[str], second: list[str]) -> Levels:
    typed = _scores(first, second, OSA.distance)
    mixed = np.array([sorted(x) == sorted(y) for x, y in zip(first, second, strict=True)])
    return _graded(((typed <= 1) | mixed, NEAR), (typed <= 2, PARTLY))  # noqa: PLR2004 - two slips


def _days(first: list[str], second: list[str]) -> Levels:
    typed = _scores(first, second, OSA.distance)
    swapped = np.array(
        [x[:4] == y[:4] and x[4:6] == y[6:] and x[6:] == y[4:6] for x, y in zip(first, second, strict=True)]
    )
    parts = np.array(
        [(x[:4] == y[:4]) + (x[4:6] == y[4:6]) + (x[6:] == y[6:]) for x, y in zip(first, second, strict=True)]
    )
    return _graded(((typed <= 1) | swapped, NEAR), ((typed <= 2) & (parts >= 1), PARTLY))  # noqa: PLR2004


def _texts(first: list[str], second: list[str]) -> Levels:
    bare = [[text.replace(" ", "") for text in some] for some in (first, second)]
    whole = _scores(bare[0], bare[1], fuzz.ratio)
    typed = _scores(bare[0], bare[1], OSA.distance)
    words = _scores(first, second, fuzz.token_sort_ratio)
    best = np.maximum(whole, words)
    # "1 Main Street" and "1 Main Stret" by the whole; a word left out or added by its share.
    within = _scores(first, second, fuzz.token_set_ratio)
    short = np.array([min(len(x), len(y)) for x, y in zip(*bare, strict=True)])
    near = (best >= 90) | ((typed <= 1) & (short >= 3))  # noqa: PLR2004 - by how addresses are mistyped
    part = (best >= 72) | ((within >= 95) & (short >= 5))  # noqa: PLR2004
    return _graded((near, NEAR), (part, PARTLY))


def _exactly(first: list[str], second: list[str]) -> Levels:
    typed = _scores(first, second, OSA.distance)
    long = np.array([min(len(x), len(y)) >= 8 for x, y in zip(first, second, strict=True)])  # noqa: PLR2004
    return _graded(((typed <= 1) & long, NEAR))


_COMPARERS: Final[dict[str, Callable[[list[str], list[str]], Levels]]] = {
    kinds.PERSON: _persons,
    kinds.NUMBER: _numbers,
    kinds.PHONE: _numbers,
    kinds.CODE: _codes,
    kinds.DAY: _days,
    kinds.TEXT: _texts,
    kinds.EMAIL: _exactly,
    kinds.DOMAIN: _exactly,
}

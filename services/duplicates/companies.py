"""Duplicates within a list of companies: their names judged in pairs, with what else the rows share."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np

from db.company_names import CompanyName, company_parts
from services.duplicates import columns as kinds
from services.duplicates.candidates import candidates
from services.duplicates.columns import Column, frequencies
from services.duplicates.company_names import judge_parts
from services.duplicates.comparing import ALIKE, APART, NEAR, PARTLY, levels
from services.duplicates.listing import Pair
from services.duplicates.verdict import NONE, PERHAPS, SAME, Verdict

_TELLING: Final = frozenset({kinds.PHONE, kinds.EMAIL, kinds.DOMAIN, kinds.NUMBER})
_SHARED_BY: Final = 5
"""A value that more rows have than this is a switchboard's or a placeholder."""
_STRONG: Final = 80


def pairs(columns: Sequence[Column]) -> list[Pair]:
    """Return the pairs of a list of companies, in the order of the rows; the first column holds the name."""
    name, *others = columns
    a, b = candidates(columns)
    if not len(a):
        return []
    parts = _parts(name.values)
    compared = [(one, levels(one, a, b), _is_rare(one)) for one in others]
    found = []
    for at in range(len(a)):
        x, y = int(a[at]), int(b[at])
        one, two = parts[name.codes[x]], parts[name.codes[y]]
        verdict = judge_parts(one, two) if one and two else Verdict(NONE, 0, ())
        said = [(column, int(level[at]), bool(rare[column.codes[x]])) for column, level, rare in compared]
        tier, reasons = _tier(verdict, said)
        if tier != NONE:
            found.append(Pair(x, y, tier, reasons))
    return found


@lru_cache(maxsize=4)
def _parts(names: tuple[str, ...]) -> list[CompanyName | None]:
    return [company_parts(name) if name else None for name in names]


def _is_rare(column: Column) -> np.ndarray:
    return np.asarray(frequencies(column) <= _SHARED_BY)


def _tier(verdict: Verdict, said: Sequence[tuple[Column, int, bool]]) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return what name and other columns say together.

    A name alone is the same or perhaps; another tax number makes "the same" a question, the same one answers
    "perhaps". Of different names only what is one company's own (tax number, phone, mail, domain) speaks.
    """
    alike = [column for column, level, _ in said if level == ALIKE]
    reasons = (*((code, "") for code in verdict.reasons), *(("same", column.name) for column in alike))
    reasons += tuple(("similar", column.name) for column, level, _ in said if level == NEAR)
    sure = any(column.is_exact and level == ALIKE and rare for column, level, rare in said)
    against = any(column.is_exact and level in (PARTLY, APART) for column, level, _ in said)
    telling = sum(
        (column.kind in _TELLING or column.is_exact) and level == ALIKE and rare for column, level, rare in said
    )
    apart = sum(level == APART for _, level, _ in said)
    if verdict.tier == SAME:
        return (PERHAPS if against and not sure else SAME), reasons
    if verdict.tier == PERHAPS:
        if sure:
            return SAME, reasons
        if telling or alike or not apart:
            return PERHAPS, reasons
        return (PERHAPS if verdict.score >= _STRONG and not against else NONE), reasons
    return (PERHAPS if sure or telling else NONE), reasons

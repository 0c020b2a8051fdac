"""How the sandbox calls things and writes its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Final

from services.kit import money as kit_money
from services.opportunities import OPPORTUNITY
from services.planning import Board, Measure, reasons
from ui import format as fmt
from ui.format import NOTHING, is_nothing
from ui.i18n import N_, _, language, option, tr
from ui.theme import Palette

Words = dict[str, str]

DECISIONS: Final[Words] = {"fight": N_("Fight"), "let_go": N_("Let go"), "undecided": N_("Undecided")}
FIRMNESS: Final[Words] = {
    "firm": N_("firm"),
    "fairly firm": N_("fairly firm"),
    "open": N_("open"),
    "weak": N_("weak"),
}
METHODS: Final[Words] = {
    "mavt": N_("This ranking"),
    "spotis": "SPOTIS",
    "topsis": "TOPSIS",
    "vikor": "VIKOR",
    "promethee": "PROMETHEE II",
}


def criterion(measure: Measure) -> str:
    """Return what a criterion is called."""
    return tr(measure.label)


def labels(board: Board) -> Words:
    """Return what each criterion is called."""
    return {measure.key: criterion(measure) for measure in board.criteria.measures}


def raw(measure: Measure, value: float, currency: str) -> str:
    """Return a raw value in its unit: ¥12.5M, 12.5%, 3 of 5."""
    if is_nothing(value):
        return NOTHING
    if measure.kind == "money":
        return fmt.money(kit_money.to_minor(Decimal(repr(float(value))), currency), currency, short=True)
    if measure.kind == "percent":
        return f"{fmt.number(round(float(value), 1))}%"
    return _("{value} of 5").format(value=fmt.number(round(float(value), 1)))


def percent(share: float | None) -> str:
    """Return a share of 0 to 1 in whole per cents."""
    return NOTHING if share is None or is_nothing(share) else f"{round(100 * float(share))}%"


def points(value: float) -> str:
    """Return points of a score with one decimal."""
    return f"{float(value):.1f}"


def signed(value: float) -> str:
    """Return a difference in points with its sign."""
    return f"{float(value):+.1f}".replace("-", "\u2212")


def short_money(minor: float | None, currency: str) -> str:
    """Return an amount of minor units in three digits."""
    return NOTHING if is_nothing(minor) else _short(round(float(minor or 0)), currency, language())


@lru_cache(maxsize=20_000)
def _short(minor: int, currency: str, _language: str) -> str:
    """Write an amount once in each language: a table of fifty rows asks for a hundred at every move of a slider."""
    return fmt.money(minor, currency, short=True)


def decision(code: str) -> str:
    """Return what a decision is called."""
    return _(DECISIONS[code])


def reason(decision_: str, code: str | None) -> str:
    """Return what the reason of a decision is called."""
    return "" if is_nothing(code) else _(reasons(decision_).get(str(code), str(code)))


def horizon(code: str | None) -> str:
    """Return what a horizon is called."""
    return _("No horizon") if is_nothing(code) or code == "none" else option(OPPORTUNITY.fields["horizon"], code)


def decision_color(palette: Palette, code: str) -> str:
    """Return the colour of a decision: vermilion, slate, and paper's own grey for the outline."""
    return {"fight": palette.fight, "let_go": palette.let_go}.get(code, palette.faint)


def listed(words: Sequence[str]) -> str:
    """Return words in a row."""
    return ("、" if language() == "zh_CN" else ", ").join(words)


@lru_cache(maxsize=20_000)
def cut(text: str, most: int = 34) -> str:
    """Return a name that fits an axis; a Chinese character is as wide as two letters."""
    width, kept = 0, ""
    for letter in str(text):
        width += 2 if ord(letter) > 0x2E80 else 1  # noqa: PLR2004 - where the wide scripts begin
        if width > most:
            return f"{kept.rstrip()}…"
        kept += letter
    return kept

"""What is said about two records: the tier, how sure, and why."""

from __future__ import annotations

from typing import Final, NamedTuple

from db.types import N_

SAME: Final = "same"
PERHAPS: Final = "perhaps"
NONE: Final = "none"


class Verdict(NamedTuple):
    """A tier (same, perhaps, none), a score 0 to 100 for the order, and the codes of the reasons."""

    tier: str
    score: int
    reasons: tuple[str, ...]


REASONS: Final = {
    "name": N_("Same name"),
    "name_but_place_or_group": N_("Same name but for place or group"),
    "other_place": N_("Different place"),
    "trade_name": N_("Same trade name"),
    "shorter": N_("One name is short for the other"),
    "sound": N_("The names sound alike"),
    "similar_name": N_("Similar name"),
    "person": N_("Same person's name"),
    "company": N_("Same company"),
    "phone": N_("Same phone"),
    "email": N_("Same e-mail"),
    "domain": N_("Same web domain"),
    "tax_number": N_("Same tax number"),
}
"""Code of a reason -> its words, a message id."""

"""Merging: several records that are one become one; what hangs on them goes along, and all of it comes back."""

from services.merging.merge import MERGEABLE, Merged, Past, merge, moved_to, recent
from services.merging.proposal import MOST, Line, Preview, Side, Twins, preview, sides

__all__ = [
    "MERGEABLE",
    "MOST",
    "Line",
    "Merged",
    "Past",
    "Preview",
    "Side",
    "Twins",
    "merge",
    "moved_to",
    "preview",
    "recent",
    "sides",
]

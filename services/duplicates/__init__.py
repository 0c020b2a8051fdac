"""Duplicates: who is there twice, at entry, in the whole base, and in a list before it comes in."""

from services.duplicates.entry import MOST, Hit, look
from services.duplicates.pairs import (
    Group,
    Member,
    Scanned,
    Shown,
    dismiss,
    groups,
    keep,
    reopen,
    scan,
    scan_apart,
    settle,
    touching,
)
from services.duplicates.verdict import NONE, PERHAPS, REASONS, SAME, Verdict

__all__ = [
    "MOST",
    "NONE",
    "PERHAPS",
    "REASONS",
    "SAME",
    "Group",
    "Hit",
    "Member",
    "Scanned",
    "Shown",
    "Verdict",
    "dismiss",
    "groups",
    "keep",
    "look",
    "reopen",
    "scan",
    "scan_apart",
    "settle",
    "touching",
]

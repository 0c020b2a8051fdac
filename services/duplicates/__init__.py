"""Duplicates: who is there twice, at entry, in the whole base, and in a list before it comes in."""

from services.duplicates.entry import MOST, Hit, look
from services.duplicates.verdict import NONE, PERHAPS, REASONS, SAME, Verdict

__all__ = ["MOST", "NONE", "PERHAPS", "REASONS", "SAME", "Hit", "Verdict", "look"]

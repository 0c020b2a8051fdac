"""Duplicates: who is there twice, at entry, in the whole base, and in a list before it comes in."""

"""Garbage: how often Python looks for objects that hold only each other. Rows are many, such circles few."""

from __future__ import annotations

import gc
from typing import Final

_OFTEN_ENOUGH: Final = 20_000
"""New objects after which it looks, instead of 700: going through the rows of a list or of a file a few hundred at a
time was a quarter of an export (13.1 s of CPU for a million rows, 10.5 so)."""


def look_rarely() -> None:
    """Let this process look for garbage less often."""
    gc.set_threshold(_OFTEN_ENOUGH, 10, 10)


def keep_what_is_loaded() -> None:
    """Leave what is there now alone from now on: going through all of it cost 34 to 80 ms of every rerun (measured)."""
    gc.collect()
    gc.freeze()

"""The steps of an undo, and how each of them is taken back."""

from __future__ import annotations

from collections.abc import Sequence

from services.kit.reversal.moves import move_back, part
from services.kit.reversal.steps import CHUNK, Step, Work
from services.kit.reversal.values import set_back
from services.kit.reversal.whole import all_to_bin, bring_back, to_bin
from services.kit.unit_of_work import UnitOfWork


def take_back(uow: UnitOfWork, group: Sequence[Step], work: Work) -> None:
    """Take back a group of steps of one kind and entity."""
    take = {
        "merge": part, "set": set_back, "move": move_back, "bin": to_bin, "bin_all": all_to_bin, "back": bring_back,
    }[group[0].kind]  # fmt: skip
    for start in range(0, len(group), CHUNK):
        take(uow, group[start : start + CHUNK], work)

"""A trial: what storing would refuse is found by storing, and taking it back."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pyarrow as pa  # type: ignore[import-untyped]

from services.imports.checking import Checked
from services.imports.lease import Lease
from services.imports.stored import Stored
from services.imports.storing import Store
from services.kit.actor import Actor
from services.kit.errors import Message
from services.kit.transfer.staging import plain, read_arrow, write_arrow


class _TakenBack(Exception):  # noqa: N818 - the end of a trial
    """Undo what was tried."""


def try_out(lease: Lease, actor: Callable[[], Actor], store: Store, found: Checked) -> list[Message]:
    """Find what storing would refuse, and count; where rules are asked by row, it is done and taken back.

    Returns what storing would tell.
    """
    if store.needs_no_trial:
        return []
    total = Stored()
    try:
        if store.is_slow:
            with lease.database.write(actor()) as uow:
                for wave, block in found.steps:
                    total.add(store.chunk(uow, wave, block))
                    lease.said_at = time.monotonic()
                _take_back()
    except _TakenBack:
        pass
    if not store.is_slow:
        for wave, block in found.steps:
            total.add(_try_one(lease, actor, store, wave, block))
            lease.beat(0)
    found.created, found.updated, found.unchanged = total.created, total.updated, total.unchanged
    found.bad += _mark(store, total.refused)
    return total.notes


def _try_one(lease: Lease, actor: Callable[[], Actor], store: Store, wave: int, block: int) -> Stored:
    stored = Stored()
    try:
        with lease.database.write(actor()) as uow:
            stored = store.chunk(uow, wave, block)
            _take_back()
    except _TakenBack:
        pass
    return stored


def _mark(store: Store, refused: dict[int, dict[str, Message]]) -> int:
    """Put what storing would refuse into the verdicts; return how many rows that is."""
    if not refused:
        return 0
    for path in sorted((store.folder / "checked").glob("*.arrow")):
        table = read_arrow(path)
        numbers = table.column("number").to_pylist()
        told = table.column("wrong").to_pylist()
        if not any(number in refused for number in numbers):
            continue
        for at, number in enumerate(numbers):
            if number in refused:
                told[at] = json.dumps({name: plain(one) for name, one in refused[number].items()})
        place = table.column_names.index("wrong")
        write_arrow(path, table.set_column(place, "wrong", pa.array(told, pa.string())))
    return len(refused)


def _take_back() -> None:
    raise _TakenBack

"""A value made once, without a lock between objects."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

from services.kit.once import once


class Thing:
    """Counts how often its value is made; may wait for somebody else meanwhile."""

    def __init__(self, waits_for: Event | None = None) -> None:
        self.calls = 0
        self.waits_for = waits_for
        self.began = Event()

    @once
    def value(self) -> int:
        """Return how often it was made, and whether it had to wait in vain."""
        self.calls += 1
        self.began.set()
        if self.waits_for is not None and not self.waits_for.wait(30):
            return -1
        return self.calls


def test_it_is_made_once_and_kept() -> None:
    thing = Thing()
    assert (1, 1, 1) == (thing.value, thing.value, thing.calls)
    assert "Return how often" in (Thing.value.__doc__ or "")


def test_while_one_object_waits_another_has_its_value() -> None:
    goes = Event()
    waiting, other = Thing(goes), Thing()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(lambda: waiting.value)
        assert waiting.began.wait(30)
        assert 1 == other.value
        goes.set()
        assert 1 == first.result()

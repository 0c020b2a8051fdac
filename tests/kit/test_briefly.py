"""What is known for half a minute is made anew after it, also when the clock was put back."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

import pytest

from services.kit import briefly
from services.kit.briefly import FOR, Briefly
from tests.conftest import NOW

SHORTLY = timedelta(microseconds=1)


def test_it_is_made_once_in_half_a_minute_and_for_each_key() -> None:
    known, number = Briefly(), count()
    ask = lambda key, after: known(key, NOW + after, lambda: next(number))  # noqa: E731
    assert ask("a", timedelta()) == ask("a", FOR - SHORTLY) == 0
    assert ask("b", FOR - SHORTLY) == 1
    assert ask("a", FOR) == 2
    assert ask("a", FOR + FOR - SHORTLY) == 2


def test_a_clock_that_is_put_back_keeps_nothing_alive() -> None:
    known, number = Briefly(), count()
    assert known("a", NOW, lambda: next(number)) == 0
    assert known("a", NOW - timedelta(days=1), lambda: next(number)) == 1


def test_what_failed_is_not_known() -> None:
    known = Briefly()
    with pytest.raises(ZeroDivisionError):
        known("a", NOW, lambda: 1 // 0)
    assert known("a", NOW, lambda: 1) == 1


def test_it_holds_no_more_than_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(briefly, "_MOST", 3)
    known, number = Briefly(), count()
    for key in range(10):
        known(key, NOW, lambda: next(number))
        assert known(key, NOW, lambda: -1) == key
    assert len(known._kept) <= 3

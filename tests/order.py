"""In which order tests are handed to the workers: those of the browser, which mostly wait, among those that compute."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

import pytest

BROWSER = "tests/browser/"
_SPREAD = (
    0.7  # the last of them begins when so much of the rest has been handed out, so that nobody ends long after all
)


def group_of(node: str) -> str:
    """Return which tests of the browser stay together on one worker, so that its servers are started once.

    A module is such a group; walks through all pages, the longest of all, are one for each language.
    """
    module = node.partition("::")[0].removeprefix(BROWSER).removesuffix(".py")
    return f"{module}-{'zh' if 'zh_CN' in node else 'en'}" if module == "test_screens" else module


def spread(waiting: Sequence[Sequence[pytest.Item]], computing: Sequence[pytest.Item]) -> Iterable[pytest.Item]:
    """Yield all tests: the groups whole and in their order, at even distances within the first part of the rest."""
    every = int(len(computing) * _SPREAD / max(len(waiting), 1))
    for number, group in enumerate(waiting):
        yield from group
        yield from computing[number * every : (number + 1) * every]
    yield from computing[len(waiting) * every :]


def arrange(items: list[pytest.Item]) -> None:
    """Bring tests into the order in which they are handed out, and name the groups of those of the browser."""
    waiting = sorted((one for one in items if one.nodeid.startswith(BROWSER)), key=lambda one: group_of(one.nodeid))
    for one in waiting:
        one.add_marker(pytest.mark.xdist_group(group_of(one.nodeid)))
    groups = [list(group) for _name, group in groupby(waiting, key=lambda one: group_of(one.nodeid))]
    groups.sort(key=len, reverse=True)
    items[:] = spread(groups, [one for one in items if not one.nodeid.startswith(BROWSER)])

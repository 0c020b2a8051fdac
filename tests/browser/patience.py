"""Waiting, also while a page shows the old beside the new.

A run of the script replaces what a page shows piece by piece: for a moment the old and the new stand in it together.
The tool waits for everything but for that: two where one is asked for end a test at once, whatever comes after.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from playwright import sync_api
from playwright.sync_api import Error, Locator

SECONDS = 20
"""How long two may stand where one is asked for before it counts as a mistake of the page."""
_ACTIONS = (
    "bounding_box", "click", "fill", "get_attribute", "hover", "inner_text", "input_value", "press",
    "press_sequentially", "set_input_files", "wait_for",
)  # fmt: skip


def patient(ask: Callable[..., Any]) -> Callable[..., Any]:
    """Ask again while the answer is that there are two of what there should be one of."""

    @wraps(ask)
    def asked(*args: Any, **named: Any) -> Any:
        end = time.monotonic() + SECONDS
        while True:
            try:
                return ask(*args, **named)
            except (AssertionError, Error) as error:
                if "strict mode violation" not in str(error) or time.monotonic() > end:
                    raise
            time.sleep(0.1)

    return asked


def teach() -> None:
    """Let all that a test does with one element, and expects of it, wait until there is one."""
    assertions: Any = vars(sync_api)["LocatorAssertions"]  # there, but not among what is typed
    expectations = [name for name in vars(assertions) if name.startswith(("to_", "not_to_"))]
    for kind, names in ((Locator, _ACTIONS), (assertions, expectations)):
        for name in names:
            if not hasattr(getattr(kind, name), "__wrapped__"):
                setattr(kind, name, patient(getattr(kind, name)))

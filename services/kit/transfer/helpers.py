"""Helpers: processes that do the arithmetic of an import beside the one that writes.

Tasks come to one by its standard input and results leave by its standard output, pickled (helper.py); when the input
ends, because whoever started it is done or was killed, so does the helper. They are started by hand and not by
`multiprocessing`, which runs the parent's main module again in each child: inside Streamlit that is the page being
shown.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Final, Self

from services.kit.transfer import normalising
from services.settings import ROOT

_FEW: Final = 2
"""Up to so many blocks, starting helpers costs more than they give."""
_LARGE: Final = 5_000_000
"""Bytes of a file that will have more blocks than that: its helpers start while it is read."""
_AHEAD: Final = 4
"""Blocks that are made ready before they are stored."""
_MOST: Final = 4


class HelperLostError(RuntimeError):
    """A helper ended in the middle of a task: killed, or out of memory."""


class Helpers:
    """Some processes, and a thread for each that waits for its answers."""

    def __init__(self, count: int) -> None:
        """Start `count` processes."""
        self._all = [_start() for _ in range(count)]
        self._free: SimpleQueue[subprocess.Popen[bytes]] = SimpleQueue()
        for one in self._all:
            self._free.put(one)
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="helper")

    def submit(self, work: Callable[..., Any], *args: Any) -> Future[Any]:
        """Let a helper call a function of a module; the result or what it raised is in the future."""
        return self._threads.submit(self._ask, work, args)

    def _ask(self, work: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        one = self._free.get()
        assert one.stdin is not None  # noqa: S101 - opened below
        assert one.stdout is not None  # noqa: S101 - opened below
        try:
            pickle.dump((work, args), one.stdin)
            one.stdin.flush()
            result, error = pickle.load(one.stdout)  # noqa: S301 - from our own process
        except (OSError, EOFError) as lost:
            raise HelperLostError(f"helper {one.pid} is gone") from lost
        finally:
            self._free.put(one)
        if error is not None:
            raise error
        return result

    def end(self) -> None:
        """Give up what is still waiting, and end the processes."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        for one in self._all:
            with suppress(OSError):
                one.communicate()  # closes its input, and waits


def _start() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "services.kit.transfer.helper"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


class Team:
    """The helpers of one import, the same for all its stages; none where there is too little to do."""

    def __init__(self) -> None:
        """Start nobody yet."""
        self._helpers: Helpers | None = None

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *_error: object) -> None:
        """End them."""
        if self._helpers is not None:
            self._helpers.end()
            self._helpers = None

    def expect(self, source: Path) -> None:
        """Start them if a file is large: they are ready when it has been read."""
        with suppress(OSError):
            if source.stat().st_size > _LARGE:
                self._started()

    def ask(self, blocks: int, work: Callable[..., Any], *args: Any) -> Future[Any]:
        """Let one do something with one of so many blocks, or do it at once; return what will hold the result."""
        if blocks > _FEW:
            return self._started().submit(work, *args)
        done: Future[Any] = Future()
        done.set_result(work(*args))
        return done

    def ready(self, folder: Path, plan: normalising.Plan, blocks: Sequence[int]) -> Callable[[int], None]:
        """Return what waits for a block to be ready; helpers make the next ones meanwhile."""
        if len(blocks) <= _FEW:
            return lambda _block: None
        waiting: dict[int, Future[None]] = {}
        left = iter(blocks)
        helpers = self._started()

        def more() -> None:
            for block in left:
                source = folder / "checked" / f"{block:06}.arrow"
                target = folder / "ready" / f"{block:06}.arrow"
                waiting[block] = helpers.submit(normalising.derive, source, plan, target)
                return

        for _ in range(_AHEAD):
            more()

        def ready(block: int) -> None:
            one = waiting.pop(block, None)
            if one is not None:
                one.result()
                more()

        return ready

    def _started(self) -> Helpers:
        if self._helpers is None:
            self._helpers = Helpers(max(1, min(_MOST, os.cpu_count() or 1)))
        return self._helpers

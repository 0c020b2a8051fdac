"""Helpers: processes that do the arithmetic of an import beside the one that writes.

`python -m services.kit.transfer.helpers` is one. Tasks come to it by its standard input and results leave by its
standard output, pickled; when the input ends, because whoever started it is done or was killed, so does the helper.
They are started by hand and not by `multiprocessing`, which runs the parent's main module again in each child:
inside Streamlit that is the page being shown.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Final

from services.kit.transfer import normalising
from services.settings import ROOT

_FEW: Final = 4
"""Up to so many blocks, starting helpers costs more than they give."""
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
        [sys.executable, "-m", "services.kit.transfer.helpers"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


@contextmanager
def pool_for(blocks: int) -> Iterator[Helpers | None]:
    """Yield processes that help, or None where there is too little to do."""
    if blocks <= _FEW:
        yield None
        return
    pool = Helpers(max(1, min(_MOST, os.cpu_count() or 1)))
    try:
        yield pool
    finally:
        pool.end()


def ask(pool: Helpers | None, work: Any, *args: Any) -> Future[Any]:
    """Let a helper do something, or do it at once; return what will hold the result."""
    if pool is not None:
        return pool.submit(work, *args)
    done: Future[Any] = Future()
    done.set_result(work(*args))
    return done


@contextmanager
def made_ready(folder: Path, plan: normalising.Plan, blocks: list[int]) -> Iterator[Callable[[int], None]]:
    """Yield what waits for a block to be ready; helpers make the next ones meanwhile."""
    with pool_for(len(blocks)) as pool:
        if pool is None:
            yield lambda _block: None
            return
        waiting: dict[int, Future[None]] = {}
        left = iter(blocks)

        def more() -> None:
            for block in left:
                source = folder / "checked" / f"{block:06}.arrow"
                target = folder / "ready" / f"{block:06}.arrow"
                waiting[block] = pool.submit(normalising.derive, source, plan, target)
                return

        for _ in range(_AHEAD):
            more()

        def ready(block: int) -> None:
            one = waiting.pop(block, None)
            if one is not None:
                one.result()
                more()

        yield ready


def main() -> None:
    """Be a helper: do one task after the other until no more come."""
    tasks = sys.stdin.buffer
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not come between the answers
    while True:
        try:
            work, args = pickle.load(tasks)  # noqa: S301 - from the process that started this one
        except EOFError:
            return
        answer: tuple[Any, Exception | None]
        try:
            answer = (work(*args), None)
        except Exception as error:  # noqa: BLE001 - told to whoever asked
            answer = (None, error)
        pickle.dump(answer, answers)
        answers.flush()


if __name__ == "__main__":
    main()

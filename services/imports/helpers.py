"""Helpers: processes that do the arithmetic of an import beside the one that writes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from os import _exit, cpu_count, getpid, getppid
from pathlib import Path
from threading import Thread
from time import sleep
from typing import Any, Final

from services.kit.transfer import normalising

_FEW: Final = 4
"""Up to so many blocks, starting helpers costs more than they give."""
_AHEAD: Final = 4
"""Blocks that are made ready before they are stored."""


def _end_with(parent: int) -> None:
    """End this helper when the process that started it is gone: killed, it cannot say so."""

    def watch() -> None:
        while getppid() == parent:
            sleep(1)
        _exit(1)

    Thread(target=watch, daemon=True).start()


@contextmanager
def pool_for(blocks: int) -> Iterator[ProcessPoolExecutor | None]:
    """Yield processes that help, or None where there is too little to do."""
    if blocks <= _FEW:
        yield None
        return
    pool = ProcessPoolExecutor(
        max(1, min(4, cpu_count() or 1)), mp_context=get_context("spawn"), initializer=_end_with, initargs=(getpid(),)
    )
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def ask(pool: ProcessPoolExecutor | None, work: Any, *args: Any) -> Any:
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
